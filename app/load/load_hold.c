/* load_hold.c - a doubly linked list through an array: all waits are equal, so the order of arrival is that of expiry.
 */
#include "load/load_hold.h"

void load_hold_put(struct load_hold *hold, uint32_t index, uint16_t generation, uint64_t due_ns)
{
	struct load_hold_entry *entry = &hold->entries[index];

	*entry = (struct load_hold_entry){
		.previous = hold->last,
		/* Rounded up: never early. */
		.due = (uint32_t)((due_ns + (UINT64_C(1) << LOAD_HOLD_SHIFT) - 1) >> LOAD_HOLD_SHIFT),
		.generation = generation,
		.is_held = true,
	};
	if (hold->last)
		hold->entries[hold->last - 1].next = index + 1;
	else
		hold->first = index + 1;
	hold->last = index + 1;
}

void load_hold_remove(struct load_hold *hold, uint32_t index)
{
	struct load_hold_entry *entry;

	if (!hold->entries || !hold->entries[index].is_held)
		return;
	entry = &hold->entries[index];
	if (entry->previous)
		hold->entries[entry->previous - 1].next = entry->next;
	else
		hold->first = entry->next;
	if (entry->next)
		hold->entries[entry->next - 1].previous = entry->previous;
	else
		hold->last = entry->previous;
	entry->is_held = false;
}

bool load_hold_take_due(struct load_hold *hold, uint64_t now_ns, uint32_t *index, uint16_t *generation)
{
	const struct load_hold_entry *entry;

	if (!hold->first)
		return false;
	entry = &hold->entries[hold->first - 1];
	if ((int32_t)((uint32_t)(now_ns >> LOAD_HOLD_SHIFT) - entry->due) < 0)
		return false;
	*index = hold->first - 1;
	*generation = entry->generation;
	load_hold_remove(hold, *index);
	return true;
}
