/* load_http.h - what a client that speaks HTTP remembers. */
#ifndef LOAD_HTTP_H
#define LOAD_HTTP_H

#include <assert.h>

#include "http/http_response.h"
#include "load/load_ask.h"

/* Of a connection. */
struct load_http_slot {
	struct http_response response;
	uint32_t queued_low; /* when its request was given to the connection, in units of 16 ns, modulo 2^48 */
	uint32_t answered;   /* requests of this connection */
	uint32_t sent_bytes; /* of the request */
	uint16_t queued_high;
	uint8_t flags;
	uint8_t ask; /* which request it is */
};

static_assert(sizeof(struct load_http_slot) == 88, "what HTTP adds to a client's connection");

struct load_http {
	struct load_http_slot *slots; /* by conn.index; null where HTTP is not spoken */
	uint32_t *matched;            /* of an answer's body, by conn.index; null where no body is looked at */
	struct load_asks asks;
};

#endif
