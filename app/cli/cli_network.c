/* cli_network.c - what would only be a silence on the wire: addresses that no host has or that nothing leads to. */
#include <errno.h>
#include <stdio.h>

#include "cli/cli_settings.h"

/* What a port of the engine takes: 2^27 addresses. */
enum { MOST_IP6_BITS = 27 };

/* fe80::/64 is the network of each link. */
enum { LINK_LOCAL_BITS = 64 };

static const char *const version_names[CLI_VERSIONS] = {"IPv4", "IPv6"};

static const char *no_host_ip4(uint32_t address)
{
	if (address >> 24 == 0)
		return "is of 0.0.0.0/8, which means no host";
	if (address == UINT32_MAX)
		return "is the broadcast address";
	if (address >> 28 == 14)
		return "is a multicast address, and a connection has one peer";
	if (address >> 28 == 15)
		return "is of 240.0.0.0/4, which is reserved";
	return NULL;
}

/* Why no host can have an address (RFC 1122 3.2.1.3, RFC 4291 2.5 and 2.7), or null. */
static const char *no_host(struct quern_ip6 address)
{
	if (cli_address_version(address) == CLI_IP4)
		return no_host_ip4(cli_address_to_ip4(address));
	if (!quern_ip6_is_set(&address))
		return "means no host";
	if (address.high == 0 && address.low == 1)
		return "is the loopback address, which is on no network";
	if (address.high >> 56 == 0xff)
		return "is a multicast address, and a connection has one peer";
	return NULL;
}

/* A network of two addresses has neither (RFC 3021, RFC 6164). What is link-local is on the link's own network,
 * whatever the port's is (RFC 4291 2.5.6). */
static const char *no_host_of(struct quern_ip6 address, uint8_t length)
{
	bool is_ip4 = cli_address_version(address) == CLI_IP4;

	if (cli_address_is_link_local(address))
		length = LINK_LOCAL_BITS;
	if (length >= CLI_ADDRESS_BITS - 1)
		return NULL;
	if (cli_address_equal(address, cli_address_network(address, length)))
		return is_ip4 ? "is the address of the network itself"
			      : "is the anycast address of its network's routers (RFC 4291 2.6.1)";
	if (is_ip4 && cli_address_equal(address, cli_address_last(address, length)))
		return "is the broadcast address of its network";
	return NULL;
}

static int refuse(char error[CLI_ERROR_TEXT], const char *flag, struct quern_ip6 address, const char *why)
{
	char text[QUERN_IP6_TEXT];

	snprintf(error, CLI_ERROR_TEXT, "%s %s %s; give that of a host, e.g. %s", flag, cli_address_text(address, text),
		 why, cli_address_version(address) == CLI_IP4 ? "198.18.0.1" : "fd00::1");
	return -EINVAL;
}

/* Nothing leads from a port to an address of a version that it does not have. */
static int refuse_version(char error[CLI_ERROR_TEXT], const char *flag, struct quern_ip6 address,
			  const struct cli_port *port)
{
	char text[QUERN_IP6_TEXT];

	snprintf(error, CLI_ERROR_TEXT,
		 "%s %s is of %s, and port %.128s has no such address; give it one by --ip ADDR/LEN", flag,
		 cli_address_text(address, text), version_names[cli_address_version(address)], port->device);
	return -EINVAL;
}

static int check_ip(const struct cli_net *net, char error[CLI_ERROR_TEXT])
{
	const char *why = no_host(net->ip);

	if (!why)
		why = no_host_of(net->ip, net->ip_length);
	return why ? refuse(error, "--ip", net->ip, why) : 0;
}

static char *network_text(const struct cli_net *net, char text[QUERN_IP6_TEXT + 4])
{
	bool is_ip4 = cli_address_version(net->addresses.first) == CLI_IP4;
	char address[QUERN_IP6_TEXT];

	cli_address_text(cli_address_network(net->addresses.first, net->prefix_length), address);
	snprintf(text, QUERN_IP6_TEXT + 4, "%s/%d", address, net->prefix_length - (is_ip4 ? CLI_IP4_BITS : 0));
	return text;
}

/* An address without a network, of all bits, is on whatever link its port is. */
static bool is_without_network(const struct cli_net *net)
{
	return net->prefix_length == CLI_ADDRESS_BITS;
}

