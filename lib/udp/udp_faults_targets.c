/* udp_faults_targets.c - what is wrong with where datagrams of a rule go. */
#include "udp/udp_faults.h"

#include "base/endpoint.h"

bool udp_faults_has_targets(const struct quern_forward_rule *rule)
{
	return rule->targets && rule->target_count > 0;
}

static bool is_same(const struct quern_endpoint *a, const struct quern_endpoint *b)
{
	return a->address == b->address && a->port == b->port && ip6_equal(a->ip6, b->ip6);
}

/* A rule listens there, on the address itself: what goes there comes back to us until its TTL ends it. What goes to
 * many does not: nobody hears what he sends himself. */
static bool listens_on(const struct quern_forward_rule *rule, const struct quern_endpoint *to)
{
	uint32_t last_port = rule->last_port == 0 ? rule->listen.port : rule->last_port;

	if (udp_faults_is_any(to) || base_endpoint_is_group(to) || udp_faults_is_broadcast(to) ||
	    rule->listen.address != to->address || !ip6_equal(rule->listen.ip6, to->ip6))
		return false;
	return rule->listen.port == 0 || to->port == 0 || (rule->listen.port <= to->port && to->port <= last_port);
}

static void look_at_address(struct udp_faults *faults, uint32_t number, uint32_t target)
{
	const struct quern_forward_rule *rule = &faults->rules[number];
	const struct quern_endpoint *to = &rule->targets[target].to;
	char text[UDP_LISTEN_TEXT], name[UDP_NAME_TEXT];

	udp_faults_write(to, 0, text);
	if (udp_faults_is_any(to)) {
		udp_faults_tell(faults, number, target, "to", "give an address and a port", "target %u has no address",
				target + 1);
		return;
	}
	if (udp_faults_is_nobodys(to))
		udp_faults_tell(faults, number, target, "to", "give the address of a host or a group",
				"target %s is an address that nobody has", text);
	if (ip6_is_group_within(to->ip6))
		udp_faults_tell(faults, number, target, "to", UDP_SCOPE_REMEDY,
				"target %s is a group that is never on a wire (RFC 4291 2.7)", text);
	if (udp_faults_is_broadcast(to) && !rule->broadcast)
		udp_faults_tell(faults, number, target, "broadcast", "add broadcast: true",
				"target %s is everybody, and the rule sends no broadcasts", text);
	if ((udp_faults_is_broadcast(to) || base_endpoint_is_group(to)) && !rule->one_way)
		udp_faults_tell(faults, number, target, "one_way", "add one_way: true",
				"target %s is many, whose answers belong to no session", text);
	if ((udp_faults_is_broadcast(to) || base_endpoint_is_group(to)) && rule->check.probe != QUERN_PROBE_NONE)
		udp_faults_tell(faults, number, target, "check", "leave the check out",
				"target %s is many, and cannot be checked", text);
	for (uint32_t i = 0; i < faults->count; i++) {
		if (listens_on(&faults->rules[i], to))
			udp_faults_tell(faults, number, target, "to", "give a target that is not this forwarder",
					"target %s is where rule %s listens: datagrams would go round", text,
					udp_faults_name(faults, i, name));
	}
}

static void look_at_port(struct udp_faults *faults, uint32_t number, uint32_t target)
{
	const struct quern_forward_rule *rule = &faults->rules[number];
	const struct quern_endpoint *to = &rule->targets[target].to;
	char text[UDP_LISTEN_TEXT];

	udp_faults_write(to, 0, text);
	if (rule->keep_port && to->port != 0)
		udp_faults_tell(faults, number, target, "keep_port", "leave out its port, or keep_port",
				"target %s has a port, and the rule keeps the one that datagrams came to", text);
	if (!rule->keep_port && to->port == 0)
		udp_faults_tell(faults, number, target, "to", "give its port, or add keep_port: true",
				"target %s has no port", text);
}

static void look_at_version(struct udp_faults *faults, uint32_t number, uint32_t target)
{
	const struct quern_forward_rule *rule = &faults->rules[number];
	const struct quern_endpoint *to = &rule->targets[target].to;
	const struct quern_endpoint *other = udp_faults_is_any(&rule->listen) ? &rule->targets[0].to : &rule->listen;
	char text[UDP_LISTEN_TEXT];

	if (rule->translate || quern_ip6_is_set(&to->ip6) == quern_ip6_is_set(&other->ip6))
		return;
	udp_faults_write(to, 0, text);
	udp_faults_tell(faults, number, target, "to", "add translate: true, or give targets of the same version",
			"target %s is not of the version of IP that the rule %s", text,
			other == &rule->listen ? "listens on" : "has in its first target");
}

static void look_at_one(struct udp_faults *faults, uint32_t number, uint32_t target)
{
	const struct quern_forward_target *targets = faults->rules[number].targets;
	char text[UDP_LISTEN_TEXT];

	look_at_address(faults, number, target);
	look_at_port(faults, number, target);
	look_at_version(faults, number, target);
	udp_faults_write(&targets[target].to, 0, text);
	if (targets[target].weight > QUERN_FORWARD_WEIGHT_MAX)
		udp_faults_tell(faults, number, target, "to", "give 1 to 256", "target %s has a weight of %u", text,
				targets[target].weight);
	for (uint32_t earlier = 0; earlier < target; earlier++) {
		if (!is_same(&targets[earlier].to, &targets[target].to))
			continue;
		udp_faults_tell(faults, number, target, "to", "leave one out, and give the other more weight",
				"target %s stands there twice", text);
		return;
	}
}

void udp_faults_of_targets(struct udp_faults *faults, uint32_t number)
{
	const struct quern_forward_rule *rule = &faults->rules[number];

	if (!udp_faults_has_targets(rule)) {
		udp_faults_tell(faults, number, QUERN_FORWARD_NO_TARGET, "to", "give one target or more",
				"has no target");
		return;
	}
	if (rule->target_count > QUERN_FORWARD_TARGETS_MAX) {
		udp_faults_tell(faults, number, QUERN_FORWARD_NO_TARGET, "to", "give at most 64", "has %u targets",
				rule->target_count);
		return;
	}
	if (rule->balance == QUERN_BALANCE_ALL && rule->target_count > QUERN_FORWARD_COPIES_MAX)
		udp_faults_tell(faults, number, QUERN_FORWARD_NO_TARGET, "to", "give at most 16, or another balance",
				"sends to all of %u targets: one datagram would become as many", rule->target_count);
	for (uint32_t i = 0; i < rule->target_count; i++)
		look_at_one(faults, number, i);
}
