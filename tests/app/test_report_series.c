/* test_report_series.c - a row holds what happened in its second, and nothing else. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "report/report_series.h"

Test(report_series, a_row_is_the_difference_to_the_row_before)
{
	struct report_series series;
	struct report_totals totals = {.opened = 100, .established = 90, .failed = {4}, .closed = {50}};
	struct quern_histogram *setup = malloc(sizeof(*setup));
	const struct report_row *row;

	quern_histogram_reset(setup);
	cr_assert_eq(report_series_open(&series), 0);
	for (int i = 0; i < 90; i++)
		quern_histogram_record(setup, 1000000);
	row = report_series_add(&series, 1.0, &totals, setup);
	cr_assert_eq(row->opened, 100);
	cr_assert_eq(row->in_flight, 40);
	cr_assert_float_eq((double)row->p50_ns, 1e6, 1e3);

	totals = (struct report_totals){.opened = 110, .established = 100, .failed = {5}, .closed = {100}};
	for (int i = 0; i < 10; i++)
		quern_histogram_record(setup, 2000);
	row = report_series_add(&series, 2.0, &totals, setup);
	cr_assert_eq(row->opened, 10);
	cr_assert_eq(row->established, 10);
	cr_assert_eq(row->closed, 50);
	cr_assert_eq(row->failed, 1);
	cr_assert_eq(row->in_flight, 0);
	cr_assert_float_eq((double)row->p99_ns, 2000, 2, "only the ten of this second");
	report_series_close(&series);
	free(setup);
}

Test(report_series, the_rate_leaves_a_short_last_row_out_of_its_extremes)
{
	static const uint64_t established[] = {1000, 1200, 800, 10};
	struct report_series series;
	struct report_totals totals = {.opened = 0};
	struct quern_histogram *setup = malloc(sizeof(*setup));
	struct report_rate rate;

	quern_histogram_reset(setup);
	cr_assert_eq(report_series_open(&series), 0);
	for (int i = 0; i < 4; i++) {
		totals.established += established[i];
		report_series_add(&series, i < 3 ? i + 1 : 3.01, &totals, setup);
	}
	rate = report_series_rate(&series);
	cr_assert_float_eq(rate.mean, 3010 / 3.01, 1e-6);
	cr_assert_float_eq(rate.min, 800, 1e-6);
	cr_assert_float_eq(rate.max, 1200, 1e-6);
	cr_assert_float_eq(rate.stddev, 200, 1e-6);
	report_series_close(&series);
	free(setup);
}

Test(report_series, the_rate_of_nothing_is_zero)
{
	struct report_series series;
	struct report_rate rate;

	cr_assert_eq(report_series_open(&series), 0);
	rate = report_series_rate(&series);
	cr_assert(rate.mean == 0 && rate.min == 0 && rate.max == 0 && rate.stddev == 0);
	report_series_close(&series);
}
