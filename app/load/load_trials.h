/* load_trials.h - the runs of one command: a single one, repeats, or the trials of a search. */
#ifndef LOAD_TRIALS_H
#define LOAD_TRIALS_H

#include "cli/cli_settings.h"
#include "load/load_search.h"
#include "report/report.h"

struct load_trials {
	const struct cli_settings *settings;
	struct load_search search;
	struct report_trials repeats;
	struct report_search found; /* what the report is told of the search */
};

void load_trials_begin(struct load_trials *trials, const struct cli_settings *settings);

/* Whether there may be a second run; and whether each is reported by itself, or all of them as one. */
bool load_trials_are_several(const struct load_trials *trials);
bool load_trials_are_searched(const struct load_trials *trials);

/* The rate of the first run; 0 for that of the settings. */
uint64_t load_trials_first(const struct load_trials *trials);

/* Notes a run at `rate` that has come to its end, and has opened connections for `open_s`. True where another is to
 * come: at `next`, or 0 for that of the settings. */
bool load_trials_note(struct load_trials *trials, const struct report_run *run, uint64_t rate, double open_s,
		      uint64_t *next);

/* Gives the report what the runs have come to. */
void load_trials_report(struct load_trials *trials, struct report_run *run);

#endif
