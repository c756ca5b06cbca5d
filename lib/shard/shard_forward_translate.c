/* shard_forward_translate.c - datagrams, and errors about them, that go on in the other version of IP (RFC 7915). */
#include "shard/shard_forward_parts.h"
#include "shard/shard_icmp.h"

#include <string.h>

#include <rte_ip.h>

#include "wire/wire_error.h"
#include "wire/wire_udp46.h"

enum { MORE_OF_IP6 = 20 };

uint32_t shard_translated_bytes(const struct packet *packet, bool is_ip6)
{
	return is_ip6 == (packet->version == 6) ? (uint32_t)(packet->frame_bytes - packet->link_bytes)
						: wire_udp46_bytes(packet);
}

uint32_t shard_translated_mtu(const struct packet *packet, bool is_ip6, uint16_t mtu)
{
	if (is_ip6 == (packet->version == 6))
		return mtu;
	return is_ip6 ? mtu - (uint32_t)MORE_OF_IP6 : mtu + (uint32_t)MORE_OF_IP6;
}

/* RFC 7915 4.5: IPv6 needs a checksum. Of a text in several buffers lib/wire cannot make one. */
static void make_checksum(struct rte_mbuf *mbuf, const struct packet *packet)
{
	uint16_t *checksum = rte_pktmbuf_mtod_offset(mbuf, uint16_t *, packet->l4_offset + 6);
	const struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(mbuf, struct rte_ipv4_hdr *, packet->link_bytes);
	uint32_t bytes = (uint32_t)(packet->frame_bytes - packet->l4_offset), sum;
	uint16_t text;

	if (packet->version == 6 || *checksum != 0 || rte_raw_cksum_mbuf(mbuf, packet->l4_offset, bytes, &text) < 0)
		return;
	sum = (uint32_t)text + (ip->src_addr & 0xffff) + (ip->src_addr >> 16) + (ip->dst_addr & 0xffff) +
	      (ip->dst_addr >> 16) + rte_cpu_to_be_16((uint16_t)bytes) + RTE_BE16(IPPROTO_UDP);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~((sum & 0xffff) + (sum >> 16)) & 0xffff;
	*checksum = (uint16_t)(sum != 0 ? sum : 0xffff);
}

/* The frame of a buffer now begins elsewhere. */
static void move_front(struct rte_mbuf *mbuf, const uint8_t *front)
{
	ptrdiff_t by = front - rte_pktmbuf_mtod(mbuf, const uint8_t *);

	if (by < 0)
		rte_pktmbuf_prepend(mbuf, (uint16_t)-by);
	else
		rte_pktmbuf_adj(mbuf, (uint16_t)by);
}

void shard_translate_send(struct quern_shard *out, struct rte_mbuf *mbuf, const struct packet *came,
			  const struct wire_udp_ends *goes, struct wire_udp_sums sums, const struct wire_link *link)
{
	bool is_to_be_finished = shard_forward_is_unfinished(mbuf);
	uint8_t *frame = rte_pktmbuf_mtod(mbuf, uint8_t *);
	struct packet packet = *came;

	if (rte_pktmbuf_headroom(mbuf) < WIRE_UDP46_HEADROOM) {
		shard_drop(out, QUERN_DROP_NO_MBUF);
		rte_pktmbuf_free(mbuf);
		return;
	}
	if (mbuf->nb_segs > 1)
		make_checksum(mbuf, &packet);
	/* RFC 7915 4: of IPv4, what is not marked otherwise. */
	if (wire_udp_may_be_fragmented(frame, &packet))
		mbuf->ol_flags |= SHARD_MAY_BE_CUT;
	if (packet.version == 4)
		frame = wire_udp46_to6(frame, &packet, goes, sums);
	else
		frame = wire_udp46_to4(frame, &packet, goes, sums, shard_forward_next_id(out));
	move_front(mbuf, frame);
	if (is_to_be_finished)
		wire_udp_finish(frame, &packet, false);
	/* What has come in fragments may be cut. */
	if (packet.version == 4 && shard_translated_bytes(&packet, false) > out->config.mtu)
		((struct rte_ipv4_hdr *)(frame + packet.link_bytes))->fragment_offset = 0;
	shard_forward_finish(out, mbuf, &packet, link);
}

void shard_translate_error(struct quern_shard *out, const struct shard_frame *frame, const struct wire_udp_ends *came,
			   const struct wire_link *link)
{
	uint32_t error_max = came->pair ? SHARD_ICMP_ERROR_MAX_IP6 : SHARD_ICMP_ERROR_MAX;
	uint32_t most = RTE_MIN(out->config.mtu, error_max), bytes;
	struct packet packet = *frame->packet;
	struct rte_mbuf *mbuf = shard_send_buffer(out, WIRE_LINK_MAX + most);

	if (!mbuf)
		return;
	bytes = wire_error_turn46(rte_pktmbuf_mtod(mbuf, uint8_t *), rte_pktmbuf_mtod(frame->mbuf, const uint8_t *),
				  &packet, came, most, out->reply_options.ttl);
	if (bytes == 0) {
		shard_drop(out, QUERN_DROP_ICMP_IGNORED);
		rte_pktmbuf_free(mbuf);
		return;
	}
	packet.frame_bytes = (uint16_t)bytes;
	packet.version = came->pair ? 6 : 4;
	counter_add(&out->counters.udp_errors_passed, 1);
	shard_forward_finish(out, mbuf, &packet, link);
}
