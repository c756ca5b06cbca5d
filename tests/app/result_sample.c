/* result_sample.c - what all documents have, in small. */
#include "result_sample.h"

#include <stdlib.h>
#include <string.h>

#include "report/report.h"
#include "report/report_parts.h"

struct quern_histogram *sample_times(unsigned long seed, int count)
{
	struct quern_histogram *histogram = malloc(sizeof(*histogram));

	quern_histogram_reset(histogram);
	for (int i = 0; i < count; i++) {
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		quern_histogram_record(histogram, seed >> (34 + seed % 20));
	}
	return histogram;
}

void sample_set(json_t *document, const char *path, json_t *value)
{
	size_t length = strcspn(path, ".");

	if (path[length] == '.')
		sample_set(json_object_getn(document, path, length), path + length + 1, value);
	else
		json_object_set_new(document, path, value);
}

static json_t *rows(int each)
{
	json_t *series = json_array();

	for (int i = 1; i <= SAMPLE_SECONDS; i++)
		json_array_append_new(series,
				      json_pack("{s:f, s:i, s:i, s:i, s:i, s:i, s:i, s:i}", "t_s", (double)i, "opened",
						each, "established", i == 1 ? each - 1 : each, "closed", each, "failed",
						i == 1, "p50_ns", 1000 + each, "p99_ns", 9000 - each, "in_flight", 5));
	return series;
}

json_t *sample_document(int each, const struct quern_histogram *histogram)
{
	int opened = SAMPLE_SECONDS * each;
	json_t *times = report_times_json(histogram, histogram);
	json_t *document = json_pack("{s:s, s:s, s:{s:s}, s:{s:s, s:i, s:[s, s]}, s:{s:s}, s:f, s:f}", "schema",
				     "quern-run/1", "verdict", "pass", "tool", "version", "0.1.0", "config", "kind",
				     "bench", "cps", each, "thresholds", "opened >= 1000 && failed < 3", "p99 < 10s",
				     "machine", "cpu", "none", "duration_s", (double)SAMPLE_SECONDS, "msl_s", 30.0);

	json_object_set_new(document, "totals",
			    json_pack("{s:i, s:i, s:i, s:i, s:{s:i, s:i}, s:{s:i}, s:{s:i, s:i}, s:f}", "opened",
				      opened, "established", opened - 1, "closed", opened - 1, "in_flight", 0, "failed",
				      "timeout", 1, "reset", 0, "requests", "sent", 0, "packets", "rx", 5 * opened,
				      "tx", 5 * opened, "packets_per_connection", 10.0));
	json_object_set_new(document, "rate",
			    json_pack("{s:f, s:f, s:f, s:f, s:f}", "cps_mean", (double)each, "cps_min", 0.0, "cps_max",
				      0.0, "cps_stddev", 0.0, "requests_mean", 0.0));
	json_object_set_new(document, "latency_ns",
			    json_pack("{s:i, s:o, s:O, s:O, s:O, s:O}", "silence_max", each, "setup",
				      json_deep_copy(times), "setup_from_schedule", times, "first_byte", times, "life",
				      times, "request", times));
	json_decref(times);
	json_object_set_new(document, "series", rows(each));
	json_object_set_new(document, "workers",
			    json_pack("[{s:i, s:s, s:f}]", "lcore", 0, "role", "client", "busy", 0.5));
	json_object_set_new(document, "valid", json_pack("{s:b, s:f}", "accounting", 1, "schedule_kept", 1.0));
	json_object_set_new(document, "thresholds", json_array());
	json_object_set_new(document, "text", json_pack("[s, s]", "RESULT  PASS   quern bench", "second line"));
	return document;
}
