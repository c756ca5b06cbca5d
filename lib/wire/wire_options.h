/* wire_options.h - the options of a TCP header; inside lib/wire only. */
#ifndef WIRE_WIRE_OPTIONS_H
#define WIRE_WIRE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/wire_packet.h"

enum { WIRE_OPTION_WORDS = 10 };

/* The first option of one of two kinds, or NULL. Each step is at least one byte on; an illegal length ends them. */
const uint8_t *wire_option_find(const uint8_t *at, const uint8_t *end, uint8_t kind, uint8_t other_kind);

/* Reads the options from `at` on, at most 40 bytes, as far as they count in a segment of these flags: the first of each
 * kind. RFC 9293 3.1 MUST-5 to 7: in any segment, unaligned; an illegal length ends them. */
void wire_options_read(const uint8_t *at, const uint8_t *end, struct segment *segment);

/* Options as 32-bit words in host order, padded with NOP; returns how many there are. */
uint32_t wire_options_words(const struct segment *segment, uint32_t words[WIRE_OPTION_WORDS]);

#endif
