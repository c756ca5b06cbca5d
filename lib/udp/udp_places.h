/* udp_places.h - the index of a rule set: from the address and port that a datagram came to, to the rule that has it.
 */
#ifndef UDP_UDP_PLACES_H
#define UDP_UDP_PLACES_H

#include <stdint.h>

#include "udp/udp_rules.h"

/* A rule stands at its own address, or at any of a version or of both, and perhaps where broadcasts are. */
enum { UDP_PLACES_OF_RULE = 3 };

/* Where the index of so many places, each with one rule at least, goes: how many entries and pieces it needs. */
struct udp_places_size {
	uint32_t entries; /* a power of two */
	uint32_t pieces;
};

/* What the index of these rules needs at most. */
struct udp_places_size udp_places_size(const struct quern_forward_rule *rules, uint32_t count);

/* Fills places, all zero, and pieces. `listens` are the rules' addresses as flow keys have them. */
void udp_places_build(struct udp_rules *set, struct udp_place *places, uint16_t *piece_ports, uint16_t *piece_rules,
		      const uint32_t *listens);

#endif
