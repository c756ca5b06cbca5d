/* load_turns.h - whose turn it is: targets by their weights, each spread over the round as evenly as goes. */
#ifndef LOAD_TURNS_H
#define LOAD_TURNS_H

#include <stdint.h>

#include "cli/cli_settings.h"

struct load_turns {
	uint8_t *order; /* of a round; null where there is one target only */
	uint32_t count; /* turns of a round */
	uint32_t next;
};

/* Prepares a round of `count` targets, in which each has as many turns as its weight, divided by what all weights have
 * in common. 0 or -ENOMEM; undone by load_turns_close(). */
int load_turns_open(struct load_turns *turns, const uint16_t *weights, uint16_t count);
void load_turns_close(struct load_turns *turns);

/* The target whose turn it is, by its number. */
static inline uint8_t load_turns_take(struct load_turns *turns)
{
	uint8_t target;

	if (!turns->order)
		return 0;
	target = turns->order[turns->next];
	if (++turns->next == turns->count)
		turns->next = 0;
	return target;
}

#endif
