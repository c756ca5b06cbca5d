/* shard_forward_recent.h - sessions whose datagrams came lately, found without hash and table: by their keys, of which
 * a shard remembers one at each of some places. A flow whose place another one has taken is looked for in the table.
 * Who makes flows share a place makes them as slow as they would be without it, and no slower. */
#ifndef SHARD_SHARD_FORWARD_RECENT_H
#define SHARD_SHARD_FORWARD_RECENT_H

#include "shard/shard_parts.h"
#include "udp/udp_session.h"

static inline const struct flow_key **shard_recent_place(struct quern_shard *shard, const struct flow_key *key)
{
	uint64_t addresses;
	uint32_t ports;

	memcpy(&addresses, key, 8);
	memcpy(&ports, &key->local_port, 4);
	return &shard->recent[(addresses ^ ports) * UINT64_C(0x9e3779b97f4a7c15) >> (64 - SHARD_RECENT_BITS)];
}

/* Remembers a session, by the key of its two that the shard's table has. Not for those that need more than a glance. */
static inline void shard_recent_add(struct quern_shard *shard, const struct flow_key *key)
{
	*shard_recent_place(shard, key) = key;
}

/* A session is closed: its key is nobody's. */
static inline void shard_recent_forget(struct quern_shard *shard, const struct flow_key *key)
{
	const struct flow_key **place = shard_recent_place(shard, key);

	if (*place == key)
		*place = NULL;
}

/* The key in the session of a flow, where it is remembered; else null. */
static inline const struct flow_key *shard_recent_find(struct quern_shard *shard, const struct flow_key *key)
{
	const struct flow_key *found = *shard_recent_place(shard, key);

	return found && flow_key_equal(found, key) ? found : NULL;
}

/* The session that a key lies in: records are lines, and the inner key is the first of one. */
static inline struct udp_session *shard_recent_session(const struct flow_key *key, bool *is_inner)
{
	uintptr_t at = (uintptr_t)key, line = at & ~(uintptr_t)(sizeof(struct udp_session) - 1);

	*is_inner = at == line;
	return (struct udp_session *)line;
}

#endif
