/* least.h - the smaller and the larger of two numbers, and by how much. */
#ifndef BASE_LEAST_H
#define BASE_LEAST_H

#include <stdint.h>

static inline uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static inline uint32_t most(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/* By how much `a` is above `b`; 0 where it is not. */
static inline uint32_t above(uint32_t a, uint32_t b)
{
	return a > b ? a - b : 0;
}

#endif
