/* http_response.h - an answer as it comes in, in pieces of any size (RFC 9112). */
#ifndef HTTP_RESPONSE_H
#define HTTP_RESPONSE_H

#include "http/http_request.h"

enum { HTTP_RESPONSE_HEAD_MAX = 65536 };

struct http_response {
	struct http_fields fields;
	struct http_body body;
	uint32_t head_bytes;
	uint16_t status;
	uint8_t stage; /* enum http_stage; HTTP_REFUSED where it is no answer in HTTP/1.x */
	uint8_t step;
	uint8_t minor_version;
	bool answers_head; /* RFC 9112 6.3: no body, whatever its length is said to be */
};

/* Before the first byte of an answer. */
void http_response_begin(struct http_response *response, bool answers_head);

/* Takes bytes up to the end of the answer, and returns how many. `stage` tells. Interim answers (1xx) are passed over.
 */
uint32_t http_response_take(struct http_response *response, const void *text, uint32_t bytes);

/* The same, but no further than to the end of what lies there together of what the body holds, which is the last
 * `*content_bytes` of what was taken. */
uint32_t http_response_take_run(struct http_response *response, const void *text, uint32_t bytes,
				uint32_t *content_bytes);

/* The connection has ended: so has a body that lasts as long. */
void http_response_end(struct http_response *response);

/* RFC 9112 9.3: the server goes on with this connection. */
bool http_response_keeps_alive(const struct http_response *response);

#endif
