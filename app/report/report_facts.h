/* report_facts.h - what conditions are asked of: a finished run, or a second of it, as judge/ has it. */
#ifndef REPORT_FACTS_H
#define REPORT_FACTS_H

#include "judge/judge_metrics.h"
#include "report/report.h"

/* Of a run, whose histograms the facts point to. */
void report_facts(struct judge_facts *facts, const struct report_run *run);

/* Of a second between two looks at the totals, with the set-up times of it. */
void report_facts_of_second(struct judge_facts *facts, const struct report_totals *now,
			    const struct report_totals *before, double span_s, const struct quern_histogram *setup);

#endif
