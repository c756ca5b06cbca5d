/* bench_idle.c - what keepalive costs on a million idle connections, on a clock of our own.
 *
 * The connections are opened over a quarter of the idle time. An operation is one second of that clock: in it the shard
 * that keeps alive is turned every millisecond, sends the probes that are due and takes their answers (answering is the
 * peer's cost and is in the figure too). Divided by the TSC's rate it is the share of a core. */
#include <stdio.h>

#include <rte_cycles.h>
#include <rte_mbuf.h>

#include "base/check.h"
#include "shard/bench_pair.h"
#include "support/bench.h"
#include "support/bench_eal.h"

enum { IDLE_S = 7200, OPENING_S = IDLE_S / 4, FULL = 1000000, SMALL = 20000 };
#define MS UINT64_C(1000000)
#define SECOND (1000 * MS)

struct idle {
	struct pair pair;
	uint64_t now_ns;
};

static const struct quern_events stays = {.on_established = pair_leave, .on_ended = pair_count_end};

static void open_all(struct idle *idle, uint32_t connections)
{
	uint64_t begin_ns = idle->now_ns, span_ns = OPENING_S * SECOND;
	struct quern_conn conn;

	for (uint32_t opened = 0; opened < connections;) {
		idle->now_ns = begin_ns + span_ns / connections * opened;
		for (int i = 0; i < 32 && opened < connections; i++, opened++)
			CHECK(quern_connect(idle->pair.client.shard, idle->pair.route, &conn) == 0);
		while (pair_turn(&idle->pair, idle->now_ns) > 0)
			;
	}
}

static uint64_t run_seconds(void *state, uint64_t iterations)
{
	struct idle *idle = state;

	for (uint64_t ms = 0; ms < iterations * 1000; ms++) {
		idle->now_ns += MS;
		pair_turn(&idle->pair, idle->now_ns);
	}
	return idle->pair.client.ended;
}

int main(int argc, char **argv)
{
	static struct idle idle[2];
	struct bench benches[] = {{"idle/one_second_without_keepalive", run_seconds, &idle[0]},
				  {"idle/one_second_with_keepalive", run_seconds, &idle[1]}};
	uint32_t connections = bench_is_small(argc, argv) ? SMALL : FULL;
	struct rte_mempool *pool;
	uint64_t probes;
	int status;

	bench_eal_open(bench_is_small(argc, argv) ? "128" : "1024");
	pool = rte_pktmbuf_pool_create("frames", 8191, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	CHECK(pool != NULL);
	for (int i = 0; i < 2; i++) {
		struct pair_plan plan = {.client = &stays, .server = &stays, .connections = connections};

		plan.options = (struct quern_tcp_options){.keepalive = i == 1, .keepalive_idle_ms = IDLE_S * 1000};
		idle[i].now_ns = plan.now_ns = SECOND;
		pair_open(&idle[i].pair, &plan, pool);
		open_all(&idle[i], connections);
	}
	status = bench_main(argc, argv, benches, sizeof(benches) / sizeof(benches[0]));
	probes = shard_counters(idle[1].pair.client.shard)->keepalive_probes +
		 shard_counters(idle[1].pair.server.shard)->keepalive_probes;
	printf("%u idle connections, %.0f s of keepalive, %lu probes by both ends, none ended; 1 %% of a core is "
	       "%.0f cycles a second\n",
	       connections, (double)(idle[1].now_ns / SECOND), probes, (double)rte_get_tsc_hz() / 100);
	CHECK(idle[1].pair.client.ended == 0 && idle[1].pair.server.ended == 0);
	bench_eal_close();
	return status;
}
