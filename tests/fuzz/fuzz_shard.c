/* fuzz_shard.c - a shard for each input. */
#include "fuzz/fuzz_shard.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "support/bare_eal.h"
#include "support/exact_mbuf.h"

/* Zeroed memory for a shard, kept from input to input. */
static void *memory_of(size_t bytes)
{
	static size_t size;
	static void *memory;

	bytes = (bytes + 63) & ~(size_t)63;
	if (bytes > size) {
		free(memory);
		memory = aligned_alloc(64, bytes);
		CHECK(memory != NULL);
		size = bytes;
	}
	return memset(memory, 0, bytes);
}

void fuzz_shard_open(struct fuzz_shard *opened, struct shard_config config, uint64_t now_ns)
{
	static struct rte_mempool *in_pool, *out_pool;
	size_t bytes;

	if (in_pool == NULL) {
		bare_eal_start();
		in_pool = bare_eal_pool("fuzz-in", FUZZ_BUFFERS);
		out_pool = bare_eal_pool("fuzz-out", FUZZ_BUFFERS);
	}
	config.pool = out_pool;
	bytes = shard_bytes(&config);
	CHECK(bytes > 0);
	*opened = (struct fuzz_shard){
		.shard = shard_open(&config, memory_of(bytes), now_ns), .in_pool = in_pool, .out_pool = out_pool};
}

void fuzz_shard_close(struct fuzz_shard *opened)
{
	shard_close(opened->shard);
	CHECK(rte_mempool_in_use_count(opened->in_pool) == 0);
	CHECK(rte_mempool_in_use_count(opened->out_pool) == 0);
}

struct rte_mbuf *fuzz_shard_frame(const struct fuzz_shard *opened, const uint8_t *bytes, uint32_t count, bool is_exact)
{
	struct rte_mbuf *mbuf;

	if (is_exact || count > RTE_MBUF_DEFAULT_DATAROOM)
		return exact_mbuf(opened->in_pool, bytes, count);
	mbuf = rte_pktmbuf_alloc(opened->in_pool);
	CHECK(mbuf != NULL);
	memcpy(rte_pktmbuf_append(mbuf, (uint16_t)count), bytes, count);
	return mbuf;
}
