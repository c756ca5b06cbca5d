/* shard_session.c - sessions of datagrams: opened by a client's first one, in the tables of both sides, and closed. */
#include "shard/shard_forward_parts.h"

#include <string.h>

#include "base/port_plan.h"
#include "shard/shard_checks.h"

enum {
	LOWEST_PORT = 1024, /* RFC 6056 3.2 */
	PORTS = 65536 - LOWEST_PORT,
	STRIDE = 39871,     /* from port to port, prime to how many there are: whose an answer is may hang on any bit */
	SCAN_MAX = 2048,    /* pairs looked at before a session fails, */
	LOOK_UPS_MAX = 256, /* and look-ups in the table for them: some 50 us */
	SHORT_SCAN = 128,   /* the same while others have failed */
	SHORT_LOOK_UPS = 16
};

/* The same for all workers and machines: a client gets the same target from each. */
static const struct hash_secret of_clients = {{UINT64_C(0x71756572616c6c79), UINT64_C(0x6772696e64737477)}};

uint64_t shard_client_hash(const struct wire_udp_ends *came)
{
	struct flow_key client = {came->key->remote, 0, came->key->remote_port, 0};

	if (came->pair) {
		uint64_t address = hash_fold(came->pair->remote.high ^ of_clients.words[0],
					     came->pair->remote.low ^ of_clients.words[1]);

		client.remote = (uint32_t)address;
		client.local = (uint32_t)(address >> 32);
	}
	return hash_flow(&of_clients, &client);
}

/* The queue to which a port brings what comes for a key. */
static bool comes_to(const struct quern_shard *shard, const struct flow_key *key)
{
	const struct port_plan *plan = shard->config.plan;
	struct ip6_pair pair;

	if (!plan)
		return true;
	if (!flow_key_is_ip6(key))
		return port_plan_queue(plan, key) == shard->config.queue;
	shard_ip6_pair(shard, NULL, key, &pair);
	return port_plan_queue6(plan, &pair, key) == shard->config.queue;
}

uint32_t shard_first_local(const struct quern_shard *shard, bool is_ip6)
{
	return is_ip6 ? ALIAS_OWN_FIRST : shard->config.addresses.first;
}

uint32_t shard_last_local(const struct quern_shard *shard, bool is_ip6)
{
	const struct quern_port_ip6 *ip6 = &shard->config.ip6;

	return is_ip6 ? alias_of_own((uint32_t)ip6_distance(ip6->last, ip6->first)) : shard->config.addresses.last;
}

/* Goes to the next pair of an own address and port, and gives the one before. */
static void next_local(const struct quern_shard *out, struct shard_way *way, struct flow_key *key)
{
	bool is_ip6 = quern_ip6_is_set(&way->to.ip6);
	uint32_t first = shard_first_local(out, is_ip6), last = shard_last_local(out, is_ip6), place;

	if (way->next_local < first || way->next_local > last)
		way->next_local = first;
	key->local = way->next_local;
	key->local_port = way->next_port;
	place = (uint32_t)way->next_port - LOWEST_PORT + STRIDE;
	place -= place < PORTS ? 0 : PORTS;
	way->next_port = (uint16_t)(LOWEST_PORT + place);
	if (place == 0)
		way->next_local = way->next_local == last ? first : way->next_local + 1;
}

/* Ports that probes of targets have, or may have after a reload. */
static bool is_of_probes(const struct quern_shard *out, uint16_t port)
{
	uint16_t first = out->forward->check_port;

	return first != 0 && (uint16_t)(port - first) < SHARD_CHECK_PORTS;
}

/* Finds a local end towards the remote one of the key that no session has, nor the one that is to be made has on the
 * client's side, and whose answers come to this worker. Where ports are short, it is looked for at length once a
 * millisecond: whoever finds none must not take the time of those who have one. */
