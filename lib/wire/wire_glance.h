/* wire_glance.h - most datagrams at a glance: over IPv4 and bare Ethernet, without options and whole. What does not
 * look like one is wire_parse()'s to judge, and what does is as good as that would find it, but for two things: nobody
 * has looked at its addresses, and its UDP checksum is not verified, since whoever passes it on changes it by what it
 * changes (RFC 1812 5.2.2 asks a forwarder for the header's alone). */
#ifndef WIRE_WIRE_GLANCE_H
#define WIRE_WIRE_GLANCE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/flow_key.h"
#include "wire/wire_change.h"
#include "wire/wire_udp.h"
#include "wire/wire_words.h"

enum { WIRE_GLANCE_BYTES = ETHER_BYTES + IP_BYTES + UDP_BYTES };
static_assert(offsetof(struct flow_key, remote) == 4 && offsetof(struct flow_key, remote_port) == 10,
	      "a key is what ends lie like in a header, turned round");

/* The ends of a datagram as they lie in its frame, byte by byte: source before destination. */
struct wire_glance_ends {
	uint64_t addresses;
	uint32_t ports;
};

static inline uint64_t wire_glance_word(const uint8_t *at)
{
	uint64_t word;

	memcpy(&word, at, 8);
	return word;
}

/* A MAC address as the first word of a frame to it has it, in its low bytes. */
static inline uint64_t wire_glance_mac(const uint8_t mac[6])
{
	uint32_t low;
	uint16_t high;

	memcpy(&low, mac, 4);
	memcpy(&high, mac + 4, 2);
	return low | (uint64_t)high << 32;
}

/* Whether a header of 20 bytes adds up to all ones: whose words of 64 bits, carries round, are a multiple of that. */
static inline bool wire_glance_is_header_good(const uint8_t *ip)
{
	uint64_t first = wire_glance_word(ip), sum = first + wire_glance_word(ip + 8), more;
	uint32_t last;

	memcpy(&last, ip + 16, 4);
	more = (uint64_t)last + (sum < first);
	sum += more;
	sum += sum < more;
	/* What is a multiple of an odd number has a quotient: here its inverse and the largest one, for 64 bits. */
	return sum * UINT64_C(0xfffefffefffeffff) <= UINT64_MAX / UINT16_MAX;
}

/* Whether a frame's type, and the first byte behind it, are those of IPv4 without options. */
static inline bool wire_glance_is_ipv4(const uint8_t *frame)
{
	uint32_t word;

	memcpy(&word, frame + 12, 4);
	return (word & 0xffffff) == 0x450008;
}

/* What such a frame of at least WIRE_GLANCE_BYTES is beside its addresses: IPv4 without options; UDP, and no fragment;
 * lengths that agree and fit; a good header. Returns the frame's bytes up to its end, or 0. */
static inline uint32_t wire_glance_packet(const uint8_t *frame, uint32_t bytes)
{
	const uint8_t *ip = frame + ETHER_BYTES;
	uint32_t fragment, ip_bytes, end;

	memcpy(&fragment, ip + 6, 4); /* with TTL and protocol behind it */
	if (!wire_glance_is_ipv4(frame) || (fragment & 0xff00ffbf) != 0x11000000)
		return 0;
	ip_bytes = wire_load16(ip + 2);
	end = ip_bytes + ETHER_BYTES;
	if (wire_load16(ip + IP_BYTES + 4) + (uint32_t)IP_BYTES != ip_bytes ||
	    end - WIRE_GLANCE_BYTES > bytes - WIRE_GLANCE_BYTES || !wire_glance_is_header_good(ip))
		return 0;
	return end;
}

/* Whether a frame goes to a MAC address: wire_glance_mac(). */
static inline bool wire_glance_is_to(const uint8_t *frame, uint64_t mac)
{
	return (wire_glance_word(frame) ^ mac) << 16 == 0;
}

