/* shard_forward_copies.c - fan-out: a datagram goes to every target of its rule. */
#include "shard/shard_forward_parts.h"
#include "shard/shard_fragments.h"
#include "shard/shard_icmp.h"

#include <string.h>

enum { COPY_MAX = 256 /* text that is copied sooner than held by two buffers more */ };

/* Headers of their own, and the text by reference: `mbuf` stays as it is, and may be given back. */
static struct rte_mbuf *refer(struct quern_shard *out, struct rte_mbuf *mbuf, const struct packet *packet)
{
	struct rte_mbuf *head = rte_pktmbuf_alloc(out->pool), *text = head ? rte_pktmbuf_clone(mbuf, out->pool) : NULL;

	if (!text) {
		rte_pktmbuf_free(head);
		return NULL;
	}
	rte_pktmbuf_adj(text, packet->text_offset);
	text->data_len = (uint16_t)(packet->frame_bytes - packet->text_offset);
	memcpy(rte_pktmbuf_append(head, packet->text_offset), rte_pktmbuf_mtod(mbuf, const void *),
	       packet->text_offset);
	head->ol_flags = mbuf->ol_flags;
	head->next = text;
	head->nb_segs = 2;
	head->pkt_len = packet->frame_bytes;
	return head;
}

/* A checksum that is made anew wants the text at hand. */
static bool is_referred(const struct quern_shard *out, const struct rte_mbuf *mbuf, const struct packet *packet)
{
	return out->config.tx_multi_segs && packet->frame_bytes - packet->text_offset > COPY_MAX &&
	       !shard_forward_is_unfinished(mbuf) && !shard_came_in_fragments(mbuf);
}

struct rte_mbuf *shard_forward_copy(struct quern_shard *out, struct rte_mbuf *mbuf, const struct packet *packet)
{
	struct rte_mbuf *copy = is_referred(out, mbuf, packet) ? refer(out, mbuf, packet)
							       : rte_pktmbuf_copy(mbuf, out->pool, 0, UINT32_MAX);

	if (!copy)
		shard_drop(out, QUERN_DROP_NO_MBUF);
	return copy;
}

bool shard_forward_copy_fits(struct quern_shard *shard, const struct shard_frame *frame, const struct quern_shard *out,
			     bool is_ip6, uint32_t *least)
{
	uint32_t mtu = shard_forward_narrows(frame, out, is_ip6);

	if (mtu == 0)
		return true;
	shard_drop(shard, QUERN_DROP_UDP_TOO_BIG);
	if (*least == 0 || mtu < *least)
		*least = mtu;
	return false;
}

void shard_forward_copies_end(struct quern_shard *shard, const struct shard_frame *frame, uint32_t least)
{
	if (least != 0)
		shard_icmp_refuse(shard, frame, QUERN_ICMP_TOO_BIG, least);
}

/* The copy of one session. */
static void send_copy(struct quern_shard *shard, const struct shard_frame *frame, const struct udp_session *session,
		      uint32_t *least)
{
	struct shard_forward *forward = shard->forward;
	struct quern_shard *out = forward->shards[session->outer_shard];
	struct wire_udp_sums sums = {session->ip_sum, session->udp_sum};
	const struct udp_rule *rule = shard_rule_of(forward, session);
	struct shard_way *way = shard_session_way(forward, session);
	const struct wire_link *link;
	struct wire_udp_ends ends;
	struct rte_mbuf *copy;
	struct ip6_pair pair;

	if (!shard_forward_copy_fits(shard, frame, out, flow_key_is_ip6(&session->outer), least))
		return;
	if (!shard_forward_link(out, way, &link)) {
		shard_forward_no_next_hop(shard, rule, session->target);
		return;
	}
	copy = shard_forward_copy(out, frame->mbuf, frame->packet);
	if (!copy)
		return;
	counter_add(&shard->counters.udp_forwarded, 1);
	shard_forward_count_out(way, shard_forward_bytes_of(frame->packet));
	ends = shard_forward_ends(out, &session->outer, &pair);
	shard_forward_send(out, copy, frame->packet, &ends, sums, link);
}

void shard_forward_copies(struct quern_shard *shard, struct shard_frame *frame, struct udp_session *first)
{
	const uint8_t *bytes = rte_pktmbuf_mtod(frame->mbuf, const uint8_t *);
	bool lives = shard_forward_lives(shard, frame);
	struct udp_session *session = first;
	uint32_t least = 0;

	shard_session_heard(shard->forward, first, shard->now_ms);
	do {
		if (shard->config.ethernet)
			shard_session_came_from(shard->forward, session, bytes + 6);
		if (lives)
			send_copy(shard, frame, session, &least);
		session = udp_session_at(&shard->forward->pool, session->next_copy - 1);
	} while (session != first);
	shard_forward_copies_end(shard, frame, least);
}
