/* test_wire_icmp6.c - ICMPv6 errors and their quotes; neighbour discovery that is taken, and what RFC 4861 7.1 drops.
 */
#include <string.h>

#include <criterion/criterion.h>

#include "base/random.h"
#include "wire_frames6.h"

enum { QUOTE_BYTES = 60, QUOTE_AT = 8 };

/* A segment of ours as a router quotes it: from [2001:db8::1]:80 to [2001:db8:1::7]:40001, SEQ 0x01020304. */
static void error_make(struct frame *frame, uint8_t type, uint8_t code, uint32_t mtu, uint32_t quote_bytes)
{
	static const uint8_t quote[QUOTE_BYTES] = {0x60, 0,    0, 0, 1, 0, 6, 3, 0x20, 1, 0x0d, 0xb8, 0,    0,
						   0,    0,    0, 0, 0, 0, 0, 0, 0,    1, 0x20, 1,    0x0d, 0xb8,
						   0,    1,    0, 0, 0, 0, 0, 0, 0,    0, 0,    7,    0,    80,
						   0x9c, 0x41, 1, 2, 3, 4, 5, 6, 7,    8, 0x50, 0x10};
	uint8_t message[QUOTE_AT + QUOTE_BYTES] = {
		type, code, 0, 0, (uint8_t)(mtu >> 24), (uint8_t)(mtu >> 16), (uint8_t)(mtu >> 8), (uint8_t)mtu};

	memcpy(message + QUOTE_AT, quote, sizeof quote);
	frame6_make(frame, &(struct frame6_plan){.protocol = 58, .l4 = message, .l4_bytes = QUOTE_AT + quote_bytes});
}

Test(wire_icmp6, of_all_types_and_codes_those_of_rfc_4443_are_errors)
{
	uint32_t counts[WIRE_ERROR_QUENCH + 1] = {0};

	for (uint32_t type = 0; type < 256; type++) {
		for (uint32_t code = 0; code < 256; code++) {
			struct packet packet;
			struct frame frame;

			error_make(&frame, (uint8_t)type, (uint8_t)code, 1400, QUOTE_BYTES);
			if (type == 135 || type == 136) {
				cr_assert_eq(frame6_parse(&frame, &packet), QUERN_DROP_ND_MALFORMED);
				continue;
			}
			cr_assert_eq(frame6_parse(&frame, &packet), QUERN_DROP_NONE, "type %u code %u", type, code);
			cr_assert_eq(packet.kind, WIRE_ICMP);
			cr_assert_eq(packet.icmp.type, type);
			cr_assert_eq(packet.icmp.error == WIRE_ERROR_HARD,
				     (type == 1 && code == 4) || (type == 4 && code == 1));
			cr_assert_eq(packet.icmp.error == WIRE_ERROR_TOO_BIG, type == 2);
			counts[packet.icmp.error]++;
			cr_assert_eq(packet.key.remote_port, packet.icmp.error == WIRE_ERROR_NONE ? 0 : 40001);
		}
	}
	cr_assert_eq(counts[WIRE_ERROR_SOFT], 7 + 256 + 255);
	cr_assert_eq(counts[WIRE_ERROR_QUENCH], 0);
}

Test(wire_icmp6, an_error_is_a_word_about_the_segment_that_it_quotes)
{
	static const uint32_t mtus[] = {0, 68, 1280, 1400, 65536, UINT32_MAX};

	for (uint32_t bytes = 48; bytes <= QUOTE_BYTES; bytes++) {
		for (size_t i = 0; i < sizeof mtus / sizeof mtus[0]; i++) {
			struct packet packet;
			struct frame frame;

			error_make(&frame, 2, (uint8_t)i, mtus[i], bytes);
			cr_assert_eq(frame6_parse(&frame, &packet), QUERN_DROP_NONE);
			cr_assert(flow_key_equal(&packet.key, &(struct flow_key){0, 0, 80, 40001}));
			cr_assert(ip6_equal(packet.ip6.local, FRAME6_PAIR.local));
			cr_assert(ip6_equal(packet.ip6.remote, (struct quern_ip6){0x20010db800010000, 7}));
			cr_assert_eq(packet.icmp.seq, 0x01020304);
			cr_assert_eq(packet.icmp.quoted_bytes, 40 + 256);
			cr_assert_eq(packet.icmp.mtu, mtus[i]);
		}
	}
	for (uint32_t bytes = 0; bytes < 48; bytes++) {
		struct packet packet;
		struct frame frame;

		error_make(&frame, 1, 4, 0, bytes);
		cr_assert_eq(frame6_parse(&frame, &packet), QUERN_DROP_ICMP_QUOTE, "a quote of %u bytes", bytes);
	}
}

