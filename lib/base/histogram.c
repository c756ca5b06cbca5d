/* histogram.c - the log-linear histogram: 2048 exact values, then 1024 sub-buckets for every doubling. */
#include <quern/histogram.h>

#include <string.h>

#include "base/counter.h"

enum { HALF_BITS = QUERN_HISTOGRAM_SUB_BITS - 1 };

static const uint64_t VALUE_MAX = ((uint64_t)1 << QUERN_HISTOGRAM_VALUE_BITS) - 1;

static inline uint32_t bucket_of(uint64_t value)
{
	/* The bit set for the lowest values makes them one linear run without a branch. */
	uint32_t doublings = 63 - (uint32_t)__builtin_clzll(value | (1u << HALF_BITS)) - HALF_BITS;

	return (doublings << HALF_BITS) + (uint32_t)(value >> doublings);
}

/* The largest value that is counted in a bucket. */
static uint64_t bucket_last(uint32_t bucket)
{
	uint32_t doublings = bucket >> HALF_BITS;

	if (doublings < 2)
		return bucket;
	doublings -= 1;
	return (((uint64_t)bucket - ((uint64_t)doublings << HALF_BITS) + 1) << doublings) - 1;
}

void quern_histogram_reset(struct quern_histogram *histogram)
{
	memset(histogram, 0, sizeof *histogram);
	histogram->min = UINT64_MAX;
}

void quern_histogram_record(struct quern_histogram *histogram, uint64_t value)
{
	/* The ends go before the bucket, so that who sees a bucket's count rarely sees ends that leave it out. */
	if (value < histogram->min)
		__atomic_store_n(&histogram->min, value, __ATOMIC_RELAXED);
	if (value > histogram->max)
		__atomic_store_n(&histogram->max, value, __ATOMIC_RELAXED);
	counter_add(&histogram->buckets[bucket_of(value < VALUE_MAX ? value : VALUE_MAX)], 1);
	counter_add(&histogram->count, 1);
	counter_add(&histogram->sum, value);
}

void quern_histogram_merge(struct quern_histogram *into, const struct quern_histogram *from)
{
	into->count += from->count;
	into->sum += from->sum;
	if (from->min < into->min)
		into->min = from->min;
	if (from->max > into->max)
		into->max = from->max;
	for (uint32_t i = 0; i < QUERN_HISTOGRAM_BUCKETS; i++)
		into->buckets[i] += from->buckets[i];
}

/* How many values lie at or below the one asked for: at least 1, so that percentile 0 is the smallest. */
static uint64_t rank_of(uint64_t count, double percentile)
{
	if (percentile >= 100.0)
		return count;
	double exact = percentile * (double)count / 100.0;

	if (!(exact > 1.0))
		return 1;
	uint64_t rank = (uint64_t)exact;

	return (double)rank < exact ? rank + 1 : rank;
}

uint64_t quern_histogram_percentile(const struct quern_histogram *histogram, double percentile)
{
	if (histogram->count == 0)
		return 0;
	uint64_t rank = rank_of(histogram->count, percentile);
	uint64_t seen = 0;

	/* The last bucket holds what is above the largest value too; only max knows how far above. */
	for (uint32_t i = 0; i < QUERN_HISTOGRAM_BUCKETS - 1; i++) {
		seen += histogram->buckets[i];
		if (seen >= rank)
			return bucket_last(i) < histogram->max ? bucket_last(i) : histogram->max;
	}
	return histogram->max;
}

double quern_histogram_mean(const struct quern_histogram *histogram)
{
	return histogram->count == 0 ? 0.0 : (double)histogram->sum / (double)histogram->count;
}

void quern_histogram_snapshot(const struct quern_histogram *live, struct quern_histogram *copy)
{
	/* The count is that of the copied buckets, so that percentiles of a copy never run past its end. */
	copy->count = 0;
	copy->sum = counter_read(&live->sum);
	for (uint32_t i = 0; i < QUERN_HISTOGRAM_BUCKETS; i++) {
		copy->buckets[i] = counter_read(&live->buckets[i]);
		copy->count += copy->buckets[i];
	}
	copy->min = counter_read(&live->min);
	copy->max = counter_read(&live->max);
}

/* The values of the buckets from `first` on, before `end`. */
static uint64_t sum_of(const struct quern_histogram *live, uint32_t first, uint32_t end)
{
	uint64_t sum = 0;

	for (uint32_t i = first; i < end; i++)
		sum += counter_read(&live->buckets[i]);
	return sum;
}

static uint32_t bucket_held(uint64_t value)
{
	return bucket_of(value < VALUE_MAX ? value : VALUE_MAX);
}

/* Nothing lies before the bucket of the smallest value and behind that of the largest. */
void quern_histogram_cumulate(const struct quern_histogram *live, const uint64_t *bounds, uint32_t count,
			      uint64_t *counts)
{
	uint64_t max = counter_read(&live->max), min = counter_read(&live->min), sum = 0;
	uint32_t at = bucket_held(min), end = min > max ? at : bucket_held(max) + 1;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t behind = bucket_held(bounds[i]) + 1;

		if (behind > end)
			behind = end;
		sum += sum_of(live, at, behind);
		if (behind > at)
			at = behind;
		counts[i] = sum;
	}
	counts[count] = sum + sum_of(live, at, end);
}
