/* test_report_json.c - every key of quern-run/1 is there, with nothing to report and with much. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "report/report.h"

/* Paths of the contract; [] is the first of an array. */
static const char *const keys[] = {"schema",
				   "verdict",
				   "tool.version",
				   "tool.git",
				   "tool.dpdk",
				   "tool.compiler",
				   "config.kind",
				   "config.seed",
				   "config.syn_cookies",
				   "config.ports.[].addresses",
				   "config.ports.[].prefix_length",
				   "config.ports.[].gateway",
				   "config.ports.[].ip6",
				   "machine.cpu",
				   "machine.cores",
				   "machine.numa",
				   "machine.pages",
				   "machine.ports.[].name",
				   "machine.ports.[].driver",
				   "started_at",
				   "duration_s",
				   "msl_s",
				   "totals.opened",
				   "totals.established",
				   "totals.closed",
				   "totals.closed_by.fin",
				   "totals.closed_by.reset",
				   "totals.closed_by.timeout",
				   "totals.closed_by.evicted",
				   "totals.in_flight",
				   "totals.failed.timeout",
				   "totals.failed.reset",
				   "totals.failed.refused",
				   "totals.failed.no_port",
				   "totals.failed.no_memory",
				   "totals.time_wait",
				   "totals.packets.rx",
				   "totals.packets.tx",
				   "totals.packets_per_connection",
				   "totals.bytes.rx",
				   "totals.bytes.tx",
				   "totals.retransmits",
				   "totals.drops",
				   "totals.icmp",
				   "totals.syns_taken",
				   "totals.cookies.sent",
				   "totals.cookies.accepted",
				   "totals.cookies.refused",
				   "totals.requests.sent",
				   "totals.requests.ok",
				   "totals.requests.bad_status",
				   "totals.requests.bad_body",
				   "totals.statuses.2xx",
				   "totals.statuses.other",
				   "requests",
				   "totals.requests.malformed",
				   "totals.requests.corrupt",
				   "totals.requests.cut_short",
				   "totals.requests.in_flight",
				   "rate.requests_mean",
				   "rate.cps_mean",
				   "rate.cps_min",
				   "rate.cps_max",
				   "rate.cps_stddev",
				   "series.[].t_s",
				   "series.[].opened",
				   "series.[].established",
				   "series.[].closed",
				   "series.[].failed",
				   "series.[].p50_ns",
				   "series.[].p99_ns",
				   "series.[].in_flight",
				   "series.[].requests",
				   "series.[].records",
				   "series.[].mbufs_used",
				   "cost.cycles_per_connection",
				   "cost.own_cycles_per_connection",
				   "cost.unpaced",
				   "workers.[].lcore",
				   "workers.[].role",
				   "workers.[].busy",
				   "workers.[].cycles",
				   "workers.[].connections",
				   "workers.[].cycles_per_connection",
				   "workers.[].packets",
				   "workers.[].moved.in",
				   "workers.[].moved.out",
				   "workers.[].stalls",
				   "workers.[].longest_stall_ms",
				   "workers.[].host_gaps.count",
				   "workers.[].host_gaps.total_ms",
				   "workers.[].host_gaps.longest_us",
				   "config.ports.[].impair.rx",
				   "config.ports.[].impair.tx",
				   "impaired",
				   "memory.bytes_per_connection.established",
				   "memory.bytes_per_connection.time_wait",
				   "memory.bytes_per_connection.half_open",
				   "memory.table.capacity",
				   "memory.table.used",
				   "memory.mbufs.capacity",
				   "memory.mbufs.used",
				   "memory.reserved_bytes",
				   "thresholds",
				   "search",
				   "repeats",
				   "stopped",
				   "config.search",
				   "config.repeat",
				   "config.stop_if",
				   "config.thresholds",
				   "valid.accounting",
				   "valid.schedule_kept",
				   "valid.schedule_kept_net",
				   "valid.late.host",
				   "valid.late.cc",
				   "valid.late.port",
				   "valid.late.generator"};
static const char *const latencies[] = {"setup", "setup_from_schedule", "first_byte", "life", "request"};
static const char *const times[] = {"count", "min", "mean", "p50", "p90", "p99", "p999", "p9999", "max", "hdr"};

static const json_t *find(const json_t *node, const char *path)
{
	char text[128], *save;

	snprintf(text, sizeof(text), "%s", path);
	for (char *key = strtok_r(text, ".", &save); key && node; key = strtok_r(NULL, ".", &save))
		node = strcmp(key, "[]") == 0 ? json_array_get(node, 0) : json_object_get(node, key);
	return node;
}

struct sample {
	struct cli_settings settings;
	struct report_series series;
	struct report_run run;
	struct quern_histogram *setup;
};

