/* test_wire_build6.c - built IPv6 frames, byte by byte and read back by the parser. */
#include <string.h>

#include <criterion/criterion.h>

#include "base/random.h"
#include "wire/wire_build.h"
#include "wire_frames6.h"

/* What we send: the addresses of FRAME6_PAIR, the other way round than in frames that come in. */
static const struct flow_key KEY = {.local_port = 80, .remote_port = 40000};

Test(wire_build6, writes_a_syn_byte_by_byte)
{
	static const uint8_t head[8] = {0x61, 0x20, 0, 0, 0, 24, 6, 64};
	static const uint8_t tcp[24] = {0,    80,   0x9c, 0x40, 1, 2, 3, 4, 0xa0, 0xb0, 0xc0, 0xd0,
					0x60, 0x12, 0x12, 0x34, 0, 0, 0, 0, 2,    4,    5,    0xa0};
	const struct segment segment = {
		.seq = 0x01020304, .ack = 0xa0b0c0d0, .wnd = 0x1234, .mss = 1440, .flags = TCP_SYN | TCP_ACK};
	struct frame right = {.l3 = 14, .l4 = 54};
	uint8_t built[WIRE_TCP6_FRAME_MAX];
	struct wire_link link;

	wire_link_make(&link, FRAME_PEER_MAC, FRAME_OUR_MAC, 0, 0x86dd);
	memcpy(right.bytes, link.header, 14);
	memcpy(right.bytes + 14, head, 8);
	memcpy(right.bytes + 22, FRAME6_ADDRESSES + 16, 16);
	memcpy(right.bytes + 38, FRAME6_ADDRESSES, 16);
	memcpy(right.bytes + 54, tcp, 24);
	frame6_fix_checksum(&right, 6);
	memset(built, 0xee, sizeof built);
	memcpy(built, link.header, 14);
	cr_assert_eq(wire_build_tcp6_at(built, 14, &FRAME6_PAIR, &KEY, &segment,
					&(struct wire_ip_options){.ttl = 64, .tos = 0x12}),
		     78);
	cr_assert_arr_eq(built, right.bytes, 78);
	for (size_t i = 78; i < sizeof built; i++)
		cr_assert_eq(built[i], 0xee, "byte %zu behind the frame", i);
}

static struct quern_ip6 host_draw(struct random *random)
{
	return (struct quern_ip6){random_next(random) & INT64_MAX, random_next(random)};
}

Test(wire_build6, what_is_built_is_what_the_parser_reads)
{
	const struct wire_expect expect = {.ip6 = true};
	struct random random;

	random_seed(&random, 6);
	for (int round = 0; round < 50000; round++) {
		const struct ip6_pair pair = {host_draw(&random), host_draw(&random)};
		const struct flow_key key = {.local_port = (uint16_t)(1 + random_below(&random, 65535)),
					     .remote_port = (uint16_t)(1 + random_below(&random, 65535))};
		const struct wire_ip_options options = {.ttl = (uint8_t)random_next(&random), .tos = (uint8_t)round};
		struct segment segment = {.seq = (uint32_t)random_next(&random),
					  .ack = (uint32_t)random_next(&random),
					  .wnd = (uint16_t)random_next(&random),
					  .flags = (uint8_t)random_below(&random, 64),
					  .text_bytes = random_below(&random, 300)};
		uint8_t bytes[60 + 40 + 300];
		struct packet packet;

		segment.mss = segment.flags & TCP_SYN ? (uint16_t)random_next(&random) : 0;
		for (uint32_t i = 0; i < segment.text_bytes; i++)
			bytes[wire_text_after_link6(&segment) + i] = (uint8_t)random_next(&random);
		uint32_t length = wire_build_tcp6_at(bytes, 0, &pair, &key, &segment, &options);

		cr_assert_eq(length, wire_text_after_link6(&segment) + segment.text_bytes);
		cr_assert_eq(frame_parse_exact(bytes, length, &expect, &packet), QUERN_DROP_NONE, "round %d", round);
		cr_assert(ip6_equal(packet.ip6.local, pair.remote) && ip6_equal(packet.ip6.remote, pair.local));
		cr_assert_eq(packet.key.local_port, key.remote_port);
		cr_assert_eq(packet.key.remote_port, key.local_port);
		cr_assert_eq(packet.ttl, options.ttl);
		cr_assert_eq((uint8_t)(bytes[0] << 4 | bytes[1] >> 4), options.tos);
		cr_assert_eq(packet.tcp.seq, segment.seq);
		cr_assert_eq(packet.tcp.ack, segment.ack);
		cr_assert_eq(packet.tcp.wnd, segment.wnd);
		cr_assert_eq(packet.tcp.mss, segment.mss);
		cr_assert_eq(packet.tcp.text_bytes, segment.text_bytes);
	}
}

