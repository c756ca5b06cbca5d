/* worker_clock.h - nanoseconds from the TSC by one multiplication; shared by all workers, so their times compare. */
#ifndef WORKER_WORKER_CLOCK_H
#define WORKER_WORKER_CLOCK_H

#include <stdint.h>

__extension__ typedef unsigned __int128 worker_product;

enum { WORKER_CLOCK_SHIFT = 32 };

struct worker_clock {
	uint64_t start_cycle; /* nanosecond 0 */
	uint64_t multiplier;  /* nanoseconds a cycle, in units of 2^-32 */
};

/* Sets nanosecond 0 at `start_cycle` of a counter that runs at `hz`; drifts by at most 1 in 2^29. */
void worker_clock_start(struct worker_clock *clock, uint64_t start_cycle, uint64_t hz);

/* The time at `cycle`; 0 for one before the start, which another core's counter may show. */
static inline uint64_t worker_clock_ns(const struct worker_clock *clock, uint64_t cycle)
{
	if (cycle < clock->start_cycle)
		return 0;
	return (uint64_t)((worker_product)(cycle - clock->start_cycle) * clock->multiplier >> WORKER_CLOCK_SHIFT);
}

/* How many cycles take `ns` at least. */
static inline uint64_t worker_clock_cycles(const struct worker_clock *clock, uint64_t ns)
{
	return (uint64_t)(((worker_product)ns << WORKER_CLOCK_SHIFT) / clock->multiplier) + 1;
}

/* The later of two readings: a counter may be set back when a machine is moved, and time is not. */
static inline uint64_t worker_clock_later(uint64_t latest_cycle, uint64_t cycle)
{
	return cycle > latest_cycle ? cycle : latest_cycle;
}

#endif
