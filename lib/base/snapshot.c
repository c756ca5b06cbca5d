/* snapshot.c - relaxed loads, word by word. */
#include "base/snapshot.h"

__attribute__((noinline, no_sanitize("thread"))) void snapshot_copy(uint64_t *copy, const void *live, size_t words)
{
	const uint64_t *from = live;

	for (size_t i = 0; i < words; i++)
		copy[i] = __atomic_load_n(&from[i], __ATOMIC_RELAXED);
}
