/* engine_cores.c - which CPUs there are, and which worker runs on which. */
#include "engine/engine_parts.h"

#include <errno.h>
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

static struct worker *worker_of(struct quern_engine *engine, uint16_t core)
{
	struct worker *worker;

	for (uint16_t number = 0; number < engine->worker_count; number++) {
		if (engine->workers[number].core == core)
			return &engine->workers[number];
	}
	worker = &engine->workers[engine->worker_count++];
	worker->core = core;
	worker->lcore = engine->worker_count; /* lcore 0 is the control thread's */
	worker->clock = &engine->clock;
	worker->halt = &engine->halt;
	return worker;
}

int engine_place_workers(struct quern_engine *engine, char error[QUERN_ERROR_TEXT])
{
	char cores[256];

	for (uint16_t number = 0; number < engine->config.shard_count; number++) {
		const struct quern_shard_config *config = &engine->config.shards[number];
		struct worker *worker;

		if (config->core >= CPU_SETSIZE || !CPU_ISSET(config->core, &engine->allowed))
			return engine_fail(error, -EINVAL,
					   "shard %u (%s): core %u is not one of this process's cores\n"
					   "  Choose among %s, or widen them: taskset, or the container's cpuset",
					   number, engine->shards[number].role, config->core,
					   engine_cores_text(&engine->allowed, cores, sizeof(cores)));
		worker = worker_of(engine, config->core);
		worker->shards[worker->shard_count++] = (struct worker_shard){
			.on_turn = config->on_turn,
			.on_start = config->on_start,
			.app = config->app,
		};
		engine->shards[number].core = config->core;
	}
	/* With no CPU left over, the control thread and everybody else live on what idle workers give up. */
	for (uint16_t number = 0; number < engine->worker_count; number++)
		engine->workers[number].yields = engine->worker_count >= CPU_COUNT(&engine->allowed);
	return 0;
}
