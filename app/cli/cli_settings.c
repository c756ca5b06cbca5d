/* cli_settings.c - defaults, and the checks and derived values that need more than one flag. */
#include "cli/cli_settings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli_tcp.h"
#include "cli/cli_trace.h"
#include "cli/cli_udp.h"

enum { DEFAULT_MAX_CONNECTIONS = 131072, DEFAULT_MAX_TIME_WAIT = 131072, DEFAULT_PORT = 80 };

/* A connection on its way out still holds its record: room for an eighth more than are held open, and some. */
static uint64_t with_headroom(uint64_t held)
{
	return held + held / 8 + 4096;
}

static const char *const command_names[] = {[CLI_BENCH] = "bench",   [CLI_SERVE] = "serve", [CLI_LOAD] = "load",
					    [CLI_DOCTOR] = "doctor", [CLI_TRACE] = "trace", [CLI_FORWARD] = "forward"};

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
	static const char *const names[] = {"client", "server", "both", "rst", "half", "never"};

	return names[close];
}

/* Where --duration does not say. */
static bool runs_until_told(enum cli_command command)
{
	return command == CLI_SERVE || command == CLI_TRACE || command == CLI_FORWARD;
}

void cli_settings_init(struct cli_settings *settings, enum cli_command command)
{
	*settings = (struct cli_settings){
		.command = command,
		.wait_link_ns = 5 * CLI_NS_PER_S,
		.duration_ns = runs_until_told(command) ? 0 : 10 * CLI_NS_PER_S,
		.time_wait_ns = 60 * CLI_NS_PER_S,
		.connect_timeout_ns = 3 * CLI_NS_PER_S,
		.keepalive = {.on = false, .idle_ms = 7200000, .interval_ms = 75000, .probes = 10},
	};
	cli_settings_speak_of(settings, 0);
}

void cli_settings_rise(struct cli_settings *settings)
{
	settings->older = CLI_GROUPS;
}

bool cli_settings_replaces(struct cli_settings *settings, enum cli_group group)
{
	bool is_older = settings->older & group;

	settings->older &= ~(unsigned int)group;
	return is_older;
}

static int refuse(char error[CLI_ERROR_TEXT], const char *text)
{
	snprintf(error, CLI_ERROR_TEXT, "%s", text);
	return -EINVAL;
}

bool cli_service_asks(const struct cli_service *service, enum cli_version version)
{
	for (uint16_t i = 0; i < service->target_count; i++) {
		if (cli_address_version(cli_address_of(&service->target[i])) == version)
			return true;
	}
	return false;
}

/* Listens where --listen says, else at the --ip of every port. */
static int complete_serve(const struct cli_settings *settings, struct cli_service *service, char error[CLI_ERROR_TEXT])
{
	bool has_address = service->listen_count > 0;

	if (service->answers == (CLI_ANSWER_DISCARD | CLI_ANSWER_ECHO))
		return refuse(error, "give --discard or --echo, not both");
	if ((service->answers & (service->answers - 1)) != 0)
		return refuse(error, "give one of --discard, --echo and --http");
	if (service->answers != 0 && service->payload != CLI_PAYLOAD_NONE)
		return refuse(error, "--payload says what is answered; leave out --discard, --echo and --http");
	for (uint16_t i = 0; i < settings->port_count; i++)
		has_address |= settings->ports[i].nets[CLI_IP4].has_ip || settings->ports[i].nets[CLI_IP6].has_ip;
	if (!has_address)
		return refuse(error, "serve needs an address: quern serve -p tap:q0 --ip 198.18.0.1/24 --listen "
				     "198.18.0.1:80");
	if (service->listen_count == 0)
		service->listen[service->listen_count++] = (struct quern_endpoint){.port = DEFAULT_PORT};
	return 0;
}

/* Where --source does not say, clients come from each port's --ip of the version that a target has. */
static int complete_sources(const struct cli_settings *settings, struct cli_service *service, enum cli_version version,
			    char error[CLI_ERROR_TEXT])
{
	for (uint16_t i = 0; i < settings->port_count; i++) {
		const struct cli_net *net = &settings->ports[i].nets[version];

		if (!net->has_ip)
			return refuse(error, version == CLI_IP4
						     ? "load needs an address to come from: --ip 198.18.0.1/24 or "
						       "--source 198.18.0.0/24"
						     : "load needs an address to come from, of IPv6 as the target: "
						       "--ip fd00::1/64 or --source fd00::100/120");
		if (service->source_count == CLI_MAX_ADDRESSES)
			return refuse(error, "more than 16 addresses to come from; name them by --source");
		service->source[service->source_count++] = cli_block_to_range((struct cli_block){net->ip, net->ip});
	}
	return 0;
}

