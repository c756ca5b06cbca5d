/* judge_condition.h - conditions on a run: "failed == 0 && p99 < 200us" read once, then asked of facts. */
#ifndef JUDGE_CONDITION_H
#define JUDGE_CONDITION_H

#include "judge/judge_metrics.h"

enum { JUDGE_TERMS_MAX = 8, JUDGE_FAULT_TEXT = 160, JUDGE_VALUE_TEXT = 32, JUDGE_SHOWN_TEXT = 400 };

enum judge_operator { JUDGE_LESS, JUDGE_AT_MOST, JUDGE_MORE, JUDGE_AT_LEAST, JUDGE_EQUAL, JUDGE_UNEQUAL };

/* Which of a number of times. */
enum judge_statistic { JUDGE_NO_STATISTIC, JUDGE_PERCENTILE, JUDGE_MIN, JUDGE_MEAN, JUDGE_MAX };

/* METRIC OPERATOR VALUE */
struct judge_term {
	enum judge_number number; /* where it has no statistic */
	enum judge_statistic statistic;
	int times; /* enum judge_times; -1 for those without a name before the point */
	double percentile;
	enum judge_operator operator;
	double value;         /* nanoseconds, a share, or a count */
	unsigned short begin; /* where it stands in the text */
	unsigned short length;
};

/* Terms that all must hold. */
struct judge_condition {
	const char *text; /* as it was given; it stays the caller's */
	struct judge_term terms[JUDGE_TERMS_MAX];
	unsigned short count; /* 0 for no condition */
	double lasting_s;     /* " for TIME" behind it; 0 where it says none */
};

/* What is wrong with a text, and where. */
struct judge_fault {
	size_t column; /* from 0 */
	size_t length;
	char text[JUDGE_FAULT_TEXT];
};

/* Reads terms joined by && whose metrics a run of `scopes` has. False with `fault`. */
bool judge_read(struct judge_condition *condition, const char *text, unsigned int scopes, struct judge_fault *fault);

/* The same with " for TIME" allowed at the end, and only metrics that are known of a second. */
bool judge_read_lasting(struct judge_condition *condition, const char *text, unsigned int scopes,
			struct judge_fault *fault);

/* The text with a caret under what is wrong with it, in two lines of their own, behind what is wrong. */
char *judge_show(const char *text, const struct judge_fault *fault, char shown[JUDGE_SHOWN_TEXT]);

/* The value that a term is about. False where it is not known: nothing was measured. */
bool judge_value(const struct judge_term *term, const struct judge_facts *facts, double *value);

/* Whether a term, or each of a condition, holds. What is not known does not. */
bool judge_term_holds(const struct judge_term *term, const struct judge_facts *facts);
bool judge_holds(const struct judge_condition *condition, const struct judge_facts *facts);

/* In which units the value of a term is. */
enum judge_kind judge_kind_of(const struct judge_term *term);

#endif
