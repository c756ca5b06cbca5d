/* test_compare_judge.c - what is called better or worse is, and what is chance is not. */
#include <criterion/criterion.h>
#include <math.h>

#include "compare/compare_judge.h"

static double before[] = {100, 101, 99, 100, 102, 98, 100, 101, 99, 100};
static double alike[] = {101, 100, 99, 101, 101, 98, 100, 102, 99, 100};
static double more[] = {110, 111, 109, 110, 112, 108, 110, 111, 109, 110};

static struct compare_side side_of(enum compare_figure figure, double *values, size_t count)
{
	struct compare_side side = {.files = "x"};

	side.values[figure] = (struct compare_values){values, count};
	return side;
}

static enum compare_verdict verdict(enum compare_figure figure, double *a, double *b, size_t count)
{
	struct compare_side base = side_of(figure, a, count), other = side_of(figure, b, count);

	return compare_judge(&base, &other, figure).verdict;
}

Test(compare_judge, more_connections_are_better_and_fewer_are_worse)
{
	cr_assert_eq(verdict(COMPARE_cps, before, more, 10), COMPARE_BETTER);
	cr_assert_eq(verdict(COMPARE_cps, more, before, 10), COMPARE_WORSE);
}

Test(compare_judge, longer_times_are_worse_and_shorter_are_better)
{
	cr_assert_eq(verdict(COMPARE_setup_p99_ns, before, more, 10), COMPARE_WORSE);
	cr_assert_eq(verdict(COMPARE_setup_p99_ns, more, before, 10), COMPARE_BETTER);
}

Test(compare_judge, a_change_that_chance_makes_is_no_significant_difference)
{
	struct compare_side base = side_of(COMPARE_cps, before, 10), other = side_of(COMPARE_cps, alike, 10);
	struct compare_change change = compare_judge(&base, &other, COMPARE_cps);

	cr_assert_eq(change.verdict, COMPARE_SAME);
	cr_assert(change.low < 0 && change.high > 0);
	cr_assert_float_eq(change.base, 100, 1e-9);
	cr_assert_float_eq(change.other, 100.1, 1e-9);
	cr_assert_float_eq(change.change, 0.001, 1e-9);
}

Test(compare_judge, no_interval_says_that_a_figure_is_less_than_nothing)
{
	static double many[] = {900, 1000, 1100}, few[] = {1, 2, 60};
	struct compare_side base = side_of(COMPARE_cps, many, 3), other = side_of(COMPARE_cps, few, 3);
	struct compare_change change = compare_judge(&base, &other, COMPARE_cps);

	cr_assert_float_eq(change.low, -1, 1e-12);
	cr_assert(change.high > change.change);
}

Test(compare_judge, of_one_value_a_side_nothing_is_known)
{
	cr_assert_eq(verdict(COMPARE_cps, before, more, 1), COMPARE_UNKNOWN);
}

Test(compare_judge, the_same_values_give_the_same_answer_each_time)
{
	struct compare_side base = side_of(COMPARE_cps, before, 10), other = side_of(COMPARE_cps, more, 10);
	struct compare_change one = compare_judge(&base, &other, COMPARE_cps),
			      two = compare_judge(&base, &other, COMPARE_cps);

	cr_assert(one.low == two.low && one.high == two.high);
}

Test(compare_judge, has_what_both_sides_have_measured)
{
	static double nothing[] = {0, 0};
	struct compare_side base = side_of(COMPARE_cps, before, 10), other = side_of(COMPARE_cps, nothing, 2);

	cr_assert(compare_has(&base, &base, COMPARE_cps));
	cr_assert_not(compare_has(&base, &other, COMPARE_cps));
	cr_assert_not(compare_has(&base, &base, COMPARE_requests_per_s));
}
