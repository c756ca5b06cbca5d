/* report_trial.h - measured runs as parts of one command: trials of --search, and what --repeat repeats. */
#ifndef REPORT_TRIAL_H
#define REPORT_TRIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "report/report_cost.h"

enum { REPORT_TRIALS_MAX = 100 };

struct report_trial {
	uint64_t rate;           /* a second that was offered; 0 where nothing was scheduled */
	uint64_t achieved;       /* and that was opened, or sent */
	uint64_t opened, failed; /* of datagrams, sent and lost */
	uint64_t no_port;        /* of these, for want of a free port */
	uint64_t p50_ns, p99_ns, from_schedule_p99_ns;
	double cps;        /* established a second; of datagrams none */
	double rps;        /* requests answered well a second */
	double started_at; /* of its measured time, in seconds since 1970 */
	struct report_cost cost;
	bool is_kept; /* the schedule, by the generator */
	bool is_good; /* by the condition of a search, and kept */
	bool is_confirmation;
};

struct report_trials {
	struct report_trial at[REPORT_TRIALS_MAX];
	uint32_t count;
};

/* What a search has come to. */
struct report_search {
	const char *condition;
	uint64_t found;    /* 0 for no rate */
	double resolution; /* the share of it to which it was found */
	uint64_t best;     /* the highest rate that was ever good */
	uint32_t changed;  /* times that a rate was good once, and once not */
	bool is_noisy;     /* what was found says little */
	const struct report_trials *trials;
};

/* Why a run was ended by its own condition. */
struct report_stop {
	const char *condition; /* null for a run that was not */
	double at_s;           /* of the measured time */
	double value;          /* of its first term, in the last second */
};

#endif
