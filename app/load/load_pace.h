/* load_pace.h - intended starts at a rate that goes with time, without drift. Start n is where n have become due. */
#ifndef LOAD_PACE_H
#define LOAD_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/cli_leg.h"

#define LOAD_PACE_NEVER UINT64_MAX

/* Twice as many starts as are due, times the nanoseconds of a second: whole on any even leg. */
__extension__ typedef unsigned __int128 load_pace_due;

/* What one of several clients starts: every count-th, so that all of them together keep the pace, and none in step with
 * another. */
struct load_pace {
	uint64_t next_ns; /* the next intended start; LOAD_PACE_NEVER for none */
	uint64_t step_ns; /* to the one behind it, where the rate is even */
	uint64_t step_rest;
	uint64_t rest; /* what next_ns leaves out, in units of 1/whole ns */
	uint64_t whole;
	uint64_t until_ns; /* where the leg ends */
	uint64_t number;   /* of the next start, among those of all clients */
	uint16_t count;
	uint16_t leg;
	uint16_t leg_count;
	bool is_even; /* the rate of this leg */
	const struct cli_leg *legs;
	uint64_t start_ns;
	uint64_t leg_ns;       /* when it began */
	load_pace_due leg_due; /* what was due by then */
};

/* Begins the part of client `number` of `count` at `start_ns`. There is a leg at least; behind the last one the rate
 * stays as it is, and the legs stay the caller's. */
void load_pace_begin(struct load_pace *pace, const struct cli_leg *legs, uint16_t leg_count, uint16_t number,
		     uint16_t count, uint64_t start_ns);

/* Finds the next start where the rate is not even, or the leg is another one. */
void load_pace_seek(struct load_pace *pace);

/* How many of this client's intended starts lie before `end_ns` that were not reached. */
uint64_t load_pace_missed(const struct load_pace *pace, uint64_t end_ns);

/* How many starts the legs have, of all clients, in their first `ns`. */
uint64_t load_pace_starts(const struct cli_leg *legs, uint16_t leg_count, uint64_t ns);

/* Goes on to the next intended start. */
static inline void load_pace_advance(struct load_pace *pace)
{
	pace->number += pace->count;
	pace->next_ns += pace->step_ns;
	pace->rest += pace->step_rest;
	if (pace->rest >= pace->whole) {
		pace->rest -= pace->whole;
		pace->next_ns++;
	}
	if (!pace->is_even || pace->next_ns >= pace->until_ns)
		load_pace_seek(pace);
}

#endif
