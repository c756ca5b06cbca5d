/* wire_build6.h - what building IPv6 packets has in common. Inside lib/wire only: others call wire_build.h. */
#ifndef WIRE_WIRE_BUILD6_H
#define WIRE_WIRE_BUILD6_H

#include <stdint.h>

#include "wire/wire_build.h"

/* Writes the header of a packet from our side with `payload_bytes` behind it. */
void wire_ip6_build(uint8_t *ip, const struct ip6_pair *pair, uint8_t protocol, uint32_t payload_bytes,
		    const struct wire_ip_options *options);

/* wire_turn_echo() and wire_build_unreachable() for IPv6. */
void wire_turn_echo6(uint8_t *frame, const struct packet *packet, uint8_t hops);
uint32_t wire_build_unreachable6(uint8_t *to, const uint8_t *frame, const struct packet *packet, uint32_t most,
				 uint8_t hops);

#endif
