/* test_tcp_scoreboard.c - what the peer has SACKed, against a map with a mark for every octet (row 98; RFC 2018, 2883,
 * 6675). */
#include <string.h>

#include <criterion/criterion.h>

#include "base/random.h"
#include "base/seq.h"
#include "tcp/tcp_input.h"
#include "tcp/tcp_output.h"

enum { SPACE = 400, ROUNDS = 150, STEPS = 40, MSS = 20 };

static struct tcp_scoreboard scoreboard;
static bool map[SPACE];
static uint32_t first; /* the number of map[0] */

static void begin(uint32_t seq)
{
	memset(&scoreboard, 0xa5, sizeof(scoreboard));
	memset(map, 0, sizeof(map));
	first = seq;
	tcp_scoreboard_clear(&scoreboard, seq);
}

/* Ranges are in order, apart, above `una`, and cover what the map has. */
static void check_against_map(uint32_t una)
{
	uint32_t edge = una, covered = 0, marked = 0;

	for (uint32_t i = 0; i < scoreboard.count; i++) {
		struct segment_sack range = scoreboard.ranges[i];

		cr_assert(seq_before(edge, range.left) && seq_before(range.left, range.right));
		for (uint32_t at = range.left; at != range.right; at++)
			cr_assert(map[at - first], "octet %u was never SACKed", at - first);
		covered += range.right - range.left;
		edge = range.right;
	}
	for (uint32_t at = 0; at < SPACE; at++)
		marked += map[at];
	cr_assert_eq(covered, marked);
	cr_assert_eq(scoreboard.sacked_bytes, marked);
}

/* An octet at a time: RFC 6675's IsLost(), by its words. */
static bool is_lost(uint32_t at)
{
	uint32_t ranges = 0, bytes = 0;

	for (uint32_t above = at + 1; above < SPACE; above++) {
		bytes += map[above];
		ranges += map[above] && !map[above - 1];
	}
	return ranges >= 3 || bytes > 2 * MSS;
}

static void check_questions(uint32_t una, struct random *random)
{
	uint32_t from = una - first + random_below(random, SPACE - (una - first));
	uint32_t to = from + random_below(random, SPACE - from + 1), unsacked = 0, left = from, right = to;
	uint32_t lost = tcp_scoreboard_lost(&scoreboard, una, MSS) - first;
	struct segment_sack hole;
	bool found;

	for (uint32_t at = una - first; at < SPACE; at++)
		cr_assert(map[at] || is_lost(at) == (at < lost), "octet %u, lost below %u", at, lost);
	for (uint32_t at = from; at < to; at++)
		unsacked += !map[at];
	cr_assert_eq(tcp_scoreboard_unsacked(&scoreboard, first + from, first + to), unsacked);
	while (left < to && map[left])
		left++;
	found = tcp_scoreboard_hole(&scoreboard, first + from, first + to, &hole);
	cr_assert_eq(found, unsacked > 0);
	cr_assert(!found || hole.left == first + left);
	for (uint32_t at = left; found && at < hole.right - first; at++)
		cr_assert_not(map[at]);
	cr_assert(!found || hole.right == first + to || map[hole.right - first]);
	while (right > from && map[right - 1])
		right--;
	found = tcp_scoreboard_last_hole(&scoreboard, first + from, first + to, &hole);
	cr_assert_eq(found, unsacked > 0);
	cr_assert(!found || hole.right == first + right);
	for (uint32_t at = hole.left - first; found && at < right; at++)
		cr_assert_not(map[at]);
	cr_assert(!found || hole.left == first + from || map[hole.left - first - 1]);
}