static int check_gateway(const struct cli_port *port, const struct cli_net *net, char error[CLI_ERROR_TEXT])
{
	char text[QUERN_IP6_TEXT], network[QUERN_IP6_TEXT + 4];
	const char *why = no_host(net->gateway);

	if (!why && !net->is_spoken)
		return refuse_version(error, "--gateway", net->gateway, port);
	if (!why && cli_block_holds(&net->addresses, net->gateway))
		why = "is our own address";
	if (!why && !is_without_network(net) && cli_net_reaches(net, net->gateway))
		why = no_host_of(net->gateway, net->prefix_length);
	if (why)
		return refuse(error, "--gateway", net->gateway, why);
	if (is_without_network(net) || cli_net_reaches(net, net->gateway))
		return 0;
	snprintf(error, CLI_ERROR_TEXT,
		 "--gateway %s is not on the network of port %.128s, %s; give one that is, or correct --ip ADDR/LEN",
		 cli_address_text(net->gateway, text), port->device, network_text(net, network));
	return -EINVAL;
}

static bool is_ours(const struct cli_port *port, struct quern_ip6 address)
{
	const struct cli_net *net = &port->nets[cli_address_version(address)];

	return net->is_spoken && cli_block_holds(&net->addresses, address);
}

static int check_listen(const struct cli_settings *settings, const struct cli_service *service, uint16_t number,
			char error[CLI_ERROR_TEXT])
{
	const struct quern_endpoint *at = &service->listen[number];
	struct quern_ip6 address = cli_address_of(at);
	char text[QUERN_ENDPOINT_TEXT];
	bool has_port = cli_address_is_any(at);

	if (!has_port && no_host(address))
		return refuse(error, "--listen", address, no_host(address));
	for (uint16_t i = 0; i < settings->port_count; i++)
		has_port |= is_ours(&settings->ports[i], address);
	if (!has_port) {
		snprintf(error, CLI_ERROR_TEXT,
			 "--listen %s is on no port's network; give the port that it is on an --ip ADDR/LEN",
			 quern_format_endpoint(at, text));
		return -EINVAL;
	}
	for (uint16_t i = 0; i < number; i++) {
		const struct quern_endpoint *other = &service->listen[i];

		if (!cli_address_equal(cli_address_of(other), address) || other->port != at->port)
			continue;
		snprintf(error, CLI_ERROR_TEXT, "--listen %s is given twice; name each address and port once",
			 quern_format_endpoint(at, text));
		return -EINVAL;
	}
	return 0;
}

static bool listens_on(const struct cli_service *service, const struct cli_port *port)
{
	for (uint16_t i = 0; i < service->listen_count; i++) {
		if (cli_address_is_any(&service->listen[i]) || is_ours(port, cli_address_of(&service->listen[i])))
			return true;
	}
	return false;
}

/* Nobody would answer at a port without a listener. */
static int check_served(const struct cli_settings *settings, const struct cli_port *port, char error[CLI_ERROR_TEXT])
{
	for (uint16_t i = 0; i < settings->service_count; i++) {
		if (listens_on(&settings->service[i], port))
			return 0;
	}
	snprintf(
		error, CLI_ERROR_TEXT,
		"port %s has none of the --listen addresses; add one, e.g. --listen 0.0.0.0:80 for all ports, or leave "
		"the port out",
		port->device);
	return -EINVAL;
}

static int check_source(const struct cli_service *service, const struct quern_range *source, char error[CLI_ERROR_TEXT])
{
	struct cli_block block = cli_block_from_range(source);
	struct quern_ip6 wrong = no_host(block.first) ? block.first : block.last;
	enum cli_version version = cli_address_version(block.first);
	char text[QUERN_IP6_TEXT];

	if (no_host(wrong))
		return refuse(error, "--source", wrong, no_host(wrong));
	if (cli_service_asks(service, version))
		return 0;
	snprintf(error, CLI_ERROR_TEXT, "--source %s is of %s, and the target is not; give addresses of one version",
		 cli_address_text(block.first, text), version_names[version]);
	return -EINVAL;
}

