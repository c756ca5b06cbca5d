/* udp_maglev.c - targets take turns, and each takes the next free entry in an order of its own. */
#include "udp/udp_maglev.h"

#include <string.h>

#include "base/hash.h"
#include "base/least.h"

enum { EACH_AT_LEAST = 100, FREE = 0xff };

/* Known to all: every quern that has the same targets sends a client to the same one. */
static const struct hash_secret NO_SECRET = {{0x717565726e206d61, 0x676c657620313020}};

/* A target's way through the table: entries start, start + step, start + 2 step, … modulo its prime size. */
struct way {
	uint64_t name; /* decides whose turn is first */
	uint32_t at;
	uint32_t step;
	uint32_t weight;
	uint32_t credit;
	uint8_t target;
};

static uint32_t weight_of(const struct quern_forward_target *target)
{
	return most(target->weight, 1);
}

uint32_t udp_maglev_entries(const struct quern_forward_target *targets, uint32_t count)
{
	uint32_t sum = 0, lightest = UINT32_MAX;

	for (uint32_t i = 0; i < count; i++) {
		sum += weight_of(&targets[i]);
		lightest = least(lightest, weight_of(&targets[i]));
	}
	return sum * EACH_AT_LEAST <= lightest * UDP_MAGLEV_ENTRIES ? UDP_MAGLEV_ENTRIES : UDP_MAGLEV_ENTRIES_MAX;
}

static struct way way_of(const struct quern_forward_target *target, uint8_t number, uint32_t entries)
{
	uint64_t words[3] = {(uint64_t)target->to.address << 16 | target->to.port, target->to.ip6.high,
			     target->to.ip6.low};
	uint64_t name = hash_sip(&NO_SECRET, words, sizeof words);

	return (struct way){.name = name,
			    .at = (uint32_t)(name >> 32) % entries,
			    .step = (uint32_t)name % (entries - 1) + 1,
			    .weight = weight_of(target),
			    .target = number};
}

/* In order of name, so that the order of a rule file says nothing. */
static void put_in_order(struct way *ways, uint32_t count, const struct way *way)
{
	while (count > 0 && ways[count - 1].name > way->name) {
		ways[count] = ways[count - 1];
		count--;
	}
	ways[count] = *way;
}

static void take_entry(uint8_t *table, uint32_t entries, struct way *way)
{
	while (table[way->at] != FREE) {
		way->at += way->step;
		if (way->at >= entries)
			way->at -= entries;
	}
	table[way->at] = way->target;
}

void udp_maglev_fill(uint8_t *table, uint32_t entries, const struct quern_forward_target *targets, uint32_t count)
{
	struct way ways[QUERN_FORWARD_TARGETS_MAX];
	uint32_t heaviest = 1, left = entries;

	for (uint32_t i = 0; i < count; i++) {
		struct way way = way_of(&targets[i], (uint8_t)i, entries);

		put_in_order(ways, i, &way);
		heaviest = most(heaviest, way.weight);
	}
	memset(table, FREE, entries);
	for (uint32_t turn = 0; left > 0; turn = turn + 1 == count ? 0 : turn + 1) {
		ways[turn].credit += ways[turn].weight;
		if (ways[turn].credit < heaviest)
			continue;
		ways[turn].credit -= heaviest;
		take_entry(table, entries, &ways[turn]);
		left--;
	}
}
