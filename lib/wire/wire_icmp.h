/* wire_icmp.h - ICMP messages. Inside lib/wire only: others have them from wire_parse(). */
#ifndef WIRE_WIRE_ICMP_H
#define WIRE_WIRE_ICMP_H

#include <stdint.h>

#include "wire/wire_packet.h"

/* Reads a message of `bytes` bytes, at least ICMP_BYTES, whose checksum is right, into packet->icmp; with an error,
 * packet->key becomes the flow that it quotes, from our side. Returns QUERN_DROP_NONE, or why it is dropped: a quote
 * that is cut short, that is of no packet of ours, or of another protocol than TCP. */
enum quern_drop wire_icmp_parse(const uint8_t *message, uint32_t bytes, struct packet *packet);

#endif
