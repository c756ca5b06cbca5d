/* exact_mbuf.h - frames in memory of exactly their size, so that AddressSanitizer sees one byte read too far. */
#ifndef SUPPORT_EXACT_MBUF_H
#define SUPPORT_EXACT_MBUF_H

#include <stdint.h>

#include <rte_mbuf.h>

/* A copy of a frame in an external buffer of its own, given back with the mbuf. */
struct rte_mbuf *exact_mbuf(struct rte_mempool *pool, const uint8_t *frame, uint32_t bytes);

#endif
