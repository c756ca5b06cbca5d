/* shard_fragments.c - fragments in: until their datagram is whole, and then as any other. */
#include "shard/shard_fragments.h"
#include "shard/shard_forward_parts.h"
#include "shard/shard_icmp.h"

#include "udp/udp_fragments.h"

static void count_loss(const struct shard_forward *forward, struct udp_fragments_loss loss, enum quern_drop reason)
{
	counter_add(&forward->shards[loss.port]->counters.drops[reason], loss.frames);
}

/* A frame of these bytes in two buffers or more, of which the last may be empty; in the first as much as there is room
 * for. */
static struct rte_mbuf *spread(struct quern_shard *shard, const uint8_t *bytes, uint32_t count)
{
	struct rte_mbuf *first = NULL, **next = &first, *mbuf;
	uint16_t segments = 0;
	uint32_t done = 0;

	while (done < count || segments < 2) {
		uint32_t fit = count - done;

		mbuf = shard->pool_is_short ? NULL : rte_pktmbuf_alloc(shard->pool);
		if (!mbuf) {
			rte_pktmbuf_free(first);
			shard_drop(shard, QUERN_DROP_NO_MBUF);
			return NULL;
		}
		fit = RTE_MIN(fit, (uint32_t)rte_pktmbuf_tailroom(mbuf));
		memcpy(rte_pktmbuf_mtod(mbuf, uint8_t *), bytes + done, fit);
		mbuf->data_len = (uint16_t)fit;
		done += fit;
		*next = mbuf;
		next = &mbuf->next;
		segments++;
	}
	first->nb_segs = segments;
	first->pkt_len = count;
	first->ol_flags |= SHARD_MAY_BE_CUT;
	return first;
}

/* A datagram that is whole, by the names that its last fragment's ends have. Where the port is shared, it comes to the
 * queue of its addresses, and its owner is known by its ports. */
static void take_whole(struct quern_shard *shard, const struct packet *fragment, uint32_t bytes)
{
	const uint8_t *joined = udp_fragments_whole(shard->forward->fragments);
	struct packet packet;
	struct shard_frame frame = {.packet = &packet};
	enum quern_drop reason = wire_parse(joined, bytes, &shard->expect, &packet);

	/* Nobody cuts a datagram that says that it is shorter than what it comes in. */
	if (reason == QUERN_DROP_NONE && packet.frame_bytes != bytes)
		reason = QUERN_DROP_UDP_MALFORMED;
	if (reason != QUERN_DROP_NONE) {
		shard_drop(shard, reason);
		return;
	}
	counter_add(&shard->counters.udp_joined, 1);
	packet.key.local = fragment->key.local;
	packet.key.remote = fragment->key.remote;
	frame.mbuf = spread(shard, joined, bytes);
	if (!frame.mbuf || shard_is_foreign(shard, &frame))
		return;
	frame.hash = table_hash_udp(&shard->table, &packet.key);
	shard_udp_input(shard, &frame, table_find(&shard->table, frame.hash, &packet.key));
	rte_pktmbuf_free(frame.mbuf);
}

void shard_fragment_input(struct quern_shard *shard, struct shard_frame *frame)
{
	struct shard_forward *forward = shard->forward;
	struct udp_fragments *fragments = forward->fragments;
	struct udp_fragments_result result;

	while (!udp_fragments_have_room(fragments))
		count_loss(forward, udp_fragments_give_up(fragments), QUERN_DROP_IP_FRAGMENT_FULL);
	result = udp_fragments_add(fragments, rte_pktmbuf_mtod(frame->mbuf, const uint8_t *), frame->packet,
				   shard->forward_number, shard->now_ms);
	if (result.drop != QUERN_DROP_NONE)
		counter_add(&shard->counters.drops[result.drop], result.frames);
	else if (result.whole_bytes > 0)
		take_whole(shard, frame->packet, result.whole_bytes);
}

enum quern_drop shard_fragments_read(const struct quern_shard *shard, const struct rte_mbuf *mbuf,
				     struct packet *packet)
{
	uint8_t *joined;
	const void *bytes;

	if (!shard->is_moved || !shard->expect.fragments || mbuf->pkt_len > UDP_WHOLE_MAX)
		return QUERN_DROP_FRAME_CHAINED;
	joined = udp_fragments_whole(shard->forward->fragments);
	bytes = rte_pktmbuf_read(mbuf, 0, mbuf->pkt_len, joined);
	return wire_parse(bytes, mbuf->pkt_len, &shard->expect, packet);
}

const void *shard_fragments_text(const struct quern_shard *shard, const struct shard_frame *frame)
{
	const struct packet *packet = frame->packet;
	void *joined = shard_came_in_fragments(frame->mbuf) ? udp_fragments_whole(shard->forward->fragments) : NULL;

	return rte_pktmbuf_read(frame->mbuf, packet->text_offset, (uint32_t)(packet->frame_bytes - packet->text_offset),
				joined);
}

/* Who sends has to know that it was in vain, where we know who that is. */
static void tell_sender(const struct shard_forward *forward)
{
	struct packet packet;
	uint16_t port;
	const uint8_t *first = udp_fragments_first(forward->fragments, SHARD_ICMP_ERROR_MAX_IP6, &packet, &port);

	if (first)
		shard_icmp_lost(forward->shards[port], first, &packet);
}

void shard_fragments_expire(struct shard_forward *forward)
{
	while (udp_fragments_are_late(forward->fragments, forward->shards[0]->now_ms)) {
		tell_sender(forward);
		count_loss(forward, udp_fragments_give_up(forward->fragments), QUERN_DROP_IP_FRAGMENT_LOST);
	}
}
