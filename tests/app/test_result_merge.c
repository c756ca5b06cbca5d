/* test_result_merge.c - runs of several machines as one: counts, histograms, seconds, thresholds, and what does not go.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "page/page_text.h"
#include "report/report_hdr.h"
#include "result/result.h"
#include "result_sample.h"

static const char *const names[] = {"left.json", "right.json", "third.json"};
static struct quern_histogram *times[2];
static json_t *parts[2];
static char error[CLI_ERROR_TEXT];

static void prepare(void)
{
	times[0] = sample_times(88172645463325252, 600);
	times[1] = sample_times(1181783497276652981, 900);
	parts[0] = sample_document(200, times[0]);
	parts[1] = sample_document(300, times[1]);
	error[0] = '\0';
}

static void clean(void)
{
	for (int i = 0; i < 2; i++) {
		json_decref(parts[i]);
		free(times[i]);
	}
}

TestSuite(result_merge, .init = prepare, .fini = clean);

static json_t *merged(void)
{
	json_t *sum = result_merge(parts, names, 2, error);

	cr_assert_not_null(sum, "%s", error);
	return sum;
}

static void assert_refused(const char *why)
{
	cr_assert_null(result_merge(parts, names, 2, error));
	cr_assert_not_null(strstr(error, why), "%s", error);
	cr_assert_eq(strncmp(error, names[1], strlen(names[1])), 0, "%s", error);
}

Test(result_merge, has_the_histogram_of_both_bucket_by_bucket)
{
	struct quern_histogram *read = malloc(sizeof(*read)), *both = times[0];
	json_t *sum = merged();

	quern_histogram_merge(both, times[1]);
	cr_assert_eq(report_hdr_read(document_string(sum, "latency_ns.setup.hdr"), read), 0);
	cr_assert_arr_eq(read->buckets, both->buckets, sizeof(both->buckets));
	cr_assert_eq((uint64_t)document_number(sum, "latency_ns.setup.count"), 1500);
	cr_assert_eq((uint64_t)document_number(sum, "latency_ns.setup.min"), both->min);
	cr_assert_eq((uint64_t)document_number(sum, "latency_ns.setup.max"), both->max);
	cr_assert_eq((uint64_t)document_number(sum, "latency_ns.setup.p50"), quern_histogram_percentile(both, 50));
	cr_assert_eq((uint64_t)document_number(sum, "latency_ns.setup.p999"), quern_histogram_percentile(both, 99.9));
	cr_assert_float_eq(document_number(sum, "latency_ns.setup.mean"), quern_histogram_mean(both), 1);
	cr_assert_eq((int)document_number(sum, "latency_ns.silence_max"), 300);
	free(read);
	json_decref(sum);
}

Test(result_merge, adds_counts_rates_and_seconds)
{
	json_t *sum = merged();
	const json_t *first = json_array_get(document_at(sum, "series"), 0);

	cr_assert_eq((int)document_number(sum, "totals.opened"), 1500);
	cr_assert_eq((int)document_number(sum, "totals.failed.timeout"), 2);
	cr_assert_eq((int)document_number(sum, "totals.packets.rx"), 7500);
	cr_assert_float_eq(document_number(sum, "totals.packets_per_connection"), 10, 1e-9);
	cr_assert_float_eq(document_number(sum, "rate.cps_mean"), 500, 1e-9);
	cr_assert_eq(json_array_size(document_at(sum, "series")), SAMPLE_SECONDS);
	cr_assert_eq((int)document_number(first, "opened"), 500);
	cr_assert_eq((int)document_number(first, "failed"), 2);
	cr_assert_eq((int)document_number(first, "p50_ns"), 1300, "the greater one");
	cr_assert_eq((int)document_number(first, "p99_ns"), 8800, "the greater one");
	cr_assert_float_eq(document_number(first, "t_s"), 1, 1e-9);
	/* Seconds of 498, 500 and 500. */
	cr_assert_float_eq(document_number(sum, "rate.cps_min"), 498, 1e-9);
	cr_assert_float_eq(document_number(sum, "rate.cps_stddev"), 1.1547, 1e-3);
	cr_assert_eq(json_array_size(document_at(sum, "workers")), 2);
	cr_assert_eq(json_array_size(document_at(sum, "config.merged")), 2);
	json_decref(sum);
}

