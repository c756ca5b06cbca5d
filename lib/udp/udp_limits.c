/* udp_limits.c - sessions by rule, and by source in a table with open addressing.
 *
 * A source lies at its home or behind it, without a hole between: what is taken out is filled by the next that may lie
 * there. So nothing is left behind by sources that have gone, however many there were. */
#include "udp/udp_limits.h"

#include <string.h>

#include "base/check.h"
#include "base/counter.h"
#include "base/line.h"

bool udp_limits_counts_sources(const struct udp_rules *set)
{
	for (uint32_t i = 0; i < set->rule_count; i++) {
		if (set->rules[i].max_sessions_per_source != 0)
			return true;
	}
	return false;
}

/* Three fifths of the slots are used at most: chains stay short, for 20 bytes a source. */
static uint32_t slots_for(uint32_t sources)
{
	return sources + sources / 3 * 2 + 2;
}

size_t udp_limits_bytes(uint32_t sources)
{
	return base_line_up((size_t)slots_for(sources) * sizeof(struct udp_source));
}

void udp_limits_init(struct udp_limits *limits, void *memory, uint32_t sources, const struct hash_secret *secret)
{
	memset(limits, 0, sizeof(*limits));
	limits->secret = *secret;
	if (memory)
		udp_limits_add_sources(limits, memory, sources);
}

void udp_limits_add_sources(struct udp_limits *limits, void *memory, uint32_t sources)
{
	CHECK(!limits->sources);
	limits->sources = memory;
	limits->slots = slots_for(sources);
	limits->capacity = sources;
}

static uint32_t home_of(const struct udp_limits *limits, uint32_t rule_id, uint32_t address)
{
	uint64_t name = (uint64_t)rule_id << 32 | address;
	uint64_t hash = hash_fold(hash_fold(name ^ limits->secret.words[0], limits->secret.words[1] | 1) ^ name,
				  limits->secret.words[0] | 1);

	return (uint32_t)((hash >> 32) * limits->slots >> 32);
}

static uint32_t after(const struct udp_limits *limits, uint32_t slot)
{
	return slot + 1 == limits->slots ? 0 : slot + 1;
}

/* How many slots `slot` lies behind `home`, going round. */
static uint32_t distance(const struct udp_limits *limits, uint32_t home, uint32_t slot)
{
	return slot >= home ? slot - home : slot + limits->slots - home;
}

/* The entry of a source, or the free one where it would be put. */
static struct udp_source *entry_of(const struct udp_limits *limits, uint32_t rule_id, uint32_t address)
{
	uint32_t slot = home_of(limits, rule_id, address);
	struct udp_source *entry = &limits->sources[slot];

	while (entry->sessions != 0 && (entry->address != address || entry->rule_id != rule_id)) {
		slot = after(limits, slot);
		entry = &limits->sources[slot];
	}
	return entry;
}

/* Fills the hole with what may lie there, and goes on with the hole that this leaves. */
static void take_out(struct udp_limits *limits, struct udp_source *entry)
{
	uint32_t hole = (uint32_t)(entry - limits->sources);

	for (uint32_t slot = after(limits, hole); limits->sources[slot].sessions != 0; slot = after(limits, slot)) {
		const struct udp_source *other = &limits->sources[slot];
		uint32_t home = home_of(limits, other->rule_id, other->address);

		if (distance(limits, home, slot) < distance(limits, hole, slot))
			continue;
		limits->sources[hole] = *other;
		hole = slot;
	}
	limits->sources[hole] = (struct udp_source){.sessions = 0};
	limits->used--;
}

enum udp_limit udp_limits_open(struct udp_limits *limits, const struct udp_rule *rule, uint32_t source,
			       bool *is_by_source)
{
	struct udp_source *entry;

	if (limits->sessions[rule->number] >= rule->max_sessions)
		return UDP_LIMIT_RULE;
	if (rule->max_sessions_per_source != 0) {
		CHECK(limits->sources);
		entry = entry_of(limits, rule->id, source);
		if (entry->sessions >= rule->max_sessions_per_source)
			return UDP_LIMIT_SOURCE;
		if (entry->sessions == 0 && limits->used == limits->capacity)
			return UDP_LIMIT_SOURCES;
		limits->used += entry->sessions == 0;
		*entry = (struct udp_source){.address = source, .rule_id = rule->id, .sessions = entry->sessions + 1};
	}
	*is_by_source = rule->max_sessions_per_source != 0;
	counter_level_up(&limits->sessions[rule->number]);
	return UDP_LIMIT_NONE;
}

void udp_limits_forget(struct udp_limits *limits, const struct udp_rule *gone, uint32_t source, bool is_by_source)
{
	struct udp_source *entry;

	if (!is_by_source)
		return;
	entry = entry_of(limits, gone->id, source);
	CHECK(entry->sessions > 0);
	if (entry->sessions == 1)
		take_out(limits, entry);
	else
		entry->sessions--;
}

void udp_limits_close(struct udp_limits *limits, const struct udp_rule *rule, uint32_t source, bool is_by_source)
{
	CHECK(limits->sessions[rule->number] > 0);
	udp_limits_forget(limits, rule, source, is_by_source);
	counter_level_down(&limits->sessions[rule->number]);
}

void udp_limits_renumber(struct udp_limits *limits, const struct udp_map *map)
{
	uint32_t sessions[QUERN_FORWARD_RULES_MAX] = {0};

	for (uint32_t i = 0; i < map->from->rule_count; i++) {
		if (map->rules[i] != UDP_NO_RULE)
			sessions[map->rules[i]] = limits->sessions[i];
	}
	for (uint32_t i = 0; i < QUERN_FORWARD_RULES_MAX; i++)
		__atomic_store_n(&limits->sessions[i], sessions[i], __ATOMIC_RELAXED);
}

uint32_t udp_limits_of_source(const struct udp_limits *limits, const struct udp_rule *rule, uint32_t source)
{
	return limits->sources ? entry_of(limits, rule->id, source)->sessions : 0;
}

bool udp_limits_validate(const struct udp_limits *limits)
{
	uint32_t used = 0;

	for (uint32_t slot = 0; slot < limits->slots; slot++) {
		const struct udp_source *entry = &limits->sources[slot];

		if (entry->sessions == 0)
			continue;
		used++;
		if (entry_of(limits, entry->rule_id, entry->address) != entry)
			return false;
	}
	return used == limits->used && used <= limits->capacity;
}
