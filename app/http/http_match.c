/* http_match.c - Knuth, Morris and Pratt: of a text that is looked for, how much of it has come last. */
#include "http/http_match.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Of a text that is compared: it is another one. */
#define IS_OTHER UINT32_MAX

/* borders[n] is how much of the text's beginning is also the end of its first n bytes, all of them left out. */
static void find_borders(const struct http_match *match)
{
	uint32_t border = 0;

	match->borders[0] = match->borders[1] = 0;
	for (uint32_t n = 1; n < match->bytes; n++) {
		while (border > 0 && match->text[n] != match->text[border])
			border = match->borders[border];
		if (match->text[n] == match->text[border])
			border++;
		match->borders[n + 1] = border;
	}
}

int http_match_open(struct http_match *match, const void *text, uint32_t bytes, bool is_whole)
{
	*match = (struct http_match){.text = text, .bytes = bytes};
	if (is_whole)
		return 0;
	match->borders = calloc((size_t)bytes + 1, sizeof(*match->borders));
	if (!match->borders)
		return -ENOMEM;
	find_borders(match);
	return 0;
}

void http_match_close(struct http_match *match)
{
	free(match->borders);
	*match = (struct http_match){.text = NULL};
}

static uint32_t compare(const struct http_match *match, uint32_t state, const uint8_t *text, uint32_t bytes)
{
	if (bytes == 0)
		return state;
	if (state == IS_OTHER || bytes > match->bytes - state || memcmp(match->text + state, text, bytes) != 0)
		return IS_OTHER;
	return state + bytes;
}

uint32_t http_match_take(const struct http_match *match, uint32_t state, const void *text, uint32_t bytes)
{
	const uint8_t *from = text;

	if (!match->borders)
		return compare(match, state, from, bytes);
	for (uint32_t i = 0; i < bytes && state < match->bytes; i++) {
		while (state > 0 && match->text[state] != from[i])
			state = match->borders[state];
		if (match->text[state] == from[i])
			state++;
	}
	return state;
}

bool http_match_holds(const struct http_match *match, uint32_t state)
{
	return state == match->bytes;
}
