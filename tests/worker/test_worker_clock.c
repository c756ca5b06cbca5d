/* test_worker_clock.c - cycles become nanoseconds, never backwards, for as long as a machine runs. */
#include <criterion/criterion.h>

#include "worker/worker_clock.h"

enum { HOUR_S = 3600, YEAR_S = 365 * 24 * HOUR_S };

static const uint64_t rates_hz[] = {25000000, 1000000000, 2099999999, 2500000000, 5700000001};

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

Test(worker_clock, a_second_of_cycles_is_a_second_at_every_rate)
{
	static const uint64_t seconds[] = {1, 60, HOUR_S, YEAR_S};

	for (size_t rate = 0; rate < sizeof(rates_hz) / sizeof(rates_hz[0]); rate++) {
		for (size_t span = 0; span < sizeof(seconds) / sizeof(seconds[0]); span++) {
			struct worker_clock clock;
			uint64_t expected_ns = seconds[span] * 1000000000;
			uint64_t ns;

			worker_clock_start(&clock, 12345, rates_hz[rate]);
			ns = worker_clock_ns(&clock, 12345 + seconds[span] * rates_hz[rate]);
			cr_assert_leq(distance(ns, expected_ns), (expected_ns >> 29) + 1, "%lu Hz, %lu s: %lu ns",
				      rates_hz[rate], seconds[span], ns);
		}
	}
}

Test(worker_clock, never_goes_back_from_one_cycle_to_the_next)
{
	for (size_t rate = 0; rate < sizeof(rates_hz) / sizeof(rates_hz[0]); rate++) {
		struct worker_clock clock;
		uint64_t latest_ns = 0;

		worker_clock_start(&clock, UINT64_MAX / 4, rates_hz[rate]);
		for (uint64_t cycle = UINT64_MAX / 4; cycle < UINT64_MAX / 4 + 100000; cycle++) {
			uint64_t ns = worker_clock_ns(&clock, cycle);

			cr_assert_geq(ns, latest_ns);
			latest_ns = ns;
		}
		cr_assert_gt(latest_ns, 0);
	}
}

Test(worker_clock, a_core_whose_counter_lags_the_start_reads_zero)
{
	struct worker_clock clock;

	worker_clock_start(&clock, 1000, 2500000000);
	cr_assert_eq(worker_clock_ns(&clock, 999), 0);
	cr_assert_eq(worker_clock_ns(&clock, 1000), 0);
	cr_assert_gt(worker_clock_ns(&clock, 1010), 0);
}

/* Row 26 of the attack battery: what a worker does with the counter, turn by turn. */
Test(worker_clock, a_counter_that_is_set_back_stops_time_and_never_turns_it)
{
	static const uint64_t cycles[] = {5000, 6000, 100, 0, 5999, 6001, 6001, 7000, 1, 9000};
	struct worker_clock clock;
	uint64_t latest_cycle = 5000, latest_ns = 0;

	worker_clock_start(&clock, 4000, 1000000000);
	for (size_t i = 0; i < sizeof(cycles) / sizeof(cycles[0]); i++) {
		uint64_t ns;

		latest_cycle = worker_clock_later(latest_cycle, cycles[i]);
		ns = worker_clock_ns(&clock, latest_cycle);
		cr_assert_geq(ns, latest_ns);
		latest_ns = ns;
	}
	cr_assert(latest_ns >= 4999 && latest_ns <= 5000, "%lu ns", latest_ns);
}
