/* load_stop.c - how long a condition has held, in rows of about a second. */
#include "load/load_stop.h"

#include <string.h>

#include "report/report_facts.h"

/* A row is not a second to the microsecond. */
#define SLACK_S 0.1

bool load_stop_look(struct load_stop *stop, double t_s, double span_s, const struct report_totals *totals,
		    const struct quern_histogram *setup)
{
	const struct judge_condition *condition = stop->condition;
	struct judge_facts facts;

	if (condition->count == 0 || stop->found.condition)
		return false;
	report_facts_of_second(&facts, totals, &stop->last, span_s, setup);
	stop->last = *totals;
	stop->held_s = judge_holds(condition, &facts) ? stop->held_s + span_s : 0;
	if (stop->held_s <= 0 || stop->held_s + SLACK_S < condition->lasting_s)
		return false;
	stop->found = (struct report_stop){.condition = condition->text, .at_s = t_s};
	judge_value(&condition->terms[0], &facts, &stop->found.value);
	return true;
}

void load_stop_restart(struct load_stop *stop)
{
	memset(&stop->last, 0, sizeof(stop->last));
	stop->held_s = 0;
}
