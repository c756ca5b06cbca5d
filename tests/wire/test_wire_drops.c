/* test_wire_drops.c - each reason why the parser drops a frame, provoked; and frames cut or damaged in every place. */
#include <criterion/criterion.h>

#include "base/random.h"
#include "wire_frames.h"

/* Sets one byte of a frame from a layer's start; checksums are put right again unless the change is in them. */
struct damage {
	enum { LINK, IP, L4 } layer;
	uint32_t at;
	uint8_t value;
	enum quern_drop drop;
};

static void damages_try(const struct frame_plan *plan, const struct damage *damages, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct packet packet;
		struct frame frame;

		frame_make(&frame, plan);
		uint32_t start = damages[i].layer == LINK ? 0 : damages[i].layer == IP ? frame.l3 : frame.l4;

		frame.bytes[start + damages[i].at] = damages[i].value;
		/* Where the total length is wrong, no checksum can be right; lengths are judged before. */
		if (damages[i].layer != LINK && damages[i].drop != QUERN_DROP_IP_LENGTH)
			frame_fix_checksums(&frame);
		cr_assert_eq(frame_parse(&frame, &packet), damages[i].drop, "damage %zu: %s", i,
			     quern_drop_name(damages[i].drop));
	}
}

Test(wire_drops, each_wrong_byte_of_a_tcp_frame_has_its_reason)
{
	static const struct damage damages[] = {
		{LINK, 5, 9, QUERN_DROP_ETHER_DEST},
		{LINK, 0, 0, QUERN_DROP_ETHER_DEST},
		{LINK, 6, 3, QUERN_DROP_ETHER_SOURCE},
		{LINK, 12, 0x86, QUERN_DROP_ETHER_TYPE},
		{LINK, 13, 0x06, QUERN_DROP_ARP_MALFORMED},
		{IP, 0, 0x65, QUERN_DROP_IP_VERSION},
		{IP, 0, 0x44, QUERN_DROP_IP_HEADER},
		{IP, 0, 0x40, QUERN_DROP_IP_HEADER},
		{IP, 0, 0x4f, QUERN_DROP_IP_HEADER},
		{IP, 3, 255, QUERN_DROP_IP_LENGTH},
		{IP, 3, 45, QUERN_DROP_IP_LENGTH},
		{IP, 3, 19, QUERN_DROP_IP_LENGTH},
		{IP, 12, 0, QUERN_DROP_IP_SOURCE},
		{IP, 12, 127, QUERN_DROP_IP_SOURCE},
		{IP, 12, 224, QUERN_DROP_IP_SOURCE},
		{IP, 12, 255, QUERN_DROP_IP_SOURCE},
		{IP, 12, 223, QUERN_DROP_NONE},
		{IP, 12, 1, QUERN_DROP_NONE},
		{IP, 12, 126, QUERN_DROP_NONE},
		{IP, 12, 128, QUERN_DROP_NONE},
		{IP, 6, 0x20, QUERN_DROP_TCP_FRAGMENT},
		{IP, 7, 1, QUERN_DROP_TCP_FRAGMENT},
		{IP, 6, 0x10, QUERN_DROP_TCP_FRAGMENT},
		{IP, 6, 0x80, QUERN_DROP_NONE},
		{IP, 9, 132, QUERN_DROP_IP_PROTOCOL},
		{IP, 8, 0, QUERN_DROP_NONE},
		{L4, 12, 0x40, QUERN_DROP_TCP_HEADER},
		{L4, 12, 0x00, QUERN_DROP_TCP_HEADER},
		{L4, 12, 0x70, QUERN_DROP_TCP_HEADER},
		{L4, 12, 0x60, QUERN_DROP_NONE},
		{L4, 3, 0, QUERN_DROP_TCP_PORT_ZERO},
		{L4, 13, 0xff, QUERN_DROP_NONE},
	};

	damages_try(&(struct frame_plan){.protocol = 6, .flags = TCP_ACK, .text_bytes = 4}, damages,
		    sizeof damages / sizeof damages[0]);
}

Test(wire_drops, each_wrong_length_of_a_udp_frame_is_noticed)
{
	static const struct damage damages[] = {
		{L4, 5, 7, QUERN_DROP_UDP_MALFORMED},  {L4, 5, 0, QUERN_DROP_UDP_MALFORMED},
		{L4, 5, 13, QUERN_DROP_UDP_MALFORMED}, {L4, 4, 1, QUERN_DROP_UDP_MALFORMED},
		{IP, 3, 27, QUERN_DROP_UDP_MALFORMED},
	};

	damages_try(&(struct frame_plan){.protocol = 17, .text_bytes = 4}, damages, sizeof damages / sizeof damages[0]);
}

