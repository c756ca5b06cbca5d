/* wire_build6.h - what building packets of IPv6, and errors of either version, has in common. Inside lib/wire only:
 * others call wire_build.h. */
#ifndef WIRE_WIRE_BUILD6_H
#define WIRE_WIRE_BUILD6_H

#include <stdint.h>

#include "wire/wire_build.h"

/* Writes the header of a packet from our side with `payload_bytes` behind it. */
void wire_ip4_build(uint8_t *ip, const struct flow_key *key, uint8_t protocol, uint32_t payload_bytes,
		    const struct wire_ip_options *options);
void wire_ip6_build(uint8_t *ip, const struct ip6_pair *pair, uint8_t protocol, uint32_t payload_bytes,
		    const struct wire_ip_options *options);

/* Sums an ICMP message of `bytes` bytes, and stores the checksum. */
void wire_icmp_finish(uint8_t *icmp, uint32_t bytes);

/* Sums an ICMPv6 message of `bytes` bytes whose IPv6 header is `ip`, and stores the checksum. */
void wire_icmp6_finish(const uint8_t *ip, uint8_t *icmp, uint32_t bytes);

/* wire_turn_echo() for IPv6. */
void wire_turn_echo6(uint8_t *frame, const struct packet *packet, uint8_t hops);

#endif
