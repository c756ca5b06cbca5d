/* counter.h - counters with one writer that others may read at any time: relaxed, never torn. */
#ifndef BASE_COUNTER_H
#define BASE_COUNTER_H

#include <stdint.h>

/* Adds to a counter; its one writer only. */
static inline void counter_add(uint64_t *counter, uint64_t amount)
{
	__atomic_store_n(counter, __atomic_load_n(counter, __ATOMIC_RELAXED) + amount, __ATOMIC_RELAXED);
}

/* Reads a counter from any thread. */
static inline uint64_t counter_read(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

/* Changes a number of things in use by one up or down; its one writer only. Others read it by counter_level_read(). */
static inline void counter_level_up(uint32_t *level)
{
	__atomic_store_n(level, __atomic_load_n(level, __ATOMIC_RELAXED) + 1, __ATOMIC_RELAXED);
}

static inline void counter_level_down(uint32_t *level)
{
	__atomic_store_n(level, __atomic_load_n(level, __ATOMIC_RELAXED) - 1, __ATOMIC_RELAXED);
}

static inline uint32_t counter_level_read(const uint32_t *level)
{
	return __atomic_load_n(level, __ATOMIC_RELAXED);
}

#endif