static void make_sample(struct sample *sample)
{
	char error[CLI_ERROR_TEXT];

	memset(sample, 0, sizeof(*sample));
	sample->setup = malloc(sizeof(*sample->setup));
	quern_histogram_reset(sample->setup);
	cli_settings_init(&sample->settings, CLI_BENCH);
	cr_assert_eq(cli_complete(&sample->settings, error), 0);
	cr_assert_eq(report_series_open(&sample->series), 0);
	sample->run = (struct report_run){.settings = &sample->settings,
					  .series = &sample->series,
					  .setup = sample->setup,
					  .worker_count = 1,
					  .machine = {.pages = "4K", .dpdk = "22.11", .cores = 1},
					  .drivers = {"net_ring", "net_ring"}};
	sample->run.workers[0].role = "client+server";
	report_series_add(&sample->series, 1.0, &sample->run.totals, sample->setup);
}

static void drop_sample(struct sample *sample)
{
	report_series_close(&sample->series);
	free(sample->setup);
}

Test(report_json, has_every_key_where_nothing_happened)
{
	struct sample sample;
	json_t *document;
	char path[64];

	make_sample(&sample);
	document = report_json(&sample.run);
	cr_assert_not_null(document);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		cr_assert_not_null(find(document, keys[i]), "%s is missing", keys[i]);
	for (size_t i = 0; i < sizeof(latencies) / sizeof(latencies[0]); i++) {
		for (size_t j = 0; j < sizeof(times) / sizeof(times[0]); j++) {
			snprintf(path, sizeof(path), "latency_ns.%s.%s", latencies[i], times[j]);
			cr_assert_not_null(find(document, path), "%s is missing", path);
		}
	}
	json_decref(document);
	drop_sample(&sample);
}

Test(report_json, says_what_the_run_says)
{
	struct sample sample;
	json_t *document;

	make_sample(&sample);
	sample.run.totals = (struct report_totals){.opened = 10,
						   .established = 7,
						   .failed = {2, 1},
						   .closed = {4, 1},
						   .in_flight = 2,
						   .requests = {9, 5, 4}};
	sample.run.traffic.drops[QUERN_DROP_TCP_SEQUENCE] = 3;
	quern_histogram_record(sample.setup, 1500);
	document = report_json(&sample.run);
	cr_assert_eq(json_integer_value(find(document, "totals.opened")), 10);
	cr_assert_eq(json_integer_value(find(document, "totals.closed")), 5);
	cr_assert_eq(json_integer_value(find(document, "totals.failed.reset")), 1);
	cr_assert_eq(json_integer_value(find(document, "totals.drops.tcp_sequence")), 3);
	cr_assert_eq(json_integer_value(find(document, "totals.requests.sent")), 9);
	cr_assert_eq(json_integer_value(find(document, "totals.requests.bad_status")), 4);
	cr_assert_eq(json_object_size(find(document, "totals.drops")), 1);
	cr_assert_eq(json_integer_value(find(document, "latency_ns.setup.p99")), 1500);
	cr_assert_eq(json_integer_value(find(document, "latency_ns.first_byte.count")), 0);
	cr_assert_float_eq(json_real_value(find(document, "msl_s")), 30.0, 1e-9);
	cr_assert(json_is_true(find(document, "valid.accounting")));
	json_decref(document);

	sample.run.totals.in_flight = 3;
	document = report_json(&sample.run);
	cr_assert(json_is_false(find(document, "valid.accounting")));
	json_decref(document);
	drop_sample(&sample);
}

Test(report_json, says_addresses_of_either_version_as_users_write_them)
{
	struct sample sample;
	const json_t *port;
	json_t *document;
	char error[CLI_ERROR_TEXT];

	make_sample(&sample);
	document = report_json(&sample.run);
	port = find(document, "config.ports.[]");
	cr_assert_str_eq(json_string_value(find(port, "addresses.[]")), "198.18.0.0");
	cr_assert_eq(json_integer_value(find(port, "prefix_length")), 15);
	cr_assert(json_is_null(find(port, "ip6")) && json_is_null(find(port, "gateway")));
	json_decref(document);
	drop_sample(&sample);

	make_sample(&sample);
	cli_settings_init(&sample.settings, CLI_BENCH);
	sample.settings.is_ip6 = true;
	cr_assert_eq(cli_complete(&sample.settings, error), 0);
	document = report_json(&sample.run);
	port = find(document, "config.ports.[]");
	cr_assert(json_is_null(find(port, "addresses")) && json_is_null(find(port, "prefix_length")));
	cr_assert_str_eq(json_string_value(find(port, "ip6.addresses.[]")), "2001:2::100");
	cr_assert_eq(json_integer_value(find(port, "ip6.prefix_length")), 48);
	cr_assert(json_is_null(find(port, "ip6.gateway")) && find(port, "ip6.gateway"));
	cr_assert_str_eq(json_string_value(json_array_get(find(document, "config.source.[]"), 1)), "2001:2::1ff");
	cr_assert_str_eq(json_string_value(find(document, "config.listen.[]")), "[2001:2:0:1::1]:80");
	cr_assert_str_eq(json_string_value(find(document, "config.target")), "[2001:2:0:1::1]:80");
	json_decref(document);
	drop_sample(&sample);
}

