/* compare_pairs.c - both sides in the order of their starts, and a ratio for each two that stand side by side. */
#include "compare/compare_pairs.h"

#include <math.h>
#include <stdlib.h>

struct timed {
	double started_at;
	double value;
};

static int earlier(const void *left, const void *right)
{
	double a = ((const struct timed *)left)->started_at, b = ((const struct timed *)right)->started_at;

	return (a > b) - (a < b);
}

/* False where not every value has a start, or a value has no logarithm. */
static bool sort_by_start(const struct compare_side *side, enum compare_figure figure,
			  struct timed runs[COMPARE_PAIRS_MAX])
{
	const struct compare_values *values = &side->values[figure];

	if (values->count != side->starts.count || values->count < 2 || values->count > COMPARE_PAIRS_MAX)
		return false;
	for (size_t i = 0; i < values->count; i++) {
		runs[i] = (struct timed){side->starts.at[i], values->at[i]};
		if (values->at[i] <= 0 || side->starts.at[i] <= 0)
			return false;
	}
	qsort(runs, values->count, sizeof(runs[0]), earlier);
	return true;
}

size_t compare_pairs(const struct compare_side *base, const struct compare_side *other, enum compare_figure figure,
		     double ratios[COMPARE_PAIRS_MAX])
{
	static struct timed a[COMPARE_PAIRS_MAX], b[COMPARE_PAIRS_MAX];
	size_t count = base->values[figure].count;

	if (count != other->values[figure].count || !sort_by_start(base, figure, a) || !sort_by_start(other, figure, b))
		return 0;
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && fmax(a[i - 1].started_at, b[i - 1].started_at) >= fmin(a[i].started_at, b[i].started_at))
			return 0;
		ratios[i] = b[i].value / a[i].value;
	}
	return count;
}
