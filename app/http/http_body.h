/* http_body.h - where the body of a message ends (RFC 9112 6 and 7). */
#ifndef HTTP_BODY_H
#define HTTP_BODY_H

#include <stdbool.h>
#include <stdint.h>

enum http_body_step {
	HTTP_BODY_ENDED,
	HTTP_BODY_BAD,
	HTTP_BODY_COUNTED,     /* `left` bytes of it */
	HTTP_BODY_UNTIL_CLOSE, /* as long as the connection */
	HTTP_BODY_SIZE,        /* chunked, from here on: at the digits of a size */
	HTTP_BODY_EXTENSION,
	HTTP_BODY_SIZE_CR,
	HTTP_BODY_CHUNK, /* `left` bytes of this chunk */
	HTTP_BODY_CHUNK_END,
	HTTP_BODY_CHUNK_CR,
	HTTP_BODY_TRAILER, /* at the beginning of a line behind the last chunk */
	HTTP_BODY_TRAILER_LINE,
	HTTP_BODY_TRAILER_CR
};

/* Of a line with a chunk's size, and of all trailer lines together. */
enum { HTTP_CHUNK_LINE_MAX = 256, HTTP_TRAILER_MAX = 8192 };

struct http_body {
	uint64_t left;
	uint16_t line_bytes;
	uint8_t step;
	bool has_digits;
};

void http_body_begin_counted(struct http_body *body, uint64_t bytes);
void http_body_begin_chunked(struct http_body *body);
void http_body_begin_until_close(struct http_body *body);

/* Takes bytes up to the end of the body, and returns how many. `step` tells HTTP_BODY_ENDED and HTTP_BODY_BAD. */
uint32_t http_body_take(struct http_body *body, const uint8_t *text, uint32_t bytes);

/* The same, but no further than to the end of what lies there together of what the body holds, which is the last
 * `*content_bytes` of what was taken. */
uint32_t http_body_take_run(struct http_body *body, const uint8_t *text, uint32_t bytes, uint32_t *content_bytes);

#endif
