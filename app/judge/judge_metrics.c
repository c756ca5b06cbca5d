/* judge_metrics.c - the table of metrics. */
#include "judge/judge_metrics.h"

const struct judge_metric judge_numbers[JUDGE_NUMBERS_END] = {
#define X(id, name, kind, scopes, text) [JUDGE_##id] = {name, JUDGE_##kind, scopes, text},
	JUDGE_NUMBERS(X)
#undef X
};

const struct judge_metric judge_times[JUDGE_TIMES_END] = {
#define X(id, name, scopes, text) [JUDGE_TIMES_##id] = {name, JUDGE_TIME, scopes, text},
	JUDGE_TIMES(X)
#undef X
};

void judge_know(struct judge_facts *facts, enum judge_number number, double value)
{
	facts->is_known[number] = true;
	facts->numbers[number] = value;
}

void judge_know_share(struct judge_facts *facts, enum judge_number number, double part, double whole)
{
	if (whole > 0)
		judge_know(facts, number, part / whole);
}
