/* engine_many.c - rules that listen to many or send to many: groups and broadcasts, and the ports that they need. */
#include "engine/engine_parts.h"

#include <errno.h>

#include "base/endpoint.h"

enum { LONGEST_WITH_BROADCAST = 30 /* RFC 3021 */ };

/* Whether an address is everybody's of a port's network. */
static bool is_directed(const struct quern_port_config *port, const struct quern_endpoint *to)
{
	return !quern_ip6_is_set(&to->ip6) && port->addresses.last != 0 &&
	       port->prefix_length <= LONGEST_WITH_BROADCAST &&
	       to->address == (port->addresses.first | UINT32_MAX >> port->prefix_length);
}

static bool is_on_some_network(const struct quern_engine_config *config, const struct quern_endpoint *to)
{
	for (uint16_t port = 0; port < config->port_count; port++)
		if (is_directed(&config->ports[port], to))
			return true;
	return false;
}

bool engine_is_many(const struct quern_engine_config *config, const struct quern_endpoint *to)
{
	return base_endpoint_is_group(to) || to->address == UINT32_MAX || is_on_some_network(config, to);
}

static bool speaks(const struct quern_port_config *port, const struct quern_endpoint *end)
{
	return quern_ip6_is_set(&end->ip6) ? quern_ip6_is_set(&port->ip6.first) : port->addresses.last != 0;
}

static const char *version_of(const struct quern_endpoint *end)
{
	return quern_ip6_is_set(&end->ip6) ? "IPv6" : "IPv4";
}

/* The port by which a rule's target leaves that is a group, or all of any network; as shard_group_towards() finds it.
 */
static int check_way(const struct quern_engine_config *config, const struct quern_forward_rule *rule,
		     const struct quern_endpoint *to, char error[QUERN_ERROR_TEXT])
{
	char text[QUERN_ENDPOINT_TEXT];
	uint32_t others = 0;

	quern_format_endpoint(to, text);
	for (uint16_t port = 0; port < config->port_count; port++)
		others += port != rule->port && speaks(&config->ports[port], to);
	if (others > 1)
		return engine_fail(error, -ENETUNREACH,
				   "rule '%s': its target %s may be beyond each of %u ports\n"
				   "  Give only one of them an address of %s, beside the one that the rule listens on",
				   rule->name, text, others, version_of(to));
	if (others == 0 && !speaks(&config->ports[rule->port], to))
		return engine_fail(error, -ENETUNREACH,
				   "rule '%s': no port has an address of %s, to send to %s from\n  Give one: --ip",
				   rule->name, version_of(to), text);
	if (others == 0 && to->address == rule->listen.address && ip6_equal(to->ip6, rule->listen.ip6))
		return engine_fail(error, -EINVAL,
				   "rule '%s': its target %s is where it listens, on the only port\n"
				   "  Give another target, or a second port",
				   rule->name, text);
	return 0;
}

int engine_check_many(const struct quern_engine_config *config, const struct quern_forward_rule *rule,
		      char error[QUERN_ERROR_TEXT])
{
	char text[QUERN_ENDPOINT_TEXT];
	int code = 0;

	if (base_endpoint_is_group(&rule->listen) && !speaks(&config->ports[rule->port], &rule->listen))
		return engine_fail(error, -EADDRNOTAVAIL,
				   "rule '%s': port %u has no address of %s, to listen to %s from\n  Give it one: --ip",
				   rule->name, rule->port, version_of(&rule->listen),
				   quern_format_endpoint(&rule->listen, text));
	for (uint16_t i = 0; i < rule->target_count && code == 0; i++) {
		const struct quern_endpoint *to = &rule->targets[i].to;

		if (is_on_some_network(config, to)) {
			if (!rule->broadcast || !rule->one_way)
				code = engine_fail(error, -EINVAL,
						   "rule '%s': target %s is all of a port's network\n"
						   "  Add broadcast and one_way, or give the address of a host",
						   rule->name, quern_format_endpoint(to, text));
		} else if (base_endpoint_is_group(to) || to->address == UINT32_MAX) {
			code = check_way(config, rule, to, error);
		}
	}
	return code;
}

bool engine_hears_groups(const struct quern_forward_config *forward, uint16_t port)
{
	for (uint16_t i = 0; i < forward->rule_count; i++)
		if (forward->rules[i].port == port && base_endpoint_is_group(&forward->rules[i].listen))
			return true;
	return false;
}
