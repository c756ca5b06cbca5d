/* udp_map.c - finds the rules and targets of an old set in a new one. */
#include "udp/udp_map.h"

#include <stdbool.h>

#include "base/ip6.h"

size_t udp_map_bytes(const struct udp_rules *from)
{
	return ((size_t)from->rule_count + from->target_count) * sizeof(uint16_t);
}

/* Sessions of the one may be the other's. */
static bool is_like(const struct udp_rule *rule, const struct udp_rule *old)
{
	return rule->id == old->id && rule->one_way == old->one_way && rule->keep_source == old->keep_source &&
	       (rule->balance == QUERN_BALANCE_ALL) == (old->balance == QUERN_BALANCE_ALL);
}

static uint16_t rule_like(const struct udp_rules *set, const struct udp_rule *old)
{
	for (uint16_t i = 0; i < set->rule_count; i++) {
		if (is_like(&set->rules[i], old))
			return i;
	}
	return UDP_NO_RULE;
}

static bool is_same(const struct quern_endpoint *a, const struct quern_endpoint *b)
{
	return a->address == b->address && a->port == b->port && ip6_equal(a->ip6, b->ip6);
}

static uint16_t target_like(const struct udp_rule *rule, const struct udp_target *old)
{
	for (uint16_t i = 0; i < rule->target_count; i++) {
		if (is_same(&rule->targets[i].to, &old->to))
			return i;
	}
	return UDP_NO_TARGET;
}

void udp_map_build(struct udp_map *map, void *memory, const struct udp_rules *from, const struct udp_rules *to)
{
	map->from = from;
	map->to = to;
	map->rules = memory;
	map->targets = map->rules + from->rule_count;
	for (uint32_t i = 0; i < from->rule_count; i++) {
		const struct udp_rule *old = &from->rules[i];

		map->rules[i] = rule_like(to, old);
		for (uint32_t t = 0; t < old->target_count; t++)
			map->targets[old->first_target + t] =
				map->rules[i] == UDP_NO_RULE ? UDP_NO_TARGET
							     : target_like(&to->rules[map->rules[i]], &old->targets[t]);
	}
}
