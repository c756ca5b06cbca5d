/* bench_life.c - the whole life of a connection: two shards exchange frames directly, with no port between them. */
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>

#include "base/check.h"
#include "shard/shard.h"
#include "support/bench.h"
#include "support/bench_eal.h"

#define CLIENT 0xc6120001u
#define SERVER 0xc6130001u

enum { IN_FLIGHT = 256, BURST = 32, RECORDS = 131072 };

struct end {
	struct quern_shard *shard;
	struct rte_mbuf *wire[SHARD_OUT_MAX];
	uint32_t count;
	uint64_t ended;
};

struct life {
	struct end client, server;
	const struct quern_events *client_events, *server_events;
	uint8_t route;
	uint64_t hz;
};

static struct end *end_of(void *app)
{
	return app;
}

static void close_it(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	(void)app;
	quern_conn_close(shard, conn);
}

static void leave_it(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	(void)shard;
	(void)conn;
	(void)app;
}

static void abort_it(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	(void)app;
	quern_conn_abort(shard, conn);
}

static void count_end(struct quern_shard *shard, struct quern_conn conn, enum quern_end how, void *app)
{
	(void)shard;
	(void)conn;
	(void)how;
	end_of(app)->ended++;
}

static const struct quern_events closes_first = {
	.on_established = close_it, .on_peer_closed = close_it, .on_ended = count_end};
static const struct quern_events closes_second = {
	.on_established = leave_it, .on_peer_closed = close_it, .on_ended = count_end};
static const struct quern_events holds = {
	.on_established = leave_it, .on_peer_closed = close_it, .on_ended = count_end};
static const struct quern_events aborts = {.on_established = abort_it, .on_ended = count_end};

static uint64_t now_ns(const struct life *life)
{
	return (uint64_t)((double)rte_rdtsc() * 1e9 / (double)life->hz);
}

static struct quern_shard *shard_new(uint16_t number, uint32_t address, struct rte_mempool *pool, uint32_t time_wait_ms)
{
	struct shard_config config = {.number = number,
				      .max_connections = RECORDS,
				      .max_time_wait = RECORDS,
				      .time_wait_ms = time_wait_ms,
				      .ethernet = true,
				      .mac = {2, 0, 0, 0, 0, (uint8_t)number},
				      .addresses = {address, address + 255},
				      .prefix_length = 15,
				      .accept_backlog = 1,
				      .seed = 7,
				      .pool = pool};
	void *memory = rte_zmalloc(NULL, shard_bytes(&config), 64);

	CHECK(memory != NULL);
	return shard_open(&config, memory, 1);
}

/* Moves what one end has to say to the other, in bursts. */
static void turn(struct end *from, struct end *to, uint64_t now)
{
	from->count = shard_transmit(from->shard, from->wire, SHARD_OUT_MAX);
	for (uint32_t i = 0; i < from->count; i += BURST)
		shard_receive(to->shard, from->wire + i, (uint16_t)(from->count - i < BURST ? from->count - i : BURST),
			      now);
	shard_expire(to->shard, now);
}

static uint64_t run(void *state, uint64_t iterations)
{
	struct life *life = state;
	uint64_t opened = 0, start = life->client.ended;
	struct quern_conn conn;

	while (life->client.ended - start < iterations) {
		uint64_t now = now_ns(life);

		for (int i = 0; i < BURST && opened < iterations && opened - (life->client.ended - start) < IN_FLIGHT;
		     i++)
			opened += quern_connect(life->client.shard, life->route, &conn) == 0;
		turn(&life->client, &life->server, now);
		turn(&life->server, &life->client, now);
	}
	for (int i = 0; i < 4; i++) {
		turn(&life->client, &life->server, now_ns(life));
		turn(&life->server, &life->client, now_ns(life));
	}
	return life->server.ended;
}

static void life_open(struct life *life, struct rte_mempool *pool, const struct quern_events *client,
		      const struct quern_events *server, uint32_t time_wait_ms)
{
	struct quern_endpoint target = {SERVER, 80};
	struct quern_source source = {.addresses = {CLIENT, CLIENT + 255}};

	life->hz = rte_get_tsc_hz();
	life->client.shard = shard_new(0, CLIENT, pool, time_wait_ms);
	life->server.shard = shard_new(1, SERVER, pool, time_wait_ms);
	CHECK(quern_listen(life->server.shard, &target, NULL, server, &life->server) == 0);
	CHECK(quern_route_add(life->client.shard, &source, &target, NULL, client, &life->client, &life->route) == 0);
	while (!quern_reachable(life->client.shard, SERVER)) {
		turn(&life->client, &life->server, now_ns(life));
		turn(&life->server, &life->client, now_ns(life));
	}
}

int main(int argc, char **argv)
{
	static struct life lives[4];
	struct bench benches[] = {{"life/server_closes/2msl_20ms", run, &lives[0]},
				  {"life/server_closes/2msl_60s", run, &lives[1]},
				  {"life/client_closes/2msl_20ms", run, &lives[2]},
				  {"life/client_aborts", run, &lives[3]}};
	struct rte_mempool *pool;
	int status;

	bench_eal_open("1024");
	pool = rte_pktmbuf_pool_create("frames", 16383, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	CHECK(pool != NULL);
	life_open(&lives[0], pool, &closes_second, &closes_first, 20);
	life_open(&lives[1], pool, &closes_second, &closes_first, 60000);
	life_open(&lives[2], pool, &closes_first, &closes_second, 20);
	life_open(&lives[3], pool, &aborts, &holds, 20);
	status = bench_main(argc, argv, benches, sizeof(benches) / sizeof(benches[0]));
	bench_eal_close();
	return status;
}
