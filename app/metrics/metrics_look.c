/* metrics_look.c - the engine's own calls, one after the other. */
#include "metrics/metrics_look.h"

#include <string.h>

#include "report/report_sample.h"

#define STATES_EVERY_S 1.0
#define STATES_SHARE 200.0

void metrics_look_begin(struct metrics_look *look, const struct quern_engine *engine,
			const struct quern_engine_config *config, const struct metrics_source *source)
{
	memset(look, 0, sizeof(*look));
	look->engine = engine;
	look->config = config;
	if (source)
		look->source = *source;
	for (uint16_t i = 0; i < config->shard_count; i++)
		look->worker_of[i] = quern_engine_worker_of(engine, i);
	while (look->worker_count < QUERN_MAX_SHARDS &&
	       quern_engine_worker(engine, look->worker_count, &look->workers[look->worker_count].second) == 0)
		look->worker_count++;
}

void metrics_look_second(struct metrics_look *look)
{
	for (uint16_t i = 0; i < look->worker_count; i++) {
		struct metrics_worker *worker = &look->workers[i];
		struct quern_worker_report before = worker->second;
		uint64_t turns;

		quern_engine_worker(look->engine, i, &worker->second);
		turns = worker->second.turns - before.turns;
		worker->busy =
			turns > 0 ? (double)(worker->second.busy_turns - before.busy_turns) / (double)turns : 0.0;
	}
}

static void take_workers(struct metrics_look *look)
{
	for (uint16_t i = 0; i < look->worker_count; i++) {
		struct metrics_worker *worker = &look->workers[i];
		uint64_t idle;

		quern_engine_worker(look->engine, i, &worker->now);
		idle = worker->now.cycles > worker->now.busy_cycles ? worker->now.cycles - worker->now.busy_cycles : 0;
		if (idle > worker->idle_cycles)
			worker->idle_cycles = idle;
	}
}

static void take_states(struct metrics_look *look, double now_s)
{
	double took_s;

	if (now_s < look->next_states_s)
		return;
	took_s = report_clock_s();
	for (uint16_t i = 0; i < look->config->shard_count; i++)
		quern_engine_states(look->engine, i, look->states[i]);
	took_s = report_clock_s() - took_s;
	look->next_states_s = now_s + (took_s * STATES_SHARE > STATES_EVERY_S ? took_s * STATES_SHARE : STATES_EVERY_S);
}

void metrics_look_take(struct metrics_look *look, double now_s)
{
	const struct metrics_source *source = &look->source;

	take_workers(look);
	take_states(look, now_s);
	for (uint16_t i = 0; i < look->config->shard_count; i++) {
		quern_engine_counters(look->engine, i, &look->counters[i]);
		quern_engine_memory(look->engine, i, &look->memory[i]);
	}
	look->setups = (struct metrics_setups){.sum_ns = 0};
	if (source->setups)
		source->setups(source->app, &look->setups);
	look->rule_count = quern_engine_forward_look(look->engine, look->rules, QUERN_FORWARD_RULES_MAX);
	look->has_reloads = source->reloads != NULL;
	if (look->has_reloads)
		source->reloads(source->app, &look->reloads_taken, &look->reloads_refused);
}
