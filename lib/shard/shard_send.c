/* shard_send.c - values become frames, in the buffer that came in where it is ours to reuse. */
#include "shard/shard_parts.h"

#include <string.h>

#include "tcp/tcp_open.h"

enum { COPY_MAX = 256 };

/* The frame's own buffer, its link header turned round, for a frame of `bytes` bytes: it goes back where it came from.
 */
static struct rte_mbuf *reuse(struct quern_shard *shard, struct shard_frame *frame, uint32_t bytes)
{
	struct rte_mbuf *mbuf = frame->mbuf;

	if (!shard_send_is_ours(mbuf) || (uint32_t)(mbuf->buf_len - mbuf->data_off) < bytes)
		return NULL;
	if (shard->config.ethernet)
		wire_link_swap(rte_pktmbuf_mtod(mbuf, uint8_t *));
	frame->mbuf = NULL;
	return mbuf;
}

/* What the port needs to know to fill checksums in. */
static void ask_for_checksums(struct rte_mbuf *mbuf, uint32_t link_bytes, const struct segment *segment,
			      const struct wire_ip_options *options, bool is_ip6)
{
	bool sums_ip = options->offload_ip_checksum && !is_ip6;

	mbuf->ol_flags = 0;
	if (!sums_ip && !options->offload_l4_checksum)
		return;
	mbuf->ol_flags = (is_ip6 ? RTE_MBUF_F_TX_IPV6 : RTE_MBUF_F_TX_IPV4) | (sums_ip ? RTE_MBUF_F_TX_IP_CKSUM : 0) |
			 (options->offload_l4_checksum ? RTE_MBUF_F_TX_TCP_CKSUM : 0);
	mbuf->l2_len = link_bytes & 0x7f;
	mbuf->l3_len = is_ip6 ? 40 : 20;
	mbuf->l4_len = (20 + segment_option_bytes(segment)) & 0xff;
	if (!segment->cut_bytes)
		return;
	/* What is cut gets sums of its own, that of IPv4 too. */
	mbuf->ol_flags |= RTE_MBUF_F_TX_TCP_SEG | (is_ip6 ? 0 : RTE_MBUF_F_TX_IP_CKSUM);
	mbuf->tso_segsz = segment->cut_bytes;
}

/* Text is copied behind the headers: that costs less than two more buffers, and the sum is made of what the cache has.
 * Where the port gathers and sums, a longer one is left where it is, and what it cuts always. */
static bool gathers(const struct quern_shard *shard, const struct segment *segment,
		    const struct wire_ip_options *options)
{
	return shard->config.tx_multi_segs && options->offload_l4_checksum &&
	       (segment->text_bytes > COPY_MAX || segment->cut_bytes);
}

/* Sends a frame whose headers, and text where that is in it, are written: `bytes` bytes, `in_mbuf` of them there. */
static inline void put(struct quern_shard *shard, struct rte_mbuf *mbuf, uint32_t bytes, uint32_t in_mbuf,
		       uint32_t link_bytes, const struct segment *segment, const struct wire_ip_options *options,
		       bool is_ip6)
{
	mbuf->data_len = (uint16_t)in_mbuf;
	mbuf->pkt_len = bytes;
	ask_for_checksums(mbuf, link_bytes, segment, options, is_ip6);
	shard_send_frame(shard, mbuf);
}

/* Counted as they are on the wire: one is in the counters already. */
static void count_cut(struct quern_shard *shard, const struct segment *segment, uint32_t header_bytes)
{
	uint32_t more = (segment->text_bytes - 1) / segment->cut_bytes;

	counter_add(&shard->counters.tx_packets, more);
	counter_add(&shard->counters.tx_bytes, (uint64_t)more * header_bytes);
}

