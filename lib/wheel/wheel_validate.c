/* wheel_validate.c - the wheel's invariants, for tests. */
#include <stddef.h>

#include "base/seq.h"
#include "wheel/wheel.h"

/* The tick at which a slot is visited next. False for a slot that lies behind now and must be empty. */
static bool slot_visit(const struct wheel *wheel, uint32_t level, uint32_t slot, uint32_t *visit)
{
	uint32_t shift = level * WHEEL_SLOT_BITS;
	uint32_t ahead = (slot - (wheel->now >> shift)) % WHEEL_SLOTS;

	if (ahead == 0)
		*visit = wheel->now;
	else
		*visit = ((wheel->now >> shift) + ahead) << shift;
	if (level == WHEEL_LEVELS - 1)
		return ahead <= WHEEL_SLOTS / 2;
	return *visit >> (shift + WHEEL_SLOT_BITS) == wheel->now >> (shift + WHEEL_SLOT_BITS);
}

static const struct wheel_node *node_of(const struct wheel *wheel, uint32_t number)
{
	return (const struct wheel_node *)((const char *)wheel->first + ((size_t)(number - 1) << wheel->stride_shift));
}

/* Counts the nodes of a slot, and looks at their links and deadlines. */
static bool slot_is_right(const struct wheel *wheel, uint32_t level, uint32_t slot, uint32_t *linked)
{
	uint32_t number = wheel->heads[level][slot];
	uint32_t previous = 0;
	uint32_t visit;

	if ((number != 0) != (wheel->occupied[level][slot / 64] >> (slot % 64) & 1))
		return false;
	if (number == 0)
		return true;
	if (!slot_visit(wheel, level, slot, &visit))
		return false;
	for (; number != 0; previous = number, number = node_of(wheel, number)->next) {
		const struct wheel_node *node = node_of(wheel, number);
		bool is_first = previous == 0;

		if (++*linked > wheel->linked)
			return false;
		if (node->prev == 0 || (!is_first && node->prev != previous))
			return false;
		if (is_first && node->prev % (WHEEL_LEVELS * WHEEL_SLOTS) != level * WHEEL_SLOTS + slot)
			return false;
		if (node->due != WHEEL_NEVER && seq_before(node->due, visit) && visit != wheel->now)
			return false;
	}
	return true;
}

bool wheel_validate(const struct wheel *wheel)
{
	uint32_t linked = 0;

	for (uint32_t level = 0; level < WHEEL_LEVELS; level++) {
		for (uint32_t slot = 0; slot < WHEEL_SLOTS; slot++) {
			if (!slot_is_right(wheel, level, slot, &linked))
				return false;
		}
	}
	return linked == wheel->linked;
}
