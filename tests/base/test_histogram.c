/* test_histogram.c - the histogram against sorted lists of the same values. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include <quern/histogram.h>

#include "base/random.h"

enum { VALUES = 20000 };

static struct quern_histogram histogram, other, whole;

static int value_compare(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left;
	uint64_t b = *(const uint64_t *)right;

	return (a > b) - (a < b);
}

/* Values of every magnitude: up to 40 bits, as many of each length. */
static void values_draw(uint64_t *values, uint64_t seed)
{
	struct random random;

	random_seed(&random, seed);
	for (int i = 0; i < VALUES; i++)
		values[i] = random_next(&random) >> (24 + random_below(&random, 40));
}

Test(histogram, percentiles_are_within_a_thousandth_of_those_of_a_sorted_list)
{
	static const double percentiles[] = {0.01, 1, 10, 25, 50, 75, 90, 99, 99.9, 99.99};
	static uint64_t values[VALUES];

	for (uint64_t seed = 1; seed <= 5; seed++) {
		values_draw(values, seed);
		quern_histogram_reset(&histogram);
		for (int i = 0; i < VALUES; i++)
			quern_histogram_record(&histogram, values[i]);
		qsort(values, VALUES, sizeof values[0], value_compare);
		for (size_t i = 0; i < sizeof percentiles / sizeof percentiles[0]; i++) {
			int rank = (int)(percentiles[i] * VALUES / 100.0 + 0.5);
			uint64_t right = values[rank - 1];
			uint64_t got = quern_histogram_percentile(&histogram, percentiles[i]);

			cr_assert_geq(got, right, "percentile %g", percentiles[i]);
			cr_assert_leq((double)(got - right), (double)right / 1000.0, "percentile %g", percentiles[i]);
		}
		cr_assert_eq(quern_histogram_percentile(&histogram, 100), values[VALUES - 1]);
		cr_assert_eq(histogram.min, values[0]);
		cr_assert_eq(histogram.max, values[VALUES - 1]);
	}
}

Test(histogram, keeps_values_below_2048_exactly)
{
	for (uint64_t value = 0; value < 2048; value++) {
		quern_histogram_reset(&histogram);
		quern_histogram_record(&histogram, value);
		quern_histogram_record(&histogram, UINT32_MAX);
		cr_assert_eq(quern_histogram_percentile(&histogram, 50), value);
	}
}

Test(histogram, keeps_every_border_of_a_bucket_within_a_thousandth)
{
	for (int bit = 0; bit < QUERN_HISTOGRAM_VALUE_BITS; bit++) {
		for (int64_t offset = -1; offset <= 1; offset++) {
			uint64_t value = (uint64_t)(((int64_t)1 << bit) + offset);

			quern_histogram_reset(&histogram);
			quern_histogram_record(&histogram, value);
			quern_histogram_record(&histogram, UINT64_MAX);
			uint64_t got = quern_histogram_percentile(&histogram, 50);

			cr_assert_geq(got, value);
			cr_assert_leq((double)(got - value), (double)value / 1000.0);
		}
	}
}

Test(histogram, counts_a_value_above_the_largest_and_keeps_it_as_max)
{
	quern_histogram_reset(&histogram);
	quern_histogram_record(&histogram, (uint64_t)1 << 50);
	cr_assert_eq(histogram.count, 1);
	cr_assert_eq(histogram.buckets[QUERN_HISTOGRAM_BUCKETS - 1], 1);
	cr_assert_eq(quern_histogram_percentile(&histogram, 50), (uint64_t)1 << 50);
}

Test(histogram, answers_zero_while_empty)
{
	quern_histogram_reset(&histogram);
	cr_assert_eq(quern_histogram_percentile(&histogram, 50), 0);
	cr_assert_eq(quern_histogram_percentile(&histogram, 100), 0);
	cr_assert(quern_histogram_mean(&histogram) == 0.0);
	cr_assert_eq(histogram.min, UINT64_MAX);
}

Test(histogram, percentiles_of_one_value_never_exceed_it)
{
	quern_histogram_reset(&histogram);
	quern_histogram_record(&histogram, 1000001);
	for (double percentile = 0; percentile <= 100; percentile += 12.5)
		cr_assert_eq(quern_histogram_percentile(&histogram, percentile), 1000001);
	cr_assert(quern_histogram_mean(&histogram) == 1000001.0);
}

