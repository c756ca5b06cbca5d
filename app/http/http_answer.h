/* http_answer.h - the head of an answer, and the text of one that is no page. */
#ifndef HTTP_ANSWER_H
#define HTTP_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "http/http_date.h"

/* Statuses that are no fault of a head; those are in http_fields.h and http_request.h. */
enum { HTTP_CONTINUE = 100, HTTP_OK = 200, HTTP_NOT_FOUND = 404, HTTP_UNAVAILABLE = 503 };

enum { HTTP_ANSWER_HEAD_MAX = 320 };

/* What the connection does behind the answer. */
enum http_behind {
	HTTP_GOES_ON,         /* said by nothing: HTTP/1.1 */
	HTTP_GOES_ON_AS_SAID, /* the client is of HTTP/1.0 and asked for it */
	HTTP_CLOSES
};

/* "Not Found"; "Unknown" for a status that is never answered. */
const char *http_reason(uint16_t status);

/* Writes the head of an answer whose body has `body_bytes`; returns its length. HTTP_CONTINUE has a status line only.
 */
uint32_t http_answer_head(uint16_t status, const char *type, uint64_t body_bytes, enum http_behind behind,
			  const char date[HTTP_DATE_BYTES], char head[HTTP_ANSWER_HEAD_MAX]);

/* "404 Not Found" and a line's end: the body of an answer that is no page. Returns its length. */
uint32_t http_answer_text(uint16_t status, char text[HTTP_ANSWER_HEAD_MAX]);

#endif
