/* wire_parse.h - bytes to a value, or a drop reason. The only place that trusts no length. */
#ifndef WIRE_WIRE_PARSE_H
#define WIRE_WIRE_PARSE_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/wire_packet.h"

/* What the port has already checked, and how its frames look. */
struct wire_expect {
	bool ethernet;         /* frames begin with an Ethernet header; else with the IP header */
	bool ip_checksum_good; /* the port has verified it */
	bool l4_checksum_good; /* the port has verified it, or vouches for it */
	bool ip6;              /* IPv6 is taken; else its frames are of a type that nobody knows */
	bool fragments;        /* those of UDP are taken; else they are dropped as others are */
	bool groups;    /* queries of IGMP and MLD are taken; else they are as other messages of their protocol */
	uint16_t vlan;  /* the tag that must be there, 0 for none */
	uint8_t mac[6]; /* our own */
};

/* Reads a frame of `bytes` bytes. Ethernet with one or two VLAN tags; ARP, IPv4 with options, IPv6 with what
 * may stand before its payload, ICMP of both with the packet that an error quotes, neighbour solicitations and
 * advertisements, queries of IGMP and MLD, TCP with options, UDP, whole or in fragments. Verifies checksums that the
 * port has not. Returns QUERN_DROP_NONE and the packet, or why it is dropped. Addresses are not judged here but for
 * those that nobody may have as source (0/8, 127/8, multicast, broadcast; ::1, ff00::/8, IPv4 in disguise, and :: where
 * it is no solicitation; from 0.0.0.0 switches ask for groups, RFC 4541 2.1.1). */
enum quern_drop wire_parse(const uint8_t *frame, uint32_t bytes, const struct wire_expect *expect,
			   struct packet *packet);

/* True for what looks like a SYN that asks for a connection, in a frame without tags, IP options or extension headers.
 * Nothing is verified: no more than a reason to drop a frame unread. */
bool wire_looks_like_syn(const uint8_t *frame, uint32_t bytes, bool ethernet);

#endif
