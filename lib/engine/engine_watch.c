/* engine_watch.c - the control thread's eye on the workers: each must turn, and a stop of the process is nobody's
 * fault. */
#include "engine/engine_parts.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/counter.h"

void engine_watch_begin(struct engine_watch *watch, uint64_t turns, int64_t now_ms)
{
	watch->turns = turns;
	watch->since_ms = now_ms;
}

enum engine_watch_news engine_watch_look(struct engine_watch *watch, uint64_t turns, int64_t now_ms)
{
	uint64_t still_ms = (uint64_t)(now_ms - watch->since_ms);
	bool was_stalled = watch->is_stalled;

	bool turns_again = turns != watch->turns;

	if (turns_again)
		engine_watch_begin(watch, turns, now_ms);
	if (!was_stalled && (turns_again || still_ms < QUERN_STALL_MS))
		return ENGINE_WATCH_NOTHING;
	watch->is_stalled = !turns_again;
	watch->stalled_ms = still_ms;
	if (still_ms > watch->longest_ms)
		__atomic_store_n(&watch->longest_ms, still_ms, __ATOMIC_RELAXED);
	if (was_stalled)
		return turns_again ? ENGINE_WATCH_TURNS_AGAIN : ENGINE_WATCH_NOTHING;
	counter_add(&watch->stalls, 1);
	return ENGINE_WATCH_STALLED;
}

/* The letter of a thread of this process, behind its name, which may hold blanks and brackets. */
static char thread_state(pid_t thread)
{
	char path[64];
	char line[256] = "";
	const char *end;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)thread);
	file = fopen(path, "re");
	if (file == NULL)
		return 0;
	if (fgets(line, sizeof(line), file) == NULL)
		line[0] = '\0';
	fclose(file);
	end = strrchr(line, ')');
	return end != NULL && end[1] == ' ' ? end[2] : 0;
}

/* CPU time of a worker's thread; 0 where it does not run yet. */
static uint64_t cpu_time_ms(const struct worker *worker)
{
	struct timespec used = {0};

	if (__atomic_load_n(&worker->thread, __ATOMIC_ACQUIRE) == 0 || clock_gettime(worker->cpu_clock, &used) != 0)
		return 0;
	return (uint64_t)used.tv_sec * 1000 + (uint64_t)used.tv_nsec / 1000000;
}

enum quern_stall_cause engine_watch_cause(char state, uint64_t cpu_ms, uint64_t still_ms)
{
	switch (state) {
	case 'R':
		return cpu_ms * 4 < still_ms ? QUERN_STALL_NO_CPU : QUERN_STALL_BUSY;
	case 'S':
		return QUERN_STALL_ASLEEP;
	case 'D':
		return QUERN_STALL_KERNEL;
	case 'T':
	case 't':
		return QUERN_STALL_HALTED;
	default:
		return QUERN_STALL_UNKNOWN;
	}
}

/* Forgets what was before now. */
static void begin(struct quern_engine *engine, uint16_t number, int64_t now_ms)
{
	const struct worker *worker = &engine->workers[number];

	engine->watches[number].cpu_ms = cpu_time_ms(worker);
	engine_watch_begin(&engine->watches[number], counter_read(&worker->turns), now_ms);
}

static void tell(struct quern_engine *engine, const struct quern_stall *stall)
{
	if (engine->config.on_stall != NULL)
		engine->config.on_stall(engine, stall, engine->config.stall_app);
}

static void look_at(struct quern_engine *engine, uint16_t number, int64_t now_ms)
{
	struct engine_watch *watch = &engine->watches[number];
	const struct worker *worker = &engine->workers[number];
	uint64_t cpu_ms = cpu_time_ms(worker);
	struct quern_stall stall = {.worker = number};

	switch (engine_watch_look(watch, counter_read(&worker->turns), now_ms)) {
	case ENGINE_WATCH_NOTHING:
		if (watch->since_ms == now_ms)
			watch->cpu_ms = cpu_ms;
		return;
	case ENGINE_WATCH_STALLED:
		stall.kind = QUERN_STALL_BEGAN;
		stall.cause =
			engine_watch_cause(thread_state(worker->thread), cpu_ms - watch->cpu_ms, watch->stalled_ms);
		break;
	case ENGINE_WATCH_TURNS_AGAIN:
		watch->cpu_ms = cpu_ms;
		stall.kind = QUERN_STALL_ENDED;
		break;
	}
	stall.ms = watch->stalled_ms;
	tell(engine, &stall);
}

static uint64_t process_cpu_ms(void)
{
	struct timespec used = {0};

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (uint64_t)used.tv_sec * 1000 + (uint64_t)used.tv_nsec / 1000000;
}

