/* shard_forward_reload.c - other rules for a group that forwards. From one turn to the next new sessions go by the new
 * ones. Those that are open go by the old ones until they are looked at, so many a turn, and then by the new ones or
 * not at all: session.set says which. Counts of rules and targets are the new ones' from the first turn on. */
#include "shard/shard_group.h"

#include "base/check.h"
#include "base/line.h"

/* Work of a turn: some 50 us. A session that ends, or gets another time to end at, is more of it than one that just
 * goes on. */
enum { WORK_A_TURN = 4096, WORK_GOES_ON = 1, WORK_IS_TIMED = 4, WORK_ENDS = 16 };

size_t shard_reload_bytes(const struct shard_forward *forward, const struct quern_forward_rule *rules, uint16_t count)
{
	return base_line_up(sizeof(struct shard_reload)) + base_line_up(udp_map_bytes(forward->rules->set)) +
	       shard_rules_bytes(rules, count);
}

size_t shard_reload_sources_bytes(const struct shard_forward *forward, const struct quern_forward_rule *rules,
				  uint16_t count)
{
	for (uint16_t i = 0; i < count && !forward->limits.sources; i++)
		if (rules[i].max_sessions_per_source != 0)
			return udp_limits_bytes(forward->pool.capacity);
	return 0;
}

int shard_reload_build(void *memory, const struct shard_forward *forward, const struct quern_forward_rule *rules,
		       uint16_t count, void *sources)
{
	struct shard_reload *reload = memory;
	char *map = (char *)memory + base_line_up(sizeof(*reload));
	char *set = map + base_line_up(udp_map_bytes(forward->rules->set));
	int code = shard_rules_build(set, forward, rules, count);

	if (code != 0)
		return code;
	*reload = (struct shard_reload){.rules = (struct shard_rules *)(void *)set, .sources = sources};
	udp_map_build(&reload->map, map, forward->rules->set, reload->rules->set);
	return 0;
}

void shard_reload_check(struct shard_reload *reload, struct shard_checks *checks)
{
	shard_rules_check(reload->rules, checks);
}

void shard_forward_offer(struct shard_forward *forward, struct shard_reload *reload)
{
	CHECK(shard_forward_is_settled(forward));
	__atomic_store_n(&forward->offered, reload, __ATOMIC_RELEASE);
}

bool shard_forward_is_settled(const struct shard_forward *forward)
{
	return !__atomic_load_n(&forward->offered, __ATOMIC_ACQUIRE);
}

/* A target that is many may lie elsewhere for a rule that listens elsewhere now. */
static void carry_way(const struct shard_way *from, struct shard_way *to)
{
	if (from->shard == to->shard)
		*to = *from;
}

/* Which local ends are next, what ARP and ND have said, and what was counted, of rules and targets that stay. What
 * sessions of the rules before still count until they are looked at is not carried. */
static void carry_ways(const struct shard_rules *from, struct shard_rules *to, const struct udp_map *map)
{
	for (uint16_t number = 0; number < from->set->rule_count; number++) {
		const struct udp_rule *old = &from->set->rules[number], *rule = udp_map_rule(map, number);

		if (rule)
			to->counts[rule->number] = from->counts[number];
		for (uint16_t i = 0; rule && i < old->target_count; i++) {
			uint16_t target = udp_map_target(map, number, i);

			if (target != UDP_NO_TARGET)
				carry_way(&from->ways[old->first_target + i], &to->ways[rule->first_target + target]);
		}
	}
}

static void take(struct shard_forward *forward, struct shard_reload *reload)
{
	struct shard_rules *rules = reload->rules;

	if (reload->sources)
		udp_limits_add_sources(&forward->limits, reload->sources, forward->pool.capacity);
	udp_balance_carry(&rules->balance, &forward->rules->balance, &reload->map, forward->shards[0]->now_ms);
	udp_limits_renumber(&forward->limits, &reload->map);
	carry_ways(forward->rules, rules, &reload->map);
	forward->views[rules->set->number] = (struct shard_view){rules->set->rules, rules->ways};
	/* Others read it for counts of sessions. */
	__atomic_store_n(&forward->rules, rules, __ATOMIC_RELEASE);
	shard_groups_follow(forward);
	reload->next = 0;
	reload->end = forward->pool.touched;
	reload->is_taken = true;
}

