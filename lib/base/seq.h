/* seq.h - arithmetic modulo 2^32: sequence numbers (RFC 9293 3.4) and ticks of the clock. */
#ifndef BASE_SEQ_H
#define BASE_SEQ_H

#include <stdbool.h>
#include <stdint.h>

/* True where a comes before b. */
static inline bool seq_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

/* True where a comes before b or is b. */
static inline bool seq_before_eq(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) <= 0;
}

/* True where seq lies in the window of `size` numbers that begins at `first`; an empty window holds nothing. */
static inline bool seq_in_window(uint32_t seq, uint32_t first, uint32_t size)
{
	return seq - first < size;
}

#endif
