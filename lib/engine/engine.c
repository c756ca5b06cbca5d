/* engine.c - opens an engine step by step, and closes it in reverse. */
#include "engine/engine_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <rte_common.h>

struct engine_step {
	const char *name;
	int (*start)(struct quern_engine *engine, char error[QUERN_ERROR_TEXT]);
	void (*stop)(struct quern_engine *engine);
};

/* Ports are attached before there are buffers, since buffers lie on the port's NUMA node, and closed before buffers go,
 * since drivers hold some: whichever of the two undoes comes first closes them. */
static const struct engine_step steps[] = {
	{"process", engine_check_process, NULL},
	{"configuration", engine_check, NULL},
	{"workers", engine_place_workers, NULL},
	{"rules", engine_check_forward, NULL},
	{"seed", engine_draw_seed, NULL},
	{"capture file", engine_open_capture, engine_close_capture},
	{"memory", engine_plan_memory, NULL},
	{"limits", engine_try_limits, NULL},
	{"runtime directory", engine_make_runtime_directory, engine_remove_runtime_directory},
	{"memory of its own", engine_map_heap, engine_unmap_heap},
	{"clock", engine_look_at_clock, NULL},
	{"EAL", engine_start_eal, engine_stop_eal},
	{"memory for EAL", engine_lend_heap, NULL},
	{"ports", engine_attach_ports, engine_close_ports},
	{"buffers", engine_make_pools, engine_free_pools},
	{"shards", engine_open_shards, engine_close_shards},
	{"groups", engine_open_groups, engine_close_groups},
	{"queues", engine_start_ports, engine_close_ports},
	{"capture", engine_make_rings, engine_free_rings},
	{"lines", engine_join_shards, engine_part_shards},
	{"keeper", engine_start_keeper, engine_stop_keeper},
	{"telemetry", engine_show_telemetry, engine_hide_telemetry},
	{"links", engine_wait_links, NULL},
	{"quiet time", engine_keep_quiet, NULL},
};

static void undo(struct quern_engine *engine)
{
	while (engine->steps_done > 0) {
		const struct engine_step *step = &steps[--engine->steps_done];

		if (step->stop != NULL)
			step->stop(engine);
	}
}

/* A copy of what the caller gave; CPUs are those he has now, since EAL pins this thread. */
static struct quern_engine *make(const struct quern_engine_config *config)
{
	struct quern_engine *engine = aligned_alloc(64, RTE_ALIGN_CEIL(sizeof(*engine), 64));

	if (engine == NULL)
		return NULL;
	memset(engine, 0, sizeof(*engine));
	engine->config = *config;
	CPU_ZERO(&engine->allowed);
	sched_getaffinity(0, sizeof(engine->allowed), &engine->allowed);
	for (uint16_t number = 0; number < RTE_MIN(config->shard_count, QUERN_MAX_SHARDS); number++) {
		const char *role = config->shards[number].role;

		snprintf(engine->shards[number].role, ENGINE_ROLE_TEXT, "%s", role != NULL ? role : "shard");
	}
	engine->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (engine->wake_fd >= 0)
		return engine;
	free(engine);
	return NULL;
}

static void discard(struct quern_engine *engine)
{
	close(engine->wake_fd);
	free(engine);
}

int quern_engine_open(const struct quern_engine_config *config, struct quern_engine **engine,
		      char error[QUERN_ERROR_TEXT])
{
	struct quern_engine *made = make(config);

	if (made == NULL)
		return engine_fail(error, -errno, "no engine: %s", strerror(errno));
	while (made->steps_done < RTE_DIM(steps)) {
		const struct engine_step *step = &steps[made->steps_done];
		int code;

		if (config->verbose)
			fprintf(stderr, "quern: %s\n", step->name);
		code = step->start(made, error);
		if (code != 0) {
			undo(made);
			discard(made);
			return code;
		}
		made->steps_done++;
	}
	*engine = made;
	return 0;
}

int quern_engine_check_forward(const struct quern_engine_config *config, char error[QUERN_ERROR_TEXT])
{
	int code = engine_check_words(config, error);
	struct quern_engine *made;

	if (code != 0)
		return code;
	made = make(config);
	if (made == NULL)
		return engine_fail(error, -errno, "no engine: %s", strerror(errno));
	code = engine_place_workers(made, error);
	if (code == 0)
		code = engine_check_forward(made, error);
	discard(made);
	return code;
}

void quern_engine_close(struct quern_engine *engine)
{
	undo(engine);
	discard(engine);
}