/* One ACK with up to four blocks, all of them possible; the map knows as well, and counts what is new. */
static void acknowledge(uint32_t ack, uint32_t longest, struct random *random)
{
	struct segment segment = {.ack = ack, .sack_count = (uint8_t)(1 + random_below(random, 4))};
	uint32_t fresh = 0;

	for (uint32_t at = 0; at < ack - first; at++)
		map[at] = false;
	/* The peer names as missing what it said was there. */
	for (uint32_t at = ack - first; at < SPACE && map[at]; at++)
		map[at] = false;
	for (uint32_t i = 0; i < segment.sack_count; i++) {
		uint32_t from = ack - first + 1 + random_below(random, SPACE - (ack - first) - 1);
		uint32_t to = from + 1 + random_below(random, longest);

		to = to < SPACE ? to : SPACE;
		segment.sacks[i] = (struct segment_sack){first + from, first + to};
		for (uint32_t at = from; at < to; at++) {
			fresh += !map[at];
			map[at] = true;
		}
	}
	cr_assert_eq(tcp_scoreboard_update(&scoreboard, &segment, first + SPACE), fresh);
}

Test(tcp_scoreboard, every_octet_is_known_once_in_any_order_and_across_the_wrap)
{
	struct random random;

	random_seed(&random, 5);
	for (int round = 0; round < ROUNDS; round++) {
		uint32_t longest = 20 + random_below(&random, 60), una;

		begin((uint32_t)0 - random_below(&random, SPACE));
		una = first;
		for (int i = 0; i < STEPS && scoreboard.count < TCP_SCOREBOARD_RANGES - 4; i++) {
			una += random_below(&random, 4) == 0 ? random_below(&random, 20) : 0;
			if (una - first > SPACE - 20)
				break;
			acknowledge(una, longest, &random);
			check_against_map(una);
			check_questions(una, &random);
		}
	}
}

/* Row 98: beyond SND.NXT, upside down, empty, below SND.UNA, or over it. */
Test(tcp_scoreboard, blocks_that_cannot_be_true_are_ignored)
{
	static const struct segment_sack bogus[] = {
		{500, 400}, {400, 400},      {1001, 1010},      {990, 1001},
		{50, 60},   {50, 150},       {100, 200},        {0xfffffff0, 0xffffffff},
		{0, 0},     {0x80000064, 0}, {200, 0xffff0000}, {0, 1000}};
	struct segment segment = {.ack = 100, .sack_count = 1};

	begin(100);
	for (size_t i = 0; i < sizeof bogus / sizeof *bogus; i++) {
		segment.sacks[0] = bogus[i];
		cr_assert_eq(tcp_scoreboard_update(&scoreboard, &segment, 1000), 0, "block %zu", i);
		cr_assert_eq(scoreboard.count, 0, "block %zu", i);
	}
	segment.sacks[0] = (struct segment_sack){101, 1000};
	cr_assert_eq(tcp_scoreboard_update(&scoreboard, &segment, 1000), 899);
}

Test(tcp_scoreboard, what_finds_no_place_is_forgotten_the_highest_first)
{
	struct segment segment = {.ack = 0, .sack_count = 1};

	begin(0);
	for (uint32_t i = 0; i < TCP_SCOREBOARD_RANGES; i++) {
		segment.sacks[0] = (struct segment_sack){1000 + 10 * i, 1001 + 10 * i};
		cr_assert_eq(tcp_scoreboard_update(&scoreboard, &segment, 5000), 1);
	}
	segment.sacks[0] = (struct segment_sack){4000, 4100};
	cr_assert_eq(tcp_scoreboard_update(&scoreboard, &segment, 5000), 0, "higher than all");
	segment.sacks[0] = (struct segment_sack){500, 510};
	cr_assert_eq(tcp_scoreboard_update(&scoreboard, &segment, 5000), 10, "lower than all");
	cr_assert_eq(scoreboard.count, TCP_SCOREBOARD_RANGES);
	cr_assert_eq(scoreboard.sacked_bytes, TCP_SCOREBOARD_RANGES - 1 + 10);
	cr_assert_eq(tcp_scoreboard_top(&scoreboard, 0), 1001 + 10 * (TCP_SCOREBOARD_RANGES - 2));
	segment.sacks[0] = (struct segment_sack){400, 4500};
	cr_assert_eq(tcp_scoreboard_update(&scoreboard, &segment, 5000), 4100 - (TCP_SCOREBOARD_RANGES - 1) - 10);
	cr_assert_eq(scoreboard.count, 1, "one block over all of them");
}

