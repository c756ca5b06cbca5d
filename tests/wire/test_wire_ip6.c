/* test_wire_ip6.c - IPv6 frames: what they become, and each reason why one is dropped. */
#include <string.h>

#include <criterion/criterion.h>

#include "base/random.h"
#include "wire_frames6.h"

Test(wire_ip6, reads_every_field_of_a_plain_tcp_segment)
{
	struct packet packet;
	struct frame frame;

	frame6_make(&frame, &(struct frame6_plan){.protocol = 6, .flags = TCP_ACK, .text_bytes = 11, .padding = 3});
	cr_assert_eq(frame6_parse(&frame, &packet), QUERN_DROP_NONE);
	cr_assert_eq(packet.kind, WIRE_TCP);
	cr_assert_eq(packet.version, 6);
	cr_assert(ip6_equal(packet.ip6.local, FRAME6_PAIR.local));
	cr_assert(ip6_equal(packet.ip6.remote, FRAME6_PAIR.remote));
	cr_assert(flow_key_equal(&packet.key, &(struct flow_key){0, 0, 80, 40000}), "the key holds ports alone");
	cr_assert_eq(packet.ttl, 64);
	cr_assert_eq(packet.link_bytes, 14);
	cr_assert_eq(packet.l4_offset, 54);
	cr_assert_eq(packet.text_offset, 74);
	cr_assert_eq(packet.frame_bytes, 85);
	cr_assert_eq(packet.tcp.seq, 0x01020304);
	cr_assert_eq(packet.tcp.ack, 0xa0b0c0d0);
	cr_assert_eq(packet.tcp.wnd, 0x1234);
	cr_assert_eq(packet.tcp.text_bytes, 11);
}

Test(wire_ip6, takes_every_kind_of_seed_and_none_where_ipv6_is_not_spoken)
{
	static const uint8_t kinds[FRAME6_SEEDS] = {WIRE_TCP, WIRE_TCP,  WIRE_TCP, WIRE_TCP, WIRE_TCP, WIRE_TCP,
						    WIRE_UDP, WIRE_ICMP, WIRE_ND,  WIRE_ND,  WIRE_ICMP};

	for (int seed = 0; seed < FRAME6_SEEDS; seed++) {
		struct wire_expect expect;
		struct packet packet;
		struct frame frame;

		frame6_make_seed(&frame, &expect, seed);
		cr_assert_eq(frame_parse_exact(frame.bytes, frame.length, &expect, &packet), QUERN_DROP_NONE, "seed %d",
			     seed);
		cr_assert_eq(packet.kind, kinds[seed], "seed %d", seed);
		cr_assert_eq(packet.l4_offset, frame.l4, "seed %d", seed);
		expect.ip6 = false;
		cr_assert_eq(frame_parse_exact(frame.bytes, frame.length, &expect, &packet),
			     expect.ethernet ? QUERN_DROP_ETHER_TYPE : QUERN_DROP_IP_VERSION, "seed %d", seed);
	}
}

Test(wire_ip6, a_group_is_a_destination_for_others_to_judge)
{
	struct packet packet;
	struct frame frame;

	frame6_make(&frame, &(struct frame6_plan){.protocol = 58});
	memcpy(frame.bytes + frame.l3 + 24, "\xff\x02\0\0\0\0\0\0\0\0\0\1\xff\0\0\1", 16);
	memcpy(frame.bytes, "\x33\x33\xff\0\0\1", 6);
	frame6_fix_checksum(&frame, 58);
	cr_assert_eq(frame6_parse(&frame, &packet), QUERN_DROP_NONE);
	cr_assert(packet.to_group);
	cr_assert(ip6_equal(packet.ip6.local, ip6_solicited_node(FRAME6_PAIR.local)));
}

/* One byte from the IPv6 header on made another, the checksum put right. */
struct damage {
	uint32_t at;
	uint8_t value;
	enum quern_drop drop;
};

