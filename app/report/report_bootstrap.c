/* report_bootstrap.c - percentile bootstrap, widened for small samples as Student's t is wider than the normal. */
#include "report/report_bootstrap.h"

#include <math.h>
#include <stdlib.h>

enum { RESAMPLES = 2000, TAIL = RESAMPLES / 40 }; /* 2.5 % lie outside at each end */

static const double normal_quantile = 1.959964;

/* What a sample says without resampling: its mean, and how far means of such samples lie apart, relative to it. */
struct sample {
	const double *values;
	size_t count;
	double mean;
	double variance; /* of the mean, unbiased, relative to the mean's square */
};

/* SplitMix64: good enough to draw indexes with, and the same everywhere. */
static uint64_t draw(uint64_t *state)
{
	uint64_t word = *state += UINT64_C(0x9e3779b97f4a7c15);

	word = (word ^ word >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	word = (word ^ word >> 27) * UINT64_C(0x94d049bb133111eb);
	return word ^ word >> 31;
}

static struct sample look(const double *values, size_t count)
{
	struct sample sample = {.values = values, .count = count};
	double squares = 0;

	for (size_t i = 0; i < count; i++)
		sample.mean += values[i] / (double)count;
	for (size_t i = 0; i < count; i++)
		squares += (values[i] - sample.mean) * (values[i] - sample.mean);
	if (count > 1 && sample.mean != 0)
		sample.variance = squares / (double)(count - 1) / (double)count / (sample.mean * sample.mean);
	return sample;
}

static double resampled_mean(const struct sample *sample, uint64_t *state)
{
	double sum = 0;

	for (size_t i = 0; i < sample->count; i++)
		sum += sample->values[(size_t)((draw(state) >> 32) * sample->count >> 32)];
	return sum / (double)sample->count;
}

/* Student's t at 97.5 %. */
static double student_quantile(double freedom)
{
	static const double table[] = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
				       2.201,  2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086};
	size_t size = sizeof(table) / sizeof(table[0]);

	if (freedom < (double)size + 1)
		return table[freedom < 1 ? 0 : (size_t)freedom - 1];
	return normal_quantile + (pow(normal_quantile, 3) + normal_quantile) / (4 * freedom) + 3 / (freedom * freedom);
}

static int compare(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

/* Resampling a sample shows its spread as (n - 1) / n of what it is, and the tails as the normal's: of five values, an
 * interval that is 5 / 8 of what it ought to be. Both are put right; what the resamples say of skew is kept. */
static void widen(double means[RESAMPLES], double middle, double scale, double *low, double *high)
{
	qsort(means, RESAMPLES, sizeof(means[0]), compare);
	*low = middle - scale * (middle - means[TAIL - 1]);
	*high = middle + scale * (means[RESAMPLES - TAIL] - middle);
}

void report_bootstrap_mean(const double *values, size_t count, uint64_t seed, double *low, double *high)
{
	struct sample sample = look(values, count);
	double means[RESAMPLES];

	*low = *high = NAN;
	if (count < 2)
		return;
	for (int i = 0; i < RESAMPLES; i++)
		means[i] = resampled_mean(&sample, &seed);
	widen(means, sample.mean,
	      student_quantile((double)count - 1) / normal_quantile * sqrt((double)count / ((double)count - 1)), low,
	      high);
}

/* Welch and Satterthwaite: how many degrees of freedom the spread of two samples together has. */
static double freedom_of(const struct sample *a, const struct sample *b)
{
	double sum = a->variance + b->variance;
	double parts =
		a->variance * a->variance / (double)(a->count - 1) + b->variance * b->variance / (double)(b->count - 1);

	return parts > 0 ? sum * sum / parts : (double)(a->count + b->count - 2);
}

static double spread_lost(const struct sample *a, const struct sample *b)
{
	double shown = a->variance * (double)(a->count - 1) / (double)a->count +
		       b->variance * (double)(b->count - 1) / (double)b->count;

	return shown > 0 ? sqrt((a->variance + b->variance) / shown) : 1;
}

void report_bootstrap_change(const double *a, size_t a_count, const double *b, size_t b_count, uint64_t seed,
			     double *change, double *low, double *high)
{
	struct sample base = look(a, a_count), other = look(b, b_count);
	double ratios[RESAMPLES];

	*change = *low = *high = NAN;
	if (a_count == 0 || b_count == 0 || base.mean == 0)
		return;
	*change = other.mean / base.mean - 1;
	if (a_count < 2 || b_count < 2)
		return;
	for (int i = 0; i < RESAMPLES; i++) {
		double below = resampled_mean(&base, &seed);

		/* A base of a few values may be drawn as all zeros: the change is then as far off as can be said. */
		ratios[i] = resampled_mean(&other, &seed) / (below != 0 ? below : base.mean) - 1;
	}
	widen(ratios, *change,
	      student_quantile(freedom_of(&base, &other)) / normal_quantile * spread_lost(&base, &other), low, high);
}
