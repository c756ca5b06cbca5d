/* shard_frame.c - buffers to fill, and finished frames in line for the port. */
#include "shard/shard_parts.h"

#include <string.h>

enum { ETHER_IPV4 = 0x0800, ETHER_IPV6 = 0x86dd };

void shard_send_frame_at_end(struct quern_shard *shard, struct rte_mbuf *mbuf)
{
	if (shard->out_head == 0) {
		shard_drop(shard, QUERN_DROP_OUT_FULL);
		rte_pktmbuf_free(mbuf);
		return;
	}
	shard->out_tail -= shard->out_head;
	memmove(shard->out, shard->out + shard->out_head, shard->out_tail * sizeof(shard->out[0]));
	shard->out_head = 0;
	shard_send_frame(shard, mbuf);
}

void shard_link_to(const struct quern_shard *shard, const uint8_t mac[6], bool is_ip6, struct wire_link *link)
{
	link->bytes = 0;
	if (shard->config.ethernet)
		wire_link_make(link, mac, shard->config.mac, shard->config.vlan, is_ip6 ? ETHER_IPV6 : ETHER_IPV4);
}

struct rte_mbuf *shard_send_buffer(struct quern_shard *shard, uint32_t bytes)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(shard->pool);

	if (mbuf && rte_pktmbuf_tailroom(mbuf) >= bytes)
		return mbuf;
	rte_pktmbuf_free(mbuf);
	shard_drop(shard, QUERN_DROP_NO_MBUF);
	return NULL;
}
