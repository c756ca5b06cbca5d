/* payload_pattern.h - text without end that both ends know, sent and held against what has come piece by piece. */
#ifndef PAYLOAD_PATTERN_H
#define PAYLOAD_PATTERN_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/cli_payload.h"

/* The text goes round: behind its last byte stands its first. */
struct payload_pattern {
	uint8_t *text;
	uint32_t length; /* at least 65,535 */
};

/* Writes the pattern's text. 0 or -ENOMEM. */
int payload_pattern_open(struct payload_pattern *pattern, enum cli_pattern kind, const char *text);
void payload_pattern_close(struct payload_pattern *pattern);

/* How many of `bytes` bytes stand in one piece from the place `at` on. */
uint32_t payload_pattern_piece(const struct payload_pattern *pattern, uint32_t at, uint32_t bytes);

/* Moves a place on by no more than that. */
void payload_pattern_move(const struct payload_pattern *pattern, uint32_t *at, uint32_t bytes);

/* Whether text is that from the place `at`, which moves on. */
bool payload_pattern_fits(const struct payload_pattern *pattern, uint32_t *at, const void *text, uint32_t bytes);

#endif
