/* shard_forward_fragment.c - datagrams that are too long for the way on, and may be cut (RFC 791 3.2, RFC 8200 4.5). */
#include "shard/shard_forward_parts.h"

#include <string.h>

#include <rte_ip.h>
#include <rte_ip_frag.h>

enum { FRAGMENTS_MAX = 64 /* 65,535 bytes in fragments of 1,280 are 54 */ };

/* RFC 6864 4.3: the identifications of clients meet at our address, and are no longer one of a kind. Over IPv6 nobody
 * is to guess them (RFC 7739). */
struct cut {
	struct rte_mbuf *fragments[FRAGMENTS_MAX];
	int32_t count; /* or -errno */
	bool is_ip6;
	uint32_t id;
};

static void cut4(struct quern_shard *out, struct rte_mbuf *mbuf, struct cut *cut)
{
	rte_pktmbuf_mtod(mbuf, struct rte_ipv4_hdr *)->packet_id = rte_cpu_to_be_16(shard_forward_next_id(out));
	cut->count =
		rte_ipv4_fragment_packet(mbuf, cut->fragments, FRAGMENTS_MAX, out->config.mtu, out->pool, out->pool);
}

static void cut6(struct quern_shard *out, struct rte_mbuf *mbuf, struct cut *cut)
{
	uint16_t mtu = (uint16_t)RTE_MIN(out->config.mtu, SHARD_CUT6_MTU);

	cut->is_ip6 = true;
	cut->id = (uint32_t)random_next(&out->forward->random);
	cut->count = rte_ipv6_fragment_packet(mbuf, cut->fragments, FRAGMENTS_MAX, mtu, out->pool, out->pool);
}

/* What rte_ip_frag leaves to do in a header. */
static void finish_header(uint8_t *at, const struct cut *cut)
{
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)at;
	struct rte_ipv6_fragment_ext *fragment = (struct rte_ipv6_fragment_ext *)(at + sizeof(struct rte_ipv6_hdr));

	if (cut->is_ip6) {
		fragment->id = rte_cpu_to_be_32(cut->id);
		return;
	}
	ip->hdr_checksum = 0;
	ip->hdr_checksum = rte_ipv4_cksum(ip);
}

/* Finishes a fragment, and sends it: in one buffer, for not every port gathers several. */
static void send_fragment(struct quern_shard *out, struct rte_mbuf *fragment, const struct cut *cut,
			  const struct wire_link *link)
{
	uint8_t *front;

	if (rte_pktmbuf_linearize(fragment) < 0 || !(front = (uint8_t *)rte_pktmbuf_prepend(fragment, link->bytes))) {
		shard_drop(out, QUERN_DROP_NO_MBUF);
		rte_pktmbuf_free(fragment);
		return;
	}
	finish_header(front + link->bytes, cut);
	fragment->ol_flags = 0;
	memcpy(front, link->header, link->bytes);
	shard_send_frame(out, fragment);
}

void shard_forward_fragment(struct quern_shard *out, struct rte_mbuf *mbuf, uint32_t link_bytes,
			    const struct wire_link *link)
{
	struct cut cut = {.count = 0};
	const char *ip = rte_pktmbuf_adj(mbuf, (uint16_t)link_bytes);

	if (*ip >> 4 == 6)
		cut6(out, mbuf, &cut);
	else
		cut4(out, mbuf, &cut);
	if (cut.count < 0)
		shard_drop(out, cut.count == -EINVAL ? QUERN_DROP_UDP_TOO_BIG : QUERN_DROP_NO_MBUF);
	for (int32_t i = 0; i < cut.count; i++)
		send_fragment(out, cut.fragments[i], &cut, link);
	rte_pktmbuf_free(mbuf);
}