static uint64_t all_turns(const struct quern_engine *engine)
{
	uint64_t turns = 0;

	for (uint16_t number = 0; number < engine->worker_count; number++)
		turns += counter_read(&engine->workers[number].turns);
	return turns;
}

void engine_watch_start(struct quern_engine *engine, int64_t now_ms)
{
	engine->watched =
		(struct engine_watched){.at_ms = now_ms, .cpu_ms = process_cpu_ms(), .turns = all_turns(engine)};
	for (uint16_t number = 0; number < engine->worker_count; number++)
		begin(engine, number, now_ms);
}

bool engine_watch_was_stopped(const struct engine_watched *before, const struct engine_watched *now, uint16_t workers)
{
	uint64_t away_ms = (uint64_t)(now->at_ms - before->at_ms), ticks = away_ms / ENGINE_TICK_MS;
	uint64_t turns = now->turns - before->turns;

	return away_ms >= QUERN_STALL_MS + ENGINE_TICK_MS &&
	       now->cpu_ms - before->cpu_ms < 2u * ENGINE_TICK_MS * workers + away_ms / 32 &&
	       (before->turns_a_tick == 0 || turns < before->turns_a_tick * ticks / 4);
}

void engine_watch_workers(struct quern_engine *engine, int64_t now_ms)
{
	struct engine_watched before = engine->watched;
	struct engine_watched now = {.at_ms = now_ms, .cpu_ms = process_cpu_ms(), .turns = all_turns(engine)};
	uint64_t away_ms = (uint64_t)(now_ms - before.at_ms);

	if (away_ms > 0)
		now.turns_a_tick = (now.turns - before.turns) * ENGINE_TICK_MS / away_ms;
	engine->watched = now;
	if (engine_watch_was_stopped(&before, &now, engine->worker_count)) {
		const struct quern_stall stall = {.kind = QUERN_STALL_PROCESS_STOPPED, .ms = away_ms - ENGINE_TICK_MS};

		tell(engine, &stall);
	}
	for (uint16_t number = 0; number < engine->worker_count; number++) {
		/* Time that we did not see is not held against a worker. */
		if (away_ms >= QUERN_STALL_MS && !engine->watches[number].is_stalled)
			begin(engine, number, now_ms);
		else
			look_at(engine, number, now_ms);
	}
}

static const char *likely_cause(enum quern_stall_cause cause)
{
	switch (cause) {
	case QUERN_STALL_UNKNOWN:
		break;
	case QUERN_STALL_BUSY:
		return "it is in a callback that does not return";
	case QUERN_STALL_NO_CPU:
		return "others have its CPU; keep them off it, or choose another core";
	case QUERN_STALL_ASLEEP:
		return "it sleeps, in a callback that blocks";
	case QUERN_STALL_KERNEL:
		return "it waits for the kernel: a disk, a driver, or memory that is swapped out";
	case QUERN_STALL_HALTED:
		return "it is stopped, by a signal or a debugger";
	}
	return "a callback blocks, or others have its CPU";
}

/* Who is kept waiting: the roles of a worker's shards, each once. */
static const char *roles_of(const struct quern_engine *engine, uint16_t worker, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (uint16_t number = 0; number < engine->config.shard_count && used < size; number++) {
		const char *role = engine->shards[number].role;

		if (engine->shards[number].worker != worker || strstr(text, role) != NULL)
			continue;
		used += (size_t)snprintf(text + used, size - used, "%s%s", used == 0 ? "" : ", ", role);
	}
	return text;
}

char *quern_stall_text(const struct quern_engine *engine, const struct quern_stall *stall, char text[QUERN_STALL_TEXT])
{
	uint16_t core = engine->workers[stall->worker].core;
	double seconds = (double)stall->ms / 1000;
	char roles[128];

	roles_of(engine, stall->worker, roles, sizeof(roles));
	switch (stall->kind) {
	case QUERN_STALL_BEGAN:
		snprintf(text, QUERN_STALL_TEXT, "worker %u on core %u (%s) has not turned for %.1f s: %s",
			 stall->worker, core, roles, seconds, likely_cause(stall->cause));
		break;
	case QUERN_STALL_ENDED:
		snprintf(text, QUERN_STALL_TEXT, "worker %u on core %u (%s) turns again, after %.1f s", stall->worker,
			 core, roles, seconds);
		break;
	case QUERN_STALL_PROCESS_STOPPED:
		snprintf(text, QUERN_STALL_TEXT,
			 "this process was stopped for %.1f s, with all its workers: SIGSTOP, a debugger, or the "
			 "machine was paused",
			 seconds);
		break;
	}
	return text;
}
