/* test_wire_parse.c - frames that are taken, and what they become. */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "wire_frames.h"

Test(wire_parse, reads_every_field_of_a_plain_tcp_segment)
{
	struct packet packet;
	struct frame frame;

	frame_make(&frame, &(struct frame_plan){.protocol = 6, .flags = TCP_ACK | TCP_PSH, .text_bytes = 11});
	frame.bytes[frame.l4 + 19] = 5;
	frame_fix_checksums(&frame);
	cr_assert_eq(frame_parse(&frame, &packet), QUERN_DROP_NONE);
	cr_assert_eq(packet.kind, WIRE_TCP);
	cr_assert_eq(packet.key.local, 0xc6120001);
	cr_assert_eq(packet.key.remote, 0xc6130009);
	cr_assert_eq(packet.key.local_port, 80);
	cr_assert_eq(packet.key.remote_port, 40000);
	cr_assert_eq(packet.ttl, 63);
	cr_assert_eq(packet.link_bytes, 14);
	cr_assert_eq(packet.l4_offset, 34);
	cr_assert_eq(packet.text_offset, 54);
	cr_assert_eq(packet.frame_bytes, 65);
	cr_assert(!packet.to_group);
	cr_assert_eq(packet.tcp.seq, 0x01020304);
	cr_assert_eq(packet.tcp.ack, 0xa0b0c0d0);
	cr_assert_eq(packet.tcp.wnd, 0x1234);
	cr_assert_eq(packet.tcp.urgent, 5);
	cr_assert_eq(packet.tcp.text_bytes, 11);
	cr_assert_eq(packet.tcp.flags, TCP_ACK | TCP_PSH);
	cr_assert_eq(packet.tcp.mss, 0);
}

Test(wire_parse, takes_every_kind_of_seed_frame)
{
	static const uint8_t kinds[FRAME_SEEDS] = {WIRE_TCP, WIRE_TCP, WIRE_TCP, WIRE_TCP,  WIRE_TCP,  WIRE_TCP,
						   WIRE_TCP, WIRE_TCP, WIRE_UDP, WIRE_ICMP, WIRE_ICMP, WIRE_ARP};

	for (int seed = 0; seed < FRAME_SEEDS; seed++) {
		struct wire_expect expect;
		struct packet packet;
		struct frame frame;

		frame_make_seed(&frame, &expect, seed);
		cr_assert_eq(frame_parse_exact(frame.bytes, frame.length, &expect, &packet), QUERN_DROP_NONE, "seed %d",
			     seed);
		cr_assert_eq(packet.kind, kinds[seed], "seed %d", seed);
		cr_assert_eq(packet.link_bytes, frame.l3, "seed %d", seed);
		cr_assert_eq(packet.l4_offset, frame.l4, "seed %d", seed);
	}
}

Test(wire_parse, ethernet_padding_is_no_text)
{
	for (uint32_t padding = 0; padding <= 64; padding++) {
		struct packet packet;
		struct frame frame;

		frame_make(&frame,
			   &(struct frame_plan){.protocol = 6, .flags = TCP_ACK, .text_bytes = 3, .padding = padding});
		/* Padding may hold anything. */
		memset(frame.bytes + frame.length - padding, 0xee, padding);
		cr_assert_eq(frame_parse(&frame, &packet), QUERN_DROP_NONE);
		cr_assert_eq(packet.tcp.text_bytes, 3);
		cr_assert_eq(packet.frame_bytes, 57);
	}
}