Test(wire_build6, leaves_to_the_port_what_the_port_fills_in)
{
	const struct segment segment = {.seq = 1, .wnd = 2, .mss = 1440, .flags = TCP_SYN};
	const struct wire_ip_options options = {.ttl = 64, .offload_ip_checksum = true, .offload_l4_checksum = true};
	uint8_t bytes[WIRE_TCP6_FRAME_MAX];

	cr_assert_eq(wire_build_tcp6_at(bytes, 0, &FRAME6_PAIR, &KEY, &segment, &options), 64);
	/* Addresses, protocol and length, folded, not complemented. */
	cr_assert_eq((uint16_t)(bytes[56] << 8 | bytes[57]), (uint16_t)~frame_checksum(6 + 24, bytes + 8, 32));
}

Test(wire_build6, neighbour_discovery_reads_back)
{
	for (uint32_t i = 0; i < 16; i++) {
		struct wire_nd nd = {.target = FRAME6_PAIR.remote, .has_mac = i & 1, .is_advertisement = i & 2};
		struct ip6_pair pair = FRAME6_PAIR;
		struct packet packet;
		struct frame frame;
		struct wire_link link;

		nd.is_solicited = nd.is_advertisement && i & 4;
		nd.is_override = nd.is_advertisement && i & 8;
		memcpy(nd.mac, FRAME_PEER_MAC, 6);
		wire_link_make(&link, FRAME_OUR_MAC, FRAME_PEER_MAC, 0, 0x86dd);
		memset(frame.bytes, 0xee, sizeof frame.bytes);
		frame.length = wire_build_nd(frame.bytes, &link, &pair, &nd);
		cr_assert_eq(frame.length, 14 + 40 + (nd.has_mac ? 32 : 24));
		cr_assert_eq(frame6_parse(&frame, &packet), QUERN_DROP_NONE, "case %u", i);
		cr_assert_eq(packet.kind, WIRE_ND);
		cr_assert_eq(packet.ttl, 255);
		cr_assert(ip6_equal(packet.ip6.remote, pair.local) && ip6_equal(packet.ip6.local, pair.remote));
		cr_assert(ip6_equal(packet.nd.target, nd.target));
		cr_assert_eq(packet.nd.has_mac, nd.has_mac);
		cr_assert_eq(packet.nd.is_advertisement, nd.is_advertisement);
		cr_assert_eq(packet.nd.is_solicited, nd.is_solicited);
		cr_assert_eq(packet.nd.is_override, nd.is_override);
		if (nd.has_mac)
			cr_assert_arr_eq(packet.nd.mac, FRAME_PEER_MAC, 6);
	}
}

/* RFC 2464 7 and RFC 4291 2.7.1, with the example of the latter. */
Test(wire_build6, a_solicited_nodes_group_and_its_mac_hold_the_last_bytes_of_the_address)
{
	static const uint8_t right[6] = {0x33, 0x33, 0xff, 0x0e, 0x8c, 0x6c};
	struct quern_ip6 group = ip6_solicited_node((struct quern_ip6){0x4037ULL << 48, 0x01080020000e8c6c});
	uint8_t mac[6];

	cr_assert(ip6_equal(group, (struct quern_ip6){0xff02ULL << 48, 0x00000001ff0e8c6c}));
	wire_group_mac(group, mac);
	cr_assert_arr_eq(mac, right, 6);
}

Test(wire_build6, an_echo_request_turns_into_a_reply_that_is_valid)
{
	static const uint8_t options[8] = {58, 0, 1, 4};

	for (uint32_t text_bytes = 0; text_bytes < 300; text_bytes++) {
		struct packet request, reply;
		struct frame frame, asked;

		frame6_make(&asked, &(struct frame6_plan){.protocol = 58,
							  .text_bytes = text_bytes,
							  .next = 60,
							  .extensions = options,
							  .extension_bytes = text_bytes % 2 * 8});
		frame = asked;
		cr_assert_eq(frame6_parse(&frame, &request), QUERN_DROP_NONE);
		cr_assert_eq(request.icmp.type, 128);
		wire_turn_echo(frame.bytes, &request, 77);
		cr_assert_eq(frame6_parse(&frame, &reply), QUERN_DROP_NONE, "%u bytes of text", text_bytes);
		cr_assert_eq(reply.icmp.type, 129);
		cr_assert_eq(reply.ttl, 77);
		cr_assert(ip6_equal(reply.ip6.local, request.ip6.remote));
		cr_assert(ip6_equal(reply.ip6.remote, request.ip6.local));
		cr_assert_arr_eq(frame.bytes, asked.bytes, 14, "the link header is left alone");
		cr_assert_arr_eq(frame.bytes + frame.l4 + 4, asked.bytes + frame.l4 + 4, 4 + text_bytes,
				 "identifier, sequence number and text come back as they were");
	}
}