Test(wire_ip6, each_wrong_byte_of_a_header_has_its_reason)
{
	static const struct damage damages[] = {
		{0, 0x45, QUERN_DROP_IP_VERSION},  {0, 0x6f, QUERN_DROP_NONE},        {1, 0xff, QUERN_DROP_NONE},
		{5, 25, QUERN_DROP_IP_LENGTH},     {4, 1, QUERN_DROP_IP_LENGTH},      {5, 19, QUERN_DROP_TCP_HEADER},
		{5, 0, QUERN_DROP_TCP_HEADER},     {6, 132, QUERN_DROP_IP_PROTOCOL},  {6, 1, QUERN_DROP_IP_PROTOCOL},
		{6, 59, QUERN_DROP_IP_PROTOCOL},   {6, 51, QUERN_DROP_IP_PROTOCOL},   {7, 0, QUERN_DROP_NONE},
		{8, 0xff, QUERN_DROP_IP_SOURCE},   {8, 0xfe, QUERN_DROP_NONE},        {40, 0, QUERN_DROP_NONE},
		{52, 0x40, QUERN_DROP_TCP_HEADER}, {52, 0x70, QUERN_DROP_TCP_HEADER}, {43, 0, QUERN_DROP_TCP_PORT_ZERO},
		{6, 44, QUERN_DROP_IP_FRAGMENT},
	};

	for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
		struct packet packet;
		struct frame frame;

		frame6_make(&frame, &(struct frame6_plan){.protocol = 6, .flags = TCP_ACK, .text_bytes = 4});
		frame.bytes[frame.l3 + damages[i].at] = damages[i].value;
		if (damages[i].drop != QUERN_DROP_IP_LENGTH && damages[i].at != 5)
			frame6_fix_checksum(&frame, 6);
		cr_assert_eq(frame6_parse(&frame, &packet), damages[i].drop, "damage %zu: %s", i,
			     quern_drop_name(damages[i].drop));
	}
}

