/* shard_frame.c - buffers to fill, and finished frames in line for the port. */
#include "shard/shard_parts.h"

#include <string.h>

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

struct rte_mbuf *shard_send_buffer(struct quern_shard *shard, uint32_t bytes)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(shard->pool);

	if (mbuf && rte_pktmbuf_tailroom(mbuf) >= bytes)
		return mbuf;
	rte_pktmbuf_free(mbuf);
	shard_drop(shard, QUERN_DROP_NO_MBUF);
	return NULL;
}