static bool find_local(const struct quern_shard *out, struct shard_way *way, const struct flow_key *inner,
		       struct flow_key *key)
{
	struct shard_forward *forward = out->forward;
	bool is_short = forward->barren_ms == out->now_ms;
	uint32_t pairs = is_short ? SHORT_SCAN : SCAN_MAX, look_ups = is_short ? SHORT_LOOK_UPS : LOOK_UPS_MAX;

	for (; pairs > 0 && look_ups > 0; pairs--) {
		next_local(out, way, key);
		if (is_of_probes(out, key->local_port) || !comes_to(out, key) || flow_key_equal(key, inner))
			continue;
		if (table_find(&out->table, table_hash_udp(&out->table, key), key) == 0)
			return true;
		look_ups--;
	}
	forward->barren_ms = out->now_ms;
	return false;
}

static void let_go(struct quern_shard *shard, const struct flow_key *key)
{
	alias_release(&shard->ip6.aliases, key->remote);
}

/* Whose source is kept is a peer as well. */
static void let_go_outer(struct quern_shard *out, const struct flow_key *key)
{
	let_go(out, key);
	alias_release(&out->ip6.aliases, key->local);
}

/* The local end is the client's own: nobody else may have it. */
static enum quern_drop keep_source(struct quern_shard *out, const struct packet *packet, struct flow_key *key)
{
	bool is_ip6 = packet->version == 6;

	key->local = is_ip6 ? alias_take(&out->ip6.aliases, packet->ip6.remote) : packet->key.remote;
	key->local_port = packet->key.remote_port;
	if (key->local == 0)
		return QUERN_DROP_UDP_SESSIONS_FULL;
	return table_find(&out->table, table_hash_udp(&out->table, key), key) == 0 ? QUERN_DROP_NONE
										   : QUERN_DROP_UDP_NO_PORT;
}

/* The key of the target's side, with its aliases held. */
static enum quern_drop outer_key(struct quern_shard *out, const struct packet *packet, const struct udp_rule *rule,
				 const struct flow_key *inner, struct shard_way *way, struct flow_key *key)
{
	bool is_ip6 = quern_ip6_is_set(&way->to.ip6);
	enum quern_drop drop;

	*key = (struct flow_key){.remote = is_ip6 ? alias_take(&out->ip6.aliases, way->to.ip6) : way->to.address,
				 .remote_port = way->to.port ? way->to.port : inner->local_port};
	if (key->remote == 0)
		return QUERN_DROP_UDP_SESSIONS_FULL;
	if (rule->keep_source)
		drop = keep_source(out, packet, key);
	else
		drop = find_local(out, way, inner, key) ? QUERN_DROP_NONE : QUERN_DROP_UDP_NO_PORT;
	if (drop != QUERN_DROP_NONE)
		let_go_outer(out, key);
	return drop;
}

/* Both entries, or none; of a copy, the outer one alone. */
static bool enter(struct shard_forward *forward, const struct udp_session *session)
{
	struct quern_shard *in = forward->shards[session->inner_shard], *out = forward->shards[session->outer_shard];
	uint32_t index = udp_session_index(&forward->pool, session);
	uint64_t inner = table_hash_udp(&in->table, &session->inner);
	bool has_inner = !(session->flags & UDP_SESSION_COPY);

	if (has_inner && table_insert(&in->table, inner, table_ref(TABLE_UDP_INNER, index)) < 0)
		return false;
	if (table_insert(&out->table, table_hash_udp(&out->table, &session->outer),
			 table_ref(TABLE_UDP_OUTER, index)) == 0) {
		in->insertions++;
		out->insertions++;
		in->udp_flows += has_inner;
		out->udp_flows++;
		return true;
	}
	if (has_inner)
		table_remove(&in->table, inner, table_ref(TABLE_UDP_INNER, index));
	return false;
}

