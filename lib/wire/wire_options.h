/* wire_options.h - the options of a TCP header; inside lib/wire only. */
#ifndef WIRE_WIRE_OPTIONS_H
#define WIRE_WIRE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/wire_packet.h"
#include "wire/wire_words.h"

/* NOP, NOP, and the first two bytes of the option: RFC 7323 appendix A. What nearly every segment of a connection with
 * timestamps has, and nothing else, is read and written on a way of its own. */
enum { WIRE_TIMESTAMPS_ALONE = 0x0101080a };

/* The first option of one of two kinds, or NULL. Each step is at least one byte on; an illegal length ends them. */
const uint8_t *wire_option_find(const uint8_t *at, const uint8_t *end, uint8_t kind, uint8_t other_kind);

/* wire_options_read() and wire_options_write() of all that is not timestamps alone. */
void wire_options_read_any(const uint8_t *at, const uint8_t *end, struct segment *segment);
uint64_t wire_options_write_any(uint8_t *at, const struct segment *segment);

/* Reads the options from `at` on, at most 40 bytes, as far as they count in a segment of these flags: the first of each
 * kind. RFC 9293 3.1 MUST-5 to 7: in any segment, unaligned; an illegal length ends them. */
static inline void wire_options_read(const uint8_t *at, const uint8_t *end, struct segment *segment)
{
	if (end - at != SEGMENT_TIMESTAMP_BYTES || wire_load32(at) != WIRE_TIMESTAMPS_ALONE) {
		wire_options_read_any(at, end, segment);
		return;
	}
	segment->options = SEGMENT_TIMESTAMPS;
	segment->tsval = wire_load32(at + 4);
	segment->tsecr = wire_load32(at + 8);
}

/* Writes a segment's options, padded with NOP: segment_option_bytes(). Returns the sum of their words as values. */
static inline uint64_t wire_options_write(uint8_t *at, const struct segment *segment)
{
	if (segment->mss == 0 && segment->options == 0 && segment->sack_count == 0)
		return 0;
	if (segment->mss != 0 || segment->options != SEGMENT_TIMESTAMPS || segment->sack_count != 0)
		return wire_options_write_any(at, segment);
	wire_store32(at, WIRE_TIMESTAMPS_ALONE);
	wire_store32(at + 4, segment->tsval);
	wire_store32(at + 8, segment->tsecr);
	return (uint64_t)WIRE_TIMESTAMPS_ALONE + segment->tsval + segment->tsecr;
}

#endif
