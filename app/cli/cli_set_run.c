/* cli_set_run.c - what flags say of cores, memory, TCP's times and the output. */
#include <string.h>

#include "cli/cli_set.h"

bool cli_set_cores(struct cli_settings *settings, const char *value)
{
	return cli_parse_cores(value, &settings->cores);
}

bool cli_set_client_cores(struct cli_settings *settings, const char *value)
{
	return cli_parse_cores(value, &settings->client_cores);
}

bool cli_set_server_cores(struct cli_settings *settings, const char *value)
{
	return cli_parse_cores(value, &settings->server_cores);
}

bool cli_set_memory(struct cli_settings *settings, const char *value)
{
	static const char *const names[] = {
		[QUERN_MEMORY_AUTO] = "auto", [QUERN_MEMORY_HUGE] = "huge", [QUERN_MEMORY_4K] = "4k"};

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(value, names[i]) != 0)
			continue;
		settings->memory = (enum quern_memory)i;
		return true;
	}
	return false;
}

bool cli_set_max_connections(struct cli_settings *settings, const char *value)
{
	uint64_t count;

	if (!cli_count_within(value, 1, CLI_MAX_RECORDS, &count))
		return false;
	settings->max_connections = (uint32_t)count;
	return true;
}

bool cli_set_max_time_wait(struct cli_settings *settings, const char *value)
{
	uint64_t count;

	if (!cli_count_within(value, 1, CLI_MAX_RECORDS, &count))
		return false;
	settings->max_time_wait = (uint32_t)count;
	return true;
}

bool cli_set_time_wait(struct cli_settings *settings, const char *value)
{
	return cli_time_within(value, CLI_NS_PER_MS, CLI_MAX_TIMER, &settings->time_wait_ns);
}

bool cli_set_keepalive(struct cli_settings *settings, const char *value)
{
	return cli_parse_keepalive(value, &settings->keepalive);
}

bool cli_set_quiet(struct cli_settings *settings, const char *value)
{
	(void)value;
	return settings->quiet = true;
}

bool cli_set_verbose(struct cli_settings *settings, const char *value)
{
	(void)value;
	return settings->verbose = true;
}

bool cli_set_no_color(struct cli_settings *settings, const char *value)
{
	(void)value;
	return settings->no_color = true;
}
