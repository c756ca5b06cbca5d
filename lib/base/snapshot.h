/* snapshot.h - copying what another thread may be writing at the same time. */
#ifndef BASE_SNAPSHOT_H
#define BASE_SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>

/* Copies `words` words of eight bytes from `live`, which is aligned to that. Each word is as it was at some moment, and
 * may be older or newer than the one beside it: the caller must know how to tell, or that it does not matter. This is
 * the one place that reads what its writer stores without atomics, so ThreadSanitizer is told not to look. */
void snapshot_copy(uint64_t *copy, const void *live, size_t words);

#endif
