/* test_engine_watch.c - a worker that does not turn is told of within a second, and a stopped process blames nobody. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "engine/cable_engine.h"
#include "engine/engine_parts.h"

enum { LOOK_MS = 100, EVENTS_MAX = 8 };

static double clock_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

Test(engine_watch, tells_of_a_stall_once_after_a_second_and_of_its_length_once_it_is_over)
{
	struct engine_watch watch = {0};
	int64_t now_ms = 5000;

	engine_watch_begin(&watch, 7, now_ms);
	for (int look = 1; look < 10; look++)
		cr_assert_eq(engine_watch_look(&watch, 7, now_ms += LOOK_MS), ENGINE_WATCH_NOTHING, "look %d", look);
	cr_assert_eq(engine_watch_look(&watch, 7, now_ms += LOOK_MS), ENGINE_WATCH_STALLED);
	cr_assert_eq(watch.stalled_ms, 1000);
	for (int look = 1; look < 20; look++)
		cr_assert_eq(engine_watch_look(&watch, 7, now_ms += LOOK_MS), ENGINE_WATCH_NOTHING, "look %d", look);
	cr_assert_eq(watch.longest_ms, 2900, "the longest grows while it lasts: %lu", watch.longest_ms);
	cr_assert_eq(engine_watch_look(&watch, 8, now_ms += LOOK_MS), ENGINE_WATCH_TURNS_AGAIN);
	cr_assert_eq(watch.stalled_ms, 3000);
	cr_assert_eq(watch.longest_ms, 3000);
	cr_assert_eq(watch.stalls, 1);
}

Test(engine_watch, counts_every_stall_and_keeps_the_longest)
{
	static const int64_t lengths_ms[] = {1000, 4000, 2000};
	struct engine_watch watch = {0};
	uint64_t turns = 0;
	int64_t now_ms = 0;

	engine_watch_begin(&watch, turns, now_ms);
	for (int i = 0; i < 3; i++) {
		cr_assert_eq(engine_watch_look(&watch, turns, now_ms += lengths_ms[i]), ENGINE_WATCH_STALLED);
		cr_assert_eq(engine_watch_look(&watch, ++turns, now_ms += LOOK_MS), ENGINE_WATCH_TURNS_AGAIN);
	}
	cr_assert_eq(watch.stalls, 3);
	cr_assert_eq(watch.longest_ms, 4100);
}

Test(engine_watch, says_nothing_of_a_worker_that_turns_however_seldom_or_is_looked_at_late)
{
	struct engine_watch watch = {0};
	int64_t now_ms = 0;

	engine_watch_begin(&watch, 0, 0);
	for (uint64_t turns = 1; turns < 50; turns++)
		cr_assert_eq(engine_watch_look(&watch, turns, now_ms += turns % 2 == 0 ? 900 : 5000),
			     ENGINE_WATCH_NOTHING);
	cr_assert_eq(watch.stalls, 0);
	cr_assert_eq(watch.longest_ms, 0);
}

Test(engine_watch, tells_a_thread_that_runs_from_one_that_gets_no_cpu_and_one_that_waits)
{
	static const struct {
		char state;
		uint64_t cpu_ms;
		enum quern_stall_cause cause;
	} cases[] = {{'R', 1000, QUERN_STALL_BUSY},  {'R', 300, QUERN_STALL_BUSY},    {'R', 200, QUERN_STALL_NO_CPU},
		     {'R', 0, QUERN_STALL_NO_CPU},   {'S', 0, QUERN_STALL_ASLEEP},    {'S', 900, QUERN_STALL_ASLEEP},
		     {'D', 100, QUERN_STALL_KERNEL}, {'T', 0, QUERN_STALL_HALTED},    {'t', 0, QUERN_STALL_HALTED},
		     {'Z', 0, QUERN_STALL_UNKNOWN},  {'\0', 500, QUERN_STALL_UNKNOWN}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		cr_assert_eq(engine_watch_cause(cases[i].state, cases[i].cpu_ms, 1000), cases[i].cause,
			     "%c after %lu ms of CPU time", cases[i].state, cases[i].cpu_ms);
}

Test(engine_watch, tells_a_stopped_process_from_a_control_thread_that_was_kept)
{
	static const struct {
		int64_t away_ms;
		uint64_t cpu_ms;
		uint64_t turns;
		uint64_t turns_a_tick; /* before */
		uint16_t workers;
		bool was_stopped;
		const char *why;
	} cases[] = {{5100, 0, 0, 1000, 1, true, ""},
		     {5100, 150, 2000, 1000, 1, true, "some was used before the stop and behind it"},
		     {1100, 100, 1000, 1000, 1, true, "the shortest"},
		     {5100, 700, 8000, 4000, 4, true, "four workers"},
		     {5100, 100, 900, 0, 1, true, "nothing was seen before"},
		     {1000, 0, 0, 1000, 1, false, "a stop of 0.9 s is none"},
		     {100, 0, 0, 1000, 1, false, "an ordinary tick"},
		     {5100, 5000, 3000, 1000, 1, false, "the worker went on, with more to do each turn"},
		     {2000, 500, 3000, 1000, 1, false, "with a quarter of a CPU"},
		     {2000, 3900, 9000, 1000, 8, false, "as eight did on two CPUs"},
		     {1600, 200, 12000, 1000, 2, false, "with little CPU time, but as before"}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct engine_watched before = {7000, 300, 500, cases[i].turns_a_tick};
		struct engine_watched now = {7000 + cases[i].away_ms, 300 + cases[i].cpu_ms, 500 + cases[i].turns, 1};

		cr_assert_eq(engine_watch_was_stopped(&before, &now, cases[i].workers), cases[i].was_stopped, "%zu %s",
			     i, cases[i].why);
	}
}

