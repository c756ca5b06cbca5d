/* test_wire_error.c - ICMP errors of our own, byte by byte and read back by the parser. */
#include <string.h>

#include <criterion/criterion.h>

#include "wire/wire_error.h"
#include "wire_sides.h"

/* RFC 792, RFC 1122 3.2.2: whose datagram, by its own first bytes; RFC 1812 4.3.2.3: as many as there is room for. */
Test(wire_error, a_port_unreachable_quotes_the_datagram_and_is_valid)
{
	static const uint8_t record_route[] = {7, 7, 4, 0, 0, 0, 0, 0};
	const struct wire_refusal unreachable = {.what = QUERN_ICMP_PORT, .ttl = 64, .most = 576};

	for (uint32_t text_bytes = 0; text_bytes < 1400; text_bytes += text_bytes < 20 ? 1 : 13) {
		struct packet datagram, answer;
		struct frame frame, made = {.l3 = 0};
		uint32_t bytes, quote, options = text_bytes % 2 * 8, tags = text_bytes % 3;
		struct wire_expect expect = {.ethernet = true, .vlan = tags ? 7 : 0};

		memcpy(expect.mac, FRAME_OUR_MAC, 6);
		frame_make(&frame, &(struct frame_plan){.protocol = 17,
							.text_bytes = text_bytes,
							.tags = (uint8_t)tags,
							.ip_options = record_route,
							.ip_options_bytes = options});
		cr_assert_eq(frame_parse_exact(frame.bytes, frame.length, &expect, &datagram), QUERN_DROP_NONE);
		memset(made.bytes, 0xee, sizeof made.bytes);
		bytes = wire_build_error(made.bytes, frame.bytes, &datagram, &unreachable);
		quote = frame.length - frame.l3 < 548 ? frame.length - frame.l3 : 548;
		cr_assert_eq(bytes, frame.l3 + 28 + quote);
		cr_assert_eq(made.bytes[bytes], 0xee, "nothing behind the end is written");
		cr_assert_arr_eq(made.bytes, FRAME_PEER_MAC, 6);
		cr_assert_arr_eq(made.bytes + 6, FRAME_OUR_MAC, 6);
		cr_assert_arr_eq(made.bytes + 12, frame.bytes + 12, frame.l3 - 12, "tags and all");
		cr_assert_arr_eq(made.bytes + frame.l3 + 28, frame.bytes + frame.l3, quote);
		memcpy(made.bytes, FRAME_OUR_MAC, 6);
		memcpy(made.bytes + 6, FRAME_PEER_MAC, 6);
		cr_assert_eq(frame_parse_exact(made.bytes, bytes, &expect, &answer), QUERN_DROP_NONE);
		cr_assert_eq(answer.icmp.quoted, WIRE_UDP);
		cr_assert_eq(answer.icmp.type, 3);
		cr_assert_eq(answer.icmp.code, 3);
		cr_assert_eq(answer.ttl, 64);
		cr_assert_eq(answer.key.local, datagram.key.remote);
		cr_assert_eq(answer.key.remote, datagram.key.local);
	}
}

static uint32_t room_for(uint8_t *made, const struct frame *frame, const struct packet *datagram, uint32_t most)
{
	return wire_build_error(made, frame->bytes, datagram,
				&(struct wire_refusal){.what = QUERN_ICMP_PORT, .ttl = 64, .most = most});
}

Test(wire_error, a_port_unreachable_without_room_for_the_headers_is_not_made)
{
	static const uint8_t no_operations[40] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
						  1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
	struct packet datagram;
	struct frame frame;
	uint8_t made[128];

	frame_make(&frame,
		   &(struct frame_plan){
			   .protocol = 17, .text_bytes = 9, .ip_options = no_operations, .ip_options_bytes = 40});
	cr_assert_eq(frame_parse(&frame, &datagram), QUERN_DROP_NONE);
	cr_assert_eq(room_for(made, &frame, &datagram, 95), 0);
	cr_assert_eq(room_for(made, &frame, &datagram, 96), 14 + 96);
	cr_assert_eq(room_for(made, &frame, &datagram, 576), 14 + 28 + 60 + 8 + 9);
}

