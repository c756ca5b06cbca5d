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

/* Cuts =WEIGHT out of a target: it stands behind ADDR:PORT, where no path and no query has begun. */
static bool take_weight(const char *text, char plain[CLI_TARGET_TEXT], uint16_t *weight)
{
	const char *scheme = strstr(text, "://"), *authority = scheme ? scheme + 3 : text;
	size_t before = (size_t)(authority - text) + strcspn(authority, "/?#=");
	size_t digits = text[before] == '=' ? strcspn(text + before + 1, "/?#") : 0;
	char number[8];
	uint64_t value = 1;

	if (strlen(text) >= CLI_TARGET_TEXT || digits >= sizeof(number))
		return false;
	if (text[before] == '=') {
		snprintf(number, sizeof(number), "%.*s", (int)digits, text + before + 1);
		if (!cli_count_within(number, 1, CLI_MAX_WEIGHT, &value))
			return false;
		digits++;
	}
	snprintf(plain, CLI_TARGET_TEXT, "%.*s%s", (int)before, text, text + before + digits);
	*weight = (uint16_t)value;
	return true;
}

/* All targets of a service are asked for the same. */
static bool goes_with(const struct cli_settings *settings, const struct cli_service *service, bool is_udp,
		      const char *path)
{
	if (service->target_count == 0)
		return true;
	if (settings->command == CLI_BENCH || is_udp || settings->udp.is_spoken || !path != !service->http.path)
		return false;
	return !path || strcmp(path, service->http.path) == 0;
}

bool cli_set_target(struct cli_settings *settings, const char *text)
{
	struct cli_service *service = cli_spoken_service(settings);
	bool is_udp = cli_target_is_udp(text);
	struct quern_endpoint target;
	char plain[CLI_TARGET_TEXT];
	const char *path = NULL;
	uint16_t weight;

	if (cli_settings_replaces(settings, CLI_GROUP_TARGET))
		service->target_count = 0;
	if (service->target_count == CLI_MAX_TARGETS || !take_weight(text, plain, &weight) ||
	    (!parse_endpoint(plain, &target) && !cli_parse_target(plain, &target, &path)) ||
	    ((path || is_udp) && settings->command == CLI_BENCH))
		return false;
	/* What it points into has to stay. */
	if (path)
		path = path[0] == '/' && path[1] == '\0' ? "/" : text + strlen(text) - strlen(path);
	if (!goes_with(settings, service, is_udp, path))
		return false;
	service->http.path = path;
	/* Of several services, one of datagrams is one too many: cli_complete_services() says so. */
	settings->udp.is_spoken = is_udp || (settings->service_count > 1 && settings->udp.is_spoken);
	service->target[service->target_count] = target;
	service->weight[service->target_count++] = weight;
	return true;
}

bool cli_set_path(struct cli_settings *settings, const char *path)
{
	struct cli_service *service = cli_spoken_service(settings);

	if (service->target_count == 0 || service->http.path || path[0] != '/' || !cli_path_is_good(path))
		return false;
	service->http.path = path;
	return true;
}

char *cli_format_target(const struct cli_settings *settings, const struct cli_service *service,
			char text[CLI_TARGET_TEXT])
{
	const char *path = service->http.path, *scheme = tcp_scheme;
	char endpoint[QUERN_ENDPOINT_TEXT], more[32] = "";

	if (service->target_count > 1)
		snprintf(more, sizeof(more), " and %u more", service->target_count - 1);
	if (settings->udp.is_spoken || path)
		scheme = path ? http_scheme : udp_scheme;
	snprintf(text, CLI_TARGET_TEXT, "%s%s%s%s%s", scheme, quern_format_endpoint(&service->target[0], endpoint),
		 path && path[0] == '?' ? "/" : "", path ? path : "", more);
	return text;
}
