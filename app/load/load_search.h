/* load_search.h - the highest rate that keeps a condition: doubled until it does not, then halved in between, and
 * confirmed (RFC 2544 26.1 does it so for loss). Arithmetic: results come in, rates go out. */
#ifndef LOAD_SEARCH_H
#define LOAD_SEARCH_H

#include "report/report_trial.h"

struct load_search {
	uint64_t low;   /* the highest rate that was good; 0 for none yet */
	uint64_t high;  /* the lowest that was not; 0 for none yet */
	uint64_t most;  /* is offered at most */
	uint64_t best;  /* the highest that was ever good */
	uint64_t bound; /* a rate that was `high` and not good again, later */
	/* What is not good is tried again before it is believed, at once, and where it bounds what was found once more
	 * at the end: where latency counts, a pause of the machine is enough to spoil a trial, or two. */
	bool is_patient;
	bool is_again;
	bool is_confirmed;
	uint32_t changed; /* times that a rate was good once, and once not */
	uint32_t fallen;  /* times that what was found was not good again */
	struct report_trials trials;
};

/* The share of a rate to which it is found. */
#define LOAD_SEARCH_RESOLUTION 0.01

/* The rate to try next, `first` at first; 0 where the search is over. */
uint64_t load_search_next(const struct load_search *search, uint64_t first);

/* Notes what came of it: its rate, what was achieved, and whether the condition was kept. A rate that the generator did
 * not keep is no good one: it says nothing of what is loaded. */
void load_search_note(struct load_search *search, const struct report_trial *trial);

/* The highest rate that was good twice, as it was kept the second time; 0 where there was none. */
uint64_t load_search_found(const struct load_search *search);

/* True where another search would probably find something else: what was found fell twice, a rate far above it was good
 * for once, or several rates were good once, and once not. */
bool load_search_is_noisy(const struct load_search *search);

#endif
