/* wire_echo.h - ICMP echo: requests of ours, and what comes back of them. */
#ifndef WIRE_WIRE_ECHO_H
#define WIRE_WIRE_ECHO_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/wire_build.h"

enum { WIRE_ECHO_FRAME_MAX = WIRE_LINK_MAX + 40 + 16 };

/* Of either version of IP; whoever answers sends all of it back. */
struct wire_echo {
	uint16_t id;
	uint16_t sequence;
	uint64_t nonce; /* the text: 8 bytes */
};

/* Writes an echo request from our side of the key behind a link header of `link_bytes` that is in place. Its checksums
 * are made, whatever the port does. Returns the frame's length. */
uint32_t wire_build_echo_at(uint8_t *frame, uint32_t link_bytes, const struct flow_key *key,
			    const struct wire_echo *echo, const struct wire_ip_options *options);

/* The same over IPv6. */
uint32_t wire_build_echo6_at(uint8_t *frame, uint32_t link_bytes, const struct ip6_pair *pair,
			     const struct wire_echo *echo, const struct wire_ip_options *options);

/* Reads a parsed frame that is an echo reply to such a request. False for any other. */
bool wire_echo_read(const uint8_t *frame, const struct packet *packet, struct wire_echo *echo);

#endif
