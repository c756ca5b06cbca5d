/* test_report_judged.c - thresholds in a report: each term with its value, the verdict, and the exit code. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli_exit.h"
#include "report/report_facts.h"
#include "report/report_judged.h"

struct sample {
	struct cli_settings settings;
	struct report_series series;
	struct report_run run;
};

static struct quern_histogram setup;

static void make_sample(struct sample *sample, const char *threshold, const char *other)
{
	struct cli_judge *judge = &sample->settings.judge;
	struct judge_fault fault;

	memset(sample, 0, sizeof(*sample));
	quern_histogram_reset(&setup);
	quern_histogram_record(&setup, 30000);
	cr_assert(judge_read(&judge->thresholds[0], threshold, JUDGE_TCP, &fault), "%s", fault.text);
	cr_assert(judge_read(&judge->thresholds[1], other, JUDGE_TCP, &fault), "%s", fault.text);
	judge->threshold_count = 2;
	cr_assert_eq(report_series_open(&sample->series), 0);
	sample->run =
		(struct report_run){.settings = &sample->settings,
				    .series = &sample->series,
				    .setup = &setup,
				    .totals = {.opened = 1000, .established = 997, .failed = {3}, .closed = {997}}};
	report_series_add(&sample->series, 2.0, &sample->run.totals, &setup);
}

static char *text_of(const struct report_run *run)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	report_judged_text(out, run);
	fclose(out);
	return text;
}

Test(report_judged, says_each_term_with_its_value)
{
	static struct sample sample;
	json_t *rows;
	char *text;

	make_sample(&sample, "failed == 0 && p99 < 50us", "life.p99 < 1s");
	text = text_of(&sample.run);
	cr_assert(strstr(text, "thresholds    ✗ failed == 0 (3)\n"), "%s", text);
	cr_assert(strstr(text, "              ✓ p99 < 50us (30 µs)\n"), "%s", text);
	cr_assert(strstr(text, "              ✗ life.p99 < 1s (nothing was measured)\n"), "%s", text);
	free(text);
	rows = report_thresholds_json(&sample.run);
	cr_assert_eq(json_array_size(rows), 3);
	cr_assert_str_eq(json_string_value(json_object_get(json_array_get(rows, 1), "expr")), "p99 < 50us");
	cr_assert(json_is_true(json_object_get(json_array_get(rows, 1), "ok")));
	cr_assert_float_eq(json_real_value(json_object_get(json_array_get(rows, 1), "value")), 30000, 20);
	cr_assert(json_is_null(json_object_get(json_array_get(rows, 2), "value")));
	json_decref(rows);
	report_series_close(&sample.series);
}

/* A percentile without a name is what somebody saw who came by schedule; from send it has a name. */
Test(report_judged, holds_the_times_from_schedule_against_a_percentile_without_a_name)
{
	static struct sample sample;
	static struct quern_histogram from_schedule;
	char *text;

	make_sample(&sample, "p99 < 50us && setup.p99 < 50us", "from_schedule.p99 < 50us");
	quern_histogram_reset(&from_schedule);
	quern_histogram_record(&from_schedule, 70000);
	sample.run.from_schedule = &from_schedule;
	sample.run.is_scheduled = true;
	text = text_of(&sample.run);
	cr_assert(strstr(text, "✗ p99 < 50us (70 µs from schedule)\n"), "%s", text);
	cr_assert(strstr(text, "✓ setup.p99 < 50us (30 µs)\n"), "%s", text);
	cr_assert(strstr(text, "✗ from_schedule.p99 < 50us (70 µs)\n"), "%s", text);
	free(text);
	sample.run.is_scheduled = false;
	text = text_of(&sample.run);
	cr_assert(strstr(text, "✓ p99 < 50us (30 µs)\n"), "%s", text);
	free(text);
	report_series_close(&sample.series);
}

Test(report_judged, a_run_that_misses_a_threshold_fails_with_99_and_one_that_has_failed_with_1)
{
	static struct sample sample;

	make_sample(&sample, "failed_ratio <= 0.3%", "cps >= 498");
	cr_assert_eq(report_judge(&sample.run), CLI_EXIT_DONE);
	cr_assert_eq(sample.run.verdict, REPORT_PASS);
	report_series_close(&sample.series);
	make_sample(&sample, "failed_ratio <= 0.3%", "cps >= 499");
	cr_assert_eq(report_judge(&sample.run), CLI_EXIT_THRESHOLD);
	cr_assert_eq(sample.run.verdict, REPORT_FAIL);
	cr_assert_eq(report_judge(&sample.run), CLI_EXIT_FAILED);
	sample.run.verdict = REPORT_ABORTED;
	cr_assert_eq(report_judge(&sample.run), CLI_EXIT_DONE, "the signal decides");
	cr_assert_eq(sample.run.verdict, REPORT_ABORTED);
	report_series_close(&sample.series);
}

Test(report_judged, says_why_a_run_was_stopped)
{
	static struct sample sample;
	struct report_stop stop = {.condition = "failed_ratio > 0.05 for 5s", .at_s = 7.02, .value = 0.31};
	struct judge_fault fault;
	json_t *stopped;
	char *text;

	make_sample(&sample, "failed == 3", "failed == 3");
	cr_assert(judge_read_lasting(&sample.settings.judge.stop_if, stop.condition, JUDGE_TCP, &fault));
	cr_assert(json_is_null(report_stopped_json(&sample.run)));
	sample.run.stop = &stop;
	text = text_of(&sample.run);
	cr_assert(strstr(text, "at 7.0 s, since failed_ratio > 0.05 for 5s (0.31 in the last second)"), "%s", text);
	free(text);
	stopped = report_stopped_json(&sample.run);
	cr_assert_str_eq(json_string_value(json_object_get(stopped, "expr")), stop.condition);
	json_decref(stopped);
	report_series_close(&sample.series);
}

/* One way, nothing says what is lost. */
Test(report_facts, of_datagrams_that_nobody_answers_know_no_loss)
{
	static struct sample sample;
	struct report_udp udp = {.totals = {.sent = 100, .lost = 4}, .duration_s = 2};
	struct judge_facts facts;

	make_sample(&sample, "failed == 3", "failed == 3");
	sample.run.udp = &udp;
	report_facts(&facts, &sample.run);
	cr_assert_float_eq(facts.numbers[JUDGE_LOSS], 0.04, 1e-12);
	cr_assert_float_eq(facts.numbers[JUDGE_PPS], 50, 1e-9);
	cr_assert_not(facts.is_known[JUDGE_FAILED]);
	sample.settings.udp.is_one_way = true;
	report_facts(&facts, &sample.run);
	cr_assert(facts.is_known[JUDGE_SENT] && !facts.is_known[JUDGE_LOSS] && !facts.is_known[JUDGE_LOST]);
	report_series_close(&sample.series);
}
