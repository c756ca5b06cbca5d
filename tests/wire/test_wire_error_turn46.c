/* test_wire_error_turn46.c - errors about datagrams that went on in the other version of IP, as their senders get them.
 */
#include <string.h>

#include <criterion/criterion.h>

#include "wire/wire_error.h"
#include "wire_sides.h"

enum { ROUNDS = 60000, TTL = 61, QUOTED_TTL = 17, MOST = 576 };

/* A kind of error as it comes and as it goes on: RFC 7915 4.2 and 5.2. Type 0 is none. */
struct kind {
	uint8_t came[2], goes[2];
	uint32_t rest, goes_rest; /* behind the checksum */
};

static const struct kind to4[] = {
	{{1, 0}, {3, 1}, 0, 0},         {{1, 1}, {3, 10}, 0, 0},         {{1, 2}, {3, 1}, 0, 0},
	{{1, 3}, {3, 1}, 0, 0},         {{1, 4}, {3, 3}, 0, 0},          {{2, 0}, {3, 4}, 1500, 1480},
	{{2, 0}, {3, 4}, 1280, 1260},   {{2, 0}, {3, 4}, 68, 1260},      {{2, 0}, {3, 4}, 0, 1260},
	{{2, 0}, {3, 4}, 70000, 65535}, {{2, 7}, {3, 4}, 1400, 1380},    {{3, 0}, {11, 0}, 9, 0},
	{{3, 1}, {11, 1}, 0, 0},        {{4, 1}, {3, 2}, 6, 0},          {{4, 0}, {12, 0}, 4, 2 << 24},
	{{4, 2}, {0, 0}, 40, 0},        {{1, 7}, {0, 0}, 0, 0},          {{2, 0}, {3, 4}, UINT32_MAX, 65535},
	{{4, 0}, {12, 0}, 0, 0},        {{4, 0}, {12, 0}, 1, 1 << 24},   {{4, 0}, {0, 0}, 2, 0},
	{{4, 0}, {12, 0}, 7, 8 << 24},  {{4, 0}, {12, 0}, 23, 12 << 24}, {{4, 0}, {12, 0}, 39, 16 << 24},
	{{4, 0}, {0, 0}, 40, 0},        {{4, 0}, {0, 0}, UINT32_MAX, 0},
};
static const struct kind to6[] = {
	{{3, 0}, {1, 0}, 0, 0},          {{3, 1}, {1, 0}, 0, 0},         {{3, 2}, {4, 1}, 0, 6},
	{{3, 3}, {1, 4}, 0, 0},          {{3, 4}, {2, 0}, 1400, 1420},   {{3, 4}, {2, 0}, 0, 1280},
	{{3, 4}, {2, 0}, 1260, 1280},    {{3, 4}, {2, 0}, 68, 1280},     {{3, 4}, {2, 0}, 65535, 65555},
	{{3, 5}, {1, 0}, 0, 0},          {{3, 9}, {1, 1}, 0, 0},         {{3, 13}, {1, 1}, 0, 0},
	{{11, 0}, {3, 0}, 0, 0},         {{11, 1}, {3, 1}, 0, 0},        {{12, 0}, {4, 0}, 0, 0},
	{{12, 0}, {4, 0}, 1 << 24, 1},   {{12, 2}, {4, 0}, 3 << 24, 4},  {{12, 0}, {0, 0}, 4 << 24, 0},
	{{12, 0}, {4, 0}, 8 << 24, 7},   {{12, 0}, {4, 0}, 9 << 24, 6},  {{12, 0}, {4, 0}, 15 << 24, 8},
	{{12, 0}, {4, 0}, 16 << 24, 24}, {{12, 0}, {0, 0}, 20 << 24, 0}, {{12, 1}, {0, 0}, 0, 0},
	{{3, 12}, {1, 0}, 0, 0},         {{3, 14}, {0, 0}, 0, 0},        {{3, 15}, {1, 1}, 0, 0},
};

/* The datagram as its sender knows it: without options, of a TTL that the quote has, not to be fragmented. */
static void quote_make(const struct sides *sides, uint8_t *ip)
{
	const uint8_t *came = sides->frame.bytes + sides->frame.l3;
	uint32_t udp_bytes = sides->frame.length - sides->frame.l4;

	if (sides->version == 6) {
		memcpy(ip, came, 2);
		ip[1] &= 0xf0;
		sides_put16(ip + 2, 0);
		sides_put16(ip + 4, udp_bytes);
		ip[6] = 17;
		ip[7] = QUOTED_TTL;
		memcpy(ip + 8, came + 8, 32);
		return;
	}
	memset(ip, 0, 20);
	ip[0] = 0x45;
	ip[1] = came[1];
	sides_put16(ip + 2, 20 + udp_bytes);
	ip[6] = 0x40;
	ip[8] = QUOTED_TTL;
	ip[9] = 17;
	memcpy(ip + 12, came + 12, 8);
	sides_put16(ip + 10, frame_checksum(0, ip, 20));
}

