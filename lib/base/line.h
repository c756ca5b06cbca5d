/* line.h - parts of a block of memory, each of which begins on a cache line of its own. */
#ifndef BASE_LINE_H
#define BASE_LINE_H

#include <stddef.h>

enum { LINE_BYTES = 64 };

/* As many bytes, rounded up to whole lines. */
static inline size_t base_line_up(size_t bytes)
{
	return (bytes + LINE_BYTES - 1) & ~(size_t)(LINE_BYTES - 1);
}

#endif
