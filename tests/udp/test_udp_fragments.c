/* test_udp_fragments.c - datagrams in random pieces and orders against plain concatenation; and all that is none. */
#include <criterion/criterion.h>

#include "base/random.h"
#include "udp/udp_fragments.h"

enum { DATAGRAMS = 16, IP_BYTES = 20, IP6_BYTES = 40, LONGEST = UDP_WHOLE_MAX - IP6_BYTES, PORT = 3, EACH = 1480 };

static struct udp_fragments *fragments;
static void *memory;
static uint8_t text[65536], frame[65536];
static uint32_t now_ms = 0xffffff00; /* wraps meanwhile */

static void open_table(uint32_t datagrams)
{
	static const uint64_t secret[2] = {1, 2};
	struct random random;

	memory = aligned_alloc(64, udp_fragments_bytes(datagrams));
	cr_assert_not_null(memory);
	memset(memory, 0, udp_fragments_bytes(datagrams));
	fragments = udp_fragments_open(memory, datagrams, secret);
	random_seed(&random, 7);
	for (uint32_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)random_next(&random);
}

static void close_table(void)
{
	cr_assert(udp_fragments_validate(fragments));
	free(memory);
}

/* The packet of a fragment of the text, whose header is written to `frame`, with the bytes behind it. */
static struct packet piece(uint8_t version, uint32_t id, uint32_t from, uint32_t bytes, bool is_last)
{
	uint16_t header = version == 6 ? IP6_BYTES : IP_BYTES;
	struct packet packet = {.key = {.local = 1, .remote = 2},
				.ip6 = {{1, 2}, {3, 4}},
				.kind = WIRE_FRAGMENT,
				.version = version,
				.l4_offset = header,
				.text_offset = header,
				.frame_bytes = (uint16_t)(header + bytes),
				.fragment = {.id = id, .offset = from, .bytes = (uint16_t)bytes, .is_last = is_last}};

	memset(frame, 0, header);
	frame[0] = version == 6 ? 0x60 : 0x45;
	memcpy(frame + header, text + from, bytes);
	return packet;
}

static struct udp_fragments_result add(const struct packet *packet)
{
	cr_assert(udp_fragments_have_room(fragments));
	return udp_fragments_add(fragments, frame, packet, PORT, now_ms);
}

static struct udp_fragments_result say(uint8_t version, uint32_t id, uint32_t from, uint32_t bytes, bool is_last)
{
	struct packet packet = piece(version, id, from, bytes, is_last);

	return add(&packet);
}

static void expect_kept(struct udp_fragments_result result)
{
	cr_assert_eq(result.drop, QUERN_DROP_NONE);
	cr_assert_eq(result.whole_bytes, 0);
}

static void expect_whole(struct udp_fragments_result result, uint8_t version, uint32_t bytes)
{
	const uint8_t *whole = udp_fragments_whole(fragments);
	uint32_t header = version == 6 ? IP6_BYTES : IP_BYTES, said;

	cr_assert_eq(result.drop, QUERN_DROP_NONE);
	cr_assert_eq(result.whole_bytes, header + bytes);
	cr_assert_arr_eq(whole + header, text, bytes);
	said = version == 6 ? (uint32_t)whole[4] << 8 | whole[5] : (uint32_t)whole[2] << 8 | whole[3];
	cr_assert_eq(said, version == 6 ? bytes : header + bytes);
}

static void expect_dropped(struct udp_fragments_result result, uint32_t frames)
{
	cr_assert_eq(result.drop, QUERN_DROP_IP_FRAGMENT_WRONG);
	cr_assert_eq(result.frames, frames);
	cr_assert_eq(result.whole_bytes, 0);
}

/* Cuts at random; at most so many pieces as may be, each but the last of whole units. */
static uint32_t cut(struct random *random, uint32_t bytes, uint32_t cuts[UDP_FRAGMENTS_PARTS + 1])
{
	uint32_t units = (bytes + 7) / 8, most = units < UDP_FRAGMENTS_PARTS ? units : UDP_FRAGMENTS_PARTS;
	uint32_t count = 2 + random_below(random, most - 1), at = 0;

	cuts[0] = 0;
	for (uint32_t i = 1; i < count; i++) {
		uint32_t left = units - at - (count - i);

		at += 1 + random_below(random, (left - 1) / (count - i) + 1);
		cuts[i] = at * 8;
	}
	cuts[count] = bytes;
	return count;
}

