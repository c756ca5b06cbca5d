/* wire_frames.h - frames made byte by byte, with checksums by the book: nothing here comes from lib/wire's builder. */
#ifndef TESTS_WIRE_FRAMES_H
#define TESTS_WIRE_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/wire_parse.h"

enum { FRAME_MAX = 1600, FRAME_SEEDS = 12 };

extern const uint8_t FRAME_OUR_MAC[6];
extern const uint8_t FRAME_PEER_MAC[6];

/* A frame and where its layers begin. */
struct frame {
	uint8_t bytes[FRAME_MAX];
	uint32_t length;
	uint32_t l3;
	uint32_t l4;
};

/* What a frame is made of. */
struct frame_plan {
	uint8_t protocol; /* 6, 17 or 1 */
	uint8_t flags;    /* TCP */
	uint8_t tags;     /* VLAN tags: the outer one has id 7, the inner ones a priority alone */
	bool no_ethernet;
	uint32_t text_bytes;
	uint32_t padding; /* zero bytes behind the IP packet */
	const uint8_t *ip_options;
	uint32_t ip_options_bytes; /* a multiple of 4, as those of TCP */
	const uint8_t *tcp_options;
	uint32_t tcp_options_bytes;
};

/* The Internet checksum as RFC 1071 defines it, a word at a time; the value to compare with big-endian bytes. */
uint16_t frame_checksum(uint32_t start, const uint8_t *data, uint32_t bytes);

/* Makes the frame: from 198.19.0.9:40000 to 198.18.0.1:80, seq 0x01020304, ack 0xa0b0c0d0, window 0x1234. */
void frame_make(struct frame *frame, const struct frame_plan *plan);

/* Puts right checksums back after bytes have been changed. */
void frame_fix_checksums(struct frame *frame);

/* An ARP request from 198.19.0.9 for 198.18.0.1, to the broadcast address, padded to 60 bytes. */
void frame_make_arp(struct frame *frame);

/* One of FRAME_SEEDS frames of every kind; `expect` is set so that the parser takes it. */
void frame_make_seed(struct frame *frame, struct wire_expect *expect, int seed);

/* Parses a copy of exactly `bytes` bytes on the heap, so that a sanitizer sees every byte read beyond. */
enum quern_drop frame_parse_exact(const uint8_t *bytes, uint32_t length, const struct wire_expect *expect,
				  struct packet *packet);

/* Parses a whole frame that has no tag and is for us, nothing verified by the port. */
enum quern_drop frame_parse(const struct frame *frame, struct packet *packet);

#endif