/* The error that comes, about the datagram as it went on. */
static void came_make(const struct sides *sides, const struct kind *kind, uint32_t udp_bytes, struct frame *made)
{
	uint32_t version = sides->version == 4 ? 6 : 4, header = version == 6 ? 40 : 20;
	struct sides_error error = {
		.version = (int)version, .word = kind->came, .rest = kind->rest, .ttl = 33, .front = 8};
	struct frame went;
	uint8_t *ip;

	sides_expect46(sides, &went);
	ip = went.bytes;
	ip[version == 6 ? 7 : 8] = QUOTED_TTL;
	error.quote = ip;
	error.quote_bytes = header + udp_bytes;
	memcpy(error.source, FRAME6_ADDRESSES, 16);
	memcpy(error.dest, ip + (version == 6 ? 8 : 12), version == 6 ? 16 : 4);
	sides_error_make(made, &error);
}

static void goes_make(const struct sides *sides, const struct kind *kind, uint32_t udp_bytes, struct frame *made)
{
	uint32_t header = sides->version == 6 ? 40 : 20;
	struct sides_error error = {.version = sides->version, .word = kind->goes, .rest = kind->goes_rest, .ttl = TTL};
	uint8_t quote[40 + 8 + SIDES_TEXT_MAX + 2];

	if (header + udp_bytes > MOST - header - 8)
		udp_bytes = MOST - 2 * header - 8;
	quote_make(sides, quote);
	memcpy(quote + header, sides->frame.bytes + sides->frame.l4, udp_bytes);
	error.quote = quote;
	error.quote_bytes = header + udp_bytes;
	memcpy(error.source, quote + (sides->version == 6 ? 24 : 16), sides->version == 6 ? 16 : 4);
	memcpy(error.dest, quote + (sides->version == 6 ? 8 : 12), sides->version == 6 ? 16 : 4);
	sides_error_make(made, &error);
}

Test(wire_error_turn46, an_error_comes_to_the_sender_in_the_version_that_it_speaks)
{
	struct random random;

	random_seed(&random, 7915);
	for (uint32_t round = 0; round < ROUNDS; round++) {
		struct frame came, expected, made = {.l3 = 0};
		struct packet sent, packet, again;
		struct wire_udp_ends ends;
		const struct kind *kind;
		struct sides sides;
		uint32_t udp_bytes;

		sides_draw(&sides, &random, round % 2 ? 6 : 4);
		sides.frame.bytes[sides.frame.l4 + 1] |= 1;
		sides.frame.bytes[sides.frame.l4 + 3] |= 1;
		sides_sum_up(&sides.frame, sides.version);
		kind = sides.version == 4 ? &to4[random_below(&random, sizeof to4 / sizeof to4[0])]
					  : &to6[random_below(&random, sizeof to6 / sizeof to6[0])];
		udp_bytes = 8 + random_below(&random, sides.frame.length - sides.frame.l4 - 7);
		sides_parse(&sides.frame, &sent);
		ends = wire_udp_ends_of(&sent);
		came_make(&sides, kind, udp_bytes, &came);
		sides_parse(&came, &packet);
		cr_assert_eq(packet.icmp.quoted, WIRE_UDP);
		memcpy(made.bytes, came.bytes, came.l3);
		made.length = wire_error_turn46(made.bytes, came.bytes, &packet, &ends, MOST, TTL);
		if (kind->goes[0] == 0) {
			cr_assert_eq(made.length, 0);
			continue;
		}
		goes_make(&sides, kind, udp_bytes, &expected);
		cr_assert_eq(made.length, expected.length);
		cr_assert_arr_eq(made.bytes + 14, expected.bytes + 14, made.length - 14, "round %u, type %u code %u",
				 round, kind->came[0], kind->came[1]);
		sides_parse(&expected, &again);
		cr_assert_eq(again.icmp.quoted, WIRE_UDP);
	}
}

/* With room for so much and no more. */
Test(wire_error_turn46, an_error_stays_within_its_room_and_is_not_made_without_any)
{
	struct random random;

	random_seed(&random, 1);
	for (int version = 4; version <= 6; version += 2) {
		uint32_t header = version == 6 ? 40 : 20, udp_bytes;
		struct packet sent, packet, again;
		struct wire_udp_ends ends;
		struct frame came;
		struct sides sides;

		sides_draw(&sides, &random, version);
		udp_bytes = sides.frame.length - sides.frame.l4;
		sides_parse(&sides.frame, &sent);
		ends = wire_udp_ends_of(&sent);
		came_make(&sides, version == 4 ? &to4[4] : &to6[3], udp_bytes, &came);
		sides_parse(&came, &packet);
		for (uint32_t most = 0; most < 2 * header + 8 + udp_bytes + 4; most++) {
			uint8_t *made = malloc(14 + most);
			uint32_t bytes = wire_error_turn46(made, came.bytes, &packet, &ends, most, TTL), right;
			const struct wire_expect expect = {.ip6 = true};

			right = most < 2 * header + 16              ? 0
				: most > 2 * header + 8 + udp_bytes ? 14 + 2 * header + 8 + udp_bytes
								    : 14 + most;
			cr_assert_eq(bytes, right, "%u for %u", bytes, most);
			if (bytes > 0) {
				cr_assert_eq(frame_parse_exact(made + 14, bytes - 14, &expect, &again),
					     QUERN_DROP_NONE);
				cr_assert_eq(again.icmp.what, QUERN_ICMP_PORT);
			}
			free(made);
		}
	}
}
