/* wire_frames6.h - IPv6 frames made byte by byte, as wire_frames.h makes those of IPv4. */
#ifndef TESTS_WIRE_FRAMES6_H
#define TESTS_WIRE_FRAMES6_H

#include "wire_frames.h"

enum { FRAME6_SEEDS = 11 };

/* 2001:db8:1::9, where frames come from, and 2001:db8::1, where they go to. */
extern const uint8_t FRAME6_ADDRESSES[32];
extern const struct ip6_pair FRAME6_PAIR;

/* What a frame is made of. The header says that `next` follows, where extension headers are given. */
struct frame6_plan {
	uint8_t protocol; /* 6, 17 or 58 */
	uint8_t flags;    /* TCP */
	bool no_ethernet;
	uint32_t text_bytes;
	uint32_t padding;
	uint8_t next;
	const uint8_t *extensions;
	uint32_t extension_bytes;
	const uint8_t *l4; /* instead of what is made of the protocol, with text_bytes behind it */
	uint32_t l4_bytes;
	uint8_t hops; /* 64 where 0 */
};

/* Makes the frame: ports, numbers and window as frame_make() has them. */
void frame6_make(struct frame *frame, const struct frame6_plan *plan);

/* Puts the right checksum back after bytes have been changed; the protocol is the one that it was made of. */
void frame6_fix_checksum(struct frame *frame, uint8_t protocol);

/* One of FRAME6_SEEDS frames of every kind; `expect` is set so that the parser takes it. */
void frame6_make_seed(struct frame *frame, struct wire_expect *expect, int seed);

/* What frame_parse() does, with IPv6 taken. */
enum quern_drop frame6_parse(const struct frame *frame, struct packet *packet);

#endif
