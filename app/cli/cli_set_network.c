/* cli_set_network.c - what flags say of ports, addresses and the way between them. */
#include <string.h>

#include "cli/cli_set.h"

enum {
	MIN_MTU = 68, /* RFC 791 3.2 */
	MAX_MTU = 9000,
	MAX_VLAN = 4094 /* IEEE 802.1Q: 0 and 4095 are reserved */
};

/* --ip, --gateway, --vlan, --mtu and --impair belong to the --port before them. Of ports that a lower place has named
 * that may be the only one. */
static struct cli_port *last_port(struct cli_settings *settings)
{
	if (settings->port_count == 0 || (settings->older & CLI_GROUP_PORTS && settings->port_count > 1))
		return NULL;
	return &settings->ports[settings->port_count - 1];
}

/* Of bench it is the cable, at the client's end, unless its ports are being named. */
static struct cli_port *impaired_port(struct cli_settings *settings)
{
	bool is_at_port = settings->port_count > 0 && !(settings->older & CLI_GROUP_PORTS);

	return settings->command == CLI_BENCH && !is_at_port ? &settings->ports[0] : last_port(settings);
}

/* What a device text means is the engine's to say: here only what cannot be one is found early. */
bool cli_set_port(struct cli_settings *settings, const char *value)
{
	const char *colon = strchr(value, ':');
	bool is_device = strcmp(value, "cable") == 0 || (colon && colon[1] != '\0') || strncmp(value, "net_", 4) == 0;

	if (is_device && cli_settings_replaces(settings, CLI_GROUP_PORTS))
		settings->port_count = 0;
	if (!is_device || settings->port_count == QUERN_MAX_PORTS)
		return false;
	settings->ports[settings->port_count++] = (struct cli_port){.device = value};
	return true;
}

bool cli_set_ip(struct cli_settings *settings, const char *value)
{
	struct cli_port *port = last_port(settings);

	if (port && cli_settings_replaces(settings, CLI_GROUP_IPS))
		port->nets[CLI_IP4].has_ip = port->nets[CLI_IP6].has_ip = false;
	return port && cli_port_set_ip(port, value);
}

bool cli_set_gateway(struct cli_settings *settings, const char *value)
{
	struct cli_port *port = last_port(settings);

	if (port && cli_settings_replaces(settings, CLI_GROUP_GATEWAYS))
		port->nets[CLI_IP4].has_gateway = port->nets[CLI_IP6].has_gateway = false;
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

/* What it says is read by cli_complete_impair(). */
bool cli_set_impair(struct cli_settings *settings, const char *value)
{
	struct cli_port *port = impaired_port(settings);

	if (port && cli_settings_replaces(settings, CLI_GROUP_IMPAIRS))
		port->impair_count = 0;
	if (!port || port->impair_count == CLI_MAX_IMPAIRS)
		return false;
	port->impair_texts[port->impair_count++] = value;
	return true;
}

bool cli_set_listen(struct cli_settings *settings, const char *value)
{
	struct cli_service *service = cli_spoken_service(settings);
	struct quern_endpoint listen;

	if (settings->command == CLI_FORWARD)
		return cli_set_rule_listen(settings, value);
	if (cli_settings_replaces(settings, CLI_GROUP_LISTENS)) {
		service->listen_count = 0;
		/* What a bench opens connections to is where its server is. */
		if (settings->command == CLI_BENCH)
			service->target_count = 0;
	}
	if (service->listen_count == CLI_MAX_ADDRESSES || quern_parse_endpoint(value, &listen) != 0 ||
	    cli_address_is_disguised(listen.ip6))
		return false;
	service->listen[service->listen_count++] = listen;
	return true;
}

bool cli_set_source(struct cli_settings *settings, const char *value)
{
	struct cli_service *service = cli_spoken_service(settings);
	struct quern_range source;

	if (cli_settings_replaces(settings, CLI_GROUP_SOURCES))
		service->source_count = 0;
	if (service->source_count == CLI_MAX_ADDRESSES || quern_parse_range(value, &source) != 0 ||
	    cli_address_is_disguised(source.first6) || cli_address_is_disguised(source.last6))
		return false;
	service->source[service->source_count++] = source;
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
