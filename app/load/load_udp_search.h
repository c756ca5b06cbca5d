/* load_udp_search.h - the highest rate without loss (RFC 2544 26.1): doubled until something is lost, then halved in
 * between, and confirmed. Arithmetic: results come in, rates go out. */
#ifndef LOAD_UDP_SEARCH_H
#define LOAD_UDP_SEARCH_H

#include <stdbool.h>
#include <stdint.h>

#include "report/report_udp.h"

enum { LOAD_SEARCH_TRIALS_MAX = 64 };

struct load_udp_search {
	double allowed; /* share of loss that still is none */
	uint64_t low;   /* the highest rate that was good; 0 for none yet */
	uint64_t high;  /* the lowest that was not; 0 for none yet */
	uint64_t most;  /* is offered at most */
	bool is_confirmed;
	struct report_udp_point trials[LOAD_SEARCH_TRIALS_MAX];
	uint32_t count;
};

/* The share of a rate to which it is found. */
#define LOAD_SEARCH_RESOLUTION 0.01

/* The rate to try next, `first` at first; 0 where the search is over. */
uint64_t load_udp_search_next(const struct load_udp_search *search, uint64_t first);

/* Notes what came of it. A rate that the generator did not keep is no good one: it says nothing of what is loaded. */
void load_udp_search_note(struct load_udp_search *search, uint64_t rate, uint64_t achieved, uint64_t sent,
			  uint64_t lost);

/* The highest rate that was good twice, as it was kept the second time; 0 where there was none. */
uint64_t load_udp_search_found(const struct load_udp_search *search);

#endif