static struct wire_udp_sums sums_of(struct shard_forward *forward, const struct packet *packet,
				    const struct udp_session *session)
{
	const struct quern_shard *out = forward->shards[session->outer_shard];
	struct wire_udp_ends came = wire_udp_ends_of(packet), goes;
	struct ip6_pair pair;

	goes = shard_forward_ends(out, &session->outer, &pair);
	return wire_udp_sums(&came, &goes);
}

enum quern_drop shard_session_make(struct quern_shard *shard, const struct shard_frame *frame,
				   const struct udp_rule *rule, const struct flow_key *inner, uint16_t target,
				   uint8_t flags, struct udp_session **made)
{
	struct shard_forward *forward = shard->forward;
	struct shard_way *way = shard_way_of(forward, rule, target);
	struct quern_shard *out = forward->shards[way->shard];
	struct udp_session *session;
	struct wire_udp_sums sums;
	struct flow_key outer;
	enum quern_drop drop = outer_key(out, frame->packet, rule, inner, way, &outer);

	if (drop != QUERN_DROP_NONE) {
		counter_add(&way->refused, 1);
		return drop;
	}
	session = udp_session_open(&forward->pool, inner, &outer, rule->idle_ms, shard->now_ms);
	if (session) {
		session->inner_shard = shard->forward_number;
		session->outer_shard = way->shard;
		shard_session_join(session, rule, target);
		session->flags |= flags;
		if (shard_session_has_ip6(session))
			session->flags |= UDP_SESSION_SLOW;
		sums = sums_of(forward, frame->packet, session);
		session->ip_sum = sums.ip;
		session->udp_sum = sums.udp;
		if (enter(forward, session)) {
			alias_hold(&shard->ip6.aliases, inner->remote);
			udp_balance_opened(&forward->rules->balance, rule, target);
			counter_add(&way->opened, 1);
			*made = session;
			return QUERN_DROP_NONE;
		}
		udp_session_close(&forward->pool, session);
	}
	let_go_outer(out, &outer);
	counter_add(&way->refused, 1);
	return QUERN_DROP_UDP_SESSIONS_FULL;
}

/* Of several, the first is counted for all. */
static void uncount(struct shard_forward *forward, const struct udp_session *session)
{
	const struct udp_rule *rule = shard_rule_of(forward, session);

	if (session->set != forward->rules->set->number) {
		shard_reload_uncount(forward, session);
		return;
	}
	if (!(session->flags & UDP_SESSION_COPY))
		udp_limits_close(&forward->limits, rule, session->inner.remote, session->flags & UDP_SESSION_BY_SOURCE);
	udp_balance_closed(&forward->rules->balance, rule, session->target);
}

void shard_session_unmake(struct shard_forward *forward, struct udp_session *session)
{
	struct quern_shard *in = forward->shards[session->inner_shard], *out = forward->shards[session->outer_shard];
	uint32_t index = udp_session_index(&forward->pool, session);
	bool has_inner = !(session->flags & UDP_SESSION_COPY);

	uncount(forward, session);
	if (has_inner)
		table_remove(&in->table, table_hash_udp(&in->table, &session->inner),
			     table_ref(TABLE_UDP_INNER, index));
	table_remove(&out->table, table_hash_udp(&out->table, &session->outer), table_ref(TABLE_UDP_OUTER, index));
	in->udp_flows -= has_inner;
	out->udp_flows--;
	let_go(in, &session->inner);
	let_go_outer(out, &session->outer);
	shard_session_forget(forward, session);
	udp_session_close(&forward->pool, session);
}

/* There is room for as many sources as for sessions: where none is left for a source, none is for its session. */
static enum quern_drop drop_of(enum udp_limit limit)
{
	switch (limit) {
	case UDP_LIMIT_NONE:
		return QUERN_DROP_NONE;
	case UDP_LIMIT_RULE:
		return QUERN_DROP_UDP_RULE_LIMIT;
	case UDP_LIMIT_SOURCE:
		return QUERN_DROP_UDP_SOURCE_LIMIT;
	case UDP_LIMIT_SOURCES:
		break;
	}
	return QUERN_DROP_UDP_SESSIONS_FULL;
}

