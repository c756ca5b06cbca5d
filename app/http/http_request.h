/* http_request.h - a request as it comes in, in pieces of any size (RFC 9112). Its body is taken and forgotten. */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include <assert.h>

#include "http/http_body.h"
#include "http/http_fields.h"

enum http_stage {
	HTTP_IN_HEAD,
	HTTP_IN_BODY, /* the head is whole, and a body follows */
	HTTP_COMPLETE,
	HTTP_REFUSED /* `status` says why; what follows means nothing */
};

enum http_method { HTTP_NO_METHOD, HTTP_GET, HTTP_HEAD, HTTP_POST };

enum { HTTP_METHOD_NOT_ALLOWED = 405, HTTP_TARGET_TOO_LONG = 414, HTTP_VERSION_UNKNOWN = 505 };

enum { HTTP_HEAD_BYTES_MAX = 8192, HTTP_TARGET_MAX = 255 };

struct http_request {
	struct http_fields fields;
	struct http_body body;
	uint16_t head_bytes;
	uint16_t status; /* 0, or that of the answer to a request that is refused */
	uint8_t stage;
	uint8_t step;
	uint8_t method;
	uint8_t minor_version; /* 0 or 1 */
	uint8_t target_bytes;
	char target[HTTP_TARGET_MAX]; /* as sent; not zero-terminated */
};

static_assert(sizeof(struct http_request) == 320, "five cache lines");

/* Before the first byte of a request. */
void http_request_begin(struct http_request *request);

/* Takes bytes and returns how many: all, or up to the end of the head, of the request, or of what could be read of it.
 * `stage` tells. */
uint32_t http_request_take(struct http_request *request, const void *text, uint32_t bytes);

/* RFC 9112 9.3: the client wants to go on with this connection. */
bool http_request_keeps_alive(const struct http_request *request);

#endif
