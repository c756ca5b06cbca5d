/* metrics_look.h - what the engine says at one moment, for a page of metrics. */
#ifndef METRICS_LOOK_H
#define METRICS_LOOK_H

#include <stdbool.h>

#include <quern/engine.h>
#include <quern/observe.h>
#include <quern/target.h>

#include "metrics/metrics.h"

struct metrics_worker {
	struct quern_worker_report now;
	struct quern_worker_report second; /* as it was when the last second began */
	double busy;                       /* in that second */
	uint64_t idle_cycles;              /* never less than they were */
};

struct metrics_look {
	const struct quern_engine *engine;
	const struct quern_engine_config *config;
	struct metrics_source source;
	uint16_t worker_count;
	struct metrics_worker workers[QUERN_MAX_SHARDS];
	uint16_t worker_of[QUERN_MAX_SHARDS];
	struct quern_counters counters[QUERN_MAX_SHARDS];
	struct quern_shard_memory memory[QUERN_MAX_SHARDS];
	uint32_t states[QUERN_MAX_SHARDS][QUERN_STATES_END];
	double next_states_s; /* when states may be counted again */
	struct metrics_setups setups;
	uint16_t rule_count;
	struct quern_forward_look rules[QUERN_FORWARD_RULES_MAX];
	bool has_reloads;
	uint64_t reloads_taken, reloads_refused;
};

/* Begins with an engine that is open. */
void metrics_look_begin(struct metrics_look *look, const struct quern_engine *engine,
			const struct quern_engine_config *config, const struct metrics_source *source);

/* Once a second: how busy workers were in it. */
void metrics_look_second(struct metrics_look *look);

/* Looks at everything, at `now_s` of a clock that never goes back. To count states means to walk through all records:
 * that is done once a second at most, and no more than a two-hundredth of the time. */
void metrics_look_take(struct metrics_look *look, double now_s);

#endif