/* Where it comes from: the source's MAC address, and the type. */
static inline uint64_t wire_glance_from(const uint8_t *frame)
{
	return wire_glance_word(frame + 6);
}

/* The bytes up to its end of a frame of `bytes` bytes, WIRE_GLANCE_BYTES at least, to a MAC address (wire_glance_mac())
 * that is such a datagram; 0 for any other. */
static inline uint32_t wire_glance(const uint8_t *frame, uint32_t bytes, uint64_t mac)
{
	if (!wire_glance_is_to(frame, mac) || frame[6] & 1)
		return 0;
	return wire_glance_packet(frame, bytes);
}

/* Length of the IP packet of such a frame. */
static inline uint32_t wire_glance_ip_bytes(uint32_t frame_bytes)
{
	return frame_bytes - ETHER_BYTES;
}

/* Its TTL. */
static inline uint8_t wire_glance_ttl(const uint8_t *frame)
{
	return frame[ETHER_BYTES + 8];
}

/* Its ends. */
static inline struct wire_glance_ends wire_glance_ends(const uint8_t *frame)
{
	struct wire_glance_ends ends;

	ends.addresses = wire_glance_word(frame + ETHER_BYTES + 12);
	memcpy(&ends.ports, frame + ETHER_BYTES + IP_BYTES, 4);
	return ends;
}

/* Its key, from our side: local is the destination. */
static inline void wire_glance_key(const uint8_t *frame, struct flow_key *key)
{
	uint64_t addresses = wire_load64(frame + ETHER_BYTES + 12);
	uint32_t ports = wire_load32(frame + ETHER_BYTES + IP_BYTES);

	memcpy(key, &addresses, 8);
	memcpy(&key->local_port, &ports, 4);
}

/* The ends that a datagram of that key comes with. */
static inline struct wire_glance_ends wire_glance_ends_from(const struct flow_key *key)
{
	struct wire_glance_ends ends;

	memcpy(&ends.addresses, key, 8);
	memcpy(&ends.ports, &key->local_port, 4);
	return (struct wire_glance_ends){__builtin_bswap64(ends.addresses), __builtin_bswap32(ends.ports)};
}

/* And those that one goes with. */
static inline struct wire_glance_ends wire_glance_ends_to(const struct flow_key *key)
{
	struct wire_glance_ends from = wire_glance_ends_from(key);

	return (struct wire_glance_ends){from.addresses << 32 | from.addresses >> 32,
					 from.ports << 16 | from.ports >> 16};
}

/* Gives it another link header: the six bytes of a MAC address that lie first in the word `to`, and what
 * wire_glance_from() is to say of it. */
static inline void wire_glance_link(uint8_t *frame, uint64_t to, uint64_t from)
{
	memcpy(frame, &to, 8);
	memcpy(frame + 6, &from, 8);
}

/* What wire_glance_from() says of a datagram from that MAC address. */
static inline uint64_t wire_glance_from_mac(const uint8_t mac[6])
{
	return wire_glance_mac(mac) | UINT64_C(0x0008) << 48;
}

/* What other ends and a hop less add to the header's checksum, and the complement of what they add to UDP's. */
static inline struct wire_udp_sums wire_glance_sums(struct wire_udp_sums sums)
{
	return (struct wire_udp_sums){wire_change_of_hop(sums.ip), (uint16_t)~sums.udp};
}

/* What wire_udp_rewrite4() does, to such a datagram, by sums of wire_glance_sums(). */
static inline void wire_glance_rewrite(uint8_t *frame, struct wire_glance_ends goes, struct wire_udp_sums sums)
{
	uint8_t *ip = frame + ETHER_BYTES;

	wire_change_checksum(ip + 10, sums.ip);
	ip[8]--;
	memcpy(ip + 12, &goes.addresses, 8);
	wire_change_udp_as(ip + IP_BYTES, goes.ports, sums.udp);
}

#endif
