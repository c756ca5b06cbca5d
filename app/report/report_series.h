/* report_series.h - what happened in each second: differences of totals and of histograms. */
#ifndef REPORT_SERIES_H
#define REPORT_SERIES_H

#include "report/report_totals.h"

struct report_row {
	double t_s;    /* end of the row, from the start of measuring */
	double span_s; /* its length */
	uint64_t opened;
	uint64_t established;
	uint64_t closed;
	uint64_t failed;
	uint64_t in_flight;
	uint64_t requests; /* answered well */
	uint64_t records;  /* of connections, in use at its end; of serve, else 0, as the next */
	uint64_t mbufs_used;
	uint64_t p50_ns;
	uint64_t p99_ns;
	uint64_t p999_ns;
};

struct report_series {
	struct report_row *rows;
	size_t count;
	size_t capacity;
	struct report_totals last;
	struct quern_histogram *last_setup;
	struct quern_histogram *difference;
};

struct report_rate {
	double mean;
	double min;
	double max;
	double stddev;
};

/* The counts that came since; its smallest and largest are not known, so all that is taken from it are percentiles. */
void report_series_subtract(struct quern_histogram *difference, const struct quern_histogram *now,
			    const struct quern_histogram *before);

/* Reserves the histograms and the rows of an hour; more are added as they come. 0 or -ENOMEM. */
int report_series_open(struct report_series *series);
void report_series_close(struct report_series *series);

/* Counts begin again from nothing; the rows stay, or go. */
void report_series_restart(struct report_series *series, bool keeps_rows);

/* Ends a row at `t_s` with the totals and set-up times so far; returns it, or null where there is no memory. */
struct report_row *report_series_add(struct report_series *series, double t_s, const struct report_totals *totals,
				     const struct quern_histogram *setup);

/* Adds to the last row what was decided after it, so that the rows sum up to the totals. */
void report_series_settle(struct report_series *series, const struct report_totals *totals);

/* Connections established a second over the rows; a last row much shorter than the others counts for the mean only. */
struct report_rate report_series_rate(const struct report_series *series);

/* Requests answered well a second, over all rows. */
double report_series_requests_mean(const struct report_series *series);

#endif
