/* shard_forward_fragment.c - datagrams that are too long for the way on, and may be cut (RFC 791 3.2). */
#include "shard/shard_forward_parts.h"

#include <string.h>

#include <rte_ip.h>
#include <rte_ip_frag.h>

enum { FRAGMENTS_MAX = 64 /* an IP packet of 9,000 bytes over an MTU of 576 are 17 */ };

/* Finishes a fragment, and sends it: in one buffer, for not every port gathers several. */
static void send_fragment(struct quern_shard *out, struct rte_mbuf *fragment, const struct wire_link *link)
{
	struct rte_ipv4_hdr *ip;
	char *front;

	if (rte_pktmbuf_linearize(fragment) < 0 || !(front = rte_pktmbuf_prepend(fragment, link->bytes))) {
		shard_drop(out, QUERN_DROP_NO_MBUF);
		rte_pktmbuf_free(fragment);
		return;
	}
	ip = (struct rte_ipv4_hdr *)(front + link->bytes);
	ip->hdr_checksum = 0;
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	fragment->ol_flags = 0;
	memcpy(front, link->header, link->bytes);
	shard_send_frame(out, fragment);
}

void shard_forward_fragment(struct quern_shard *out, struct rte_mbuf *mbuf, uint32_t link_bytes,
			    const struct wire_link *link)
{
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)rte_pktmbuf_adj(mbuf, (uint16_t)link_bytes);
	struct rte_mbuf *fragments[FRAGMENTS_MAX];
	int32_t count;

	/* RFC 6864 4.3: the identifications of clients meet at our address, and are no longer one of a kind. */
	ip->packet_id = rte_cpu_to_be_16(out->forward_id++);
	count = rte_ipv4_fragment_packet(mbuf, fragments, FRAGMENTS_MAX, out->config.mtu, out->pool, out->pool);
	if (count < 0)
		shard_drop(out, count == -EINVAL ? QUERN_DROP_UDP_TOO_BIG : QUERN_DROP_NO_MBUF);
	for (int32_t i = 0; i < count; i++)
		send_fragment(out, fragments[i], link);
	rte_pktmbuf_free(mbuf);
}
