/* ctl_heap.c - a heap whose least row stands first, and goes when a greater one comes. */
#include "ctl/ctl_heap.h"

#include <stdlib.h>

/* Numbers of 32 bits come round: nearly a whole turn is taken for nothing that is known. */
#define MOST_BYTES UINT32_C(0xe0000000)

enum { SEEN_PLACES = 1 << 21, WAYS = 8 /* places that a name may be at */ };

struct place {
	uint64_t name;
	double at_s;
	uint32_t snd_nxt, rcv_nxt;
};

struct ctl_seen {
	struct place places[SEEN_PLACES];
};

static void swap(struct ctl_row *a, struct ctl_row *b)
{
	struct ctl_row other = *a;

	*a = *b;
	*b = other;
}

static void sink(struct ctl_heap *heap)
{
	size_t at = 0, least;

	for (;; at = least) {
		least = at;
		for (size_t child = 2 * at + 1; child <= 2 * at + 2; child++)
			if (child < heap->count && heap->rows[child].value < heap->rows[least].value)
				least = child;
		if (least == at)
			return;
		swap(&heap->rows[at], &heap->rows[least]);
	}
}

void ctl_heap_add(struct ctl_heap *heap, const struct ctl_row *row)
{
	if (heap->count == heap->most) {
		if (row->value <= heap->rows[0].value)
			return;
		heap->rows[0] = *row;
		sink(heap);
		return;
	}
	heap->rows[heap->count] = *row;
	for (size_t at = heap->count++; at > 0; at = (at - 1) / 2) {
		if (heap->rows[at].value >= heap->rows[(at - 1) / 2].value)
			break;
		swap(&heap->rows[at], &heap->rows[(at - 1) / 2]);
	}
}

static int greater_first(const void *a, const void *b)
{
	double one = ((const struct ctl_row *)a)->value, other = ((const struct ctl_row *)b)->value;

	return (one < other) - (one > other);
}

void ctl_heap_sort(struct ctl_heap *heap)
{
	qsort(heap->rows, heap->count, sizeof(heap->rows[0]), greater_first);
}

struct ctl_seen *ctl_seen_open(void)
{
	return calloc(1, sizeof(struct ctl_seen));
}

void ctl_seen_close(struct ctl_seen *seen)
{
	free(seen);
}

/* FNV-1a. */
static uint64_t hash(const char *text)
{
	uint64_t value = UINT64_C(0xcbf29ce484222325);

	for (; *text; text++)
		value = (value ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return value ? value : 1;
}

/* Where the name is, or else of its places the one that was noted longest ago. */
static struct place *place_of(struct ctl_seen *seen, uint64_t name)
{
	struct place *first = &seen->places[(name ^ name >> 32) % (SEEN_PLACES / WAYS) * WAYS], *oldest = first;

	for (struct place *place = first; place < first + WAYS; place++) {
		if (place->name == name)
			return place;
		if (place->at_s < oldest->at_s)
			oldest = place;
	}
	return oldest;
}

bool ctl_seen_rate(struct ctl_seen *seen, const char *name, uint32_t snd_nxt, uint32_t rcv_nxt, double now_s,
		   struct ctl_row *row)
{
	struct place now = {hash(name), now_s, snd_nxt, rcv_nxt};
	struct place *place = place_of(seen, now.name), before = *place;
	uint32_t sent = snd_nxt - before.snd_nxt, received = rcv_nxt - before.rcv_nxt;

	*place = now;
	if (before.name != now.name || now_s <= before.at_s || sent > MOST_BYTES || received > MOST_BYTES)
		return false;
	row->sent_s = sent / (now_s - before.at_s);
	row->received_s = received / (now_s - before.at_s);
	return true;
}
