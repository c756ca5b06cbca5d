/* bench_pair.c - a network of two in one thread. */
#include "shard/bench_pair.h"

#include <rte_malloc.h>
#include <rte_mbuf.h>

#include "base/check.h"

enum { BURST = 32, ADDRESSES = 256, PREFIX = 15 };

void pair_count_end(struct quern_shard *shard, struct quern_conn conn, enum quern_end how, void *app)
{
	struct pair_end *end = app;

	(void)shard;
	(void)conn;
	(void)how;
	end->ended++;
}

void pair_close(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	(void)app;
	quern_conn_close(shard, conn);
}

void pair_leave(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	(void)shard;
	(void)conn;
	(void)app;
}

static struct quern_shard *shard_new(uint16_t number, uint32_t address, const struct pair_plan *plan,
				     struct rte_mempool *pool)
{
	struct shard_config config = {.number = number,
				      .max_connections = plan->connections,
				      .max_time_wait = plan->connections,
				      .time_wait_ms = plan->time_wait_ms,
				      .ethernet = true,
				      .mac = {2, 0, 0, 0, 0, (uint8_t)number},
				      .addresses = {.first = address, .last = address + ADDRESSES - 1},
				      .prefix_length = PREFIX,
				      .seed = 7,
				      .pool = pool};
	void *memory = rte_zmalloc(NULL, shard_bytes(&config), 64);

	CHECK(memory != NULL);
	return shard_open(&config, memory, plan->now_ns);
}

static uint32_t carry(struct pair_end *from, struct pair_end *to, uint64_t now_ns)
{
	uint32_t count = shard_transmit(from->shard, from->wire, SHARD_OUT_MAX);

	for (uint32_t i = 0; i < count; i += BURST)
		shard_receive(to->shard, from->wire + i, (uint16_t)(count - i < BURST ? count - i : BURST), now_ns);
	shard_expire(to->shard, now_ns);
	return count;
}

uint32_t pair_turn(struct pair *pair, uint64_t now_ns)
{
	uint32_t count = carry(&pair->client, &pair->server, now_ns);

	return count + carry(&pair->server, &pair->client, now_ns);
}

void pair_open(struct pair *pair, const struct pair_plan *plan, struct rte_mempool *pool)
{
	struct quern_endpoint target = {.address = PAIR_SERVER, .port = 80};
	struct quern_source source = {.addresses = {.first = PAIR_CLIENT, .last = PAIR_CLIENT + ADDRESSES - 1}};

	pair->client.shard = shard_new(0, PAIR_CLIENT, plan, pool);
	pair->server.shard = shard_new(1, PAIR_SERVER, plan, pool);
	CHECK(quern_listen(pair->server.shard, &target, &plan->options, plan->server, &pair->server) == 0);
	CHECK(quern_route_add(pair->client.shard, &source, &target, &plan->options, plan->client, &pair->client,
			      &pair->route) == 0);
	while (!quern_reachable(pair->client.shard, &target))
		pair_turn(pair, plan->now_ns);
}