static void one_of_random_pieces(struct random *random, uint32_t id)
{
	uint32_t cuts[UDP_FRAGMENTS_PARTS + 1], order[UDP_FRAGMENTS_PARTS];
	uint32_t bytes = 9 + random_below(random, random_below(random, 4) ? 9000 : LONGEST - 9);
	uint32_t count = cut(random, bytes, cuts);
	uint8_t version = random_below(random, 2) ? 6 : 4;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t other = random_below(random, i + 1);

		order[i] = order[other];
		order[other] = i;
	}
	for (uint32_t i = 0; i < count; i++) {
		/* What is there already may come again. */
		uint32_t again = order[random_below(random, i + 1)], now = order[i];

		if (i > 0 && again != now)
			expect_kept(say(version, id, cuts[again], cuts[again + 1] - cuts[again], again == count - 1));
		struct udp_fragments_result result =
			say(version, id, cuts[now], cuts[now + 1] - cuts[now], now == count - 1);

		if (i + 1 < count)
			expect_kept(result);
		else
			expect_whole(result, version, bytes);
	}
}

Test(udp_fragments, random_pieces_in_any_order_and_twice_are_the_datagram)
{
	struct random random;

	open_table(DATAGRAMS);
	random_seed(&random, 1);
	for (uint32_t id = 0; id < 2000; id++) {
		one_of_random_pieces(&random, id);
		cr_assert_eq(udp_fragments_used(fragments), 0);
	}
	close_table();
}

/* Pieces of many datagrams between each other; those of other addresses, versions and ports are others' with one id. */
Test(udp_fragments, datagrams_do_not_mix)
{
	open_table(DATAGRAMS);
	for (uint32_t from = 0; from < 4 * EACH; from += EACH) {
		for (uint32_t id = 0; id < DATAGRAMS - 5; id++) {
			struct udp_fragments_result result = say(4, id, from, EACH, from == 3 * EACH);

			if (from < 3 * EACH)
				expect_kept(result);
			else
				expect_whole(result, 4, 4 * EACH);
		}
	}
	cr_assert_eq(udp_fragments_used(fragments), 0);
	struct packet packet = piece(4, 1, 0, EACH, false), other = packet;

	expect_kept(add(&packet));
	other.key.remote++;
	expect_kept(add(&other));
	expect_kept(say(6, 1, 0, EACH, false));
	udp_fragments_add(fragments, frame, &packet, PORT + 1, now_ms);
	cr_assert_eq(udp_fragments_used(fragments), 4);
	close_table();
}

/* RFC 5722: nothing comes of what overlaps, nor of what follows; whichever side, and however little. */
Test(udp_fragments, an_overlap_spoils_its_datagram_and_what_follows_of_it)
{
	static const uint32_t overlaps[][2] = {{8, 16}, {16, 24}, {0, 24}, {8, 40}, {24, 16}, {16, 8}, {0, 80}};
	uint32_t id = 0;

	open_table(DATAGRAMS);
	for (size_t i = 0; i < sizeof(overlaps) / sizeof(overlaps[0]); i++, id++) {
		expect_kept(say(4, id, 16, 16, false));
		expect_kept(say(4, id, 16, 16, false));
		expect_dropped(say(4, id, overlaps[i][0], overlaps[i][1], false), 3);
		expect_dropped(say(4, id, 0, 16, false), 1);
		expect_dropped(say(4, id, 32, 5, true), 1);
		expect_whole(say(4, 1000, 0, 8, true), 4, 8);
	}
	cr_assert_eq(udp_fragments_used(fragments), id);
	close_table();
}

Test(udp_fragments, two_ends_and_bytes_behind_the_end_are_no_datagram)
{
	open_table(DATAGRAMS);
	expect_kept(say(4, 1, 80, 8, true));
	expect_dropped(say(4, 1, 160, 8, true), 2);
	expect_kept(say(4, 2, 80, 8, true));
	expect_dropped(say(4, 2, 88, 8, false), 2);
	expect_kept(say(4, 3, 80, 8, false));
	expect_dropped(say(4, 3, 40, 8, true), 2);
	expect_kept(say(4, 4, 0, 80, false));
	expect_dropped(say(4, 4, 72, 8, true), 2);
	/* As long as IP lets it be, it does not fit behind its header. */
	expect_kept(say(4, 5, 0, 32000, false));
	expect_dropped(say(4, 5, 32000, 65535 - 32000, true), 2);
	close_table();
}

