/* lab_fragment.c - RFC 791 3.2 and RFC 8200 4.5, byte by byte. */
#include "support/lab_fragment.h"

#include <string.h>

#include <criterion/criterion.h>

#include "support/raw_frame.h"
#include "support/raw_words.h"

enum { IP4_BYTES = 20, IP6_BYTES = 40, FRAGMENT_BYTES = 8, MORE = 0x2000, UNITS = 0x1fff, NEXT_FRAGMENT = 44 };

uint32_t lab_header_bytes(const uint8_t *packet)
{
	return packet[0] >> 4 == 6 ? IP6_BYTES : IP4_BYTES;
}

static void sum_header(uint8_t *ip)
{
	put16(ip + 10, 0);
	put16(ip + 10, ~ones_sum(0, ip, IP4_BYTES) & 0xffff);
}

uint32_t lab_fragment(uint8_t *to, const uint8_t *packet, uint32_t packet_bytes, uint32_t from, uint32_t bytes,
		      uint32_t id)
{
	uint32_t header = lab_header_bytes(packet);
	bool is_last = header + from + bytes == packet_bytes;

	memcpy(to, packet, header);
	if (header == IP4_BYTES) {
		memcpy(to + header, packet + header + from, bytes);
		put16(to + 2, header + bytes);
		put16(to + 4, id);
		put16(to + 6, from / 8 | (is_last ? 0 : MORE));
		sum_header(to);
		return header + bytes;
	}
	put16(to + 4, FRAGMENT_BYTES + bytes);
	to[header] = to[6];
	to[6] = NEXT_FRAGMENT;
	to[header + 1] = 0;
	put16(to + header + 2, from | !is_last);
	put32(to + header + 4, id);
	memcpy(to + header + FRAGMENT_BYTES, packet + header + from, bytes);
	return header + FRAGMENT_BYTES + bytes;
}

void lab_say_cut(struct lab *lab, uint16_t port, const struct lab_datagram *datagram, uint32_t each, uint32_t id,
		 bool backwards)
{
	static uint8_t packet[LAB_WHOLE_MAX], fragment[LAB_FRAME_MAX];
	uint32_t bytes = lab_datagram_build(packet, datagram), rest = bytes - lab_header_bytes(packet);
	uint32_t count = (rest + each - 1) / each;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t from = (backwards ? count - 1 - i : i) * each;
		uint32_t some = from + each < rest ? each : rest - from;

		lab_say_bytes(lab, port, fragment, lab_fragment(fragment, packet, bytes, from, some, id));
	}
}

/* What a fragment says of itself. */
struct part {
	uint32_t from, bytes, id;
	bool is_last;
	const uint8_t *text;
};

static struct part part_of(const struct lab_packet *packet)
{
	const uint8_t *ip = packet->frame, *header = ip + IP6_BYTES;
	uint32_t word;

	if (ip[0] >> 4 == 6) {
		cr_assert_eq(ip[6], NEXT_FRAGMENT);
		cr_assert_eq(get16(ip + 4) + IP6_BYTES, packet->bytes);
		word = get16(header + 2);
		return (struct part){word & ~7u, packet->bytes - IP6_BYTES - FRAGMENT_BYTES, get32(header + 4),
				     !(word & 1), header + FRAGMENT_BYTES};
	}
	cr_assert_eq(ip[0], 0x45);
	cr_assert_eq(get16(ip + 2), packet->bytes);
	cr_assert_eq(ones_sum(0, ip, IP4_BYTES), 0xffff);
	word = get16(ip + 6);
	return (struct part){(word & UNITS) * 8, packet->bytes - IP4_BYTES, get16(ip + 4), !(word & MORE),
			     ip + IP4_BYTES};
}

/* The header as it was before, of what has so many bytes behind it. */
static void mend_header(uint8_t *ip, uint32_t bytes)
{
	if (ip[0] >> 4 == 6) {
		ip[6] = ip[IP6_BYTES];
		put16(ip + 4, bytes);
		return;
	}
	put16(ip + 2, IP4_BYTES + bytes);
	put16(ip + 6, 0);
	sum_header(ip);
}

uint32_t lab_join(struct lab *lab, uint16_t port, uint32_t mtu, uint8_t whole[LAB_WHOLE_MAX])
{
	const struct lab_packet *packet;
	uint32_t next = 0, id = 0, count = 0, header = 0;

	while ((packet = lab_next(lab, port))) {
		struct part part = part_of(packet);

		cr_assert_leq(packet->bytes, mtu);
		cr_assert_eq(part.from, next, "in order, without a hole");
		if (count++ == 0) {
			id = part.id;
			header = lab_header_bytes(packet->frame);
			memcpy(whole, packet->frame, header + 1);
			mend_header(whole, 0);
		}
		cr_assert_eq(part.id, id);
		memcpy(whole + header + next, part.text, part.bytes);
		next += part.bytes;
		if (part.is_last)
			break;
	}
	if (header == IP6_BYTES)
		put16(whole + 4, next);
	else if (header == IP4_BYTES)
		mend_header(whole, next);
	return count;
}

struct lab_datagram lab_hear_joined(struct lab *lab, uint16_t port, uint32_t mtu, const struct lab_datagram *said,
				    uint32_t count)
{
	static uint8_t whole[LAB_WHOLE_MAX];
	struct lab_datagram heard;
	const char *fault;
	uint32_t bytes = 0;

	cr_assert_eq(lab_join(lab, port, mtu, whole), count);
	bytes = whole[0] >> 4 == 6 ? IP6_BYTES + get16(whole + 4) : get16(whole + 2);
	fault = lab_datagram_read(whole, bytes, &heard);
	cr_assert_null(fault, "a datagram that came out of port %u in fragments is wrong: %s", port, fault);
	cr_assert_eq(heard.text_bytes, said->text_bytes);
	cr_assert_eq(heard.text_sum, raw_text_sum(said->text_from, said->text_bytes));
	cr_assert_eq(heard.ttl, LAB_TTL - 1);
	return heard;
}
