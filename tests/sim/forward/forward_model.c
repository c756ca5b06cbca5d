/* forward_model.c - what must become of a datagram, by the words of docs/forwarding.md and nothing of lib/. */
#include "sim/forward/forward_world.h"

#include <string.h>

enum { HEADERS_IP4 = 28, HEADERS_IP6 = 48, OPTIONS = 4 };

static bool is_ip6(const struct quern_endpoint *end)
{
	return quern_ip6_is_set(&end->ip6);
}

static bool is_any(const struct quern_endpoint *end)
{
	return end->address == 0 && !is_ip6(end);
}

static uint64_t now_ms(const struct forward_world *world)
{
	return (world->now_ns + FORWARD_MS - 1) / FORWARD_MS;
}

static const struct quern_forward_rule *rule_of(const struct forward_world *world,
						const struct forward_session *session)
{
	return &world->plan.rules[session->rule];
}

static bool takes(const struct quern_forward_rule *rule, uint16_t port, const struct quern_endpoint *dest)
{
	uint16_t last = rule->last_port ? rule->last_port : rule->listen.port;

	if (rule->port != port || is_ip6(&rule->targets[0].to) != is_ip6(dest))
		return false;
	if (!is_any(&rule->listen) && !forward_same_host(&rule->listen, dest))
		return false;
	return rule->listen.port == 0 || (dest->port >= rule->listen.port && dest->port <= last);
}

/* Address before any, port before range, range before any port. */
static int narrowness(const struct quern_forward_rule *rule)
{
	int of_port = rule->listen.port == 0 ? 0 : rule->last_port > rule->listen.port ? 1 : 2;

	return (is_any(&rule->listen) ? 0 : 3) + of_port;
}

int forward_find_rule(const struct forward_plan *plan, uint16_t port, const struct quern_endpoint *dest)
{
	int best = -1;

	for (int i = 0; i < plan->rule_count; i++) {
		const struct quern_forward_rule *rule = &plan->rules[i];

		if (takes(rule, port, dest) && (best < 0 || narrowness(rule) > narrowness(&plan->rules[best])))
			best = i;
	}
	return best;
}

struct forward_session *forward_find_client(struct forward_world *world, uint16_t port,
					    const struct quern_endpoint *client, const struct quern_endpoint *listen)
{
	for (uint32_t i = 0; i < world->session_count; i++) {
		struct forward_session *session = &world->sessions[i];

		if (session->port == port && forward_same(&session->client, client) &&
		    forward_same(&session->listen, listen))
			return session;
	}
	return NULL;
}

struct forward_session *forward_find_target(struct forward_world *world, uint16_t port,
					    const struct quern_endpoint *remote, const struct quern_endpoint *local,
					    uint8_t *copy)
{
	for (uint32_t i = 0; i < world->session_count; i++) {
		struct forward_session *session = &world->sessions[i];

		for (*copy = 0; *copy < session->copy_count; (*copy)++) {
			const struct forward_copy *of = &session->copies[*copy];

			if (of->is_known && of->port == port && forward_same(&of->remote, remote) &&
			    forward_same(&of->local, local))
				return session;
		}
	}
	return NULL;
}

bool forward_is_clear(const struct forward_world *world, uint16_t port, const struct quern_endpoint *source)
{
	for (uint32_t i = 0; i < world->session_count; i++) {
		const struct forward_session *session = &world->sessions[i];
		const struct quern_forward_rule *rule = rule_of(world, session);
		bool is_open = false;

		for (uint8_t copy = 0; copy < session->copy_count; copy++)
			is_open |= !session->copies[copy].is_known;
		for (uint16_t target = 0; is_open && target < rule->target_count; target++)
			if (forward_same_host(&rule->targets[target].to, source) &&
			    forward_port_towards(&world->plan, source) == port)
				return false;
	}
	return true;
}

uint32_t forward_records(const struct forward_world *world)
{
	uint32_t records = 0;

	for (uint32_t i = 0; i < world->session_count; i++)
		records += world->sessions[i].copy_count;
	return records;
}

void forward_refresh(struct forward_world *world, struct forward_session *session)
{
	session->heard_ms = now_ms(world);
}

static void drop(struct forward_world *world, enum quern_drop reason, uint32_t times)
{
	world->due.drops[reason] += times;
}

/* Its time to live is over. */
static void expire(struct forward_world *world, struct forward_message *message)
{
	drop(world, QUERN_DROP_UDP_TTL, 1);
	message->refusals = 1;
	world->due.refusals++;
}

/* Time to live and length: what is left goes on. */
static void pass(struct forward_world *world, struct forward_message *message, uint32_t wanted)
{
	const struct lab_datagram *datagram = &message->datagram;
	uint32_t bytes = datagram->text_bytes + (is_ip6(&datagram->dest) ? HEADERS_IP6 : HEADERS_IP4) +
			 (message->has_options ? OPTIONS : 0);
	uint32_t copies = (uint32_t)__builtin_popcount(wanted);

	if (datagram->ttl <= 1) {
		expire(world, message);
	} else if (bytes > world->plan.mtu && (is_ip6(&datagram->dest) || datagram->fragment != 0)) {
		drop(world, QUERN_DROP_UDP_TOO_BIG, copies);
		message->refusals = 1;
		world->due.refusals++;
	} else {
		message->wanted = wanted;
	}
}

