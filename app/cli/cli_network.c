/* cli_network.c - what would only be a silence on the wire: addresses that no host has or that nothing leads to. */
#include <errno.h>
#include <stdio.h>

#include "cli/cli_settings.h"

static uint32_t host_bits(uint8_t length)
{
	return length == 0 ? UINT32_MAX : length == 32 ? 0 : UINT32_MAX >> length;
}

static bool is_on_network(const struct cli_port *port, uint32_t address)
{
	return ((address ^ port->addresses.first) & ~host_bits(port->prefix_length)) == 0;
}

static bool is_ours(const struct cli_port *port, uint32_t address)
{
	return address >= port->addresses.first && address <= port->addresses.last;
}

/* Why no host can have an address (RFC 1122 3.2.1.3), or null. */
static const char *no_host(uint32_t address)
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

/* RFC 3021: a network of two addresses has neither. */
static const char *no_host_of(uint32_t address, uint8_t length)
{
	uint32_t bits = host_bits(length);

	if (length < 31 && (address & bits) == 0)
		return "is the address of the network itself";
	if (length < 31 && (address & bits) == bits)
		return "is the broadcast address of its network";
	return NULL;
}

static int refuse(char error[CLI_ERROR_TEXT], const char *flag, uint32_t address, const char *why)
{
	char text[QUERN_ADDRESS_TEXT];

	snprintf(error, CLI_ERROR_TEXT, "%s %s %s; give that of a host, e.g. 198.18.0.1", flag,
		 quern_format_address(address, text), why);
	return -EINVAL;
}

static int check_ip(const struct cli_port *port, char error[CLI_ERROR_TEXT])
{
	const char *why = no_host(port->ip.address);

	if (!why)
		why = no_host_of(port->ip.address, port->ip.length);
	return why ? refuse(error, "--ip", port->ip.address, why) : 0;
}

static char *network_text(const struct cli_port *port, char *text, size_t size)
{
	char address[QUERN_ADDRESS_TEXT];

	quern_format_address(port->addresses.first & ~host_bits(port->prefix_length), address);
	snprintf(text, size, "%s/%u", address, port->prefix_length);
	return text;
}

/* An address without a network, /32, is on whatever link its port is. */
static int check_gateway(const struct cli_port *port, char error[CLI_ERROR_TEXT])
{
	char text[QUERN_ADDRESS_TEXT], network[QUERN_ADDRESS_TEXT + 4];
	const char *why = no_host(port->gateway);

	if (!why && is_ours(port, port->gateway))
		why = "is our own address";
	if (!why && port->prefix_length < 32 && is_on_network(port, port->gateway))
		why = no_host_of(port->gateway, port->prefix_length);
	if (why)
		return refuse(error, "--gateway", port->gateway, why);
	if (port->prefix_length == 32 || is_on_network(port, port->gateway))
		return 0;
	snprintf(error, CLI_ERROR_TEXT,
		 "--gateway %s is not on the network of port %.128s, %s; give one that is, or correct --ip ADDR/LEN",
		 quern_format_address(port->gateway, text), port->device, network_text(port, network, sizeof(network)));
	return -EINVAL;
}

static int check_listen(const struct cli_settings *settings, uint16_t number, char error[CLI_ERROR_TEXT])
{
	const struct quern_endpoint *at = &settings->listen[number];
	char text[QUERN_ENDPOINT_TEXT];
	bool has_port = at->address == 0;

	if (at->address != 0 && no_host(at->address))
		return refuse(error, "--listen", at->address, no_host(at->address));
	for (uint16_t i = 0; i < settings->port_count; i++)
		has_port |= is_ours(&settings->ports[i], at->address);
	if (!has_port) {
		snprintf(error, CLI_ERROR_TEXT,
			 "--listen %s is on no port's network; give the port that it is on an --ip ADDR/LEN",
			 quern_format_endpoint(at, text));
		return -EINVAL;
	}
	for (uint16_t i = 0; i < number; i++) {
		if (settings->listen[i].address != at->address || settings->listen[i].port != at->port)
			continue;
		snprintf(error, CLI_ERROR_TEXT, "--listen %s is given twice; name each address and port once",
			 quern_format_endpoint(at, text));
		return -EINVAL;
	}
	return 0;
}

static int check_source(const struct quern_range *source, char error[CLI_ERROR_TEXT])
{
	uint32_t wrong = no_host(source->first) ? source->first : source->last;

	return no_host(wrong) ? refuse(error, "--source", wrong, no_host(wrong)) : 0;
}

/* Every port's clients open connections to the target. */
static int check_way(const struct cli_settings *settings, const struct cli_port *port, char error[CLI_ERROR_TEXT])
{
	char text[QUERN_ADDRESS_TEXT], network[QUERN_ADDRESS_TEXT + 4];
	uint32_t target = settings->target.address;

	if (is_ours(port, target))
		return refuse(error, "target", target, "is our own address");
	if (port->prefix_length < 32 && is_on_network(port, target) && no_host_of(target, port->prefix_length))
		return refuse(error, "target", target, no_host_of(target, port->prefix_length));
	if (port->gateway != 0 || port->prefix_length == 32 || is_on_network(port, target))
		return 0;
	snprintf(error, CLI_ERROR_TEXT,
		 "target %s is not on the network of port %.128s, %s, and there is no gateway; add --gateway ADDR, or "
		 "correct --ip ADDR/LEN",
		 quern_format_address(target, text), port->device, network_text(port, network, sizeof(network)));
	return -EINVAL;
}

static int check_target(const struct cli_settings *settings, char error[CLI_ERROR_TEXT])
{
	uint32_t target = settings->target.address;
	int rc = 0;

	if (no_host(target) || target >> 24 == 127)
		return refuse(error, "target", target,
			      no_host(target) ? no_host(target) : "is a loopback address, which is on no network");
	for (uint16_t i = 0; rc == 0 && i < settings->port_count; i++)
		rc = check_way(settings, &settings->ports[i], error);
	return rc;
}

int cli_check_network(const struct cli_settings *settings, char error[CLI_ERROR_TEXT])
{
	int rc = 0;

	for (uint16_t i = 0; rc == 0 && settings->command != CLI_BENCH && i < settings->port_count; i++) {
		const struct cli_port *port = &settings->ports[i];

		if (port->has_ip)
			rc = check_ip(port, error);
		if (rc == 0 && port->gateway != 0)
			rc = check_gateway(port, error);
	}
	for (uint16_t i = 0; rc == 0 && i < settings->listen_count; i++)
		rc = check_listen(settings, i, error);
	for (uint16_t i = 0; rc == 0 && i < settings->source_count; i++)
		rc = check_source(&settings->source[i], error);
	if (rc == 0 && settings->command == CLI_LOAD)
		rc = check_target(settings, error);
	return rc;
}
