/* metrics_text.h - Prometheus' text format, 0.0.4: families, samples, labels. */
#ifndef METRICS_TEXT_H
#define METRICS_TEXT_H

#include <stdint.h>
#include <stdio.h>

#include "metrics/metrics_names.h"
#include "metrics/metrics_setups.h"

/* HELP and TYPE of a family, before its samples. */
void metrics_text_family(FILE *out, enum metrics_name name);

/* One sample of it. Behind the value stand pairs of a label's name and value, and a null. */
__attribute__((sentinel)) void metrics_text_count(FILE *out, enum metrics_name name, uint64_t value, ...);
__attribute__((sentinel)) void metrics_text_value(FILE *out, enum metrics_name name, double value, ...);

/* The samples of a histogram of times with that role: buckets that are cumulative, sum and count. */
void metrics_text_setups(FILE *out, enum metrics_name name, const struct metrics_setups *setups, const char *role);

#endif
