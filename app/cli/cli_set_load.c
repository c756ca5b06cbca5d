/* cli_set_load.c - what flags say of the load, and of what answers it. */
#include <string.h>

#include "cli/cli_profile.h"
#include "cli/cli_set.h"

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
void cli_replace_rate(struct cli_settings *settings)
{
	struct cli_service *service = cli_spoken_service(settings);

	if (!cli_settings_replaces(settings, CLI_GROUP_RATES))
		return;
	service->cps = service->cc = 0;
	service->profile = NULL;
}

bool cli_set_cps(struct cli_settings *settings, const char *value)
{
	struct cli_service *service = cli_spoken_service(settings);

	cli_replace_rate(settings);
	if (strcmp(value, "max") != 0)
		return cli_count_within(value, 1, CLI_MAX_CPS, &service->cps);
	service->cps = CLI_CPS_MAX;
	return true;
}

bool cli_set_cc(struct cli_settings *settings, const char *value)
{
	struct cli_service *service = cli_spoken_service(settings);

	cli_replace_rate(settings);
	return cli_count_within(value, 1, CLI_MAX_RECORDS / 2, &service->cc);
}

bool cli_set_hold(struct cli_settings *settings, const char *value)
{
	return cli_parse_time_span(value, CLI_MAX_TIMER, &cli_spoken_service(settings)->hold);
}

bool cli_set_think(struct cli_settings *settings, const char *value)
{
	return cli_parse_time_span(value, CLI_MAX_TIMER, &cli_spoken_service(settings)->think);
}

bool cli_set_close(struct cli_settings *settings, const char *value)
{
	struct cli_service *service = cli_spoken_service(settings);

	for (int close = CLI_CLOSE_CLIENT; close < CLI_CLOSES; close++) {
		if (strcmp(value, cli_close_name((enum cli_close)close)) != 0)
			continue;
		service->close = (enum cli_close)close;
		service->close_given = true;
		return true;
	}
	return false;
}

bool cli_set_requests(struct cli_settings *settings, const char *value)
{
	struct cli_service *service = cli_spoken_service(settings);
	uint64_t count;

	if (!cli_count_within(value, 0, UINT32_MAX, &count))
		return false;
	service->http.requests = (uint32_t)count;
	service->http.requests_given = true;
	return true;
}

bool cli_set_body(struct cli_settings *settings, const char *value)
{
	struct cli_service *service = cli_spoken_service(settings);

	service->http.body_given = cli_count_within(value, 0, MAX_BODY, &service->http.body_bytes);
	return service->http.body_given;
}

bool cli_set_root(struct cli_settings *settings, const char *value)
{
	cli_spoken_service(settings)->http.root = value;
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

static bool add_answer(struct cli_settings *settings, enum cli_answer answer)
{
	struct cli_service *service = cli_spoken_service(settings);

	if (cli_settings_replaces(settings, CLI_GROUP_ANSWERS))
		service->answers = 0;
	service->answers |= answer;
	return true;
}

bool cli_set_discard(struct cli_settings *settings, const char *value)
{
	(void)value;
	return add_answer(settings, CLI_ANSWER_DISCARD);
}

bool cli_set_echo(struct cli_settings *settings, const char *value)
{
	(void)value;
	return add_answer(settings, CLI_ANSWER_ECHO);
}

bool cli_set_http(struct cli_settings *settings, const char *value)
{
	(void)value;
	return add_answer(settings, CLI_ANSWER_HTTP);
}