/* Writes all that comes behind the link header, and sends it. False where what is to be cut found no buffers. */
static bool finish(struct quern_shard *shard, struct rte_mbuf *mbuf, uint32_t link_bytes, const struct flow_key *key,
		   const struct ip6_pair *pair, const struct segment *segment, const struct wire_ip_options *options,
		   const struct shard_queue *queue)
{
	uint8_t *frame = rte_pktmbuf_mtod(mbuf, uint8_t *);
	bool in_frame = !gathers(shard, segment, options) ||
			!shard_queue_attach(queue, &shard->buffers, segment->seq, segment->text_bytes, mbuf);
	uint32_t bytes;

	if (in_frame && segment->cut_bytes) {
		shard_drop(shard, QUERN_DROP_NO_MBUF);
		rte_pktmbuf_free(mbuf);
		return false;
	}
	if (in_frame && segment->text_bytes > 0)
		shard_queue_copy(queue, segment->seq, segment->text_bytes,
				 frame + link_bytes +
					 (pair ? wire_text_after_link6(segment) : wire_text_after_link(segment)));
	bytes = pair ? wire_build_tcp6_at(frame, link_bytes, pair, key, segment, options)
		     : wire_build_tcp_at(frame, link_bytes, key, segment, options);
	put(shard, mbuf, bytes, in_frame ? bytes : bytes - segment->text_bytes, link_bytes, segment, options,
	    pair != NULL);
	if (segment->cut_bytes)
		count_cut(shard, segment, bytes - segment->text_bytes);
	return true;
}

void shard_send_link_back(const struct shard_frame *frame, struct wire_link *link)
{
	link->bytes = (uint8_t)frame->packet->link_bytes;
	memcpy(link->header, rte_pktmbuf_mtod(frame->mbuf, const void *), link->bytes);
	if (link->bytes)
		wire_link_swap(link->header);
}

/* The link header of the way to the peer of a flow. */
static bool find_link(struct quern_shard *shard, const struct flow_key *key, const struct ip6_pair *pair,
		      bool is_stranger, struct wire_link *link)
{
	return pair ? shard_nd_link(shard, pair->remote, is_stranger, link)
		    : shard_neigh_link(shard, key->remote, is_stranger, link);
}

/* shard_send_segment() for all that takes more than writing headers over a frame that came in. */
static __rte_noinline bool send_any(struct quern_shard *shard, struct shard_frame *frame, const struct flow_key *key,
				    const struct segment *segment, const struct wire_ip_options *options,
				    const struct shard_queue *queue)
{
	bool is_ip6 = flow_key_is_ip6(key);
	uint32_t bytes =
		(is_ip6 ? WIRE_TCP6_FRAME_MAX : WIRE_TCP_FRAME_MAX) + (segment->cut_bytes ? 0 : segment->text_bytes);
	struct rte_mbuf *mbuf = frame && frame->mbuf ? reuse(shard, frame, bytes) : NULL;
	/* Whoever a SYN says it is from. */
	bool is_stranger = segment->flags == (TCP_SYN | TCP_ACK);
	struct ip6_pair addresses, *pair = is_ip6 ? &addresses : NULL;
	struct wire_link link;

	if (pair)
		shard_ip6_pair(shard, frame, key, pair);
	if (mbuf)
		return finish(shard, mbuf, frame->packet->link_bytes, key, pair, segment, options, queue);
	if (frame && frame->mbuf) {
		shard_send_link_back(frame, &link);
	} else if (!find_link(shard, key, pair, is_stranger, &link)) {
		shard_drop(shard, QUERN_DROP_NO_NEXT_HOP);
		return true;
	}
	mbuf = shard_send_buffer(shard, bytes);
	if (!mbuf)
		return false;
	memcpy(rte_pktmbuf_mtod(mbuf, uint8_t *), link.header, WIRE_LINK_MAX);
	return finish(shard, mbuf, link.bytes, key, pair, segment, options, queue);
}

bool shard_send_segment(struct quern_shard *shard, struct shard_frame *frame, const struct flow_key *key,
			const struct segment *segment, const struct wire_ip_options *options,
			const struct shard_queue *queue)
{
	bool is_plain = frame && frame->mbuf && segment->text_bytes == 0 && !flow_key_is_ip6(key);
	struct rte_mbuf *mbuf = is_plain ? reuse(shard, frame, WIRE_TCP_FRAME_MAX) : NULL;
	uint32_t link_bytes, bytes;

	if (!mbuf)
		return send_any(shard, frame, key, segment, options, queue);
	link_bytes = frame->packet->link_bytes;
	bytes = wire_build_tcp_at(rte_pktmbuf_mtod(mbuf, uint8_t *), link_bytes, key, segment, options);
	put(shard, mbuf, bytes, bytes, link_bytes, segment, options, false);
	return true;
}

void shard_send_reset_for(struct quern_shard *shard, struct shard_frame *frame)
{
	const struct packet *packet = frame->packet;
	struct segment reset;

	if (!tcp_reset_for(&packet->tcp, &reset))
		return;
	counter_add(&shard->counters.resets_sent, 1);
	shard_send_segment(shard, frame, &packet->key, &reset, &shard->reply_options, NULL);
}
