/* wire_change.h - what other ends of a datagram do to its checksums: RFC 1624 eqn. 3, where all that changes has been
 * added up, as words lie in the frame. Inside lib/wire only. */
#ifndef WIRE_WIRE_CHANGE_H
#define WIRE_WIRE_CHANGE_H

#include <stdint.h>
#include <string.h>

#include "wire/wire_words.h"

/* What a TTL that is one less adds to the sum of its word, of which it is the low byte as words lie. */
enum { WIRE_ONE_HOP_LESS = 0xfffe };

/* The checksum at `at` after the change. */
static inline void wire_change_checksum(uint8_t *at, uint32_t change)
{
	uint16_t checksum;

	memcpy(&checksum, at, 2);
	checksum = (uint16_t)~wire_fold((uint16_t)~checksum + change);
	memcpy(at, &checksum, 2);
}

/* Both ports of a UDP header, as one word, and its checksum. RFC 768: 0 is none and stays so; what comes to 0 is sent
 * as all ones. */
static inline void wire_change_udp(uint8_t *udp, uint32_t ports, uint16_t change)
{
	uint16_t checksum;

	wire_store32(udp, ports);
	memcpy(&checksum, udp + 6, 2);
	if (checksum == 0)
		return;
	checksum = (uint16_t)~wire_fold((uint16_t)~checksum + (uint32_t)change);
	checksum = checksum != 0 ? checksum : UINT16_MAX;
	memcpy(udp + 6, &checksum, 2);
}

#endif
