/* load_schedule.h - intended starts at a fixed rate, without drift: whole nanoseconds and the part that is left over.
 */
#ifndef LOAD_SCHEDULE_H
#define LOAD_SCHEDULE_H

#include <stdint.h>

struct load_schedule {
	uint64_t next_ns;   /* the next intended start */
	uint64_t step_ns;   /* 1 s / rate, whole part */
	uint64_t step_rest; /* and what is left, in units of 1/rate ns */
	uint64_t rest;
	uint64_t rate;
};

/* Begins at `start_ns` with `rate` starts a second, from 1. */
static inline void load_schedule_begin(struct load_schedule *schedule, uint64_t rate, uint64_t start_ns)
{
	*schedule = (struct load_schedule){.next_ns = start_ns,
					   .step_ns = UINT64_C(1000000000) / rate,
					   .step_rest = UINT64_C(1000000000) % rate,
					   .rate = rate};
}

/* Goes on to the next intended start. */
static inline void load_schedule_advance(struct load_schedule *schedule)
{
	schedule->next_ns += schedule->step_ns;
	schedule->rest += schedule->step_rest;
	if (schedule->rest >= schedule->rate) {
		schedule->rest -= schedule->rate;
		schedule->next_ns++;
	}
}

/* How many intended starts lie before `end_ns` that were not reached. */
static inline uint64_t load_schedule_missed(const struct load_schedule *schedule, uint64_t end_ns)
{
	if (schedule->next_ns >= end_ns)
		return 0;
	return (uint64_t)((double)(end_ns - schedule->next_ns) * (double)schedule->rate / 1e9) + 1;
}

#endif
