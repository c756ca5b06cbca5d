/* test_wheel_many.c - a million nodes at one tick: turns stay bounded, and each node fires exactly once. */
#include <assert.h>
#include <criterion/criterion.h>

#include "wheel/wheel.h"

enum { MILLION = 1000 * 1000, TURN = 512, VISITS_MOST = 4 * TURN + 64, STRIDE_SHIFT = 4 };

struct record {
	struct wheel_node timer;
	uint32_t times_fired;
};
static_assert(sizeof(struct record) == 1 << STRIDE_SHIFT, "the wheel steps from record to record");

struct crowd {
	struct wheel wheel;
	struct record *records;
	uint32_t fired[TURN];
};

static void crowd_open(struct crowd *crowd, uint32_t now, uint32_t due)
{
	crowd->records = calloc(MILLION, sizeof(struct record));
	cr_assert_not_null(crowd->records);
	wheel_init(&crowd->wheel, &crowd->records[0].timer, STRIDE_SHIFT, now);
	for (uint32_t i = 0; i < MILLION; i++)
		wheel_arm(&crowd->wheel, &crowd->records[i].timer, due);
	cr_assert(wheel_validate(&crowd->wheel));
}

static uint32_t turn(struct crowd *crowd, uint32_t now)
{
	uint32_t count = wheel_advance(&crowd->wheel, now, crowd->fired, TURN);

	for (uint32_t i = 0; i < count; i++)
		crowd->records[crowd->fired[i]].times_fired++;
	return count;
}

static void assert_all_fired_once(const struct crowd *crowd)
{
	for (uint32_t i = 0; i < MILLION; i++) {
		if (crowd->records[i].times_fired != 1)
			cr_assert_fail("node %u fired %u times", i, crowd->records[i].times_fired);
	}
	cr_assert_eq(crowd->wheel.linked, 0);
	cr_assert(wheel_validate(&crowd->wheel));
}

Test(wheel_many, a_million_nodes_of_one_tick_fire_once_each_in_bounded_turns)
{
	static struct crowd crowd;
	uint32_t now = 7200000;
	uint32_t calls = 0;

	/* Two hours away: they come down through the levels first. */
	crowd_open(&crowd, 0, now);
	cr_assert_eq(turn(&crowd, now - 1), 0);
	while (crowd.wheel.lag != 0) {
		cr_assert_eq(turn(&crowd, now - 1), 0, "fired early");
		cr_assert_lt(++calls, 3 * MILLION / VISITS_MOST + 10);
		if (calls % 100 == 0)
			cr_assert(wheel_validate(&crowd.wheel));
	}
	for (calls = 0; crowd.wheel.linked != 0; calls++, now++) {
		cr_assert_eq(turn(&crowd, now), crowd.wheel.linked == 0 ? MILLION % TURN : TURN);
		cr_assert_eq(crowd.wheel.lag, crowd.wheel.linked == 0 ? 0 : calls + 1);
		if (calls % 100 == 0)
			cr_assert(wheel_validate(&crowd.wheel));
	}
	cr_assert_eq(calls, MILLION / TURN + 1);
	assert_all_fired_once(&crowd);
	free(crowd.records);
}

Test(wheel_many, nodes_that_were_put_off_are_sorted_anew_in_bounded_turns)
{
	static struct crowd crowd;
	uint32_t calls = 0;

	crowd_open(&crowd, 0, 50);
	for (uint32_t i = 0; i < MILLION; i++)
		wheel_arm(&crowd.wheel, &crowd.records[i].timer, 100 + i % 100);
	do {
		uint32_t before = crowd.wheel.heads[0][50];

		cr_assert_eq(turn(&crowd, 60), 0, "fired early");
		cr_assert(before == 0 || crowd.wheel.heads[0][50] != before, "does not get on");
		calls++;
	} while (crowd.wheel.lag != 0);
	cr_assert_eq(calls, MILLION / VISITS_MOST + 1);
	cr_assert(wheel_validate(&crowd.wheel));
	for (uint32_t now = 61; crowd.wheel.linked != 0; now += crowd.wheel.lag == 0) {
		uint32_t count = turn(&crowd, now);

		for (uint32_t i = 0; i < count; i++)
			cr_assert(100 + crowd.fired[i] % 100 == now);
	}
	assert_all_fired_once(&crowd);
	free(crowd.records);
}