Test(wire_parse, accepts_the_tags_that_were_asked_for)
{
	static const struct {
		uint8_t tags;
		uint16_t vlan;
		enum quern_drop drop;
	} cases[] = {
		{0, 0, QUERN_DROP_NONE}, {0, 7, QUERN_DROP_VLAN}, {1, 7, QUERN_DROP_NONE},
		{1, 0, QUERN_DROP_VLAN}, {1, 8, QUERN_DROP_VLAN}, {2, 7, QUERN_DROP_NONE},
		{2, 9, QUERN_DROP_VLAN}, {2, 0, QUERN_DROP_VLAN}, {3, 7, QUERN_DROP_ETHER_TYPE},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct wire_expect expect = {.ethernet = true, .vlan = cases[i].vlan};
		struct packet packet;
		struct frame frame;

		memcpy(expect.mac, FRAME_OUR_MAC, 6);
		frame_make(&frame, &(struct frame_plan){.protocol = 6, .flags = TCP_ACK, .tags = cases[i].tags});
		cr_assert_eq(frame_parse_exact(frame.bytes, frame.length, &expect, &packet), cases[i].drop, "case %zu",
			     i);
		if (cases[i].drop == QUERN_DROP_NONE)
			cr_assert_eq(packet.link_bytes, 14 + 4 * cases[i].tags);
	}
}

/* A network within the one that was asked for is another: answers would leave without its tag. */
Test(wire_parse, takes_no_frame_with_a_second_vlan_behind_its_own)
{
	struct wire_expect expect = {.ethernet = true, .vlan = 7};
	struct packet packet;
	struct frame frame;

	memcpy(expect.mac, FRAME_OUR_MAC, 6);
	frame_make(&frame, &(struct frame_plan){.protocol = 6, .flags = TCP_ACK, .tags = 2});
	for (unsigned int id = 0; id < 4096; id++) {
		frame.bytes[18] = (uint8_t)(0x60 | id >> 8);
		frame.bytes[19] = (uint8_t)id;
		cr_assert_eq(frame_parse_exact(frame.bytes, frame.length, &expect, &packet),
			     id == 0 ? QUERN_DROP_NONE : QUERN_DROP_VLAN, "id %u", id);
	}
}

Test(wire_parse, a_priority_tag_counts_as_none_and_hides_no_other)
{
	struct packet packet;
	struct frame frame;

	frame_make(&frame, &(struct frame_plan){.protocol = 6, .flags = TCP_ACK, .tags = 1});
	frame.bytes[15] = 0;
	cr_assert_eq(frame_parse(&frame, &packet), QUERN_DROP_NONE);
	cr_assert_eq(packet.link_bytes, 18);
	frame_make(&frame, &(struct frame_plan){.protocol = 6, .flags = TCP_ACK, .tags = 2});
	frame.bytes[15] = 0;
	frame.bytes[19] = 9;
	cr_assert_eq(frame_parse(&frame, &packet), QUERN_DROP_VLAN, "priority outside, id 9 inside");
	frame.bytes[19] = 0;
	cr_assert_eq(frame_parse(&frame, &packet), QUERN_DROP_NONE);
}

