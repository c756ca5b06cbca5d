/* bench_text.c - text between two ends in one thread: a byte each way in a life of its own, and bulk beside memcpy().
 */
#include <string.h>

#include <rte_cycles.h>
#include <rte_mbuf.h>

#include "base/check.h"
#include "shard/bench_pair.h"
#include "support/bench.h"
#include "support/bench_eal.h"

enum { IN_FLIGHT = 256, BATCH = 32, RECORDS = 131072, LAST_TURNS = 4, CHUNK = 1460, CHUNKS = 64 };

/* The bulk connection: what was given to it, and what came out at the other end. */
struct bulk {
	struct pair pair;
	struct quern_conn conn;
	uint64_t received;
	uint8_t text[CHUNKS * CHUNK];
};

static struct bulk bulk;
static uint8_t copy[CHUNKS * CHUNK];

static void say_byte(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	uint32_t taken;

	(void)app;
	quern_conn_send(shard, conn, "q", 1, &taken);
}

static uint32_t answer_and_close(struct quern_shard *shard, struct quern_conn conn, const void *text, uint32_t bytes,
				 void *app)
{
	uint32_t taken;

	(void)app;
	quern_conn_send(shard, conn, text, bytes, &taken);
	quern_conn_close(shard, conn);
	return bytes;
}

static uint32_t take(struct quern_shard *shard, struct quern_conn conn, const void *text, uint32_t bytes, void *app)
{
	(void)shard;
	(void)conn;
	(void)text;
	(void)app;
	return bytes;
}

static uint32_t take_bulk(struct quern_shard *shard, struct quern_conn conn, const void *text, uint32_t bytes,
			  void *app)
{
	(void)app;
	bulk.received += bytes;
	return take(shard, conn, text, bytes, NULL);
}

static const struct quern_events asks = {
	.on_established = say_byte, .on_data = take, .on_peer_closed = pair_close, .on_ended = pair_count_end};
static const struct quern_events answers = {
	.on_established = pair_leave, .on_data = answer_and_close, .on_ended = pair_count_end};
static const struct quern_events gives = {.on_established = pair_leave, .on_data = take};
static const struct quern_events takes = {.on_established = pair_leave, .on_data = take_bulk};

static uint64_t now_ns(void)
{
	return (uint64_t)((double)rte_rdtsc() * 1e9 / (double)rte_get_tsc_hz());
}

static uint64_t run_lives(void *state, uint64_t iterations)
{
	struct pair *pair = state;
	uint64_t opened = 0, start = pair->client.ended;
	struct quern_conn conn;

	while (pair->client.ended - start < iterations) {
		for (int i = 0; i < BATCH && opened < iterations && opened - (pair->client.ended - start) < IN_FLIGHT;
		     i++)
			opened += quern_connect(pair->client.shard, pair->route, &conn) == 0;
		pair_turn(pair, now_ns());
	}
	for (int i = 0; i < LAST_TURNS; i++)
		pair_turn(pair, now_ns());
	return pair->server.ended;
}

/* One iteration is 1,460 bytes. */
static uint64_t run_bulk(void *state, uint64_t iterations)
{
	uint64_t given = 0, start = bulk.received;

	(void)state;
	while (bulk.received - start < iterations * CHUNK) {
		uint64_t left = iterations * CHUNK - given;
		uint32_t taken = 0;

		if (left > 0)
			CHECK(quern_conn_send(bulk.pair.client.shard, bulk.conn, bulk.text,
					      (uint32_t)(left < sizeof(bulk.text) ? left : sizeof(bulk.text)),
					      &taken) == 0);
		given += taken;
		pair_turn(&bulk.pair, now_ns());
	}
	return bulk.received;
}

static uint64_t run_memcpy(void *state, uint64_t iterations)
{
	(void)state;
	for (uint64_t i = 0; i < iterations; i++) {
		memcpy(copy + i % CHUNKS * CHUNK, bulk.text + i % CHUNKS * CHUNK, CHUNK);
		__asm__ volatile("" ::: "memory");
	}
	return copy[0];
}

static void open_bulk(struct rte_mempool *pool)
{
	struct pair_plan plan = {
		.client = &gives, .server = &takes, .connections = 64, .time_wait_ms = 20, .now_ns = now_ns()};
	struct quern_conn_info info = {.state = QUERN_NO_STATE};

	pair_open(&bulk.pair, &plan, pool);
	CHECK(quern_connect(bulk.pair.client.shard, bulk.pair.route, &bulk.conn) == 0);
	while (info.state != QUERN_ESTABLISHED) {
		pair_turn(&bulk.pair, now_ns());
		CHECK(quern_conn_info(bulk.pair.client.shard, bulk.conn, &info) == 0);
	}
}

int main(int argc, char **argv)
{
	static struct pair pair;
	struct bench benches[] = {{"text/byte_each_way/server_closes", run_lives, &pair},
				  {"text/bulk_1460_bytes", run_bulk, NULL},
				  {"text/memcpy_1460_bytes", run_memcpy, NULL}};
	struct pair_plan plan = {.client = &asks, .server = &answers, .connections = RECORDS, .time_wait_ms = 20};
	struct rte_mempool *pool;
	int status;

	bench_eal_open("512");
	pool = rte_pktmbuf_pool_create("frames", 16383, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	CHECK(pool != NULL);
	plan.now_ns = now_ns();
	pair_open(&pair, &plan, pool);
	open_bulk(pool);
	status = bench_main(argc, argv, benches, sizeof(benches) / sizeof(benches[0]));
	bench_eal_close();
	return status;
}
