/* wire_udp46.h - datagrams that are passed on from one version of IP to the other (RFC 7915). */
#ifndef WIRE_WIRE_UDP46_H
#define WIRE_WIRE_UDP46_H

#include <stdint.h>

#include "wire/wire_udp.h"

enum { WIRE_UDP46_HEADROOM = 20 /* bytes before a frame of IPv4 that may be needed once it is one of IPv6 */ };

/* Length of the IP packet that a parsed datagram becomes in the other version. Where that is more than the way on
 * takes, it is the caller who has to fragment it, or refuse it: over IPv4 by its DF bit; and the MTU that the sender is
 * told is that of the way on, 20 less for IPv4, 20 more for IPv6. */
static inline uint32_t wire_udp46_bytes(const struct packet *packet)
{
	return (packet->version == 6 ? 20u : 40u) + packet->frame_bytes - packet->l4_offset;
}

/* Give a parsed datagram the other version's header and other ends, as wire_udp_rewrite4() and wire_udp_rewrite6() do
 * it within a version; `sums` are wire_udp_sums(). Return where the frame now begins, in what was the old headers or in
 * WIRE_UDP46_HEADROOM bytes before them, with room for a link header of packet->link_bytes, which is not written: that
 * one's type has to change. The packet becomes what wire_parse() would make of the new frame.
 *
 * Options and extension headers go. A datagram without a checksum gets one, which IPv6 needs. Of IPv6, DF is set in
 * what is longer than 1,260 bytes; what is shorter may be fragmented and has the identification `id`. */
uint8_t *wire_udp46_to6(uint8_t *frame, struct packet *packet, const struct wire_udp_ends *goes,
			struct wire_udp_sums sums);
uint8_t *wire_udp46_to4(uint8_t *frame, struct packet *packet, const struct wire_udp_ends *goes,
			struct wire_udp_sums sums, uint16_t id);

#endif
