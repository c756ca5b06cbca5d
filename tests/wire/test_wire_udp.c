/* test_wire_udp.c - datagrams that are passed on, held against checksums by plain addition. */
#include <string.h>

#include <criterion/criterion.h>

#include "wire_sides.h"

enum { ROUNDS = 240000 };

static void rewrite(struct frame *frame, const struct packet *packet, const struct wire_udp_ends *goes,
		    struct wire_udp_sums sums)
{
	if (packet->version == 6)
		wire_udp_rewrite6(frame->bytes, packet, goes, sums);
	else
		wire_udp_rewrite4(frame->bytes, packet, goes->key, sums);
}

/* Every fourth datagram of IPv4 has no checksum. Of the others, a checksum is made to come to 0, as the datagram comes
 * or as it goes, and now and then no end changes. */
Test(wire_udp, a_datagram_that_is_passed_on_has_the_checksums_of_plain_addition)
{
	unsigned int zeros = 0, all_ones = 0;
	struct random random;
	struct sides sides;

	random_seed(&random, 1624);
	for (uint32_t round = 0; round < ROUNDS; round++) {
		struct wire_udp_ends goes;
		struct frame expected, made;
		struct packet packet;

		sides_draw(&sides, &random, round % 2 ? 6 : 4);
		goes = sides_goes(&sides);
		if (round % 16 < 2) {
			sides_parse(&sides.frame, &packet);
			sides.goes = (struct flow_key){packet.key.remote, packet.key.local, packet.key.remote_port,
						       packet.key.local_port};
			sides.goes_pair = (struct ip6_pair){packet.ip6.remote, packet.ip6.local};
		}
		if (random_below(&random, 2))
			sides_aim_at_zero(&sides, false, random_below(&random, 2));
		if (sides.version == 4 && random_below(&random, 2))
			sides_aim_at_zero(&sides, true, random_below(&random, 2));
		sides_expect(&sides, &expected);
		if (round % 8 == 2) {
			sides_put16(sides.frame.bytes + sides.frame.l4 + 6, 0);
			sides_put16(expected.bytes + expected.l4 + 6, 0);
		}
		all_ones += sides_get16(expected.bytes + expected.l4 + 6) == UINT16_MAX;
		zeros += sides.version == 4 && sides_get16(expected.bytes + expected.l3 + 10) == 0;
		made = sides.frame;
		sides_parse(&made, &packet);
		if (random_below(&random, 2)) {
			const struct wire_udp_ends came = wire_udp_ends_of(&packet);

			rewrite(&made, &packet, &goes, wire_udp_sums(&came, &goes));
		} else {
			wire_udp_rewrite(made.bytes, &packet, &goes);
		}
		cr_assert_arr_eq(made.bytes, expected.bytes, sizeof made.bytes, "round %u", round);
	}
	cr_assert_gt(all_ones, ROUNDS / 8, "hardly any checksum came to 0");
	cr_assert_gt(zeros, ROUNDS / 16, "hardly any header's checksum came to 0");
}

/* There and back by the sums of one way: what comes out is what went in, two hops later. */
Test(wire_udp, the_way_back_has_the_complements_of_the_sums_of_the_way_there)
{
	struct random random;
	struct sides sides;

	random_seed(&random, 1071);
	for (uint32_t round = 0; round < 20000; round++) {
		struct wire_udp_ends goes;
		struct wire_udp_sums there;
		struct wire_udp_ends came;
		struct flow_key back_key;
		struct ip6_pair back_pair;
		struct packet packet;
		struct frame made;

		sides_draw(&sides, &random, round % 2 ? 6 : 4);
		goes = sides_goes(&sides);
		sides.frame.bytes[sides.frame.l3 + (sides.version == 6 ? 7 : 8)] |= 4;
		sides_sum_up(&sides.frame, sides.version);
		if (round % 3 == 0)
			sides_aim_at_zero(&sides, false, round % 6 == 0);
		made = sides.frame;
		sides_parse(&made, &packet);
		came = wire_udp_ends_of(&packet);
		there = wire_udp_sums(&came, &goes);
		rewrite(&made, &packet, &goes, there);
		back_key = (struct flow_key){packet.key.remote, packet.key.local, packet.key.remote_port,
					     packet.key.local_port};
		back_pair = (struct ip6_pair){packet.ip6.remote, packet.ip6.local};
		goes = (struct wire_udp_ends){&back_key, sides.version == 6 ? &back_pair : NULL};
		rewrite(&made, &packet, &goes, wire_udp_sums_back(there));
		sides.frame.bytes[sides.frame.l3 + (sides.version == 6 ? 7 : 8)] -= 2;
		sides_sum_up(&sides.frame, sides.version);
		cr_assert_arr_eq(made.bytes, sides.frame.bytes, sizeof made.bytes, "round %u", round);
	}
}

