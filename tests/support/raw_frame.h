/* raw_frame.h - TCP over IP for tests, written and read by code that shares nothing with lib/wire. */
#ifndef SUPPORT_RAW_FRAME_H
#define SUPPORT_RAW_FRAME_H

#include <stdbool.h>
#include <stdint.h>

/* Short names, so that a script reads like the figures of the RFC. */
enum raw_flag { FIN = 0x01, SYN = 0x02, RST = 0x04, PSH = 0x08, ACK = 0x10, URG = 0x20 };

enum { RAW_TEXT_MAX = 1460, RAW_FRAME_MAX = 60 + 60 + RAW_TEXT_MAX };

/* Host byte order. Zero in `window` stays zero. */
struct raw_segment {
	uint32_t source;
	uint32_t dest;
	uint16_t source_port;
	uint16_t dest_port;
	uint32_t seq;
	uint32_t ack;
	uint32_t text_bytes;
	uint32_t text_from; /* place of the first byte in the stream; not read back */
	uint32_t text_sum;  /* raw_text_sum() of what was read */
	uint16_t window;
	uint16_t urgent;
	uint16_t mss;         /* option, left out where 0 */
	uint16_t fragment;    /* the IPv4 word of flags and offset */
	uint8_t flags;        /* enum raw_flag; two more bits are CWR and ECE */
	uint8_t reserved;     /* the four reserved bits */
	uint8_t ttl;          /* read back only */
	uint8_t tos;          /* read back only */
	uint8_t option_bytes; /* of `options`, behind the MSS option; padded to a word */
	uint8_t options[36];
	bool wrong_checksum;
	/* Read only; to be written they go into `options`. */
	bool has_scale;
	bool sack_permitted;
	uint8_t scale;
	uint8_t sack_count;
	uint32_t sacks[4][2]; /* left and right edge of each block */
	bool has_timestamps;
	uint32_t tsval, tsecr;
};

/* The byte at a place of every stream of these tests. */
uint8_t raw_text_byte(uint32_t place);

/* Tells streams of bytes apart: the sum of `bytes` bytes of the stream from a place on. */
uint32_t raw_text_sum(uint32_t from, uint32_t bytes);

/* The same of bytes that are there. */
uint32_t raw_bytes_sum(const uint8_t *bytes, uint32_t count);

/* Appends timestamps to the options to be written, by NOP, NOP, 8, 10 as RFC 7323 appendix A has them. */
void raw_add_timestamps(struct raw_segment *segment, uint32_t tsval, uint32_t tsecr);

/* Writes a packet of IPv4, or of IPv6 (raw_ip6.h), with correct checksums (but for wrong_checksum) and returns its
 * length. */
uint32_t raw_build(uint8_t *frame, const struct raw_segment *segment);

/* Reads a packet that came from us. Null, or what is wrong with it: lengths, checksums, reserved bits, options
 * that are not known, have a wrong length, come twice or in a segment that they do not belong to, padding that is not
 * zero. */
const char *raw_read(const uint8_t *frame, uint32_t bytes, struct raw_segment *segment);

/* "SYN,ACK" and the like, in a buffer that the next call but three uses again. */
const char *raw_flags_text(uint8_t flags);

#endif
