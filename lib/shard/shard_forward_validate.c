/* shard_forward_validate.c - what must be true of a group at any time. */
#include "shard/shard_forward_parts.h"

#include "udp/udp_fragments.h"

static bool is_open(const struct udp_session *session)
{
	return session->flags & UDP_SESSION_OPEN;
}

/* The set that its numbers are of; null where there is none. */
static const struct udp_rules *set_of(const struct shard_forward *forward, const struct udp_session *session)
{
	if (!forward->rules || session->set > 1)
		return NULL;
	if (session->set == forward->rules->set->number)
		return forward->rules->set;
	return forward->offered && forward->offered->is_taken ? forward->offered->map.from : NULL;
}

static bool session_is_sound(const struct shard_forward *forward, const struct udp_session *session)
{
	const struct table *in = &forward->shards[session->inner_shard]->table;
	const struct table *out = &forward->shards[session->outer_shard]->table;
	const struct udp_rules *set = set_of(forward, session);
	uint32_t index = udp_session_index(&forward->pool, session);

	return set && session->rule < set->rule_count &&
	       session->target < shard_rule_of(forward, session)->target_count &&
	       (session->flags & UDP_SESSION_COPY ||
		table_find(in, table_hash_udp(in, &session->inner), &session->inner) ==
			table_ref(TABLE_UDP_INNER, index)) &&
	       table_find(out, table_hash_udp(out, &session->outer), &session->outer) ==
		       table_ref(TABLE_UDP_OUTER, index);
}

/* Each shard knows how many entries of its table are sessions'. */
static bool flows_are_counted(const struct shard_forward *forward)
{
	uint32_t flows[SHARD_FORWARD_SHARDS] = {0};

	for (uint32_t i = 0; i < forward->pool.capacity; i++) {
		const struct udp_session *session = udp_session_at(&forward->pool, i);

		if (!is_open(session))
			continue;
		flows[session->inner_shard] += !(session->flags & UDP_SESSION_COPY);
		flows[session->outer_shard]++;
	}
	for (uint8_t i = 0; i < forward->shard_count; i++)
		if (flows[i] != forward->shards[i]->udp_flows)
			return false;
	return true;
}

/* The rule and target of a session among those of now. */
static const struct udp_rule *now_of(const struct shard_forward *forward, const struct udp_session *session,
				     uint16_t *target)
{
	if (session->set != forward->rules->set->number)
		return shard_reload_find(forward, session, target);
	*target = session->target;
	return shard_rule_of(forward, session);
}

/* And each rule and target how many are its own. */
static bool sessions_are_counted(const struct shard_forward *forward)
{
	const struct shard_rules *rules = forward->rules;
	uint64_t by_target = 0, by_rule = 0, of_targets = 0, of_rules = 0;

	if (!rules)
		return forward->pool.used == 0;
	for (uint16_t i = 0; i < rules->set->target_count; i++)
		by_target += rules->balance.targets[i].sessions;
	for (uint16_t i = 0; i < rules->set->rule_count; i++)
		by_rule += forward->limits.sessions[i];
	for (uint32_t i = 0; i < forward->pool.capacity; i++) {
		const struct udp_session *session = udp_session_at(&forward->pool, i);
		const struct udp_rule *rule;
		uint16_t target;

		if (!is_open(session))
			continue;
		rule = now_of(forward, session, &target);
		of_targets += target != UDP_NO_TARGET;
		of_rules += rule && !(session->flags & UDP_SESSION_COPY);
	}
	return by_target == of_targets && by_rule == of_rules;
}

uint64_t shard_forward_aliases(const struct quern_shard *shard)
{
	const struct shard_forward *forward = shard->forward;
	uint64_t held = 0;

	for (uint32_t i = 0; forward && i < forward->pool.capacity; i++) {
		const struct udp_session *session = udp_session_at(&forward->pool, i);

		if (is_open(session) && session->inner_shard == shard->forward_number)
			held += alias_is_peer(session->inner.remote);
		if (is_open(session) && session->outer_shard == shard->forward_number)
			held += alias_is_peer(session->outer.remote) + alias_is_peer(session->outer.local);
	}
	return held;
}

bool shard_forward_validate(const struct shard_forward *forward)
{
	for (uint32_t i = 0; i < forward->pool.capacity; i++) {
		const struct udp_session *session = udp_session_at(&forward->pool, i);

		if (is_open(session) && !session_is_sound(forward, session))
			return false;
	}
	if (forward->fragments && !udp_fragments_validate(forward->fragments))
		return false;
	return udp_pool_validate(&forward->pool) && udp_limits_validate(&forward->limits) &&
	       flows_are_counted(forward) && sessions_are_counted(forward);
}
