/* load_wheel.h - connections that wait for a time of their own, in a hashed timing wheel through an array: each is put
 * into the slot of its tick, and left there until the tick of its turn of the wheel has come. */
#ifndef LOAD_WHEEL_H
#define LOAD_WHEEL_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

/* Linked by index + 1; 0 is none. A connection waits for one thing at most. */
struct load_wheel_entry {
	uint32_t next;
	uint32_t previous;
	uint32_t due; /* in ticks, modulo 2^32 */
	uint16_t generation;
	bool waits;
};

static_assert(sizeof(struct load_wheel_entry) == 16, "what waiting adds to a connection");

struct load_wheel {
	struct load_wheel_entry *entries; /* one for each connection index; null where nothing waits */
	uint32_t *slots;                  /* the first of each */
	uint32_t slot_mask;
	uint32_t count; /* that wait */
	uint32_t tick;  /* is being looked at, or was last */
	uint32_t at;    /* the next to look at in its slot */
	bool is_hurried;
};

enum { LOAD_WHEEL_SHIFT = 16 }; /* a tick has 2^16 ns */

/* Reserves a wheel for `count` connections that wait up to `longest_ns`, 39 hours at most. 0 or -ENOMEM. */
int load_wheel_open(struct load_wheel *wheel, uint32_t count, uint64_t longest_ns);
void load_wheel_close(struct load_wheel *wheel);

/* Has a connection that does not wait yet do so from now on. */
void load_wheel_put(struct load_wheel *wheel, uint32_t index, uint16_t generation, uint64_t now_ns, uint64_t wait_ns);

/* Takes a connection out, wherever it is; nothing where it does not wait. */
void load_wheel_remove(struct load_wheel *wheel, uint32_t index);

/* Takes a connection whose time has come: never early, and one tick late at most where it is asked often enough. False
 * where there is none, or none was found at the number of places that are looked at in a call. */
bool load_wheel_take(struct load_wheel *wheel, uint64_t now_ns, uint32_t *index, uint16_t *generation);

/* From now on nobody waits: all are taken, those of later too. */
void load_wheel_hurry(struct load_wheel *wheel);

/* Takes that back, once all are taken or removed. */
void load_wheel_calm(struct load_wheel *wheel);

#endif
