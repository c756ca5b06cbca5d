/* wire_build.h - values to bytes. */
#ifndef WIRE_WIRE_BUILD_H
#define WIRE_WIRE_BUILD_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/wire_packet.h"

enum {
	WIRE_LINK_MAX = 22, /* Ethernet header with two tags */
	WIRE_TCP_FRAME_MAX = WIRE_LINK_MAX + 20 + 60,
	WIRE_TCP6_FRAME_MAX = WIRE_LINK_MAX + 40 + 60,
	WIRE_ND_FRAME_MAX = WIRE_LINK_MAX + 40 + 32,
	WIRE_UDP_TEXT_AFTER_LINK = 20 + 8, /* where the text of a datagram begins, behind its link header */
	WIRE_UDP6_TEXT_AFTER_LINK = 40 + 8 /* and over IPv6 */
};

/* The link header that goes before a packet; no bytes where frames begin with IP. */
struct wire_link {
	uint8_t header[WIRE_LINK_MAX];
	uint8_t bytes;
};

/* How an IP packet is written. */
struct wire_ip_options {
	uint8_t ttl;
	uint8_t tos;
	bool offload_ip_checksum; /* the port fills it in: leave 0 */
	bool offload_l4_checksum; /* the port fills it in: leave the pseudo-header's sum */
};

/* Makes the header for frames from `source` to `dest`, with a tag where `vlan` is not 0. */
void wire_link_make(struct wire_link *link, const uint8_t dest[6], const uint8_t source[6], uint16_t vlan,
		    uint16_t ether_type);

/* Turns a received frame's Ethernet header round: destination and source MAC change places. */
void wire_link_swap(uint8_t *frame);

/* Where the text of a segment begins, behind its link header. */
static inline uint32_t wire_text_after_link(const struct segment *segment)
{
	return 40 + segment_option_bytes(segment);
}

/* Writes link header, IPv4 header, TCP header with the segment's options, and both checksums. The segment's
 * text stands behind them already, unless the port makes the checksum: then it may come from elsewhere. `key` is from
 * our side. Returns the frame's length, text included. Bits that are reserved, and padding, are 0. */
uint32_t wire_build_tcp(uint8_t *frame, const struct wire_link *link, const struct flow_key *key,
			const struct segment *segment, const struct wire_ip_options *options);

/* The same behind a link header of `link_bytes` that is already in place. */
uint32_t wire_build_tcp_at(uint8_t *frame, uint32_t link_bytes, const struct flow_key *key,
			   const struct segment *segment, const struct wire_ip_options *options);

/* Where the text of a segment over IPv6 begins, behind its link header. */
static inline uint32_t wire_text_after_link6(const struct segment *segment)
{
	return 60 + segment_option_bytes(segment);
}

/* The same as wire_build_tcp_at() over IPv6; of the key, the ports count. */
uint32_t wire_build_tcp6_at(uint8_t *frame, uint32_t link_bytes, const struct ip6_pair *pair,
			    const struct flow_key *key, const struct segment *segment,
			    const struct wire_ip_options *options);

/* Writes IPv4 and UDP header of a datagram from our side behind a link header of `link_bytes` that is already in place,
 * as wire_build_tcp_at() does: its text stands at WIRE_UDP_TEXT_AFTER_LINK already, unless the port makes the checksum.
 * There always is one (RFC 768: what comes to 0 is sent as 0xffff). Returns the frame's length. */
uint32_t wire_build_udp_at(uint8_t *frame, uint32_t link_bytes, const struct flow_key *key, uint32_t text_bytes,
			   const struct wire_ip_options *options);

/* The same over IPv6, behind which the text stands at WIRE_UDP6_TEXT_AFTER_LINK; of the key, the ports count. */
uint32_t wire_build_udp6_at(uint8_t *frame, uint32_t link_bytes, const struct ip6_pair *pair,
			    const struct flow_key *key, uint32_t text_bytes, const struct wire_ip_options *options);

/* Writes a solicitation or advertisement between two addresses behind the link header, with nd->mac in it where
 * nd->has_mac. Returns the frame's length, at most WIRE_ND_FRAME_MAX. */
uint32_t wire_build_nd(uint8_t *frame, const struct wire_link *link, const struct ip6_pair *pair,
		       const struct wire_nd *nd);

/* The MAC address of a group (RFC 2464 7). */
void wire_group_mac(struct quern_ip6 group, uint8_t mac[6]);

/* Writes an ARP packet from (mac, arp->sender) behind the link header. Returns the frame's length, at least 60. */
uint32_t wire_build_arp(uint8_t *frame, const struct wire_link *link, const struct wire_arp *arp,
			const uint8_t target_mac[6]);

/* Turns a received ICMP echo request of a parsed frame into its reply in place: addresses, type, checksums, TTL or hop
 * limit. The link header is left alone. */
void wire_turn_echo(uint8_t *frame, const struct packet *packet, uint8_t ttl);

#endif
