/* test_wire_udp46.c - datagrams that go on in the other version of IP, held against headers written by hand, and
 * against what the parser makes of them. */
#include <string.h>

#include <criterion/criterion.h>

#include "wire/wire_udp46.h"
#include "wire_sides.h"

enum { ROUNDS = 100000, ROOM = 64, ID = 0xbeef };

/* The ends that a datagram of `version` has in the other one. */
static struct wire_udp_ends other_ends(const struct sides *sides)
{
	return (struct wire_udp_ends){&sides->goes, sides->version == 4 ? &sides->goes_pair : NULL};
}

static void put_header6(uint8_t *ip, const struct sides *sides, const uint8_t *old, uint32_t udp_bytes)
{
	memset(ip, 0, 40);
	ip[0] = (uint8_t)(0x60 | old[1] >> 4);
	ip[1] = (uint8_t)(old[1] << 4);
	sides_put16(ip + 4, udp_bytes);
	ip[6] = 17;
	ip[7] = (uint8_t)(old[8] - 1);
	sides_put_ip6(ip + 8, sides->goes_pair.local);
	sides_put_ip6(ip + 24, sides->goes_pair.remote);
}

static void put_header4(uint8_t *ip, const struct sides *sides, const uint8_t *old, uint32_t udp_bytes)
{
	memset(ip, 0, 20);
	ip[0] = 0x45;
	ip[1] = (uint8_t)(old[0] << 4 | old[1] >> 4);
	sides_put16(ip + 2, 20 + udp_bytes);
	if (20 + udp_bytes > 1260)
		ip[6] = 0x40;
	else
		sides_put16(ip + 4, ID);
	ip[8] = (uint8_t)(old[7] - 1);
	ip[9] = 17;
	sides_put16(ip + 12, sides->goes.local >> 16);
	sides_put16(ip + 14, sides->goes.local);
	sides_put16(ip + 16, sides->goes.remote >> 16);
	sides_put16(ip + 18, sides->goes.remote);
}

/* The IP packet that has to come of it, without a link header. */
static void expected_make(const struct sides *sides, struct frame *expected)
{
	const struct frame *came = &sides->frame;
	uint32_t udp_bytes = came->length - came->l4;

	expected->l3 = 0;
	expected->l4 = sides->version == 4 ? 40 : 20;
	expected->length = expected->l4 + udp_bytes;
	if (sides->version == 4)
		put_header6(expected->bytes, sides, came->bytes + came->l3, udp_bytes);
	else
		put_header4(expected->bytes, sides, came->bytes + came->l3, udp_bytes);
	memcpy(expected->bytes + expected->l4, came->bytes + came->l4, udp_bytes);
	sides_put16(expected->bytes + expected->l4, sides->goes.local_port);
	sides_put16(expected->bytes + expected->l4 + 2, sides->goes.remote_port);
	sides_sum_up(expected, sides->version == 4 ? 6 : 4);
}

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
	struct wire_udp_ends goes = other_ends(sides), from;
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
				    : wire_udp46_to4(frame, &packet, &goes, sums, ID);
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
				expected_make(&sides, &expected);
			memcpy(sides.frame.bytes + sides.frame.l4 + 8, expected.bytes + expected.l4 + 6, 2);
			sides_sum_up(&sides.frame, sides.version);
		}
		expected_make(&sides, &expected);
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
		expected_make(&sides, &expected);
		cr_assert_eq(expected.bytes[6], text_bytes > 1260 - 28 ? 0x40 : 0);
		turn_and_check(&sides, &expected);
	}
}
