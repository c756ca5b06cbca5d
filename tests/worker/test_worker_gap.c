/* test_worker_gap.c - a turn is called a gap where its work is not why it was long, and only there. */
#include <criterion/criterion.h>

#include "worker/worker_clock.h"
#include "worker/worker_gap.h"

enum { EACH_NS = 500, US = 1000 };

Test(worker_gap, is_a_turn_that_was_long_for_no_work)
{
	struct worker_gap gap = {0};

	cr_assert_eq(worker_gap_note(&gap, QUERN_GAP_NS, 0, EACH_NS), 0);
	cr_assert_eq(gap.count, 0);
	cr_assert_eq(worker_gap_note(&gap, QUERN_GAP_NS + 1, 0, EACH_NS), QUERN_GAP_NS + 1);
	cr_assert_eq(worker_gap_note(&gap, 3000 * US, 10, EACH_NS), 2995 * US);
	cr_assert_eq(worker_gap_note(&gap, 20 * US, 10, EACH_NS), 15 * US);
	cr_assert_eq(gap.count, 3);
	cr_assert_eq(gap.ns, QUERN_GAP_NS + 1 + (2995 + 15) * US);
	cr_assert_eq(gap.longest_ns, 2995 * US);
}

Test(worker_gap, is_no_turn_whose_work_may_have_taken_so_long)
{
	struct worker_gap gap = {0};

	cr_assert_eq(worker_gap_note(&gap, 100 * US, 256, EACH_NS), 0, "256 frames");
	cr_assert_eq(worker_gap_note(&gap, 100 * US, 180, EACH_NS), 0);
	cr_assert_eq(worker_gap_note(&gap, 100 * US, 179, EACH_NS), 100 * US - 179 * EACH_NS);
	cr_assert_eq(worker_gap_note(&gap, 100 * US, 32, 5 * US), 0, "system calls take longer");
	cr_assert_eq(gap.count, 1);
}

Test(worker_gap, of_10_us_is_found_by_cycles_at_any_rate_of_the_counter)
{
	static const uint64_t rates[] = {UINT64_C(1000000000), UINT64_C(2445400000), UINT64_C(25000000)};

	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		struct worker_clock clock;
		uint64_t cycles;

		worker_clock_start(&clock, 0, rates[i]);
		cycles = worker_clock_cycles(&clock, QUERN_GAP_NS);
		cr_assert_geq(worker_clock_ns(&clock, cycles), QUERN_GAP_NS);
		cr_assert_lt(worker_clock_ns(&clock, cycles - 2), QUERN_GAP_NS);
	}
}
