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

/* What a glance finds. */
struct wire_glance {
	struct flow_key key;  /* from our side: local is the destination */
	uint16_t frame_bytes; /* up to the end of the datagram */
	uint8_t ttl;
};

/* Length of its IP packet. */
static inline uint32_t wire_glance_ip_bytes(const struct wire_glance *glance)
{
	return (uint32_t)glance->frame_bytes - ETHER_BYTES;
}

static inline uint64_t wire_glance_word(const uint8_t *at)
{
	uint64_t word;

	memcpy(&word, at, 8);
	return word;
}

/* A MAC address as the first word of a frame to it has it, in its low bytes. */
static inline uint64_t wire_glance_mac(const uint8_t mac[6])
{
	uint64_t word = 0;

	memcpy(&word, mac, 6);
	return word;
}

/* Whether a header of 20 bytes adds up to all ones. */
static inline bool wire_glance_is_header_good(const uint8_t *ip)
{
	uint64_t first = wire_glance_word(ip), sum = first + wire_glance_word(ip + 8), more;
	uint32_t last, half;

	memcpy(&last, ip + 16, 4);
	more = (uint64_t)last + (sum < first);
	sum += more;
	sum += sum < more;
	half = (uint32_t)((sum + (sum << 32 | sum >> 32)) >> 32);
	return (half + (half << 16 | half >> 16)) >> 16 == UINT16_MAX;
}

/* True for a frame of `bytes` bytes to a MAC address (wire_glance_mac()) that is such a datagram. Three words have in
 * one test: the frame's way from one host to us; IPv4 without options; UDP, and no fragment. */
static inline bool wire_glance(const uint8_t *frame, uint32_t bytes, uint64_t mac, struct wire_glance *glance)
{
	const uint8_t *ip = frame + ETHER_BYTES, *udp = ip + IP_BYTES;
	uint64_t strange, addresses;
	uint32_t ip_bytes, ports;

	if (bytes < WIRE_GLANCE_BYTES)
		return false;
	strange = (wire_glance_word(frame) ^ mac) & UINT64_C(0x1ffffffffffff);
	strange |= (wire_glance_word(frame + 12) ^ UINT64_C(0x450008)) & UINT64_C(0xffffff);
	strange |= (wire_glance_word(ip + 6) ^ UINT64_C(0x11000000)) & UINT64_C(0xff00ffbf);
	ip_bytes = wire_load16(ip + 2);
	if (strange != 0 || ip_bytes > bytes - ETHER_BYTES || ip_bytes < IP_BYTES + UDP_BYTES ||
	    wire_load16(udp + 4) != ip_bytes - IP_BYTES || !wire_glance_is_header_good(ip))
		return false;
	addresses = wire_load64(ip + 12);
	ports = wire_load32(udp);
	memcpy(&glance->key, &addresses, 8);
	memcpy(&glance->key.local_port, &ports, 4);
	glance->frame_bytes = (uint16_t)(ETHER_BYTES + ip_bytes);
	glance->ttl = ip[8];
	return true;
}

/* What wire_udp_rewrite4() does, to such a datagram. */
static inline void wire_glance_rewrite(uint8_t *frame, const struct flow_key *goes, struct wire_udp_sums sums)
{
	uint8_t *ip = frame + ETHER_BYTES;
	uint64_t addresses;
	uint32_t ports;

	memcpy(&addresses, goes, 8);
	memcpy(&ports, &goes->local_port, 4);
	wire_change_checksum(ip + 10, (uint32_t)sums.ip + WIRE_ONE_HOP_LESS);
	ip[8]--;
	addresses = __builtin_bswap64(addresses << 32 | addresses >> 32);
	memcpy(ip + 12, &addresses, 8);
	wire_change_udp(ip + IP_BYTES, ports << 16 | ports >> 16, sums.udp);
}

#endif
