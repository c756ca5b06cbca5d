/* engine_observe.c - connections of shards for threads that are not their workers. */
#include "engine/engine_parts.h"

#include "base/check.h"

uint32_t quern_engine_conns(const struct quern_engine *engine, uint16_t shard, struct quern_conn_cursor *cursor,
			    const struct quern_conn_filter *filter, struct quern_conn_info *rows, uint32_t max)
{
	CHECK(shard < engine->config.shard_count);
	return shard_read_conns(engine->shards[shard].shard, cursor, filter, rows, max);
}

void quern_engine_states(const struct quern_engine *engine, uint16_t shard, uint32_t counts[QUERN_STATES_END])
{
	CHECK(shard < engine->config.shard_count);
	shard_read_states(engine->shards[shard].shard, counts);
}
