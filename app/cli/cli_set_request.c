/* cli_set_request.c - what flags and files say of requests, word by word. */
#include <string.h>
#include <strings.h>

#include "cli/cli_set.h"
#include "cli/cli_target.h"
#include "http/http_fields.h"

/* The request that a setter changes by that flag. */
static struct cli_request *last_request(struct cli_settings *settings, const char *flag)
{
	struct cli_requests *list = &cli_spoken_service(settings)->http.list;

	if (list->count == 0) {
		list->is_by_flags = true;
		list->each[list->count++] = (struct cli_request){.weight = 1};
	}
	if (list->count > 1 && settings->older & CLI_GROUP_REQUESTS)
		list->astray = flag;
	return &list->each[list->count - 1];
}

bool cli_add_request(struct cli_settings *settings, const char *path)
{
	struct cli_requests *list = &cli_spoken_service(settings)->http.list;

	if (list->is_by_flags) {
		/* What its neighbours in the file say stands in no request. */
		list->astray = "http";
		list->is_by_flags = false;
		list->count = 0;
	}
	if (list->count == CLI_REQUESTS_MAX || path[0] != '/' || !cli_path_is_good(path))
		return false;
	list->each[list->count++] = (struct cli_request){.path = path, .weight = 1};
	return true;
}

bool cli_set_request_name(struct cli_settings *settings, const char *value)
{
	size_t length = strlen(value);

	for (size_t i = 0; i < length; i++) {
		if (value[i] < ' ' || value[i] == 0x7f)
			return false;
	}
	last_request(settings, "name")->name = value;
	return length > 0 && length < 64;
}

/* RFC 3986 3.2.2 leaves a name these letters. */
bool cli_set_host(struct cli_settings *settings, const char *value)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~:[]";
	size_t length = strlen(value);

	last_request(settings, "host")->host = value;
	return length > 0 && length < CLI_HOST_MAX && strspn(value, letters) == length;
}

bool cli_set_weight(struct cli_settings *settings, const char *value)
{
	uint64_t weight;

	if (!cli_count_within(value, 1, CLI_WEIGHT_MAX, &weight))
		return false;
	last_request(settings, "weight")->weight = (uint32_t)weight;
	return true;
}

static bool is_token(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (!http_is_token((uint8_t)text[i]))
			return false;
	}
	return length > 0;
}

/* CONNECT asks for no path, and what is behind its answer is no HTTP. */
bool cli_set_method(struct cli_settings *settings, const char *value)
{
	size_t length = strlen(value);

	if (!is_token(value, length) || length > CLI_METHOD_MAX || strcmp(value, "CONNECT") == 0)
		return false;
	last_request(settings, "--method")->method = value;
	return true;
}

/* What says how long the request is, and how long the connection lasts, is said by none but quern. */
static bool is_ours(const char *header, size_t length)
{
	static const char *const ours[] = {"connection", "content-length", "transfer-encoding"};

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		if (strlen(ours[i]) == length && strncasecmp(ours[i], header, length) == 0)
			return true;
	}
	return false;
}

bool cli_set_header(struct cli_settings *settings, const char *value)
{
	struct cli_request *request = last_request(settings, "--header");
	size_t length = strlen(value), name = strcspn(value, ":");

	if (cli_settings_replaces(settings, CLI_GROUP_HEADERS))
		request->header_count = 0;
	if (value[name] != ':' || !is_token(value, name) || is_ours(value, name) || length > CLI_HEADER_MAX ||
	    request->header_count == CLI_HEADERS_MAX)
		return false;
	for (size_t i = name; i < length; i++) {
		if (((uint8_t)value[i] < ' ' && value[i] != '\t') || value[i] == 0x7f)
			return false;
	}
	request->headers[request->header_count++] = value;
	return true;
}

/* "bytes:N", "@FILE" and any other text. */
bool cli_set_data(struct cli_settings *settings, const char *value)
{
	uint64_t bytes;

	if (strncmp(value, "bytes:", 6) == 0 && !cli_count_within(value + 6, 0, CLI_DATA_MAX, &bytes))
		return false;
	last_request(settings, "--data")->data = value;
	return strcmp(value, "@") != 0;
}

bool cli_set_expect(struct cli_settings *settings, const char *value)
{
	struct cli_request *request = last_request(settings, "--expect");

	request->expect = value;
	return http_statuses_read(&request->well, value);
}

bool cli_set_expect_body(struct cli_settings *settings, const char *value)
{
	last_request(settings, "--expect-body")->expect_body = value;
	return value[0] != '\0' && strcmp(value, "@") != 0;
}
