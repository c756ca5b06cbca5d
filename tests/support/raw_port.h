/* raw_port.h - what a port does with a frame of ours that it may gather, sum and cut (TSO), by code that shares nothing
 * with lib/. Fails the test where the frame does not say what such a port has to know. */
#ifndef SUPPORT_RAW_PORT_H
#define SUPPORT_RAW_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

enum { RAW_PORT_BUFFERS = 48, RAW_PORT_FRAMES = 64 };

/* Whether this run gives shards a port that gathers, sums and cuts: QUERN_TEST_CUT is in the environment. */
bool raw_port_cuts(void);

/* Of frames that were cut: how many, the last of them, and the largest. */
struct raw_port_seen {
	unsigned int cut;
	uint32_t text_bytes;
	uint32_t size;       /* of the text in each segment cut out of it */
	uint32_t most_bytes; /* text_bytes of the largest */
};
const struct raw_port_seen *raw_port_seen(void);

/* Frees the frame, and writes those that leave the port, each in one buffer of the pool, with finished sums. Returns
 * how many; fewer, where the pool has no more. */
unsigned int raw_port_send(struct rte_mbuf *mbuf, struct rte_mempool *pool, struct rte_mbuf *frames[RAW_PORT_FRAMES]);

#endif
