/* sim_host.c - hosts, from their making to their end. */
#include "sim/sim_host.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/random.h"
#include "shard/shard_parts.h"
#include "sim/sim_world.h"
#include "support/bare_eal.h"
#include "support/raw_ip6.h"

enum { ADDRESSES = 4, ENTRIES = 128, POOLS = SIM_HOSTS_MAX + 1, MISSES = 20 };

#define FIRST_ADDRESS 0xc6120001U /* 198.18.0.1 */

static struct rte_mempool *pools[POOLS];
static struct port_plan twins;

static uint8_t port_of(const struct sim_world *world, uint8_t host)
{
	return world->plan->has_twins && host == SIM_OTHER_TWIN ? SIM_TWIN : host;
}

uint32_t sim_host_address(const struct sim_world *world, uint8_t host)
{
	return FIRST_ADDRESS + ((uint32_t)port_of(world, host) << 8);
}

uint8_t sim_host_of(uint32_t address)
{
	return (uint8_t)((address - FIRST_ADDRESS) >> 8);
}

static struct rte_mempool *pool_of(uint8_t number)
{
	static unsigned int made;
	char name[16];

	if (!pools[number]) {
		snprintf(name, sizeof(name), "sim%u", made++);
		pools[number] = bare_eal_pool(name, number == SIM_HOSTS_MAX ? SIM_WIRE_BUFFERS : SIM_BUFFERS);
	}
	return pools[number];
}

struct rte_mempool *sim_host_wire_pool(void)
{
	return pool_of(SIM_HOSTS_MAX);
}

uint32_t sim_host_buffers(void)
{
	uint32_t used = 0;

	for (uint8_t number = 0; number < POOLS; number++)
		used += pools[number] ? rte_mempool_in_use_count(pools[number]) : 0;
	return used;
}

void sim_host_forget_pools(void)
{
	for (uint8_t number = 0; number < POOLS; number++) {
		rte_mempool_free(pools[number]);
		pools[number] = NULL;
	}
}

/* What twins agree on: a key, and whose each entry is. */
static void plan_twins(const struct sim_plan *plan)
{
	struct random random;

	random_seed(&random, sim_seed_mix(plan->seed, 200));
	memset(&twins, 0, sizeof(twins));
	for (uint32_t i = 0; i < PORT_PLAN_KEY_BYTES; i++)
		twins.key[i] = (uint8_t)random_next(&random);
	twins.entries = ENTRIES;
	twins.spread_by_port = plan->is_spread;
	port_plan_share(&twins, 2);
	port_plan_prepare(&twins);
}

static struct shard_config config_of(const struct sim_world *world, const struct sim_host *host)
{
	const struct sim_plan *plan = world->plan;
	const struct sim_make *make = &plan->makes[host->number];
	uint32_t first = sim_host_address(world, host->number);
	struct shard_config config = {.number = host->number,
				      .max_connections = make->max_connections,
				      .max_half_open = make->max_half_open,
				      .max_time_wait = make->max_time_wait,
				      .max_flights = make->max_flights,
				      .accept_backlog = make->accept_backlog,
				      .time_wait_ms = plan->time_wait_ms,
				      .time_wait_reset = make->time_wait_reset,
				      .ethernet = plan->ethernet,
				      .mac = {2, 0, 0, 0, 0, (uint8_t)(port_of(world, host->number) + 1)},
				      .addresses = {.first = first, .last = first + ADDRESSES - 1},
				      .prefix_length = 15,
				      .mtu = make->mtu,
				      .tx_ip_checksum = plan->is_hardware,
				      .tx_l4_checksum = plan->is_hardware,
				      .tx_multi_segs = plan->is_hardware,
				      .rx_checksum = plan->is_hardware,
				      .seed = sim_seed_mix(plan->seed, 100u + host->number + 1000u * host->restarts),
				      .pool = host->pool};

	config.ip6 = raw_port_ip6(first, first + ADDRESSES - 1, 0, config.prefix_length);
	if (plan->has_twins && host->number != 0) {
		config.plan = &twins;
		config.queue = (uint16_t)(host->number - SIM_TWIN);
	}
	return config;
}

/* A shard with secrets of its own each time. */
static void open_shard(struct sim_world *world, struct sim_host *host)
{
	struct shard_config config = config_of(world, host);
	size_t bytes = (shard_bytes(&config) + 63) & ~(size_t)63;

	CHECK(bytes > 0);
	host->memory = aligned_alloc(64, bytes);
	CHECK(host->memory != NULL);
	memset(host->memory, 0, bytes);
	host->shard = shard_open(&config, host->memory, world->now_ns);
}

static void open_host(struct sim_world *world, uint8_t number)
{
	struct sim_host *host = &world->hosts[number];

	*host = (struct sim_host){
		.number = number, .pool = pool_of(number), .timer_ns = UINT64_MAX, .again_ns = UINT64_MAX};
	open_shard(world, host);
}

