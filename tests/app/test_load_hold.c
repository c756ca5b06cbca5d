/* test_load_hold.c - held connections leave in time and in order. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "load/load_hold.h"

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