Test(result_merge, leaves_a_rest_of_a_second_out_of_the_spread)
{
	json_t *sum;

	for (int i = 0; i < 2; i++)
		json_array_append_new(json_object_get(parts[i], "series"),
				      json_pack("{s:f, s:i, s:i}", "t_s", 3.1, "opened", 1, "established", 0));
	sum = merged();
	cr_assert_float_eq(document_number(sum, "rate.cps_min"), 498, 1e-9);
	cr_assert_float_eq(document_number(sum, "rate.cps_stddev"), 1.1547, 1e-3);
	json_decref(sum);
}

Test(result_merge, judges_thresholds_of_both_together)
{
	json_t *sum, *missed = json_pack("[{s:s, s:b, s:f}]", "expr", "opened >= 1000", "ok", 0, "value", 600.0);

	/* Alone each has too few. */
	for (int i = 0; i < 2; i++) {
		sample_set(parts[i], "verdict", json_string("fail"));
		sample_set(parts[i], "thresholds", json_deep_copy(missed));
	}
	json_decref(missed);
	sum = merged();
	cr_assert_str_eq(document_string(sum, "verdict"), "pass");
	cr_assert_eq(json_array_size(document_at(sum, "thresholds")), 3);
	cr_assert_eq(result_missed(sum), 0);
	json_decref(sum);
	sample_set(parts[1], "totals.failed.timeout", json_integer(2));
	sum = merged();
	cr_assert_str_eq(document_string(sum, "verdict"), "fail");
	cr_assert_eq(result_missed(sum), 1, "failed < 3");
	json_decref(sum);
}

Test(result_merge, has_the_worst_verdict_of_its_runs)
{
	static const char *const cases[][3] = {{"pass", "aborted", "aborted"},
					       {"aborted", "invalid", "invalid"},
					       {"fail", "aborted", "fail"},
					       {"invalid", "pass", "invalid"}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *sum;

		sample_set(parts[0], "verdict", json_string(cases[i][0]));
		sample_set(parts[1], "verdict", json_string(cases[i][1]));
		sum = merged();
		cr_assert_str_eq(document_string(sum, "verdict"), cases[i][2], "case %zu", i);
		json_decref(sum);
	}
	/* An account that does not add up is a fault of its own. */
	sample_set(parts[0], "verdict", json_string("fail"));
	sample_set(parts[0], "valid.accounting", json_false());
	json_t *sum = merged();

	cr_assert_str_eq(document_string(sum, "verdict"), "fail");
	json_decref(sum);
}

Test(result_merge, refuses_what_does_not_go_together)
{
	json_t *other = parts[1];

	parts[1] = json_deep_copy(parts[0]);
	assert_refused("the same run as left.json");
	json_decref(parts[1]);
	parts[1] = other;
	sample_set(parts[1], "duration_s", json_real(3.1));
	assert_refused("lasted more than 1 %");
	sample_set(parts[1], "duration_s", json_real(3.02));
	json_decref(merged());
	sample_set(parts[1], "config.kind", json_string("load"));
	assert_refused("another kind of run");
	sample_set(parts[1], "config.kind", json_string("bench"));
	sample_set(parts[1], "search", json_object());
	assert_refused("--search");
	sample_set(parts[1], "search", json_null());
	sample_set(parts[1], "udp", json_object());
	assert_refused("datagrams");
	sample_set(parts[1], "udp", json_null());
	sample_set(parts[1], "latency_ns.setup.hdr", json_string("HISTFAAAAAAA"));
	assert_refused("a histogram in it is none");
}

Test(result_merge, bounds_numbers_that_no_run_has)
{
	json_t *sum;

	for (int i = 0; i < 2; i++) {
		sample_set(parts[i], "totals.opened", json_integer(INT64_MAX - i));
		sample_set(parts[i], "latency_ns.silence_max", json_real(1e300));
		sample_set(parts[i], "latency_ns.setup.mean", json_real(-1e300));
		sample_set(parts[i], "latency_ns.setup.max", json_real(1e300));
	}
	sum = merged();
	cr_assert_eq(json_integer_value(document_at(sum, "totals.opened")), INT64_MAX);
	json_decref(sum);
}
