/* histogram.h - log-linear histogram in HDR layout: three significant decimal digits, mergeable, one writer. */
#ifndef QUERN_HISTOGRAM_H
#define QUERN_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
	QUERN_HISTOGRAM_SUB_BITS = 11,  /* 2048 sub-buckets: every value is kept to within 0.1 % */
	QUERN_HISTOGRAM_VALUE_BITS = 40, /* values up to 2^40 - 1: in nanoseconds, 18 minutes */
	QUERN_HISTOGRAM_BUCKETS = (QUERN_HISTOGRAM_VALUE_BITS - QUERN_HISTOGRAM_SUB_BITS + 2)
				  << (QUERN_HISTOGRAM_SUB_BITS - 1)
};

/* All zero is an empty histogram but for min; begin with quern_histogram_reset(). */
struct quern_histogram {
	uint64_t count;
	uint64_t sum;
	uint64_t min; /* UINT64_MAX while empty */
	uint64_t max;
	uint64_t buckets[QUERN_HISTOGRAM_BUCKETS];
};

/* Empties the histogram. */
void quern_histogram_reset(struct quern_histogram *histogram);

/* Counts one value; one above the largest is counted as the largest, while max keeps it as it was. O(1). */
void quern_histogram_record(struct quern_histogram *histogram, uint64_t value);

/* Adds all counts of `from`, bucket by bucket: exact. */
void quern_histogram_merge(struct quern_histogram *into, const struct quern_histogram *from);

/* The value below or at which `percentile` (0 to 100) of all values lie, to 0.1 %; 0 when empty. Never above max. */
uint64_t quern_histogram_percentile(const struct quern_histogram *histogram, double percentile);

/* Arithmetic mean, 0 when empty. */
double quern_histogram_mean(const struct quern_histogram *histogram);

/* Counts the values of a histogram, whose writer may still record, up to each of `count` bounds, which rise: counts[i]
 * are those at or below bounds[i], and counts[count] is that of all, so there is room for one more. A value within
 * 0.1 % of a bound may be counted on either side of it. */
void quern_histogram_cumulate(const struct quern_histogram *live, const uint64_t *bounds, uint32_t count,
			      uint64_t *counts);

/* Copies a histogram that its writer still records into; each bucket whole, their sum possibly a few behind. */
void quern_histogram_snapshot(const struct quern_histogram *live, struct quern_histogram *copy);

#ifdef __cplusplus
}
#endif

#endif
