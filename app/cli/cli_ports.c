/* cli_ports.c - which addresses each port has, and which network they are on. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli_settings.h"

/* What a port is given where its flags leave something out. */
struct version_defaults {
	uint8_t lan_length;   /* network of addresses that came without one */
	uint8_t bench_length; /* that of bench's two ports, at most */
	const char *source;
	const char *listen;
};

/* 198.18.0.0/15 and 2001:2::/48 are for benchmarks (RFC 2544 C.2.2, RFC 5180 8 with its erratum 1752). */
static const struct version_defaults defaults[CLI_VERSIONS] = {
	[CLI_IP4] = {CLI_IP4_BITS + 24, CLI_IP4_BITS + 15, "198.18.0.0/24", "198.19.0.1:80"},
	[CLI_IP6] = {64, 48, "2001:2::100/120", "[2001:2:0:1::1]:80"},
};

bool cli_port_set_ip(struct cli_port *port, const char *text)
{
	struct quern_prefix read;
	struct cli_net *net;
	bool is_ip6;

	if (quern_parse_prefix(text, &read) != 0 || cli_address_is_disguised(read.ip6))
		return false;
	is_ip6 = quern_ip6_is_set(&read.ip6);
	net = &port->nets[is_ip6 ? CLI_IP6 : CLI_IP4];
	net->has_ip = true;
	net->ip = is_ip6 ? read.ip6 : cli_address_from_ip4(read.address);
	net->ip_length = is_ip6 ? read.length : (uint8_t)(CLI_IP4_BITS + read.length);
	return true;
}

bool cli_port_set_gateway(struct cli_port *port, const char *text)
{
	struct quern_ip6 gateway;
	struct cli_net *net;
	uint32_t address;

	if (quern_parse_address(text, &address) == 0)
		gateway = cli_address_from_ip4(address);
	else if (quern_parse_ip6(text, &gateway) != 0 || cli_address_is_disguised(gateway))
		return false;
	net = &port->nets[cli_address_version(gateway)];
	net->has_gateway = true;
	net->gateway = gateway;
	return true;
}

bool cli_net_reaches(const struct cli_net *net, struct quern_ip6 address)
{
	return cli_address_is_link_local(address) ||
	       cli_address_common(address, net->addresses.first) >= net->prefix_length;
}

static uint8_t least(uint8_t a, uint8_t b)
{
	return a < b ? a : b;
}

/* With several ports, an address belongs to the port whose network it is in. */
static bool belongs(const struct cli_settings *settings, const struct cli_net *net, struct quern_ip6 address)
{
	return settings->port_count == 1 || (net->has_ip && cli_address_common(net->ip, address) >= net->ip_length);
}

/* A port owns its --ip, and what --source and --listen name on its network. False where these leave a gap. */
static bool gather(const struct cli_settings *settings, struct cli_net *net, enum cli_version version)
{
	bool is_empty = true, is_one_block = true;

	if (net->has_ip)
		cli_block_join(&net->addresses, &is_empty, (struct cli_block){net->ip, net->ip});
	for (uint16_t i = 0; i < settings->source_count; i++) {
		struct cli_block block = cli_block_from_range(&settings->source[i]);

		if (cli_address_version(block.first) == version && belongs(settings, net, block.first))
			is_one_block &= cli_block_join(&net->addresses, &is_empty, block);
	}
	for (uint16_t i = 0; i < settings->listen_count; i++) {
		struct quern_ip6 address = cli_address_of(&settings->listen[i]);

		if (!cli_address_is_any(&settings->listen[i]) && cli_address_version(address) == version &&
		    belongs(settings, net, address))
			is_one_block &=
				cli_block_join(&net->addresses, &is_empty, (struct cli_block){address, address});
	}
	net->is_spoken = !is_empty;
	return is_one_block;
}

