/* report_trials.h - several runs of one command in a report: the curve of a search, and how much repeats differ. */
#ifndef REPORT_TRIALS_H
#define REPORT_TRIALS_H

#include "report/report.h"

/* What repeats have of a figure. */
struct report_spread {
	double mean;
	double stddev;    /* of the sample; 0 for one value */
	double low, high; /* of the mean, 95 %; NAN for one value */
	double range;     /* from the least to the most, as a share of the mean */
};

/* What a figure of runs comes to; the same figures and seed give the same. */
struct report_spread report_spread_of(const double *values, uint32_t count, uint64_t seed);

/* The parts `search` and `repeats` of the document, null for a run without; the caller owns them. */
json_t *report_search_json(const struct report_run *run);
json_t *report_repeats_json(const struct report_run *run);

/* Blocks of the report; none for a run without. */
void report_trials_text(FILE *out, const struct report_run *run);

#endif
