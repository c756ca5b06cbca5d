/* shard_forward_transit.c - packets to addresses that are not ours: what targets that see their clients' own addresses
 * answer, and what routers say of the datagrams. We are on their way, and know them by those targets. */
#include "shard/shard_forward_parts.h"

#include <stdlib.h>
#include <string.h>

static struct quern_ip6 address_of(const struct quern_endpoint *end)
{
	return quern_ip6_is_set(&end->ip6) ? end->ip6 : (struct quern_ip6){0, end->address};
}

static int order_of(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

/* In order of shard, address and port. */
static int compare(const void *left, const void *right)
{
	const struct shard_transit *a = left, *b = right;
	const int orders[] = {order_of(a->shard, b->shard), order_of(a->address.high, b->address.high),
			      order_of(a->address.low, b->address.low), order_of(a->port, b->port)};

	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++)
		if (orders[i] != 0)
			return orders[i];
	return 0;
}

static bool is_of_host(const struct shard_transit *a, const struct shard_transit *b)
{
	return a->shard == b->shard && ip6_equal(a->address, b->address);
}

size_t shard_transit_bytes(const struct quern_forward_rule *rules, uint16_t count)
{
	size_t targets = 0;

	for (uint16_t i = 0; i < count; i++)
		targets += rules[i].keep_source ? rules[i].target_count : 0;
	return targets * sizeof(struct shard_transit);
}

void shard_transit_build(struct shard_rules *rules, void *memory)
{
	rules->transits = memory;
	rules->transit_count = 0;
	for (uint16_t number = 0; number < rules->set->rule_count; number++) {
		const struct udp_rule *rule = &rules->set->rules[number];

		for (uint16_t i = 0; rule->keep_source && i < rule->target_count; i++) {
			const struct quern_endpoint *to = &rule->targets[i].to;

			rules->transits[rules->transit_count++] =
				(struct shard_transit){.address = address_of(to),
						       .port = to->port,
						       .rule = number,
						       .shard = rules->ways[rule->first_target + i].shard};
		}
	}
	qsort(rules->transits, rules->transit_count, sizeof(rules->transits[0]), compare);
}

