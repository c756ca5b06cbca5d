/* payload_pattern.c - a piece of text that is gone through over and over. */
#include "payload/payload_pattern.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	LEAST_LENGTH = 65536,
	/* A prime: no piece that is lost, or comes twice, is as long as it, or a part of it. */
	RANDOM_LENGTH = 65537
};

static void write_random(uint8_t *text, uint32_t length)
{
	uint64_t state = 1;

	/* Knuth's multiplier; of each number the top byte. It is the same on every machine. */
	for (uint32_t i = 0; i < length; i++) {
		state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		text[i] = (uint8_t)(state >> 56);
	}
}

static uint32_t length_of(enum cli_pattern kind, uint32_t text_bytes)
{
	switch (kind) {
	case CLI_PATTERN_RANDOM:
		return RANDOM_LENGTH;
	case CLI_PATTERN_TEXT:
		return (LEAST_LENGTH / text_bytes + 1) * text_bytes;
	case CLI_PATTERN_AUTO:
	case CLI_PATTERN_ZERO:
	case CLI_PATTERN_COUNTER:
	case CLI_PATTERNS:
		break;
	}
	return LEAST_LENGTH;
}

int payload_pattern_open(struct payload_pattern *pattern, enum cli_pattern kind, const char *text)
{
	uint32_t text_bytes = kind == CLI_PATTERN_TEXT ? (uint32_t)strlen(text) : 0;

	pattern->length = length_of(kind, text_bytes);
	pattern->text = calloc(1, pattern->length);
	if (!pattern->text)
		return -ENOMEM;
	if (kind == CLI_PATTERN_RANDOM)
		write_random(pattern->text, pattern->length);
	for (uint32_t i = 0; i < pattern->length && kind == CLI_PATTERN_COUNTER; i++)
		pattern->text[i] = (uint8_t)i;
	for (uint32_t i = 0; i < pattern->length && kind == CLI_PATTERN_TEXT; i += text_bytes)
		memcpy(pattern->text + i, text, text_bytes);
	return 0;
}

void payload_pattern_close(struct payload_pattern *pattern)
{
	free(pattern->text);
	*pattern = (struct payload_pattern){.text = NULL};
}

uint32_t payload_pattern_piece(const struct payload_pattern *pattern, uint32_t at, uint32_t bytes)
{
	return bytes < pattern->length - at ? bytes : pattern->length - at;
}

void payload_pattern_move(const struct payload_pattern *pattern, uint32_t *at, uint32_t bytes)
{
	*at += bytes;
	if (*at == pattern->length)
		*at = 0;
}

bool payload_pattern_fits(const struct payload_pattern *pattern, uint32_t *at, const void *text, uint32_t bytes)
{
	const uint8_t *from = text;
	bool fits = true;

	while (bytes > 0 && fits) {
		uint32_t part = payload_pattern_piece(pattern, *at, bytes);

		fits = memcmp(from, pattern->text + *at, part) == 0;
		payload_pattern_move(pattern, at, part);
		from += part;
		bytes -= part;
	}
	return fits;
}