/* What on_stall was told, and when. */
static struct {
	struct quern_stall stalls[EVENTS_MAX];
	char texts[EVENTS_MAX][QUERN_STALL_TEXT];
	double at_s[EVENTS_MAX];
	int count;
} told;

static double stalled_at_s;
static double stall_s;
static bool it_sleeps;

static void note_stall(struct quern_engine *engine, const struct quern_stall *stall, void *app)
{
	cr_assert_eq(app, &told);
	cr_assert_lt(told.count, EVENTS_MAX);
	told.stalls[told.count] = *stall;
	told.at_s[told.count] = clock_s();
	quern_stall_text(engine, stall, told.texts[told.count++]);
}

/* Half a second after the first turn, a turn that takes long: asleep or awake. */
static bool stall_once(struct quern_shard *shard, void *app)
{
	const uint64_t begin_ns = 500000000;
	static uint64_t first_ns;

	(void)app;
	if (first_ns == 0)
		first_ns = quern_now(shard);
	if (stalled_at_s != 0 || quern_now(shard) - first_ns < begin_ns)
		return false;
	stalled_at_s = clock_s();
	if (it_sleeps)
		usleep((useconds_t)(stall_s * 1e6));
	while (clock_s() < stalled_at_s + stall_s)
		continue;
	return true;
}

static void prepare(struct cable_engine *cable, uint32_t ticks)
{
	cable_engine_prepare(cable, UINT32_MAX, cable_engine_core(0), cable_engine_core(1));
	cable->config.shards[0].on_turn = NULL;
	cable->ticks_max = ticks;
	cable->config.on_stall = note_stall;
	cable->config.stall_app = &told;
}

