/* shard_reserve.c - too much of everything: which buffers are kept in reserve, and who waits first. */
#include "shard/shard_flight.h"
#include "shard/shard_reserve.h"

#include <string.h>

#include <rte_lcore.h>
#include <rte_mempool.h>

enum { WAITING_LOOK = 1024 /* records a turn that are looked through for those that found the line full */ };

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
	if (shard->turn_is_new)
		shard->wakes_left = shard->pool_is_short ? 0 : (left - size / 8) / 32;
	shard->turn_is_new = false;
}

uint64_t shard_syns(const struct quern_shard *shard)
{
	const struct quern_counters *counters = &shard->counters;
	const uint64_t *drops = counters->drops;

	return counters->opened_passive - counters->cookies_accepted + counters->cookies_sent + shard->syns_of_others +
	       drops[QUERN_DROP_TCP_SYN_BEHIND] + drops[QUERN_DROP_TCP_SYN_RESERVE] +
	       drops[QUERN_DROP_TCP_HALF_OPEN_LIMIT] + drops[QUERN_DROP_TCP_TABLE_FULL];
}

void shard_set_behind(struct quern_shard *shard, bool is_behind)
{
	shard->is_behind = is_behind;
}

/* Where the line is full its flag alone says so, and the records are looked through. */
void shard_reserve_wait(struct quern_shard *shard, struct tcp_conn *conn)
{
	if (conn->flags & TCP_STARVED)
		return;
	conn->flags |= TCP_STARVED;
	if (shard->starved_count < SHARD_STARVED_MAX)
		shard->starved[shard->starved_count++] = shard_conn_handle(shard, conn);
	else
		shard->starved_unseen = shard->config.max_connections;
}

/* Whether anybody may go on in this turn. */
static bool may_wake(const struct quern_shard *shard)
{
	return shard->wakes_left > 0 && !shard_reserve_is_touched(shard);
}

static bool has_room(const struct quern_shard *shard, const struct tcp_conn *conn)
{
	return shard_queue_may_grow(&shard->buffers) && (tcp_has_flight(conn) || shard->first_free_flight);
}

/* What is owed, or queued already, needs no more than a frame. */
static bool needs_a_frame(const struct quern_shard *shard, const struct tcp_conn *conn)
{
	return conn->flags & TCP_OWES || shard_flight_has_queued(shard, conn);
}

/* Lets a connection go on, or puts it in line once more. */
static void wake(struct quern_shard *shard, struct tcp_conn *conn)
{
	conn->flags &= (uint16_t)~TCP_STARVED;
	if (conn->flags & TCP_LINGERS)
		return;
	if (!may_wake(shard) || (!needs_a_frame(shard, conn) && !has_room(shard, conn))) {
		shard_reserve_wait(shard, conn);
		return;
	}
	shard->wakes_left--;
	if (needs_a_frame(shard, conn))
		shard_tcp_owes(shard, conn);
	if (!(conn->flags & TCP_WANTS_ROOM))
		return;
	if (has_room(shard, conn))
		shard_text_room(shard, conn);
	else if (!shard_flight_has_queued(shard, conn))
		shard_reserve_wait(shard, conn);
}

static void wake_line(struct quern_shard *shard)
{
	uint32_t count = shard->starved_count;
	struct quern_conn line[SHARD_STARVED_MAX];

	memcpy(line, shard->starved, count * sizeof(line[0]));
	shard->starved_count = 0;
	for (uint32_t i = 0; i < count; i++) {
		struct tcp_conn *conn = shard_conn_record(shard, line[i]);

		if (conn && conn->flags & TCP_STARVED)
			wake(shard, conn);
	}
}

/* A bounded number of records a turn; once all have been looked at, whoever found the line full has had its turn, or is
 * in line. */
static void wake_unseen(struct quern_shard *shard)
{
	for (uint32_t i = 0; i < WAITING_LOOK && shard->starved_unseen; i++) {
		struct tcp_conn *conn = &shard->conns[shard->starved_next];

		if (conn->flags & TCP_STARVED && (!may_wake(shard) || shard->starved_count == SHARD_STARVED_MAX))
			return;
		shard->starved_unseen--;
		if (++shard->starved_next == shard->config.max_connections)
			shard->starved_next = 0;
		if (conn->flags & TCP_STARVED)
			wake(shard, conn);
	}
}

void shard_reserve_wake(struct quern_shard *shard)
{
	if (!may_wake(shard))
		return;
	wake_line(shard);
	wake_unseen(shard);
}