static void find_network(const struct cli_settings *settings, struct cli_net *net, enum cli_version version)
{
	const struct cli_block *addresses = &net->addresses;
	struct quern_ip6 target = cli_address_of(&settings->target);

	net->prefix_length = least(cli_address_common(addresses->first, addresses->last), defaults[version].lan_length);
	/* A target that is link-local says nothing of the network: every port reaches it. */
	if (settings->has_target && !net->has_gateway && cli_address_version(target) == version &&
	    !cli_address_is_link_local(target))
		net->prefix_length = least(cli_address_common(addresses->first, target), net->prefix_length);
	if (net->has_ip)
		net->prefix_length = net->ip_length;
}

int cli_complete_ports(struct cli_settings *settings, char error[CLI_ERROR_TEXT])
{
	for (uint16_t i = 0; i < settings->port_count; i++) {
		struct cli_port *port = &settings->ports[i];

		for (enum cli_version version = CLI_IP4; version < CLI_VERSIONS; version++) {
			if (gather(settings, &port->nets[version], version)) {
				find_network(settings, &port->nets[version], version);
				continue;
			}
			snprintf(error, CLI_ERROR_TEXT,
				 "port %s: --ip, --source and --listen must together be one block of addresses "
				 "without a gap",
				 port->device);
			return -EINVAL;
		}
		if (port->nets[CLI_IP4].is_spoken || port->nets[CLI_IP6].is_spoken)
			continue;
		snprintf(error, CLI_ERROR_TEXT, "port %s has no address; give it one, for example --ip 198.18.0.1/15",
			 port->device);
		return -EINVAL;
	}
	return 0;
}

/* The version that bench speaks: IPv6 by -6, else that of the first address that it is given. */
static enum cli_version version_of_bench(const struct cli_settings *settings)
{
	if (settings->is_ip6)
		return CLI_IP6;
	if (settings->listen_count > 0)
		return cli_address_version(cli_address_of(&settings->listen[0]));
	if (settings->source_count > 0)
		return cli_address_version(cli_block_from_range(&settings->source[0]).first);
	return settings->ports[0].nets[CLI_IP6].has_ip ? CLI_IP6 : CLI_IP4;
}

static bool speaks_one_version(const struct cli_settings *settings, enum cli_version version)
{
	bool does = true;

	for (uint16_t i = 0; i < settings->source_count; i++)
		does &= cli_address_version(cli_block_from_range(&settings->source[i]).first) == version;
	for (uint16_t i = 0; i < settings->listen_count; i++)
		does &= cli_address_is_any(&settings->listen[i]) ||
			cli_address_version(cli_address_of(&settings->listen[i])) == version;
	for (uint16_t i = 0; i < settings->port_count; i++)
		does &= !settings->ports[i].nets[version == CLI_IP4 ? CLI_IP6 : CLI_IP4].has_ip;
	return does;
}

/* The block of one end; false where it has gaps, or where an address is left open. */
static bool gather_end(const struct cli_settings *settings, bool is_server, struct cli_net *net)
{
	uint16_t count = is_server ? settings->listen_count : settings->source_count;
	bool is_empty = true, is_one_block = true;

	for (uint16_t i = 0; i < count; i++) {
		struct quern_ip6 address = cli_address_of(&settings->listen[i]);
		struct cli_block block =
			is_server ? (struct cli_block){address, address} : cli_block_from_range(&settings->source[i]);

		is_one_block &= !is_server || !cli_address_is_any(&settings->listen[i]);
		is_one_block &= cli_block_join(&net->addresses, &is_empty, block);
	}
	if (net->has_ip)
		is_one_block &= cli_block_join(&net->addresses, &is_empty, (struct cli_block){net->ip, net->ip});
	net->is_spoken = true;
	return is_one_block && !cli_address_equal(net->addresses.first, cli_address_from_ip4(0));
}

