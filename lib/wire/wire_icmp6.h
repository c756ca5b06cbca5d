/* wire_icmp6.h - ICMPv6 messages and neighbour discovery. Inside lib/wire only: others have them from wire_parse(). */
#ifndef WIRE_WIRE_ICMP6_H
#define WIRE_WIRE_ICMP6_H

#include <stdint.h>

#include "wire/wire_packet.h"

/* Reads a message of `bytes` bytes, at least ICMP_BYTES, whose checksum is right, of a packet whose addresses and
 * hop limit are known. A solicitation or advertisement becomes packet->nd, anything else packet->icmp; with an error,
 * packet's key and addresses become those of the flow that it quotes, from our side. Returns QUERN_DROP_NONE, or why it
 * is dropped: a quote that is cut short, that is of no packet of ours, or of neither TCP nor UDP; neighbour discovery
 * that RFC 4861 7.1 has dropped; a source :: with anything but a solicitation. */
enum quern_drop wire_icmp6_parse(const uint8_t *message, uint32_t bytes, struct packet *packet);

#endif
