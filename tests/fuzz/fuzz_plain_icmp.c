/* fuzz_plain_icmp.c - the second reader of ICMP, ICMPv6 and neighbour discovery, and what the first has made of them.
 */
#include "fuzz/fuzz_plain.h"

#include "base/check.h"
#include "support/raw_words.h"

enum {
	ICMP = 8,
	QUOTED = 8,
	IP4 = 20,
	IP6 = 40,
	FRAGMENT = 44,
	QUERY = 130,
	SOLICITATION = 135,
	ADVERTISEMENT = 136,
	ND = 24,
	HOPS = 255
};

static enum wire_error error_of(const struct plain_frame *frame, uint8_t type, uint8_t code)
{
	if (frame->version == 4) {
		if (type == 3 && (code == 2 || code == 3))
			return WIRE_ERROR_HARD;
		if (type == 3 && code == 4)
			return WIRE_ERROR_TOO_BIG;
		if (type == 4)
			return WIRE_ERROR_QUENCH;
		return (type == 3 && code < 16) || type == 11 || type == 12 ? WIRE_ERROR_SOFT : WIRE_ERROR_NONE;
	}
	if ((type == 1 && code == 4) || (type == 4 && code == 1))
		return WIRE_ERROR_HARD;
	if (type == 2)
		return WIRE_ERROR_TOO_BIG;
	return (type == 1 && code < 8) || type == 3 || type == 4 ? WIRE_ERROR_SOFT : WIRE_ERROR_NONE;
}

/* What an error is about: what it quotes, where TCP or UDP begins in it, and how long the packet was. */
struct quote {
	uint32_t protocol, l4, length;
};

/* Over IPv6 the first fragment of a datagram has another header, behind which all is as in a whole one. */
static bool skip_headers(const uint8_t *at, uint32_t end, struct quote *quote)
{
	if (fuzz_plain_skip_ip6(at, end, &quote->l4, &quote->protocol))
		return true;
	if (quote->protocol != FRAGMENT || end - quote->l4 < 8 || get16(at + quote->l4 + 2) >> 3 != 0)
		return false;
	quote->protocol = at[quote->l4];
	quote->l4 += 8;
	return true;
}

/* False where it is of no use. TCP has no extension headers before it: it is ours, not passed on. */
static bool find_quote(const struct plain_frame *frame, const uint8_t *at, uint32_t bytes, struct quote *quote)
{
	const uint8_t *ip = frame->bytes + frame->l3;

	if (frame->version == 6) {
		if (bytes < IP6 || at[0] >> 4 != 6 || memcmp(at + 8, ip + 24, 16) != 0)
			return false;
		*quote = (struct quote){at[6], IP6, IP6 + get16(at + 4)};
		if (quote->length > UINT16_MAX)
			return false;
		if (at[6] != PLAIN_TCP && !skip_headers(at, bytes < quote->length ? bytes : quote->length, quote))
			return false;
		return at[6] == PLAIN_TCP || quote->protocol == PLAIN_UDP;
	}
	if (bytes < IP4 || at[0] >> 4 != 4 || memcmp(at + 12, ip + 16, 4) != 0)
		return false;
	*quote = (struct quote){at[9], (at[0] & 15) * 4u, get16(at + 2)};
	return quote->l4 >= IP4 && (get16(at + 6) & 0x1fff) == 0 && (at[9] == PLAIN_TCP || at[9] == PLAIN_UDP);
}

static bool names_a_host(const uint8_t *at)
{
	static const uint8_t zeros[16];

	if (at[0] == 255 || (memcmp(at, zeros, 15) == 0 && at[15] <= 1))
		return false;
	return memcmp(at, zeros, 10) != 0 || at[10] != 255 || at[11] != 255;
}

static void compare_error(const struct plain_frame *frame, const struct packet *packet, const struct quote *about)
{
	const uint8_t *message = frame->bytes + frame->l4, *quote = message + ICMP, *l4 = quote + about->l4;

	CHECK(packet->icmp.error == error_of(frame, message[0], message[1]));
	CHECK(packet->key.local_port == get16(l4) && packet->key.remote_port == get16(l4 + 2));
	CHECK(packet->icmp.quoted == (about->protocol == PLAIN_TCP ? WIRE_TCP : WIRE_UDP));
	CHECK(packet->icmp.quoted_l4 == about->l4 && packet->icmp.quoted_bytes == about->length);
	CHECK(packet->icmp.seq == (about->protocol == PLAIN_TCP ? get32(l4 + 4) : 0));
	if (packet->icmp.error == WIRE_ERROR_TOO_BIG)
		CHECK(packet->icmp.mtu == (frame->version == 6 ? get32(message + 4) : get16(message + 6)));
	if (frame->version == 4)
		CHECK(packet->key.local == get32(quote + 12) && packet->key.remote == get32(quote + 16));
	else
		CHECK((uint32_t)packet->ip6.remote.low == get32(quote + 36));
}