/* What was damaged on the way to us is still wrong behind us. */
Test(wire_udp, a_wrong_checksum_stays_wrong)
{
	struct random random;
	struct sides sides;

	random_seed(&random, 3);
	for (uint32_t round = 0; round < 2000; round++) {
		struct wire_udp_ends goes;
		struct packet packet;
		struct frame made;

		sides_draw(&sides, &random, round % 2 ? 6 : 4);
		goes = sides_goes(&sides);
		sides_parse(&sides.frame, &packet);
		sides.frame.bytes[sides.frame.l4 + 8 + random_below(&random, 2)] ^= (uint8_t)(1 + round % 254);
		wire_udp_rewrite(sides.frame.bytes, &packet, &goes);
		made = sides.frame;
		sides_sum_up(&made, sides.version);
		cr_assert_neq(sides_get16(made.bytes + made.l4 + 6), sides_get16(sides.frame.bytes + made.l4 + 6));
	}
}

/* Row 112 of docs/rfc.md: UDP ends before the IP packet does. */
Test(wire_udp, an_ip_packet_ends_with_its_datagram_once_it_is_passed_on)
{
	struct random random;
	struct sides sides;

	random_seed(&random, 112);
	for (uint32_t round = 0; round < 4000; round++) {
		struct wire_udp_ends goes;
		uint32_t text_bytes, less;
		struct packet packet;
		struct frame made;
		uint8_t *ip, *udp;

		sides_draw(&sides, &random, round % 2 ? 6 : 4);
		goes = sides_goes(&sides);
		ip = sides.frame.bytes + sides.frame.l3;
		udp = sides.frame.bytes + sides.frame.l4;
		text_bytes = sides.frame.length - sides.frame.l4 - 8;
		less = random_below(&random, text_bytes + 1);
		sides.frame.length -= less;
		sides_put16(udp + 4, 8 + text_bytes - less);
		sides_put16(ip + (sides.version == 6 ? 4 : 2),
			    sides.frame.length - sides.frame.l3 - (sides.version == 6 ? 40 : 0));
		sides_sum_up(&sides.frame, sides.version);
		made = sides.frame;
		sides.frame.length += less;
		sides_put16(ip + (sides.version == 6 ? 4 : 2),
			    sides.frame.length - sides.frame.l3 - (sides.version == 6 ? 40 : 0));
		if (sides.version == 4) {
			sides_put16(ip + 10, 0);
			sides_put16(ip + 10, frame_checksum(0, ip, sides.frame.l4 - sides.frame.l3));
		}
		sides_parse(&sides.frame, &packet);
		cr_assert_eq(packet.frame_bytes, made.length);
		wire_udp_rewrite(sides.frame.bytes, &packet, &goes);
		sides_parse(&made, &packet);
		wire_udp_rewrite(made.bytes, &packet, &goes);
		cr_assert_arr_eq(made.bytes, sides.frame.bytes, packet.frame_bytes, "round %u", round);
	}
}

/* A frame of this machine's kernel holds the pseudo-header's sum, of ends that it no longer has. */
Test(wire_udp, an_unfinished_checksum_is_made_or_left_to_the_port)
{
	struct random random;
	struct sides sides;

	random_seed(&random, 9);
	for (uint32_t round = 0; round < 20000; round++) {
		struct wire_udp_ends goes;
		struct frame expected, made;
		struct packet packet;
		uint8_t *ip;

		sides_draw(&sides, &random, round % 2 ? 6 : 4);
		goes = sides_goes(&sides);
		if (random_below(&random, 2))
			sides_aim_at_zero(&sides, false, true);
		sides_expect(&sides, &expected);
		sides_parse(&sides.frame, &packet);
		sides_put16(sides.frame.bytes + sides.frame.l4 + 6, 1 + random_below(&random, 65535));
		wire_udp_rewrite(sides.frame.bytes, &packet, &goes);
		made = sides.frame;
		cr_assert_not(wire_udp_finish(made.bytes, &packet, false));
		cr_assert_arr_eq(made.bytes, expected.bytes, made.length, "round %u", round);
		made = sides.frame;
		cr_assert(wire_udp_finish(made.bytes, &packet, true));
		ip = expected.bytes + expected.l3;
		sides_put16(expected.bytes + expected.l4 + 6,
			    (uint16_t)~frame_checksum(17 + packet.frame_bytes - expected.l4,
						      ip + (sides.version == 6 ? 8 : 12), sides.version == 6 ? 32 : 8));
		cr_assert_arr_eq(made.bytes, expected.bytes, made.length, "round %u", round);
	}
	sides_draw(&sides, &random, 4);
	sides_put16(sides.frame.bytes + sides.frame.l4 + 6, 0);
	for (int offload = 0; offload < 2; offload++) {
		struct frame made = sides.frame;
		struct packet packet;

		sides_parse(&made, &packet);
		cr_assert_not(wire_udp_finish(made.bytes, &packet, offload));
		cr_assert_arr_eq(made.bytes, sides.frame.bytes, made.length, "who has made no checksum needs none");
	}
}

Test(wire_udp, only_ip4_without_df_may_be_fragmented)
{
	struct random random;

	random_seed(&random, 791);
	for (uint32_t round = 0; round < 200; round++) {
		struct packet packet;
		struct sides sides;
		uint8_t *ip;

		sides_draw(&sides, &random, round % 2 ? 6 : 4);
		sides_parse(&sides.frame, &packet);
		ip = sides.frame.bytes + sides.frame.l3;
		if (sides.version == 4)
			ip[6] = round % 4 ? 0x40 : 0;
		cr_assert_eq(wire_udp_may_be_fragmented(sides.frame.bytes, &packet), round % 4 == 0);
	}
}