Test(wire_parse, finds_the_mss_among_options_and_survives_illegal_ones)
{
	/* RFC 9293 3.1: options may be unaligned; those unknown are skipped by length; illegal lengths end them. */
	static const struct {
		uint8_t options[12];
		uint16_t mss;
	} cases[] = {
		{{2, 4, 5, 0xb4}, 1460},
		{{1, 2, 4, 5, 0xb4, 0}, 1460},
		{{1, 1, 1, 2, 4, 5, 0xb4, 1, 1, 1, 1, 1}, 1460},
		{{253, 5, 2, 4, 9, 2, 4, 5, 0xb4, 0, 0, 0}, 1460},
		{{253, 2, 2, 4, 5, 0xb4}, 1460},
		{{0, 2, 4, 5, 0xb4}, 0},
		{{2, 3, 5, 2, 4, 5, 0xb4}, 0},
		{{253, 0, 2, 4, 5, 0xb4}, 0},
		{{253, 1, 2, 4, 5, 0xb4}, 0},
		{{253, 255, 2, 4, 5, 0xb4}, 0},
		{{253, 13, 2, 4, 5, 0xb4}, 0},
		{{253, 12, 2, 4, 5, 0xb4}, 0},
		{{1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 5}, 0},
		{{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2}, 0},
		{{2, 0}, 0},
		{{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, 0},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct frame_plan plan = {.protocol = 6,
					  .flags = TCP_SYN,
					  .tcp_options = cases[i].options,
					  .tcp_options_bytes = sizeof cases[i].options};
		struct packet packet;
		struct frame frame;

		frame_make(&frame, &plan);
		cr_assert_eq(frame_parse(&frame, &packet), QUERN_DROP_NONE, "case %zu", i);
		cr_assert_eq(packet.tcp.mss, cases[i].mss, "case %zu", i);
		cr_assert_eq(packet.tcp.text_bytes, 0);
		plan.flags = TCP_ACK;
		frame_make(&frame, &plan);
		cr_assert_eq(frame_parse(&frame, &packet), QUERN_DROP_NONE, "case %zu", i);
		cr_assert_eq(packet.tcp.mss, 0, "an MSS counts in a SYN alone");
	}
}

Test(wire_parse, ignores_ip_options_that_are_no_source_route)
{
	static const uint8_t options[][8] = {{1, 1, 1, 1, 1, 1, 1, 0}, {68, 8, 5, 0, 0, 0, 0, 0}, {148, 4, 0, 0, 1, 0},
					     {200, 0, 131, 3},         {200, 1, 131, 3},          {200, 99, 131, 3},
					     {0, 131, 7, 4},           {7, 7, 4, 131, 3, 4, 0}};

	for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
		struct packet packet;
		struct frame frame;

		frame_make(&frame, &(struct frame_plan){.protocol = 6,
							.flags = TCP_ACK,
							.text_bytes = 4,
							.ip_options = options[i],
							.ip_options_bytes = 8});
		cr_assert_eq(frame_parse(&frame, &packet), QUERN_DROP_NONE, "case %zu", i);
		cr_assert_eq(packet.l4_offset, 42);
		cr_assert_eq(packet.tcp.text_bytes, 4);
	}
}

Test(wire_parse, reads_arp_and_marks_frames_to_a_group)
{
	struct packet packet;
	struct frame frame;

	frame_make_arp(&frame);
	cr_assert_eq(frame_parse(&frame, &packet), QUERN_DROP_NONE);
	cr_assert_eq(packet.kind, WIRE_ARP);
	cr_assert(packet.to_group);
	cr_assert_eq(packet.arp.operation, 1);
	cr_assert_eq(packet.arp.sender, 0xc6130009);
	cr_assert_eq(packet.arp.target, 0xc6120001);
	cr_assert_arr_eq(packet.arp.sender_mac, FRAME_PEER_MAC, 6);
	cr_assert_eq(packet.frame_bytes, 42);
	frame_make(&frame, &(struct frame_plan){.protocol = 6, .flags = TCP_SYN});
	frame.bytes[0] = 1;
	cr_assert_eq(frame_parse(&frame, &packet), QUERN_DROP_NONE);
	cr_assert(packet.to_group);
}

Test(wire_parse, a_udp_checksum_of_zero_is_none)
{
	struct packet packet;
	struct frame frame;

	frame_make(&frame, &(struct frame_plan){.protocol = 17, .text_bytes = 9, .padding = 4});
	cr_assert_eq(frame_parse(&frame, &packet), QUERN_DROP_NONE);
	cr_assert_eq(packet.key.local_port, 80);
	cr_assert_eq(packet.key.remote_port, 40000);
	cr_assert_eq(packet.frame_bytes - packet.text_offset, 9);
	memset(frame.bytes + frame.l4 + 6, 0, 2);
	cr_assert_eq(frame_parse(&frame, &packet), QUERN_DROP_NONE);
}

