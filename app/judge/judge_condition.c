/* judge_condition.c - asks a condition of what is known. */
#include "judge/judge_condition.h"

#include <math.h>

/* 0.1 % is no number that a machine can hold: what differs in the last digits is the same. */
#define LAST_DIGITS 1e-12

enum judge_kind judge_kind_of(const struct judge_term *term)
{
	return term->statistic == JUDGE_NO_STATISTIC ? judge_numbers[term->number].kind : JUDGE_TIME;
}

static double statistic_of(const struct judge_term *term, const struct quern_histogram *times)
{
	switch (term->statistic) {
	case JUDGE_PERCENTILE:
		return (double)quern_histogram_percentile(times, term->percentile);
	case JUDGE_MIN:
		return (double)times->min;
	case JUDGE_MEAN:
		return quern_histogram_mean(times);
	case JUDGE_MAX:
	case JUDGE_NO_STATISTIC:
		break;
	}
	return (double)times->max;
}

bool judge_value(const struct judge_term *term, const struct judge_facts *facts, double *value)
{
	const struct quern_histogram *times = term->times < 0 ? facts->plain_times : facts->times[term->times];

	if (term->statistic == JUDGE_NO_STATISTIC) {
		if (facts->is_known[term->number])
			*value = facts->numbers[term->number];
		return facts->is_known[term->number];
	}
	if (!times || times->count == 0)
		return false;
	*value = statistic_of(term, times);
	return true;
}

bool judge_term_holds(const struct judge_term *term, const struct judge_facts *facts)
{
	double value;
	bool is_same;

	if (!judge_value(term, facts, &value))
		return false;
	is_same = fabs(value - term->value) <= LAST_DIGITS * term->value;
	switch (term->operator) {
	case JUDGE_LESS:
		return value < term->value && !is_same;
	case JUDGE_AT_MOST:
		return value < term->value || is_same;
	case JUDGE_MORE:
		return value > term->value && !is_same;
	case JUDGE_AT_LEAST:
		return value > term->value || is_same;
	case JUDGE_EQUAL:
		return is_same;
	case JUDGE_UNEQUAL:
		break;
	}
	return !is_same;
}

bool judge_holds(const struct judge_condition *condition, const struct judge_facts *facts)
{
	for (unsigned int i = 0; i < condition->count; i++) {
		if (!judge_term_holds(&condition->terms[i], facts))
			return false;
	}
	return true;
}
