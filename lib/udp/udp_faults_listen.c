/* udp_faults_listen.c - what is wrong with where rules listen: bad addresses and ports, and two that want the same. */
#include "udp/udp_faults.h"

#include "base/endpoint.h"

enum { OF_IP4 = 1, OF_IP6 = 2, OF_BOTH = OF_IP4 | OF_IP6 };

/* How narrow a rule's ports are: rules that differ in it may overlap, and the narrower one wins. */
enum { ANY_PORT, RANGE, ONE_PORT };

static bool is_range(const struct quern_forward_rule *rule)
{
	return rule->last_port != 0 && rule->last_port != rule->listen.port;
}

static uint32_t last_port(const struct quern_forward_rule *rule)
{
	return is_range(rule) ? rule->last_port : rule->listen.port;
}

static int narrowness(const struct quern_forward_rule *rule)
{
	if (rule->listen.port == 0)
		return ANY_PORT;
	return is_range(rule) ? RANGE : ONE_PORT;
}

static bool ports_meet(const struct quern_forward_rule *a, const struct quern_forward_rule *b)
{
	return narrowness(a) == narrowness(b) && a->listen.port <= last_port(b) && b->listen.port <= last_port(a);
}

/* The versions of the datagrams that a rule for any address takes. */
static int versions(const struct quern_forward_rule *rule)
{
	if (rule->translate || !udp_faults_has_targets(rule))
		return OF_BOTH;
	return quern_ip6_is_set(&rule->targets[0].to.ip6) ? OF_IP6 : OF_IP4;
}

static bool addresses_meet(const struct quern_forward_rule *a, const struct quern_forward_rule *b)
{
	if (udp_faults_is_any(&a->listen) && udp_faults_is_any(&b->listen))
		return versions(a) & versions(b);
	return a->listen.address == b->listen.address && ip6_equal(a->listen.ip6, b->listen.ip6);
}

static bool has_broadcasts(const struct quern_forward_rule *rule)
{
	return rule->broadcast || udp_faults_is_broadcast(&rule->listen);
}

static void compare(struct udp_faults *faults, uint32_t rule, uint32_t earlier)
{
	const struct quern_forward_rule *a = &faults->rules[earlier], *b = &faults->rules[rule];
	char text[UDP_LISTEN_TEXT], name[UDP_NAME_TEXT];

	if (a->port != b->port || !ports_meet(a, b))
		return;
	udp_faults_write(&a->listen, a->last_port, text);
	udp_faults_name(faults, earlier, name);
	if (addresses_meet(a, b))
		udp_faults_tell(faults, rule, QUERN_FORWARD_NO_TARGET, "listen", "give one of them other ports",
				"listens where rule %s does, on %s", name, text);
	else if (has_broadcasts(a) && has_broadcasts(b))
		udp_faults_tell(faults, rule, QUERN_FORWARD_NO_TARGET, "broadcast",
				"leave broadcast out of one of them, or give it other ports",
				"takes the same broadcasts as rule %s, which listens on %s", name, text);
}

static void look_at_ports(struct udp_faults *faults, uint32_t number)
{
	const struct quern_forward_rule *rule = &faults->rules[number];

	if (rule->last_port != 0 && rule->listen.port == 0)
		udp_faults_tell(faults, number, QUERN_FORWARD_NO_TARGET, "listen", "give its first port as well",
				"listens on a range of ports that has an end, %u, and no beginning", rule->last_port);
	else if (rule->last_port != 0 && rule->last_port < rule->listen.port)
		udp_faults_tell(faults, number, QUERN_FORWARD_NO_TARGET, "listen", "give the lower port first",
				"listens on ports %u-%u, which end before they begin", rule->listen.port,
				rule->last_port);
}

/* Of listening to many: no answer comes from such an address, and IPv6 knows no broadcasts. */
static void look_at_many(struct udp_faults *faults, uint32_t number)
{
	const struct quern_forward_rule *rule = &faults->rules[number];
	bool is_broadcast = udp_faults_is_broadcast(&rule->listen);
	bool is_ip6 = quern_ip6_is_set(&rule->listen.ip6) || versions(rule) == OF_IP6;
	char text[UDP_LISTEN_TEXT];

	udp_faults_write(&rule->listen, rule->last_port, text);
	if (is_broadcast && !rule->broadcast)
		udp_faults_tell(faults, number, QUERN_FORWARD_NO_TARGET, "broadcast", "add broadcast: true",
				"listens on %s, and takes no broadcasts", text);
	else if (is_broadcast && !rule->one_way)
		udp_faults_tell(faults, number, QUERN_FORWARD_NO_TARGET, "one_way", "add one_way: true",
				"listens on %s alone, which cannot be the source of answers (RFC 1122 3.2.1.3)", text);
	else if (!is_broadcast && rule->broadcast && is_ip6)
		udp_faults_tell(faults, number, QUERN_FORWARD_NO_TARGET, "broadcast", "leave it out",
				"takes broadcasts, which IPv6 does not have");
	if (ip6_is_group_within(rule->listen.ip6))
		udp_faults_tell(faults, number, QUERN_FORWARD_NO_TARGET, "listen", UDP_SCOPE_REMEDY,
				"listens to the group %s, which is never on a wire (RFC 4291 2.7)", text);
	if (base_endpoint_is_group(&rule->listen) && !rule->one_way)
		udp_faults_tell(faults, number, QUERN_FORWARD_NO_TARGET, "one_way", "add one_way: true",
				"listens to the group %s, which cannot be the source of answers (RFC 1122 3.2.1.3)",
				text);
}

void udp_faults_of_listen(struct udp_faults *faults, uint32_t number)
{
	const struct quern_forward_rule *rule = &faults->rules[number];
	char text[UDP_LISTEN_TEXT];

	udp_faults_write(&rule->listen, rule->last_port, text);
	if (udp_faults_is_nobodys(&rule->listen))
		udp_faults_tell(faults, number, QUERN_FORWARD_NO_TARGET, "listen", "give an address of the port's own",
				"listens on %s, an address that nobody has", text);
	look_at_many(faults, number);
	look_at_ports(faults, number);
	for (uint32_t earlier = 0; earlier < number; earlier++)
		compare(faults, number, earlier);
}
