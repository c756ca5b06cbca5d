/* load_http.h - what a client that speaks HTTP remembers. */
#ifndef LOAD_HTTP_H
#define LOAD_HTTP_H

#include <assert.h>

#include "http/http_response.h"

/* Room for GET, a target, and the fields that go with it. */
enum { LOAD_HTTP_REQUEST_MAX = 384 };

/* Of a connection. */
struct load_http_slot {
	uint64_t queued_ns; /* when its request was given to the connection */
	struct http_response response;
	uint32_t answered;   /* requests of this connection */
	uint16_t sent_bytes; /* of the request */
	uint8_t flags;
};

static_assert(sizeof(struct load_http_slot) == 88, "what HTTP adds to a client's connection");

struct load_http {
	struct load_http_slot *slots; /* by conn.index; null where HTTP is not spoken */
	uint16_t request_bytes;
	char request[LOAD_HTTP_REQUEST_MAX];
};

#endif
