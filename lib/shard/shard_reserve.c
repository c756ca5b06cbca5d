/* shard_reserve.c - too much of everything: which buffers are kept in reserve, and who waits first. */
#include "shard/shard_parts.h"

#include <rte_lcore.h>
#include <rte_mempool.h>

/* At least so many buffers are free: what lies in the caches of other cores is not counted, since that would touch a
 * line of each of them. */
static uint32_t least_free(struct rte_mempool *pool)
{
	const struct rte_mempool_cache *cache = rte_mempool_default_cache(pool, rte_lcore_id());

	return rte_mempool_get_ops(pool->ops_index)->get_count(pool) + (cache ? cache->len : 0);
}

/* An eighth of the pool is the reserve: queues have half at most, so it is touched only where frames pile up in line
 * for a port, or in other shards. Each mark has a second one above it, so that nobody is stopped and started every
 * turn. */
void shard_reserve_look(struct quern_shard *shard)
{
	struct shard_buffers *buffers = &shard->buffers;
	uint32_t size = shard->pool->size, left = least_free(shard->pool);

	if (buffers->used >= buffers->limit)
		buffers->is_full = true;
	else if (buffers->used <= buffers->again_below)
		buffers->is_full = false;
	if (left < size / 8)
		shard->pool_is_short = true;
	else if (left >= size / 8 + size / 16)
		shard->pool_is_short = false;
	buffers->is_shut = buffers->is_full || shard->pool_is_short;
	/* Each of those who waited may send several segments, and each is answered out of the same pool, perhaps. */
	shard->wakes_left = shard->pool_is_short ? 0 : (left - size / 8) / 32;
}

uint64_t shard_syns(const struct quern_shard *shard)
{
	const struct quern_counters *counters = &shard->counters;
	const uint64_t *drops = counters->drops;

	return counters->opened_passive + shard->syns_of_others + drops[QUERN_DROP_TCP_SYN_BEHIND] +
	       drops[QUERN_DROP_TCP_SYN_RESERVE] + drops[QUERN_DROP_TCP_HALF_OPEN_LIMIT] +
	       drops[QUERN_DROP_TCP_TABLE_FULL];
}

void shard_set_behind(struct quern_shard *shard, bool is_behind)
{
	shard->is_behind = is_behind;
}
