/* report_bootstrap.h - how sure a mean is, and a change between two: intervals by resampling. */
#ifndef REPORT_BOOTSTRAP_H
#define REPORT_BOOTSTRAP_H

#include <stddef.h>
#include <stdint.h>

/* The interval that holds the true mean in 95 of 100 such samples. The same values and seed give the same interval.
 * With fewer than two values nothing is known, and both ends are NAN. */
void report_bootstrap_mean(const double *values, size_t count, uint64_t seed, double *low, double *high);

/* The mean of `b` over the mean of `a`, less one, with the interval of the same promise: 0.05 is 5 % more. Where a
 * sample has fewer than two values, the ends are NAN; where the mean of `a` is 0, all three are. */
void report_bootstrap_change(const double *a, size_t a_count, const double *b, size_t b_count, uint64_t seed,
			     double *change, double *low, double *high);

#endif
