/* battery.c - figures and accounts of the attack battery. */
#include "attack/battery.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <criterion/criterion.h>

void battery_figure(unsigned int row, const char *format, ...)
{
	va_list arguments;
	char text[512];

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	fprintf(stderr, "# row %u: %s\n", row, text);
}

uint64_t battery_drops(const struct quern_shard *shard)
{
	const struct quern_counters *counters = shard_counters(shard);
	uint64_t sum = 0;

	for (unsigned int reason = 1; reason < QUERN_DROPS_END; reason++)
		sum += counters->drops[reason];
	return sum;
}

struct battery_level battery_level_of(const struct quern_shard *shard)
{
	struct quern_shard_memory memory;

	shard_memory(shard, &memory);
	return (struct battery_level){.connections = memory.connections_used,
				      .time_waits = memory.time_waits_used,
				      .entries = memory.table_used,
				      .reserved_bytes = memory.reserved_bytes};
}

void battery_expect_level(struct quern_shard *shard, const struct battery_level *before)
{
	struct battery_level after = battery_level_of(shard);

	cr_assert_eq(after.connections, before->connections, "%u connections, not %u", after.connections,
		     before->connections);
	cr_assert_eq(after.time_waits, before->time_waits, "%u TIME-WAIT records, not %u", after.time_waits,
		     before->time_waits);
	cr_assert_eq(after.entries, before->entries, "%lu entries, not %lu", after.entries, before->entries);
	cr_assert_eq(after.reserved_bytes, before->reserved_bytes);
	cr_assert(shard_validate(shard), "the shard does not agree with itself");
}

void battery_expect_whole(struct rte_mempool *pool)
{
	struct rte_mbuf **all = calloc(pool->size + 1, sizeof(*all)), *mbuf;
	uint32_t count = 0;

	while (count <= pool->size && (mbuf = rte_pktmbuf_alloc(pool)) != NULL) {
		/* Nobody else's mark is on it. */
		mbuf->hash.usr = count;
		all[count++] = mbuf;
	}
	cr_assert_eq(count, pool->size, "%u buffers, not %u", count, pool->size);
	for (uint32_t i = 0; i < count; i++)
		cr_assert_eq(all[i]->hash.usr, i, "a buffer is in the pool twice");
	rte_pktmbuf_free_bulk(all, count);
	free(all);
}

double battery_cpu_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void battery_ignore(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	(void)shard;
	(void)conn;
	(void)app;
}

uint32_t battery_take(struct quern_shard *shard, struct quern_conn conn, const void *text, uint32_t bytes, void *app)
{
	(void)shard;
	(void)conn;
	(void)text;
	(void)app;
	return bytes;
}

void battery_close(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	(void)app;
	cr_assert_eq(quern_conn_close(shard, conn), 0);
}
