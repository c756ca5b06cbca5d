/* test_page_axis.c - where ticks are, and which points stay. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "page/page_plot.h"

static void expect_ticks(const struct page_axis *axis, size_t count, const double ticks[])
{
	cr_assert_eq(axis->tick_count, count, "%zu ticks", axis->tick_count);
	for (size_t i = 0; i < count; i++)
		cr_assert_float_eq(axis->ticks[i], ticks[i], fabs(ticks[i]) * 1e-9 + 1e-12, "tick %zu: %g", i,
				   axis->ticks[i]);
}

Test(page_axis, has_round_ticks_that_hold_all_values)
{
	struct page_axis axis = page_axis_for(0, 22300, false);

	expect_ticks(&axis, 6, (const double[]){0, 5000, 10000, 15000, 20000, 25000});
	cr_assert_leq(axis.least, 0);
	cr_assert_geq(axis.most, 22300);
	axis = page_axis_for(3.1, 4.9, false);
	expect_ticks(&axis, 5, (const double[]){3, 3.5, 4, 4.5, 5});
}

Test(page_axis, of_one_value_is_an_axis_still)
{
	static const double values[] = {0, 1, 1e-3, 1e12};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct page_axis axis = page_axis_for(values[i], values[i], false);

		cr_assert_gt(axis.most, axis.least);
		cr_assert_gt(axis.tick_count, 1);
		axis = page_axis_for(values[i], values[i], true);
		cr_assert_gt(axis.most, axis.least);
		cr_assert_gt(axis.tick_count, 0);
	}
}

Test(page_axis, has_decades_where_there_are_many_and_parts_of_them_where_there_are_few)
{
	struct page_axis axis = page_axis_for(150, 5e6, true);

	expect_ticks(&axis, 6, (const double[]){100, 1000, 1e4, 1e5, 1e6, 1e7});
	axis = page_axis_for(30, 390, true);
	expect_ticks(&axis, 5, (const double[]){20, 50, 100, 200, 500});
}

Test(page_axis, never_has_more_ticks_than_room)
{
	for (double most = 1e-9; most < 1e300; most *= 7.3) {
		struct page_axis linear = page_axis_for(0, most, false),
				 log = page_axis_for(fmin(most, 1) / 1e40, most, true);

		cr_assert_leq(linear.tick_count, PAGE_TICKS);
		cr_assert_leq(log.tick_count, PAGE_TICKS);
		cr_assert_gt(log.tick_count, 0, "%g", most);
	}
}

Test(page_axis, places_a_value_between_its_ends)
{
	struct page_axis linear = page_axis_for(0, 100, false), log = page_axis_for(1, 1e4, true);

	cr_assert_float_eq(page_axis_place(&linear, 25), 0.25, 1e-9);
	cr_assert_float_eq(page_axis_place(&log, 100), 0.5, 1e-9);
	cr_assert_eq(page_axis_place(&linear, -5), 0);
	cr_assert_eq(page_axis_place(&linear, 500), 1);
}

Test(page_line, keeps_every_point_that_there_is_room_for)
{
	double xs[] = {1, 2, 3}, ys[] = {5, 6, 7};
	struct page_line line = {.xs = xs, .ys = ys, .count = 3};

	cr_assert_eq(page_line_thin(&line, 3), 3);
	cr_assert_eq(line.count, 3);
	cr_assert_eq(ys[1], 6);
}

Test(page_line, of_a_day_keeps_its_peaks_and_gaps)
{
	enum { DAY = 86400, PEAK = 40000, GAP = 70001 };
	double *xs = malloc(DAY * sizeof(*xs)), *ys = malloc(DAY * sizeof(*ys)), least = INFINITY, most = 0;
	struct page_line line = {.xs = xs, .ys = ys, .count = DAY};

	for (int i = 0; i < DAY; i++) {
		xs[i] = i;
		ys[i] = i == PEAK ? 999 : i == GAP ? 1 : 100 + i % 3;
	}
	cr_assert_leq(page_line_thin(&line, PAGE_POINTS), PAGE_POINTS);
	cr_assert_gt(line.count, PAGE_POINTS / 2);
	for (size_t i = 0; i < line.count; i++) {
		least = fmin(least, ys[i]);
		most = fmax(most, ys[i]);
		cr_assert(i == 0 || xs[i] > xs[i - 1], "point %zu stands before the one before it", i);
	}
	cr_assert_eq(least, 1);
	cr_assert_eq(most, 999);
	free(ys);
	free(xs);
}
