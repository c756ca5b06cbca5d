/* cli_target.c - targets, read and written. Names are not resolved: addresses only. */
#include "cli/cli_target.h"

#include <stdio.h>
#include <string.h>

#include "cli/cli_set.h"

enum { HTTP_PORT = 80 };

static const char tcp_scheme[] = "tcp://", udp_scheme[] = "udp://", http_scheme[] = "http://";

/* RFC 3986 3.3, 3.4; a fragment is never sent. */
bool cli_path_is_good(const char *text)
{
	size_t length = strlen(text);

	for (size_t i = 0; i < length; i++) {
		if (text[i] <= ' ' || text[i] >= 0x7f || text[i] == '#')
			return false;
	}
	return length < CLI_PATH_MAX;
}

static bool parse_endpoint(const char *text, struct quern_endpoint *target)
{
	struct quern_endpoint endpoint;

	if (quern_parse_endpoint(text, &endpoint) != 0 || cli_address_is_disguised(endpoint.ip6))
		return false;
	*target = endpoint;
	return true;
}

/* A port that is left out is 80. */
static bool parse_http(const char *authority, struct quern_endpoint *target, const char **path)
{
	size_t length = strcspn(authority, "/?#");
	char text[QUERN_ENDPOINT_TEXT];

	if (length >= sizeof(text) || !cli_path_is_good(authority + length))
		return false;
	snprintf(text, sizeof(text), "%.*s", (int)length, authority);
	if (!parse_endpoint(text, target)) {
		snprintf(text, sizeof(text), "%.*s:%d", (int)length, authority, HTTP_PORT);
		if (!parse_endpoint(text, target))
			return false;
	}
	*path = authority[length] ? authority + length : "/";
	return true;
}

bool cli_target_is_udp(const char *text)
{
	return strncmp(text, udp_scheme, sizeof(udp_scheme) - 1) == 0;
}

bool cli_parse_target(const char *text, struct quern_endpoint *target, const char **path)
{
	if (strncmp(text, http_scheme, sizeof(http_scheme) - 1) == 0)
		return parse_http(text + sizeof(http_scheme) - 1, target, path);
	return (strncmp(text, tcp_scheme, sizeof(tcp_scheme) - 1) == 0 || cli_target_is_udp(text)) &&
	       parse_endpoint(text + sizeof(tcp_scheme) - 1, target);
}

bool cli_set_target(struct cli_settings *settings, const char *text)
{
	struct cli_service *service = cli_last_service(settings);
	const char *path = NULL;

	if (cli_settings_replaces(settings, CLI_GROUP_TARGET))
		service->target_count = 0;
	if (service->target_count > 0 ||
	    (!parse_endpoint(text, &service->target[0]) && !cli_parse_target(text, &service->target[0], &path)) ||
	    ((path || cli_target_is_udp(text)) && settings->command == CLI_BENCH))
		return false;
	service->http.path = path;
	settings->udp.is_spoken = cli_target_is_udp(text);
	service->weight[service->target_count++] = 1;
	return true;
}

bool cli_set_path(struct cli_settings *settings, const char *path)
{
	struct cli_service *service = cli_last_service(settings);

	if (service->target_count == 0 || service->http.path || path[0] != '/' || !cli_path_is_good(path))
		return false;
	service->http.path = path;
	return true;
}

char *cli_format_target(const struct cli_settings *settings, char text[CLI_TARGET_TEXT])
{
	const char *path = settings->service[0].http.path;
	char endpoint[QUERN_ENDPOINT_TEXT];

	snprintf(text, CLI_TARGET_TEXT, "%s%s%s%s",
		 settings->udp.is_spoken ? udp_scheme
		 : path                  ? http_scheme
					 : tcp_scheme,
		 quern_format_endpoint(&settings->service[0].target[0], endpoint), path && path[0] == '?' ? "/" : "",
		 path ? path : "");
	return text;
}
