/* load_hold.h - connections that are held open for a fixed time, first in first out. */
#ifndef LOAD_HOLD_H
#define LOAD_HOLD_H

#include <stdbool.h>
#include <stdint.h>

/* Linked by index + 1; 0 is none. A connection is in the list at most once. */
struct load_hold_entry {
	uint32_t next;
	uint32_t previous;
	uint32_t due; /* in units of 2^16 ns, modulo 2^32 */
	uint16_t generation;
	bool is_held;
};

struct load_hold {
	struct load_hold_entry *entries; /* one for each connection index; null where nothing is held */
	uint32_t first;
	uint32_t last;
};

enum { LOAD_HOLD_SHIFT = 16 };

/* Puts a connection at the end; `due_ns` must not be before that of the one put there last. */
void load_hold_put(struct load_hold *hold, uint32_t index, uint16_t generation, uint64_t due_ns);

/* Takes a connection out, wherever it is; nothing where it is not held. */
void load_hold_remove(struct load_hold *hold, uint32_t index);

/* Takes the first connection whose time has come. False where there is none. */
bool load_hold_take_due(struct load_hold *hold, uint64_t now_ns, uint32_t *index, uint16_t *generation);

#endif
