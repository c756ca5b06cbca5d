/* fuzz_shard.h - a shard for each input: in the same memory, with the same buffers, and nothing left of the one before.
 */
#ifndef FUZZ_FUZZ_SHARD_H
#define FUZZ_FUZZ_SHARD_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mempool.h>

#include "shard/shard.h"

enum { FUZZ_BUFFERS = 511, FUZZ_NS_PER_MS = 1000000 };

struct fuzz_shard {
	struct quern_shard *shard;
	struct rte_mempool *in_pool;  /* of frames that are injected */
	struct rte_mempool *out_pool; /* the shard's own */
};

/* Makes a shard; the pool of `config` is filled in. */
void fuzz_shard_open(struct fuzz_shard *opened, struct shard_config config, uint64_t now_ns);

/* Closes it. Fails where a buffer has not come back. */
void fuzz_shard_close(struct fuzz_shard *opened);

/* A frame in a buffer of the pool, or in memory of exactly its size. */
struct rte_mbuf *fuzz_shard_frame(const struct fuzz_shard *opened, const uint8_t *bytes, uint32_t count, bool is_exact);

#endif
