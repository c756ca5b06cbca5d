/* cli_tcp.c - words for what TCP can do one way or the other. */
#include "cli/cli_tcp.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli_units.h"

enum {
	WINDOW_MIN = 1000,
	WINDOW_MAX = 1000000000,
	MSS_MIN = 48,
	MSS_MAX = 8960,
	HEADERS = 40, /* of IPv4 and TCP; over IPv6 what is too long is cut by the library */
	DEFAULT_MTU = 1500
};

static const char *const syn_cookies_names[] = {"auto", "always", "never"};
static const char *const congestion_names[] = {"cubic", "newreno"};
static const char *const switch_names[] = {"off", "on"};

/* Writes the number of a word in a list. */
static bool choose(const char *value, const char *const *names, int count, int *number)
{
	for (int i = 0; i < count; i++) {
		if (strcmp(value, names[i]) != 0)
			continue;
		*number = i;
		return true;
	}
	return false;
}

bool cli_set_syn_cookies(struct cli_settings *settings, const char *value)
{
	int number = (int)settings->syn_cookies;
	bool is_one = choose(value, syn_cookies_names, 3, &number);

	settings->syn_cookies = (enum quern_syn_cookies)number;
	return is_one;
}

bool cli_set_congestion(struct cli_settings *settings, const char *value)
{
	int number = (int)settings->congestion;
	bool is_one = choose(value, congestion_names, 2, &number);

	settings->congestion = (enum quern_congestion)number;
	return is_one;
}

bool cli_set_sack(struct cli_settings *settings, const char *value)
{
	int number = 0;
	bool is_one = choose(value, switch_names, 2, &number);

	settings->no_sack = number == 0;
	return is_one;
}

bool cli_set_wscale(struct cli_settings *settings, const char *value)
{
	int number = 0;
	bool is_one = choose(value, switch_names, 2, &number);

	settings->no_wscale = number == 0;
	return is_one;
}

bool cli_set_timestamps(struct cli_settings *settings, const char *value)
{
	int number = 0;
	bool is_one = choose(value, switch_names, 2, &number);

	settings->no_timestamps = number == 0;
	return is_one;
}

bool cli_set_nagle(struct cli_settings *settings, const char *value)
{
	int number = 0;
	bool is_one = choose(value, switch_names, 2, &number);

	settings->nagle = number == 1;
	return is_one;
}

bool cli_set_pacing(struct cli_settings *settings, const char *value)
{
	int number = 0;
	bool is_one = choose(value, switch_names, 2, &number);

	settings->no_pacing = number == 0;
	return is_one;
}

bool cli_set_window(struct cli_settings *settings, const char *value)
{
	uint64_t bytes;

	if (!cli_parse_count(value, &bytes) || bytes < WINDOW_MIN || bytes > WINDOW_MAX)
		return false;
	settings->window_bytes = (uint32_t)bytes;
	return true;
}

bool cli_set_mss(struct cli_settings *settings, const char *value)
{
	uint64_t bytes;

	if (!cli_count_within(value, MSS_MIN, MSS_MAX, &bytes))
		return false;
	settings->mss = (uint16_t)bytes;
	return true;
}

bool cli_set_tos(struct cli_settings *settings, const char *value)
{
	uint64_t tos;

	/* RFC 3168: the lower two bits say how the connection does ECN, which is not the user's to say. */
	if (!cli_count_within(value, 0, UINT8_MAX, &tos) || tos % 4 != 0)
		return false;
	settings->tos = (uint8_t)tos;
	return true;
}

bool cli_set_ttl(struct cli_settings *settings, const char *value)
{
	uint64_t ttl;

	if (!cli_count_within(value, 1, UINT8_MAX, &ttl))
		return false;
	settings->ttl = (uint8_t)ttl;
	return true;
}

int cli_check_tcp(const struct cli_settings *settings, char error[CLI_ERROR_TEXT])
{
	for (uint16_t i = 0; i < settings->port_count; i++) {
		const struct cli_port *port = &settings->ports[i];
		uint16_t mtu = port->mtu ? port->mtu : DEFAULT_MTU;

		if (settings->mss + HEADERS <= mtu || settings->mss == 0)
			continue;
		snprintf(error, CLI_ERROR_TEXT,
			 "--mss %u: port %s has an MTU of %u, which leaves %u bytes of a segment; lower it, or raise "
			 "--mtu",
			 settings->mss, port->device, mtu, mtu - HEADERS);
		return -EINVAL;
	}
	return 0;
}

const char *cli_syn_cookies_name(enum quern_syn_cookies syn_cookies)
{
	return syn_cookies_names[syn_cookies];
}

const char *cli_congestion_name(enum quern_congestion congestion)
{
	return congestion_names[congestion];
}

struct quern_tcp_options cli_tcp_options(const struct cli_settings *settings)
{
	return (struct quern_tcp_options){
		.mss = settings->mss,
		.ttl = settings->ttl,
		.dscp = settings->tos / 4,
		.receive_window = settings->window_bytes,
		.send_queue = settings->window_bytes,
		.congestion = settings->congestion,
		.no_window_scale = settings->no_wscale,
		.no_sack = settings->no_sack,
		.no_timestamps = settings->no_timestamps,
		.nagle = settings->nagle,
		.no_pacing = settings->no_pacing,
		.keepalive = settings->keepalive.on,
		.keepalive_idle_ms = settings->keepalive.idle_ms,
		.keepalive_interval_ms = settings->keepalive.interval_ms,
		.keepalive_probes = settings->keepalive.probes,
		.connect_timeout_ms = (uint32_t)(settings->connect_timeout_ns / CLI_NS_PER_MS),
		.syn_cookies = settings->syn_cookies,
	};
}