static bool judge_error(const struct plain_frame *frame, const struct packet *packet)
{
	const uint8_t *quote = frame->bytes + frame->l4 + ICMP;
	uint32_t bytes = frame->end - frame->l4 - ICMP;
	struct quote about;

	if (!find_quote(frame, quote, bytes, &about) || about.l4 + QUOTED > bytes || about.l4 + QUOTED > about.length)
		return false;
	if (get16(quote + about.l4) == 0 || get16(quote + about.l4 + 2) == 0)
		return false;
	if (frame->version == 6 && !names_a_host(quote + 24))
		return false;
	if (packet)
		compare_error(frame, packet, &about);
	return true;
}

/* The last option of a kind that holds a MAC address; null for none. False where one has no length, or too much. */
static bool find_mac(const uint8_t *at, uint32_t bytes, uint8_t kind, const uint8_t **mac)
{
	*mac = NULL;
	for (uint32_t i = 0; i < bytes; i += at[i + 1] * 8u) {
		if (i + 8 > bytes || at[i + 1] == 0 || i + at[i + 1] * 8u > bytes)
			return false;
		if (at[i] == kind && at[i + 1] == 1)
			*mac = at + i + 2;
	}
	return true;
}

static void compare_nd(const uint8_t *message, const struct packet *packet, const uint8_t *mac)
{
	bool is_advertisement = message[0] == ADVERTISEMENT;

	CHECK(packet->kind == WIRE_ND && packet->nd.is_advertisement == is_advertisement);
	CHECK(packet->nd.target.high >> 32 == get32(message + 8) &&
	      (uint32_t)packet->nd.target.low == get32(message + 20));
	CHECK(packet->nd.is_solicited == (is_advertisement && message[4] & 0x40));
	CHECK(packet->nd.is_override == (is_advertisement && message[4] & 0x20));
	CHECK(packet->nd.has_mac == (mac != NULL));
	if (mac)
		CHECK(memcmp(packet->nd.mac, mac, 6) == 0);
}

/* The group of RFC 4291 2.7.1 that whoever has the target hears. */
static bool is_its_group(const uint8_t *dest, const uint8_t *target)
{
	static const uint8_t front[13] = {255, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 255};

	return memcmp(dest, front, 13) == 0 && memcmp(dest + 13, target + 13, 3) == 0;
}

static bool judge_nd(const struct plain_frame *frame, const struct packet *packet)
{
	const uint8_t *ip = frame->bytes + frame->l3, *message = frame->bytes + frame->l4, *mac;
	bool is_advertisement = message[0] == ADVERTISEMENT, is_from_nobody = true;
	uint32_t bytes = frame->end - frame->l4;

	for (int i = 8; i < 24; i++)
		is_from_nobody &= ip[i] == 0;
	if (ip[7] != HOPS || message[1] != 0 || bytes < ND || !names_a_host(message + 8) ||
	    !find_mac(message + ND, bytes - ND, is_advertisement ? 2 : 1, &mac) || (mac && mac[0] & 1))
		return false;
	if (is_advertisement && (is_from_nobody || (message[4] & 0x40 && ip[24] == 255)))
		return false;
	if (!is_advertisement && is_from_nobody && (mac || !is_its_group(ip + 24, message + 8)))
		return false;
	if (packet)
		compare_nd(message, packet, mac);
	return true;
}

bool fuzz_plain_judge_icmp(const struct plain_frame *frame, const struct wire_expect *expect,
			   const struct packet *packet)
{
	const uint8_t *ip = frame->bytes + frame->l3, *message = frame->bytes + frame->l4;
	uint32_t bytes = frame->end - frame->l4;
	uint32_t sum = frame->version == 6 ? fuzz_plain_pseudo_sum(frame, bytes) : 0;
	static const uint8_t nobody[16];

	if (bytes < ICMP || !fuzz_plain_sum_is_right(sum, message, bytes))
		return false;
	if (frame->version == 6 && expect->groups && message[0] == QUERY)
		return fuzz_plain_judge_mld(frame, packet);
	if (frame->version == 6 && (message[0] == SOLICITATION || message[0] == ADVERTISEMENT))
		return judge_nd(frame, packet);
	if (frame->version == 6 && memcmp(ip + 8, nobody, 16) == 0)
		return false;
	if (packet) {
		CHECK(packet->kind == WIRE_ICMP && packet->text_offset == frame->l4 + ICMP);
		CHECK(packet->icmp.type == message[0] && packet->icmp.code == message[1]);
		CHECK(packet->frame_bytes == frame->end);
	}
	if (error_of(frame, message[0], message[1]) != WIRE_ERROR_NONE)
		return judge_error(frame, packet);
	if (packet)
		CHECK(packet->icmp.error == WIRE_ERROR_NONE && packet->icmp.quoted == 0);
	return true;
}
