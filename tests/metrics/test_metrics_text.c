/* test_metrics_text.c - lines of Prometheus' format, and times in buckets. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/metrics_port.h"
#include "metrics/metrics_text.h"

/* What is written since the last call; the caller frees it. */
static char *text;
static size_t text_bytes;

static FILE *begin(void)
{
	text = NULL;
	return open_memstream(&text, &text_bytes);
}

static void expect(FILE *out, const char *lines)
{
	fclose(out);
	cr_assert_str_eq(text, lines);
	free(text);
}

Test(metrics_text, a_family_has_its_help_and_type)
{
	FILE *out = begin();

	metrics_text_family(out, METRICS_OPENED);
	fclose(out);
	cr_assert_eq(strncmp(text, "# HELP quern_connections_opened_total C", 38), 0, "%s", text);
	cr_assert(strstr(text, "\n# TYPE quern_connections_opened_total counter\n"), "%s", text);
	free(text);
}

Test(metrics_text, a_sample_has_its_labels_in_order)
{
	FILE *out = begin();

	metrics_text_count(out, METRICS_PACKETS, UINT64_MAX, "port", "tap:q0", "dir", "rx", NULL);
	metrics_text_value(out, METRICS_BUSY_RATIO, 0.25, "worker", "3", NULL);
	metrics_text_count(out, METRICS_FLOWS, 0, NULL);
	expect(out, "quern_packets_total{port=\"tap:q0\",dir=\"rx\"} 18446744073709551615\n"
		    "quern_worker_busy_ratio{worker=\"3\"} 0.25\n"
		    "quern_udp_flows 0\n");
}

Test(metrics_text, values_of_labels_are_escaped)
{
	FILE *out = begin();

	metrics_text_count(out, METRICS_PACKETS, 1, "port", "a\"b\\c\nd", NULL);
	expect(out, "quern_packets_total{port=\"a\\\"b\\\\c\\nd\"} 1\n");
}

Test(metrics_text, help_needs_no_escape)
{
	for (int i = 0; i < METRICS_END; i++) {
		cr_assert_null(strpbrk(metrics_infos[i].help, "\\\n"), "%s", metrics_infos[i].name);
		cr_assert_eq(strncmp(metrics_infos[i].name, "quern_", 6), 0);
	}
}

/* What stands behind a line's beginning, as a number. */
static double sample(const char *line)
{
	const char *at = strstr(text, line);

	cr_assert(at, "no %s in\n%s", line, text);
	return atof(at + strlen(line));
}

Test(metrics_text, buckets_are_cumulative_and_end_with_all)
{
	static struct quern_histogram times;
	static const uint64_t values_ns[] = {800, 1000, 1500, 30000, 4999000000, 60000000000};
	struct metrics_setups setups = {.sum_ns = 0};
	FILE *out;

	quern_histogram_reset(&times);
	for (size_t i = 0; i < sizeof(values_ns) / sizeof(values_ns[0]); i++)
		quern_histogram_record(&times, values_ns[i]);
	metrics_setups_add(&setups, &times);
	out = begin();
	metrics_text_setups(out, METRICS_SETUP, &setups, "client");
	fclose(out);
	cr_assert_eq(sample("_bucket{role=\"client\",le=\"1e-06\"} "), 2);
	cr_assert_eq(sample("_bucket{role=\"client\",le=\"2e-06\"} "), 3);
	cr_assert_eq(sample("_bucket{role=\"client\",le=\"2e-05\"} "), 3);
	cr_assert_eq(sample("_bucket{role=\"client\",le=\"5e-05\"} "), 4);
	cr_assert_eq(sample("_bucket{role=\"client\",le=\"2\"} "), 4);
	cr_assert_eq(sample("_bucket{role=\"client\",le=\"5\"} "), 5);
	cr_assert_eq(sample("_bucket{role=\"client\",le=\"+Inf\"} "), 6);
	cr_assert_eq(sample("_count{role=\"client\"} "), 6);
	cr_assert_float_eq(sample("_sum{role=\"client\"} "), 64.9990333, 1e-6);
	free(text);
}

Test(metrics_text, setups_of_several_histograms_add_up)
{
	static struct quern_histogram times;
	struct metrics_setups setups = {.sum_ns = 0}, all = {.sum_ns = 0};

	quern_histogram_reset(&times);
	quern_histogram_record(&times, 1500);
	metrics_setups_add(&setups, &times);
	metrics_setups_add(&setups, &times);
	metrics_setups_merge(&all, &setups);
	metrics_setups_merge(&all, &setups);
	cr_assert(all.counts[0] == 0 && all.counts[1] == 4 && all.counts[METRICS_BOUNDS] == 4 && all.sum_ns == 6000);
}

Test(metrics_text, ports_have_names_of_their_own)
{
	struct cli_settings settings = {.ports = {{.device = "cable"},
						  {.device = "tap:q0"},
						  {.device = "cable"},
						  {.device = "x", .name = "wan"}},
					.port_count = 4};
	char name[METRICS_PORT_TEXT];

	cr_assert_str_eq(metrics_port_name(&settings, 0, name), "cable0");
	cr_assert_str_eq(metrics_port_name(&settings, 1, name), "tap:q0");
	cr_assert_str_eq(metrics_port_name(&settings, 2, name), "cable1");
	cr_assert_str_eq(metrics_port_name(&settings, 3, name), "wan");
}