/* A byte of the quote made another. */
struct lie {
	uint32_t at;
	uint8_t value;
	enum quern_drop drop;
};

Test(wire_icmp6, a_quote_that_is_of_no_segment_of_ours_is_not_believed)
{
	static const struct lie lies[] = {
		{0, 0x45, QUERN_DROP_ICMP_QUOTE},  {23, 2, QUERN_DROP_ICMP_QUOTE},   {8, 0x21, QUERN_DROP_ICMP_QUOTE},
		{24, 0xff, QUERN_DROP_ICMP_QUOTE}, {41, 0, QUERN_DROP_ICMP_QUOTE},   {4, 0xff, QUERN_DROP_ICMP_QUOTE},
		{6, 17, QUERN_DROP_NONE},          {6, 58, QUERN_DROP_ICMP_IGNORED}, {6, 44, QUERN_DROP_ICMP_IGNORED},
		{6, 0, QUERN_DROP_ICMP_IGNORED},   {7, 255, QUERN_DROP_NONE},        {1, 0xff, QUERN_DROP_NONE},
	};
	static const uint8_t types[] = {1, 2, 3, 4};

	for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
		for (size_t k = 0; k < sizeof types; k++) {
			struct packet packet;
			struct frame frame;

			error_make(&frame, types[k], 0, 0, QUOTE_BYTES);
			frame.bytes[frame.l4 + QUOTE_AT + lies[i].at] = lies[i].value;
			if (lies[i].at == 4)
				frame.bytes[frame.l4 + QUOTE_AT + 5] = 0xff;
			frame6_fix_checksum(&frame, 58);
			cr_assert_eq(frame6_parse(&frame, &packet), lies[i].drop, "lie %zu, type %u", i, types[k]);
		}
	}
}

Test(wire_icmp6, a_quote_that_says_it_held_less_than_ports_and_number_is_not_believed)
{
	for (uint32_t bytes = 0; bytes < 16; bytes++) {
		struct packet packet;
		struct frame frame;

		error_make(&frame, 1, 0, 0, QUOTE_BYTES);
		frame.bytes[frame.l4 + QUOTE_AT + 4] = 0;
		frame.bytes[frame.l4 + QUOTE_AT + 5] = (uint8_t)bytes;
		frame6_fix_checksum(&frame, 58);
		cr_assert_eq(frame6_parse(&frame, &packet), bytes < 8 ? QUERN_DROP_ICMP_QUOTE : QUERN_DROP_NONE);
	}
}

/* The first fragment of a datagram as a router quotes it: behind destination options where `at` is 48. */
static void quote_fragment(struct frame *frame, uint32_t at, uint16_t offset, uint8_t next, uint32_t bytes)
{
	uint8_t *quote;

	error_make(frame, 2, 0, 1280, QUOTE_BYTES);
	quote = frame->bytes + frame->l4 + QUOTE_AT;
	memset(quote + 40, 0, QUOTE_BYTES - 40);
	quote[6] = at == 40 ? 44 : 60;
	quote[4] = 0;
	quote[5] = (uint8_t)(bytes - 40);
	if (at > 40)
		quote[40] = 44;
	quote[at] = next;
	quote[at + 2] = (uint8_t)(offset >> 8);
	quote[at + 3] = (uint8_t)offset;
	memcpy(quote + at + 8, "\x00\x50\x9c\x41", 4);
	frame6_fix_checksum(frame, 58);
}

