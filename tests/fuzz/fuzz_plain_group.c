/* fuzz_plain_group.c - the second reader of IGMP and MLD queries, and what the first has made of them. */
#include "fuzz/fuzz_plain.h"

#include <string.h>

#include "base/check.h"
#include "support/raw_words.h"

enum { IGMP_QUERY = 0x11, HOP_BY_HOP = 0, ROUTER_ALERT = 5, IP6 = 40 };

/* RFC 3376 4.1.1 and RFC 3810 5.1.3: 1, then `bits` bits of mantissa, shifted by three bits of exponent and three more.
 */
static uint32_t as_floating_point(uint32_t code, uint32_t bits)
{
	uint32_t mantissa = (1u << bits) + code % (1u << bits), exponent = (code >> bits) % 8;

	return mantissa << (exponent + 3);
}

static void compare(const struct packet *packet, uint32_t version, uint32_t response_ms, bool has_sources)
{
	CHECK(packet->kind == WIRE_GROUP && packet->group.version == version);
	CHECK(packet->group.response_ms == response_ms && packet->group.has_sources == has_sources);
	CHECK(packet->key.local_port == 0 && packet->key.remote_port == 0);
}

bool fuzz_plain_judge_igmp(const struct plain_frame *frame, const struct packet *packet)
{
	const uint8_t *ip = frame->bytes + frame->l3, *message = frame->bytes + frame->l4;
	uint32_t bytes = frame->end - frame->l4, version, code;
	static const uint8_t all[4];

	if (bytes < 8 || (bytes > 8 && bytes < 12) || ip[8] != 1 || message[0] != IGMP_QUERY)
		return false;
	if (!fuzz_plain_sum_is_right(0, message, bytes) || (memcmp(message + 4, all, 4) != 0 && message[4] >> 4 != 14))
		return false;
	if (!packet)
		return true;
	code = message[1];
	version = bytes > 8 ? 3 : code == 0 ? 1 : 2;
	if (version == 1)
		code = 100;
	else if (version == 3 && code > 127)
		code = as_floating_point(code, 4);
	compare(packet, version, code * 100, version == 3 && get16(message + 10) != 0);
	CHECK(packet->group.group.high == 0 && packet->group.group.low == get32(message + 4));
	return true;
}

/* In options that have been found to be legal. */
static bool has_router_alert(const uint8_t *ip)
{
	uint32_t bytes = 8u + 8u * ip[IP6 + 1];

	if (ip[6] != HOP_BY_HOP)
		return false;
	for (uint32_t at = IP6 + 2; at < IP6 + bytes;) {
		if (ip[at] == ROUTER_ALERT)
			return ip[at + 1] == 2;
		at += ip[at] == 0 ? 1 : 2u + ip[at + 1];
	}
	return false;
}

bool fuzz_plain_judge_mld(const struct plain_frame *frame, const struct packet *packet)
{
	const uint8_t *ip = frame->bytes + frame->l3, *message = frame->bytes + frame->l4;
	uint32_t bytes = frame->end - frame->l4, version = bytes == 24 ? 1 : 2, code;
	static const uint8_t all[16];

	if (bytes < 24 || (bytes > 24 && bytes < 28) || ip[7] != 1 || ip[8] != 0xfe || ip[9] >> 6 != 2)
		return false;
	if (!has_router_alert(ip) || (memcmp(message + 8, all, 16) != 0 && message[8] != 0xff))
		return false;
	if (!packet)
		return true;
	code = get16(message + 4);
	if (version == 2 && code > 32767)
		code = as_floating_point(code, 12);
	compare(packet, version, code, version == 2 && get16(message + 26) != 0);
	CHECK(packet->group.group.high >> 32 == get32(message + 8) &&
	      (uint32_t)packet->group.group.low == get32(message + 20));
	return true;
}
