/* test_wire_udp.c - datagrams that are passed on, held against checksums by plain addition. */
#include <string.h>

#include <criterion/criterion.h>

#include "base/random.h"
#include "wire/wire_udp.h"
#include "wire_frames6.h"

enum { ROUNDS = 240000, TEXT_MAX = 120 };

/* Two sides of a forwarder: how a datagram comes, and how it goes. */
struct sides {
	struct flow_key goes;
	struct ip6_pair goes_pair;
	struct frame frame;
	int version;
};

static uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put_ip6(uint8_t *at, struct quern_ip6 address)
{
	for (int i = 0; i < 8; i++) {
		at[i] = (uint8_t)(address.high >> (56 - 8 * i));
		at[8 + i] = (uint8_t)(address.low >> (56 - 8 * i));
	}
}

/* By plain addition; of a datagram that has one. */
static void sum_up(struct frame *frame, int version)
{
	if (version == 6)
		frame6_fix_checksum(frame, 17);
	else
		frame_fix_checksums(frame);
	if (get16(frame->bytes + frame->l4 + 6) == 0)
		put16(frame->bytes + frame->l4 + 6, UINT16_MAX);
}

static void random_bytes(uint8_t *at, uint32_t bytes, struct random *random)
{
	for (uint32_t i = 0; i < bytes; i++)
		at[i] = (uint8_t)random_next(random);
}

/* What the datagram must look like once it goes on, but for its UDP checksum where that is none. */
static void expected_make(const struct sides *sides, struct frame *expected)
{
	uint8_t *ip, *udp;

	*expected = sides->frame;
	ip = expected->bytes + expected->l3;
	udp = expected->bytes + expected->l4;
	if (sides->version == 6) {
		ip[7]--;
		put_ip6(ip + 8, sides->goes_pair.local);
		put_ip6(ip + 24, sides->goes_pair.remote);
	} else {
		ip[8]--;
		put16(ip + 12, sides->goes.local >> 16);
		put16(ip + 14, sides->goes.local);
		put16(ip + 16, sides->goes.remote >> 16);
		put16(ip + 18, sides->goes.remote);
	}
	put16(udp, sides->goes.local_port);
	put16(udp + 2, sides->goes.remote_port);
	sum_up(expected, sides->version);
}

/* A word of the text, or of the IPv4 header, for which a checksum comes to 0: that of the datagram as it comes, or as
 * it goes. */
static void aim_at_zero(struct sides *sides, bool is_ip, bool as_it_goes)
{
	uint8_t *word = sides->frame.bytes + (is_ip ? sides->frame.l3 + 4 : sides->frame.l4 + 8);
	uint32_t checksum_at = is_ip ? sides->frame.l3 + 10 : sides->frame.l4 + 6;
	struct frame summed;

	put16(word, 0);
	sum_up(&sides->frame, sides->version);
	summed = sides->frame;
	if (as_it_goes)
		expected_make(sides, &summed);
	memcpy(word, summed.bytes + checksum_at, 2);
	sum_up(&sides->frame, sides->version);
}

static void draw4(struct sides *sides, struct random *random, uint32_t text_bytes)
{
	uint8_t options[40];
	uint8_t *ip;

	memset(options, 1, sizeof options);
	frame_make(
		&sides->frame,
		&(struct frame_plan){.protocol = 17,
				     .no_ethernet = random_below(random, 2),
				     .text_bytes = text_bytes,
				     .ip_options = options,
				     .ip_options_bytes = random_below(random, 3) ? 0 : 4 * random_below(random, 11)});
	ip = sides->frame.bytes + sides->frame.l3;
	ip[1] = (uint8_t)random_next(random);
	random_bytes(ip + 4, 2, random);
	ip[6] = random_below(random, 2) ? 0x40 : 0;
	ip[8] = (uint8_t)(2 + random_below(random, 254));
	random_bytes(ip + 12, 8, random);
	ip[12] = (uint8_t)(1 + random_below(random, 126));
}

static void draw6(struct sides *sides, struct random *random, uint32_t text_bytes)
{
	static const uint8_t options[24] = {60, 0, 1, 4, 0, 0, 0, 0, 17, 1, 1, 12};
	uint32_t kind = random_below(random, 3);
	uint8_t *ip;

	frame6_make(&sides->frame, &(struct frame6_plan){.protocol = 17,
							 .no_ethernet = random_below(random, 2),
							 .text_bytes = text_bytes,
							 .next = kind == 1 ? 0 : 60,
							 .extensions = kind == 1 ? options : options + 8,
							 .extension_bytes = kind == 1   ? 24
									    : kind == 2 ? 16
											: 0});
	ip = sides->frame.bytes + sides->frame.l3;
	random_bytes(ip + 1, 3, random);
	ip[7] = (uint8_t)(2 + random_below(random, 254));
	random_bytes(ip + 8, 32, random);
	ip[8] = 0x20;
}

