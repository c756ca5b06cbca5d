/* battery.c - figures and accounts of the attack battery. */
#include "attack/battery.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <criterion/criterion.h>

#include "support/script.h"

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

/* From an address of their own, so that no attacker has one of their ports. */
enum { HONEST_PORTS = 30000, HONEST_FIRST_PORT = 1024 };
#define HONEST_REMOTE 0xc6130101U

static uint32_t honest_bytes;

static void greet(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	uint8_t text[DRIVER_MSS];
	uint32_t taken;

	(void)app;
	for (uint32_t i = 0; i < honest_bytes; i++)
		text[i] = raw_text_byte(i);
	cr_assert_eq(quern_conn_send(shard, conn, text, honest_bytes, &taken), 0);
	cr_assert_eq(taken, honest_bytes);
}

void battery_honest_listen(struct driver *driver, uint32_t bytes)
{
	static const struct quern_events events = {.on_established = greet, .on_peer_closed = battery_close};
	const struct quern_endpoint local = raw_endpoint(DRIVER_LOCAL, BATTERY_HONEST_PORT);

	cr_assert_leq(bytes, DRIVER_MSS);
	honest_bytes = bytes;
	cr_assert_eq(quern_listen(driver->shard, &local, NULL, &events, NULL), 0);
}

static void forget(struct driver *driver)
{
	driver->heard_next = driver->heard_count = 0;
	driver->told_next = driver->told_count = 0;
}

void battery_honest_serve(struct driver *driver)
{
	static uint32_t number;
	struct script script = script_new(driver);

	forget(driver);
	script.local_port = BATTERY_HONEST_PORT;
	script.remote = HONEST_REMOTE;
	script.remote_port = (uint16_t)(HONEST_FIRST_PORT + number++ % HONEST_PORTS);
	say(&script, SYN, 0, 0);
	hear(&script, SYN | ACK, 0, 1);
	say(&script, ACK, 1, 1);
	hear_text(&script, PSH | ACK, 1, 1, honest_bytes);
	say(&script, FIN | ACK, 1, 1 + honest_bytes);
	hear(&script, FIN | ACK, 1 + honest_bytes, 2);
	say(&script, ACK, 2, 2 + honest_bytes);
	hear_nothing(&script);
}

double battery_burst(struct driver *driver, const struct battery_frame *frames, uint16_t count,
		     struct battery_answers *answers)
{
	struct rte_mbuf *mbufs[SHARD_BURST];
	double seconds = 0, began;
	uint16_t sent;

	cr_assert_leq(count, SHARD_BURST);
	for (uint16_t i = 0; i < count; i++) {
		mbufs[i] = rte_pktmbuf_alloc(driver->in_pool);
		cr_assert_not_null(mbufs[i]);
		memcpy(rte_pktmbuf_append(mbufs[i], (uint16_t)frames[i].length), frames[i].bytes, frames[i].length);
	}
	began = battery_cpu_seconds();
	shard_receive(driver->shard, mbufs, count, driver->now_ns);
	do {
		sent = shard_transmit(driver->shard, mbufs, SHARD_BURST);
		seconds += battery_cpu_seconds() - began;
		for (uint16_t i = 0; i < sent; i++)
			answers->bytes += mbufs[i]->pkt_len;
		rte_pktmbuf_free_bulk(mbufs, sent);
		answers->frames += sent;
		began = battery_cpu_seconds();
	} while (sent == SHARD_BURST);
	return seconds;
}
