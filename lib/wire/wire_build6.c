/* wire_build6.c - IPv6 headers, and ICMPv6 messages, whose checksum covers the addresses (RFC 8200 8.1). */
#include "wire/wire_build6.h"

#include <string.h>

#include "wire/wire_checksum.h"
#include "wire/wire_ip6.h"
#include "wire/wire_words.h"

enum { ICMP6_ECHO_REPLY = 129, ND_SOLICITED = 0x40, ND_OVERRIDE = 0x20 };

/* The flow label stays 0: RFC 6437 2 has it so where no flow is labelled. */
void wire_ip6_build(uint8_t *ip, const struct ip6_pair *pair, uint8_t protocol, uint32_t payload_bytes,
		    const struct wire_ip_options *options)
{
	wire_store32(ip, 6u << 28 | (uint32_t)options->tos << 20);
	wire_store32(ip + 4, payload_bytes << 16 | (uint32_t)protocol << 8 | options->ttl);
	wire_store_ip6(ip + 8, pair->local);
	wire_store_ip6(ip + 24, pair->remote);
}

void wire_icmp6_finish(const uint8_t *ip, uint8_t *icmp, uint32_t bytes)
{
	uint64_t pseudo = wire_sum(0, ip + 8, 32) + __builtin_bswap16((uint16_t)bytes) + (IP_PROTOCOL_ICMP6 << 8);
	uint16_t checksum;

	wire_store16(icmp + 2, 0);
	checksum = wire_sum_finish(wire_sum(pseudo, icmp, bytes));
	memcpy(icmp + 2, &checksum, 2);
}

void wire_group_mac(struct quern_ip6 group, uint8_t mac[6])
{
	wire_store16(mac, 0x3333);
	wire_store32(mac + 2, (uint32_t)group.low);
}

uint32_t wire_build_nd(uint8_t *frame, const struct wire_link *link, const struct ip6_pair *pair,
		       const struct wire_nd *nd)
{
	const struct wire_ip_options options = {.ttl = WIRE_HOPS_ON_LINK};
	uint8_t *ip = frame + link->bytes, *icmp = ip + IP6_BYTES, *option = icmp + ND_BYTES;
	uint32_t bytes = ND_BYTES + (nd->has_mac ? (uint32_t)ND_MAC_BYTES : 0u);
	uint8_t flags = (uint8_t)((nd->is_solicited ? ND_SOLICITED : 0) | (nd->is_override ? ND_OVERRIDE : 0));
	uint8_t type = nd->is_advertisement ? ICMP6_ADVERTISEMENT : ICMP6_SOLICITATION;

	memcpy(frame, link->header, link->bytes);
	wire_ip6_build(ip, pair, IP_PROTOCOL_ICMP6, bytes, &options);
	wire_store32(icmp, (uint32_t)type << 24);
	wire_store32(icmp + 4, (uint32_t)flags << 24);
	wire_store_ip6(icmp + 8, nd->target);
	if (nd->has_mac) {
		/* Its kind, 1 for a source's and 2 for a target's, and its length in units of 8 bytes. */
		wire_store16(option, nd->is_advertisement ? 0x0201 : 0x0101);
		memcpy(option + 2, nd->mac, sizeof nd->mac);
	}
	wire_icmp6_finish(ip, icmp, bytes);
	return link->bytes + (uint32_t)IP6_BYTES + bytes;
}

/* Addresses that change places leave the sum as it is. */
void wire_turn_echo6(uint8_t *frame, const struct packet *packet, uint8_t hops)
{
	uint8_t *ip = frame + packet->link_bytes;
	uint8_t *icmp = frame + packet->l4_offset;
	uint16_t request = wire_load16(icmp);
	uint16_t reply = (uint16_t)(ICMP6_ECHO_REPLY << 8 | (request & 0xff));

	ip[7] = hops;
	wire_store_ip6(ip + 8, packet->ip6.local);
	wire_store_ip6(ip + 24, packet->ip6.remote);
	wire_store16(icmp, reply);
	wire_store16(icmp + 2, wire_sum_after(wire_load16(icmp + 2), request, reply));
}
