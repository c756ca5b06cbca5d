/* cli_trace.c - the flags that trace alone has, and how they go together. */
#include "cli/cli_trace.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* By its number, or by one of its ends. */
bool cli_set_connection(struct cli_settings *settings, const char *value)
{
	struct cli_trace *trace = &settings->trace;
	struct quern_endpoint end = {0};
	uint64_t number;

	trace->number = 0;
	trace->has_end = false;
	if (cli_parse_count(value, &number) && number > 0 && number <= UINT32_MAX) {
		trace->number = (uint32_t)number;
		return true;
	}
	if (quern_parse_endpoint(value, &end) != 0 && quern_parse_address(value, &end.address) != 0 &&
	    quern_parse_ip6(value, &end.ip6) != 0)
		return false;
	trace->end = end;
	trace->has_end = true;
	return true;
}

bool cli_set_svg(struct cli_settings *settings, const char *value)
{
	settings->trace.svg = value;
	return value[0] != '\0';
}

bool cli_trace_set_file(struct cli_settings *settings, const char *text)
{
	if (settings->trace.file)
		return false;
	settings->trace.file = text;
	settings->trace.is_live = strcmp(text, "live") == 0;
	return true;
}

const char *cli_trace_interface(const char *device)
{
	static const char *const kinds[] = {"af_packet:", "tap:"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t length = strlen(kinds[i]);

		if (strncmp(device, kinds[i], length) == 0)
			return device + length;
	}
	return NULL;
}

static int refuse(char error[CLI_ERROR_TEXT], const char *text)
{
	snprintf(error, CLI_ERROR_TEXT, "%s", text);
	return -EINVAL;
}

int cli_complete_trace(struct cli_settings *settings, char error[CLI_ERROR_TEXT])
{
	const struct cli_trace *trace = &settings->trace;

	if (!trace->file)
		return refuse(error, "trace needs a capture: quern trace FILE, or quern trace live -p af_packet:eth1");
	if (trace->svg && strcmp(trace->svg, trace->file) == 0 && strcmp(trace->svg, "-") != 0)
		return refuse(error, "--svg would write over the capture; name another file");
	if (!trace->is_live && (settings->port_count > 0 || settings->duration_given))
		return refuse(error, "--port and --duration belong to quern trace live; a file is read to its end");
	if (!trace->is_live)
		return 0;
	if (settings->port_count != 1)
		return refuse(error, "trace live needs one port: quern trace live -p af_packet:eth1");
	if (cli_trace_interface(settings->ports[0].device))
		return 0;
	snprintf(error, CLI_ERROR_TEXT,
		 "--port %.200s: trace live sees what the kernel sees: accepted is af_packet:IFACE or tap:NAME",
		 settings->ports[0].device);
	return -EINVAL;
}
