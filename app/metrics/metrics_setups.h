/* metrics_setups.h - times of set-ups in a few fixed buckets, taken from histograms that go on. */
#ifndef METRICS_SETUPS_H
#define METRICS_SETUPS_H

#include <stdint.h>

#include <quern/histogram.h>

/* 1, 2 and 5 of each decade from 1 us to 5 s. */
enum { METRICS_BOUNDS = 21 };

extern const uint64_t metrics_bounds_ns[METRICS_BOUNDS];

struct metrics_setups {
	uint64_t counts[METRICS_BOUNDS + 1]; /* at or below each bound; the last, all */
	uint64_t sum_ns;
};

/* Adds what a histogram holds, whose writer may go on. */
void metrics_setups_add(struct metrics_setups *sum, const struct quern_histogram *live);

/* Adds what has been added up elsewhere. */
void metrics_setups_merge(struct metrics_setups *sum, const struct metrics_setups *other);

#endif
