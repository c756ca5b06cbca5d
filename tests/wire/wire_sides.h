/* wire_sides.h - datagrams that a forwarder passes on, as they come and as they go, made byte by byte: nothing here
 * comes from lib/wire's rewriting. */
#ifndef TESTS_WIRE_SIDES_H
#define TESTS_WIRE_SIDES_H

#include "base/random.h"
#include "wire/wire_udp.h"
#include "wire_frames6.h"

enum { SIDES_TEXT_MAX = 120, SIDES_ID = 0xbeef /* of what becomes IPv4 */ };

/* A datagram as it comes, and the ends that it goes on with. */
struct sides {
	struct flow_key goes;
	struct ip6_pair goes_pair;
	struct frame frame;
	int version;
};

/* Draws one of a version of IP: any addresses that may be, TTL from 2 on, options or extension headers. */
void sides_draw(struct sides *sides, struct random *random, int version);

/* What the datagram must look like once it goes on: its UDP checksum made, whether or not it came with one. */
void sides_expect(const struct sides *sides, struct frame *expected);

/* Chooses a word of the text, or of the IPv4 header where `is_ip`, for which a checksum comes to 0: that of the
 * datagram as it comes, or as it goes. */
void sides_aim_at_zero(struct sides *sides, bool is_ip, bool as_it_goes);

/* The ends that it goes with, as lib/wire has them. */
struct wire_udp_ends sides_goes(const struct sides *sides);

/* The same of a datagram that goes on in the other version of IP, as an IP packet without a link header. */
struct wire_udp_ends sides_goes46(const struct sides *sides);
void sides_expect46(const struct sides *sides, struct frame *expected);

/* Error and quote as bytes: from an address to another, with as much of a datagram as is asked for. */
struct sides_error {
	int version;
	const uint8_t *word;
	uint32_t rest; /* what stands behind the checksum */
	uint8_t ttl;
	uint32_t front; /* bytes of options or extension headers before it */
	const uint8_t *quote;
	uint32_t quote_bytes;
	uint8_t source[16], dest[16];
};

/* Makes the frame, to our MAC address, with right checksums. */
void sides_error_make(struct frame *frame, const struct sides_error *error);

/* Reads a frame of either version that is for us, and that must be good. */
void sides_parse(const struct frame *frame, struct packet *packet);

/* Puts right checksums into a datagram, by plain addition, and never a UDP checksum of 0. */
void sides_sum_up(struct frame *frame, int version);

/* Words of 16 bits in a frame. */
uint16_t sides_get16(const uint8_t *at);
void sides_put16(uint8_t *at, uint32_t value);
void sides_put_ip6(uint8_t *at, struct quern_ip6 address);

#endif
