/* cli_set_load.c - what flags say of the load, and of what answers it. */
#include <string.h>

#include "cli/cli_set.h"
#include "payload/payload.h"

#define MAX_CPS UINT64_C(100000000)
#define MAX_BODY UINT64_C(1000000000000)

bool cli_set_duration(struct cli_settings *settings, const char *value)
{
	settings->duration_given = cli_time_within(value, 0, UINT64_MAX / 2, &settings->duration_ns);
	return settings->duration_given;
}

bool cli_set_connections(struct cli_settings *settings, const char *value)
{
	return cli_count_within(value, 1, UINT64_MAX / 2, &settings->connections);
}

/* A rate stands in the place of a number held, and the other way round. */
static void replace_rate(struct cli_settings *settings)
{
	if (cli_settings_replaces(settings, CLI_GROUP_RATES))
		settings->cps = settings->cc = 0;
}

bool cli_set_cps(struct cli_settings *settings, const char *value)
{
	replace_rate(settings);
	if (strcmp(value, "max") != 0)
		return cli_count_within(value, 1, MAX_CPS, &settings->cps);
	settings->cps = CLI_CPS_MAX;
	return true;
}

bool cli_set_cc(struct cli_settings *settings, const char *value)
{
	replace_rate(settings);
	return cli_count_within(value, 1, CLI_MAX_RECORDS / 2, &settings->cc);
}

bool cli_set_hold(struct cli_settings *settings, const char *value)
{
	return cli_parse_time_span(value, CLI_MAX_TIMER, &settings->hold);
}

bool cli_set_think(struct cli_settings *settings, const char *value)
{
	return cli_parse_time_span(value, CLI_MAX_TIMER, &settings->think);
}

bool cli_set_close(struct cli_settings *settings, const char *value)
{
	for (int close = CLI_CLOSE_CLIENT; close <= CLI_CLOSE_RST; close++) {
		if (strcmp(value, cli_close_name((enum cli_close)close)) != 0)
			continue;
		settings->close = (enum cli_close)close;
		settings->close_given = true;
		return true;
	}
	return false;
}

bool cli_set_payload(struct cli_settings *settings, const char *value)
{
	uint64_t bytes = 0;
	bool is_http = strcmp(value, "http") == 0;

	if (strcmp(value, "none") != 0 && !is_http &&
	    (strncmp(value, "bytes:", 6) != 0 || !cli_count_within(value + 6, 1, PAYLOAD_MAX, &bytes)))
		return false;
	settings->payload_bytes = (uint32_t)bytes;
	settings->http.is_payload = is_http;
	return true;
}

bool cli_set_requests(struct cli_settings *settings, const char *value)
{
	uint64_t count;

	if (!cli_count_within(value, 0, UINT32_MAX, &count))
		return false;
	settings->http.requests = (uint32_t)count;
	settings->http.requests_given = true;
	return true;
}

bool cli_set_body(struct cli_settings *settings, const char *value)
{
	settings->http.body_given = cli_count_within(value, 0, MAX_BODY, &settings->http.body_bytes);
	return settings->http.body_given;
}

bool cli_set_root(struct cli_settings *settings, const char *value)
{
	settings->http.root = value;
	return value[0] != '\0';
}

bool cli_set_warmup(struct cli_settings *settings, const char *value)
{
	return cli_time_within(value, 0, CLI_MAX_TIMER, &settings->warmup_ns);
}

bool cli_set_seed(struct cli_settings *settings, const char *value)
{
	return cli_count_within(value, 1, UINT64_MAX, &settings->seed);
}

bool cli_set_connect_timeout(struct cli_settings *settings, const char *value)
{
	return cli_time_within(value, CLI_NS_PER_MS, 180 * CLI_NS_PER_S, &settings->connect_timeout_ns);
}

static bool add_service(struct cli_settings *settings, enum cli_service service)
{
	if (cli_settings_replaces(settings, CLI_GROUP_SERVICES))
		settings->services = 0;
	settings->services |= service;
	return true;
}

bool cli_set_discard(struct cli_settings *settings, const char *value)
{
	(void)value;
	return add_service(settings, CLI_SERVICE_DISCARD);
}

bool cli_set_echo(struct cli_settings *settings, const char *value)
{
	(void)value;
	return add_service(settings, CLI_SERVICE_ECHO);
}

bool cli_set_http(struct cli_settings *settings, const char *value)
{
	(void)value;
	return add_service(settings, CLI_SERVICE_HTTP);
}
