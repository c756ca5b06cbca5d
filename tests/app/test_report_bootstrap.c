/* test_report_bootstrap.c - intervals hold what they are made for as often as they say. */
#include <criterion/criterion.h>
#include <math.h>

#include "report/report_bootstrap.h"

enum { MOST = 20, TRIALS = 400 };

static uint64_t state;

static double uniform(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (double)(state >> 11) / 9007199254740992.0;
}

/* Box and Muller: of mean 100 and deviation `spread`. */
static double near_hundred(double spread)
{
	double radius = sqrt(-2 * log(1 - uniform()));

	return 100 + spread * radius * cos(6.283185307179586 * uniform());
}

/* In how many of the trials the interval holds the truth. */
static double coverage_of_means(size_t count, double spread)
{
	int held = 0;

	state = 88172645463325252;
	for (uint64_t trial = 0; trial < TRIALS; trial++) {
		double values[MOST], low, high;

		for (size_t i = 0; i < count; i++)
			values[i] = near_hundred(spread);
		report_bootstrap_mean(values, count, trial, &low, &high);
		held += low <= 100 && 100 <= high;
	}
	return (double)held / TRIALS;
}

static double coverage_of_changes(size_t a_count, size_t b_count, double spread)
{
	int held = 0;

	state = 88172645463325252;
	for (uint64_t trial = 0; trial < TRIALS; trial++) {
		double a[MOST], b[MOST], change, low, high;

		for (size_t i = 0; i < a_count; i++)
			a[i] = near_hundred(spread);
		for (size_t i = 0; i < b_count; i++)
			b[i] = 1.1 * near_hundred(spread);
		report_bootstrap_change(a, a_count, b, b_count, trial, &change, &low, &high);
		cr_assert(low <= change && change <= high);
		held += low <= 0.1 && 0.1 <= high;
	}
	return (double)held / TRIALS;
}

Test(report_bootstrap, of_five_ten_and_twenty_values_the_interval_holds_the_mean_in_93_of_100)
{
	static const size_t counts[] = {5, 10, 20};

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		double share = coverage_of_means(counts[i], 5);

		cr_assert(share >= 0.93 && share < 0.99, "of %zu values: %.3f", counts[i], share);
	}
}

Test(report_bootstrap, the_interval_holds_the_change_in_93_of_100)
{
	static const size_t counts[][2] = {{5, 5}, {10, 10}, {5, 20}};

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		double share = coverage_of_changes(counts[i][0], counts[i][1], 5);

		cr_assert(share >= 0.93 && share < 0.99, "of %zu and %zu values: %.3f", counts[i][0], counts[i][1],
			  share);
	}
}

Test(report_bootstrap, of_ten_values_the_interval_is_about_as_wide_as_students)
{
	static const double values[] = {98, 99, 99.5, 100, 100, 100, 100.5, 101, 101, 101};
	double low, high;

	/* Mean 100, deviation 1.0, t of 9 degrees 2.262: 0.715 to each side. */
	report_bootstrap_mean(values, 10, 1, &low, &high);
	cr_assert(fabs(100 - low - 0.715) < 0.12 && fabs(high - 100 - 0.715) < 0.12, "%f to %f", low, high);
}

Test(report_bootstrap, the_same_seed_gives_the_same_interval_and_another_seed_about_the_same)
{
	static const double values[] = {3, 1, 4, 1, 5, 9, 2, 6};
	double low, high, low_again, high_again;

	report_bootstrap_mean(values, 8, 7, &low, &high);
	report_bootstrap_mean(values, 8, 7, &low_again, &high_again);
	cr_assert(low == low_again && high == high_again);
	report_bootstrap_mean(values, 8, 8, &low_again, &high_again);
	cr_assert(fabs(low - low_again) < 0.5 && fabs(high - high_again) < 0.5);
}

Test(report_bootstrap, equal_values_leave_no_doubt)
{
	static const double values[] = {42, 42, 42};
	double low, high, change;

	report_bootstrap_mean(values, 3, 1, &low, &high);
	cr_assert(low == 42 && high == 42);
	report_bootstrap_change(values, 3, values, 3, 1, &change, &low, &high);
	cr_assert(change == 0 && low == 0 && high == 0);
}

Test(report_bootstrap, one_value_says_nothing_of_how_sure_it_is)
{
	static const double one[] = {5}, other[] = {6};
	double low, high, change;

	report_bootstrap_mean(one, 1, 1, &low, &high);
	cr_assert(isnan(low) && isnan(high));
	report_bootstrap_change(one, 1, other, 1, 1, &change, &low, &high);
	cr_assert(fabs(change - 0.2) < 1e-9 && isnan(low) && isnan(high));
}

Test(report_bootstrap, a_change_from_nothing_is_none)
{
	static const double nothing[] = {0, 0, 0}, some[] = {1, 2, 3};
	double low, high, change;

	report_bootstrap_change(nothing, 3, some, 3, 1, &change, &low, &high);
	cr_assert(isnan(change) && isnan(low) && isnan(high));
	report_bootstrap_change(some, 3, nothing, 3, 1, &change, &low, &high);
	cr_assert(change == -1 && low == -1 && high == -1);
	report_bootstrap_change(NULL, 0, some, 3, 1, &change, &low, &high);
	cr_assert(isnan(change) && isnan(low) && isnan(high));
}
