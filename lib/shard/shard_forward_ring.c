/* shard_forward_ring.c - the sessions of a client whose datagrams go to all: a ring that loses targets which are gone,
 * and gets those which came, or came up. */
#include "shard/shard_forward_parts.h"

#include "base/check.h"

struct ring {
	struct udp_session *stay[QUERN_FORWARD_COPIES_MAX], *leave[QUERN_FORWARD_COPIES_MAX];
	uint32_t stay_count, leave_count;
};

static struct udp_session *after(const struct shard_forward *forward, const struct udp_session *session)
{
	return udp_session_at(&forward->pool, session->next_copy - 1);
}

/* The one that is counted for all, and has the client's entry in the table. */
static struct udp_session *first_of(const struct shard_forward *forward, struct udp_session *session)
{
	while (session->flags & UDP_SESSION_COPY)
		session = after(forward, session);
	return session;
}

/* From the first on, in order. */
static void sort(const struct shard_forward *forward, struct udp_session *first, struct ring *ring)
{
	struct udp_session *session = first;
	uint16_t target;

	ring->stay_count = ring->leave_count = 0;
	do {
		CHECK(ring->stay_count + ring->leave_count < QUERN_FORWARD_COPIES_MAX);
		shard_reload_find(forward, session, &target);
		if (target != UDP_NO_TARGET)
			ring->stay[ring->stay_count++] = session;
		else
			ring->leave[ring->leave_count++] = session;
		session = session->next_copy ? after(forward, session) : first;
	} while (session != first);
}

/* Another one is the first from now on. */
static void hand_over(struct shard_forward *forward, struct udp_session *from, struct udp_session *to)
{
	struct table *table = &forward->shards[from->inner_shard]->table;

	if (from == to)
		return;
	table_replace(table, table_hash_udp(table, &from->inner),
		      table_ref(TABLE_UDP_INNER, udp_session_index(&forward->pool, from)),
		      table_ref(TABLE_UDP_INNER, udp_session_index(&forward->pool, to)));
	to->flags &= (uint8_t)~UDP_SESSION_COPY;
	to->flags |= from->flags & UDP_SESSION_BY_SOURCE;
	from->flags = (uint8_t)((from->flags & ~UDP_SESSION_BY_SOURCE) | UDP_SESSION_COPY);
}

static void link_all(const struct shard_forward *forward, const struct ring *ring)
{
	for (uint32_t i = 0; i < ring->stay_count; i++)
		ring->stay[i]->next_copy =
			ring->stay_count == 1
				? 0
				: udp_session_index(&forward->pool, ring->stay[(i + 1) % ring->stay_count]) + 1;
}

/* Whether a target has none in the ring: then each datagram asks whether it may have one now. Else who is alone would
 * be passed on at a glance, where no other is made. */
static void mark(struct udp_session *first, bool is_lacking)
{
	first->flags &= (uint8_t) ~(UDP_SESSION_LACKING | UDP_SESSION_SLOW);
	first->flags |= is_lacking ? UDP_SESSION_LACKING : 0;
	first->flags |= is_lacking || shard_session_has_ip6(first) ? UDP_SESSION_SLOW : 0;
}

uint32_t shard_ring_sort_out(struct shard_forward *forward, struct udp_session *session, const struct udp_rule *rule)
{
	struct udp_session *first = first_of(forward, session);
	struct ring ring;

	sort(forward, first, &ring);
	if (ring.stay_count == 0) {
		shard_session_close(forward, first);
		return ring.leave_count;
	}
	hand_over(forward, first, ring.stay[0]);
	link_all(forward, &ring);
	for (uint32_t i = 0; i < ring.leave_count; i++)
		shard_session_unmake(forward, ring.leave[i]);
	mark(ring.stay[0], ring.stay_count < rule->target_count);
	for (uint32_t i = 0; i < ring.stay_count; i++)
		shard_reload_renumber(forward, ring.stay[i]);
	return ring.stay_count + ring.leave_count;
}

/* Sessions for more targets, a bit each, behind the last of a client's, as long as there is room. Returns which of them
 * have one. */
static uint64_t add(struct quern_shard *shard, const struct shard_frame *frame, const struct udp_rule *rule,
		    uint64_t targets, struct udp_session *first, struct udp_session *last)
{
	struct shard_forward *forward = shard->forward;
	struct udp_session *session;
	uint64_t added = 0;

	for (; targets && !udp_pool_is_full(&forward->pool); targets &= targets - 1) {
		if (shard_session_make(shard, frame, rule, &first->inner, (uint16_t)__builtin_ctzll(targets),
				       UDP_SESSION_COPY, &session) != QUERN_DROP_NONE)
			continue;
		last->next_copy = udp_session_index(&forward->pool, session) + 1;
		session->next_copy = udp_session_index(&forward->pool, first) + 1;
		last = session;
		added |= targets & -targets;
	}
	return added;
}

enum quern_drop shard_ring_make(struct quern_shard *shard, const struct shard_frame *frame, const struct udp_rule *rule,
				const struct flow_key *inner, struct udp_session **first)
{
	uint64_t up = udp_balance_up(&shard->forward->rules->balance, rule), have = up & -up;
	enum quern_drop drop;

	if (!up)
		return QUERN_DROP_UDP_NO_TARGET;
	drop = shard_session_make(shard, frame, rule, inner, (uint16_t)__builtin_ctzll(up), 0, first);
	if (drop != QUERN_DROP_NONE)
		return drop;
	have |= add(shard, frame, rule, up & ~have, *first, *first);
	mark(*first, have != udp_rule_all(rule));
	return QUERN_DROP_NONE;
}

void shard_ring_fill(struct quern_shard *shard, const struct shard_frame *frame, struct udp_session *first)
{
	struct shard_forward *forward = shard->forward;
	const struct udp_rule *rule = shard_rule_of(forward, first);
	uint64_t lacking = udp_rule_all(rule), up = udp_balance_up(&forward->rules->balance, rule);
	struct udp_session *last = first;

	/* Its rule may be one of those before once more: it is asked again when it has the new numbers. */
	if (rule->set != forward->rules->set->number)
		return;
	for (;;) {
		lacking &= ~(UINT64_C(1) << last->target);
		if (!last->next_copy || after(forward, last) == first)
			break;
		last = after(forward, last);
	}
	lacking &= ~add(shard, frame, rule, lacking & up, first, last);
	mark(first, lacking != 0);
}
