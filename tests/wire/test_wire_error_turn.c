/* test_wire_error_turn.c - errors about datagrams that were passed on, as their senders get them; and quotes of
 * datagrams, as they are read. */
#include <string.h>

#include <criterion/criterion.h>

#include "wire/wire_error.h"
#include "wire_sides.h"

enum { ROUNDS = 200000, TTL = 61 };

static const uint8_t words4[][2] = {{3, 0}, {3, 1}, {3, 2}, {3, 3}, {3, 4}, {3, 13}, {11, 0}, {11, 1}, {12, 0}};
static const uint8_t words6[][2] = {{1, 0}, {1, 3}, {1, 4}, {1, 6}, {2, 0}, {2, 9}, {3, 0}, {3, 1}, {4, 1}};

/* A datagram that came, and how it was quoted: as it went, up to some byte behind its header. */
struct turned {
	struct sides sides;
	struct frame goes;
	struct sides_error error;
};

static void turned_draw(struct turned *turned, struct random *random, int version, bool has_checksum)
{
	struct sides *sides = &turned->sides;
	const uint8_t *ip;
	uint32_t least;

	sides_draw(sides, random, version);
	sides->frame.bytes[sides->frame.l4 + 1] |= 1;
	sides->frame.bytes[sides->frame.l4 + 3] |= 1;
	sides_sum_up(&sides->frame, version);
	if (random_below(random, 4) == 0)
		sides_aim_at_zero(sides, version == 4 && random_below(random, 2), random_below(random, 2));
	sides_expect(sides, &turned->goes);
	if (!has_checksum) {
		sides_put16(turned->goes.bytes + turned->goes.l4 + 6, 0);
		sides_put16(sides->frame.bytes + sides->frame.l4 + 6, 0);
	}
	ip = turned->goes.bytes + turned->goes.l3;
	least = turned->goes.l4 - turned->goes.l3 + 8;
	turned->error = (struct sides_error){
		.version = version,
		.word = version == 6 ? words6[random_below(random, 9)] : words4[random_below(random, 9)],
		.rest = (uint32_t)random_next(random),
		.ttl = 33,
		.front = 8 * random_below(random, 2),
		.quote = ip,
		.quote_bytes = least + random_below(random, turned->goes.length - turned->goes.l3 - least + 1)};
	memcpy(turned->error.source, FRAME6_ADDRESSES, 16);
	memcpy(turned->error.dest, ip + (version == 6 ? 8 : 12), version == 6 ? 16 : 4);
}

/* RFC 5508 REQ-4: what the sender is told is about the datagram as it was sent, but for its TTL, and of as much of it.
 */
static void expected_make(struct turned *turned, struct frame *expected)
{
	bool is_ip6 = turned->sides.version == 6;
	struct frame *came = &turned->sides.frame;
	struct sides_error error = turned->error;
	uint8_t *ip = came->bytes + came->l3;

	ip[is_ip6 ? 7 : 8]--;
	if (!is_ip6) {
		sides_put16(ip + 10, 0);
		sides_put16(ip + 10, frame_checksum(0, ip, came->l4 - came->l3));
	}
	error.quote = ip;
	error.ttl = TTL;
	memcpy(error.source, ip + (is_ip6 ? 24 : 16), is_ip6 ? 16 : 4);
	memcpy(error.dest, ip + (is_ip6 ? 8 : 12), is_ip6 ? 16 : 4);
	sides_error_make(expected, &error);
}

