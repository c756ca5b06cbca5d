/* metrics_setups.c - bounds, and sums over clients. */
#include "metrics/metrics_setups.h"

#define DECADE(ns) UINT64_C(1) * (ns), UINT64_C(2) * (ns), UINT64_C(5) * (ns)

const uint64_t metrics_bounds_ns[METRICS_BOUNDS] = {DECADE(1000),      DECADE(10000),    DECADE(100000),
						    DECADE(1000000),   DECADE(10000000), DECADE(100000000),
						    DECADE(1000000000)};

void metrics_setups_merge(struct metrics_setups *sum, const struct metrics_setups *other)
{
	for (int i = 0; i <= METRICS_BOUNDS; i++)
		sum->counts[i] += other->counts[i];
	sum->sum_ns += other->sum_ns;
}

void metrics_setups_add(struct metrics_setups *sum, const struct quern_histogram *live)
{
	struct metrics_setups one = {.sum_ns = __atomic_load_n(&live->sum, __ATOMIC_RELAXED)};

	quern_histogram_cumulate(live, metrics_bounds_ns, METRICS_BOUNDS, one.counts);
	metrics_setups_merge(sum, &one);
}