Test(histogram, merged_halves_equal_the_whole_bucket_by_bucket)
{
	static uint64_t values[VALUES];

	values_draw(values, 7);
	quern_histogram_reset(&histogram);
	quern_histogram_reset(&other);
	quern_histogram_reset(&whole);
	for (int i = 0; i < VALUES; i++) {
		quern_histogram_record(i % 3 == 0 ? &histogram : &other, values[i]);
		quern_histogram_record(&whole, values[i]);
	}
	quern_histogram_merge(&histogram, &other);
	cr_assert(memcmp(&histogram, &whole, sizeof whole) == 0);
	quern_histogram_reset(&other);
	quern_histogram_merge(&histogram, &other);
	cr_assert(memcmp(&histogram, &whole, sizeof whole) == 0, "an empty one changes nothing");
	quern_histogram_snapshot(&histogram, &other);
	cr_assert(memcmp(&other, &whole, sizeof whole) == 0, "a snapshot of one at rest is the same");
}

static void *record_many(void *stop)
{
	struct random random;

	random_seed(&random, 3);
	while (!__atomic_load_n((int *)stop, __ATOMIC_RELAXED))
		quern_histogram_record(&histogram, random_below(&random, 1000000));
	return NULL;
}

Test(histogram, a_snapshot_of_a_live_one_is_consistent_in_itself)
{
	pthread_t writer;
	uint64_t before = 0;
	int stop = 0;

	quern_histogram_reset(&histogram);
	cr_assert_eq(pthread_create(&writer, NULL, record_many, &stop), 0);
	while (__atomic_load_n(&histogram.count, __ATOMIC_RELAXED) == 0)
		sched_yield();
	for (int i = 0; i < 200; i++) {
		uint64_t sum = 0;

		quern_histogram_snapshot(&histogram, &other);
		for (int bucket = 0; bucket < QUERN_HISTOGRAM_BUCKETS; bucket++)
			sum += other.buckets[bucket];
		cr_assert_eq(sum, other.count);
		cr_assert_geq(other.count, before, "a count never goes back");
		cr_assert_leq(quern_histogram_percentile(&other, 100), 1000000);
		before = other.count;
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	cr_assert_eq(pthread_join(writer, NULL), 0);
	cr_assert_gt(histogram.count, 0);
}

Test(histogram, counts_up_to_bounds_as_a_list_does)
{
	static const uint64_t bounds[] = {0, 1, 1000, 10000, 1000000, UINT64_C(5000000000), UINT64_MAX};
	enum { BOUNDS = sizeof bounds / sizeof bounds[0] };
	static uint64_t values[VALUES];
	uint64_t counts[BOUNDS + 1];

	quern_histogram_reset(&histogram);
	quern_histogram_cumulate(&histogram, bounds, BOUNDS, counts);
	for (int i = 0; i <= BOUNDS; i++)
		cr_assert_eq(counts[i], 0);
	values_draw(values, 7);
	for (int i = 0; i < VALUES; i++)
		quern_histogram_record(&histogram, values[i]);
	quern_histogram_cumulate(&histogram, bounds, BOUNDS, counts);
	for (int i = 0; i < BOUNDS; i++) {
		uint64_t least = 0, most = 0;

		for (int j = 0; j < VALUES; j++) {
			least += values[j] <= bounds[i];
			most += values[j] <= bounds[i] + (bounds[i] < UINT64_MAX / 2 ? bounds[i] / 1000 : 0);
		}
		cr_assert(counts[i] >= least && counts[i] <= most, "bound %lu: %lu", bounds[i], counts[i]);
	}
	cr_assert_eq(counts[BOUNDS], VALUES);
}

Test(histogram, counts_values_above_all_bounds_in_the_last)
{
	static const uint64_t bounds[] = {1000, 2000};
	uint64_t counts[3];

	quern_histogram_reset(&histogram);
	quern_histogram_record(&histogram, UINT64_MAX);
	quern_histogram_record(&histogram, 1500);
	quern_histogram_cumulate(&histogram, bounds, 2, counts);
	cr_assert(counts[0] == 0 && counts[1] == 1 && counts[2] == 2);
}
