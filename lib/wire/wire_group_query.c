/* wire_group_query.c - queries become values. All versions are told apart by their length. */
#include "wire/wire_group_query.h"

#include "wire/wire_checksum.h"
#include "wire/wire_words.h"

enum {
	HOPS_TO_THE_LINK = 1,
	IGMP_BYTES = 8,
	IGMP_3_BYTES = 12,
	IGMP_3_SOURCES = 10,
	IGMP_QUERY = 0x11,
	IGMP_1_RESPONSE_MS = 10000, /* RFC 3376 4.1.1: what version 1 has no field for */
	IGMP_UNIT_MS = 100,
	MLD_BYTES = 24,
	MLD_2_BYTES = 28,
	MLD_2_SOURCES = 26,
	NEXT_HOP_BY_HOP = 0,
	OPTION_PAD1 = 0,
	OPTION_ROUTER_ALERT = 5
};

/* RFC 3376 4.1.1: in version 3, codes from 128 on are floating-point. */
static uint32_t igmp_response_ms(uint8_t version, uint8_t code)
{
	uint32_t units = code;

	if (version == 1)
		return IGMP_1_RESPONSE_MS;
	if (version == 3 && code >= 0x80)
		units = (0x10u | (code & 0x0f)) << ((code >> 4 & 7) + 3);
	return units * IGMP_UNIT_MS;
}

/* RFC 3810 5.1.3: in version 2, codes from 32,768 on are floating-point. */
static uint32_t mld_response_ms(uint8_t version, uint16_t code)
{
	if (version == 1 || code < 0x8000)
		return code;
	return (0x1000u | (code & 0x0fff)) << ((code >> 12 & 7) + 3);
}

static void packet_finish(struct packet *packet, const struct wire_group *group)
{
	packet->key.local_port = packet->key.remote_port = 0;
	packet->kind = WIRE_GROUP;
	packet->text_offset = packet->frame_bytes;
	packet->group = *group;
}

enum quern_drop wire_group_parse_igmp(const uint8_t *message, uint32_t bytes, struct packet *packet)
{
	struct wire_group group = {.version = 3};
	uint32_t address;

	if (bytes < IGMP_BYTES || wire_sum_finish(wire_sum(0, message, bytes)) != 0)
		return QUERN_DROP_GROUP_MALFORMED;
	if (message[0] != IGMP_QUERY)
		return QUERN_DROP_IP_PROTOCOL;
	if (packet->ttl != HOPS_TO_THE_LINK || (bytes > IGMP_BYTES && bytes < IGMP_3_BYTES))
		return QUERN_DROP_GROUP_MALFORMED;
	if (bytes == IGMP_BYTES)
		group.version = message[1] == 0 ? 1 : 2;
	address = wire_load32(message + 4);
	if (address != 0 && address >> 28 != 14)
		return QUERN_DROP_GROUP_MALFORMED;
	group.group.low = address;
	group.response_ms = igmp_response_ms(group.version, message[1]);
	group.has_sources = group.version == 3 && wire_load16(message + IGMP_3_SOURCES) != 0;
	packet_finish(packet, &group);
	return QUERN_DROP_NONE;
}

/* RFC 2711, in options that have been read before: their lengths are right. */
static bool has_router_alert(const uint8_t *ip)
{
	const uint8_t *header = ip + IP6_BYTES, *end = header + (header[1] + 1) * 8;

	if (ip[6] != NEXT_HOP_BY_HOP)
		return false;
	for (const uint8_t *at = header + 2; at < end; at += *at == OPTION_PAD1 ? 1 : 2 + at[1]) {
		if (*at == OPTION_ROUTER_ALERT)
			return at[1] == 2;
	}
	return false;
}

enum quern_drop wire_group_parse_mld(const uint8_t *ip, const uint8_t *message, uint32_t bytes, struct packet *packet)
{
	struct wire_group group = {.version = bytes == MLD_BYTES ? 1 : 2};

	if (packet->ttl != HOPS_TO_THE_LINK || bytes < MLD_BYTES || (bytes > MLD_BYTES && bytes < MLD_2_BYTES) ||
	    !ip6_is_link_local(packet->ip6.remote) || !has_router_alert(ip))
		return QUERN_DROP_GROUP_MALFORMED;
	group.group = wire_load_ip6(message + 8);
	if (!ip6_is_unspecified(group.group) && !ip6_is_multicast(group.group))
		return QUERN_DROP_GROUP_MALFORMED;
	group.response_ms = mld_response_ms(group.version, wire_load16(message + 4));
	group.has_sources = group.version == 2 && wire_load16(message + MLD_2_SOURCES) != 0;
	packet_finish(packet, &group);
	return QUERN_DROP_NONE;
}
