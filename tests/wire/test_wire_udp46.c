/* test_wire_udp46.c - datagrams that go on in the other version of IP, held against headers written by hand, and
 * against what the parser makes of them. */
#include <string.h>

#include <criterion/criterion.h>

#include "wire/wire_udp46.h"
#include "wire_sides.h"

enum { ROUNDS = 100000, ROOM = 64 };

static void same_packet(const struct packet *one, const struct packet *other)
{
	cr_assert_eq(one->kind, other->kind);
	cr_assert_eq(one->version, other->version);
	cr_assert_eq(one->ttl, other->ttl);
	cr_assert_eq(one->l4_offset - one->link_bytes, other->l4_offset);
	cr_assert_eq(one->text_offset - one->link_bytes, other->text_offset);
	cr_assert_eq(one->frame_bytes - one->link_bytes, other->frame_bytes);
	cr_assert(flow_key_equal(&one->key, &other->key));
	if (one->version == 6)
		cr_assert(ip6_equal(one->ip6.local, other->ip6.local) && ip6_equal(one->ip6.remote, other->ip6.remote));
}

/* Into the headroom of a buffer that holds nothing else before the frame, so that a sanitizer sees what lies beyond. */
static void turn_and_check(const struct sides *sides, const struct frame *expected)
{
	const struct frame *came = &sides->frame;
	struct wire_udp_ends goes = sides_goes46(sides), from;
	uint8_t *buffer = malloc(WIRE_UDP46_HEADROOM + came->length), *frame = buffer + WIRE_UDP46_HEADROOM, *moved;
	struct packet packet, again;
	struct wire_udp_sums sums;
	struct frame made = {.l3 = 0};

	memcpy(frame, came->bytes, came->length);
	sides_parse(came, &packet);
	from = wire_udp_ends_of(&packet);
	sums = wire_udp_sums(&from, &goes);
	cr_assert_eq(wire_udp46_bytes(&packet), expected->length);
	moved = sides->version == 4 ? wire_udp46_to6(frame, &packet, &goes, sums)
				    : wire_udp46_to4(frame, &packet, &goes, sums, SIDES_ID);
	cr_assert_geq(moved, buffer);
	cr_assert_eq(packet.link_bytes, came->l3);
	cr_assert_eq(packet.frame_bytes, came->l3 + expected->length);
	cr_assert_arr_eq(moved + packet.link_bytes, expected->bytes, expected->length);
	made.length = expected->length;
	memcpy(made.bytes, moved + packet.link_bytes, made.length);
	sides_parse(&made, &again);
	same_packet(&packet, &again);
	free(buffer);
}

/* Of IPv4, every fourth has no checksum, and has one then. */
Test(wire_udp46, a_datagram_goes_on_in_the_other_version_with_the_checksums_of_plain_addition)
{
	unsigned int all_ones = 0;
	struct random random;

	random_seed(&random, 7915);
	for (uint32_t round = 0; round < ROUNDS; round++) {
		struct frame expected;
		struct sides sides;

		sides_draw(&sides, &random, round % 2 ? 6 : 4);
		if (random_below(&random, 3) == 0) {
			/* A word of the text for which the checksum comes to 0 on one side or on the other. */
			sides_put16(sides.frame.bytes + sides.frame.l4 + 8, 0);
			sides_sum_up(&sides.frame, sides.version);
			expected = sides.frame;
			if (random_below(&random, 2))
				sides_expect46(&sides, &expected);
			memcpy(sides.frame.bytes + sides.frame.l4 + 8, expected.bytes + expected.l4 + 6, 2);
			sides_sum_up(&sides.frame, sides.version);
		}
		sides_expect46(&sides, &expected);
		if (round % 8 == 2)
			sides_put16(sides.frame.bytes + sides.frame.l4 + 6, 0);
		all_ones += sides_get16(expected.bytes + expected.l4 + 6) == UINT16_MAX;
		turn_and_check(&sides, &expected);
	}
	cr_assert_gt(all_ones, ROUNDS / 10, "hardly any checksum came to 0");
}

/* RFC 7915 5.1: what IPv6 could not have sent as one packet to everybody may not be fragmented on the way. */
Test(wire_udp46, df_is_set_in_what_is_longer_than_1260_bytes)
{
	struct random random;

	random_seed(&random, 1260);
	for (uint32_t text_bytes = 1200; text_bytes < 1260; text_bytes++) {
		struct frame expected;
		struct sides sides;

		sides_draw(&sides, &random, 6);
		frame6_make(&sides.frame, &(struct frame6_plan){.protocol = 17, .text_bytes = text_bytes});
		sides_sum_up(&sides.frame, 6);
		sides_expect46(&sides, &expected);
		cr_assert_eq(expected.bytes[6], text_bytes > 1260 - 28 ? 0x40 : 0);
		turn_and_check(&sides, &expected);
	}
}