/* The first target in order that is not before `wanted`; null where all are. */
static const struct shard_transit *first_from(const struct shard_rules *rules, const struct shard_transit *wanted)
{
	uint32_t from = 0, to = rules->transit_count;

	while (from < to) {
		uint32_t middle = from + (to - from) / 2;

		if (compare(&rules->transits[middle], wanted) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from < rules->transit_count ? &rules->transits[from] : NULL;
}

/* One target of those that a packet may come from, or quote a datagram to; null for none. A fragment has no port. */
static const struct shard_transit *find(const struct quern_shard *shard, const struct packet *packet)
{
	bool is_fragment = packet->kind == WIRE_FRAGMENT;
	const struct shard_rules *rules = shard->forward->rules;
	struct shard_transit wanted = {.address = packet->version == 6 ? packet->ip6.remote
								       : (struct quern_ip6){0, packet->key.remote},
				       .port = is_fragment ? 0 : packet->key.remote_port,
				       .shard = shard->forward_number};
	const struct shard_transit *found;

	if (!rules || rules->transit_count == 0)
		return NULL;
	found = first_from(rules, &wanted);
	if (found && (is_fragment ? is_of_host(found, &wanted) : compare(found, &wanted) == 0))
		return found;
	/* One whose port is that which the client had sent to. */
	wanted.port = 0;
	found = first_from(rules, &wanted);
	return found && compare(found, &wanted) == 0 ? found : NULL;
}

/* No group, and nobody's. */
static bool is_host(uint32_t address)
{
	return address >> 28 < 14;
}

/* Datagrams, whole or not, and errors about them, to an address that may be a client's. */
static bool is_of_kind(const struct packet *packet)
{
	bool is_udp = packet->kind == WIRE_UDP || packet->kind == WIRE_FRAGMENT ||
		      (packet->kind == WIRE_ICMP && packet->icmp.quoted == WIRE_UDP);

	return is_udp && !packet->to_group &&
	       (packet->version == 6 ? ip6_names_a_host(packet->ip6.local) : is_host(packet->key.local));
}

bool shard_transit_may(const struct quern_shard *shard, const struct packet *packet)
{
	return shard->forward && is_of_kind(packet) && find(shard, packet);
}

/* The target that makes a packet one that we are but on the way of; null where it is to ourselves, or nobody's. */
static const struct shard_transit *in_transit(const struct quern_shard *shard, const struct packet *packet)
{
	const struct shard_rules *rules = shard->forward->rules;

	if (!rules || rules->transit_count == 0)
		return NULL;
	return is_of_kind(packet) && !shard_is_to_own(shard, packet) ? find(shard, packet) : NULL;
}

/* The datagram of the client to which a packet belongs, as it had come: `came`, whose key and pair are the caller's.
 * The shard where it came in; null where the rule leaves it open where the client had sent it. */
static struct quern_shard *came_as(const struct shard_forward *forward, const struct shard_transit *transit,
				   const struct packet *packet, struct flow_key *key, struct ip6_pair *pair)
{
	const struct quern_forward_rule *rule = &forward->rules->set->configured[transit->rule];
	struct quern_shard *in = shard_forward_at(forward, rule->port);

	if (!shard_transit_is_plain(rule))
		return NULL;
	*key = (struct flow_key){.local = rule->listen.address,
				 .local_port = rule->keep_port ? packet->key.remote_port : rule->listen.port,
				 .remote = packet->key.local,
				 .remote_port = packet->key.local_port};
	if (packet->version == 6)
		*pair = (struct ip6_pair){.local = rule->listen.ip6, .remote = packet->ip6.local};
	return in;
}

bool shard_transit_is_plain(const struct quern_forward_rule *rule)
{
	bool is_one_port = rule->listen.port != 0 && (rule->last_port == 0 || rule->last_port == rule->listen.port);
	bool is_one_host = quern_ip6_is_set(&rule->listen.ip6)
				   ? ip6_names_a_host(rule->listen.ip6)
				   : rule->listen.address != 0 && is_host(rule->listen.address);

	return is_one_host && (is_one_port || rule->keep_port);
}

bool shard_transit_owner(const struct quern_shard *shard, const struct packet *packet, uint16_t *owner)
{
	const struct shard_transit *transit = in_transit(shard, packet);
	const struct quern_shard *in;
	struct flow_key key;
	struct ip6_pair pair;

	in = transit ? came_as(shard->forward, transit, packet, &key, &pair) : NULL;
	if (!in || !in->config.plan)
		return false;
	*owner = packet->version == 6 ? port_plan_queue6(in->config.plan, &pair, &key)
				      : port_plan_queue(in->config.plan, &key);
	return true;
}

/* An error about a datagram of which nothing is kept: its rule says what it had been. */
static void pass_error(struct quern_shard *shard, struct shard_frame *frame, const struct shard_transit *transit)
{
	bool is_ip6 = frame->packet->version == 6;
	struct flow_key key;
	struct ip6_pair pair;
	const struct wire_udp_ends came = {&key, is_ip6 ? &pair : NULL};
	struct quern_shard *in = came_as(shard->forward, transit, frame->packet, &key, &pair);
	struct wire_link link;

	if (!in) {
		shard_drop(shard, QUERN_DROP_ICMP_IGNORED);
		return;
	}
	if (is_ip6 ? !shard_nd_link(in, pair.remote, true, &link) : !shard_neigh_link(in, key.remote, true, &link)) {
		shard_drop(shard, QUERN_DROP_NO_NEXT_HOP);
		return;
	}
	shard_forward_turn(shard, frame, in, &came, &link);
}

bool shard_transit_input(struct quern_shard *shard, struct shard_frame *frame)
{
	const struct shard_transit *transit = shard->forward ? in_transit(shard, frame->packet) : NULL;

	if (!transit)
		return false;
	if (shard_is_foreign(shard, frame))
		return true;
	if (frame->packet->kind == WIRE_ICMP && shard->forward->rules->set->rules[transit->rule].one_way)
		pass_error(shard, frame, transit);
	else
		shard_drop(shard, QUERN_DROP_IP_DEST);
	return true;
}
