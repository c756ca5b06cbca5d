/* udp_map.h - from the numbers of an old rule set to those of the new one: rules by name, their targets by endpoint. */
#ifndef UDP_UDP_MAP_H
#define UDP_UDP_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "udp/udp_rules.h"

struct udp_map {
	const struct udp_rules *from;
	const struct udp_rules *to;
	uint16_t *rules;   /* number in `to`, or UDP_NO_RULE */
	uint16_t *targets; /* by place among all targets of `from`: number in the new rule, or UDP_NO_TARGET */
};

/* Bytes of memory, aligned to 8, for a map from this set. */
size_t udp_map_bytes(const struct udp_rules *from);

/* Makes the map; both sets and `memory` must stay while it is used. A rule that keeps other sessions than before, as
 * for all targets instead of one, or none, is not the same, whatever its name. */
void udp_map_build(struct udp_map *map, void *memory, const struct udp_rules *from, const struct udp_rules *to);

/* The new rule of an old one's number; null where it is gone. */
static inline const struct udp_rule *udp_map_rule(const struct udp_map *map, uint16_t rule)
{
	uint16_t number = map->rules[rule];

	return number == UDP_NO_RULE ? NULL : &map->to->rules[number];
}

/* The number of an old rule's target in the new rule; UDP_NO_TARGET where it is gone. */
static inline uint16_t udp_map_target(const struct udp_map *map, uint16_t rule, uint16_t target)
{
	return map->targets[map->from->rules[rule].first_target + target];
}

#endif
