/* test_report_trials.c - repeats and searches in a report, and several runs looked at as one. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/report_sample.h"
#include "report/report_trials.h"

static char *text_of(const struct report_run *run)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	report_trials_text(out, run);
	fclose(out);
	return text;
}

Test(report_spread, is_mean_deviation_and_an_interval_around_the_mean)
{
	static const double values[] = {90, 100, 110, 100, 95, 105}, one[] = {7}, apart[] = {1, 99};
	struct report_spread spread = report_spread_of(values, 6, 1), again = report_spread_of(values, 6, 1);

	cr_assert_float_eq(spread.mean, 100, 1e-9);
	cr_assert_float_eq(spread.stddev, sqrt(250.0 / 5), 1e-9);
	cr_assert_float_eq(spread.range, 0.2, 1e-9);
	cr_assert(spread.low < 100 && spread.low > 85 && spread.high > 100 && spread.high < 115);
	cr_assert(spread.low >= again.low && spread.low <= again.low, "the same seed, the same interval");
	spread = report_spread_of(apart, 2, 1);
	cr_assert(spread.low >= 0 && spread.low <= 0 && spread.high > 50, "%g", spread.low);
	spread = report_spread_of(one, 1, 1);
	cr_assert_float_eq(spread.mean, 7, 1e-9);
	cr_assert(isnan(spread.low) && isnan(spread.high));
}

Test(report_trials, says_how_much_repeats_differ)
{
	static struct cli_settings settings = {.command = CLI_BENCH, .seed = 3};
	static struct report_trials repeats = {.at = {{.cps = 1000, .p99_ns = 30000, .opened = 1000},
						      {.cps = 1010,
						       .p99_ns = 31000,
						       .opened = 1010,
						       .failed = 2,
						       .started_at = 1e9,
						       .cost = {3000, 2500, true}}},
					       .count = 2};
	struct report_run run = {.settings = &settings, .repeats = &repeats};
	json_t *object = report_repeats_json(&run);
	const json_t *second;
	char *text = text_of(&run);

	cr_assert(strstr(text, "repeats      1  1,000 connections/s   failed 0   p99 30 µs"), "%s", text);
	cr_assert(strstr(text, "connections/s 1,005 ± 7 "), "%s", text);
	cr_assert_not(strstr(text, "too noisy"), "%s", text);
	cr_assert_eq(json_array_size(json_object_get(object, "runs")), 2);
	cr_assert(json_is_false(json_object_get(object, "noisy")));
	second = json_array_get(json_object_get(object, "runs"), 1);
	cr_assert_float_eq(json_real_value(json_object_get(second, "started_at")), 1e9, 1);
	cr_assert_float_eq(json_real_value(json_object_get(second, "own_cycles_per_connection")), 2500, 1e-9);
	cr_assert(json_is_true(json_object_get(second, "unpaced")));
	json_decref(object);
	free(text);
	repeats.at[1].cps = 1300;
	text = text_of(&run);
	cr_assert(strstr(text, "the runs differ by 26 %: this machine was too noisy"), "%s", text);
	free(text);
}

Test(report_trials, has_a_row_for_each_trial_of_a_search_and_says_what_it_is_worth)
{
	static struct cli_settings settings = {.command = CLI_BENCH};
	static struct report_trials trials = {.at = {{.rate = 10000,
						      .achieved = 9990,
						      .p50_ns = 12000,
						      .p99_ns = 3100000,
						      .from_schedule_p99_ns = 4200000,
						      .is_good = true,
						      .is_kept = true},
						     {.rate = 20000,
						      .achieved = 15000,
						      .failed = 4,
						      .p50_ns = 900,
						      .p99_ns = 5000,
						      .from_schedule_p99_ns = 6000}},
					      .count = 2};
	struct report_search search = {
		.condition = "failed == 0", .found = 9990, .resolution = 0.01, .trials = &trials};
	struct report_run run = {.settings = &settings, .search = &search};
	json_t *object = report_search_json(&run);
	char *text = text_of(&run);

	cr_assert(strstr(text, "✓       10,000        9,990         0     12 µs    3.1 ms        4.2 ms\n"), "%s",
		  text);
	cr_assert(
		strstr(text,
		       "✗       20,000       15,000         4    900 ns    5.0 µs        6.0 µs   schedule not kept\n"),
		"%s", text);
	cr_assert(strstr(text, "highest rate with failed == 0: 9,990 connections/s, to 1 %"), "%s", text);
	cr_assert_eq(json_integer_value(json_object_get(object, "found")), 9990);
	json_decref(object);
	free(text);
	trials.at[1].no_port = 4;
	search = (struct report_search){.condition = "failed == 0", .is_noisy = true, .best = 500, .trials = &trials};
	text = text_of(&run);
	cr_assert(strstr(text, "no rate with failed == 0 was found"), "%s", text);
	cr_assert(strstr(text, "4 opens found no free port"), "%s", text);
	cr_assert(strstr(text, "too noisy: rates of up to 500 were good once"), "%s", text);
	free(text);
}

/* What lies between two runs is in neither. */
Test(report_sample, two_spans_are_one_whose_middle_is_left_out)
{
	static struct report_sample first_begin = {.at_s = 10, .shard_count = 1, .worker_count = 1};
	static struct report_sample first_end, begin, end;

	first_begin.counters[0].rx_packets = 100;
	first_begin.workers[0].turns = 50;
	first_end = first_begin;
	first_end.at_s = 12;
	first_end.counters[0].rx_packets = 160;
	first_end.workers[0].turns = 80;
	begin = first_end;
	begin.at_s = 15;
	begin.counters[0].rx_packets = 1000;
	begin.workers[0].turns = 900;
	end = begin;
	end.at_s = 18;
	end.counters[0].rx_packets = 1007;
	end.workers[0].turns = 910;
	report_sample_carry(&begin, &first_begin, &first_end);
	cr_assert_float_eq(end.at_s - begin.at_s, 5, 1e-9);
	cr_assert_eq(end.counters[0].rx_packets - begin.counters[0].rx_packets, 67);
	cr_assert_eq(end.workers[0].turns - begin.workers[0].turns, 40);
}

Test(report_series, of_several_runs_goes_on_or_begins_anew)
{
	struct report_series series;
	struct report_totals totals = {.opened = 10, .established = 10};
	struct quern_histogram *setup = malloc(sizeof(*setup));

	quern_histogram_reset(setup);
	cr_assert_eq(report_series_open(&series), 0);
	report_series_add(&series, 1, &totals, setup);
	report_series_restart(&series, true);
	totals.opened = totals.established = 4;
	report_series_add(&series, 2, &totals, setup);
	cr_assert_eq(series.count, 2);
	cr_assert_eq(series.rows[1].opened, 4, "of its run, and not the difference to another");
	report_series_restart(&series, false);
	cr_assert_eq(series.count, 0);
	report_series_close(&series);
	free(setup);
}