const struct udp_rule *shard_reload_find(const struct shard_forward *forward, const struct udp_session *session,
					 uint16_t *target)
{
	const struct udp_map *map = &forward->offered->map;
	const struct udp_rule *rule = udp_map_rule(map, session->rule);

	*target = rule ? udp_map_target(map, session->rule, session->target) : UDP_NO_TARGET;
	return rule;
}

void shard_reload_uncount(struct shard_forward *forward, const struct udp_session *session)
{
	bool is_first = !(session->flags & UDP_SESSION_COPY), is_by_source = session->flags & UDP_SESSION_BY_SOURCE;
	uint16_t target;
	const struct udp_rule *rule = shard_reload_find(forward, session, &target);

	if (is_first && rule)
		udp_limits_close(&forward->limits, rule, session->inner.remote, is_by_source);
	if (is_first && !rule)
		udp_limits_forget(&forward->limits, shard_rule_of(forward, session), session->inner.remote,
				  is_by_source);
	if (target != UDP_NO_TARGET)
		udp_balance_closed(&forward->rules->balance, rule, target);
}

/* The rule of a session is still there, and still has what comes for it; of its target, or one of them, the same. Null
 * where it ends. */
static const struct udp_rule *rule_that_stays(const struct shard_forward *forward, const struct udp_session *session)
{
	const struct quern_shard *in = forward->shards[session->inner_shard];
	uint16_t target;
	const struct udp_rule *rule = shard_reload_find(forward, session, &target);

	if (!rule || shard_rule_for(forward->rules, in, &session->inner) != rule)
		return NULL;
	return rule->balance == QUERN_BALANCE_ALL || target != UDP_NO_TARGET ? rule : NULL;
}

bool shard_reload_renumber(struct shard_forward *forward, struct udp_session *session)
{
	uint32_t before_ms = shard_rule_of(forward, session)->idle_ms;
	uint16_t target;
	const struct udp_rule *rule = shard_reload_find(forward, session, &target);

	shard_session_join(session, rule, target);
	shard_session_forget(forward, session);
	if (rule->idle_ms == before_ms)
		return false;
	udp_session_set_idle(&forward->pool, session, rule->idle_ms);
	return true;
}

/* A session, and the others of its client. Returns the work that this was. */
static uint32_t look_at(struct shard_forward *forward, struct udp_session *session)
{
	const struct udp_rule *rule;

	if (!(session->flags & UDP_SESSION_OPEN) || session->set == forward->rules->set->number)
		return WORK_GOES_ON;
	rule = rule_that_stays(forward, session);
	if (!rule) {
		uint32_t most = session->next_copy ? QUERN_FORWARD_COPIES_MAX : 1;

		shard_session_close(forward, session);
		return most * WORK_ENDS;
	}
	if (rule->balance == QUERN_BALANCE_ALL)
		return shard_ring_sort_out(forward, session, rule) * WORK_ENDS;
	return shard_reload_renumber(forward, session) ? WORK_IS_TIMED : WORK_GOES_ON;
}

void shard_reload_go_on(struct shard_forward *forward, struct shard_reload *reload)
{
	if (!reload->is_taken)
		take(forward, reload);
	for (uint32_t work = 0; reload->next < reload->end && work < WORK_A_TURN; reload->next++)
		work += look_at(forward, udp_session_at(&forward->pool, reload->next));
	if (reload->next < reload->end)
		return;
	forward->views[!forward->rules->set->number] = (struct shard_view){.rules = NULL};
	__atomic_store_n(&forward->offered, NULL, __ATOMIC_RELEASE);
}