/* RFC 768: the length is UDP's own. What the packet has behind it is no text, and no part of the sum. */
Test(wire_parse, a_udp_datagram_that_is_shorter_than_its_packet_is_trimmed)
{
	for (uint8_t text_bytes = 0; text_bytes <= 12; text_bytes++) {
		struct packet packet;
		struct frame frame;
		uint16_t checksum;

		frame_make(&frame, &(struct frame_plan){.protocol = 17, .text_bytes = 12});
		frame.bytes[frame.l4 + 5] = (uint8_t)(8 + text_bytes);
		memset(frame.bytes + frame.l4 + 6, 0, 2);
		/* Both addresses lie right before the datagram. */
		checksum = frame_checksum(17 + 8 + text_bytes, frame.bytes + frame.l4 - 8, 16 + text_bytes);
		frame.bytes[frame.l4 + 6] = (uint8_t)(checksum >> 8);
		frame.bytes[frame.l4 + 7] = (uint8_t)checksum;
		cr_assert_eq(frame_parse(&frame, &packet), QUERN_DROP_NONE, "%u bytes of text", text_bytes);
		cr_assert_eq(packet.frame_bytes - packet.text_offset, text_bytes);
		frame.bytes[frame.l4 + 7] ^= 1;
		cr_assert_eq(frame_parse(&frame, &packet), QUERN_DROP_UDP_MALFORMED);
		memset(frame.bytes + frame.l4 + 6, 0, 2);
		cr_assert_eq(frame_parse(&frame, &packet), QUERN_DROP_NONE);
		cr_assert_eq(packet.frame_bytes - packet.text_offset, text_bytes);
	}
}

Test(wire_parse, believes_a_port_that_has_verified_checksums)
{
	struct wire_expect expect = {.ethernet = true, .ip_checksum_good = true, .l4_checksum_good = true};
	struct packet packet;
	struct frame frame;

	memcpy(expect.mac, FRAME_OUR_MAC, 6);
	frame_make(&frame, &(struct frame_plan){.protocol = 6, .flags = TCP_ACK});
	frame.bytes[frame.l3 + 10] ^= 0x55;
	frame.bytes[frame.l4 + 16] ^= 0x55;
	cr_assert_eq(frame_parse_exact(frame.bytes, frame.length, &expect, &packet), QUERN_DROP_NONE);
	expect.l4_checksum_good = false;
	cr_assert_eq(frame_parse_exact(frame.bytes, frame.length, &expect, &packet), QUERN_DROP_TCP_CHECKSUM);
	expect.ip_checksum_good = false;
	cr_assert_eq(frame_parse_exact(frame.bytes, frame.length, &expect, &packet), QUERN_DROP_IP_CHECKSUM);
}

/* Whatever it calls a SYN, the parser calls one, or finds something wrong with; and it reads no byte beyond the end. */
Test(wire_parse, what_looks_like_a_syn_is_one)
{
	static const uint8_t flags[] = {2, 0x12, 0x10, 1, 3, 6, 0x42, 0};
	int found = 0;

	for (size_t i = 0; i < sizeof(flags); i++) {
		for (int no_ethernet = 0; no_ethernet < 2; no_ethernet++) {
			struct frame_plan plan = {.protocol = 6, .flags = flags[i], .no_ethernet = no_ethernet};
			bool is_syn = (flags[i] & 0x17) == 2;
			struct frame frame;

			frame_make(&frame, &plan);
			for (uint32_t length = 0; length <= frame.length; length++) {
				uint8_t *copy = malloc(length + !length);
				bool looks;

				memcpy(copy, frame.bytes, length);
				looks = wire_looks_like_syn(copy, length, !no_ethernet);
				free(copy);
				cr_assert_eq(looks, is_syn && length >= frame.l4 + 20, "flags %u, %u bytes", flags[i],
					     length);
				found += looks;
			}
			plan.protocol = 17;
			frame_make(&frame, &plan);
			cr_assert_not(wire_looks_like_syn(frame.bytes, frame.length, !no_ethernet), "UDP");
			plan = (struct frame_plan){.protocol = 6, .flags = 2, .tags = 1};
			frame_make(&frame, &plan);
			cr_assert_not(wire_looks_like_syn(frame.bytes, frame.length, true), "a tag");
		}
	}
	cr_assert_gt(found, 0);
}
