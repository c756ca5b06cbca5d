/* wire_icmp6.c - an ICMPv6 message becomes a value (RFC 4443); those of neighbour discovery are held against RFC 4861
 * 7.1, which is what keeps everybody out who is not on the link. */
#include "wire/wire_icmp6.h"

#include <string.h>

#include "wire/wire_icmp.h"
#include "wire/wire_ip6.h"
#include "wire/wire_words.h"

enum {
	ICMP6_PARAMETER_PROBLEM = 4,
	PROBLEM_NEXT_HEADER = 1,
	UNREACHABLE_CODES = 8,
	ND_SOLICITED = 0x40,
	ND_OVERRIDE = 0x20,
	ND_SOURCE_MAC = 1,
	ND_TARGET_MAC = 2,
	ND_OPTION_UNIT = 8
};

/* What RFC 1122 4.2.3.9 calls hard has two words here: no such port, and no such next header, which is a protocol. */
static enum wire_error error_by_type(uint8_t type, uint8_t code)
{
	switch (type) {
	case ICMP6_UNREACHABLE:
		if (code == ICMP6_UNREACHABLE_PORT)
			return WIRE_ERROR_HARD;
		return code < UNREACHABLE_CODES ? WIRE_ERROR_SOFT : WIRE_ERROR_NONE;
	case ICMP6_TOO_BIG:
		return WIRE_ERROR_TOO_BIG;
	case ICMP6_TIME_EXCEEDED:
		return WIRE_ERROR_SOFT;
	case ICMP6_PARAMETER_PROBLEM:
		return code == PROBLEM_NEXT_HEADER ? WIRE_ERROR_HARD : WIRE_ERROR_SOFT;
	default:
		return WIRE_ERROR_NONE;
	}
}

/* What to tell the application, in the words that RFC 792 has for it. */
static enum quern_icmp meaning_of(uint8_t type, uint8_t code)
{
	/* No route, prohibited, beyond the source's scope, no such host, no such port, policy, reject route, routing.
	 */
	static const uint8_t unreachables[UNREACHABLE_CODES] = {
		QUERN_ICMP_NET,  QUERN_ICMP_PROHIBITED, QUERN_ICMP_NET,        QUERN_ICMP_HOST,
		QUERN_ICMP_PORT, QUERN_ICMP_PROHIBITED, QUERN_ICMP_PROHIBITED, QUERN_ICMP_ROUTE};

	if (type == ICMP6_UNREACHABLE)
		return (enum quern_icmp)unreachables[code];
	if (type == ICMP6_TOO_BIG)
		return QUERN_ICMP_TOO_BIG;
	if (type == ICMP6_TIME_EXCEEDED)
		return QUERN_ICMP_TIME_EXCEEDED;
	return code == PROBLEM_NEXT_HEADER ? QUERN_ICMP_PROTOCOL : QUERN_ICMP_PARAMETER;
}

/* Passes over the header of a fragment, where the skip over others has ended at one: only the first has ports. */
static void skip_fragment(const uint8_t *ip, struct wire_ip6_payload *payload)
{
	const uint8_t *header = ip + payload->offset;

	if (payload->protocol != IP_PROTOCOL_FRAGMENT || payload->end - payload->offset < IP6_FRAGMENT_BYTES ||
	    wire_load16(header + 2) & IP6_FRAGMENT_OFFSET)
		return;
	payload->protocol = header[0];
	payload->offset += IP6_FRAGMENT_BYTES;
}

/* What is quoted, as far as it goes. Segments of ours have no extension headers, but datagrams that we pass on keep
 * theirs, and we cut some. */
static uint8_t quoted_kind(const uint8_t *ip, uint32_t bytes, uint16_t *l4)
{
	struct wire_ip6_payload payload = {IP6_BYTES, IP6_BYTES + (uint32_t)wire_load16(ip + 4), ip[6]};
	uint8_t kind = wire_icmp_quoted(payload.protocol);

	if (payload.end > bytes)
		payload.end = bytes;
	if (kind == 0 && wire_ip6_skip(ip, &payload) != QUERN_DROP_NONE)
		skip_fragment(ip, &payload);
	if (kind == 0 && payload.protocol == IP_PROTOCOL_UDP)
		kind = WIRE_UDP;
	*l4 = (uint16_t)payload.offset;
	return kind;
}

/* The quote is a packet of ours, as far as it goes. */
static enum quern_drop quote_parse(const uint8_t *ip, uint32_t bytes, struct packet *packet)
{
	struct wire_icmp *icmp = &packet->icmp;
	struct quern_ip6 remote;
	const uint8_t *l4;

