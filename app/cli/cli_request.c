/* cli_request.c - requests made whole: what was left out, and the texts of the files that they name. */
#include "cli/cli_request.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "cli/cli_settings.h"

const char *cli_request_name(const struct cli_request *request, char text[CLI_REQUEST_NAME_TEXT])
{
	if (request->name)
		return request->name;
	snprintf(text, CLI_REQUEST_NAME_TEXT, "%s %s%s", request->method, request->path[0] == '?' ? "/" : "",
		 request->path);
	return text;
}

bool cli_request_has_header(const struct cli_request *request, const char *name)
{
	size_t length = strlen(name);

	for (uint16_t i = 0; i < request->header_count; i++) {
		if (strncasecmp(request->headers[i], name, length) == 0 && request->headers[i][length] == ':')
			return true;
	}
	return false;
}

static int refuse_file(const char *flag, const char *path, const char *cause, char error[CLI_ERROR_TEXT])
{
	snprintf(error, CLI_ERROR_TEXT, "%s @%.200s: %s; name a file of up to 16 MiB that can be read", flag, path,
		 cause);
	return -EINVAL;
}

/* The text of a file, which stays. */
static int read_file(const char *flag, const char *path, const uint8_t **text, uint32_t *bytes,
		     char error[CLI_ERROR_TEXT])
{
	FILE *file = fopen(path, "rb");
	struct stat status;
	uint8_t *copy;
	size_t size;

	if (!file)
		return refuse_file(flag, path, strerror(errno), error);
	if (fstat(fileno(file), &status) != 0 || !S_ISREG(status.st_mode) || status.st_size > CLI_DATA_MAX) {
		fclose(file);
		return refuse_file(flag, path, S_ISREG(status.st_mode) ? "it is too large" : "it is no file", error);
	}
	size = (size_t)status.st_size;
	copy = malloc(size + 1);
	*bytes = copy ? (uint32_t)fread(copy, 1, size, file) : 0;
	fclose(file);
	if (!copy || *bytes != size) {
		free(copy);
		return refuse_file(flag, path, copy ? "it was not read to its end" : "there is no memory for it",
				   error);
	}
	*text = copy;
	return 0;
}

/* Letters, over and over. */
static int make_bytes(struct cli_request *request, uint32_t bytes, char error[CLI_ERROR_TEXT])
{
	uint8_t *text = malloc((size_t)bytes + 1);

	if (!text) {
		snprintf(error, CLI_ERROR_TEXT, "--data %.40s: there is no memory for it; send less", request->data);
		return -EINVAL;
	}
	for (uint32_t i = 0; i < bytes; i++)
		text[i] = (uint8_t)('a' + i % 26);
	request->body = text;
	request->body_bytes = bytes;
	return 0;
}

static int complete_data(struct cli_request *request, char error[CLI_ERROR_TEXT])
{
	uint64_t bytes;

	if (!request->data)
		return 0;
	if (request->data[0] == '@')
		return read_file("--data", request->data + 1, &request->body, &request->body_bytes, error);
	if (strncmp(request->data, "bytes:", 6) == 0 && cli_count_within(request->data + 6, 0, CLI_DATA_MAX, &bytes))
		return make_bytes(request, (uint32_t)bytes, error);
	request->body = (const uint8_t *)request->data;
	request->body_bytes = (uint32_t)strlen(request->data);
	return 0;
}

static int complete_expectation(struct cli_request *request, char error[CLI_ERROR_TEXT])
{
	const char *text = request->expect_body;

	/* 2xx and 3xx. */
	if (!request->expect)
		http_statuses_add(&request->well, HTTP_STATUS_FIRST, HTTP_STATUS_FIRST + 199);
	if (!text)
		return 0;
	if (strcmp(request->method, "HEAD") == 0) {
		snprintf(error, CLI_ERROR_TEXT,
			 "--expect-body: an answer to HEAD has no body; leave it out, or give --method GET");
		return -EINVAL;
	}
	request->is_wanted_whole = text[0] == '@';
	if (request->is_wanted_whole)
		return read_file("--expect-body", text + 1, &request->wanted, &request->wanted_bytes, error);
	request->wanted = (const uint8_t *)text;
	request->wanted_bytes = (uint32_t)strlen(text);
	return 0;
}

static int refuse_astray(const struct cli_requests *list, char error[CLI_ERROR_TEXT])
{
	if (strcmp(list->astray, "http") == 0)
		snprintf(error, CLI_ERROR_TEXT,
			 "--method, --header, --data, --expect and --expect-body beside a list of requests; say them "
			 "in each of the list");
	else
		snprintf(error, CLI_ERROR_TEXT,
			 "%s changes the request of a file that has one, and this one has %u; change it in the file",
			 list->astray, list->count);
	return -EINVAL;
}

int cli_complete_requests(struct cli_service *service, char error[CLI_ERROR_TEXT])
{
	struct cli_requests *list = &service->http.list;
	int rc = 0;

	if (list->astray)
		return refuse_astray(list, error);
	if (list->count == 0) {
		list->is_by_flags = true;
		list->each[list->count++] = (struct cli_request){.weight = 1};
	}
	for (uint16_t i = 0; rc == 0 && i < list->count; i++) {
		struct cli_request *request = &list->each[i];

		if (list->is_by_flags)
			request->path = service->http.path;
		if (!request->method)
			request->method = request->data ? "POST" : "GET";
		rc = complete_data(request, error);
		if (rc == 0)
			rc = complete_expectation(request, error);
	}
	return rc;
}