static void sides_draw(struct sides *sides, struct random *random, int version)
{
	uint32_t text_bytes = 2 + random_below(random, TEXT_MAX);

	sides->version = version;
	sides->goes = (struct flow_key){(uint32_t)random_next(random), (uint32_t)random_next(random),
					(uint16_t)random_next(random), (uint16_t)random_next(random)};
	sides->goes_pair = (struct ip6_pair){{random_next(random), random_next(random)},
					     {random_next(random), random_next(random)}};
	if (version == 6)
		draw6(sides, random, text_bytes);
	else
		draw4(sides, random, text_bytes);
	random_bytes(sides->frame.bytes + sides->frame.l4, 4, random);
	random_bytes(sides->frame.bytes + sides->frame.l4 + 8, text_bytes, random);
	sum_up(&sides->frame, version);
}

static void parse(const struct frame *frame, struct packet *packet)
{
	struct wire_expect expect = {.ethernet = frame->l3 != 0, .ip6 = true};

	memcpy(expect.mac, FRAME_OUR_MAC, 6);
	cr_assert_eq(frame_parse_exact(frame->bytes, frame->length, &expect, packet), QUERN_DROP_NONE);
	cr_assert_eq(packet->kind, WIRE_UDP);
}

static void rewrite(struct frame *frame, const struct packet *packet, const struct wire_udp_ends *goes,
		    struct wire_udp_sums sums)
{
	if (packet->version == 6)
		wire_udp_rewrite6(frame->bytes, packet, goes, sums);
	else
		wire_udp_rewrite4(frame->bytes, packet, goes->key, sums);
}

static struct wire_udp_ends ends_of(const struct flow_key *key, const struct ip6_pair *pair, int version)
{
	return (struct wire_udp_ends){key, version == 6 ? pair : NULL};
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
		struct wire_udp_ends goes = ends_of(&sides.goes, &sides.goes_pair, round % 2 ? 6 : 4);
		struct frame expected, made;
		struct packet packet;

		sides_draw(&sides, &random, round % 2 ? 6 : 4);
		if (round % 16 < 2) {
			parse(&sides.frame, &packet);
			sides.goes = (struct flow_key){packet.key.remote, packet.key.local, packet.key.remote_port,
						       packet.key.local_port};
			sides.goes_pair = (struct ip6_pair){packet.ip6.remote, packet.ip6.local};
		}
		if (random_below(&random, 2))
			aim_at_zero(&sides, false, random_below(&random, 2));
		if (sides.version == 4 && random_below(&random, 2))
			aim_at_zero(&sides, true, random_below(&random, 2));
		expected_make(&sides, &expected);
		if (round % 8 == 2) {
			put16(sides.frame.bytes + sides.frame.l4 + 6, 0);
			put16(expected.bytes + expected.l4 + 6, 0);
		}
		all_ones += get16(expected.bytes + expected.l4 + 6) == UINT16_MAX;
		zeros += sides.version == 4 && get16(expected.bytes + expected.l3 + 10) == 0;
		made = sides.frame;
		parse(&made, &packet);
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
		struct wire_udp_ends goes = ends_of(&sides.goes, &sides.goes_pair, round % 2 ? 6 : 4);
		struct wire_udp_sums there;
		struct wire_udp_ends came;
		struct flow_key back_key;
		struct ip6_pair back_pair;
		struct packet packet;
		struct frame made;

		sides_draw(&sides, &random, round % 2 ? 6 : 4);
		sides.frame.bytes[sides.frame.l3 + (sides.version == 6 ? 7 : 8)] |= 4;
		sum_up(&sides.frame, sides.version);
		if (round % 3 == 0)
			aim_at_zero(&sides, false, round % 6 == 0);
		made = sides.frame;
		parse(&made, &packet);
		came = wire_udp_ends_of(&packet);
		there = wire_udp_sums(&came, &goes);
		rewrite(&made, &packet, &goes, there);
		back_key = (struct flow_key){packet.key.remote, packet.key.local, packet.key.remote_port,
					     packet.key.local_port};
		back_pair = (struct ip6_pair){packet.ip6.remote, packet.ip6.local};
		goes = ends_of(&back_key, &back_pair, sides.version);
		rewrite(&made, &packet, &goes, wire_udp_sums_back(there));
		sides.frame.bytes[sides.frame.l3 + (sides.version == 6 ? 7 : 8)] -= 2;
		sum_up(&sides.frame, sides.version);
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
		struct wire_udp_ends goes = ends_of(&sides.goes, &sides.goes_pair, round % 2 ? 6 : 4);
		struct packet packet;
		struct frame made;

