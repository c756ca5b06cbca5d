/* wire_fragment.h - parts of datagrams, and the header of what they were parts of. */
#ifndef WIRE_WIRE_FRAGMENT_H
#define WIRE_WIRE_FRAGMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/wire_packet.h"

enum {
	WIRE_FRAGMENT_UNIT = 8,          /* offsets are multiples of it */
	WIRE_FRAGMENT_HEAD_MAX = 22 + 60 /* link header, and the IP header that the whole gets */
};

/* Reads what says that a packet is a fragment, behind an IP header whose lengths are known: packet->l4_offset and
 * frame_bytes. Returns QUERN_DROP_NONE, or why it is dropped: it is none, or nothing that has such parts can be. */
enum quern_drop wire_fragment_parse(const uint8_t *ip, struct packet *packet);

/* Bytes of the link and IP header that a datagram gets when it is whole, by its first fragment. */
uint32_t wire_fragment_head_bytes(const struct packet *first);

/* Writes them, as they were before the datagram was cut: `bytes` is what follows, and `is_congested` that a router has
 * marked one of the parts (RFC 3168 5.3). Headers that stood between that of IPv6 and UDP are gone. `head` may be where
 * they lie. */
void wire_fragment_head(uint8_t *head, const uint8_t *frame, const struct packet *first, uint32_t bytes,
			bool is_congested);

/* Writes the head of a first fragment as it came, by the first bytes of its frame; headers that stood between that of
 * IPv6 and its own are gone. Returns its length, and makes `first` the packet of that frame. */
uint32_t wire_fragment_head_again(uint8_t *to, const uint8_t *head, struct packet *first);

#endif
