/* test_load_search.c - the search for the highest rate that keeps a condition, on paths that are made up. */
#include <criterion/criterion.h>

#include "load/load_search.h"

#define MOST UINT64_C(1000000000)

static void note(struct load_search *search, uint64_t rate, uint64_t achieved, bool is_good)
{
	const struct report_trial trial = {.rate = rate, .achieved = achieved, .is_good = is_good};

	load_search_note(search, &trial);
}

/* A path that lets so many through, and no more; a generator that makes at most so many. */
static uint64_t find(struct load_search *search, uint64_t capacity, uint64_t made)
{
	uint64_t rate = load_search_next(search, 10000);

	while (rate > 0) {
		uint64_t achieved = rate < made ? rate : made;

		note(search, rate, achieved, achieved <= capacity);
		rate = load_search_next(search, 10000);
	}
	return load_search_found(search);
}

Test(load_search, finds_what_a_path_lets_through_to_a_hundredth)
{
	static const uint64_t capacities[] = {11, 999, 10000, 12345, 99999, 1000000, 14880952, 148809523};

	for (size_t i = 0; i < 2 * sizeof(capacities) / sizeof(capacities[0]); i++) {
		struct load_search search = {.most = MOST, .is_patient = i % 2};
		uint64_t capacity = capacities[i / 2], found = find(&search, capacity, UINT64_MAX);

		cr_assert_leq(found, capacity);
		cr_assert_geq(found + 1 + found / 50, capacity, "%lu of %lu", found, capacity);
		cr_assert(search.trials.at[search.trials.count - 1].is_confirmation);
		cr_assert(search.trials.at[search.trials.count - 1].is_good);
		cr_assert_not(load_search_is_noisy(&search));
	}
}

Test(load_search, takes_no_rate_for_good_that_the_generator_did_not_keep)
{
	struct load_search search = {.most = MOST};
	uint64_t found = find(&search, UINT64_MAX / 2, 500000);

	cr_assert(found > 480000 && found <= 500000, "%lu", found);
}

Test(load_search, ends_without_a_rate_where_none_is_good_and_at_the_most_where_all_are)
{
	struct load_search dead = {.most = MOST}, tried_twice = {.most = MOST, .is_patient = true},
			   endless = {.most = 1000000};

	cr_assert_eq(find(&dead, 0, UINT64_MAX), 0);
	cr_assert_eq(find(&tried_twice, 0, UINT64_MAX), 0);
	cr_assert_eq(tried_twice.trials.count, 2 * dead.trials.count);
	cr_assert_eq(find(&endless, UINT64_MAX / 2, UINT64_MAX), 1000000);
}

/* A rate that is good once and not again is none. */
Test(load_search, believes_no_rate_that_is_not_good_twice)
{
	struct load_search search = {.most = 20000};

	note(&search, 10000, 10000, true);
	note(&search, 20000, 20000, true);
	cr_assert_eq(load_search_next(&search, 10000), 20000);
	note(&search, 20000, 20000, false);
	cr_assert_eq(load_search_found(&search), 0);
	cr_assert_eq(load_search_next(&search, 10000), 10000);
}

/* A pause of the machine spoils a trial, and not the search. */
Test(load_search, believes_no_failure_that_does_not_come_twice_where_it_is_patient)
{
	struct load_search search = {.most = MOST, .is_patient = true};
	uint64_t rate, found, trials = 0;

	while ((rate = load_search_next(&search, 10000)) > 0)
		note(&search, rate, rate, rate <= 500000 && ++trials % 5 != 2);
	found = load_search_found(&search);
	cr_assert(found >= 490000 && found <= 500000, "%lu", found);
	cr_assert_geq(search.changed, 2);
}

/* What fell goes back to what has been good below it, and not to the beginning. */
Test(load_search, goes_on_below_what_was_found_and_has_fallen_and_calls_that_noise_the_second_time)
{
	struct load_search search = {.most = 40000, .is_patient = true};

	note(&search, 10000, 10000, true);
	note(&search, 20000, 20000, true);
	note(&search, 40000, 40000, true);
	note(&search, 40000, 40000, false);
	cr_assert_eq(load_search_next(&search, 10000), 40000, "once more before it is believed");
	note(&search, 40000, 40000, false);
	cr_assert_eq(search.low, 20000);
	cr_assert_eq(load_search_next(&search, 10000), 30000);
	for (uint64_t rate; (rate = load_search_next(&search, 10000)) > 0;)
		note(&search, rate, rate, rate <= 20000);
	cr_assert_eq(load_search_found(&search), 20000);
	cr_assert(load_search_is_noisy(&search), "40,000 were good once");
}

/* A machine that is busy for some trials bounds the search too low: what bounds it is tried again, later. */
Test(load_search, goes_on_above_what_was_not_good_while_the_machine_was_busy)
{
	struct load_search search = {.most = MOST, .is_patient = true};
	uint64_t rate, found;

	while ((rate = load_search_next(&search, 10000)) > 0) {
		bool is_busy = search.trials.count >= 2 && search.trials.count < 5;

		note(&search, rate, rate, rate <= (is_busy ? 20000 : 500000));
	}
	found = load_search_found(&search);
	cr_assert(found >= 490000 && found <= 500000, "%lu", found);
}

Test(load_search, ends_whatever_comes)
{
	uint64_t state = 5;

	for (int i = 0; i < 2000; i++) {
		struct load_search search = {.most = MOST, .is_patient = i % 2};
		uint64_t rate;

		while ((rate = load_search_next(&search, 10000)) > 0) {
			state = state * UINT64_C(6364136223846793005) + 1442695040888963407U;
			note(&search, rate, rate, (state >> 40) % 3 != 0);
			cr_assert_leq(search.trials.count, (uint32_t)REPORT_TRIALS_MAX);
		}
		cr_assert_leq(load_search_found(&search), search.best);
	}
}
