/* cli_request.h - what a client asks for over HTTP, and which answers are well: one request, or several with weights.
 */
#ifndef CLI_REQUEST_H
#define CLI_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "http/http_statuses.h"

enum {
	CLI_REQUESTS_MAX = 16,
	CLI_HEADERS_MAX = 16,
	CLI_HEADER_MAX = 1024,
	CLI_METHOD_MAX = 24,
	CLI_HOST_MAX = 256,
	CLI_WEIGHT_MAX = 1000000,
	CLI_DATA_MAX = 16 << 20,
	CLI_REQUEST_NAME_TEXT = 320
};

/* Texts are as they were given; null for what was not. */
struct cli_request {
	const char *name;
	const char *path; /* with its query */
	const char *host; /* in place of the target's */
	const char *method;
	const char *headers[CLI_HEADERS_MAX]; /* "Name: value" */
	uint16_t header_count;
	uint32_t weight;
	const char *data;
	const char *expect;
	const char *expect_body;

	/* Found by cli_complete_requests(), and kept as long as the program runs. */
	struct http_statuses well;
	const uint8_t *body; /* what is sent; null for none */
	uint32_t body_bytes;
	const uint8_t *wanted; /* what is to be in the answer; null: anything */
	uint32_t wanted_bytes;
	bool is_wanted_whole; /* and nothing else */
};

struct cli_requests {
	struct cli_request each[CLI_REQUESTS_MAX];
	uint16_t count;
	bool is_by_flags;   /* one, which flags describe, and its path is that of the target */
	const char *astray; /* a flag that would change one of several; null for none */
};

struct cli_settings;

/* Begins a request of a file's list, of that path; setters below change the last one, or the one that is none's. */
bool cli_add_request(struct cli_settings *settings, const char *path);
bool cli_set_request_name(struct cli_settings *settings, const char *value);
bool cli_set_host(struct cli_settings *settings, const char *value);
bool cli_set_weight(struct cli_settings *settings, const char *value);
bool cli_set_method(struct cli_settings *settings, const char *value);
bool cli_set_header(struct cli_settings *settings, const char *value);
bool cli_set_data(struct cli_settings *settings, const char *value);
bool cli_set_expect(struct cli_settings *settings, const char *value);
bool cli_set_expect_body(struct cli_settings *settings, const char *value);

/* Its name, or method and path. */
const char *cli_request_name(const struct cli_request *request, char text[CLI_REQUEST_NAME_TEXT]);

/* Whether a header of it has that name, in whatever letters. */
bool cli_request_has_header(const struct cli_request *request, const char *name);

#endif
