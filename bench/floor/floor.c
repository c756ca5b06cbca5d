/* floor.c - the six packets of a connection's life with no TCP in it: what any engine must pay, on one core.
 *
 * Both ends run on one thread over two rings: SYN, SYN+ACK, ACK, FIN+ACK, FIN+ACK, ACK. Each packet is verified, looked
 * up in 64-byte buckets, answered in its own buffer and summed; each connection has a record of two lines, a timer that
 * is armed and cancelled, and 20 ms of TIME-WAIT. Nothing is validated, kept in order, negotiated or accounted for.
 * `quern bench` is judged as a ratio to this, measured in the same run (docs/performance.md).
 *
 *	floor [SECONDS [IN_FLIGHT [RECORDS]]]     prints one line of JSON
 */
#include "floor/floor_end.h"

#include <stdio.h>
#include <stdlib.h>

#include <rte_cycles.h>
#include <rte_malloc.h>

#include "base/check.h"
#include "support/bench_eal.h"

enum { RING = 16384, BUFFERS = 65535, CACHE = 256, OPEN_BATCH = 16, TICKS_A_SECOND = 10000 };

static struct floor_end *end_new(uint32_t records, bool is_server, struct rte_ring *rx, struct rte_ring *tx,
				 struct rte_mempool *pool)
{
	struct floor_end *end = rte_zmalloc(NULL, sizeof(*end), 64);
	uint32_t buckets = 1;

	CHECK(end != NULL);
	while (buckets * 8 < records * 2)
		buckets *= 2;
	*end = (struct floor_end){.is_server = is_server, .rx = rx, .tx = tx, .pool = pool, .bucket_mask = buckets - 1};
	end->buckets = rte_zmalloc(NULL, buckets * sizeof(*end->buckets), 64);
	end->records = rte_zmalloc(NULL, (records + 1) * sizeof(*end->records), 64);
	end->free = rte_zmalloc(NULL, records * sizeof(*end->free), 64);
	CHECK(end->buckets && end->records && end->free);
	for (uint32_t i = 0; i < records; i++)
		end->free[end->free_count++] = records - i;
	return end;
}

static void run(struct floor_end *client, struct floor_end *server, uint64_t in_flight, double seconds)
{
	uint64_t hz = rte_get_tsc_hz(), start = rte_rdtsc(), stop = start + (uint64_t)(seconds * (double)hz);
	uint64_t tick_due = start, opened = 0, now;
	double cycles;

	while ((now = rte_rdtsc()) < stop) {
		for (int i = 0; i < OPEN_BATCH && opened - server->closed < in_flight; i++)
			opened += floor_open(client, (uint32_t)opened);
		floor_flush(client);
		floor_receive(server);
		floor_receive(client);
		if (now < tick_due)
			continue;
		floor_tick(client);
		floor_tick(server);
		tick_due += hz / TICKS_A_SECOND;
	}
	cycles = (double)(rte_rdtsc() - start);
	printf("{\"connections\": %lu, \"lost\": %lu, \"cycles_per_connection\": %.1f, \"connections_per_s\": %.0f}\n",
	       server->closed, client->lost + server->lost, cycles / (double)server->closed,
	       (double)server->closed * (double)hz / cycles);
}

static struct rte_ring *ring_new(const char *name)
{
	struct rte_ring *ring = rte_ring_create(name, RING, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);

	CHECK(ring != NULL);
	return ring;
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? strtod(argv[1], NULL) : 4;
	uint64_t in_flight = argc > 2 ? strtoull(argv[2], NULL, 10) : 512;
	uint32_t records = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 1000000;
	struct floor_end *client, *server;
	struct rte_mempool *pool;
	struct rte_ring *up, *down;

	if (seconds <= 0 || in_flight == 0 || records < in_flight) {
		fprintf(stderr, "usage: floor [SECONDS [IN_FLIGHT [RECORDS]]], RECORDS at least IN_FLIGHT\n");
		return 2;
	}
	bench_eal_open("1024");
	pool = rte_pktmbuf_pool_create("floor", BUFFERS, CACHE, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	CHECK(pool != NULL);
	up = ring_new("up");
	down = ring_new("down");
	client = end_new(records, false, down, up, pool);
	server = end_new(records, true, up, down, pool);
	run(client, server, in_flight, seconds);
	bench_eal_close();
	return 0;
}
