/* udp_rules.h - a set of forwarding rules, immutable once built, in memory of the caller's: which rule has a datagram.
 *
 * Addresses are what flow keys hold: IPv4, or the alias of one of IPv6. A reload builds another set and swaps the two;
 * udp_map.h says which rule and target of the one is which of the other. */
#ifndef UDP_UDP_RULES_H
#define UDP_UDP_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <quern/forward.h>

#define UDP_ADDRESS_BROADCAST UINT32_C(0xffffffff)

enum { UDP_NO_RULE = 0xffff, UDP_NO_TARGET = 0xffff };

struct udp_target {
	struct quern_endpoint to; /* port 0: the one that the datagram came to */
	uint16_t weight;          /* 1 to 256 */
};

/* What is asked of a rule while datagrams pass; the rest is in udp_rules.configured. */
struct udp_rule {
	const struct udp_target *targets;
	const uint8_t *maglev; /* numbers of targets; null where there is no choice by hash */
	uint32_t maglev_entries;
	uint32_t first_target; /* place of its first target among all targets of the set: for arrays beside it */
	uint32_t id;           /* of its name: the same in every set, and no other rule's in this one */
	uint32_t idle_ms;
	uint32_t max_sessions;            /* UINT32_MAX for none */
	uint32_t max_sessions_per_source; /* 0 for none */
	uint32_t slow_start_ms;
	uint16_t number; /* its place in the set */
	uint8_t target_count;
	uint8_t balance; /* enum quern_balance */
	uint8_t set;     /* number of the set that it is of */
	bool is_even;    /* all targets have the same weight */
	bool keep_port, keep_source, one_way, translate, broadcast, answers_refresh;
};

/* All targets of a rule, a bit each. */
static inline uint64_t udp_rule_all(const struct udp_rule *rule)
{
	return ~UINT64_C(0) >> (QUERN_FORWARD_TARGETS_MAX - rule->target_count);
}

/* Ports of one address of one port of the engine's, cut into pieces that have one rule, or none, each. */
struct udp_place {
	uint64_t key;   /* 0 is empty */
	uint16_t first; /* its pieces, among all */
	uint16_t count; /* at least 1: the first begins with port 0 */
};

struct udp_rules {
	const struct quern_forward_rule *configured; /* a copy, with all that it points to */
	const struct udp_rule *rules;
	const struct udp_target *targets;
	const struct udp_place *places; /* hashed by key */
	const uint16_t *piece_ports;    /* the first port of each piece */
	const uint16_t *piece_rules;    /* and its rule */
	uint32_t place_mask;
	uint16_t rule_count;
	uint16_t target_count; /* of all rules */
	uint8_t number;        /* for sessions to note which set they are of */
};

/* The number that stands for a rule's name. */
uint32_t udp_rules_id(const char *name);

/* Bytes of memory, aligned to 64, for the set of these rules. */
size_t udp_rules_bytes(const struct quern_forward_rule *rules, uint32_t count);

/* Builds a set, in which quern_forward_faults() finds no fault, at the beginning of `memory`. `listens` are the rules'
 * own addresses as flow keys have them, 0 for any; null where all are of IPv4. Nothing of `rules` is needed
 * afterwards. */
const struct udp_rules *udp_rules_build(void *memory, const struct quern_forward_rule *rules, uint32_t count,
					const uint32_t *listens, uint8_t number);

/* The rule that has datagrams to this address and UDP port which came in by the engine's port `port`; null where none
 * has. All broadcast addresses are asked for as UDP_ADDRESS_BROADCAST. Rules for any address take no groups, and where
 * they do not translate only datagrams of their targets' version. */
const struct udp_rule *udp_rules_find(const struct udp_rules *rules, uint16_t port, uint32_t address,
				      uint16_t udp_port);

#endif
