/* worker_gap.c - the time of a turn that its work does not account for. */
#include "worker/worker_gap.h"

#include "base/counter.h"

uint64_t worker_gap_note(struct worker_gap *gap, uint64_t turn_ns, uint32_t done, uint32_t each_ns)
{
	uint64_t work_ns = (uint64_t)done * each_ns, gap_ns;

	if (turn_ns <= QUERN_GAP_NS + work_ns)
		return 0;
	gap_ns = turn_ns - work_ns;
	counter_add(&gap->count, 1);
	counter_add(&gap->ns, gap_ns);
	if (gap_ns > gap->longest_ns)
		__atomic_store_n(&gap->longest_ns, gap_ns, __ATOMIC_RELAXED);
	return gap_ns;
}
