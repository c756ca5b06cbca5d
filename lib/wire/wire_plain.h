/* wire_plain.h - the frame that nearly all are, read in one go; inside lib/wire only. */
#ifndef WIRE_WIRE_PLAIN_H
#define WIRE_WIRE_PLAIN_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "wire/wire_checksum.h"
#include "wire/wire_options.h"
#include "wire/wire_parse.h"
#include "wire/wire_words.h"

enum { IP_MORE_OR_OFFSET = 0x3fff, TCP_FLAGS = 0x3f, WIRE_PLAIN_BYTES = ETHER_BYTES + IP_BYTES + TCP_BYTES };

/* RFC 1122 3.2.1.3: this network, loopback, multicast, reserved and broadcast never are a source. */
static inline bool wire_source_is_impossible(uint32_t source)
{
	uint32_t top = source >> 24;

	return top - 1 >= 223 || top == 127;
}

/* Untagged, from one host to our MAC address, and IPv4 without options. */
static inline bool wire_link_is_plain(const uint8_t *frame, const struct wire_expect *expect)
{
	const uint64_t dest_and_group_bit = 0x0001ffffffffffff;
	uint64_t front, own = 0;

	memcpy(&front, frame, 8);
	memcpy(&own, expect->mac, 6);
	return expect->ethernet && expect->vlan == 0 && ((front ^ own) & dest_and_group_bit) == 0 &&
	       (wire_load32(frame + 12) ^ 0x08004500) <= 0xff;
}

/* Adds a TCP segment, header and text, to a sum of what its pseudo-header holds; what it comes to where the checksum is
 * right folds to 0xffff. */
static inline uint64_t wire_sum_segment(uint64_t sum, const uint8_t *tcp, uint32_t bytes)
{
	sum += wire_sum_20(tcp);
	if (bytes == TCP_BYTES + SEGMENT_TIMESTAMP_BYTES)
		return sum + wire_sum_12(tcp + TCP_BYTES);
	return bytes == TCP_BYTES ? sum : wire_sum(sum, tcp + TCP_BYTES, bytes - TCP_BYTES);
}

/* Both checksums, as far as the port has not verified them; of a frame with one TCP segment of `tcp_bytes`. */
static inline bool wire_sums_are_right(const uint8_t *ip, uint32_t tcp_bytes, const struct wire_expect *expect)
{
	uint32_t words[5];
	uint64_t sum;

	memcpy(words, ip, 20);
	sum = (uint64_t)words[3] + words[4];
	if (!expect->ip_checksum_good && wire_fold(sum + words[0] + words[1] + words[2]) != 0xffff)
		return false;
	if (expect->l4_checksum_good)
		return true;
	sum += (uint64_t)__builtin_bswap16((uint16_t)tcp_bytes) + (IP_PROTOCOL_TCP << 8);
	return wire_fold(wire_sum_segment(sum, ip + IP_BYTES, tcp_bytes)) == 0xffff;
}

/* A TCP header of `header_bytes` bytes, and text behind it, as a value. */
static inline void segment_read(const uint8_t *tcp, uint32_t header_bytes, uint32_t text_bytes, struct segment *segment)
{
	segment->seq = wire_load32(tcp + 4);
	segment->ack = wire_load32(tcp + 8);
	segment->text_bytes = text_bytes;
	segment->wnd = wire_load16(tcp + 14);
	segment->urgent = wire_load16(tcp + 18);
	segment->flags = tcp[13] & TCP_FLAGS;
	segment->mss = 0;
	segment->options = 0;
	segment->sack_count = 0;
	if (header_bytes > TCP_BYTES)
		wire_options_read(tcp + TCP_BYTES, tcp + header_bytes, segment);
}

/* Ethernet without tags to our MAC address, IPv4 without options and in one piece, TCP. False for any other frame, and
 * where anything at all is wrong, which the long way finds out; the packet means nothing then. */
static inline bool wire_plain_read(const uint8_t *frame, uint32_t bytes, const struct wire_expect *expect,
				   struct packet *packet)
{
	const uint8_t *ip = frame + ETHER_BYTES, *tcp = ip + IP_BYTES;
	uint32_t ip_bytes, header_bytes, ports;
	uint64_t addresses;

	if (bytes < WIRE_PLAIN_BYTES || !wire_link_is_plain(frame, expect))
		return false;
	/* Fragment, TTL, protocol. */
	if ((wire_load32(ip + 6) & ((uint32_t)IP_MORE_OR_OFFSET << 16 | 0xff)) != IP_PROTOCOL_TCP)
		return false;
	ip_bytes = wire_load16(ip + 2);
	header_bytes = (uint32_t)(tcp[12] >> 4) * 4;
	if (ip_bytes > bytes - ETHER_BYTES || header_bytes < TCP_BYTES || ip_bytes < IP_BYTES + header_bytes ||
	    !wire_sums_are_right(ip, ip_bytes - IP_BYTES, expect))
		return false;
	/* Source and destination, turned as one word, lie as in a flow key. Keys are read by the word, and a store that
	 * feeds such a read must be as wide or the read waits for the cache. The same of the ports. */
	memcpy(&addresses, ip + 12, 8);
	addresses = __builtin_bswap64(addresses);
	ports = wire_load32(tcp);
	if (wire_source_is_impossible((uint32_t)(addresses >> 32)) || (uint16_t)ports == 0 || ports >> 16 == 0 ||
	    ((uint16_t)ports == ports >> 16 && (uint32_t)addresses == addresses >> 32))
		return false;
	memcpy(&packet->key, &addresses, 8);
	memcpy(&packet->key.local_port, &ports, 4);
	packet->kind = WIRE_TCP;
	packet->ttl = ip[8];
	packet->link_bytes = ETHER_BYTES;
	packet->l4_offset = ETHER_BYTES + IP_BYTES;
	packet->text_offset = (uint16_t)(ETHER_BYTES + IP_BYTES + header_bytes);
	packet->frame_bytes = (uint16_t)(ETHER_BYTES + ip_bytes);
	packet->to_group = false;
	packet->version = 4;
	segment_read(tcp, header_bytes, ip_bytes - IP_BYTES - header_bytes, &packet->tcp);
	return true;
}

#endif
