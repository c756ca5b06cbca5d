/* shard_forward_parts.h - what the files of forwarding share: a group, its rules, and the ways to their targets. */
#ifndef SHARD_SHARD_FORWARD_PARTS_H
#define SHARD_SHARD_FORWARD_PARTS_H

#include "shard/shard_forward.h"
#include "shard/shard_parts.h"
#include "udp/udp_balance.h"
#include "udp/udp_limits.h"
#include "udp/udp_rules.h"
#include "udp/udp_session.h"
#include "wire/wire_udp.h"

/* The way to a target: the shard of the port that leads to it, and where the next session's local end is looked for. */
struct shard_way {
	struct quern_endpoint to;
	uint32_t next_local;
	uint16_t next_port;
	uint8_t shard; /* in the group */
	bool is_known; /* `link` is good until known_ms, */
	uint32_t known_ms;
	struct wire_link link;
};

/* Rules as a group has them. */
struct shard_rules {
	const struct udp_rules *set;
	struct udp_balance balance;
	struct shard_way *ways; /* by first_target + number */
};

struct shard_forward {
	struct quern_shard *shards[SHARD_FORWARD_SHARDS];
	struct shard_rules *rules; /* null for none */
	struct udp_pool pool;
	struct shard_rules *offered; /* by another thread; null once taken */
	struct random random;
	struct udp_limits limits;
	uint8_t shard_count;
};

static inline const struct udp_rule *shard_rule_of(const struct shard_forward *forward,
						   const struct udp_session *session)
{
	return &forward->rules->set->rules[session->rule];
}

static inline struct shard_way *shard_way_of(const struct shard_forward *forward, const struct udp_rule *rule,
					     uint16_t target)
{
	return &forward->rules->ways[rule->first_target + target];
}

enum { SHARD_WAY_KNOWN_MS = 100 };

/* Whether the link header of a way is as ARP or ND have said not long ago: asked for anew now and then, since each of
 * them wants to see that an entry is in use. */
static inline bool shard_way_is_fresh(const struct shard_way *way, uint32_t now_ms)
{
	return way->is_known && now_ms - way->known_ms <= SHARD_WAY_KNOWN_MS;
}

/* shard_session.c */

/* Opens a session for a datagram that has none, by a rule that keeps some. Null, with the frame counted as dropped,
 * where that cannot be. */
struct udp_session *shard_session_open(struct quern_shard *shard, struct shard_frame *frame,
				       const struct udp_rule *rule);

/* Takes a session out of the tables and gives it back. */
void shard_session_close(struct shard_forward *forward, struct udp_session *session);

#endif
