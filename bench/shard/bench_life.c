/* bench_life.c - the whole life of a connection, both ends in one thread. */
#include <rte_cycles.h>
#include <rte_mbuf.h>

#include "base/check.h"
#include "shard/bench_pair.h"
#include "support/bench.h"
#include "support/bench_eal.h"

enum { IN_FLIGHT = 256, BATCH = 32, RECORDS = 131072, LAST_TURNS = 4 };

static void abort_it(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	(void)app;
	quern_conn_abort(shard, conn);
}

static const struct quern_events closes_first = {
	.on_established = pair_close, .on_peer_closed = pair_close, .on_ended = pair_count_end};
static const struct quern_events closes_second = {
	.on_established = pair_leave, .on_peer_closed = pair_close, .on_ended = pair_count_end};
static const struct quern_events aborts = {.on_established = abort_it, .on_ended = pair_count_end};

static uint64_t now_ns(void)
{
	return (uint64_t)((double)rte_rdtsc() * 1e9 / (double)rte_get_tsc_hz());
}

static uint64_t run(void *state, uint64_t iterations)
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

int main(int argc, char **argv)
{
	static struct pair pairs[4];
	struct bench benches[] = {{"life/server_closes/2msl_20ms", run, &pairs[0]},
				  {"life/server_closes/2msl_60s", run, &pairs[1]},
				  {"life/client_closes/2msl_20ms", run, &pairs[2]},
				  {"life/client_aborts", run, &pairs[3]}};
	struct pair_plan plans[] = {{.client = &closes_second, .server = &closes_first, .time_wait_ms = 20},
				    {.client = &closes_second, .server = &closes_first, .time_wait_ms = 60000},
				    {.client = &closes_first, .server = &closes_second, .time_wait_ms = 20},
				    {.client = &aborts, .server = &closes_second, .time_wait_ms = 20}};
	struct rte_mempool *pool;
	int status;

	bench_eal_open("512");
	pool = rte_pktmbuf_pool_create("frames", 16383, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	CHECK(pool != NULL);
	for (int i = 0; i < 4; i++) {
		plans[i].connections = RECORDS;
		plans[i].now_ns = now_ns();
		pair_open(&pairs[i], &plans[i], pool);
	}
	status = bench_main(argc, argv, benches, sizeof(benches) / sizeof(benches[0]));
	bench_eal_close();
	return status;
}