/* RFC 4443 3.1: as much of the datagram as fits a packet of `most` bytes. */
Test(wire_error, a_port_unreachable_over_ip6_quotes_the_datagram_and_is_valid)
{
	for (uint32_t text_bytes = 0; text_bytes < 1400; text_bytes += text_bytes < 20 ? 1 : 13) {
		struct packet datagram, answer;
		struct frame frame, made = {.l3 = 0};
		uint32_t quote;

		frame6_make(&frame, &(struct frame6_plan){.protocol = 17, .text_bytes = text_bytes});
		cr_assert_eq(frame6_parse(&frame, &datagram), QUERN_DROP_NONE);
		memset(made.bytes, 0xee, sizeof made.bytes);
		cr_assert_eq(room_for(made.bytes, &frame, &datagram, 95), 0);
		made.length = room_for(made.bytes, &frame, &datagram, 1280);
		quote = frame.length - 14 < 1232 ? frame.length - 14 : 1232;
		cr_assert_eq(made.length, 14 + 48 + quote);
		cr_assert_eq(made.bytes[made.length], 0xee, "nothing behind the end is written");
		cr_assert_arr_eq(made.bytes, FRAME_PEER_MAC, 6);
		cr_assert_arr_eq(made.bytes + 6, FRAME_OUR_MAC, 6);
		cr_assert_arr_eq(made.bytes + 14 + 48, frame.bytes + 14, quote);
		memcpy(made.bytes, FRAME_OUR_MAC, 6);
		memcpy(made.bytes + 6, FRAME_PEER_MAC, 6);
		cr_assert_eq(frame6_parse(&made, &answer), QUERN_DROP_NONE);
		cr_assert_eq(answer.icmp.quoted, WIRE_UDP);
		cr_assert_eq(answer.icmp.type, 1);
		cr_assert_eq(answer.icmp.code, 4);
	}
}

/* What each refusal is on the wire, by RFC 792, RFC 1191, RFC 1812 and RFC 4443. */
static const struct {
	enum quern_icmp what;
	uint8_t ip4[2], ip6[2];
	uint32_t mtu, mtu4, mtu6;
} refusals[] = {
	{QUERN_ICMP_NET, {3, 0}, {1, 0}, 1400, 0, 0},
	{QUERN_ICMP_HOST, {3, 1}, {1, 3}, 0, 0, 0},
	{QUERN_ICMP_PORT, {3, 3}, {1, 4}, 0, 0, 0},
	{QUERN_ICMP_PROHIBITED, {3, 13}, {1, 1}, 0, 0, 0},
	{QUERN_ICMP_TIME_EXCEEDED, {11, 0}, {3, 0}, 1400, 0, 0},
	{QUERN_ICMP_TOO_BIG, {3, 4}, {2, 0}, 1400, 1400, 1400},
	{QUERN_ICMP_TOO_BIG, {3, 4}, {2, 0}, 70000, 65535, 70000},
};

Test(wire_error, every_refusal_is_its_type_and_code_and_means_the_same_to_whoever_hears_it)
{
	for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
		for (int version = 4; version <= 6; version += 2) {
			const struct wire_refusal refusal = {
				.what = refusals[i].what, .mtu = refusals[i].mtu, .ttl = 61, .most = 576};
			const uint8_t *word = version == 6 ? refusals[i].ip6 : refusals[i].ip4;
			struct frame frame, made = {.l3 = 0};
			struct packet datagram, answer;

			if (version == 6)
				frame6_make(&frame, &(struct frame6_plan){.protocol = 17, .no_ethernet = true});
			else
				frame_make(&frame, &(struct frame_plan){.protocol = 17, .no_ethernet = true});
			sides_parse(&frame, &datagram);
			made.length = wire_build_error(made.bytes, frame.bytes, &datagram, &refusal);
			sides_parse(&made, &answer);
			cr_assert_eq(answer.kind, WIRE_ICMP);
			cr_assert(answer.icmp.type == word[0] && answer.icmp.code == word[1], "%zu", i);
			cr_assert_eq(answer.icmp.what, refusals[i].what);
			cr_assert_eq(answer.icmp.mtu, version == 6 ? refusals[i].mtu6 : refusals[i].mtu4);
			cr_assert_eq(answer.ttl, 61);
			/* What is unused is 0. */
			if (refusals[i].what != QUERN_ICMP_TOO_BIG)
				cr_assert_arr_eq(made.bytes + answer.l4_offset + 4, "\0\0\0\0", 4);
		}
	}
}
