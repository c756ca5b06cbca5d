/* test_worker_load.c - when a worker is behind: not in a busy moment, not for clients that wait, but in a flood. */
#include <criterion/criterion.h>

#include "worker/worker_load.h"

enum { TURN_NS = 15000, MANY = 100000 };

static struct worker_load load;
static uint64_t now_ns = 1000000000;

static int frames_a_syn = 3;

/* A turn that finds `waiting` frames; returns whether the shard is behind. */
static bool turn(int waiting)
{
	int frames, most;

	now_ns += TURN_NS;
	most = worker_load_frames(&load, now_ns);
	frames = waiting < most ? waiting : most;
	return worker_load_note(&load, frames == most, (uint64_t)(frames / frames_a_syn), now_ns);
}

/* How many of `turns` turns leave it behind. */
static int behind_in(int turns, int waiting)
{
	int count = 0;

	for (int i = 0; i < turns; i++)
		count += turn(waiting);
	return count;
}

Test(worker_load, clients_that_wait_for_answers_are_no_overload_however_busy)
{
	cr_assert_eq(behind_in(1000000, WORKER_FRAMES_LONG - 1), 0);
}

Test(worker_load, what_piled_up_in_a_pause_is_no_overload)
{
	for (int pause = 0; pause < 1000; pause++) {
		cr_assert_eq(behind_in(WORKER_FULL_TURNS, MANY), 0);
		cr_assert_eq(behind_in(1, WORKER_FRAMES - 1), 0);
	}
}

Test(worker_load, bulk_text_is_no_reason_to_refuse_connections)
{
	frames_a_syn = 10;
	cr_assert_eq(behind_in(1000000, MANY), 0);
}

Test(worker_load, a_flood_is_seen_within_a_millisecond_or_two_and_shed_while_turns_are_full)
{
	int turns = 0;

	while (!turn(MANY))
		turns++;
	cr_assert_eq(turns, WORKER_FULL_TURNS);
	cr_assert_eq(worker_load_frames(&load, now_ns), WORKER_FRAMES, "long turns are for looking, not for working");
	for (int i = 0; i < 1000; i++) {
		cr_assert(turn(WORKER_FRAMES));
		cr_assert_not(turn(WORKER_FRAMES - 1), "a turn that finds the end lets the next SYNs in");
	}
}

Test(worker_load, what_was_found_out_is_not_believed_for_ever)
{
	const int long_after = (int)(2 * WORKER_BELIEF_NS / TURN_NS);

	behind_in(1000, MANY);
	cr_assert(turn(MANY));
	behind_in(long_after, WORKER_FRAMES_LONG - 1);
	cr_assert_eq(behind_in(100000, WORKER_FRAMES_LONG - 1), 0, "the flood is over, and the clients wait again");
}

/* How many turns on end put timers off. */
static int turns_without_timers(int waiting)
{
	int count = 0;

	for (turn(waiting); worker_load_timers_wait(&load); turn(waiting))
		count++;
	return count;
}

Test(worker_load, timers_wait_for_what_came_during_a_pause_but_not_for_a_flood)
{
	cr_assert_eq(turns_without_timers(MANY), WORKER_CATCH_UP);
	for (int i = 0; i < 100; i++) {
		turn(MANY);
		cr_assert_not(worker_load_timers_wait(&load), "a flood keeps timers from firing");
	}
	now_ns += WORKER_PAUSE_NS;
	cr_assert_eq(turns_without_timers(MANY), WORKER_CATCH_UP, "the flood went on while the core was away");
	turn(WORKER_FRAMES - 1);
	cr_assert_not(worker_load_timers_wait(&load), "nothing is left that they could wait for");
}

Test(worker_load, timers_run_also_where_every_turn_is_long_and_full)
{
	int with_timers = 0;

	for (int i = 0; i < 1000; i++) {
		now_ns += WORKER_PAUSE_NS;
		turn(MANY);
		with_timers += !worker_load_timers_wait(&load);
	}
	cr_assert_geq(with_timers, 1000 / (WORKER_CATCH_UP + 1) - 1, "%d of 1,000 turns", with_timers);
}