		sides_draw(&sides, &random, round % 2 ? 6 : 4);
		parse(&sides.frame, &packet);
		sides.frame.bytes[sides.frame.l4 + 8 + random_below(&random, 2)] ^= (uint8_t)(1 + round % 254);
		wire_udp_rewrite(sides.frame.bytes, &packet, &goes);
		made = sides.frame;
		sum_up(&made, sides.version);
		cr_assert_neq(get16(made.bytes + made.l4 + 6), get16(sides.frame.bytes + made.l4 + 6));
	}
}

/* Row 112 of docs/rfc.md: UDP ends before the IP packet does. */
Test(wire_udp, an_ip_packet_ends_with_its_datagram_once_it_is_passed_on)
{
	struct random random;
	struct sides sides;

	random_seed(&random, 112);
	for (uint32_t round = 0; round < 4000; round++) {
		struct wire_udp_ends goes = ends_of(&sides.goes, &sides.goes_pair, round % 2 ? 6 : 4);
		uint32_t text_bytes, less;
		struct packet packet;
		struct frame made;
		uint8_t *ip, *udp;

		sides_draw(&sides, &random, round % 2 ? 6 : 4);
		ip = sides.frame.bytes + sides.frame.l3;
		udp = sides.frame.bytes + sides.frame.l4;
		text_bytes = sides.frame.length - sides.frame.l4 - 8;
		less = random_below(&random, text_bytes + 1);
		sides.frame.length -= less;
		put16(udp + 4, 8 + text_bytes - less);
		put16(ip + (sides.version == 6 ? 4 : 2),
		      sides.frame.length - sides.frame.l3 - (sides.version == 6 ? 40 : 0));
		sum_up(&sides.frame, sides.version);
		made = sides.frame;
		sides.frame.length += less;
		put16(ip + (sides.version == 6 ? 4 : 2),
		      sides.frame.length - sides.frame.l3 - (sides.version == 6 ? 40 : 0));
		if (sides.version == 4) {
			put16(ip + 10, 0);
			put16(ip + 10, frame_checksum(0, ip, sides.frame.l4 - sides.frame.l3));
		}
		parse(&sides.frame, &packet);
		cr_assert_eq(packet.frame_bytes, made.length);
		wire_udp_rewrite(sides.frame.bytes, &packet, &goes);
		parse(&made, &packet);
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
		struct wire_udp_ends goes = ends_of(&sides.goes, &sides.goes_pair, round % 2 ? 6 : 4);
		struct frame expected, made;
		struct packet packet;
		uint8_t *ip;

		sides_draw(&sides, &random, round % 2 ? 6 : 4);
		if (random_below(&random, 2))
			aim_at_zero(&sides, false, true);
		expected_make(&sides, &expected);
		parse(&sides.frame, &packet);
		put16(sides.frame.bytes + sides.frame.l4 + 6, 1 + random_below(&random, 65535));
		wire_udp_rewrite(sides.frame.bytes, &packet, &goes);
		made = sides.frame;
		cr_assert_not(wire_udp_finish(made.bytes, &packet, false));
		cr_assert_arr_eq(made.bytes, expected.bytes, made.length, "round %u", round);
		made = sides.frame;
		cr_assert(wire_udp_finish(made.bytes, &packet, true));
		ip = expected.bytes + expected.l3;
		put16(expected.bytes + expected.l4 + 6,
		      (uint16_t)~frame_checksum(17 + packet.frame_bytes - expected.l4,
						ip + (sides.version == 6 ? 8 : 12), sides.version == 6 ? 32 : 8));
		cr_assert_arr_eq(made.bytes, expected.bytes, made.length, "round %u", round);
	}
	sides_draw(&sides, &random, 4);
	put16(sides.frame.bytes + sides.frame.l4 + 6, 0);
	for (int offload = 0; offload < 2; offload++) {
		struct frame made = sides.frame;
		struct packet packet;

		parse(&made, &packet);
		cr_assert_not(wire_udp_finish(made.bytes, &packet, offload));
		cr_assert_arr_eq(made.bytes, sides.frame.bytes, made.length, "who has made no checksum needs none");
	}
}
