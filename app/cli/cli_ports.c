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

/* What --source and --listen of a service name on a port's network. False where that leaves a gap. */
static bool gather_service(const struct cli_settings *settings, const struct cli_service *service, struct cli_net *net,
			   enum cli_version version, bool *is_empty)
{
	bool is_one_block = true;

	for (uint16_t i = 0; i < service->source_count; i++) {
		struct cli_block block = cli_block_from_range(&service->source[i]);

		if (cli_address_version(block.first) == version && belongs(settings, net, block.first))
			is_one_block &= cli_block_join(&net->addresses, is_empty, block);
	}
	for (uint16_t i = 0; i < service->listen_count; i++) {
		struct quern_ip6 address = cli_address_of(&service->listen[i]);

		if (!cli_address_is_any(&service->listen[i]) && cli_address_version(address) == version &&
		    belongs(settings, net, address))
			is_one_block &= cli_block_join(&net->addresses, is_empty, (struct cli_block){address, address});
	}
	return is_one_block;
}

/* A port owns its --ip, and what its services name on its network. False where these leave a gap. */
static bool gather(const struct cli_settings *settings, struct cli_net *net, enum cli_version version)
{
	bool is_empty = true, is_one_block = true;

	if (net->has_ip)
		cli_block_join(&net->addresses, &is_empty, (struct cli_block){net->ip, net->ip});
	for (uint16_t i = 0; i < settings->service_count; i++)
		is_one_block &= gather_service(settings, &settings->service[i], net, version, &is_empty);
	net->is_spoken = !is_empty;
	return is_one_block;
}

/* As wide as it must be for the target, where there is no gateway. One that is link-local says nothing of the network:
 * every port reaches it. */
static void widen(struct cli_net *net, enum cli_version version, struct quern_ip6 target)
{
	if (!net->has_gateway && cli_address_version(target) == version && !cli_address_is_link_local(target))
		net->prefix_length = least(cli_address_common(net->addresses.first, target), net->prefix_length);
}

static void find_network(const struct cli_settings *settings, struct cli_net *net, enum cli_version version)
{
	const struct cli_block *addresses = &net->addresses;

	net->prefix_length = least(cli_address_common(addresses->first, addresses->last), defaults[version].lan_length);
	for (uint16_t i = 0; i < settings->service_count; i++) {
		const struct cli_service *service = &settings->service[i];

		for (uint16_t j = 0; j < service->target_count; j++)
			widen(net, version, cli_address_of(&service->target[j]));
	}
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
	for (uint16_t i = 0; i < settings->service_count; i++) {
		const struct cli_service *service = &settings->service[i];

		if (service->listen_count > 0)
			return cli_address_version(cli_address_of(&service->listen[0]));
		if (service->source_count > 0)
			return cli_address_version(cli_block_from_range(&service->source[0]).first);
	}
	return settings->ports[0].nets[CLI_IP6].has_ip ? CLI_IP6 : CLI_IP4;
}

static bool speaks_only(const struct cli_service *service, enum cli_version version)
{
	bool does = true;

	for (uint16_t i = 0; i < service->source_count; i++)
		does &= cli_address_version(cli_block_from_range(&service->source[i]).first) == version;
	for (uint16_t i = 0; i < service->listen_count; i++)
		does &= cli_address_is_any(&service->listen[i]) ||
			cli_address_version(cli_address_of(&service->listen[i])) == version;
	return does;
}

static bool speaks_one_version(const struct cli_settings *settings, enum cli_version version)
{
	bool does = true;

	for (uint16_t i = 0; i < settings->service_count; i++)
		does &= speaks_only(&settings->service[i], version);
	for (uint16_t i = 0; i < settings->port_count; i++)
		does &= !settings->ports[i].nets[version == CLI_IP4 ? CLI_IP6 : CLI_IP4].has_ip;
	return does;
}

/* Adds what one service names at one end. False where that leaves a gap, or an address open. */
static bool join_end(const struct cli_service *service, bool is_server, struct cli_net *net, bool *is_empty)
{
	uint16_t count = is_server ? service->listen_count : service->source_count;
	bool is_one_block = true;

	for (uint16_t i = 0; i < count; i++) {
		struct quern_ip6 address = cli_address_of(&service->listen[i]);
		struct cli_block block =
			is_server ? (struct cli_block){address, address} : cli_block_from_range(&service->source[i]);

		is_one_block &= !is_server || !cli_address_is_any(&service->listen[i]);
		is_one_block &= cli_block_join(&net->addresses, is_empty, block);
	}
	return is_one_block;
}

/* The block of one end; false where it has gaps, or where an address is left open. */
static bool gather_end(const struct cli_settings *settings, bool is_server, struct cli_net *net)
{
	bool is_empty = true, is_one_block = true;

	for (uint16_t i = 0; i < settings->service_count; i++)
		is_one_block &= join_end(&settings->service[i], is_server, net, &is_empty);
	if (net->has_ip)
		is_one_block &= cli_block_join(&net->addresses, &is_empty, (struct cli_block){net->ip, net->ip});
	net->is_spoken = true;
	return is_one_block && !cli_address_equal(net->addresses.first, cli_address_from_ip4(0));
}

/* Where an end's addresses are not named: that of its port, or what there is for benchmarks. Each service has a port of
 * TCP of its own. */
static void fill_in_ends(const struct cli_settings *settings, struct cli_service *service, enum cli_version version)
{
	const struct cli_net *client = &settings->ports[0].nets[version], *server = &settings->ports[1].nets[version];

	if (service->source_count == 0 && client->has_ip)
		service->source[service->source_count++] =
			cli_block_to_range((struct cli_block){client->ip, client->ip});
	if (service->source_count == 0)
		quern_parse_range(defaults[version].source, &service->source[service->source_count++]);
	if (service->listen_count == 0 && service->target_count > 0)
		service->listen[service->listen_count++] = service->target[0];
	if (service->listen_count > 0)
		return;
	quern_parse_endpoint(defaults[version].listen, &service->listen[service->listen_count++]);
	service->listen[0].port = (uint16_t)(service->listen[0].port + (service - settings->service));
	if (server->has_ip && version == CLI_IP4)
		service->listen[0].address = cli_address_to_ip4(server->ip);
	else if (server->has_ip)
		service->listen[0].ip6 = server->ip;
}

static bool is_listened_at(const struct cli_service *service, const struct quern_endpoint *target)
{
	bool is_there = false;

	for (uint16_t i = 0; i < service->listen_count; i++)
		is_there |= cli_address_equal(cli_address_of(&service->listen[i]), cli_address_of(target)) &&
			    service->listen[i].port == target->port;
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
	for (uint16_t i = 0; i < settings->service_count; i++) {
		const struct cli_service *service = &settings->service[i];

		if (service->target_count == 0 || service->listen_count == 0 ||
		    is_listened_at(service, &service->target[0]))
			continue;
		snprintf(error, CLI_ERROR_TEXT, "target %s is none of the --listen addresses, and nobody would answer",
			 quern_format_endpoint(&service->target[0], text));
		return -EINVAL;
	}
	return 0;
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
	for (uint16_t i = 0; i < settings->service_count; i++)
		fill_in_ends(settings, &settings->service[i], version);
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
	for (uint16_t i = 0; i < settings->service_count; i++) {
		struct cli_service *service = &settings->service[i];

		if (service->target_count == 0)
			service->target[0] = service->listen[0];
		service->weight[0] = service->target_count = 1;
	}
	return find_bench_network(ends, version, error);
}
