/* engine_join.c - shards that share a port are joined by lines, and each worker gets what its turns need. */
#include "engine/engine_parts.h"

#include <errno.h>
#include <numa.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

int engine_draw_seed(struct quern_engine *engine, char error[QUERN_ERROR_TEXT])
{
	uint64_t *seed = &engine->config.seed;

	if (*seed == 0 && getrandom(seed, sizeof(*seed), 0) != (ssize_t)sizeof(*seed))
		return engine_fail(error, -errno, "no seed from the system: %s\n  Give one: --seed N", strerror(errno));
	return 0;
}

/* Gives each worker the shards that engine_place_workers() has put on it, in order of their numbers. */
static void hand_to_workers(struct quern_engine *engine)
{
	uint16_t positions[QUERN_MAX_SHARDS] = {0};

	for (uint16_t number = 0; number < engine->config.shard_count; number++) {
		const struct engine_shard *part = &engine->shards[number];
		uint16_t port = engine->config.shards[number].port;
		struct nic *nic = &engine->nics[port];
		struct worker_shard *at = &engine->workers[part->worker].shards[positions[part->worker]++];

		at->shard = part->shard;
		at->place = part->place;
		at->queue = nic_queue_of(nic, part->place < nic->queues ? part->place : 0);
		at->mail = engine->mail[port].places > 1 ? &engine->mail[port] : NULL;
	}
}

void engine_part_shards(struct quern_engine *engine)
{
	for (uint16_t port = 0; port < engine->config.port_count; port++)
		worker_mail_close(&engine->mail[port]);
}

int engine_join_shards(struct quern_engine *engine, char error[QUERN_ERROR_TEXT])
{
	for (uint16_t port = 0; port < engine->config.port_count; port++) {
		uint16_t shards = engine_shards_on(engine, port);

		if (shards < 2)
			continue;
		if (worker_mail_open(&engine->mail[port], port, shards, engine->nics[port].queues == 1) != 0) {
			engine_part_shards(engine);
			return engine_fail(error, -ENOMEM,
					   "port %u '%.64s': no memory for the lines between its %u shards\n"
					   "  Name fewer cores for it",
					   port, engine->config.ports[port].device, shards);
		}
	}
	hand_to_workers(engine);
	return 0;
}

uint16_t quern_engine_worker_of(const struct quern_engine *engine, uint16_t shard)
{
	return engine->shards[shard].worker;
}

bool engine_placement_line(const struct engine_placement *placement, char *text, size_t size)
{
	char cores[256];

	text[0] = '\0';
	if (placement->port_node < 0 || placement->core_node < 0 || placement->port_node == placement->core_node)
		return false;
	snprintf(text, size,
		 "shard %u (%s) runs on core %u of NUMA node %d, its port %.64s is on node %d; cores there: %s\n",
		 placement->shard, placement->role, placement->core, placement->core_node, placement->device,
		 placement->port_node, engine_cores_text(&placement->local_cores, cores, sizeof(cores)));
	return true;
}

/* The CPUs of this process that belong to a NUMA node. */
static cpu_set_t cores_of_node(const struct quern_engine *engine, int node)
{
	cpu_set_t cores;

	CPU_ZERO(&cores);
	for (size_t core = 0; core < CPU_SETSIZE; core++) {
		if (CPU_ISSET(core, &engine->allowed) && numa_node_of_cpu((int)core) == node)
			CPU_SET(core, &cores);
	}
	return cores;
}

bool quern_engine_placement(const struct quern_engine *engine, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	if (numa_available() < 0)
		return false;
	for (uint16_t number = 0; number < engine->config.shard_count && used + 1 < size; number++) {
		const struct quern_shard_config *config = &engine->config.shards[number];
		struct engine_placement placement = {
			.shard = number,
			.role = engine->shards[number].role,
			.core = config->core,
			.core_node = numa_node_of_cpu(config->core),
			.device = engine->config.ports[config->port].device,
			.port_node = engine->nics[config->port].socket,
		};

		if (placement.port_node >= 0)
			placement.local_cores = cores_of_node(engine, placement.port_node);
		engine_placement_line(&placement, text + used, size - used);
		used += strlen(text + used);
	}
	return used > 0;
}