/* Every port's clients open connections to the target. */
static int check_way(const struct cli_port *port, struct quern_ip6 target, char error[CLI_ERROR_TEXT])
{
	const struct cli_net *net = &port->nets[cli_address_version(target)];
	char text[QUERN_IP6_TEXT], network[QUERN_IP6_TEXT + 4];

	if (!net->is_spoken)
		return refuse_version(error, "target", target, port);
	if (cli_block_holds(&net->addresses, target))
		return refuse(error, "target", target, "is our own address");
	if (!is_without_network(net) && cli_net_reaches(net, target) && no_host_of(target, net->prefix_length))
		return refuse(error, "target", target, no_host_of(target, net->prefix_length));
	if (net->has_gateway || is_without_network(net) || cli_net_reaches(net, target))
		return 0;
	snprintf(error, CLI_ERROR_TEXT,
		 "target %s is not on the network of port %.128s, %s, and there is no gateway; add --gateway ADDR, or "
		 "correct --ip ADDR/LEN",
		 cli_address_text(target, text), port->device, network_text(net, network));
	return -EINVAL;
}

static int check_target(const struct cli_settings *settings, struct quern_ip6 target, char error[CLI_ERROR_TEXT])
{
	const char *why = no_host(target);
	int rc = 0;

	if (!why && cli_address_version(target) == CLI_IP4 && cli_address_to_ip4(target) >> 24 == 127)
		why = "is a loopback address, which is on no network";
	if (why)
		return refuse(error, "target", target, why);
	for (uint16_t i = 0; rc == 0 && i < settings->port_count; i++)
		rc = check_way(&settings->ports[i], target, error);
	return rc;
}

/* Of IPv4 any number will do. */
static int check_count(const struct cli_port *port, char error[CLI_ERROR_TEXT])
{
	const struct cli_net *net = &port->nets[CLI_IP6];
	struct quern_ip6 first = net->addresses.first, last = net->addresses.last;
	uint64_t others_high = last.high - first.high - (last.low < first.low), others = last.low - first.low;

	if (!net->is_spoken || (others_high == 0 && others >> MOST_IP6_BITS == 0))
		return 0;
	snprintf(error, CLI_ERROR_TEXT,
		 "port %.128s: --ip, --source and --listen name more than %d addresses of IPv6; name fewer, e.g. "
		 "--source "
		 "fd00::100/120",
		 port->device, 1 << MOST_IP6_BITS);
	return -EINVAL;
}

static int check_port(const struct cli_port *port, char error[CLI_ERROR_TEXT])
{
	int rc = 0;

	for (enum cli_version version = CLI_IP4; rc == 0 && version < CLI_VERSIONS; version++) {
		const struct cli_net *net = &port->nets[version];

		if (net->has_ip)
			rc = check_ip(net, error);
		if (rc == 0 && net->has_gateway)
			rc = check_gateway(port, net, error);
	}
	return rc;
}

static int check_service(const struct cli_settings *settings, const struct cli_service *service,
			 char error[CLI_ERROR_TEXT])
{
	int rc = 0;

	for (uint16_t i = 0; rc == 0 && i < service->listen_count; i++)
		rc = check_listen(settings, service, i, error);
	for (uint16_t i = 0; rc == 0 && i < service->source_count; i++)
		rc = check_source(service, &service->source[i], error);
	for (uint16_t i = 0; rc == 0 && settings->command == CLI_LOAD && i < service->target_count; i++)
		rc = check_target(settings, cli_address_of(&service->target[i]), error);
	return rc;
}

int cli_check_network(const struct cli_settings *settings, char error[CLI_ERROR_TEXT])
{
	int rc = 0;

	for (uint16_t i = 0; rc == 0 && settings->command != CLI_BENCH && i < settings->port_count; i++)
		rc = check_port(&settings->ports[i], error);
	for (uint16_t i = 0; rc == 0 && i < settings->port_count; i++)
		rc = check_count(&settings->ports[i], error);
	for (uint16_t i = 0; rc == 0 && i < settings->service_count; i++)
		rc = check_service(settings, &settings->service[i], error);
	for (uint16_t i = 0; rc == 0 && settings->command == CLI_SERVE && i < settings->port_count; i++)
		rc = check_served(settings, &settings->ports[i], error);
	return rc;
}
