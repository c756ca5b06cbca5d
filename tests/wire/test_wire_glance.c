/* test_wire_glance.c - datagrams at a glance, held against the parser and the rewriting that all others go through. */
#include <string.h>

#include <criterion/criterion.h>

#include "wire/wire_glance.h"
#include "wire_sides.h"

enum { ROUNDS = 400000, BYTES_TURNED = 60 };

/* What the parser says where nobody asks for UDP's checksum, as a glance does not. */
static enum quern_drop judge(const struct frame *frame, struct packet *packet)
{
	struct wire_expect expect = {.ethernet = true, .l4_checksum_good = true, .ip6 = true};

	memcpy(expect.mac, FRAME_OUR_MAC, sizeof(expect.mac));
	return frame_parse_exact(frame->bytes, frame->length, &expect, packet);
}

static uint32_t glance_at(const struct frame *frame)
{
	if (frame->length < WIRE_GLANCE_BYTES)
		return 0;
	return wire_glance(frame->bytes, frame->length, wire_glance_mac(FRAME_OUR_MAC));
}

/* Turns some bits of a frame over, or cuts it; half of what is turned gets a right header checksum again. */
static void damage(struct frame *frame, struct random *random)
{
	for (uint32_t turns = random_below(random, 4); turns > 0; turns--)
		frame->bytes[random_below(random, BYTES_TURNED)] ^= (uint8_t)(1 << random_below(random, 8));
	if (random_below(random, 8) == 0)
		frame->length = random_below(random, frame->length + 1);
	if (random_below(random, 2) && (frame->bytes[14] & 0xf0) == 0x40 && frame->length >= 34) {
		sides_put16(frame->bytes + 24, 0);
		sides_put16(frame->bytes + 24, frame_checksum(0, frame->bytes + 14, 20));
	}
}

static bool are_alike(struct wire_glance_ends left, struct wire_glance_ends right)
{
	return left.addresses == right.addresses && left.ports == right.ports;
}

Test(wire_glance, takes_nothing_that_the_parser_refuses_and_reads_it_alike)
{
	uint32_t taken = 0, refused = 0;
	struct random random;
	struct sides sides;

	random_seed(&random, 768);
	for (uint32_t round = 0; round < ROUNDS; round++) {
		struct flow_key key = {.local = 0};
		struct packet packet;
		enum quern_drop verdict;
		uint32_t bytes;

		sides_draw(&sides, &random, round % 8 ? 4 : 6);
		damage(&sides.frame, &random);
		bytes = glance_at(&sides.frame);
		if (bytes == 0) {
			refused++;
			continue;
		}
		taken++;
		verdict = judge(&sides.frame, &packet);
		if (verdict == QUERN_DROP_IP_SOURCE || verdict == QUERN_DROP_IP_DEST)
			continue;
		cr_assert_eq(verdict, QUERN_DROP_NONE, "round %u: the parser drops it for %d", round, verdict);
		cr_assert_eq(packet.kind, WIRE_UDP, "round %u", round);
		wire_glance_key(sides.frame.bytes, &key);
		cr_assert(flow_key_equal(&packet.key, &key), "round %u: another flow", round);
		cr_assert(are_alike(wire_glance_ends(sides.frame.bytes), wire_glance_ends_from(&key)), "round %u",
			  round);
		cr_assert_eq(packet.frame_bytes, bytes, "round %u", round);
		cr_assert_eq(packet.ttl, wire_glance_ttl(sides.frame.bytes), "round %u", round);
	}
	cr_assert(taken > ROUNDS / 16 && refused > ROUNDS / 16, "%u taken, %u refused", taken, refused);
}

Test(wire_glance, changes_every_checksum_as_equation_3_of_rfc_1624_does)
{
	for (uint32_t change = 0; change <= UINT16_MAX; change += change < 3 || change > 0xfffb ? 1 : 61)
		for (uint32_t checksum = 0; checksum <= UINT16_MAX; checksum++) {
			uint16_t expected = (uint16_t)~wire_fold((uint16_t)~checksum + change);

			cr_assert_eq(wire_changed((uint16_t)checksum, (uint16_t)change), expected, "%u changed by %u",
				     checksum, change);
			if (checksum != 0)
				cr_assert_eq(wire_changed_udp((uint16_t)checksum, (uint16_t)~change),
					     expected ? expected : UINT16_MAX, "%u changed by %u", checksum, change);
		}
}

Test(wire_glance, takes_every_ordinary_datagram_and_gives_it_the_same_ends_as_the_long_way)
{
	uint32_t taken = 0;
	struct random random;
	struct sides sides;

	random_seed(&random, 1624);
	for (uint32_t round = 0; round < ROUNDS / 4; round++) {
		struct frame quick, slow;
		struct wire_udp_ends came, goes;
		struct wire_udp_sums sums;
		struct packet packet;

		sides_draw(&sides, &random, 4);
		goes = sides_goes(&sides);
		if (round % 4 == 0)
			sides_put16(sides.frame.bytes + sides.frame.l4 + 6, 0);
		else if (round % 4 == 1)
			sides_aim_at_zero(&sides, round % 8 == 1, true);
		if (sides.frame.l3 != 14)
			continue;
		cr_assert_eq(judge(&sides.frame, &packet), QUERN_DROP_NONE, "round %u", round);
		cr_assert_eq(glance_at(&sides.frame) != 0, sides.frame.l4 == 34, "round %u", round);
		if (sides.frame.l4 != 34)
			continue;
		taken++;
		came = wire_udp_ends_of(&packet);
		quick = slow = sides.frame;
		sums = wire_udp_sums(&came, &goes);
		wire_udp_rewrite4(slow.bytes, &packet, goes.key, sums);
		wire_glance_rewrite(quick.bytes, wire_glance_ends_to(goes.key), wire_glance_sums(sums));
		cr_assert_arr_eq(quick.bytes, slow.bytes, sizeof(quick.bytes), "round %u", round);
	}
	cr_assert_gt(taken, ROUNDS / 16);
}
