/* report_series.c - rows of a second each, and their rate. */
#include "report/report_series.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of an hour, there and touched from the start: what memory a run takes shows before its load, and not hours later. */
enum { ROWS_AT_FIRST = 3600 };

int report_series_open(struct report_series *series)
{
	*series = (struct report_series){.capacity = ROWS_AT_FIRST};
	series->rows = malloc(ROWS_AT_FIRST * sizeof(*series->rows));
	series->last_setup = malloc(sizeof(*series->last_setup));
	series->difference = malloc(sizeof(*series->difference));
	if (!series->rows || !series->last_setup || !series->difference) {
		report_series_close(series);
		return -ENOMEM;
	}
	/* A memset() behind malloc() is made calloc(), which touches nothing. */
	explicit_bzero(series->rows, ROWS_AT_FIRST * sizeof(*series->rows));
	quern_histogram_reset(series->last_setup);
	return 0;
}

void report_series_close(struct report_series *series)
{
	free(series->rows);
	free(series->last_setup);
	free(series->difference);
	*series = (struct report_series){.rows = NULL};
}

void report_series_restart(struct report_series *series, bool keeps_rows)
{
	if (!keeps_rows)
		series->count = 0;
	memset(&series->last, 0, sizeof(series->last));
	quern_histogram_reset(series->last_setup);
}

void report_series_subtract(struct quern_histogram *difference, const struct quern_histogram *now,
			    const struct quern_histogram *before)
{
	difference->count = 0;
	difference->sum = now->sum - before->sum;
	difference->min = now->min;
	difference->max = now->max;
	for (size_t i = 0; i < QUERN_HISTOGRAM_BUCKETS; i++) {
		difference->buckets[i] = now->buckets[i] - before->buckets[i];
		difference->count += difference->buckets[i];
	}
}

static struct report_row *next_row(struct report_series *series)
{
	if (series->count == series->capacity) {
		size_t capacity = 2 * series->capacity;
		struct report_row *rows = realloc(series->rows, capacity * sizeof(*rows));

		if (!rows)
			return NULL;
		series->rows = rows;
		series->capacity = capacity;
	}
	return &series->rows[series->count++];
}

struct report_row *report_series_add(struct report_series *series, double t_s, const struct report_totals *totals,
				     const struct quern_histogram *setup)
{
	double begin_s = series->count > 0 ? series->rows[series->count - 1].t_s : 0;
	struct report_row *row = next_row(series);

	if (!row)
		return NULL;
	report_series_subtract(series->difference, setup, series->last_setup);
	*row = (struct report_row){
		.t_s = t_s,
		.span_s = t_s - begin_s,
		.opened = totals->opened - series->last.opened,
		.established = totals->established - series->last.established,
		.closed = report_closed(totals) - report_closed(&series->last),
		.failed = report_failed(totals) - report_failed(&series->last),
		.in_flight = totals->established - report_closed(totals),
		.requests = totals->requests[REPORT_REQUESTS_ok] - series->last.requests[REPORT_REQUESTS_ok],
		.p50_ns = quern_histogram_percentile(series->difference, 50),
		.p99_ns = quern_histogram_percentile(series->difference, 99),
		.p999_ns = quern_histogram_percentile(series->difference, 99.9),
	};
	/* The counters were read one after the other: a connection may be seen closed and not yet established. */
	if (row->in_flight > totals->established)
		row->in_flight = 0;
	series->last = *totals;
	*series->last_setup = *setup;
	return row;
}

void report_series_settle(struct report_series *series, const struct report_totals *totals)
{
	struct report_row *row = series->count > 0 ? &series->rows[series->count - 1] : NULL;

	if (!row)
		return;
	row->opened += totals->opened - series->last.opened;
	row->established += totals->established - series->last.established;
	row->closed += report_closed(totals) - report_closed(&series->last);
	row->failed += report_failed(totals) - report_failed(&series->last);
	row->in_flight = totals->in_flight;
	row->requests += totals->requests[REPORT_REQUESTS_ok] - series->last.requests[REPORT_REQUESTS_ok];
	series->last = *totals;
}

struct report_rate report_series_rate(const struct report_series *series)
{
	struct report_rate rate = {.mean = 0};
	double sum = 0, span_s = 0, squares = 0, mean_of_rows = 0;
	size_t counted = 0;

	for (size_t i = 0; i < series->count; i++) {
		const struct report_row *row = &series->rows[i];
		double cps = row->span_s > 0 ? (double)row->established / row->span_s : 0, from_mean;

		sum += (double)row->established;
		span_s += row->span_s;
		if (i > 0 && row->span_s < 0.5)
			continue;
		rate.min = counted == 0 || cps < rate.min ? cps : rate.min;
		rate.max = counted == 0 || cps > rate.max ? cps : rate.max;
		counted++;
		from_mean = cps - mean_of_rows;
		mean_of_rows += from_mean / (double)counted;
		squares += from_mean * (cps - mean_of_rows);
	}
	rate.mean = span_s > 0 ? sum / span_s : 0;
	rate.stddev = counted > 1 ? sqrt(squares / (double)(counted - 1)) : 0;
	return rate;
}

double report_series_requests_mean(const struct report_series *series)
{
	double sum = 0, span_s = 0;

	for (size_t i = 0; i < series->count; i++) {
		sum += (double)series->rows[i].requests;
		span_s += series->rows[i].span_s;
	}
	return span_s > 0 ? sum / span_s : 0;
}
