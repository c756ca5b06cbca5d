/* load_wheel.c - put, remove and take, each by a list that is linked both ways. */
#include "load/load_wheel.h"

#include <errno.h>
#include <stdlib.h>

enum {
	LEAST_SLOTS = 1 << 8,
	MOST_SLOTS = 1 << 20, /* 69 s; who waits longer is passed over once in so long */
	LOOKS = 256
};

int load_wheel_open(struct load_wheel *wheel, uint32_t count, uint64_t longest_ns)
{
	uint32_t slots = LEAST_SLOTS;

	while (slots < MOST_SLOTS && slots <= longest_ns >> LOAD_WHEEL_SHIFT)
		slots *= 2;
	*wheel = (struct load_wheel){.slot_mask = slots - 1};
	wheel->entries = calloc(count, sizeof(*wheel->entries));
	wheel->slots = calloc(slots, sizeof(*wheel->slots));
	if (wheel->entries && wheel->slots)
		return 0;
	load_wheel_close(wheel);
	return -ENOMEM;
}

void load_wheel_close(struct load_wheel *wheel)
{
	free(wheel->entries);
	free(wheel->slots);
	*wheel = (struct load_wheel){.entries = NULL};
}

void load_wheel_put(struct load_wheel *wheel, uint32_t index, uint16_t generation, uint64_t now_ns, uint64_t wait_ns)
{
	struct load_wheel_entry *entry = &wheel->entries[index];
	/* Rounded up: never early. */
	uint32_t due = (uint32_t)((now_ns + wait_ns + (UINT64_C(1) << LOAD_WHEEL_SHIFT) - 1) >> LOAD_WHEEL_SHIFT);
	uint32_t *slot;

	if (wheel->count == 0) {
		wheel->tick = (uint32_t)(now_ns >> LOAD_WHEEL_SHIFT);
		wheel->at = 0;
	}
	/* That slot has been looked at, or is being. */
	if ((int32_t)(due - wheel->tick) <= 0)
		due = wheel->tick + 1;
	slot = &wheel->slots[due & wheel->slot_mask];
	*entry = (struct load_wheel_entry){.next = *slot, .due = due, .generation = generation, .waits = true};
	if (*slot)
		wheel->entries[*slot - 1].previous = index + 1;
	*slot = index + 1;
	wheel->count++;
}

void load_wheel_remove(struct load_wheel *wheel, uint32_t index)
{
	struct load_wheel_entry *entry;

	if (!wheel->entries || !wheel->entries[index].waits)
		return;
	entry = &wheel->entries[index];
	if (wheel->at == index + 1)
		wheel->at = entry->next;
	if (entry->next)
		wheel->entries[entry->next - 1].previous = entry->previous;
	if (entry->previous)
		wheel->entries[entry->previous - 1].next = entry->next;
	else
		wheel->slots[entry->due & wheel->slot_mask] = entry->next;
	entry->waits = false;
	wheel->count--;
}

bool load_wheel_take(struct load_wheel *wheel, uint64_t now_ns, uint32_t *index, uint16_t *generation)
{
	uint32_t now_tick = (uint32_t)(now_ns >> LOAD_WHEEL_SHIFT);

	for (int looks = 0; wheel->count > 0 && looks < LOOKS; looks++) {
		const struct load_wheel_entry *entry;

		if (wheel->at == 0) {
			if ((int32_t)(now_tick - wheel->tick) <= 0 && !wheel->is_hurried)
				return false;
			wheel->tick++;
			wheel->at = wheel->slots[wheel->tick & wheel->slot_mask];
			continue;
		}
		*index = wheel->at - 1;
		entry = &wheel->entries[*index];
		*generation = entry->generation;
		if ((int32_t)(entry->due - wheel->tick) <= 0 || wheel->is_hurried) {
			load_wheel_remove(wheel, *index);
			return true;
		}
		wheel->at = entry->next;
	}
	return false;
}

void load_wheel_hurry(struct load_wheel *wheel)
{
	wheel->is_hurried = true;
}

void load_wheel_calm(struct load_wheel *wheel)
{
	wheel->is_hurried = false;
}
