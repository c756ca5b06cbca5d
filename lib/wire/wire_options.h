/* wire_options.h - the options of a TCP header; inside lib/wire only. */
#ifndef WIRE_WIRE_OPTIONS_H
#define WIRE_WIRE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/wire_packet.h"
#include "wire/wire_words.h"

/* Two layouts are read and written on ways of their own: NOP, NOP and timestamps (RFC 7323 appendix A), as in nearly
 * every segment of a connection that has them; and that of nearly every SYN, of Linux and our own: MSS, SACK permitted
 * and timestamps, NOP and scale. */
enum {
	WIRE_TIMESTAMPS_ALONE = 0x0101080a,
	WIRE_SYN_MSS = 0x02040000,
	WIRE_SYN_SACK_AND_TIMESTAMPS = 0x0402080a,
	WIRE_SYN_SCALE = 0x01030300
};

/* The first option of one of two kinds, or NULL. Each step is at least one byte on; an illegal length ends them. */
const uint8_t *wire_option_find(const uint8_t *at, const uint8_t *end, uint8_t kind, uint8_t other_kind);

/* wire_options_read() and wire_options_write() of all other layouts. */
void wire_options_read_any(const uint8_t *at, const uint8_t *end, struct segment *segment);
uint64_t wire_options_write_any(uint8_t *at, const struct segment *segment);

/* wire_options_read() and wire_options_write() of a SYN; the first is false where its layout is another one. */
bool wire_options_read_syn(const uint8_t *at, const uint8_t *end, struct segment *segment);
uint64_t wire_options_write_syn(uint8_t *at, const struct segment *segment);

/* Reads the options from `at` on, at most 40 bytes, as far as they count in a segment of these flags: the first of each
 * kind. RFC 9293 3.1 MUST-5 to 7: in any segment, unaligned; an illegal length ends them. */
static inline void wire_options_read(const uint8_t *at, const uint8_t *end, struct segment *segment)
{
	if (end - at != SEGMENT_TIMESTAMP_BYTES || wire_load32(at) != WIRE_TIMESTAMPS_ALONE) {
		if (!(segment->flags & TCP_SYN) || !wire_options_read_syn(at, end, segment))
			wire_options_read_any(at, end, segment);
		return;
	}
	segment->options = SEGMENT_TIMESTAMPS;
	segment->tsval = wire_load32(at + 4);
	segment->tsecr = wire_load32(at + 8);
}

/* Writes a segment's options, padded with NOP, `bytes` bytes. Returns the sum of their words as values. */
static inline uint64_t wire_options_write(uint8_t *at, const struct segment *segment, uint32_t *bytes)
{
	uint32_t offer = segment_offer(segment);

	*bytes = offer == SEGMENT_TIMESTAMPS_ALONE ? SEGMENT_TIMESTAMP_BYTES : 0;
	if (offer == 0)
		return 0;
	if (offer != SEGMENT_TIMESTAMPS_ALONE) {
		*bytes = segment_option_bytes(segment);
		return segment_offers_all(segment) ? wire_options_write_syn(at, segment)
						   : wire_options_write_any(at, segment);
	}
	wire_store32(at, WIRE_TIMESTAMPS_ALONE);
	wire_store32(at + 4, segment->tsval);
	wire_store32(at + 8, segment->tsecr);
	return (uint64_t)WIRE_TIMESTAMPS_ALONE + segment->tsval + segment->tsecr;
}

#endif