Test(wire_icmp6, a_first_fragment_tells_its_ports_and_no_other_does)
{
	struct packet packet;
	struct frame frame;

	for (uint32_t offset = 0; offset <= UINT16_MAX; offset++) {
		quote_fragment(&frame, 40, (uint16_t)offset, 17, QUOTE_BYTES);
		cr_assert_eq(frame6_parse(&frame, &packet), offset < 8 ? QUERN_DROP_NONE : QUERN_DROP_ICMP_IGNORED,
			     "offset word %u", offset);
		if (offset >= 8)
			continue;
		cr_assert_eq(packet.icmp.quoted, WIRE_UDP);
		cr_assert_eq(packet.icmp.quoted_l4, 48);
		cr_assert(packet.key.local_port == 80 && packet.key.remote_port == 40001);
	}
	for (uint32_t bytes = 40; bytes < 56; bytes++) {
		quote_fragment(&frame, 40, 1, 17, bytes);
		cr_assert_eq(frame6_parse(&frame, &packet),
			     bytes < 48 ? QUERN_DROP_ICMP_IGNORED : QUERN_DROP_ICMP_QUOTE, "%u bytes", bytes);
	}
	quote_fragment(&frame, 48, 1, 17, QUOTE_BYTES);
	cr_assert_eq(frame6_parse(&frame, &packet), QUERN_DROP_ICMP_QUOTE, "too short for all of the UDP header");
	quote_fragment(&frame, 40, 1, 6, QUOTE_BYTES);
	cr_assert_eq(frame6_parse(&frame, &packet), QUERN_DROP_ICMP_IGNORED, "no segment of ours is cut");
	quote_fragment(&frame, 40, 1, 44, QUOTE_BYTES);
	cr_assert_eq(frame6_parse(&frame, &packet), QUERN_DROP_ICMP_IGNORED);
}

/* A solicitation for 2001:db8::1, or an advertisement of 2001:db8:1::9, with a MAC address of 02:…:02 or none. */
static void nd_make(struct frame *frame, uint8_t type, uint8_t flags, bool has_mac)
{
	uint8_t message[32] = {type, 0, 0, 0, flags, 0, 0, 0};

	memcpy(message + 8, FRAME6_ADDRESSES + (type == 135 ? 16 : 0), 16);
	message[24] = (uint8_t)(type - 134);
	message[25] = 1;
	memcpy(message + 26, FRAME_PEER_MAC, 6);
	frame6_make(frame,
		    &(struct frame6_plan){.protocol = 58, .hops = 255, .l4 = message, .l4_bytes = has_mac ? 32 : 24});
}

Test(wire_icmp6, a_solicitation_and_an_advertisement_become_values)
{
	for (uint32_t flags = 0; flags < 256; flags++) {
		struct packet packet;
		struct frame frame;

		nd_make(&frame, 136, (uint8_t)flags, flags & 1);
		cr_assert_eq(frame6_parse(&frame, &packet), QUERN_DROP_NONE);
		cr_assert_eq(packet.kind, WIRE_ND);
		cr_assert(packet.nd.is_advertisement);
		cr_assert_eq(packet.nd.is_solicited, (flags & 0x40) != 0);
		cr_assert_eq(packet.nd.is_override, (flags & 0x20) != 0);
		cr_assert_eq(packet.nd.has_mac, flags & 1);
		cr_assert(ip6_equal(packet.nd.target, FRAME6_PAIR.remote));
		if (packet.nd.has_mac)
			cr_assert_arr_eq(packet.nd.mac, FRAME_PEER_MAC, 6);
		nd_make(&frame, 135, (uint8_t)flags, flags & 1);
		cr_assert_eq(frame6_parse(&frame, &packet), QUERN_DROP_NONE);
		cr_assert(!packet.nd.is_advertisement && !packet.nd.is_solicited && !packet.nd.is_override);
		cr_assert(ip6_equal(packet.nd.target, FRAME6_PAIR.local));
	}
}

Test(wire_icmp6, neighbour_discovery_that_a_router_may_have_passed_on_is_dropped)
{
	for (uint32_t hops = 0; hops < 256; hops++) {
		for (uint8_t type = 135; type <= 136; type++) {
			struct packet packet;
			struct frame frame;

			nd_make(&frame, type, 0, true);
			frame.bytes[frame.l3 + 7] = (uint8_t)hops;
			cr_assert_eq(frame6_parse(&frame, &packet),
				     hops == 255 ? QUERN_DROP_NONE : QUERN_DROP_ND_MALFORMED, "hop limit %u", hops);
		}
	}
}

