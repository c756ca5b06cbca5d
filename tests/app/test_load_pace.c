/* test_load_pace.c - the schedule has no drift, and held connections leave in time and in order. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "load/load_hold.h"
#include "load/load_schedule.h"

Test(load_schedule, has_rate_starts_in_every_second_and_never_drifts)
{
	static const uint64_t rates[] = {1, 3, 7, 999, 50000, 333333, 999999, 1234567};

	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		struct load_schedule schedule;
		uint64_t start = 123456789;

		load_schedule_begin(&schedule, rates[i], start);
		for (uint64_t second = 1; second <= 3; second++) {
			for (uint64_t n = 0; n < rates[i]; n++)
				load_schedule_advance(&schedule);
			cr_assert_eq(schedule.next_ns, start + second * UINT64_C(1000000000), "rate %lu", rates[i]);
		}
	}
}

Test(load_schedule, keeps_every_start_within_a_nanosecond_of_its_place)
{
	struct load_schedule schedule;

	load_schedule_begin(&schedule, 7, 0);
	for (uint64_t n = 0; n < 1000; n++) {
		cr_assert_eq(schedule.next_ns, n * UINT64_C(1000000000) / 7);
		load_schedule_advance(&schedule);
	}
}

Test(load_schedule, counts_the_starts_that_were_not_reached)
{
	struct load_schedule schedule;

	load_schedule_begin(&schedule, 1000, 0);
	cr_assert_eq(load_schedule_missed(&schedule, 0), 0);
	cr_assert_eq(load_schedule_missed(&schedule, 1), 1);
	cr_assert_eq(load_schedule_missed(&schedule, UINT64_C(999500000)), 1000);
}

enum { MS = 1000000, MANY = 1000 };

static struct load_hold new_hold(void)
{
	return (struct load_hold){.entries = calloc(MANY, sizeof(struct load_hold_entry))};
}

Test(load_hold, gives_connections_back_in_order_and_never_early)
{
	struct load_hold hold = new_hold();
	uint32_t index;
	uint16_t generation;

	for (uint32_t i = 0; i < MANY; i++)
		load_hold_put(&hold, MANY - 1 - i, (uint16_t)i, (i + 1) * UINT64_C(1) * MS);
	for (uint32_t i = 0; i < MANY; i++) {
		uint64_t due = (i + 1) * UINT64_C(1) * MS;

		cr_assert_not(load_hold_take_due(&hold, due - 1, &index, &generation), "%u was early", i);
		cr_assert(load_hold_take_due(&hold, due + (1 << LOAD_HOLD_SHIFT), &index, &generation));
		cr_assert_eq(index, MANY - 1 - i);
		cr_assert_eq(generation, i);
	}
	cr_assert_not(load_hold_take_due(&hold, UINT64_MAX, &index, &generation));
	free(hold.entries);
}

Test(load_hold, forgets_a_connection_that_ended_first_wherever_it_stands)
{
	static const uint32_t gone[] = {0, 4, 9, 5, 0, 77};
	struct load_hold hold = new_hold();
	uint32_t index, left[] = {1, 2, 3, 6, 7, 8};
	uint16_t generation;

	for (uint32_t i = 0; i < 10; i++)
		load_hold_put(&hold, i, 0, MS);
	for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++)
		load_hold_remove(&hold, gone[i]);
	for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
		cr_assert(load_hold_take_due(&hold, 2 * MS, &index, &generation));
		cr_assert_eq(index, left[i]);
	}
	cr_assert_not(load_hold_take_due(&hold, 2 * MS, &index, &generation));
	load_hold_put(&hold, 4, 1, 3 * MS);
	cr_assert(load_hold_take_due(&hold, 4 * MS, &index, &generation), "an index is used again");
	free(hold.entries);
}

Test(load_hold, goes_on_when_its_clock_wraps)
{
	struct load_hold hold = new_hold();
	uint64_t wrap = UINT64_C(1) << (32 + LOAD_HOLD_SHIFT);
	uint32_t index;
	uint16_t generation;

	load_hold_put(&hold, 1, 0, wrap + MS);
	cr_assert_not(load_hold_take_due(&hold, wrap - MS, &index, &generation));
	cr_assert(load_hold_take_due(&hold, wrap + 2 * MS, &index, &generation));
	free(hold.entries);
}
