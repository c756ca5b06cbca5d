/* wire_glance.h - most datagrams at a glance: over IPv4 and bare Ethernet, without options and whole. What does not
 * look like one is wire_parse()'s to judge, and what does is as good as that would find it, but for two things: nobody
 * has looked at its addresses, and its UDP checksum is not verified, since whoever passes it on changes it by what it
 * changes (RFC 1812 5.2.2 asks a forwarder for the header's alone). */
#ifndef WIRE_WIRE_GLANCE_H
#define WIRE_WIRE_GLANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/flow_key.h"
#include "wire/wire_change.h"
#include "wire/wire_udp.h"
#include "wire/wire_words.h"

enum { WIRE_GLANCE_BYTES = ETHER_BYTES + IP_BYTES + UDP_BYTES };

/* What a glance finds. */
struct wire_glance {
	struct flow_key key;  /* from our side: local is the destination */
	uint16_t frame_bytes; /* up to the end of the datagram */
	uint8_t ttl;
};

static inline bool wire_glance_is_header_good(const uint8_t *ip)
{
	uint64_t sum = 0;
	uint32_t word;

	for (int i = 0; i < IP_BYTES; i += 4) {
		memcpy(&word, ip + i, 4);
		sum += word;
	}
	sum = (sum & UINT32_MAX) + (sum >> 32);
	sum = (sum & UINT16_MAX) + (sum >> 16);
	sum = (sum & UINT16_MAX) + (sum >> 16);
	return (sum & UINT16_MAX) + (sum >> 16) == UINT16_MAX;
}

/* True for a frame of `bytes` bytes to our MAC address that is such a datagram. */
static inline bool wire_glance(const uint8_t *frame, uint32_t bytes, const uint8_t mac[6], struct wire_glance *glance)
{
	const uint8_t *ip = frame + ETHER_BYTES, *udp = ip + IP_BYTES;
	uint32_t ip_bytes;

	if (bytes < WIRE_GLANCE_BYTES || memcmp(frame, mac, 6) != 0 || frame[6] & 1 ||
	    wire_load16(frame + 12) != ETHER_IPV4 || ip[0] != 0x45 || ip[9] != IP_PROTOCOL_UDP ||
	    wire_load16(ip + 6) & ~IP_DONT_FRAGMENT)
		return false;
	ip_bytes = wire_load16(ip + 2);
	if (ip_bytes > bytes - ETHER_BYTES || wire_load16(udp + 4) != ip_bytes - IP_BYTES ||
	    ip_bytes < IP_BYTES + UDP_BYTES || !wire_glance_is_header_good(ip))
		return false;
	glance->key = (struct flow_key){.local = wire_load32(ip + 16),
					.remote = wire_load32(ip + 12),
					.local_port = wire_load16(udp + 2),
					.remote_port = wire_load16(udp)};
	glance->frame_bytes = (uint16_t)(ETHER_BYTES + ip_bytes);
	glance->ttl = ip[8];
	return true;
}

/* What wire_udp_rewrite4() does, to such a datagram. */
static inline void wire_glance_rewrite(uint8_t *frame, const struct flow_key *goes, struct wire_udp_sums sums)
{
	uint8_t *ip = frame + ETHER_BYTES;

	wire_change_checksum(ip + 10, (uint32_t)sums.ip + WIRE_ONE_HOP_LESS);
	ip[8]--;
	wire_store32(ip + 12, goes->local);
	wire_store32(ip + 16, goes->remote);
	wire_change_udp(ip + IP_BYTES, (uint32_t)goes->local_port << 16 | goes->remote_port, sums.udp);
}

#endif