/* RFC 2883 4. */
Test(tcp_scoreboard, what_came_twice_is_told_by_the_first_block)
{
	static const struct {
		uint8_t count;
		struct segment_sack sacks[2];
		bool tells;
	} cases[] = {
		{1, {{900, 1000}}, true},  /* acknowledged */
		{1, {{950, 1001}}, false}, /* over the ACK: nonsense */
		{1, {{1100, 1200}}, false},
		{2, {{1100, 1200}, {1100, 1300}}, true},
		{2, {{1150, 1200}, {1100, 1200}}, true},
		{2, {{1100, 1200}, {1300, 1400}}, false},
		{2, {{1100, 1250}, {1100, 1200}}, false},
		{1, {{1000, 900}}, false}, /* upside down */
		{0, {{900, 1000}}, false},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct segment segment = {.ack = 1000, .sack_count = cases[i].count};

		memcpy(segment.sacks, cases[i].sacks, sizeof cases[i].sacks);
		cr_assert_eq(tcp_scoreboard_tells_repeat(&segment), cases[i].tells, "case %zu", i);
	}
}

/* RFC 6675 4, IsLost(): three ranges above, or more than two segments of octets. */
Test(tcp_scoreboard, three_ranges_or_more_than_two_segments_above_a_hole_make_it_lost)
{
	struct segment segment = {.ack = 0, .sack_count = 2, .sacks = {{100, 101}, {200, 201}}};

	begin(0);
	tcp_scoreboard_update(&scoreboard, &segment, 1000);
	cr_assert_eq(tcp_scoreboard_lost(&scoreboard, 0, MSS), 0);
	segment.sacks[0] = (struct segment_sack){300, 301};
	tcp_scoreboard_update(&scoreboard, &segment, 1000);
	cr_assert_eq(tcp_scoreboard_lost(&scoreboard, 0, MSS), 100);
	segment.sacks[0] = (struct segment_sack){300, 300 + 2 * MSS};
	tcp_scoreboard_update(&scoreboard, &segment, 1000);
	cr_assert_eq(tcp_scoreboard_lost(&scoreboard, 0, MSS), 200);
	segment.sacks[0] = (struct segment_sack){300, 301 + 2 * MSS};
	tcp_scoreboard_update(&scoreboard, &segment, 1000);
	cr_assert_eq(tcp_scoreboard_lost(&scoreboard, 0, MSS), 300);
}

/* Where no scoreboard is free, the third ACK with blocks is a third duplicate ACK (RFC 6582). */
Test(tcp_scoreboard, without_a_scoreboard_recovery_goes_on_as_newreno)
{
	enum { SEGMENT = 1000, NOW_MS = 100000 };
	const struct quern_tcp_options options = {.mss = SEGMENT};
	struct tcp_conn conn = {
		.key = {1, 2, 3, 4}, .snd_end = 5000, .rcv_nxt = 9, .mss = SEGMENT, .sack_permitted = 1};
	struct segment segment, told = {.seq = 9, .ack = 5000, .flags = TCP_ACK, .wnd = UINT16_MAX, .sack_count = 1};
	struct tcp_profile profile;
	struct tcp_flight flight;
	uint32_t count = 0;

	cr_assert_eq(tcp_profile_make(&profile, &options, 1500), 0);
	conn.state = QUERN_ESTABLISHED;
	conn.snd_wnd = conn.max_wnd = UINT16_MAX;
	tcp_flight_begin(&conn, &flight, &profile, NOW_MS);
	conn.snd_end += 20 * SEGMENT;
	while (tcp_output(&conn, &flight, NULL, &profile, NOW_MS, &segment))
		count++;
	cr_assert_eq(count, 10);
	for (uint32_t i = 1; i <= 3; i++) {
		told.sacks[0] = (struct segment_sack){5000 + SEGMENT, 5000 + SEGMENT * (1 + i)};
		tcp_input(&conn, &flight, NULL, &told, &profile, NOW_MS);
		cr_assert(tcp_output(&conn, &flight, NULL, &profile, NOW_MS, &segment));
		cr_assert_eq(segment.seq, i < 3 ? 5000 + SEGMENT * (9 + i) : 5000, "after duplicate %u", i);
	}
}
