/* report_progress.h - one line a second while a run goes on. */
#ifndef REPORT_PROGRESS_H
#define REPORT_PROGRESS_H

#include <stdbool.h>
#include <stdio.h>

#include "report/report_series.h"

struct report_progress {
	FILE *out;
	bool is_quiet;
	bool redraws;    /* a terminal: one line, drawn again and again */
	bool has_setups; /* set-up times are measured */
	bool has_requests;
	double total_s; /* of the whole run; 0 where that is not known */
};

/* What the line says besides the row; rates are a second. */
struct report_activity {
	double rx_packets;
	uint64_t drops;
	double busy;
};

void report_progress_line(const struct report_progress *progress, const struct report_row *row,
			  const struct report_activity *activity);

/* Begins the redrawn line anew: how far the run is. */
void report_progress_bar(const struct report_progress *progress, double t_s);

/* Clears the redrawn line, so that the report begins on an empty one. */
void report_progress_end(const struct report_progress *progress);

#endif
