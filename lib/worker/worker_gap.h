/* worker_gap.h - turns that took longer than what was done in them: somebody else had the core meanwhile. */
#ifndef WORKER_WORKER_GAP_H
#define WORKER_WORKER_GAP_H

#include <stdint.h>

#include <quern/engine.h>

/* Written by the worker only; others read them with counter_read(). All zero at the start. */
struct worker_gap {
	uint64_t count;
	uint64_t ns; /* in all */
	uint64_t longest_ns;
};

/* How long a turn of `turn_ns` has had no core, and counts that; 0 where what was `done`, frames and timers, accounts
 * for all but QUERN_GAP_NS of it, at `each_ns` at most. A gap that is filled by work is not seen: so there are these,
 * and more. */
uint64_t worker_gap_note(struct worker_gap *gap, uint64_t turn_ns, uint32_t done, uint32_t each_ns);

#endif
