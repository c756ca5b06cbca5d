/* engine_cores.c - which CPUs there are, which worker runs on which, and how far that is from its port. */
#include "engine/engine_parts.h"

#include <errno.h>
#include <numa.h>
#include <stdio.h>
#include <string.h>

char *engine_cores_text(const cpu_set_t *cores, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t first = 0; first < CPU_SETSIZE && used + 16 < size; first++) {
		size_t last = first;

		if (!CPU_ISSET(first, cores))
			continue;
		while (last + 1 < CPU_SETSIZE && CPU_ISSET(last + 1, cores))
			last++;
		used += (size_t)snprintf(text + used, size - used, last == first ? "%s%zu" : "%s%zu-%zu",
					 used == 0 ? "" : ",", first, last);
		first = last;
	}
	return text;
}

static uint16_t worker_of(struct quern_engine *engine, const struct quern_shard_config *config)
{
	struct worker *worker;

	for (uint16_t number = 0; number < engine->worker_count; number++) {
		if (engine->workers[number].core == config->core && engine->workers[number].lane == config->lane)
			return number;
	}
	worker = &engine->workers[engine->worker_count++];
	worker->core = config->core;
	worker->lane = config->lane;
	worker->lcore = engine->worker_count; /* lcore 0 is the control thread's */
	worker->clock = &engine->clock;
	worker->halt = &engine->halt;
	return (uint16_t)(engine->worker_count - 1);
}

static bool shares_its_core(const struct quern_engine *engine, uint16_t number)
{
	for (uint16_t other = 0; other < engine->worker_count; other++) {
		if (other != number && engine->workers[other].core == engine->workers[number].core)
			return true;
	}
	return false;
}

int engine_place_workers(struct quern_engine *engine, char error[QUERN_ERROR_TEXT])
{
	uint16_t shards[QUERN_MAX_PORTS] = {0};
	char cores[256];

	for (uint16_t number = 0; number < engine->config.shard_count; number++) {
		const struct quern_shard_config *config = &engine->config.shards[number];
		struct engine_shard *part = &engine->shards[number];
		struct worker *worker;

		if (config->core >= CPU_SETSIZE || !CPU_ISSET(config->core, &engine->allowed))
			return engine_fail(error, -EINVAL,
					   "shard %u (%s): core %u is not one of this process's cores\n"
					   "  Choose among %s, or widen them: taskset, or the container's cpuset",
					   number, part->role, config->core,
					   engine_cores_text(&engine->allowed, cores, sizeof(cores)));
		part->worker = worker_of(engine, config);
		part->place = shards[config->port]++;
		worker = &engine->workers[part->worker];
		worker->shards[worker->shard_count++] = (struct worker_shard){
			.on_turn = config->on_turn,
			.on_start = config->on_start,
			.app = config->app,
		};
	}
	/* With no CPU left over, the control thread and everybody else live on what idle workers give up. */
	for (uint16_t number = 0; number < engine->worker_count; number++) {
		struct worker *worker = &engine->workers[number];

		worker->takes_turns = shares_its_core(engine, number);
		worker->yields = worker->takes_turns || engine->worker_count >= CPU_COUNT(&engine->allowed);
	}
	return 0;
}

uint16_t quern_engine_worker_of(const struct quern_engine *engine, uint16_t shard)
{
	return engine->shards[shard].worker;
}

int quern_core_node(uint16_t core)
{
	return numa_available() < 0 ? -1 : numa_node_of_cpu(core);
}

int quern_device_node(const char *device)
{
	return nic_node(device);
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
