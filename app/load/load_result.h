/* load_result.h - what measured runs have come to: the sums of a run that has ended, and the report of all. */
#ifndef LOAD_RESULT_H
#define LOAD_RESULT_H

#include "load/load_measure.h"

/* Takes the counts of a run that has ended, all of whose clients are done. True where another is to come: at `next`, or
 * 0 for the rate of the settings. */
bool load_result_end_run(struct load_measure *measure, uint64_t *next);

/* Writes text and JSON. Returns the exit code, or -errno where they could not be written. */
int load_result_report(struct load_measure *measure, const struct quern_engine *engine, struct report_output *output);

#endif
