/* report_hlog.h - times of each second as a log that HdrHistogram's tools read (HistogramLogWriter 1.3). */
#ifndef REPORT_HLOG_H
#define REPORT_HLOG_H

#include <stdbool.h>
#include <stdio.h>

#include <quern/histogram.h>

/* The tags of the log's lines: what is measured, as the JSON calls it. */
#define REPORT_HLOG_TAGS(X) X(setup) X(from_schedule) X(first_byte) X(request) X(rtt)

enum report_hlog_tag {
#define X(name) REPORT_HLOG_##name,
	REPORT_HLOG_TAGS(X)
#undef X
		REPORT_HLOG_END
};

struct report_hlog {
	FILE *out;        /* null where no log was asked for: then all but report_hlog_open() do nothing */
	const char *path; /* likewise */
	bool is_new;      /* made by report_hlog_open() */
	bool has_begun;
	int rc;       /* the first that went wrong, or 0 */
	double row_s; /* where the interval begins that is next to be written */
	struct quern_histogram *last[REPORT_HLOG_END];
	struct quern_histogram *difference;
};

/* Opens the file of --hlog, null for none, before the run; what it holds stays until the log begins. 0 or -errno. */
int report_hlog_open(struct report_hlog *log, const char *path);

/* Begins the log at 0 s, `wall_s` seconds since 1970; one that has begun begins anew. */
void report_hlog_begin(struct report_hlog *log, double wall_s);

/* Counts begin again from nothing at `t_s`, and the log goes on. */
void report_hlog_restart(struct report_hlog *log, double t_s);

/* Writes a line of what came to `now` since the last call of this tag, of an interval that ends at `t_s`; none where
 * nothing came. */
void report_hlog_add(struct report_hlog *log, enum report_hlog_tag tag, double t_s, const struct quern_histogram *now);

/* The interval is over: the next one begins at `t_s`. */
void report_hlog_end_row(struct report_hlog *log, double t_s);

/* Closes the log, and removes a new file that has never begun. 0, or -errno of the first line that was not written. */
int report_hlog_close(struct report_hlog *log);

#endif
