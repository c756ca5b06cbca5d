/* model_set.c - open addressing; an entry is the upper 62 bits of a hash, and two marks. */
#include "model/model_set.h"

#include <stdio.h>
#include <stdlib.h>

enum { FIRST_BITS = 16 };

static uint64_t *allocate(uint64_t places)
{
	uint64_t *entries = calloc(places, sizeof(*entries));

	if (!entries) {
		fprintf(stderr, "model: no memory for %llu states\n  run it where there is more, or a smaller plan\n",
			(unsigned long long)places);
		exit(2);
	}
	return entries;
}

void model_set_begin(struct model_set *set)
{
	*set = (struct model_set){.entries = allocate(1ull << FIRST_BITS), .mask = (1ull << FIRST_BITS) - 1};
}

void model_set_end(struct model_set *set)
{
	free(set->entries);
	*set = (struct model_set){0};
}

/* The place of a hash, or the empty one where it belongs. */
static uint64_t *find(const struct model_set *set, uint64_t hash)
{
	uint64_t place = hash >> 2 & set->mask;

	while (set->entries[place] && (set->entries[place] & ~(uint64_t)MODEL_MARKS) != hash)
		place = (place + 1) & set->mask;
	return &set->entries[place];
}

static void grow(struct model_set *set)
{
	uint64_t places = set->mask + 1, *old = set->entries;

	set->entries = allocate(places * 2);
	set->mask = places * 2 - 1;
	for (uint64_t i = 0; i < places; i++)
		if (old[i])
			*find(set, old[i] & ~(uint64_t)MODEL_MARKS) = old[i];
	free(old);
}

bool model_set_mark(struct model_set *set, uint64_t hash, enum model_mark mark)
{
	uint64_t *entry = find(set, hash);

	if (*entry & mark)
		return false;
	if (!*entry && ++set->used * 4 > (set->mask + 1) * 3) {
		grow(set);
		entry = find(set, hash);
	}
	*entry |= hash | mark;
	set->seen += mark == MODEL_SEEN;
	return true;
}

bool model_set_has(const struct model_set *set, uint64_t hash, enum model_mark mark)
{
	return *find(set, hash) & mark;
}
