/* test_wire_build.c - built frames, byte by byte and read back by the parser. */
#include <criterion/criterion.h>

#include "base/random.h"
#include "wire/wire_build.h"
#include "wire_frames.h"

static const struct wire_ip_options OPTIONS = {.ttl = 64};
static const struct flow_key KEY = {.local = 0xc6120001, .remote = 0xc6130009, .local_port = 80, .remote_port = 40000};

Test(wire_build, writes_a_syn_byte_by_byte)
{
	static const uint8_t right[58] = {
		2,    0,    0,    0,    0, 2, 2,    0,   0,    0,    0,    1,    8,    0, /* Ethernet */
		0x45, 0x10, 0,    44,   0, 0, 0x40, 0,   64,   6,    0,    0,    198,  18,   0,    1,
		198,  19,   0,    9,                                                                     /* IP */
		0,    80,   0x9c, 0x40, 1, 2, 3,    4,   0xa0, 0xb0, 0xc0, 0xd0, 0x60, 0x12, 0x12, 0x34, /* TCP */
		0,    0,    0,    0,    2, 4, 5,    0xb4};
	const struct segment segment = {
		.seq = 0x01020304, .ack = 0xa0b0c0d0, .wnd = 0x1234, .mss = 1460, .flags = TCP_SYN | TCP_ACK};
	struct frame frame = {.l3 = 14, .l4 = 34};
	uint8_t built[WIRE_TCP_FRAME_MAX];
	struct wire_link link;

	memcpy(frame.bytes, right, sizeof right);
	frame_fix_checksums(&frame);
	memset(built, 0xee, sizeof built);
	wire_link_make(&link, FRAME_PEER_MAC, FRAME_OUR_MAC, 0, 0x0800);
	cr_assert_eq(wire_build_tcp(built, &link, &KEY, &segment, &(struct wire_ip_options){.ttl = 64, .tos = 0x10}),
		     58);
	cr_assert_arr_eq(built, frame.bytes, 58);
	for (size_t i = 58; i < sizeof built; i++)
		cr_assert_eq(built[i], 0xee, "byte %zu behind the frame", i);
}

static void segment_draw(struct segment *segment, struct random *random)
{
	*segment = (struct segment){
		.seq = (uint32_t)random_next(random),
		.ack = (uint32_t)random_next(random),
		.wnd = (uint16_t)random_next(random),
		.urgent = (uint16_t)random_next(random),
		.flags = (uint8_t)random_below(random, 64),
	};
	segment->options = random_below(random, 2) ? SEGMENT_TIMESTAMPS : 0;
	segment->tsval = segment->options ? (uint32_t)random_next(random) : 0;
	segment->tsecr = segment->options ? (uint32_t)random_next(random) : 0;
	if (segment->flags & TCP_SYN) {
		segment->mss = (uint16_t)random_next(random);
		segment->options |= (uint8_t)random_below(random, 4);
		segment->scale = segment->options & SEGMENT_SCALE ? (uint8_t)random_below(random, 15) : 0;
		return;
	}
	segment->sack_count =
		(uint8_t)random_below(random, (segment->options ? SEGMENT_SACKS_BESIDE_TIMESTAMPS : SEGMENT_SACKS) + 1);
	for (int i = 0; i < segment->sack_count; i++)
		segment->sacks[i] = (struct segment_sack){(uint32_t)random_next(random), (uint32_t)random_next(random)};
}

static void segment_check(const struct segment *got, const struct segment *wanted)
{
	cr_assert_eq(got->seq, wanted->seq);
	cr_assert_eq(got->ack, wanted->ack);
	cr_assert_eq(got->wnd, wanted->wnd);
	cr_assert_eq(got->urgent, wanted->urgent);
	cr_assert_eq(got->flags, wanted->flags);
	cr_assert_eq(got->mss, wanted->mss);
	cr_assert_eq(got->options, wanted->options);
	if (wanted->options & SEGMENT_SCALE)
		cr_assert_eq(got->scale, wanted->scale);
	cr_assert_eq(got->sack_count, wanted->sack_count);
	if (wanted->options & SEGMENT_TIMESTAMPS)
		cr_assert(got->tsval == wanted->tsval && got->tsecr == wanted->tsecr);
	for (int i = 0; i < wanted->sack_count; i++) {
		cr_assert_eq(got->sacks[i].left, wanted->sacks[i].left);
		cr_assert_eq(got->sacks[i].right, wanted->sacks[i].right);
	}
	cr_assert_eq(got->text_bytes, 0);
}

