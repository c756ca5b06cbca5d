/* cli_settings.c - defaults, and the checks and derived values that need more than one flag. */
#include "cli/cli_settings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	DEFAULT_MAX_CONNECTIONS = 131072,
	DEFAULT_MAX_TIME_WAIT = 131072,
	DEFAULT_PORT = 80,
	DEFAULT_BODY = 1024,
	LAN_PREFIX = 24,  /* network of an address that came without its length */
	BENCH_PREFIX = 15 /* RFC 2544 C.2.2: 198.18.0.0/15 */
};

/* A connection on its way out still holds its record: room for an eighth more than are held open, and some. */
static uint64_t with_headroom(uint64_t held)
{
	return held + held / 8 + 4096;
}

static const char *const command_names[] = {
	[CLI_BENCH] = "bench", [CLI_SERVE] = "serve", [CLI_LOAD] = "load", [CLI_DOCTOR] = "doctor"};

enum cli_command cli_command_from_name(const char *name)
{
	for (unsigned int command = 0; command < sizeof(command_names) / sizeof(command_names[0]); command++) {
		if (command_names[command] && strcmp(name, command_names[command]) == 0)
			return (enum cli_command)command;
	}
	return CLI_NO_COMMAND;
}

const char *cli_command_name(enum cli_command command)
{
	if (command >= sizeof(command_names) / sizeof(command_names[0]) || !command_names[command])
		return "?";
	return command_names[command];
}

const char *cli_close_name(enum cli_close close)
{
	static const char *const names[] = {"client", "server", "both", "rst"};

	return names[close];
}

void cli_settings_init(struct cli_settings *settings, enum cli_command command)
{
	*settings = (struct cli_settings){
		.command = command,
		.wait_link_ns = 5 * CLI_NS_PER_S,
		.duration_ns = command == CLI_SERVE ? 0 : 10 * CLI_NS_PER_S,
		.time_wait_ns = 60 * CLI_NS_PER_S,
		.connect_timeout_ns = 3 * CLI_NS_PER_S,
		.http = {.requests = 1, .body_bytes = DEFAULT_BODY},
		.keepalive = {.on = false, .idle_ms = 7200000, .interval_ms = 75000, .probes = 10},
	};
}

static int refuse(char error[CLI_ERROR_TEXT], const char *text)
{
	snprintf(error, CLI_ERROR_TEXT, "%s", text);
	return -EINVAL;
}

static uint8_t common_prefix(uint32_t a, uint32_t b, uint8_t at_most)
{
	uint8_t length = a == b ? 32 : (uint8_t)__builtin_clz(a ^ b);

	return length < at_most ? length : at_most;
}

static bool same_network(const struct quern_prefix *network, uint32_t address)
{
	return common_prefix(network->address, address, 32) >= network->length;
}

static struct quern_range one_address(uint32_t address)
{
	return (struct quern_range){.first = address, .last = address};
}

/* Grows `all` by a block that touches it or lies in it; false where a gap would open that is not ours. */
static bool range_join(struct quern_range *all, bool *is_empty, struct quern_range more)
{
	if (*is_empty) {
		*all = more;
		*is_empty = false;
		return true;
	}
	if ((uint64_t)more.first > (uint64_t)all->last + 1 || (uint64_t)all->first > (uint64_t)more.last + 1)
		return false;
	all->first = more.first < all->first ? more.first : all->first;
	all->last = more.last > all->last ? more.last : all->last;
	return true;
}

/* With several ports, an address belongs to the port whose network it is in. */
static bool belongs(const struct cli_settings *settings, const struct cli_port *port, uint32_t address)
{
	return settings->port_count == 1 || (port->has_ip && same_network(&port->ip, address));
}

/* A port owns its --ip, and what --source and --listen name on its network. */
static int find_port_addresses(const struct cli_settings *settings, struct cli_port *port, char error[CLI_ERROR_TEXT])
{
	bool is_empty = true, is_one_block = true;

	if (port->has_ip)
		range_join(&port->addresses, &is_empty, one_address(port->ip.address));
	for (uint16_t i = 0; i < settings->source_count; i++) {
		if (belongs(settings, port, settings->source[i].first))
			is_one_block &= range_join(&port->addresses, &is_empty, settings->source[i]);
	}
	for (uint16_t i = 0; i < settings->listen_count; i++) {
		uint32_t address = settings->listen[i].address;

		if (address != 0 && belongs(settings, port, address))
			is_one_block &= range_join(&port->addresses, &is_empty, one_address(address));
	}
	if (is_empty) {
		snprintf(error, CLI_ERROR_TEXT, "port %s has no address; give it one, for example --ip 198.18.0.1/15",
			 port->device);
		return -EINVAL;
	}
	if (!is_one_block) {
		snprintf(error, CLI_ERROR_TEXT,
			 "port %s: --ip, --source and --listen must together be one block of addresses without a gap",
			 port->device);
		return -EINVAL;
	}
	port->prefix_length = common_prefix(port->addresses.first, port->addresses.last, LAN_PREFIX);
	if (settings->has_target && port->gateway == 0)
		port->prefix_length =
			common_prefix(port->addresses.first, settings->target.address, port->prefix_length);
	if (port->has_ip)
		port->prefix_length = port->ip.length;
	return 0;
}