/* A route for each of the three ways to open to another host. */
static void add_routes(struct sim_world *world, struct sim_host *host, uint8_t to)
{
	const struct sim_make *make = &world->plan->makes[host->number];
	static const uint16_t ports[] = {SIM_PORT, SIM_PULL_PORT, SIM_CROSS_PORT};
	uint32_t address = sim_host_address(world, host->number);

	for (uint32_t i = 0; i < 3; i++) {
		const struct quern_endpoint target = raw_endpoint(sim_host_address(world, to), ports[i]);
		struct quern_source source = {.addresses = raw_range(address, address),
					      .first_port = make->first_port,
					      .last_port = make->last_port};

		if (ports[i] == SIM_CROSS_PORT)
			source.first_port = source.last_port = SIM_CROSS_PORT;
		CHECK(quern_route_add(host->shard, &source, &target, &make->opens, &sim_app_events, world,
				      &host->routes[to][i]) == 0);
	}
}

static void join(struct sim_world *world, struct sim_host *host)
{
	uint32_t address = sim_host_address(world, host->number);
	const struct quern_endpoint local = raw_endpoint(address, SIM_PORT),
				    pulled = raw_endpoint(address, SIM_PULL_PORT);
	const struct quern_tcp_options *options = &world->plan->makes[host->number].listens;

	CHECK(quern_listen(host->shard, &local, options, &sim_app_events, world) == 0);
	CHECK(quern_listen(host->shard, &pulled, options, &sim_app_pull_events, world) == 0);
	for (uint8_t to = 0; to < world->plan->hosts; to++)
		if (sim_host_address(world, to) != address)
			add_routes(world, host, to);
}

void sim_host_open(struct sim_world *world)
{
	if (world->plan->has_twins)
		plan_twins(world->plan);
	for (uint8_t number = 0; number < world->plan->hosts; number++)
		open_host(world, number);
	for (uint8_t number = 0; number < world->plan->hosts; number++)
		join(world, &world->hosts[number]);
}

void sim_host_restart(struct sim_world *world, uint8_t number)
{
	struct sim_host *host = &world->hosts[number];

	for (uint32_t i = 0; i < world->end_count; i++) {
		struct sim_end *end = &world->ends[i];

		if (end->host != number)
			continue;
		if (!end->has_ended)
			end->how = QUERN_END_NONE;
		end->has_ended = end->is_lost = true;
		end->wake_ns = UINT64_MAX;
	}
	shard_close(host->shard);
	free(host->memory);
	host->restarts++;
	host->rest_count = 0;
	host->evicted = 0;
	host->timer_ns = host->again_ns = UINT64_MAX;
	open_shard(world, host);
	join(world, host);
}

void sim_host_close(struct sim_world *world)
{
	for (uint8_t number = 0; number < world->plan->hosts; number++) {
		struct sim_host *host = &world->hosts[number];

		sim_host_give_back(host);
		rte_pktmbuf_free_bulk(host->moved, host->moved_count);
		shard_close(host->shard);
		free(host->memory);
	}
}

uint8_t sim_host_queue(const struct sim_world *world, uint8_t host, const struct sim_frame *frame)
{
	const struct raw_segment *segment = &frame->segment;
	const struct flow_key key = {segment->dest, segment->source, segment->dest_port, segment->source_port};
	const struct ip6_pair pair = {raw_ip6(key.local), raw_ip6(key.remote)};
	uint16_t queue;

	if (host != SIM_TWIN || !world->plan->is_spread || !frame->is_tcp)
		return host;
	queue = world->plan->is_ip6 ? port_plan_queue6(&twins, &pair, &key) : port_plan_queue(&twins, &key);
	/* A NIC errs now and then. */
	queue ^= sim_seed_mix(world->plan->seed, world->frames) % MISSES == 0;
	return (uint8_t)(SIM_TWIN + queue);
}

void sim_host_move(struct sim_world *world, struct sim_host *host)
{
	struct sim_host *twin = &world->hosts[host->number == SIM_TWIN ? SIM_OTHER_TWIN : SIM_TWIN];
	struct rte_mbuf *burst[SHARD_BURST];
	uint16_t count = SHARD_BURST;

	if (!world->plan->has_twins || host->number == 0)
		return;
	while (count == SHARD_BURST) {
		count = shard_foreign(host->shard, burst, SHARD_BURST);
		for (uint16_t i = 0; i < count; i++) {
			if (twin->moved_count < SIM_MOVED_MAX) {
				twin->moved[twin->moved_count++] = burst[i];
				continue;
			}
			shard_count_not_moved(host->shard, 1);
			rte_pktmbuf_free(burst[i]);
		}
	}
}

bool sim_host_rests(const struct sim_world *world, const struct sim_tuple *tuple)
{
	for (uint8_t number = 0; number < world->plan->hosts; number++)
		for (uint32_t i = 0; i < world->hosts[number].rest_count; i++)
			if (sim_wire_same(&world->hosts[number].rests[i].tuple, tuple))
				return true;
	return false;
}

void sim_host_drain(struct sim_host *host, uint32_t leave)
{
	while (rte_mempool_avail_count(host->pool) > leave && host->stolen_count < SIM_BUFFERS)
		host->stolen[host->stolen_count++] = rte_pktmbuf_alloc(host->pool);
}

void sim_host_give_back(struct sim_host *host)
{
	rte_pktmbuf_free_bulk(host->stolen, host->stolen_count);
	host->stolen_count = 0;
}
