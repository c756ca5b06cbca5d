/* report_cost.h - what a connection costs in cycles, with what the host took away and without. */
#ifndef REPORT_COST_H
#define REPORT_COST_H

#include <stdbool.h>

#include <jansson.h>

struct report_run;

/* All 0 where no connection has ended. */
struct report_cost {
	double cycles;     /* a connection: of all workers, whoever had their cores */
	double own_cycles; /* the same without the turns that others had the cores for */
	bool is_unpaced; /* both ends are here, and only the cores kept the rate down: else these are cycles of waiting
			  */
};

/* The cost of the connections of a run whose duration, workers and bad lines are known. One whose two ends are on
 * workers of the run is one. */
struct report_cost report_cost_of(const struct report_run *run);

/* Adds cycles_per_connection, own_cycles_per_connection and unpaced. */
void report_cost_add_json(json_t *object, const struct report_cost *cost);

#endif
