/* wire_change.h - what other ends of a datagram do to its checksums: RFC 1624 eqn. 3, where all that changes has been
 * added up, as words lie in the frame. Inside lib/wire only. */
#ifndef WIRE_WIRE_CHANGE_H
#define WIRE_WIRE_CHANGE_H

#include <stdint.h>
#include <string.h>

#include "wire/wire_words.h"

/* What a TTL that is one less adds to the sum of its word, of which it is the low byte as words lie. */
enum { WIRE_ONE_HOP_LESS = 0xfffe };

/* A checksum after the change. RFC 1624 eqn. 4, whose case of all ones comes out as by eqn. 3: what is subtracted here
 * carries round as what is added there. */
static inline uint16_t wire_changed(uint16_t checksum, uint16_t change)
{
	uint16_t changed, borrow = __builtin_sub_overflow(checksum, change, &changed);

	return (uint16_t)(changed - borrow);
}

/* The same of a UDP checksum that is one, from the complement of the change: what is added in place of being subtracted
 * never comes to 0, which is none (RFC 768). */
static inline uint16_t wire_changed_udp(uint16_t checksum, uint16_t complement)
{
	uint16_t changed, carry = __builtin_add_overflow(checksum, complement, &changed);

	return (uint16_t)(changed + carry);
}

/* The checksum at `at` after the change. */
static inline void wire_change_checksum(uint8_t *at, uint16_t change)
{
	uint16_t checksum;

	memcpy(&checksum, at, 2);
	checksum = wire_changed(checksum, change);
	memcpy(at, &checksum, 2);
}

/* What is added to the checksum of an IPv4 header that loses a hop, beside `change`. */
static inline uint16_t wire_change_of_hop(uint16_t change)
{
	return wire_fold((uint32_t)change + WIRE_ONE_HOP_LESS);
}

/* Both ports of a UDP header, as they lie in it, and its checksum, by the complement of the change. None stays so. */
static inline void wire_change_udp_as(uint8_t *udp, uint32_t ports, uint16_t complement)
{
	uint16_t checksum;

	memcpy(udp, &ports, 4);
	memcpy(&checksum, udp + 6, 2);
	if (checksum == 0)
		return;
	checksum = wire_changed_udp(checksum, complement);
	memcpy(udp + 6, &checksum, 2);
}

/* The same, of ports in host order, the source's above, and by the change. */
static inline void wire_change_udp(uint8_t *udp, uint32_t ports, uint16_t change)
{
	uint32_t as_it_lies;

	wire_store32((uint8_t *)&as_it_lies, ports);
	wire_change_udp_as(udp, as_it_lies, (uint16_t)~change);
}

#endif