/* By the rule's choice of a target, or to all of them. */
static enum quern_drop make_any(struct quern_shard *shard, const struct shard_frame *frame, const struct udp_rule *rule,
				const struct flow_key *inner, struct udp_session **session)
{
	const struct wire_udp_ends came = wire_udp_ends_of(frame->packet);
	uint16_t target;

	if (rule->balance == QUERN_BALANCE_ALL)
		return shard_ring_make(shard, frame, rule, inner, session);
	target = udp_balance_pick(&shard->forward->rules->balance, rule, shard_client_hash(&came), shard->now_ms);
	if (target == UDP_NO_TARGET)
		return QUERN_DROP_UDP_NO_TARGET;
	return shard_session_make(shard, frame, rule, inner, target, 0, session);
}

/* The session of a new client, or its sessions, counted for its rule and source. Who may not have one does not take a
 * turn of the targets. */
static enum quern_drop make_counted(struct quern_shard *shard, const struct shard_frame *frame,
				    const struct udp_rule *rule, const struct flow_key *inner,
				    struct udp_session **session)
{
	struct shard_forward *forward = shard->forward;
	enum quern_drop drop;
	enum udp_limit limit;
	bool is_by_source;

	limit = udp_limits_open(&forward->limits, rule, inner->remote, &is_by_source);
	if (limit != UDP_LIMIT_NONE)
		return drop_of(limit);
	drop = QUERN_DROP_UDP_SESSIONS_FULL;
	if (!udp_pool_is_full(&forward->pool))
		drop = make_any(shard, frame, rule, inner, session);
	if (drop != QUERN_DROP_NONE) {
		udp_limits_close(&forward->limits, rule, inner->remote, is_by_source);
		return drop;
	}
	(*session)->flags |= is_by_source ? UDP_SESSION_BY_SOURCE : 0;
	return QUERN_DROP_NONE;
}

struct udp_session *shard_session_open(struct quern_shard *shard, struct shard_frame *frame,
				       const struct udp_rule *rule)
{
	const struct packet *packet = frame->packet;
	struct udp_session *session = NULL;
	struct shard_rule_counts *counts = &shard->forward->rules->counts[rule->number];
	struct flow_key inner = packet->key;
	enum quern_drop drop = QUERN_DROP_UDP_SESSIONS_FULL;

	if (packet->version == 6)
		inner.remote = alias_take(&shard->ip6.aliases, packet->ip6.remote);
	if (inner.remote != 0)
		drop = make_counted(shard, frame, rule, &inner, &session);
	/* Each session holds the alias for itself. */
	let_go(shard, &inner);
	if (!session) {
		shard_drop(shard, drop);
		counter_add(&counts->refused, 1);
		return NULL;
	}
	counter_add(&shard->counters.udp_sessions_opened, 1);
	counter_add(&counts->opened, 1);
	return session;
}

void shard_session_close(struct shard_forward *forward, struct udp_session *session)
{
	struct quern_shard *in = forward->shards[session->inner_shard];
	uint32_t last = udp_session_index(&forward->pool, session) + 1, next = session->next_copy;

	for (;;) {
		shard_session_unmake(forward, session);
		if (next == 0 || next == last)
			break;
		session = udp_session_at(&forward->pool, next - 1);
		next = session->next_copy;
	}
	counter_add(&in->counters.udp_sessions_ended, 1);
}

void shard_session_heard(const struct shard_forward *forward, struct udp_session *session, uint32_t now_ms)
{
	struct udp_session *next = session;

	do {
		udp_session_heard(next, now_ms);
		next = next->next_copy ? udp_session_at(&forward->pool, next->next_copy - 1) : session;
	} while (next != session);
}
