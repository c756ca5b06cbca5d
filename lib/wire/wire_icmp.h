/* wire_icmp.h - ICMP messages. Inside lib/wire only: others have them from wire_parse(). */
#ifndef WIRE_WIRE_ICMP_H
#define WIRE_WIRE_ICMP_H

#include <stdint.h>

#include <quern/conn.h>

#include "wire/wire_packet.h"
#include "wire/wire_words.h"

enum { QUOTED_L4_BYTES = 8 /* RFC 792: ports, and the sequence number of TCP or all of UDP's header */ };

/* What a protocol that is quoted is to us: WIRE_TCP, WIRE_UDP, or 0. */
static inline uint8_t wire_icmp_quoted(uint8_t protocol)
{
	if (protocol == IP_PROTOCOL_TCP)
		return WIRE_TCP;
	return protocol == IP_PROTOCOL_UDP ? WIRE_UDP : 0;
}

/* Where the versions of IP differ. */
struct wire_icmp_version {
	enum wire_error (*error_by_type)(uint8_t type, uint8_t code);
	enum quern_icmp (*meaning_of)(uint8_t type, uint8_t code); /* of what is an error */
	uint32_t mtu_mask; /* of the word behind the checksum, which has the next hop's MTU */
	enum quern_drop (*quote_parse)(const uint8_t *ip, uint32_t bytes, struct packet *packet);
};

/* What wire_icmp_parse() does, for either version. */
enum quern_drop wire_icmp_parse_as(const struct wire_icmp_version *version, const uint8_t *message, uint32_t bytes,
				   struct packet *packet);

/* Reads a message of `bytes` bytes, at least ICMP_BYTES, whose checksum is right, into packet->icmp; with an error,
 * packet->key becomes the flow that it quotes, from our side. Returns QUERN_DROP_NONE, or why it is dropped: a quote
 * that is cut short, that is of no packet of ours, or of neither TCP nor UDP. */
enum quern_drop wire_icmp_parse(const uint8_t *message, uint32_t bytes, struct packet *packet);

#endif
