/* worker_clock.c - calibrates the clock once. */
#include "worker/worker_clock.h"

void worker_clock_start(struct worker_clock *clock, uint64_t start_cycle, uint64_t hz)
{
	clock->start_cycle = start_cycle;
	clock->multiplier = (uint64_t)(((worker_product)1000000000 << WORKER_CLOCK_SHIFT) / hz);
}
