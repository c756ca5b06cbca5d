/* engine_run.c - workers are launched, watched and joined; the calling thread is the control thread. */
#include "engine/engine_parts.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_launch.h>

static bool stop_is_asked(const struct quern_engine *engine)
{
	return __atomic_load_n(&engine->stop_is_asked, __ATOMIC_RELAXED);
}

void quern_engine_stop(struct quern_engine *engine)
{
	const uint64_t one = 1;
	int saved_errno = errno; /* that of the code which a signal interrupts */
	ssize_t written;

	__atomic_store_n(&engine->stop_is_asked, true, __ATOMIC_RELAXED);
	written = write(engine->wake_fd, &one, sizeof(one));
	(void)written; /* a full eventfd wakes as well, and the flag is what counts */
	errno = saved_errno;
}

static int launch(struct quern_engine *engine, char error[QUERN_ERROR_TEXT])
{
	for (uint16_t number = 0; number < engine->worker_count; number++) {
		struct worker *worker = &engine->workers[number];
		int code = rte_eal_remote_launch(worker_run, worker, worker->lcore);

		if (code != 0)
			return engine_fail(error, code, "worker %u did not start on core %u: %s", number, worker->core,
					   strerror(-code));
	}
	return 0;
}

static bool a_worker_has_ended(const struct quern_engine *engine)
{
	for (uint16_t number = 0; number < engine->worker_count; number++) {
		if (rte_eal_get_lcore_state(engine->workers[number].lcore) != RUNNING)
			return true;
	}
	return false;
}

static int64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Sleeps until the deadline or a stop. net_tap raises a signal for each frame it receives, and poll() ends at each. */
static void sleep_until(struct quern_engine *engine, int64_t deadline_ms)
{
	int64_t left_ms = deadline_ms - clock_ms();

	while (left_ms > 0 && !stop_is_asked(engine)) {
		nic_keeper_sleep(&engine->keeper, engine->wake_fd, (int)left_ms);
		left_ms = deadline_ms - clock_ms();
	}
}

static void control(struct quern_engine *engine, void (*on_tick)(struct quern_engine *engine, void *app), void *app)
{
	int64_t deadline_ms = clock_ms();

	engine_watch_start(engine, deadline_ms);
	nic_keeper_tend(&engine->keeper);
	if (on_tick != NULL && !stop_is_asked(engine))
		on_tick(engine, app);
	while (!stop_is_asked(engine) && !a_worker_has_ended(engine)) {
		deadline_ms = RTE_MAX(deadline_ms, clock_ms() - ENGINE_TICK_MS) + ENGINE_TICK_MS;
		sleep_until(engine, deadline_ms);
		engine_watch_workers(engine, clock_ms());
		nic_keeper_tend(&engine->keeper);
		engine_tend_reload(engine);
		if (on_tick != NULL && !stop_is_asked(engine))
			on_tick(engine, app);
		engine_serve_order(engine);
	}
}

static void tell_failed_start(const struct quern_engine *engine, uint16_t worker, int code,
			      char error[QUERN_ERROR_TEXT])
{
	uint16_t position = 0;

	for (uint16_t number = 0; number < engine->config.shard_count; number++) {
		if (engine->shards[number].worker != worker)
			continue;
		if (position++ == engine->workers[worker].failed_shard)
			engine_fail(error, code, "shard %u (%s) on core %u could not start: %s", number,
				    engine->shards[number].role, engine->workers[worker].core, strerror(-code));
	}
}

/* Ends all workers and waits for them. 0, or the first failure. */
static int join(struct quern_engine *engine, char error[QUERN_ERROR_TEXT])
{
	int failure = 0;

	__atomic_store_n(&engine->halt, true, __ATOMIC_RELAXED);
	for (uint16_t number = 0; number < engine->worker_count; number++) {
		int code = rte_eal_wait_lcore(engine->workers[number].lcore);

		if (code == 0 || failure != 0)
			continue;
		failure = code;
		tell_failed_start(engine, number, code, error);
	}
	return failure;
}

int quern_engine_run(struct quern_engine *engine, void (*on_tick)(struct quern_engine *engine, void *app), void *app,
		     char error[QUERN_ERROR_TEXT])
{
	int launched = engine_start_capture(engine, error);
	int failure;

	if (launched == 0)
		launched = launch(engine, error);
	if (launched == 0)
		control(engine, on_tick, app);
	failure = join(engine, error);
	engine_finish_capture(engine);
	return launched != 0 ? launched : failure;
}
