/* compare_judge.c - means, their ratio, and what its interval says. */
#include "compare/compare_judge.h"

#include <math.h>

#include "compare/compare_pairs.h"
#include "compare/compare_trim.h"
#include "report/report_bootstrap.h"

/* The same files are to give the same answer. */
enum { SEED = 1 };

static double mean_of(const struct compare_values *values)
{
	double sum = 0;

	for (size_t i = 0; i < values->count; i++)
		sum += values->at[i];
	return values->count > 0 ? sum / (double)values->count : 0;
}

bool compare_has(const struct compare_side *base, const struct compare_side *other, enum compare_figure figure)
{
	return mean_of(&base->values[figure]) > 0 && mean_of(&other->values[figure]) > 0;
}

static enum compare_verdict verdict_of(const struct compare_change *change, enum compare_figure figure)
{
	if (isnan(change->low))
		return COMPARE_UNKNOWN;
	if (change->low <= 0 && change->high >= 0)
		return COMPARE_SAME;
	return (change->low > 0) == compare_more_is_better(figure) ? COMPARE_BETTER : COMPARE_WORSE;
}

/* On a machine that others use a few pairs are wild: where there are enough, the ends are left out. */
static void judge_pairs(struct compare_change *change, double ratios[COMPARE_PAIRS_MAX])
{
	double mean;

	for (size_t i = 0; i < change->pairs; i++)
		ratios[i] = log(ratios[i]);
	compare_trim(ratios, change->pairs, &mean, &change->low, &change->high);
	if (isnan(change->low))
		report_bootstrap_mean(ratios, change->pairs, SEED, &change->low, &change->high);
	change->change = expm1(mean);
	change->low = expm1(change->low);
	change->high = expm1(change->high);
}

struct compare_change compare_judge(const struct compare_side *base, const struct compare_side *other,
				    enum compare_figure figure)
{
	const struct compare_values *a = &base->values[figure], *b = &other->values[figure];
	struct compare_change change = {.base = mean_of(a), .other = mean_of(b)};
	static double ratios[COMPARE_PAIRS_MAX];

	change.pairs = compare_pairs(base, other, figure, ratios);
	if (change.pairs > 0)
		judge_pairs(&change, ratios);
	else
		report_bootstrap_change(a->at, a->count, b->at, b->count, SEED, &change.change, &change.low,
					&change.high);
	/* No figure is less than nothing, however wide the interval. */
	if (change.low < -1)
		change.low = -1;
	change.verdict = verdict_of(&change, figure);
	return change;
}

const char *compare_verdict_text(enum compare_verdict verdict)
{
	static const char *const texts[] = {"no significant difference", "better", "worse", "not known"};

	return texts[verdict];
}
