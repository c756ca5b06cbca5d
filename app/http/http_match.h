/* http_match.h - whether a body that comes in pieces is a given text, or has it in it. What is kept between two pieces
 * is one number. */
#ifndef HTTP_MATCH_H
#define HTTP_MATCH_H

#include <stdbool.h>
#include <stdint.h>

struct http_match {
	const uint8_t *text; /* not ours */
	uint32_t bytes;
	uint32_t *borders; /* null: the body is to be the text, and nothing else */
};

/* Prepares to look for a text of 1 byte or more, or to compare with one. 0 or -ENOMEM; undone by http_match_close(). */
int http_match_open(struct http_match *match, const void *text, uint32_t bytes, bool is_whole);
void http_match_close(struct http_match *match);

/* Takes the next bytes of a body of which `state` is known, which is 0 before the first; returns what is known now. */
uint32_t http_match_take(const struct http_match *match, uint32_t state, const void *text, uint32_t bytes);

/* At the end of a body: whether it was right. */
bool http_match_holds(const struct http_match *match, uint32_t state);

#endif