Test(wire_icmp6, each_wrong_byte_of_neighbour_discovery_is_noticed)
{
	/* Of the message: the code, the target, an option's length, its MAC address. */
	static const struct lie lies[] = {
		{1, 1, QUERN_DROP_ND_MALFORMED},    {8, 0xff, QUERN_DROP_ND_MALFORMED},
		{25, 0, QUERN_DROP_ND_MALFORMED},   {25, 2, QUERN_DROP_ND_MALFORMED},
		{25, 255, QUERN_DROP_ND_MALFORMED}, {26, 0x33, QUERN_DROP_ND_MALFORMED},
		{4, 0x80, QUERN_DROP_NONE},         {24, 14, QUERN_DROP_NONE},
	};

	for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
		for (uint8_t type = 135; type <= 136; type++) {
			struct packet packet;
			struct frame frame;

			nd_make(&frame, type, 0, true);
			frame.bytes[frame.l4 + lies[i].at] = lies[i].value;
			frame6_fix_checksum(&frame, 58);
			cr_assert_eq(frame6_parse(&frame, &packet), lies[i].drop, "lie %zu, type %u", i, type);
			if (lies[i].at == 24)
				cr_assert(!packet.nd.has_mac, "an option that is not known says nothing");
		}
	}
}

Test(wire_icmp6, who_has_no_address_yet_may_only_ask_the_targets_group_without_a_mac)
{
	struct packet packet;
	struct frame frame;

	for (uint32_t i = 0; i < 8; i++) {
		bool has_mac = i & 1, to_group = i & 2, is_right = !has_mac && to_group && !(i & 4);

		nd_make(&frame, i & 4 ? 136 : 135, 0, has_mac);
		memset(frame.bytes + frame.l3 + 8, 0, 16);
		if (to_group)
			memcpy(frame.bytes + frame.l3 + 24, "\xff\x02\0\0\0\0\0\0\0\0\0\1\xff\0\0\1", 16);
		frame6_fix_checksum(&frame, 58);
		cr_assert_eq(frame6_parse(&frame, &packet), is_right ? QUERN_DROP_NONE : QUERN_DROP_ND_MALFORMED,
			     "case %u", i);
		if (is_right)
			cr_assert(ip6_is_unspecified(packet.ip6.remote));
	}
}

Test(wire_icmp6, an_advertisement_to_a_group_answers_nobodys_question)
{
	for (uint32_t flags = 0; flags < 256; flags++) {
		struct packet packet;
		struct frame frame;

		nd_make(&frame, 136, (uint8_t)flags, true);
		memcpy(frame.bytes + frame.l3 + 24, "\xff\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16);
		frame6_fix_checksum(&frame, 58);
		cr_assert_eq(frame6_parse(&frame, &packet), flags & 0x40 ? QUERN_DROP_ND_MALFORMED : QUERN_DROP_NONE);
	}
}

/* Whatever options hold, each is passed over or the packet dropped: a test that does not end is one that has failed. */
Test(wire_icmp6, options_of_random_bytes_end)
{
	struct random random;
	uint32_t taken = 0;

	random_seed(&random, 4861);
	for (uint32_t round = 0; round < 100000; round++) {
		uint8_t message[24 + 64] = {135};
		uint32_t bytes = 24 + random_below(&random, 65);
		struct packet packet;
		struct frame frame;

		memcpy(message + 8, FRAME6_ADDRESSES, 16);
		for (uint32_t at = 24; at < bytes; at++)
			message[at] = (uint8_t)(random_below(&random, 3) ? random_below(&random, 4) & ~1u
									 : random_next(&random));
		for (uint32_t at = 25; at < bytes && round % 2; at += 8)
			message[at] = 1;
		frame6_make(&frame,
			    &(struct frame6_plan){.protocol = 58, .hops = 255, .l4 = message, .l4_bytes = bytes});
		if (frame6_parse(&frame, &packet) != QUERN_DROP_NONE)
			continue;
		taken++;
		cr_assert(!packet.nd.has_mac || !(packet.nd.mac[0] & 1));
	}
	cr_assert_gt(taken, 1000);
}
