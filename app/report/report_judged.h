/* report_judged.h - what a run was held against, in both forms of a report: thresholds, and the condition that ended
 * it.
 */
#ifndef REPORT_JUDGED_H
#define REPORT_JUDGED_H

#include "judge/judge_condition.h"
#include "report/report.h"

/* Holds a run against its thresholds: one that passed and misses one has failed. Returns the exit code of its verdict:
 * 0, 1, or 99 for a threshold. */
int report_judge(struct report_run *run);

/* The parts `thresholds`, a term each, and `stopped` of the document; the caller owns them. */
json_t *report_thresholds_json(const struct report_run *run);
json_t *report_stopped_json(const struct report_run *run);

/* Writes whether a term holds, the term, and the value it is held against: no line's end. */
void report_judged_term(FILE *out, const struct judge_condition *condition, const struct judge_term *term,
			const struct judge_facts *facts);

/* Lines of the report; none where there is nothing to say. */
void report_judged_text(FILE *out, const struct report_run *run);

#endif