/* Targets that have none of its copies yet get some, as far as there are records. */
static void fill(struct forward_world *world, struct forward_session *session)
{
	uint32_t left = world->plan.max_sessions - forward_records(world);
	uint32_t has = 0;

	for (uint8_t copy = 0; copy < session->copy_count; copy++)
		has |= 1u << session->copies[copy].target;
	for (uint8_t target = 0; target < rule_of(world, session)->target_count && left > 0; target++) {
		if (has & 1u << target)
			continue;
		session->copies[session->copy_count++] = (struct forward_copy){.target = target};
		left--;
	}
	session->is_lacking = session->copy_count < rule_of(world, session)->target_count;
}

static void to_targets(struct forward_world *world, struct forward_message *message, struct forward_session *session)
{
	message->session = session;
	if (message->is_damaged) {
		message->wanted = (1u << session->copy_count) - 1;
		return;
	}
	forward_refresh(world, session);
	memcpy(session->mac, message->mac, 6);
	if (session->is_lacking)
		fill(world, session);
	pass(world, message, (1u << session->copy_count) - 1);
}

static void to_client(struct forward_world *world, struct forward_message *message, struct forward_session *session)
{
	message->session = session;
	message->is_back = true;
	memcpy(message->to_mac, session->mac, 6);
	if (message->is_damaged) {
		message->wanted = 1;
		return;
	}
	if (rule_of(world, session)->answers_refresh)
		forward_refresh(world, session);
	pass(world, message, 1);
}

/* Why a new session may not be. */
static enum quern_drop refusal(const struct forward_world *world, int number, const struct quern_endpoint *client)
{
	const struct quern_forward_rule *rule = &world->plan.rules[number];
	uint32_t of_rule = 0, of_source = 0;

	for (uint32_t i = 0; i < world->session_count; i++) {
		if (world->sessions[i].rule != number)
			continue;
		of_rule++;
		of_source += world->sessions[i].is_by_source && forward_same_host(&world->sessions[i].client, client);
	}
	if (rule->max_sessions != 0 && of_rule >= rule->max_sessions)
		return QUERN_DROP_UDP_RULE_LIMIT;
	if (rule->max_sessions_per_source != 0 && of_source >= rule->max_sessions_per_source)
		return QUERN_DROP_UDP_SOURCE_LIMIT;
	return forward_records(world) < world->plan.max_sessions ? QUERN_DROP_NONE : QUERN_DROP_UDP_SESSIONS_FULL;
}

/* A session towards a target, or one towards each as far as there are records. */
static void open_session(struct forward_world *world, uint16_t port, struct forward_message *message, int number)
{
	const struct quern_forward_rule *rule = &world->plan.rules[number];
	uint32_t left = world->plan.max_sessions - forward_records(world);
	struct forward_session *session = &world->sessions[world->session_count++];

	memset(session, 0, sizeof(*session));
	session->port = (uint8_t)port;
	session->rule = (uint8_t)number;
	session->client = message->datagram.source;
	session->listen = message->datagram.dest;
	session->is_in_doubt = world->plan.is_thin;
	session->is_by_source = rule->max_sessions_per_source != 0;
	session->copy_count = 1;
	if (rule->balance == QUERN_BALANCE_ALL)
		session->copy_count = (uint8_t)(rule->target_count < left ? rule->target_count : left);
	session->is_lacking = rule->balance == QUERN_BALANCE_ALL && session->copy_count < rule->target_count;
	for (uint8_t copy = 0; copy < session->copy_count; copy++)
		session->copies[copy].target = copy;
	world->due.opened++;
	to_targets(world, message, session);
}

static void by_rule(struct forward_world *world, uint16_t port, struct forward_message *message)
{
	int number = forward_find_rule(&world->plan, port, &message->datagram.dest);
	enum quern_drop reason;

	if (number < 0) {
		drop(world, QUERN_DROP_UDP_NO_LISTENER, 1);
		message->refusals = 1;
		world->due.refusals++;
		return;
	}
	if (message->datagram.ttl <= 1) {
		expire(world, message);
		return;
	}
	reason = refusal(world, number, &message->datagram.source);
	if (reason == QUERN_DROP_NONE) {
		open_session(world, port, message, number);
		return;
	}
	drop(world, reason, 1);
}

void forward_expect(struct forward_world *world, uint16_t port, struct forward_message *message)
{
	const struct lab_datagram *datagram = &message->datagram;
	struct forward_session *session = forward_find_client(world, port, &datagram->source, &datagram->dest);

	if (session) {
		to_targets(world, message, session);
		return;
	}
	session = forward_find_target(world, port, &datagram->source, &datagram->dest, &message->copy);
	if (session)
		to_client(world, message, session);
	else if (message->is_damaged)
		drop(world, QUERN_DROP_UDP_MALFORMED, 1);
	else if (!forward_is_ours(&world->plan, port, &datagram->source, &datagram->dest))
		world->due.moved++;
	else
		by_rule(world, port, message);
}

void forward_expect_error(struct forward_world *world, const struct forward_answer *error)
{
	uint8_t copy;
	struct forward_session *session = forward_find_target(world, error->port, &error->from, &error->to, &copy);
	struct forward_error *passed = &world->errors[world->error_count];

	if (!session) {
		drop(world, QUERN_DROP_ICMP_IGNORED, 1);
		return;
	}
	*passed = (struct forward_error){.session = session};
	memcpy(passed->to_mac, session->mac, 6);
	world->error_count++;
}

/* Never early, and at the first tick that has no part of the time in which it might be heard of. */
void forward_end_idle(struct forward_world *world)
{
	uint64_t tick = world->now_ns / FORWARD_MS;

	for (uint32_t i = world->session_count; i-- > 0;) {
		struct forward_session *session = &world->sessions[i];

		if (tick < session->heard_ms + rule_of(world, session)->idle_ms)
			continue;
		*session = world->sessions[--world->session_count];
		world->due.ended++;
	}
}