Test(wire_build, what_is_built_is_what_the_parser_reads)
{
	struct random random;

	random_seed(&random, 1);
	for (int round = 0; round < 100000; round++) {
		struct wire_expect expect = {.ethernet = round % 5 != 0, .vlan = (uint16_t)(round % 3 * 100)};
		struct flow_key key = {.local = 0x01000000 + random_below(&random, 0x70000000),
				       .remote = (uint32_t)random_next(&random),
				       .local_port = (uint16_t)(1 + random_below(&random, 65535)),
				       .remote_port = (uint16_t)(1 + random_below(&random, 65535))};
		const struct wire_ip_options options = {.ttl = (uint8_t)random_next(&random),
							.tos = (uint8_t)random_next(&random)};
		uint8_t bytes[WIRE_TCP_FRAME_MAX];
		struct wire_link link = {.bytes = 0};
		struct segment segment;
		struct packet packet;

		memcpy(expect.mac, FRAME_OUR_MAC, 6);
		if (expect.ethernet)
			wire_link_make(&link, FRAME_OUR_MAC, FRAME_PEER_MAC, expect.vlan, 0x0800);
		segment_draw(&segment, &random);
		uint32_t length = wire_build_tcp(bytes, &link, &key, &segment, &options);

		cr_assert_eq(length, link.bytes + wire_text_after_link(&segment));
		cr_assert_eq(frame_parse_exact(bytes, length, &expect, &packet), QUERN_DROP_NONE, "round %d", round);
		cr_assert_eq(packet.key.local, key.remote);
		cr_assert_eq(packet.key.remote, key.local);
		cr_assert_eq(packet.key.local_port, key.remote_port);
		cr_assert_eq(packet.key.remote_port, key.local_port);
		cr_assert_eq(packet.ttl, options.ttl);
		cr_assert_eq(bytes[link.bytes + 1], options.tos);
		segment_check(&packet.tcp, &segment);
	}
}

Test(wire_build, builds_behind_a_link_header_that_lies_there)
{
	const struct segment segment = {.seq = 1, .wnd = 2, .flags = TCP_RST};

	for (uint16_t vlan = 0; vlan <= 7; vlan += 7) {
		uint8_t built[WIRE_TCP_FRAME_MAX], at[WIRE_TCP_FRAME_MAX];
		struct wire_link link;

		wire_link_make(&link, FRAME_OUR_MAC, FRAME_PEER_MAC, vlan, 0x0800);
		uint32_t length = wire_build_tcp(built, &link, &KEY, &segment, &OPTIONS);

		memcpy(at, link.header, link.bytes);
		cr_assert_eq(wire_build_tcp_at(at, link.bytes, &KEY, &segment, &OPTIONS), length);
		cr_assert_arr_eq(at, built, length);
	}
}

Test(wire_build, leaves_to_the_port_what_the_port_fills_in)
{
	const struct segment segment = {.seq = 1, .wnd = 2, .mss = 1460, .flags = TCP_SYN};
	const struct wire_ip_options options = {.ttl = 64, .offload_ip_checksum = true, .offload_l4_checksum = true};
	const struct wire_link none = {.bytes = 0};
	uint8_t bytes[WIRE_TCP_FRAME_MAX];

	cr_assert_eq(wire_build_tcp(bytes, &none, &KEY, &segment, &options), 44);
	cr_assert_eq(bytes[10] << 8 | bytes[11], 0);
	/* Addresses, protocol and length, folded, not complemented. */
	cr_assert_eq((uint16_t)(bytes[36] << 8 | bytes[37]), (uint16_t)~frame_checksum(6 + 24, bytes + 12, 8));
}

Test(wire_build, makes_and_swaps_link_headers)
{
	static const uint8_t tagged[18] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x81, 0, 0, 100, 8, 6};
	struct wire_link link;

	wire_link_make(&link, FRAME_OUR_MAC, FRAME_PEER_MAC, 100, 0x0806);
	cr_assert_eq(link.bytes, 18);
	cr_assert_arr_eq(link.header, tagged, 18);
	wire_link_swap(link.header);
	cr_assert_arr_eq(link.header, FRAME_PEER_MAC, 6);
	cr_assert_arr_eq(link.header + 6, FRAME_OUR_MAC, 6);
	cr_assert_arr_eq(link.header + 12, tagged + 12, 6);
}

