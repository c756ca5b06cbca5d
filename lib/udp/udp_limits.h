/* udp_limits.h - how many sessions a rule has, and each source address of a rule: counted exactly, in bounded memory.
 *
 * Sources are counted where their rule asks for it. Their table has room for one source a session, which is the most
 * that there can be, so that any number of forged sources leaves it as it is. It knows rules by their id, and outlives
 * a reload. */
#ifndef UDP_UDP_LIMITS_H
#define UDP_UDP_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "udp/udp_map.h"
#include "udp/udp_rules.h"

struct udp_source {
	uint32_t address;
	uint32_t rule_id;
	uint32_t sessions; /* 0 is empty */
};

struct udp_limits {
	struct udp_source *sources; /* null where no rule asks for them */
	uint32_t slots;
	uint32_t capacity;
	uint32_t used;
	struct hash_secret secret;
	uint32_t sessions[QUERN_FORWARD_RULES_MAX]; /* by the rule's number; others may read it: counter_level_read() */
};

/* Why a session may not be opened. */
enum udp_limit {
	UDP_LIMIT_NONE,
	UDP_LIMIT_RULE,   /* max_sessions */
	UDP_LIMIT_SOURCE, /* max_sessions_per_source */
	UDP_LIMIT_SOURCES /* no room for another source: there are fewer than sessions */
};

/* True for a set in which a rule limits sessions by source: only then is memory needed. */
bool udp_limits_counts_sources(const struct udp_rules *set);

/* Bytes of memory, aligned to 64, for so many sources: as many as there may be sessions. */
size_t udp_limits_bytes(uint32_t sources);

/* Begins with no session. `memory` is all zero; null where no source is to be counted. */
void udp_limits_init(struct udp_limits *limits, void *memory, uint32_t sources, const struct hash_secret *secret);

/* Gives memory, all zero, to limits that had none: a new set counts sources. Sessions that are open are not counted. */
void udp_limits_add_sources(struct udp_limits *limits, void *memory, uint32_t sources);

/* Counts a session of this rule and source, and says by `is_by_source` whether its source was counted; or says which
 * limit forbids it, and counts nothing. */
enum udp_limit udp_limits_open(struct udp_limits *limits, const struct udp_rule *rule, uint32_t source,
			       bool *is_by_source);

/* A session that was counted is closed. `rule` is of the set that is in use, or was when it was opened. */
void udp_limits_close(struct udp_limits *limits, const struct udp_rule *rule, uint32_t source, bool is_by_source);

/* A reload: what was counted by old numbers of rules is by new ones. Sessions of rules that are gone are closed by
 * udp_limits_forget(), which has no number any more. */
void udp_limits_renumber(struct udp_limits *limits, const struct udp_map *map);
void udp_limits_forget(struct udp_limits *limits, const struct udp_rule *gone, uint32_t source, bool is_by_source);

/* Sessions that are counted for a source of a rule. */
uint32_t udp_limits_of_source(const struct udp_limits *limits, const struct udp_rule *rule, uint32_t source);

/* Each source is found where it lies, and all counts agree. For tests: O(slots). */
bool udp_limits_validate(const struct udp_limits *limits);

#endif