/* The server listens at 198.19.0.1:80 and the clients come from 198.18.0.0/24, unless told otherwise. */
static int complete_bench(struct cli_settings *settings, char error[CLI_ERROR_TEXT])
{
	static const char *const texts[] = {"--source", "--listen"};
	uint8_t length = BENCH_PREFIX;

	if (settings->source_count == 0)
		quern_parse_range("198.18.0.0/24", &settings->source[settings->source_count++]);
	if (settings->listen_count == 0)
		quern_parse_endpoint("198.19.0.1:80", &settings->listen[settings->listen_count++]);
	settings->port_count = 2;
	for (uint16_t number = 0; number < 2; number++) {
		struct cli_port *port = &settings->ports[number];
		uint16_t count = number == 0 ? settings->source_count : settings->listen_count;
		bool is_empty = true, is_one_block = true;

		port->device = "cable";
		for (uint16_t i = 0; i < count; i++) {
			struct quern_range block =
				number == 0 ? settings->source[i] : one_address(settings->listen[i].address);

			is_one_block &= range_join(&port->addresses, &is_empty, block);
		}
		if (!is_one_block || port->addresses.first == 0) {
			snprintf(error, CLI_ERROR_TEXT,
				 "%s: the addresses must be one block without a gap, and not 0.0.0.0", texts[number]);
			return -EINVAL;
		}
		length = common_prefix(port->addresses.first, port->addresses.last, length);
	}
	length = common_prefix(settings->ports[0].addresses.first, settings->ports[1].addresses.last, length);
	settings->ports[0].prefix_length = length;
	settings->ports[1].prefix_length = length;
	settings->target = settings->listen[0];
	settings->has_target = true;
	return 0;
}

/* Listens where --listen says, else at the --ip of every port. */
static int complete_serve(struct cli_settings *settings, char error[CLI_ERROR_TEXT])
{
	bool has_address = settings->listen_count > 0;

	if (settings->services == (CLI_SERVICE_DISCARD | CLI_SERVICE_ECHO))
		return refuse(error, "give --discard or --echo, not both");
	if ((settings->services & (settings->services - 1)) != 0)
		return refuse(error, "give one of --discard, --echo and --http");
	if (settings->services != 0 && settings->payload_bytes != 0)
		return refuse(error, "--payload says what is answered; leave out --discard, --echo and --http");
	for (uint16_t i = 0; i < settings->port_count; i++)
		has_address |= settings->ports[i].has_ip;
	if (!has_address)
		return refuse(error, "serve needs an address: quern serve -p tap:q0 --ip 198.18.0.1/24 --listen "
				     "198.18.0.1:80");
	if (settings->listen_count == 0)
		settings->listen[settings->listen_count++] = (struct quern_endpoint){.port = DEFAULT_PORT};
	return 0;
}

static int complete_load(struct cli_settings *settings, char error[CLI_ERROR_TEXT])
{
	if (!settings->has_target)
		return refuse(error,
			      "load needs a target: quern load tcp://198.18.0.2:80 -p tap:q0 --ip 198.18.0.1/24");
	if (settings->source_count > 0)
		return 0;
	for (uint16_t i = 0; i < settings->port_count; i++) {
		const struct cli_port *port = &settings->ports[i];

		if (!port->has_ip)
			return refuse(error, "load needs an address to come from: --ip 198.18.0.1/24 or --source "
					     "198.18.0.0/24");
		settings->source[settings->source_count++] = one_address(port->ip.address);
	}
	return 0;
}

/* As many records as the load will hold open, where --max-connections does not say. */
static int size_connections(struct cli_settings *settings, char error[CLI_ERROR_TEXT])
{
	uint64_t held = settings->cc;

	if (settings->cps != 0 && settings->cps != CLI_CPS_MAX)
		held = (uint64_t)((double)settings->cps * (double)settings->hold_ns / (double)CLI_NS_PER_S);
	if (settings->max_connections != 0) {
		if (settings->cc > settings->max_connections)
			return refuse(error, "--cc holds more connections than --max-connections allows; raise it");
		return 0;
	}
	held = with_headroom(held);
	if (held > UINT32_C(1) << 30)
		return refuse(error, "more than 2^30 connections at once; lower --cc, --cps or --hold");
	settings->max_connections = held > DEFAULT_MAX_CONNECTIONS ? (uint32_t)held : DEFAULT_MAX_CONNECTIONS;
	return 0;
}

int cli_complete(struct cli_settings *settings, char error[CLI_ERROR_TEXT])
{
	int rc;

	if (settings->command == CLI_DOCTOR)
		return 0;
	if (settings->cps != 0 && settings->cc != 0)
		return refuse(error, "give --cps or --cc, not both");
	if (settings->max_time_wait == 0)
		settings->max_time_wait = DEFAULT_MAX_TIME_WAIT;
	if (settings->connections != 0 && !settings->duration_given)
		settings->duration_ns = 0;
	if (settings->command != CLI_BENCH && settings->port_count == 0) {
		snprintf(error, CLI_ERROR_TEXT, "%s needs a port: -p tap:q0 --ip 198.18.0.1/24",
			 cli_command_name(settings->command));
		return -EINVAL;
	}
	rc = cli_complete_http(settings, error);
	if (rc == 0 && settings->cps == 0 && settings->cc == 0 && settings->command != CLI_SERVE)
		settings->cps = CLI_CPS_MAX;
	if (rc == 0 && settings->command == CLI_BENCH)
		rc = complete_bench(settings, error);
	if (rc == 0 && settings->command == CLI_SERVE)
		rc = complete_serve(settings, error);
	if (rc == 0 && settings->command == CLI_LOAD)
		rc = complete_load(settings, error);
	for (uint16_t i = 0; rc == 0 && settings->command != CLI_BENCH && i < settings->port_count; i++)
		rc = find_port_addresses(settings, &settings->ports[i], error);
	if (rc == 0)
		rc = cli_check_network(settings, error);
	if (rc == 0)
		rc = cli_complete_impair(settings, error);
	return rc != 0 ? rc : size_connections(settings, error);
}
