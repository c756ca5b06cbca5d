/* cli_set_output.c - where a report goes. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli_set.h"

bool cli_set_json(struct cli_settings *settings, const char *value)
{
	settings->json = value;
	return value[0] != '\0';
}

bool cli_set_hlog(struct cli_settings *settings, const char *value)
{
	settings->hlog = value;
	return value[0] != '\0';
}

bool cli_set_html(struct cli_settings *settings, const char *value)
{
	settings->html = value;
	return value[0] != '\0';
}

bool cli_set_junit(struct cli_settings *settings, const char *value)
{
	settings->junit = value;
	return value[0] != '\0';
}

bool cli_set_csv(struct cli_settings *settings, const char *value)
{
	settings->csv = value;
	return value[0] != '\0';
}

bool cli_set_out(struct cli_settings *settings, const char *value)
{
	settings->out = value;
	return value[0] != '\0' && strlen(value) < CLI_FILE_TEXT;
}

static const char *place(struct cli_settings *settings, int number, const char *name)
{
	snprintf(settings->out_files[number], sizeof(settings->out_files[number]), "%s/%s", settings->out, name);
	return settings->out_files[number];
}

int cli_complete_output(struct cli_settings *settings, char error[CLI_ERROR_TEXT])
{
	const struct {
		const char *flag, *path;
	} files[] = {{"--json", settings->json},   {"--hlog", settings->hlog}, {"--html", settings->html},
		     {"--junit", settings->junit}, {"--csv", settings->csv},   {"--pcap", settings->pcap}};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		for (size_t j = 0; files[i].path && files[i].path[0] && j < i; j++) {
			if (!files[j].path || strcmp(files[i].path, files[j].path) != 0)
				continue;
			snprintf(error, CLI_ERROR_TEXT, "give %s and %s different files", files[j].flag, files[i].flag);
			return -EINVAL;
		}
	}
	if (!settings->out)
		return 0;
	if (!settings->json)
		settings->json = place(settings, 0, "run.json");
	if (!settings->html)
		settings->html = place(settings, 1, "report.html");
	if (!settings->hlog && settings->command != CLI_SERVE)
		settings->hlog = place(settings, 2, "latency.hlog");
	return 0;
}
