/* wire_udp.h - datagrams that are passed on: other addresses and ports in place, checksums kept right (RFC 1624). */
#ifndef WIRE_WIRE_UDP_H
#define WIRE_WIRE_UDP_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/wire_packet.h"

/* Both ends of a datagram from our side: as it came, local is where it went to; as it goes, local is its source. */
struct wire_udp_ends {
	const struct flow_key *key;  /* ports, and over IPv4 addresses */
	const struct ip6_pair *pair; /* addresses over IPv6, else null */
};

/* What a change of ends adds to checksums: words as they lie in a frame. It is the same for all datagrams of a session
 * that go one way. */
struct wire_udp_sums {
	uint16_t ip;  /* to that of the IPv4 header */
	uint16_t udp; /* to that of UDP */
};

/* The ends of a parsed datagram. */
static inline struct wire_udp_ends wire_udp_ends_of(const struct packet *packet)
{
	return (struct wire_udp_ends){&packet->key, packet->version == 6 ? &packet->ip6 : NULL};
}

/* Whether a parsed datagram that does not fit the way on may be fragmented there: IPv4 without DF. Else its sender is
 * told that it is too big (RFC 791, RFC 8200 4.5). */
bool wire_udp_may_be_fragmented(const uint8_t *frame, const struct packet *packet);

/* What it adds to checksums where datagrams with the ends `came` get the ends `goes`, of either version of IP. */
struct wire_udp_sums wire_udp_sums(const struct wire_udp_ends *came, const struct wire_udp_ends *goes);

/* The same of the way back, from what it is on the way there. */
static inline struct wire_udp_sums wire_udp_sums_back(struct wire_udp_sums there)
{
	return (struct wire_udp_sums){(uint16_t)~there.ip, (uint16_t)~there.udp};
}

/* Gives a parsed datagram of IPv4 other addresses and ports in place, and a TTL that is one less: packet->ttl must be 2
 * at least, since one that would leave with 0 is dropped, and its sender told (RFC 791). Options stay. Both checksums
 * are changed by `sums`, never made anew, so that what was damaged is still seen to be; a UDP checksum of 0, which is
 * none, stays 0, and one that comes to 0 becomes 0xffff (RFC 768). The link header is the caller's business, and the
 * frame's new length, packet->frame_bytes: an IP packet that goes on behind its datagram now ends with it. The packet
 * itself still says how the datagram came.
 *
 * Where the port vouches for a checksum that is not there (RTE_MBUF_F_RX_L4_CKSUM_NONE: the frame never left this
 * machine, and the field holds a pseudo-header's sum), there is nothing to change: the caller calls wire_udp_finish()
 * behind this. A port that fills in IPv4 checksums need not: this one is right. */
void wire_udp_rewrite4(uint8_t *frame, const struct packet *packet, const struct flow_key *goes,
		       struct wire_udp_sums sums);

/* The same over IPv6: hop limit, and no header checksum. Extension headers stay. */
void wire_udp_rewrite6(uint8_t *frame, const struct packet *packet, const struct wire_udp_ends *goes,
		       struct wire_udp_sums sums);

/* The same of either version, which `goes` has to have as well, for whoever keeps no sums. */
void wire_udp_rewrite(uint8_t *frame, const struct packet *packet, const struct wire_udp_ends *goes);

/* Gives a parsed datagram of IPv4 the destination address of its key, where it has another one in the frame: both
 * checksums are changed by that, and nothing else is. */
void wire_udp_readdress4(uint8_t *frame, const struct packet *packet);

/* Makes the UDP checksum of a datagram as it lies there, or leaves the pseudo-header's sum where `offload` says that
 * the port fills it in. `packet` tells version and offsets. Over IPv4 a checksum of 0 stays. Returns true where the
 * port has to fill it in. */
bool wire_udp_finish(uint8_t *frame, const struct packet *packet, bool offload);

#endif