	if (bytes < IP6_BYTES || ip[0] >> 4 != 6 || !ip6_equal(wire_load_ip6(ip + 8), packet->ip6.local))
		return QUERN_DROP_ICMP_QUOTE;
	icmp->quoted = quoted_kind(ip, bytes, &icmp->quoted_l4);
	if (icmp->quoted == 0)
		return QUERN_DROP_ICMP_IGNORED;
	if (wire_load16(ip + 4) > UINT16_MAX - IP6_BYTES)
		return QUERN_DROP_ICMP_QUOTE;
	icmp->quoted_bytes = (uint16_t)(IP6_BYTES + wire_load16(ip + 4));
	if (icmp->quoted_l4 + QUOTED_L4_BYTES > (int)bytes || icmp->quoted_l4 + QUOTED_L4_BYTES > icmp->quoted_bytes)
		return QUERN_DROP_ICMP_QUOTE;
	l4 = ip + icmp->quoted_l4;
	remote = wire_load_ip6(ip + 24);
	if (!ip6_names_a_host(remote) || wire_load16(l4) == 0 || wire_load16(l4 + 2) == 0)
		return QUERN_DROP_ICMP_QUOTE;
	packet->ip6.remote = remote;
	packet->key.local_port = wire_load16(l4);
	packet->key.remote_port = wire_load16(l4 + 2);
	icmp->seq = icmp->quoted == WIRE_TCP ? wire_load32(l4 + 4) : 0;
	return QUERN_DROP_NONE;
}

/* Walks the options for the MAC address that is wanted; false where one has no length, or more than there is. */
static bool read_options(const uint8_t *at, const uint8_t *end, uint8_t wanted, struct wire_nd *nd)
{
	while (at < end) {
		/* RFC 4861 4.6: a length of 0 drops the packet; it would also keep us here for ever. */
		if (end - at < ND_OPTION_UNIT || at[1] == 0 || at[1] * ND_OPTION_UNIT > end - at)
			return false;
		if (at[0] == wanted && at[1] == 1) {
			nd->has_mac = true;
			memcpy(nd->mac, at + 2, sizeof nd->mac);
		}
		at += at[1] * ND_OPTION_UNIT;
	}
	return true;
}

/* RFC 4861 7.1.1: from nobody yet (duplicate address detection), it goes to the target's group, and names no MAC. */
static bool solicitation_is_valid(const struct wire_nd *nd, const struct ip6_pair *ip6)
{
	if (!ip6_is_unspecified(ip6->remote))
		return true;
	return !nd->has_mac && ip6_equal(ip6->local, ip6_solicited_node(nd->target));
}

/* RFC 4861 7.1.2: what all hear answers nobody's question. */
static bool advertisement_is_valid(const struct wire_nd *nd, const struct ip6_pair *ip6)
{
	if (ip6_is_unspecified(ip6->remote))
		return false;
	return !nd->is_solicited || !ip6_is_multicast(ip6->local);
}

static enum quern_drop nd_parse(const uint8_t *message, uint32_t bytes, struct packet *packet)
{
	struct wire_nd nd = {.is_advertisement = message[0] == ICMP6_ADVERTISEMENT};
	bool is_valid;

	if (packet->ttl != WIRE_HOPS_ON_LINK || message[1] != 0 || bytes < ND_BYTES)
		return QUERN_DROP_ND_MALFORMED;
	nd.target = wire_load_ip6(message + 8);
	nd.is_solicited = nd.is_advertisement && message[4] & ND_SOLICITED;
	nd.is_override = nd.is_advertisement && message[4] & ND_OVERRIDE;
	if (!ip6_names_a_host(nd.target) || !read_options(message + ND_BYTES, message + bytes,
							  nd.is_advertisement ? ND_TARGET_MAC : ND_SOURCE_MAC, &nd))
		return QUERN_DROP_ND_MALFORMED;
	/* A group's MAC address is never believed to be somebody's own (RFC 1812 3.3.2, of ARP). */
	is_valid = nd.is_advertisement ? advertisement_is_valid(&nd, &packet->ip6)
				       : solicitation_is_valid(&nd, &packet->ip6);
	if (!is_valid || (nd.has_mac && nd.mac[0] & 1))
		return QUERN_DROP_ND_MALFORMED;
	packet->nd = nd;
	packet->kind = WIRE_ND;
	return QUERN_DROP_NONE;
}

enum quern_drop wire_icmp6_parse(const uint8_t *message, uint32_t bytes, struct packet *packet)
{
	static const struct wire_icmp_version ip6 = {.error_by_type = error_by_type,
						     .meaning_of = meaning_of,
						     .mtu_mask = UINT32_MAX,
						     .quote_parse = quote_parse};

	if (message[0] == ICMP6_SOLICITATION || message[0] == ICMP6_ADVERTISEMENT)
		return nd_parse(message, bytes, packet);
	if (ip6_is_unspecified(packet->ip6.remote))
		return QUERN_DROP_IP_SOURCE;
	return wire_icmp_parse_as(&ip6, message, bytes, packet);
}