/* On a busy machine, one that runs gets little CPU time and is said to. */
static void run_with_a_stall(double seconds, bool sleeps)
{
	static struct cable_engine cable;
	struct quern_worker_report report;
	struct quern_engine *engine;
	char error[QUERN_ERROR_TEXT] = "";

	prepare(&cable, (uint32_t)(seconds * 10) + 15);
	cable.config.shards[1].on_turn = stall_once;
	stall_s = seconds;
	it_sleeps = sleeps;
	cr_assert_eq(quern_engine_open(&cable.config, &engine, error), 0, "%s", error);
	cr_assert_eq(cable_engine_run(&cable, engine, error), 0, "%s", error);
	cr_assert_eq(told.count, 2, "%d events: %s, %s", told.count, told.texts[0], told.texts[1]);
	cr_assert_eq(told.stalls[0].kind, QUERN_STALL_BEGAN);
	cr_assert_eq(told.stalls[0].worker, quern_engine_worker_of(engine, 1));
	cr_assert_float_eq(told.at_s[0] - stalled_at_s, 1, 0.35, "told after %.2f s", told.at_s[0] - stalled_at_s);
	cr_assert_not_null(strstr(told.texts[0], "(server) has not turned for 1."), "%s", told.texts[0]);
	cr_assert_eq(told.stalls[0].cause == QUERN_STALL_ASLEEP, sleeps, "%s", told.texts[0]);
	cr_assert_eq(told.stalls[0].cause == QUERN_STALL_BUSY || told.stalls[0].cause == QUERN_STALL_NO_CPU, !sleeps,
		     "%s", told.texts[0]);
	cr_assert_eq(strstr(told.texts[0], "it sleeps, in a callback that blocks") != NULL, sleeps, "%s",
		     told.texts[0]);
	cr_assert_eq(told.stalls[1].kind, QUERN_STALL_ENDED);
	cr_assert_float_eq((double)told.stalls[1].ms / 1000, seconds, 0.35, "%s", told.texts[1]);
	cr_assert_not_null(strstr(told.texts[1], "(server) turns again, after "), "%s", told.texts[1]);
	cr_assert_eq(quern_engine_worker(engine, told.stalls[0].worker, &report), 0);
	cr_assert_eq(report.stalls, 1);
	cr_assert_eq(report.longest_stall_ms, told.stalls[1].ms);
	cr_assert_eq(quern_engine_worker(engine, quern_engine_worker_of(engine, 0), &report), 0);
	cr_assert_eq(report.stalls, 0, "the worker beside it is blamed as well");
	cr_assert_eq(report.longest_stall_ms, 0);
	quern_engine_close(engine);
}

Test(engine_watch, a_callback_that_sleeps_three_seconds_is_told_of_after_one)
{
	run_with_a_stall(3, true);
}

Test(engine_watch, a_callback_that_does_not_return_is_told_from_one_that_sleeps)
{
	run_with_a_stall(1.6, false);
}

static int started[2];

static int tell_started(struct quern_shard *shard, void *app)
{
	(void)shard;
	(void)app;
	return write(started[1], "", 1) == 1 ? 0 : -errno;
}

/* The exit code says what was wrong: this runs in a process of its own, which is stopped meanwhile. */
static int run_while_stopped(void)
{
	static struct cable_engine cable;
	struct quern_worker_report report;
	struct quern_engine *engine;
	char error[QUERN_ERROR_TEXT] = "";

	prepare(&cable, 20);
	cable.config.shards[0].on_start = tell_started;
	if (quern_engine_open(&cable.config, &engine, error) != 0 || cable_engine_run(&cable, engine, error) != 0)
		return 10;
	if (told.count != 1 || told.stalls[0].kind != QUERN_STALL_PROCESS_STOPPED)
		return 20 + told.count;
	if (strncmp(told.texts[0], "this process was stopped for 2.", 31) != 0)
		return 30;
	for (uint16_t number = 0; number < 2; number++) {
		if (quern_engine_worker(engine, number, &report) != 0 || report.stalls != 0)
			return 40 + number;
	}
	quern_engine_close(engine);
	return 0;
}

Test(engine_watch, a_process_that_was_stopped_says_so_and_blames_no_worker)
{
	char byte;
	int status;
	pid_t child;

	cr_assert_eq(pipe(started), 0);
	child = fork();
	cr_assert_geq(child, 0);
	if (child == 0)
		_exit(run_while_stopped());
	cr_assert_eq(read(started[0], &byte, 1), 1);
	usleep(500000);
	cr_assert_eq(kill(child, SIGSTOP), 0);
	usleep(2300000);
	cr_assert_eq(kill(child, SIGCONT), 0);
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", status);
}

static void block_once(struct quern_engine *engine, void *app)
{
	int *ticks = app;

	if (++*ticks == 3)
		usleep(1500000);
	if (*ticks >= 8)
		quern_engine_stop(engine);
}

Test(engine_watch, an_on_tick_that_blocks_is_no_stop_of_the_process_and_no_stall)
{
	static struct cable_engine cable;
	struct quern_engine *engine;
	char error[QUERN_ERROR_TEXT] = "";
	int ticks = 0;

	prepare(&cable, 0);
	cr_assert_eq(quern_engine_open(&cable.config, &engine, error), 0, "%s", error);
	cr_assert_eq(quern_engine_run(engine, block_once, &ticks, error), 0, "%s", error);
	cr_assert_eq(told.count, 0, "%s", told.texts[0]);
	quern_engine_close(engine);
}