Test(report_json, says_what_bad_lines_were_asked_for_and_what_they_did)
{
	struct sample sample;
	json_t *document;
	char *text = NULL;
	size_t size;
	FILE *out;

	make_sample(&sample);
	sample.settings.ports[0].is_impaired[QUERN_TX] = true;
	sample.settings.ports[0].impair[QUERN_TX].loss_share = QUERN_IMPAIR_WHOLE / 100;
	sample.run.impaired_count = 1;
	sample.run.impaired[0] = (struct report_impaired){
		.way = QUERN_TX, .counters = {.frames = 60000, .lost = 612, .duplicated = 7, .no_room = 31}};
	document = report_json(&sample.run);
	cr_assert(json_is_null(find(document, "config.ports.[].impair.rx")));
	cr_assert_float_eq(json_real_value(find(document, "config.ports.[].impair.tx.loss")), 0.01, 1e-12);
	cr_assert_eq(json_array_size(find(document, "impaired")), 1);
	cr_assert_str_eq(json_string_value(find(document, "impaired.[].way")), "tx");
	cr_assert_str_eq(json_string_value(find(document, "impaired.[].name")), "cable");
	cr_assert_eq(json_integer_value(find(document, "impaired.[].frames")), 60000);
	cr_assert_eq(json_integer_value(find(document, "impaired.[].lost")), 612);
	cr_assert_eq(json_integer_value(find(document, "impaired.[].no_room")), 31);
	json_decref(document);
	sample.run.from_schedule = sample.setup;
	out = open_memstream(&text, &size);
	report_text(out, &sample.run, false);
	fclose(out);
	cr_assert(strstr(text, "impaired      cable tx: frames 60,000   lost 612   duplicated 7   reordered 0"), "%s",
		  text);
	cr_assert(strstr(text, "dropped 31, since more were on their way than there is room for"), "%s", text);
	cr_assert_null(strstr(text, "waited too long"));
	free(text);
	drop_sample(&sample);
}

Test(report_text, shows_the_accounts_and_a_mark_where_they_do_not_add_up)
{
	struct sample sample;
	char *text = NULL;
	size_t size;
	FILE *out;

	make_sample(&sample);
	sample.run.from_schedule = sample.setup;
	sample.run.totals = (struct report_totals){.opened = 1234567, .established = 1234567, .closed = {1234567}};
	out = open_memstream(&text, &size);
	report_text_short(out, &sample.run);
	report_text(out, &sample.run, false);
	fclose(out);
	cr_assert(strstr(text, "all 1,234,567 opens accounted for"));
	cr_assert(strstr(text, "RESULT  PASS"));
	cr_assert_null(strstr(text, "✗"));
	cr_assert_null(strchr(text, '\033'));
	free(text);

	sample.run.totals.opened++;
	out = open_memstream(&text, &size);
	report_text(out, &sample.run, false);
	fclose(out);
	cr_assert(strstr(text, "opened = established + failed  ✗    established = closed + in flight  ✓"));
	free(text);
	drop_sample(&sample);
}

/* Errors name their cause: why connects came to nothing, as far as anybody on the way has said. */
Test(report_text, says_what_icmp_errors_have_said)
{
	struct sample sample;
	json_t *document;
	char *text = NULL;
	size_t size;
	FILE *out;

	make_sample(&sample);
	sample.run.from_schedule = sample.setup;
	sample.run.totals = (struct report_totals){.opened = 1300, .failed = {1300}};
	sample.run.totals.icmp[QUERN_ICMP_HOST] = 1204;
	sample.run.totals.icmp[QUERN_ICMP_TIME_EXCEEDED] = 3;
	out = open_memstream(&text, &size);
	report_text(out, &sample.run, false);
	fclose(out);
	cr_assert(strstr(text, "no_memory 0\n              ICMP: host unreachable 1,204, TTL exceeded on the way 3\n"),
		  "%s", text);
	free(text);
	document = report_json(&sample.run);
	cr_assert_eq(json_object_size(find(document, "totals.icmp")), 2);
	cr_assert_eq(json_integer_value(find(document, "totals.icmp.host")), 1204);
	cr_assert_eq(json_integer_value(find(document, "totals.icmp.time_exceeded")), 3);
	json_decref(document);
	drop_sample(&sample);
}
