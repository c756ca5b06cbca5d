/* wire_icmp.c - an ICMP message becomes a value: an error is a word about the packet that it quotes. */
#include "wire/wire_icmp.h"

enum {
	ICMP_SOURCE_QUENCH = 4,
	ICMP_PARAMETER_PROBLEM = 12,
	UNREACHABLE_PROTOCOL = 2,
	UNREACHABLE_FRAGMENTATION_NEEDED = 4,
	UNREACHABLE_CODES = 16,
	FRAGMENT_OFFSET = 0x1fff
};

/* RFC 1122 3.2.2.1 and 4.2.3.9. What came from a route or a router may pass; what came from the peer's host stays. */
static enum wire_error unreachable_by_code(uint8_t code)
{
	if (code == UNREACHABLE_PROTOCOL || code == ICMP_UNREACHABLE_PORT)
		return WIRE_ERROR_HARD;
	if (code == UNREACHABLE_FRAGMENTATION_NEEDED)
		return WIRE_ERROR_TOO_BIG;
	return code < UNREACHABLE_CODES ? WIRE_ERROR_SOFT : WIRE_ERROR_NONE;
}

static enum wire_error error_by_type(uint8_t type, uint8_t code)
{
	switch (type) {
	case ICMP_UNREACHABLE:
		return unreachable_by_code(code);
	case ICMP_SOURCE_QUENCH:
		return WIRE_ERROR_QUENCH;
	case ICMP_TIME_EXCEEDED:
	case ICMP_PARAMETER_PROBLEM:
		return WIRE_ERROR_SOFT;
	default:
		return WIRE_ERROR_NONE;
	}
}

/* What to tell the application: RFC 792 and RFC 1812 5.2.7.1, as far as they say different things to a user. */
static enum quern_icmp meaning_of(uint8_t type, uint8_t code)
{
	static const uint8_t unreachable[UNREACHABLE_CODES] = {
		QUERN_ICMP_NET,     QUERN_ICMP_HOST,       QUERN_ICMP_PROTOCOL,   QUERN_ICMP_PORT,
		QUERN_ICMP_TOO_BIG, QUERN_ICMP_ROUTE,      QUERN_ICMP_NET,        QUERN_ICMP_HOST,
		QUERN_ICMP_HOST,    QUERN_ICMP_PROHIBITED, QUERN_ICMP_PROHIBITED, QUERN_ICMP_NET,
		QUERN_ICMP_HOST,    QUERN_ICMP_PROHIBITED, QUERN_ICMP_HOST,       QUERN_ICMP_HOST};

	if (type == ICMP_UNREACHABLE)
		return unreachable[code];
	return type == ICMP_TIME_EXCEEDED ? QUERN_ICMP_TIME_EXCEEDED : QUERN_ICMP_PARAMETER;
}

/* The quote is a packet of ours, as far as it goes: RFC 792 promises its IP header and 8 bytes, no more. Its checksum
 * is not looked at, since routers need not have kept it right, nor is its TTL. */
static enum quern_drop quote_parse(const uint8_t *ip, uint32_t bytes, struct packet *packet)
{
	uint32_t header_bytes;
	struct flow_key quoted;

	if (bytes < IP_BYTES || ip[0] >> 4 != 4)
		return QUERN_DROP_ICMP_QUOTE;
	header_bytes = (uint32_t)(ip[0] & 15) * 4;
	if (header_bytes < IP_BYTES || header_bytes > bytes)
		return QUERN_DROP_ICMP_QUOTE;
	/* An error goes to whoever sent the packet that it quotes. */
	if (wire_load32(ip + 12) != packet->key.local || wire_load16(ip + 6) & FRAGMENT_OFFSET)
		return QUERN_DROP_ICMP_QUOTE;
	packet->icmp.quoted = wire_icmp_quoted(ip[9]);
	if (packet->icmp.quoted == 0)
		return QUERN_DROP_ICMP_IGNORED;
	packet->icmp.quoted_l4 = (uint16_t)header_bytes;
	packet->icmp.quoted_bytes = wire_load16(ip + 2);
	if (header_bytes + QUOTED_L4_BYTES > bytes || header_bytes + QUOTED_L4_BYTES > packet->icmp.quoted_bytes)
		return QUERN_DROP_ICMP_QUOTE;
	quoted = (struct flow_key){.local = packet->key.local,
				   .remote = wire_load32(ip + 16),
				   .local_port = wire_load16(ip + header_bytes),
				   .remote_port = wire_load16(ip + header_bytes + 2)};
	if (quoted.local_port == 0 || quoted.remote_port == 0)
		return QUERN_DROP_ICMP_QUOTE;
	packet->key = quoted;
	packet->icmp.seq = packet->icmp.quoted == WIRE_TCP ? wire_load32(ip + header_bytes + 4) : 0;
	return QUERN_DROP_NONE;
}

enum quern_drop wire_icmp_parse_as(const struct wire_icmp_version *version, const uint8_t *message, uint32_t bytes,
				   struct packet *packet)
{
	packet->icmp = (struct wire_icmp){.type = message[0], .code = message[1]};
	packet->icmp.error = (uint8_t)version->error_by_type(message[0], message[1]);
	if (packet->icmp.error == WIRE_ERROR_NONE)
		return QUERN_DROP_NONE;
	packet->icmp.what = (uint8_t)version->meaning_of(message[0], message[1]);
	if (packet->icmp.error == WIRE_ERROR_TOO_BIG)
		packet->icmp.mtu = wire_load32(message + 4) & version->mtu_mask;
	return version->quote_parse(message + ICMP_BYTES, bytes - ICMP_BYTES, packet);
}

enum quern_drop wire_icmp_parse(const uint8_t *message, uint32_t bytes, struct packet *packet)
{
	static const struct wire_icmp_version ip4 = {.error_by_type = error_by_type,
						     .meaning_of = meaning_of,
						     .mtu_mask = UINT16_MAX,
						     .quote_parse = quote_parse};

	return wire_icmp_parse_as(&ip4, message, bytes, packet);
}
