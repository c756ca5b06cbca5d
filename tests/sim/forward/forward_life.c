/* forward_life.c - a world begins and ends: shards of one group, rules, buffers. */
#include "sim/forward/forward_world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "support/bare_eal.h"

enum { BUFFERS = 1023, GATEWAY = 9 };

static struct rte_mempool *in_pool, *out_pool;

void forward_fail(struct forward_world *world, const char *format, ...)
{
	va_list arguments;

	if (world->failure[0] != '\0')
		return;
	va_start(arguments, format);
	vsnprintf(world->failure, sizeof(world->failure), format, arguments);
	va_end(arguments);
}

struct rte_mbuf *forward_mbuf(const uint8_t *frame, uint32_t bytes)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(in_pool);

	CHECK(mbuf);
	memcpy(rte_pktmbuf_append(mbuf, (uint16_t)bytes), frame, bytes);
	return mbuf;
}

uint32_t forward_buffers(void)
{
	return rte_mempool_in_use_count(in_pool) + rte_mempool_in_use_count(out_pool);
}

static void *zeroed(size_t bytes)
{
	void *memory = aligned_alloc(64, (bytes + 63) & ~(size_t)63);

	CHECK(bytes > 0 && memory);
	return memset(memory, 0, bytes);
}

static void open_port(struct forward_world *world, uint16_t number)
{
	const struct forward_plan *plan = &world->plan;
	struct shard_config config = {
		.number = number,
		.max_connections = 16,
		.max_time_wait = 16,
		.ethernet = plan->ethernet,
		.tx_multi_segs = plan->gathers,
		.max_udp_flows = 2 * plan->max_sessions,
		.addresses = {forward_host(number, 1, 0, false).address,
			      forward_host(number, plan->own, 0, false).address,
			      {0, 0},
			      {0, 0}},
		.prefix_length = 16,
		.gateway = number == 0 ? forward_host(0, GATEWAY, 0, false).address : 0,
		.ip6 = {forward_host(number, 1, 0, true).ip6, forward_host(number, plan->own, 0, true).ip6, {0, 0}, 48},
		.mtu = plan->mtu,
		.seed = plan->seed + number,
		.pool = out_pool,
		.pool_shards = plan->port_count,
		.plan = plan->is_shared ? &plan->plans[number] : NULL,
	};

	forward_port_mac(number, config.mac);
	world->memory[number] = zeroed(shard_bytes(&config));
	world->shards[number] = shard_open(&config, world->memory[number], world->now_ns);
	shard_forward_join(world->group, world->shards[number], number);
}

static void use_rules(struct forward_world *world)
{
	const struct forward_plan *plan = &world->plan;

	world->rules_memory = zeroed(shard_rules_bytes(plan->rules, plan->rule_count));
	CHECK(shard_rules_build(world->rules_memory, world->group, plan->rules, plan->rule_count) == 0);
	shard_forward_use(world->group, world->rules_memory);
}

void forward_open(struct forward_world *world, uint64_t seed)
{
	struct shard_forward_config config = {.seed = seed};

	if (!in_pool) {
		bare_eal_start();
		in_pool = bare_eal_pool("in", BUFFERS);
		out_pool = bare_eal_pool("out", BUFFERS);
	}
	memset(world, 0, sizeof(*world));
	forward_plan_draw(&world->plan, seed);
	random_seed(&world->random, ~seed);
	world->now_ns = world->plan.start_ns;
	config.max_sessions = world->plan.max_sessions;
	for (uint16_t i = 0; i < world->plan.rule_count; i++)
		config.counts_sources |= world->plan.rules[i].max_sessions_per_source != 0;
	world->group_memory = zeroed(shard_forward_bytes(&config));
	world->group = shard_forward_open(&config, world->group_memory, world->now_ns);
	for (uint16_t port = 0; port < world->plan.port_count; port++)
		open_port(world, port);
	use_rules(world);
}

void forward_close(struct forward_world *world)
{
	for (uint16_t port = 0; port < world->plan.port_count; port++) {
		shard_close(world->shards[port]);
		free(world->memory[port]);
	}
	free(world->group_memory);
	free(world->rules_memory);
	free(world->sources_memory);
}