Test(wire_ip6, a_source_that_nobody_may_have_is_dropped)
{
	static const uint8_t sources[][16] = {
		{0},
		{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
		{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 198, 18, 0, 1},
		{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
	};
	static const uint8_t protocols[] = {6, 17, 58};

	for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
		for (size_t k = 0; k < sizeof protocols; k++) {
			struct packet packet;
			struct frame frame;

			frame6_make(&frame, &(struct frame6_plan){.protocol = protocols[k], .flags = TCP_SYN});
			memcpy(frame.bytes + frame.l3 + 8, sources[i], 16);
			frame6_fix_checksum(&frame, protocols[k]);
			cr_assert_eq(frame6_parse(&frame, &packet), QUERN_DROP_IP_SOURCE, "source %zu, protocol %u", i,
				     protocols[k]);
		}
	}
}

Test(wire_ip6, land_needs_the_same_address_and_port)
{
	struct packet packet;
	struct frame frame;

	frame6_make(&frame, &(struct frame6_plan){.protocol = 6, .flags = TCP_SYN});
	memcpy(frame.bytes + frame.l4, frame.bytes + frame.l4 + 2, 2);
	frame6_fix_checksum(&frame, 6);
	cr_assert_eq(frame6_parse(&frame, &packet), QUERN_DROP_NONE, "the port alone is no LAND");
	memcpy(frame.bytes + frame.l3 + 8, frame.bytes + frame.l3 + 24, 16);
	frame6_fix_checksum(&frame, 6);
	cr_assert_eq(frame6_parse(&frame, &packet), QUERN_DROP_TCP_LAND);
}

/* RFC 8200 8.1, row 110: there is nothing else that protects the addresses. */
Test(wire_ip6, a_datagram_without_a_checksum_is_dropped_whoever_vouches_for_it)
{
	struct wire_expect expect = {.ethernet = true, .ip6 = true, .l4_checksum_good = true};
	struct packet packet;
	struct frame frame;

	memcpy(expect.mac, FRAME_OUR_MAC, 6);
	frame6_make(&frame, &(struct frame6_plan){.protocol = 17, .text_bytes = 5});
	cr_assert_eq(frame6_parse(&frame, &packet), QUERN_DROP_NONE);
	memset(frame.bytes + frame.l4 + 6, 0, 2);
	cr_assert_eq(frame6_parse(&frame, &packet), QUERN_DROP_UDP_MALFORMED);
	cr_assert_eq(frame_parse_exact(frame.bytes, frame.length, &expect, &packet), QUERN_DROP_UDP_MALFORMED);
}

/* Extension headers of a plan, and what becomes of the segment behind them. */
struct extension_case {
	uint8_t next;
	uint32_t bytes;
	uint8_t headers[48];
	enum quern_drop drop;
};

Test(wire_ip6, extension_headers_are_passed_over_or_refused_as_rfc_8200_has_it)
{
	static const struct extension_case cases[] = {
		{0, 8, {6, 0, 1, 4}, QUERN_DROP_NONE},
		{60, 8, {6, 0, 0, 0, 0, 0, 0, 0}, QUERN_DROP_NONE},
		{60, 16, {6, 1, 0x3e, 12}, QUERN_DROP_NONE},
		{60, 16, {0, 0, 1, 4, 0, 0, 0, 0, 6, 0, 1, 4}, QUERN_DROP_IP_EXTENSION},
		{0, 16, {0, 0, 1, 4, 0, 0, 0, 0, 6, 0, 1, 4}, QUERN_DROP_IP_EXTENSION},
		{60, 8, {6, 0, 0x40, 4}, QUERN_DROP_IP_EXTENSION},
		{60, 8, {6, 0, 0x80, 4}, QUERN_DROP_IP_EXTENSION},
		{0, 8, {6, 0, 0xc2, 4, 0, 1, 0, 0}, QUERN_DROP_IP_EXTENSION},
		{60, 8, {6, 0, 1, 5}, QUERN_DROP_IP_EXTENSION},
		{60, 8, {6, 0, 0, 0, 0, 0, 0, 1}, QUERN_DROP_IP_EXTENSION},
		{60, 8, {6, 200, 1, 4}, QUERN_DROP_IP_EXTENSION},
		{43, 8, {6, 0, 0, 0}, QUERN_DROP_IP_SOURCE_ROUTE},
		{43, 8, {6, 0, 0, 1}, QUERN_DROP_IP_SOURCE_ROUTE},
		{43, 8, {6, 0, 2, 1}, QUERN_DROP_IP_SOURCE_ROUTE},
		{43, 8, {6, 0, 4, 0}, QUERN_DROP_NONE},
		{44, 8, {6, 0, 0, 1}, QUERN_DROP_TCP_FRAGMENT},
		{44, 8, {6, 0, 0, 0}, QUERN_DROP_TCP_FRAGMENT},
		{44, 8, {6, 0, 0xff, 0xf8}, QUERN_DROP_TCP_FRAGMENT},
		{44, 8, {17, 0, 0, 1}, QUERN_DROP_IP_FRAGMENT},
		{44, 8, {58, 0, 0, 0}, QUERN_DROP_IP_FRAGMENT},
		{0, 16, {44, 0, 1, 4, 0, 0, 0, 0, 6, 0, 0, 1}, QUERN_DROP_TCP_FRAGMENT},
		{60, 8, {59, 0, 1, 4}, QUERN_DROP_IP_PROTOCOL},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct packet packet;
		struct frame frame;

		frame6_make(&frame, &(struct frame6_plan){.protocol = 6,
							  .flags = TCP_ACK,
							  .text_bytes = 7,
							  .next = cases[i].next,
							  .extensions = cases[i].headers,
							  .extension_bytes = cases[i].bytes});
		cr_assert_eq(frame6_parse(&frame, &packet), cases[i].drop, "case %zu", i);
		if (cases[i].drop == QUERN_DROP_NONE)
			cr_assert_eq(packet.tcp.text_bytes, 7, "case %zu", i);
	}
}

Test(wire_ip6, no_more_extension_headers_are_passed_over_than_the_bounds_say)
{
	for (uint32_t headers = 1; headers <= 8; headers++) {
		for (uint32_t units = 0; units < 16; units++) {
			uint32_t bytes = headers * (units + 1) * 8;
			uint8_t extensions[8 * 16 * 8] = {0};
			bool is_taken = headers <= 4 && bytes <= 256;
			struct packet packet;
			struct frame frame;

			for (uint32_t i = 0; i < headers; i++) {
				extensions[i * (units + 1) * 8] = i + 1 < headers ? 60 : 6;
				extensions[i * (units + 1) * 8 + 1] = (uint8_t)units;
			}
			frame6_make(&frame, &(struct frame6_plan){.protocol = 6,
								  .flags = TCP_ACK,
								  .next = 60,
								  .extensions = extensions,
								  .extension_bytes = bytes});
			cr_assert_eq(frame6_parse(&frame, &packet),
				     is_taken ? QUERN_DROP_NONE : QUERN_DROP_IP_EXTENSION, "%u headers of %u bytes",
				     headers, (units + 1) * 8);
		}
	}
}

Test(wire_ip6, every_truncation_of_every_seed_is_dropped_and_nothing_beyond_is_read)
{
	for (int seed = 0; seed < FRAME6_SEEDS; seed++) {
		struct wire_expect expect;
		struct packet packet;
		struct frame frame;

		frame6_make_seed(&frame, &expect, seed);
		for (uint32_t length = 0; length < frame.length; length++)
			cr_assert_neq(frame_parse_exact(frame.bytes, length, &expect, &packet), QUERN_DROP_NONE,
				      "seed %d cut to %u", seed, length);
	}
}

/* Traffic class, flow label, next header and hop limit are under no checksum, nor are extension headers. */
Test(wire_ip6, any_one_bit_flipped_under_the_checksum_is_a_drop)
{
	for (int seed = 0; seed < FRAME6_SEEDS; seed++) {
		struct wire_expect expect;
		struct packet packet;
		struct frame frame;

		frame6_make_seed(&frame, &expect, seed);
		for (uint32_t bit = (frame.l3 + 8) * 8; bit < frame.length * 8; bit++) {
			if (bit / 8 >= frame.l3 + 40 && bit / 8 < frame.l4)
				continue;
			frame.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
			cr_assert_neq(frame_parse_exact(frame.bytes, frame.length, &expect, &packet), QUERN_DROP_NONE,
				      "seed %d bit %u", seed, bit);
			frame.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	}
}

Test(wire_ip6, damaged_frames_with_checksums_vouched_for_never_lead_outside)
{
	struct random random;
	int taken = 0;

	random_seed(&random, 8200);
	for (int round = 0; round < 200000; round++) {
		struct wire_expect expect;
		struct packet packet;
		struct frame frame;

		frame6_make_seed(&frame, &expect, round % FRAME6_SEEDS);
		expect.l4_checksum_good = true;
		for (uint32_t flips = 1 + random_below(&random, 6); flips > 0; flips--)
			frame.bytes[random_below(&random, frame.length)] ^= (uint8_t)(1 << random_below(&random, 8));
		uint32_t length = frame.length - random_below(&random, 2) * random_below(&random, frame.length);

		if (frame_parse_exact(frame.bytes, length, &expect, &packet) != QUERN_DROP_NONE)
			continue;
		cr_assert_leq(packet.frame_bytes, length);
		cr_assert_leq(packet.link_bytes, packet.l4_offset);
		cr_assert_leq(packet.l4_offset, packet.text_offset);
		cr_assert_leq(packet.text_offset, packet.frame_bytes);
		if (packet.kind == WIRE_TCP)
			cr_assert_eq(packet.text_offset + packet.tcp.text_bytes, packet.frame_bytes);
		taken++;
	}
	cr_assert_gt(taken, 1000, "damage was so heavy that nothing was tested");
}

Test(wire_ip6, what_looks_like_a_syn_is_one_over_either_version)
{
	for (uint32_t flags = 0; flags < 64; flags++) {
		bool is_syn = (flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) == TCP_SYN;

		for (int bare = 0; bare < 2; bare++) {
			struct frame frame;

			frame6_make(&frame,
				    &(struct frame6_plan){.protocol = 6, .flags = (uint8_t)flags, .no_ethernet = bare});
			cr_assert_eq(wire_looks_like_syn(frame.bytes, frame.length, !bare), is_syn, "flags %u", flags);
			for (uint32_t length = 0; length < frame.length; length++)
				cr_assert(!wire_looks_like_syn(frame.bytes, length, !bare), "cut to %u", length);
			frame.bytes[frame.l3 + 6] = 17;
			cr_assert(!wire_looks_like_syn(frame.bytes, frame.length, !bare));
		}
	}
}
