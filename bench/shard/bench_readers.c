/* bench_readers.c - what it costs a worker that another thread lists its connections: the rate of a pair of shards
 *while a reader lists them, and while it lists as many of another pair that nobody changes.
 *
 *	bench_readers [--small] [WORKER_CPU READER_CPU]
 *
 * The reader does the same work all the time, so that what a busy neighbour costs (a sibling's thread, a shared clock
 * and cache) is on both sides, and what is left is the price of looking at lines that the worker writes. Windows of
 * 20 ms, in turn, in one process: a host whose speed changes from second to second changes both alike. */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_mbuf.h>

#include "base/check.h"
#include "shard/bench_pair.h"
#include "support/bench.h"
#include "support/bench_eal.h"

enum {
	IN_FLIGHT = 256,
	BATCH = 32,
	RECORDS = 65536,
	PAGE = 256,
	WINDOWS = 600,   /* of each kind */
	WINDOWS_FEW = 5, /* for a test */
	WINDOW_MS = 20,
	SETTLE_MS = 2, /* after a change, not counted */
	CPU_NONE = -1
};

enum side { LIVE, STILL, SIDES };

static const struct quern_events opens = {
	.on_established = pair_leave, .on_peer_closed = pair_close, .on_ended = pair_count_end};
static const struct quern_events serves = {
	.on_established = pair_close, .on_peer_closed = pair_close, .on_ended = pair_count_end};

static struct pair pairs[SIDES];
static uint64_t opened[SIDES];
static int listed; /* enum side; relaxed */
static bool is_over;
static uint64_t rows_read[SIDES], laps[SIDES], skipped;

static uint64_t now_ns(void)
{
	return (uint64_t)((double)rte_rdtsc() * 1e9 / (double)rte_get_tsc_hz());
}

static void bind_to(int cpu)
{
	cpu_set_t set;

	if (cpu == CPU_NONE)
		return;
	CPU_ZERO(&set);
	CPU_SET((unsigned int)cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) != 0)
		fprintf(stderr, "bench_readers: cannot run on CPU %d; going on where it is\n", cpu);
}

/* Lists the connections of both ends once, whole: those in TIME-WAIT are the server's. */
static void lap(enum side side)
{
	const struct quern_shard *const ends[] = {pairs[side].client.shard, pairs[side].server.shard};
	static struct quern_conn_info rows[PAGE];

	for (int end = 0; end < 2; end++) {
		struct quern_conn_cursor cursor = {0};

		while (cursor.at != QUERN_CONNS_END)
			rows_read[side] += shard_read_conns(ends[end], &cursor, NULL, rows, PAGE);
		skipped += cursor.skipped;
	}
	laps[side]++;
}

static void *read_all(void *cpu)
{
	bind_to(*(const int *)cpu);
	while (!__atomic_load_n(&is_over, __ATOMIC_RELAXED))
		lap((enum side)__atomic_load_n(&listed, __ATOMIC_RELAXED));
	return NULL;
}

static void turn(enum side side)
{
	struct pair *pair = &pairs[side];
	struct quern_conn conn;

	for (int i = 0; i < BATCH && opened[side] - pair->client.ended < IN_FLIGHT; i++)
		opened[side] += quern_connect(pair->client.shard, pair->route, &conn) == 0;
	pair_turn(pair, now_ns());
}

/* Turns the live pair for so long; returns how many connections ended a second. */
static double rate_for(unsigned int milliseconds)
{
	uint64_t start = rte_rdtsc(), now, end = start + rte_get_tsc_hz() / 1000 * milliseconds;
	uint64_t ended = pairs[LIVE].client.ended;

	do {
		turn(LIVE);
		now = rte_rdtsc();
	} while (now < end);
	return (double)(pairs[LIVE].client.ended - ended) * (double)rte_get_tsc_hz() / (double)(now - start);
}

static int by_value(const void *left, const void *right)
{
	const double *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

/* Rates of windows in which either pair is listed, and the ratio of each two that follow each other. */
static void measure(uint32_t windows, double rates[SIDES][WINDOWS], double ratios[WINDOWS])
{
	for (uint32_t i = 0; i < windows; i++) {
		for (int half = 0; half < SIDES; half++) {
			/* The first of two is not always the same. */
			enum side side = (enum side)((half + (int)i) % SIDES);

			__atomic_store_n(&listed, (int)side, __ATOMIC_RELAXED);
			rate_for(SETTLE_MS);
			rates[side][i] = rate_for(WINDOW_MS);
		}
		ratios[i] = rates[LIVE][i] / rates[STILL][i];
	}
}

/* Both pairs are brought to where nothing new is touched: TIME-WAIT is full, and evicts. */
static void fill(bool is_small)
{
	uint64_t wanted = is_small ? RECORDS / 8 : 2 * RECORDS;

	for (int side = 0; side < SIDES; side++)
		while (pairs[side].client.ended < wanted)
			turn((enum side)side);
}

static void print(uint32_t windows, double rates[SIDES][WINDOWS], double ratios[WINDOWS])
{
	for (int side = 0; side < SIDES; side++)
		qsort(rates[side], windows, sizeof(rates[side][0]), by_value);
	qsort(ratios, windows, sizeof(ratios[0]), by_value);
	printf("connections/s while these are listed: %.0f [%.0f ... %.0f], %.0f rows a lap\n",
	       rates[LIVE][windows / 2], rates[LIVE][windows / 4], rates[LIVE][windows * 3 / 4],
	       laps[LIVE] ? (double)rows_read[LIVE] / (double)laps[LIVE] : 0.0);
	printf("while as many others are listed:      %.0f [%.0f ... %.0f], %.0f rows a lap\n",
	       rates[STILL][windows / 2], rates[STILL][windows / 4], rates[STILL][windows * 3 / 4],
	       laps[STILL] ? (double)rows_read[STILL] / (double)laps[STILL] : 0.0);
	printf("ratio of two windows that follow each other: %.4f [%.4f ... %.4f], %u pairs; %lu places skipped\n",
	       ratios[windows / 2], ratios[windows / 4], ratios[windows * 3 / 4], windows, skipped);
}

int main(int argc, char **argv)
{
	static double rates[SIDES][WINDOWS], ratios[WINDOWS];
	bool is_small = bench_is_small(argc, argv);
	int cpus[2] = {CPU_NONE, CPU_NONE};
	struct pair_plan plan = {.client = &opens, .server = &serves, .connections = RECORDS, .time_wait_ms = 60000};
	struct rte_mempool *pool;
	pthread_t reader;

	for (int i = 0; i < 2 && argc >= 3; i++)
		cpus[i] = atoi(argv[argc - 2 + i]);
	bench_eal_open("512");
	bind_to(cpus[0]);
	pool = rte_pktmbuf_pool_create("frames", 16383, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	CHECK(pool != NULL);
	plan.now_ns = now_ns();
	for (int side = 0; side < SIDES; side++)
		pair_open(&pairs[side], &plan, pool);
	fill(is_small);
	CHECK(pthread_create(&reader, NULL, read_all, &cpus[1]) == 0);
	measure(is_small ? WINDOWS_FEW : WINDOWS, rates, ratios);
	__atomic_store_n(&is_over, true, __ATOMIC_RELAXED);
	pthread_join(reader, NULL);
	print(is_small ? WINDOWS_FEW : WINDOWS, rates, ratios);
	bench_eal_close();
	return 0;
}
