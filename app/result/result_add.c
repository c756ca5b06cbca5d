/* result_add.c - sums of numbers, of histograms, and of seconds. */
#include "result/result_parts.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <stdint.h>
#include <string.h>

#include "report/report_document.h"
#include "report/report_hdr.h"
#include "report/report_parts.h"

json_int_t result_whole(double value)
{
	return value < 0 ? 0 : value > 9e18 ? (json_int_t)9e18 : (json_int_t)value;
}

/* Bounded, as files may hold any number. */
static json_t *sum_of(const json_t *one, const json_t *other)
{
	json_int_t sum;

	if (__builtin_add_overflow(json_integer_value(one), json_integer_value(other), &sum))
		sum = INT64_MAX;
	return json_integer(sum);
}

void result_add_counts(json_t *into, const json_t *from)
{
	const char *key;
	json_t *value;
	size_t i;

	if (json_is_array(into) && json_array_size(into) == json_array_size(from)) {
		json_array_foreach(into, i, value) result_add_counts(value, json_array_get(from, i));
		return;
	}
	/* What only the other has is as good as added to 0. */
	json_object_foreach((json_t *)(uintptr_t)from, key, value)
	{
		json_t *own = json_object_get(into, key);

		if (!own)
			json_object_set_new(into, key, json_deep_copy(value));
		else if (json_is_integer(own) && json_is_integer(value))
			json_object_set_new(into, key, sum_of(own, value));
		else if (json_is_real(own) && json_is_number(value))
			json_object_set_new(into, key, json_real(json_number_value(own) + json_number_value(value)));
		else if (json_is_object(own) || json_is_array(own))
			result_add_counts(own, value);
	}
}

/* Reads a histogram with the ends and the sum that the document tells exactly. */
static int read_times(const json_t *times, struct quern_histogram *histogram)
{
	int rc = report_hdr_read(document_string(times, "hdr"), histogram);

	if (rc == 0 && (double)histogram->count != document_number(times, "count"))
		rc = -EINVAL;
	if (rc != 0 || histogram->count == 0)
		return rc;
	histogram->min = (uint64_t)result_whole(document_number(times, "min"));
	histogram->max = (uint64_t)result_whole(document_number(times, "max"));
	histogram->sum = (uint64_t)result_whole(document_number(times, "mean") * (double)histogram->count + 0.5);
	return 0;
}

int result_add_times(json_t *into, const json_t *from)
{
	struct quern_histogram *sum = malloc(sizeof(*sum)), *other = malloc(sizeof(*other));
	int rc = sum && other ? read_times(into, sum) : -ENOMEM;
	json_t *times;

	if (rc == 0)
		rc = read_times(from, other);
	if (rc == 0) {
		quern_histogram_merge(sum, other);
		times = report_times_json(sum, sum);
		json_object_update(into, times);
		json_decref(times);
	}
	free(sum);
	free(other);
	return rc;
}

static bool is_bound(const char *key)
{
	return strcmp(key, "t_s") == 0 || strcmp(key, "p50_ns") == 0 || strcmp(key, "p99_ns") == 0;
}

static void add_row(json_t *into, const json_t *from)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)from, key, value)
	{
		const json_t *own = json_object_get(into, key);

		if (is_bound(key) && json_number_value(value) > json_number_value(own))
			json_object_set(into, key, value);
		else if (!is_bound(key))
			json_object_set_new(into, key, sum_of(own, value));
	}
}

void result_add_series(json_t *into, const json_t *from)
{
	const json_t *row;
	size_t i;

	json_array_foreach(from, i, row)
	{
		if (i < json_array_size(into))
			add_row(json_array_get(into, i), row);
		else
			json_array_append_new(into, json_deep_copy(row));
	}
}

/* As report_series.c has it of one run: what is left of a second at the end says nothing of the spread. */
void result_set_rate(json_t *rate, const json_t *series, double mean)
{
	double before_s = 0, mean_of_rows = 0, squares = 0, least = 0, most = 0;
	const json_t *row;
	size_t i, counted = 0;

	json_array_foreach(series, i, row)
	{
		double span_s = document_number(row, "t_s") - before_s;
		double cps = span_s > 0 ? document_number(row, "established") / span_s : 0;
		double from_mean = cps - mean_of_rows;

		before_s = document_number(row, "t_s");
		if (i > 0 && span_s < 0.5)
			continue;
		least = counted == 0 ? cps : fmin(least, cps);
		most = fmax(most, cps);
		counted++;
		mean_of_rows += from_mean / (double)counted;
		squares += from_mean * (cps - mean_of_rows);
	}
	json_object_set_new(rate, "cps_mean", json_real(mean));
	json_object_set_new(rate, "cps_min", json_real(least));
	json_object_set_new(rate, "cps_max", json_real(most));
	json_object_set_new(rate, "cps_stddev", json_real(counted > 1 ? sqrt(squares / (double)(counted - 1)) : 0));
}