Test(wire_error_turn, an_error_comes_to_the_sender_as_one_about_what_it_had_sent)
{
	unsigned int all_ones = 0;
	struct random random;

	random_seed(&random, 5508);
	for (uint32_t round = 0; round < ROUNDS; round++) {
		int version = round % 2 ? 6 : 4;
		struct frame made, expected;
		struct packet came, packet;
		struct wire_udp_ends ends;
		struct turned turned;

		turned_draw(&turned, &random, version, round % 8 != 2);
		all_ones += sides_get16(turned.sides.frame.bytes + turned.sides.frame.l4 + 6) == UINT16_MAX;
		sides_parse(&turned.sides.frame, &came);
		ends = wire_udp_ends_of(&came);
		sides_error_make(&made, &turned.error);
		sides_parse(&made, &packet);
		cr_assert_eq(packet.kind, WIRE_ICMP);
		cr_assert_eq(packet.icmp.quoted, WIRE_UDP);
		cr_assert_eq(packet.icmp.seq, 0);
		cr_assert_eq(packet.icmp.quoted_l4, turned.goes.l4 - turned.goes.l3);
		cr_assert_eq(packet.icmp.quoted_bytes, turned.goes.length - turned.goes.l3);
		cr_assert_eq(packet.key.local_port, turned.sides.goes.local_port);
		cr_assert_eq(packet.key.remote_port, turned.sides.goes.remote_port);
		if (version == 6)
			cr_assert(ip6_equal(packet.ip6.local, turned.sides.goes_pair.local) &&
				  ip6_equal(packet.ip6.remote, turned.sides.goes_pair.remote));
		else
			cr_assert(flow_key_equal(&packet.key, &turned.sides.goes));
		wire_error_turn(made.bytes, &packet, &ends, TTL);
		expected_make(&turned, &expected);
		cr_assert_arr_eq(made.bytes, expected.bytes, sizeof made.bytes, "round %u", round);
	}
	cr_assert_gt(all_ones, ROUNDS / 32, "hardly any checksum came to 0");
}

/* Eight bytes behind the quoted header are what RFC 792 promises. Of less there are no ports, or no checksum to mend.
 */
Test(wire_error_turn, a_quote_without_all_of_the_udp_header_is_not_believed)
{
	struct random random;

	random_seed(&random, 792);
	for (uint32_t round = 0; round < 400; round++) {
		struct turned turned;
		uint32_t header;

		turned_draw(&turned, &random, round % 2 ? 6 : 4, true);
		header = turned.goes.l4 - turned.goes.l3;
		for (uint32_t bytes = 0; bytes < header + 8; bytes++) {
			struct wire_expect expect = {.ethernet = true, .ip6 = true};
			struct packet packet;
			struct frame made;

			memcpy(expect.mac, FRAME_OUR_MAC, 6);
			turned.error.quote_bytes = bytes;
			sides_error_make(&made, &turned.error);
			cr_assert_neq(frame_parse_exact(made.bytes, made.length, &expect, &packet), QUERN_DROP_NONE,
				      "%u of %u bytes", bytes, header + 8);
		}
	}
}

/* Whatever a quote holds: what is taken is turned within the frame, and is valid then. Each frame is a block of its own
 * size, so that a sanitizer sees what is written or read beyond. */
Test(wire_error_turn, a_quote_of_damaged_bytes_is_dropped_or_turned_into_a_valid_error)
{
	const struct flow_key key = {0xc6120001, 0xc6130009, 53, 5353};
	const struct wire_expect expect = {.ip6 = true};
	unsigned int taken = 0;
	struct random random;

	random_seed(&random, 8);
	for (uint32_t round = 0; round < 200000; round++) {
		int version = round % 2 ? 6 : 4;
		struct wire_udp_ends ends = {&key, version == 6 ? &FRAME6_PAIR : NULL};
		struct packet packet, again;
		struct turned turned;
		struct frame made;
		uint8_t *exact;
		uint32_t bytes;

		turned_draw(&turned, &random, version, true);
		turned.error.quote_bytes = random_below(&random, turned.error.quote_bytes + 1);
		for (uint32_t flips = random_below(&random, 4); flips > 0 && turned.error.quote_bytes > 0; flips--)
			turned.goes.bytes[turned.goes.l3 + random_below(&random, turned.error.quote_bytes)] =
				(uint8_t)random_next(&random);
		sides_error_make(&made, &turned.error);
		bytes = made.length - made.l3;
		exact = malloc(bytes);
		memcpy(exact, made.bytes + made.l3, bytes);
		if (wire_parse(exact, bytes, &expect, &packet) == QUERN_DROP_NONE && packet.icmp.quoted == WIRE_UDP) {
			taken++;
			wire_error_turn(exact, &packet, &ends, TTL);
			cr_assert_eq(wire_parse(exact, bytes, &expect, &again), QUERN_DROP_NONE, "round %u", round);
			cr_assert(again.key.local_port == key.remote_port && again.key.remote_port == key.local_port);
			cr_assert_eq(again.key.local, version == 6 ? 0 : key.remote);
			if (version == 6)
				cr_assert(ip6_equal(again.ip6.local, FRAME6_PAIR.remote));
			cr_assert_eq(again.icmp.type, packet.icmp.type);
		}
		free(exact);
	}
	cr_assert_gt(taken, 20000, "hardly any quote was good");
}
