/* wheel.h - hierarchical timing wheel with lazy nodes: arming later only stores a number. Never fires early. */
#ifndef WHEEL_WHEEL_H
#define WHEEL_WHEEL_H

#include <stdbool.h>
#include <stdint.h>

enum {
	WHEEL_LEVELS = 4,
	WHEEL_SLOT_BITS = 8,
	WHEEL_SLOTS = 1 << WHEEL_SLOT_BITS, /* levels of 256 ms, 65 s, 4.6 h, 49 days at 1 ms a tick */
	WHEEL_NEVER = 0                     /* `due` of a node that is not armed */
};

/* Lives inside the record it times. All zero is not armed and not linked. A node that is not armed may stay linked
 * until its slot is visited, also while its record is free: nobody but the wheel touches next and prev. */
struct wheel_node {
	uint32_t due;  /* tick, or WHEEL_NEVER */
	uint32_t next; /* index + 1 of the next node in the slot; 0 ends */
	uint32_t prev; /* index + 1 of the previous node; or WHEEL_HEAD | level and slot where first; 0 not linked */
};

struct wheel {
	struct wheel_node *first; /* the node of record 0 */
	uint32_t stride_shift;    /* records are 1 << stride_shift bytes apart */
	uint32_t now;             /* last tick that was advanced to */
	uint32_t linked;          /* nodes in slots, armed or not */
	uint32_t lag; /* ticks not finished because the last turn was full; 0: nothing that is due is left */
	uint32_t heads[WHEEL_LEVELS][WHEEL_SLOTS];
	uint64_t occupied[WHEEL_LEVELS][WHEEL_SLOTS / 64]; /* slots that are not empty */
};

/* Begins at tick `now` over nodes that lie 1 << stride_shift bytes apart from `first`, all zero. */
void wheel_init(struct wheel *wheel, struct wheel_node *first, uint32_t stride_shift, uint32_t now);

/* Sets the deadline of a node, armed or not; less than 2^31 ticks (24 days) from now. A tick at or before now fires at
 * the next advance. O(1). A deadline at the tick WHEEL_NEVER moves to the one behind it. */
void wheel_arm(struct wheel *wheel, struct wheel_node *node, uint32_t due);

/* The node will not fire. O(1): it stays linked until its slot comes. */
void wheel_disarm(struct wheel_node *node);

/* Moves to tick `now` and writes the indices of nodes that are due, each disarmed, to `fired`; at most `max`.
 * Visits of nodes that are not due are bounded as well, so a turn's work is. What is left over stays in place: `lag` is
 * then at least 1, `now` stands at the tick that is not finished, and the next call goes on from there. */
uint32_t wheel_advance(struct wheel *wheel, uint32_t now, uint32_t *fired, uint32_t max);

/* A tick at or before the earliest deadline, or false where nothing is linked. May be early, for a lazy node. */
bool wheel_next(const struct wheel *wheel, uint32_t *tick);

/* Every link, slot, bitmap and count agrees; each armed node is in a slot that is visited by its deadline.
 * For tests: O(linked + slots). */
bool wheel_validate(const struct wheel *wheel);

#endif
