/* engine_report.c - what others may know of an engine while it runs. */
#include "engine/engine_parts.h"

#include <errno.h>
#include <numa.h>
#include <stdio.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_version.h>

#include "base/check.h"
#include "base/counter.h"

static_assert(sizeof(struct quern_counters) % sizeof(uint64_t) == 0, "nothing but counters");

void quern_engine_counters(const struct quern_engine *engine, uint16_t shard, struct quern_counters *counters)
{
	const uint64_t *live;
	uint64_t *copy = (uint64_t *)counters;

	CHECK(shard < engine->config.shard_count);
	live = (const uint64_t *)shard_counters(engine->shards[shard].shard);
	for (size_t number = 0; number < sizeof(*counters) / sizeof(*copy); number++)
		copy[number] = counter_read(&live[number]);
}

void quern_engine_memory(const struct quern_engine *engine, uint16_t shard, struct quern_shard_memory *memory)
{
	const struct engine_shard *part = &engine->shards[shard];

	CHECK(shard < engine->config.shard_count);
	shard_memory(part->shard, memory);
	if (!part->owns_pool)
		return;
	memory->mbufs = part->pool->size;
	memory->mbufs_used = rte_mempool_in_use_count(part->pool);
}

int quern_engine_worker(const struct quern_engine *engine, uint16_t number, struct quern_worker_report *report)
{
	const struct worker *worker = &engine->workers[number];

	if (number >= engine->worker_count)
		return -ENOENT;
	report->core = worker->core;
	report->cycles = counter_read(&worker->cycles);
	report->turns = counter_read(&worker->turns);
	report->busy_turns = counter_read(&worker->busy_turns);
	report->busy_cycles = counter_read(&worker->busy_cycles);
	report->gaps = counter_read(&worker->gap.count);
	report->gap_ns = counter_read(&worker->gap.ns);
	report->longest_gap_ns = counter_read(&worker->gap.longest_ns);
	report->stalls = counter_read(&engine->watches[number].stalls);
	report->longest_stall_ms = counter_read(&engine->watches[number].longest_ms);
	return 0;
}

bool quern_engine_impaired(const struct quern_engine *engine, uint16_t port, enum quern_way way,
			   struct quern_impair_counters *counters)
{
	*counters = (struct quern_impair_counters){.frames = 0};
	if (port >= engine->config.port_count)
		return false;
	return nic_impair_counters(&engine->nics[port], way, counters);
}

bool quern_engine_link_is_up(const struct quern_engine *engine, uint16_t port)
{
	CHECK(port < engine->config.port_count);
	return nic_link_is_up(&engine->nics[port]);
}

static void read_cpu_model(char *text, size_t size)
{
	char line[256];
	FILE *file = fopen("/proc/cpuinfo", "re");

	snprintf(text, size, "unknown");
	if (file == NULL)
		return;
	while (fgets(line, sizeof(line), file) != NULL) {
		const char *colon = strchr(line, ':');

		if (strncmp(line, "model name", 10) != 0 || colon == NULL)
			continue;
		snprintf(text, size, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
		break;
	}
	fclose(file);
}

void quern_engine_machine(const struct quern_engine *engine, struct quern_machine *machine)
{
	read_cpu_model(machine->cpu, sizeof(machine->cpu));
	machine->cores = (uint16_t)CPU_COUNT(&engine->allowed);
	machine->numa_nodes = (uint16_t)(numa_available() >= 0 ? numa_num_configured_nodes() : 1);
	machine->pages = engine->memory.pages;
	machine->dpdk = quern_dpdk_version();
	machine->tsc_hz = (double)engine->tsc_hz;
}

const char *quern_engine_driver(const struct quern_engine *engine, uint16_t port)
{
	CHECK(port < engine->config.port_count);
	return engine->nics[port].driver;
}

/* rte_version() says "DPDK 22.11.11"; people ask for the number. */
const char *quern_dpdk_version(void)
{
	const char *version = rte_version();
	const char *space = strchr(version, ' ');

	return space != NULL ? space + 1 : version;
}
