/* http_fields.h - the field lines of a head, a byte at a time, and what they say about how the message goes on. */
#ifndef HTTP_FIELDS_H
#define HTTP_FIELDS_H

#include <stdbool.h>
#include <stdint.h>

/* Statuses of a head that is refused; those of answers are in http_answer.h. */
enum { HTTP_BAD_REQUEST = 400, HTTP_HEAD_TOO_LARGE = 431, HTTP_NOT_IMPLEMENTED = 501 };

/* What a head says, ored. */
enum {
	HTTP_HAS_LENGTH = 1,
	HTTP_HAS_HOST = 2,
	HTTP_SAYS_CLOSE = 4,
	HTTP_SAYS_KEEP_ALIVE = 8,
	HTTP_HAS_CODING = 16,       /* Transfer-Encoding, whatever its value */
	HTTP_IS_CHUNKED = 32,       /* its last coding is chunked */
	HTTP_HAS_OTHER_CODING = 64, /* and there is one before that or instead of it */
	HTTP_EXPECTS_CONTINUE = 128
};

enum { HTTP_WORD_MAX = 18 };

struct http_fields {
	uint64_t length; /* Content-Length */
	uint64_t number; /* one being read */
	uint8_t says;
	uint8_t step;
	uint8_t field;      /* whose value is being read */
	uint8_t word_bytes; /* one more than the buffer holds: no word of ours */
	bool has_gap;       /* white space came behind the word */
	bool folds;         /* RFC 9112 5.2: the values of answers may go on in the next line, those of requests not */
	char word[HTTP_WORD_MAX]; /* a name, or a member of a list, in small letters */
};

/* Before the first field line. */
void http_fields_begin(struct http_fields *fields, bool folds);

enum { HTTP_FIELDS_MORE = 0, HTTP_FIELDS_END = 1 };

/* Takes the next byte. HTTP_FIELDS_MORE; HTTP_FIELDS_END with the empty line's last; or HTTP_BAD_REQUEST. */
int http_fields_take(struct http_fields *fields, uint8_t byte);

/* Adds a byte to the word. */
void http_fields_add(struct http_fields *fields, uint8_t byte);

/* RFC 9110 5.6.2: what names and methods are made of. */
bool http_is_token(uint8_t byte);

#endif
