/* metrics_budget.h - how much may be done for clients: so many connections taken and requests answered at once, and so
 * many each tick. */
#ifndef METRICS_BUDGET_H
#define METRICS_BUDGET_H

#include <stdbool.h>

enum { METRICS_TICK_MS = 100, METRICS_EACH_TICK = 10, METRICS_AT_ONCE = 20 };

struct metrics_budget {
	int left;
};

static inline void metrics_budget_begin(struct metrics_budget *budget)
{
	budget->left = METRICS_AT_ONCE;
}

/* Once a tick. */
static inline void metrics_budget_refill(struct metrics_budget *budget)
{
	budget->left += METRICS_EACH_TICK;
	if (budget->left > METRICS_AT_ONCE)
		budget->left = METRICS_AT_ONCE;
}

static inline bool metrics_budget_take(struct metrics_budget *budget)
{
	if (budget->left == 0)
		return false;
	budget->left--;
	return true;
}

#endif