/* Row 117: also one that says that it is the first, too short for a header, or of a kind that is answered. */
Test(wire_drops, a_fragment_is_dropped_whatever_its_offset_and_those_of_tcp_are_counted_apart)
{
	static const uint8_t protocols[] = {6, 17, 1};
	struct packet packet;
	struct frame frame;

	for (uint32_t word = 0; word < 0x10000; word++) {
		uint8_t protocol = protocols[word % 3];
		enum quern_drop expected = protocol == 6 ? QUERN_DROP_TCP_FRAGMENT : QUERN_DROP_IP_FRAGMENT;

		if ((word & 0x3fff) == 0)
			continue;
		frame_make(&frame,
			   &(struct frame_plan){.protocol = protocol, .flags = TCP_SYN, .text_bytes = word % 2});
		frame.bytes[frame.l3 + 6] = (uint8_t)(word >> 8);
		frame.bytes[frame.l3 + 7] = (uint8_t)word;
		/* A tiny one (RFC 1858): 8 bytes of TCP, padded by the link. */
		if (word % 5 == 0)
			frame.bytes[frame.l3 + 3] = 28;
		frame_fix_checksums(&frame);
		cr_assert_eq(frame_parse(&frame, &packet), expected, "word %04x of protocol %u", word, protocol);
	}
}

Test(wire_drops, what_takes_more_than_one_byte_to_provoke)
{
	static const uint8_t loose[] = {1, 131, 7, 4, 1, 2, 3, 4};
	static const uint8_t strict[] = {137, 7, 4, 1, 2, 3, 4, 0};
	const uint8_t *const routes[] = {loose, strict};
	struct packet packet;
	struct frame frame;

	for (int i = 0; i < 2; i++) {
		frame_make(&frame, &(struct frame_plan){.protocol = 6, .ip_options = routes[i], .ip_options_bytes = 8});
		cr_assert_eq(frame_parse(&frame, &packet), QUERN_DROP_IP_SOURCE_ROUTE);
	}
	frame_make(&frame, &(struct frame_plan){.protocol = 6, .flags = TCP_SYN});
	memset(frame.bytes + frame.l4, 0, 2);
	frame_fix_checksums(&frame);
	cr_assert_eq(frame_parse(&frame, &packet), QUERN_DROP_TCP_PORT_ZERO);
	frame_make(&frame, &(struct frame_plan){.protocol = 6, .flags = TCP_SYN});
	memcpy(frame.bytes + frame.l3 + 12, frame.bytes + frame.l3 + 16, 4);
	frame_fix_checksums(&frame);
	cr_assert_eq(frame_parse(&frame, &packet), QUERN_DROP_NONE, "the address alone is no LAND");
	memcpy(frame.bytes + frame.l4, frame.bytes + frame.l4 + 2, 2);
	frame_fix_checksums(&frame);
	cr_assert_eq(frame_parse(&frame, &packet), QUERN_DROP_TCP_LAND);
	frame_make(&frame, &(struct frame_plan){.protocol = 6, .flags = TCP_SYN, .text_bytes = 20});
	frame.bytes[frame.l3 + 3] = 39;
	frame_fix_checksums(&frame);
	cr_assert_eq(frame_parse(&frame, &packet), QUERN_DROP_TCP_HEADER, "19 bytes of TCP");
	frame_make(&frame, &(struct frame_plan){.protocol = 1, .text_bytes = 4});
	frame.bytes[frame.l4 + 9] ^= 1;
	cr_assert_eq(frame_parse(&frame, &packet), QUERN_DROP_ICMP_MALFORMED);
	frame.bytes[frame.l3 + 3] = 27;
	frame_fix_checksums(&frame);
	cr_assert_eq(frame_parse(&frame, &packet), QUERN_DROP_ICMP_MALFORMED, "7 bytes of ICMP");
}