/* Where an end's addresses are not named: that of its port, or what there is for benchmarks. */
static void fill_in_ends(struct cli_settings *settings, enum cli_version version)
{
	const struct cli_net *client = &settings->ports[0].nets[version], *server = &settings->ports[1].nets[version];

	if (settings->source_count == 0 && client->has_ip)
		settings->source[settings->source_count++] =
			cli_block_to_range((struct cli_block){client->ip, client->ip});
	if (settings->source_count == 0)
		quern_parse_range(defaults[version].source, &settings->source[settings->source_count++]);
	if (settings->listen_count == 0 && settings->has_target)
		settings->listen[settings->listen_count++] = settings->target;
	if (settings->listen_count > 0)
		return;
	quern_parse_endpoint(defaults[version].listen, &settings->listen[settings->listen_count++]);
	if (server->has_ip && version == CLI_IP4)
		settings->listen[0].address = cli_address_to_ip4(server->ip);
	else if (server->has_ip)
		settings->listen[0].ip6 = server->ip;
}

static bool is_listened_at(const struct cli_settings *settings, const struct quern_endpoint *target)
{
	bool is_there = false;

	for (uint16_t i = 0; i < settings->listen_count; i++)
		is_there |= cli_address_equal(cli_address_of(&settings->listen[i]), cli_address_of(target)) &&
			    settings->listen[i].port == target->port;
	return is_there;
}

/* The two ends of a bench, which are all the ports that it has. */
static int check_bench(const struct cli_settings *settings, enum cli_version version, char error[CLI_ERROR_TEXT])
{
	char text[QUERN_ENDPOINT_TEXT];

	if (settings->port_count != 0 &&
	    (settings->port_count != 2 || strcmp(settings->ports[0].device, "cable") != 0 ||
	     strcmp(settings->ports[1].device, "cable") != 0)) {
		snprintf(error, CLI_ERROR_TEXT,
			 "bench has two ports, the client's and the server's, and both are cable; for others there are "
			 "load and serve");
		return -EINVAL;
	}
	if (!speaks_one_version(settings, version)) {
		snprintf(error, CLI_ERROR_TEXT,
			 "-6, --source and --listen name both versions of IP; a connection has one");
		return -EINVAL;
	}
	if (!settings->has_target || settings->listen_count == 0 || is_listened_at(settings, &settings->target))
		return 0;
	snprintf(error, CLI_ERROR_TEXT, "target %s is none of the --listen addresses, and nobody would answer",
		 quern_format_endpoint(&settings->target, text));
	return -EINVAL;
}

/* One network for both, as wide as they need; or those that they were given. */
static int find_bench_network(struct cli_net *ends[2], enum cli_version version, char error[CLI_ERROR_TEXT])
{
	uint8_t most = cli_address_common(ends[0]->addresses.first, ends[1]->addresses.first), length;

	for (int number = 0; number < 2; number++)
		most = least(cli_address_common(ends[number]->addresses.first, ends[number]->addresses.last), most);
	length = least(defaults[version].bench_length, most);
	for (int number = 0; number < 2; number++) {
		ends[number]->prefix_length = ends[number]->has_ip ? ends[number]->ip_length : length;
		if (ends[number]->prefix_length <= most)
			continue;
		snprintf(error, CLI_ERROR_TEXT,
			 "the %s's --ip has a network that the other end is not on; make its prefix shorter",
			 number == 0 ? "client" : "server");
		return -EINVAL;
	}
	return 0;
}

int cli_complete_bench(struct cli_settings *settings, char error[CLI_ERROR_TEXT])
{
	static const char *const texts[] = {"--source", "--listen"};
	enum cli_version version = version_of_bench(settings);
	struct cli_net *ends[2];
	int rc = check_bench(settings, version, error);

	if (rc != 0)
		return rc;
	fill_in_ends(settings, version);
	settings->port_count = 2;
	for (uint16_t number = 0; number < 2; number++) {
		ends[number] = &settings->ports[number].nets[version];
		settings->ports[number].device = "cable";
		if (gather_end(settings, number == 1, ends[number]))
			continue;
		snprintf(error, CLI_ERROR_TEXT,
			 "%s: the addresses must be one block without a gap, and not 0.0.0.0 or ::", texts[number]);
		return -EINVAL;
	}
	if (!settings->has_target)
		settings->target = settings->listen[0];
	settings->has_target = true;
	return find_bench_network(ends, version, error);
}
