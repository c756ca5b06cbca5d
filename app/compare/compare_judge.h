/* compare_judge.h - whether one side of a comparison is better than the other, and how sure that is. */
#ifndef COMPARE_JUDGE_H
#define COMPARE_JUDGE_H

#include <stdbool.h>

#include "compare/compare_side.h"

enum compare_verdict { COMPARE_SAME, COMPARE_BETTER, COMPARE_WORSE, COMPARE_UNKNOWN };

struct compare_change {
	double base, other;       /* means */
	double change, low, high; /* of the mean, 0.05 for 5 % more; the ends are NAN where they are not known */
	enum compare_verdict verdict;
	size_t pairs; /* that the change is the mean ratio of; 0 where it is that of the means */
};

/* True where both sides have measured the figure. */
bool compare_has(const struct compare_side *base, const struct compare_side *other, enum compare_figure figure);

/* How the figure has changed from `base`: better or worse where the interval, of 95 %, does not hold "no change". */
struct compare_change compare_judge(const struct compare_side *base, const struct compare_side *other,
				    enum compare_figure figure);

/* "no significant difference", "better", "worse", "not known". */
const char *compare_verdict_text(enum compare_verdict verdict);

#endif