Test(wire_drops, an_arp_packet_of_other_hardware_or_from_a_group_is_malformed)
{
	static const uint8_t damages[][2] = {{15, 6}, {16, 0x86}, {18, 8}, {19, 16}, {21, 8}, {21, 0}, {22, 3}};
	struct packet packet;
	struct frame frame;

	for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
		frame_make_arp(&frame);
		frame.bytes[damages[i][0]] = damages[i][1];
		cr_assert_eq(frame_parse(&frame, &packet), QUERN_DROP_ARP_MALFORMED, "damage %zu", i);
	}
}

Test(wire_drops, offsets_beyond_16_bits_are_past_the_end)
{
	static uint8_t giant[14 + 65535];
	struct wire_expect expect = {.ethernet = true, .ip_checksum_good = true, .l4_checksum_good = true};
	struct packet packet;
	struct frame frame;

	frame_make(&frame, &(struct frame_plan){.protocol = 6, .flags = TCP_ACK});
	memcpy(expect.mac, FRAME_OUR_MAC, 6);
	memcpy(giant, frame.bytes, frame.length);
	memset(giant + 16, 0xff, 2);
	cr_assert_eq(wire_parse(giant, sizeof giant, &expect, &packet), QUERN_DROP_IP_LENGTH);
	giant[17] = 0xff - 14;
	cr_assert_eq(wire_parse(giant, sizeof giant, &expect, &packet), QUERN_DROP_NONE);
	cr_assert_eq(packet.frame_bytes, 65535);
}

Test(wire_drops, every_truncation_of_every_seed_is_dropped_and_nothing_beyond_is_read)
{
	for (int seed = 0; seed < FRAME_SEEDS; seed++) {
		struct wire_expect expect;
		struct packet packet;
		struct frame frame;

		frame_make_seed(&frame, &expect, seed);
		/* The padding of ARP may go. */
		uint32_t needed = seed == FRAME_SEEDS - 1 ? 42 : frame.length;

		for (uint32_t length = 0; length < needed; length++) {
			enum quern_drop drop = frame_parse_exact(frame.bytes, length, &expect, &packet);

			cr_assert_neq(drop, QUERN_DROP_NONE, "seed %d cut to %u", seed, length);
			if (length < frame.l3 + 20)
				cr_assert_eq(drop, QUERN_DROP_FRAME_SHORT, "seed %d cut to %u", seed, length);
		}
	}
}

Test(wire_drops, any_one_bit_flipped_under_a_checksum_is_a_drop)
{
	for (int seed = 0; seed < FRAME_SEEDS - 1; seed++) {
		struct wire_expect expect;
		struct packet packet;
		struct frame frame;

		frame_make_seed(&frame, &expect, seed);
		for (uint32_t bit = frame.l3 * 8; bit < frame.length * 8; bit++) {
			frame.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
			cr_assert_neq(frame_parse_exact(frame.bytes, frame.length, &expect, &packet), QUERN_DROP_NONE,
				      "seed %d bit %u", seed, bit);
			frame.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	}
}

/* What the parser promises of a frame that it took, however wild. */
static void packet_check(const struct packet *packet, uint32_t length)
{
	cr_assert_leq(packet->frame_bytes, length);
	cr_assert_leq(packet->link_bytes, packet->l4_offset);
	cr_assert_leq(packet->l4_offset, packet->text_offset);
	cr_assert_leq(packet->text_offset, packet->frame_bytes);
	if (packet->kind == WIRE_TCP)
		cr_assert_eq(packet->text_offset + packet->tcp.text_bytes, packet->frame_bytes);
}

Test(wire_drops, damaged_frames_with_checksums_vouched_for_never_lead_outside)
{
	struct random random;
	int taken = 0;

	random_seed(&random, 1);
	for (int round = 0; round < 200000; round++) {
		struct wire_expect expect;
		struct packet packet;
		struct frame frame;

		frame_make_seed(&frame, &expect, round % FRAME_SEEDS);
		expect.ip_checksum_good = expect.l4_checksum_good = true;
		for (uint32_t flips = 1 + random_below(&random, 6); flips > 0; flips--)
			frame.bytes[random_below(&random, frame.length)] ^= (uint8_t)(1 << random_below(&random, 8));
		uint32_t length = frame.length - random_below(&random, 2) * random_below(&random, frame.length);

		if (frame_parse_exact(frame.bytes, length, &expect, &packet) != QUERN_DROP_NONE)
			continue;
		packet_check(&packet, length);
		taken++;
	}
	cr_assert_gt(taken, 1000, "damage was so heavy that nothing was tested");
}