Test(wire_build, an_arp_frame_reads_back_and_is_padded_with_zeros_to_60)
{
	static const uint16_t vlans[] = {0, 7};
	struct wire_arp arp = {.operation = 2, .sender = 0xc6120001, .target = 0xc6130009};

	memcpy(arp.sender_mac, FRAME_PEER_MAC, 6);
	for (int i = 0; i < 2; i++) {
		struct wire_expect expect = {.ethernet = true, .vlan = vlans[i]};
		struct wire_link link;
		struct packet packet;
		uint8_t bytes[60];

		memcpy(expect.mac, FRAME_OUR_MAC, 6);
		memset(bytes, 0xee, sizeof bytes);
		wire_link_make(&link, FRAME_OUR_MAC, FRAME_PEER_MAC, vlans[i], 0x0806);
		cr_assert_eq(wire_build_arp(bytes, &link, &arp, FRAME_OUR_MAC), 60);
		cr_assert_eq(frame_parse_exact(bytes, 60, &expect, &packet), QUERN_DROP_NONE);
		cr_assert_eq(packet.arp.operation, 2);
		cr_assert_eq(packet.arp.sender, arp.sender);
		cr_assert_eq(packet.arp.target, arp.target);
		cr_assert_arr_eq(packet.arp.sender_mac, arp.sender_mac, 6);
		cr_assert_arr_eq(bytes + link.bytes + 18, FRAME_OUR_MAC, 6, "the target's MAC address");
		for (uint32_t at = link.bytes + 28u; at < 60; at++)
			cr_assert_eq(bytes[at], 0);
	}
}

Test(wire_build, an_echo_request_turns_into_a_reply_that_is_valid)
{
	static const uint8_t record_route[] = {7, 7, 4, 0, 0, 0, 0, 0};

	for (uint32_t text_bytes = 0; text_bytes < 300; text_bytes++) {
		struct packet request, reply;
		struct frame frame, asked;

		frame_make(&asked, &(struct frame_plan){.protocol = 1,
							.text_bytes = text_bytes,
							.ip_options = record_route,
							.ip_options_bytes = text_bytes % 2 * 8});
		frame = asked;
		cr_assert_eq(frame_parse(&frame, &request), QUERN_DROP_NONE);
		cr_assert_eq(request.icmp.type, 8);
		wire_turn_echo(frame.bytes, &request, 255);
		cr_assert_eq(frame_parse(&frame, &reply), QUERN_DROP_NONE, "%u bytes of text", text_bytes);
		cr_assert_eq(reply.icmp.type, 0);
		cr_assert_eq(reply.icmp.code, 0);
		cr_assert_eq(reply.ttl, 255);
		cr_assert_eq(reply.key.local, request.key.remote);
		cr_assert_eq(reply.key.remote, request.key.local);
		cr_assert_arr_eq(frame.bytes, asked.bytes, 14, "the link header is left alone");
		cr_assert_arr_eq(frame.bytes + frame.l4 + 4, asked.bytes + frame.l4 + 4, 4 + text_bytes,
				 "identifier, sequence number and text come back as they were");
	}
}

/* Its checksum is the one zero of two that RFC 1624's equation does not give. */
Test(wire_build, an_echo_request_of_nothing_but_zeros_turns_into_a_reply_that_is_valid)
{
	for (uint32_t text_bytes = 0; text_bytes < 50; text_bytes++) {
		struct packet request, reply;
		struct frame frame;

		frame_make(&frame, &(struct frame_plan){.protocol = 1, .text_bytes = text_bytes});
		memset(frame.bytes + frame.l4 + 4, 0, 4 + text_bytes);
		frame_fix_checksums(&frame);
		cr_assert_eq(frame_parse(&frame, &request), QUERN_DROP_NONE);
		wire_turn_echo(frame.bytes, &request, 64);
		cr_assert_eq(frame_parse(&frame, &reply), QUERN_DROP_NONE, "%u bytes of text", text_bytes);
	}
}
