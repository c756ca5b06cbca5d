/* bench_wheel.c - arm and fire, re-arm later, re-arm earlier, arm and disarm beside rte_timer, with a crowd pending. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_timer.h>

#include "base/check.h"
#include "base/random.h"
#include "support/bench.h"
#include "support/bench_eal.h"
#include "wheel/wheel.h"

enum { BURST = 256, SIZES = 3, OPERATIONS = 4, STRIDE_SHIFT = 6, FAR_TICKS = 1 << 30 };

static const uint32_t SIZES_ALL[SIZES] = {1000, 100000, 1000000};
static const char *const OPERATION_NAMES[OPERATIONS] = {"arm_and_fire", "later", "earlier", "arm_and_disarm"};

struct record {
	struct wheel_node timer;
	uint32_t rest[13];
};
static_assert(sizeof(struct record) == 1 << STRIDE_SHIFT, "the wheel steps from record to record");

/* `size` timers that are pending, up to twelve days ahead, and BURST more that come and go. */
struct state {
	struct wheel wheel;
	struct record *records;
	struct rte_timer *rte_timers;
	struct random random;
	uint32_t size;
	uint32_t cursor;
	uint32_t earlier;
	uint64_t rte_fired;
};

static void rte_fire(struct rte_timer *timer, void *argument)
{
	(void)timer;
	(*(uint64_t *)argument)++;
}

static void rte_arm(struct state *state, uint32_t index, uint64_t ticks)
{
	CHECK(rte_timer_reset(&state->rte_timers[index], ticks, SINGLE, rte_lcore_id(), rte_fire, &state->rte_fired) ==
	      0);
}

static uint64_t far_cycles(struct state *state)
{
	return rte_get_timer_hz() * (3600 + random_below(&state->random, 1000000));
}

static void state_open(struct state *state, uint32_t size)
{
	memset(state, 0, sizeof(*state));
	random_seed(&state->random, size);
	state->size = size;
	state->records = rte_zmalloc(NULL, (size_t)(size + BURST) * sizeof(struct record), 64);
	state->rte_timers = rte_zmalloc(NULL, (size_t)(size + BURST) * sizeof(struct rte_timer), 64);
	CHECK(state->records != NULL && state->rte_timers != NULL);
	wheel_init(&state->wheel, &state->records[0].timer, STRIDE_SHIFT, 1);
	for (uint32_t i = 0; i < size + BURST; i++) {
		rte_timer_init(&state->rte_timers[i]);
		if (i >= size)
			continue;
		wheel_arm(&state->wheel, &state->records[i].timer, FAR_TICKS + random_below(&state->random, FAR_TICKS));
		rte_arm(state, i, far_cycles(state));
	}
}

/* A timer of the crowd; the order is not that of memory. */
static uint32_t next_of_crowd(struct state *state)
{
	state->cursor = (uint32_t)((state->cursor + 2654435761u) % state->size);
	return state->cursor;
}

static uint64_t arm_and_fire(void *argument, uint64_t iterations)
{
	struct state *state = argument;
	uint32_t fired[BURST];
	uint64_t work = 0;

	for (uint64_t done = 0; done < iterations; done += BURST) {
		for (uint32_t i = 0; i < BURST; i++)
			wheel_arm(&state->wheel, &state->records[state->size + i].timer, state->wheel.now + 1 + i % 4);
		for (uint32_t tick = 0; tick < 4; tick++)
			work += wheel_advance(&state->wheel, state->wheel.now + 1, fired, BURST);
	}
	CHECK(work >= iterations);
	return work;
}

static uint64_t later(void *argument, uint64_t iterations)
{
	struct state *state = argument;

	for (uint64_t i = 0; i < iterations; i++) {
		struct wheel_node *node = &state->records[next_of_crowd(state)].timer;

		wheel_arm(&state->wheel, node, node->due + 1);
	}
	return state->cursor;
}

/* Two ticks, as `later` goes one forward; the deadlines stay days ahead. */
static uint64_t earlier(void *argument, uint64_t iterations)
{
	struct state *state = argument;

	for (uint64_t i = 0; i < iterations; i++) {
		struct wheel_node *node = &state->records[next_of_crowd(state)].timer;

		wheel_arm(&state->wheel, node, node->due - 2);
	}
	return state->cursor;
}

static uint64_t arm_and_disarm(void *argument, uint64_t iterations)
{
	struct state *state = argument;

	for (uint64_t i = 0; i < iterations; i++) {
		struct wheel_node *node = &state->records[state->size + i % BURST].timer;

		wheel_arm(&state->wheel, node, state->wheel.now + 1000);
		wheel_disarm(node);
	}
	return iterations;
}

static uint64_t rte_arm_and_fire(void *argument, uint64_t iterations)
{
	struct state *state = argument;
	uint64_t before = state->rte_fired;

	for (uint64_t done = 0; done < iterations; done += BURST) {
		uint64_t wanted = state->rte_fired + BURST;

		for (uint32_t i = 0; i < BURST; i++)
			rte_arm(state, state->size + i, i % 4);
		while (state->rte_fired < wanted)
			rte_timer_manage();
	}
	return state->rte_fired - before;
}

/* It does the same whether the deadline moves forward or back. */
static uint64_t rte_rearm(void *argument, uint64_t iterations)
{
	struct state *state = argument;

	for (uint64_t i = 0; i < iterations; i++)
		rte_arm(state, next_of_crowd(state), far_cycles(state));
	return iterations;
}

static uint64_t rte_arm_and_disarm(void *argument, uint64_t iterations)
{
	struct state *state = argument;

	for (uint64_t i = 0; i < iterations; i++) {
		rte_arm(state, state->size + (uint32_t)(i % BURST), rte_get_timer_hz());
		CHECK(rte_timer_stop(&state->rte_timers[state->size + i % BURST]) == 0);
	}
	return iterations;
}

/* All pending timers of rte_timer share one list, so each size is measured by itself and then stopped. */
static int measure(int argc, char **argv, uint32_t size)
{
	uint64_t (*const runs[OPERATIONS][2])(void *, uint64_t) = {{arm_and_fire, rte_arm_and_fire},
								   {later, rte_rearm},
								   {earlier, rte_rearm},
								   {arm_and_disarm, rte_arm_and_disarm}};
	char names[OPERATIONS * 2][48];
	struct bench benches[OPERATIONS * 2];
	static struct state state;
	int status;

	state_open(&state, size);
	for (uint32_t i = 0; i < OPERATIONS * 2; i++) {
		snprintf(names[i], sizeof(names[i]), "%s/%s/%u", i % 2 == 0 ? "wheel" : "rte_timer",
			 OPERATION_NAMES[i / 2], size);
		benches[i] = (struct bench){names[i], runs[i / 2][i % 2], &state};
	}
	status = bench_main(argc, argv, benches, OPERATIONS * 2);
	for (uint32_t i = 0; i < size; i++)
		CHECK(rte_timer_stop(&state.rte_timers[i]) == 0);
	CHECK(wheel_validate(&state.wheel));
	rte_free(state.records);
	rte_free(state.rte_timers);
	return status;
}

int main(int argc, char **argv)
{
	uint32_t sizes = bench_is_small(argc, argv) ? 2 : SIZES;
	int status = 0;

	bench_eal_open(sizes == SIZES ? "512" : "128");
	CHECK(rte_timer_subsystem_init() == 0);
	for (uint32_t size = 0; size < sizes && status == 0; size++)
		status = measure(argc, argv, SIZES_ALL[size]);
	rte_timer_subsystem_finalize();
	bench_eal_close();
	return status;
}
