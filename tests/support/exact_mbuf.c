/* exact_mbuf.c - an mbuf around malloc'ed memory. */
#include "support/exact_mbuf.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"

struct holder {
	struct rte_mbuf_ext_shared_info shared;
	void *bytes;
};

static void give_back(void *address, void *opaque)
{
	struct holder *holder = opaque;

	(void)address;
	free(holder->bytes);
	free(holder);
}

struct rte_mbuf *exact_mbuf(struct rte_mempool *pool, const uint8_t *frame, uint32_t bytes)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(pool);
	struct holder *holder = calloc(1, sizeof(*holder));

	CHECK(mbuf != NULL && holder != NULL);
	holder->bytes = malloc(bytes);
	holder->shared = (struct rte_mbuf_ext_shared_info){.free_cb = give_back, .fcb_opaque = holder, .refcnt = 1};
	if (bytes > 0)
		memcpy(holder->bytes, frame, bytes);
	rte_pktmbuf_attach_extbuf(mbuf, holder->bytes, RTE_BAD_IOVA, (uint16_t)bytes, &holder->shared);
	mbuf->data_len = (uint16_t)bytes;
	mbuf->pkt_len = bytes;
	return mbuf;
}
