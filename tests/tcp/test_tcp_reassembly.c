/* test_tcp_reassembly.c - islands of text against a map with a mark for every octet. */
#include <string.h>

#include <criterion/criterion.h>

#include "base/random.h"
#include "base/seq.h"
#include "tcp/tcp_reassembly.h"

enum { SPACE = 400, ROUNDS = 20000 };

static struct tcp_reassembly reassembly;
static bool map[SPACE];
static uint32_t first; /* the number of map[0] */

static bool is_there(uint32_t from, uint32_t to)
{
	for (uint32_t at = from; at < to; at++)
		if (!map[at])
			return false;
	return true;
}

/* Islands are in order, apart, and cover what the map has. */
static void check_against_map(void)
{
	uint32_t covered = 0, marked = 0, edge = first - 1;

	for (uint32_t i = 0; i < reassembly.count; i++) {
		struct segment_sack island = reassembly.islands[i];

		cr_assert(seq_before(edge, island.left) && seq_before(island.left, island.right));
		cr_assert(is_there(island.left - first, island.right - first));
		covered += island.right - island.left;
		edge = island.right;
	}
	for (uint32_t at = 0; at < SPACE; at++)
		marked += map[at];
	cr_assert_eq(covered, marked);
}

/* Adds [from, to) as far as there is a place. */
static void add(uint32_t from, uint32_t to)
{
	struct tcp_piece piece;
	uint32_t seq = first + from;

	while (tcp_reassembly_find(&reassembly, seq, first + to, &piece)) {
		cr_assert(seq_before_eq(seq, piece.seq) && piece.bytes > 0 &&
			  seq_before_eq(piece.seq + piece.bytes, first + to));
		for (uint32_t i = 0; i < piece.bytes; i++) {
			cr_assert_not(map[piece.seq - first + i], "an octet that is there already");
			map[piece.seq - first + i] = true;
		}
		tcp_reassembly_add(&reassembly, &piece);
		seq = piece.seq + piece.bytes;
	}
	cr_assert(is_there(from, to) || reassembly.count == TCP_ISLANDS);
}

Test(tcp_reassembly, every_octet_is_found_once_in_any_order_and_across_the_wrap)
{
	struct random random;

	random_seed(&random, 3);
	for (int round = 0; round < ROUNDS; round++) {
		uint32_t longest = 1 + random_below(&random, 60);

		memset(&reassembly, 0, sizeof(reassembly));
		memset(map, 0, sizeof(map));
		first = (uint32_t)0 - random_below(&random, SPACE);
		for (int i = 0; i < 20; i++) {
			uint32_t from = random_below(&random, SPACE), to = from + 1 + random_below(&random, longest);

			add(from, to < SPACE ? to : SPACE);
			check_against_map();
		}
	}
}

Test(tcp_reassembly, another_island_beyond_the_last_place_is_refused_but_growth_is_not)
{
	struct tcp_piece piece;

	memset(&reassembly, 0, sizeof(reassembly));
	memset(map, 0, sizeof(map));
	first = 1000;
	for (uint32_t i = 0; i < TCP_ISLANDS; i++)
		add(10 * i + 1, 10 * i + 2);
	cr_assert_eq(reassembly.count, TCP_ISLANDS);
	cr_assert_not(tcp_reassembly_find(&reassembly, 1000 + 395, 1000 + 396, &piece));
	add(2, 4);
	add(5, 11);
	check_against_map();
	add(4, 5);
	cr_assert_eq(reassembly.count, TCP_ISLANDS - 1, "two have become one");
	check_against_map();
}

/* RFC 2018 4: the block of the segment that came last is first, the others follow by age. */
Test(tcp_reassembly, blocks_are_told_in_the_order_in_which_they_were_touched)
{
	struct segment_sack blocks[4];

	memset(&reassembly, 0, sizeof(reassembly));
	memset(map, 0, sizeof(map));
	first = 0;
	for (uint32_t i = 1; i <= 6; i++)
		add(50 * i, 50 * i + 10);
	cr_assert_eq(tcp_reassembly_blocks(&reassembly, blocks, 4), 4);
	for (uint32_t i = 0; i < 4; i++)
		cr_assert_eq(blocks[i].left, 50 * (6 - i));
	add(110, 120);
	tcp_reassembly_touch(&reassembly, 55);
	cr_assert_eq(tcp_reassembly_blocks(&reassembly, blocks, 3), 3);
	cr_assert_eq(blocks[0].left, 50);
	cr_assert_eq(blocks[1].left, 100);
	cr_assert_eq(blocks[1].right, 120);
	cr_assert_eq(blocks[2].left, 300);
}

Test(tcp_reassembly, rcv_nxt_passes_over_what_is_there_and_no_further)
{
	struct tcp_conn conn = {.rcv_nxt = 100};
	struct tcp_flight flight = {.urgent = 30};
	struct tcp_reached reached;

	memset(&reassembly, 0, sizeof(reassembly));
	memset(map, 0, sizeof(map));
	first = 0;
	add(120, 140);
	add(150, 160);
	cr_assert_not(tcp_reassembly_reach(&reassembly, &conn, &flight, &reached));
	conn.rcv_nxt = 125;
	cr_assert(tcp_reassembly_reach(&reassembly, &conn, &flight, &reached));
	cr_assert(reached.old == 5 && reached.fresh == 15 && conn.rcv_nxt == 140 && flight.urgent == 15);
	cr_assert_not(tcp_reassembly_reach(&reassembly, &conn, &flight, &reached));
	conn.rcv_nxt = 200;
	cr_assert(tcp_reassembly_reach(&reassembly, &conn, &flight, &reached));
	cr_assert(reached.old == 10 && reached.fresh == 0 && conn.rcv_nxt == 200 && reassembly.count == 0);
}
