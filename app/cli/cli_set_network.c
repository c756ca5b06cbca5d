/* cli_set_network.c - what flags say of ports, addresses and the way between them. */
#include <string.h>

#include "cli/cli_set.h"

enum {
	MIN_MTU = 68, /* RFC 791 3.2 */
	MAX_MTU = 9000,
	MAX_VLAN = 4094 /* IEEE 802.1Q: 0 and 4095 are reserved */
};

/* --ip, --gateway, --vlan, --mtu and --impair belong to the --port before them. */
static struct cli_port *last_port(struct cli_settings *settings)
{
	return settings->port_count == 0 ? NULL : &settings->ports[settings->port_count - 1];
}

/* What a device text means is the engine's to say: here only what cannot be one is found early. */
bool cli_set_port(struct cli_settings *settings, const char *value)
{
	const char *colon = strchr(value, ':');
	bool is_device = strcmp(value, "cable") == 0 || (colon && colon[1] != '\0') || strncmp(value, "net_", 4) == 0;

	if (!is_device || settings->port_count == QUERN_MAX_PORTS)
		return false;
	settings->ports[settings->port_count++] = (struct cli_port){.device = value};
	return true;
}

bool cli_set_ip(struct cli_settings *settings, const char *value)
{
	struct cli_port *port = last_port(settings);

	return port && cli_port_set_ip(port, value);
}

bool cli_set_gateway(struct cli_settings *settings, const char *value)
{
	struct cli_port *port = last_port(settings);

	return port && cli_port_set_gateway(port, value);
}

bool cli_set_vlan(struct cli_settings *settings, const char *value)
{
	struct cli_port *port = last_port(settings);
	uint64_t vlan;

	if (!port || !cli_count_within(value, 1, MAX_VLAN, &vlan))
		return false;
	port->vlan = (uint16_t)vlan;
	return true;
}

bool cli_set_mtu(struct cli_settings *settings, const char *value)
{
	struct cli_port *port = last_port(settings);
	uint64_t mtu;

	if (!port || !cli_count_within(value, MIN_MTU, MAX_MTU, &mtu))
		return false;
	port->mtu = (uint16_t)mtu;
	return true;
}

/* What it says is read by cli_complete_impair(). Of bench it is the cable, at the client's end. */
bool cli_set_impair(struct cli_settings *settings, const char *value)
{
	struct cli_port *port = settings->command == CLI_BENCH ? &settings->ports[0] : last_port(settings);

	if (!port || port->impair_count == CLI_MAX_IMPAIRS)
		return false;
	port->impair_texts[port->impair_count++] = value;
	return true;
}

bool cli_set_listen(struct cli_settings *settings, const char *value)
{
	struct quern_endpoint *listen = &settings->listen[settings->listen_count];

	if (settings->listen_count == CLI_MAX_ADDRESSES || quern_parse_endpoint(value, listen) != 0 ||
	    cli_address_is_disguised(listen->ip6))
		return false;
	settings->listen_count++;
	return true;
}

bool cli_set_source(struct cli_settings *settings, const char *value)
{
	struct quern_range *source = &settings->source[settings->source_count];

	if (settings->source_count == CLI_MAX_ADDRESSES || quern_parse_range(value, source) != 0 ||
	    cli_address_is_disguised(source->first6) || cli_address_is_disguised(source->last6))
		return false;
	settings->source_count++;
	return true;
}

bool cli_set_ip6(struct cli_settings *settings, const char *value)
{
	(void)value;
	return settings->is_ip6 = true;
}

bool cli_set_wait_link(struct cli_settings *settings, const char *value)
{
	return cli_time_within(value, 0, 3600 * CLI_NS_PER_S, &settings->wait_link_ns);
}
