/* cli_payload.c - kinds of text, and how much of it. */
#include "cli/cli_payload.h"

#include <stdio.h>
#include <string.h>

#include "cli/cli_set.h"

static const char *const names[CLI_PAYLOADS] = {"none", "bytes", "http", "echo", "sink", "source"};
static const char *const pattern_names[CLI_PATTERNS] = {NULL, "zero", "counter", "random", "text"};

/* What stands behind `name` and a colon; null where that is not what the text begins with. */
static const char *behind(const char *text, const char *name)
{
	size_t length = strlen(name);

	return strncmp(text, name, length) == 0 && text[length] == ':' ? text + length + 1 : NULL;
}

static bool read_size(const char *text, enum cli_payload kind, struct cli_span *size)
{
	if (kind == CLI_PAYLOAD_BYTES)
		return cli_parse_count_span(text, 1, CLI_MAX_BYTES, size) && size->kind == CLI_SPAN_CONSTANT;
	return cli_parse_count_span(text, 1, CLI_MAX_TEXT, size);
}

bool cli_set_payload(struct cli_settings *settings, const char *value)
{
	struct cli_service *service = cli_spoken_service(settings);
	struct cli_span size = {.mean = 0};
	int kind = CLI_PAYLOAD_NONE;

	while (kind < CLI_PAYLOADS) {
		bool has_size = kind != CLI_PAYLOAD_NONE && kind != CLI_PAYLOAD_HTTP;
		const char *text = has_size ? behind(value, names[kind]) : NULL;

		if (has_size ? text && read_size(text, (enum cli_payload)kind, &size) : strcmp(value, names[kind]) == 0)
			break;
		kind++;
	}
	if (kind == CLI_PAYLOADS)
		return false;
	service->payload = (enum cli_payload)kind;
	service->payload_size = size;
	service->payload_bytes = kind == CLI_PAYLOAD_BYTES ? (uint32_t)size.mean : 0;
	service->http.is_payload = kind == CLI_PAYLOAD_HTTP;
	return true;
}

bool cli_set_pattern(struct cli_settings *settings, const char *value)
{
	struct cli_service *service = cli_spoken_service(settings);
	const char *text = behind(value, pattern_names[CLI_PATTERN_TEXT]);

	if (text) {
		service->pattern = CLI_PATTERN_TEXT;
		service->pattern_text = text;
		return text[0] != '\0' && strlen(text) <= CLI_MAX_PATTERN_TEXT;
	}
	for (int pattern = CLI_PATTERN_ZERO; pattern < CLI_PATTERN_TEXT; pattern++) {
		if (strcmp(value, pattern_names[pattern]) != 0)
			continue;
		service->pattern = (enum cli_pattern)pattern;
		return true;
	}
	return false;
}

const char *cli_format_payload(const struct cli_service *service, char text[CLI_PAYLOAD_TEXT])
{
	char size[CLI_SPAN_TEXT];
	enum cli_payload kind = service->http.is_spoken ? CLI_PAYLOAD_HTTP : service->payload;

	if (kind == CLI_PAYLOAD_NONE || kind == CLI_PAYLOAD_HTTP)
		snprintf(text, CLI_PAYLOAD_TEXT, "%s", names[kind]);
	else if (kind == CLI_PAYLOAD_BYTES)
		snprintf(text, CLI_PAYLOAD_TEXT, "%s:%u", names[kind], service->payload_bytes);
	else
		snprintf(text, CLI_PAYLOAD_TEXT, "%s:%s", names[kind],
			 cli_format_count_span(&service->payload_size, size));
	return text;
}

const char *cli_pattern_name(enum cli_pattern pattern)
{
	return pattern_names[pattern];
}

bool cli_payload_is_exchanged(const struct cli_service *service)
{
	switch (service->payload) {
	case CLI_PAYLOAD_NONE:
	case CLI_PAYLOAD_HTTP:
	case CLI_PAYLOADS:
		break;
	case CLI_PAYLOAD_BYTES:
		return service->http.requests != 1 || service->pattern > CLI_PATTERN_ZERO;
	case CLI_PAYLOAD_ECHO:
	case CLI_PAYLOAD_SINK:
	case CLI_PAYLOAD_SOURCE:
		return true;
	}
	return false;
}
