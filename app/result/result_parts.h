/* result_parts.h - pieces that merging is made of. */
#ifndef RESULT_PARTS_H
#define RESULT_PARTS_H

#include "report/report.h"
#include "result/result.h"

/* Adds the numbers of `from` to those at the same keys of `into`, through objects and, place by place, arrays of the
 * same length; texts stay. */
void result_add_counts(json_t *into, const json_t *from);

/* Adds times, each an object of a document: buckets are added, and all else follows from them. 0, -EINVAL for a
 * histogram that is none, or -ENOMEM. */
int result_add_times(json_t *into, const json_t *from);

/* Adds rows of seconds; percentiles of a second become the greater ones, which is a bound. */
void result_add_series(json_t *into, const json_t *from);

/* Mean, least, greatest and deviation of what was opened in the seconds, again. */
void result_set_rate(json_t *rate, const json_t *series, double mean);

/* A number of a document as a whole one, bounded: it may be anything. */
json_int_t result_whole(double value);

/* The worst of what the runs were judged by themselves; thresholds that they missed alone are no fault, as they are
 * judged anew. Static. */
const char *result_worst_verdict(json_t *const documents[], size_t count);

/* Holds a merged document against its thresholds, and gives it its verdict and its text. 0 or -EINVAL, -ENOMEM. */
int result_judge(json_t *document);

#endif