static int complete_load(const struct cli_settings *settings, struct cli_service *service, char error[CLI_ERROR_TEXT])
{
	bool has_sources = service->source_count > 0;
	int rc = 0;

	if (service->target_count == 0)
		return refuse(error,
			      "load needs a target: quern load tcp://198.18.0.2:80 -p tap:q0 --ip 198.18.0.1/24");
	for (enum cli_version version = CLI_IP4; rc == 0 && !has_sources && version < CLI_VERSIONS; version++) {
		if (cli_service_asks(service, version))
			rc = complete_sources(settings, service, version, error);
	}
	return rc;
}

/* How long a connection of a service lasts on average, its answers apart. */
static double life_ns(const struct cli_settings *settings, const struct cli_service *service)
{
	uint32_t requests = service->http.requests;

	if (service->close == CLI_CLOSE_NEVER)
		return (double)settings->warmup_ns + (double)settings->duration_ns;
	return (double)service->hold.mean + (double)service->think.mean * (requests > 0 ? requests - 1 : 0);
}

/* How many connections of a client are open at once, as far as its flags say. */
static uint64_t held_by(const struct cli_settings *settings, const struct cli_service *service)
{
	uint64_t held = service->cc;

	if (service->cc == 0 && service->cps != 0 && service->cps != CLI_CPS_MAX)
		held = (uint64_t)((double)service->cps * life_ns(settings, service) / (double)CLI_NS_PER_S);
	return service->close == CLI_CLOSE_NEVER && settings->connections > held ? settings->connections : held;
}

/* As many records as the load will hold open, where --max-connections does not say. */
static int size_connections(struct cli_settings *settings, char error[CLI_ERROR_TEXT])
{
	uint64_t held = 0, asked = 0;

	for (uint16_t i = 0; i < settings->service_count; i++) {
		held += held_by(settings, &settings->service[i]);
		asked += settings->service[i].cc;
	}
	if (settings->max_connections != 0) {
		if (asked > settings->max_connections)
			return refuse(error, "--cc holds more connections than --max-connections allows; raise it");
		return 0;
	}
	held = with_headroom(held);
	if (held > UINT32_C(1) << 30)
		return refuse(error, "more than 2^30 connections at once; lower --cc, --cps or --hold");
	settings->max_connections = held > DEFAULT_MAX_CONNECTIONS ? (uint32_t)held : DEFAULT_MAX_CONNECTIONS;
	return 0;
}

/* What one service's flags say together. */
static int complete_service(struct cli_settings *settings, struct cli_service *service, char error[CLI_ERROR_TEXT])
{
	int rc = cli_complete_pace(settings, service, error);

	if (rc == 0)
		rc = cli_complete_http(settings, service, error);
	if (rc == 0)
		rc = cli_complete_search(settings, service, error);
	if (rc == 0)
		rc = cli_complete_udp(settings, service, error);
	if (rc == 0)
		rc = cli_complete_exchange(settings, service, error);
	if (rc == 0 && service->cps == 0 && service->cc == 0 && !runs_until_told(settings->command) &&
	    !settings->udp.is_spoken && !settings->judge.search_text)
		service->cps = CLI_CPS_MAX;
	if (rc == 0 && settings->command == CLI_SERVE)
		rc = complete_serve(settings, service, error);
	if (rc == 0 && settings->command == CLI_LOAD)
		rc = complete_load(settings, service, error);
	return rc;
}

int cli_complete(struct cli_settings *settings, char error[CLI_ERROR_TEXT])
{
	int rc = 0;

	if (settings->command == CLI_DOCTOR)
		return 0;
	if (settings->command == CLI_TRACE)
		return cli_complete_trace(settings, error);
	if (settings->connections != 0 && !settings->duration_given)
		settings->duration_ns = 0;
	if (settings->command != CLI_BENCH && settings->port_count == 0) {
		snprintf(error, CLI_ERROR_TEXT, "%s needs a port: -p tap:q0 --ip 198.18.0.1/24",
			 cli_command_name(settings->command));
		return -EINVAL;
	}
	rc = cli_complete_output(settings, error);
	if (rc == 0)
		rc = cli_complete_services(settings, error);
	for (uint16_t i = 0; rc == 0 && i < settings->service_count; i++) {
		rc = complete_service(settings, &settings->service[i], error);
		if (rc != 0)
			cli_name_service(settings, &settings->service[i], error);
	}
	cli_complete_duration(settings);
	if (rc == 0)
		rc = cli_complete_judge(settings, error);
	if (settings->max_time_wait == 0)
		settings->max_time_wait = DEFAULT_MAX_TIME_WAIT;
	if (rc == 0 && settings->command == CLI_BENCH)
		rc = cli_complete_bench(settings, error);
	if (rc == 0 && settings->command != CLI_BENCH)
		rc = cli_complete_ports(settings, error);
	if (rc == 0)
		rc = cli_check_services(settings, error);
	if (rc == 0)
		rc = cli_check_network(settings, error);
	if (rc == 0)
		rc = cli_check_tcp(settings, error);
	if (rc == 0 && settings->command == CLI_FORWARD)
		rc = cli_complete_forward(settings, error);
	if (rc == 0)
		rc = cli_complete_impair(settings, error);
	return rc != 0 ? rc : size_connections(settings, error);
}
