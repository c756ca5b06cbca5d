/* load_stop.h - --stop-if: a condition that is asked of each second, and ends the run once it has held long enough. */
#ifndef LOAD_STOP_H
#define LOAD_STOP_H

#include "judge/judge_condition.h"
#include "report/report_totals.h"
#include "report/report_trial.h"

struct load_stop {
	const struct judge_condition *condition; /* without a term: never */
	struct report_totals last;
	double held_s; /* up to now, without a break */
	struct report_stop found;
};

/* Takes a second that ends at `t_s`, with the totals of the run and the set-up times of the second. True once: now the
 * run is to end. */
bool load_stop_look(struct load_stop *stop, double t_s, double span_s, const struct report_totals *totals,
		    const struct quern_histogram *setup);

/* Totals begin again from nothing. */
void load_stop_restart(struct load_stop *stop);

#endif