Test(udp_fragments, more_parts_than_there_may_be_are_too_many)
{
	open_table(DATAGRAMS);
	for (uint32_t i = 0; i < UDP_FRAGMENTS_PARTS; i++)
		expect_kept(say(4, 1, 8 * i, 8, false));
	expect_dropped(say(4, 1, 8 * UDP_FRAGMENTS_PARTS, 8, false), UDP_FRAGMENTS_PARTS + 1);
	close_table();
}

/* RFC 6946. */
Test(udp_fragments, a_fragment_that_is_the_whole_meets_no_other)
{
	open_table(DATAGRAMS);
	expect_kept(say(6, 1, 0, 16, false));
	expect_whole(say(6, 1, 0, 100, true), 6, 100);
	expect_whole(say(6, 1, 16, 50, true), 6, 66);
	close_table();
}

/* RFC 3168 5.3. */
Test(udp_fragments, congestion_that_a_router_has_marked_is_not_forgotten)
{
	struct packet packet;

	open_table(DATAGRAMS);
	for (uint8_t version = 4; version <= 6; version += 2) {
		packet = piece(version, 1, 0, 16, false);
		packet.fragment.ecn = 2;
		expect_kept(add(&packet));
		packet = piece(version, 1, 16, 16, true);
		packet.fragment.ecn = 3;
		expect_whole(add(&packet), version, 32);
		cr_assert_eq(udp_fragments_whole(fragments)[1], version == 6 ? 0x30 : 3);
		packet = piece(version, 2, 0, 16, false);
		expect_kept(add(&packet));
		packet = piece(version, 2, 16, 16, true);
		packet.fragment.ecn = 3;
		expect_dropped(add(&packet), 2);
	}
	close_table();
}

Test(udp_fragments, what_is_not_whole_in_time_is_given_up_to_the_millisecond)
{
	struct udp_fragments_loss loss;
	uint32_t late_ms;

	open_table(DATAGRAMS);
	cr_assert_not(udp_fragments_next(fragments, &late_ms));
	expect_kept(say(4, 1, 0, 16, false));
	now_ms += 300;
	expect_kept(say(4, 2, 0, 16, false));
	expect_kept(say(4, 1, 16, 16, false));
	now_ms += UDP_FRAGMENTS_MS - 301;
	cr_assert_not(udp_fragments_are_late(fragments, now_ms));
	cr_assert(udp_fragments_next(fragments, &late_ms) && late_ms == now_ms + 1);
	now_ms++;
	cr_assert(udp_fragments_are_late(fragments, now_ms));
	loss = udp_fragments_give_up(fragments);
	cr_assert(loss.port == PORT && loss.frames == 2);
	cr_assert_not(udp_fragments_are_late(fragments, now_ms));
	expect_whole(say(4, 2, 16, 8, true), 4, 24);
	cr_assert_eq(udp_fragments_used(fragments), 0);
	close_table();
}

static uint32_t make_room(void)
{
	uint32_t lost = 0;

	while (!udp_fragments_have_room(fragments))
		lost += udp_fragments_give_up(fragments).frames;
	return lost;
}

/* However many begin, and however long they are, there is room for one that comes at once. */
Test(udp_fragments, a_flood_of_beginnings_and_of_long_ones_leaves_room_for_who_comes_whole)
{
	struct random random;
	uint64_t said = 0, lost = 0;

	open_table(DATAGRAMS);
	random_seed(&random, 3);
	for (uint32_t id = 0; id < 20000; id++) {
		uint32_t from = random_below(&random, 7) * 8192;
		struct packet packet = piece(4, id, from, random_below(&random, 2) ? 8192 : 8, false);

		for (uint32_t i = 0; i < 4; i++) {
			lost += make_room();
			lost += add(&packet).frames;
			said++;
			packet.fragment.offset = (packet.fragment.offset + 8192) % 57344;
		}
		if (id % 100 == 0) {
			lost += make_room();
			expect_kept(say(6, id, 0, 80, false));
			lost += make_room();
			expect_whole(say(6, id, 80, 8, true), 6, 88);
			cr_assert(udp_fragments_validate(fragments));
		}
		cr_assert_leq(udp_fragments_used(fragments), DATAGRAMS);
	}
	while (udp_fragments_used(fragments))
		lost += udp_fragments_give_up(fragments).frames;
	cr_assert_eq(lost, said, "each frame is lost once");
	close_table();
}

Test(udp_fragments, a_table_has_bounds)
{
	cr_assert_eq(udp_fragments_bytes(UDP_FRAGMENTS_LEAST - 1), 0);
	cr_assert_eq(udp_fragments_bytes(UDP_FRAGMENTS_MOST + 1), 0);
	cr_assert_lt(udp_fragments_bytes(256), 3 << 20);
}
