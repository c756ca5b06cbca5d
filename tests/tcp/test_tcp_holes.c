/* test_tcp_holes.c - text beyond holes: kept, told in SACK blocks, and delivered once the hole is filled (rows 28, 48,
 * 68; RFC 2018, RFC 2883). */
#include <string.h>

#include <criterion/criterion.h>

#include "base/random.h"
#include "support/script.h"

static struct driver driver;

/* Establishes with SACK permitted on both sides. */
static struct script established_with(const struct quern_tcp_options *settings)
{
	static const uint8_t options[] = {4, 2, 1, 1};
	struct script script = script_reader(&driver, settings);
	struct raw_segment syn = script_segment(&script, SYN, 0, 0);

	syn.option_bytes = sizeof options;
	memcpy(syn.options, options, sizeof options);
	driver_inject(&driver, &syn);
	hear(&script, SYN | ACK, 0, 1);
	cr_assert(script.heard.sack_permitted);
	say(&script, ACK, 1, 1);
	told(&script, TOLD_ESTABLISHED);
	return script;
}

static struct script established(void)
{
	return established_with(NULL);
}

/* The ACK that was heard last tells these blocks, in relative numbers. */
static void told_blocks(const struct script *script, uint8_t count, const uint32_t edges[][2])
{
	cr_assert_eq(script->heard.sack_count, count);
	for (uint8_t i = 0; i < count; i++) {
		cr_assert_eq(script->heard.sacks[i][0] - script->peer_iss, edges[i][0], "left edge of block %d", i);
		cr_assert_eq(script->heard.sacks[i][1] - script->peer_iss, edges[i][1], "right edge of block %d", i);
	}
}

Test(tcp_holes, blocks_name_what_is_there_the_latest_first_and_end_with_the_hole)
{
	struct script script = established();

	say_text(&script, ACK, 101, 1, 100);
	hear(&script, ACK, 1, 1);
	told_blocks(&script, 1, (const uint32_t[][2]){{101, 201}});
	say_text(&script, ACK, 401, 1, 100);
	hear(&script, ACK, 1, 1);
	told_blocks(&script, 2, (const uint32_t[][2]){{401, 501}, {101, 201}});
	say_text(&script, ACK, 201, 1, 100);
	hear(&script, ACK, 1, 1);
	told_blocks(&script, 2, (const uint32_t[][2]){{101, 301}, {401, 501}});
	told_nothing(&script);
	say_text(&script, ACK, 1, 1, 100);
	hear(&script, ACK, 1, 301);
	told_blocks(&script, 1, (const uint32_t[][2]){{401, 501}});
	told_text(&script, 100);
	told_text(&script, 200);
	say_text(&script, ACK, 301, 1, 100);
	hear(&script, ACK, 1, 501);
	told_blocks(&script, 0, NULL);
	cr_assert_eq(driver.reader.received, 500);
	driver_close(&driver);
}

Test(tcp_holes, at_most_four_blocks_are_told)
{
	struct script script = established();

	for (uint32_t i = 1; i <= 6; i++) {
		say_text(&script, ACK, 100 * i, 1, 10);
		hear(&script, ACK, 1, 1);
	}
	told_blocks(&script, 4, (const uint32_t[][2]){{600, 610}, {500, 510}, {400, 410}, {300, 310}});
	driver_close(&driver);
}

Test(tcp_holes, without_sack_text_is_kept_all_the_same)
{
	struct script script = script_reader(&driver, NULL);

	establish_passive(&script);
	say_text(&script, ACK, 101, 1, 100);
	hear(&script, ACK, 1, 1);
	told_blocks(&script, 0, NULL);
	say_text(&script, ACK, 1, 1, 100);
	hear(&script, ACK, 1, 201);
	cr_assert_eq(driver.reader.received, 200);
	driver_close(&driver);
}

/* RFC 2883 4: what came twice is the first block, below the ACK or within an island; and once only. */
Test(tcp_holes, what_came_twice_is_told_first_and_once)
{
	struct script script = established();

	say_text(&script, ACK, 1, 1, 100);
	hear(&script, ACK, 1, 101);
	say_text(&script, ACK, 1, 1, 100);
	hear(&script, ACK, 1, 101);
	told_blocks(&script, 1, (const uint32_t[][2]){{1, 101}});
	say_text(&script, ACK, 51, 1, 100);
	hear(&script, ACK, 1, 151);
	told_blocks(&script, 1, (const uint32_t[][2]){{51, 101}});
	say_text(&script, ACK, 201, 1, 100);
	hear(&script, ACK, 1, 151);
	told_blocks(&script, 1, (const uint32_t[][2]){{201, 301}});
	say_text(&script, ACK, 201, 1, 50);
	hear(&script, ACK, 1, 151);
	told_blocks(&script, 2, (const uint32_t[][2]){{201, 251}, {201, 301}});
	say_text(&script, ACK, 301, 1, 50);
	hear(&script, ACK, 1, 151);
	told_blocks(&script, 1, (const uint32_t[][2]){{201, 351}});
	driver_close(&driver);
}

/* Text of our own goes out with the blocks, and leaves them room (RFC 2018 4, row 23). */
Test(tcp_holes, our_own_text_carries_blocks_and_is_cut_shorter_for_them)
{
	struct script script = established();

	say_text(&script, ACK, 101, 1, 100);
	hear(&script, ACK, 1, 1);
	app_send(&script, 3000);
	for (uint32_t at = 1; at < 3001;) {
		uint32_t bytes = 3001 - at < 1388 ? 3001 - at : 1388;

		hear_text(&script, at + bytes == 3001 ? PSH | ACK : ACK, at, 1, bytes);
		told_blocks(&script, 1, (const uint32_t[][2]){{101, 201}});
		at += bytes;
	}
	driver_close(&driver);
}

/* Nor is a FIN, be it the very next octet. */
Test(tcp_holes, text_beyond_the_window_is_not_kept)
{
	const struct quern_tcp_options options = {.receive_window = 1000};

	for (uint32_t bytes = 200; bytes >= 100; bytes -= 100) {
		struct script script = established_with(&options);

		say_text(&script, FIN | ACK, 901, 1, bytes);
		hear(&script, ACK, 1, 1);
		told_blocks(&script, 1, (const uint32_t[][2]){{901, 1001}});
		say_text(&script, ACK, 1, 1, 900);
		hear(&script, ACK, 1, 1001);
		in_state(&script, QUERN_ESTABLISHED);
		cr_assert_eq(driver.reader.received, 1000);
		driver_close(&driver);
	}
}

/* Who reads slowly hears of it in order, and the FIN comes last. */
Test(tcp_holes, a_slow_reader_gets_what_was_kept_and_then_the_fin)
{
	struct script script = established();

	driver.reader.appetite = 0;
	say_text(&script, FIN | ACK, 201, 1, 100);
	hear(&script, ACK, 1, 1);
	say_text(&script, ACK, 101, 1, 100);
	hear(&script, ACK, 1, 1);
	say_text(&script, ACK, 1, 1, 100);
	hear(&script, ACK, 1, 302);
	cr_assert_eq(script.heard.window, 65535 - 301, "the edge stands where it was");
	in_state(&script, QUERN_CLOSE_WAIT);
	told_nothing(&script);
	app_resume(&script, UINT32_MAX);
	cr_assert_eq(driver.reader.received, 300);
	driver_close(&driver);
}

Test(tcp_holes, a_fin_alone_beyond_a_hole_is_remembered)
{
	struct script script = established();

	say(&script, FIN | ACK, 101, 1);
	hear(&script, ACK, 1, 1);
	told_blocks(&script, 0, NULL);
	say_text(&script, ACK, 1, 1, 100);
	hear(&script, ACK, 1, 102);
	told_text(&script, 100);
	told(&script, TOLD_PEER_CLOSED);
	driver_close(&driver);
}

/* Whatever ends a connection gives back what waited: driver_close() counts buffers. */
Test(tcp_holes, nothing_is_left_behind_by_a_reset_an_abort_or_a_close)
{
	for (int way = 0; way < 3; way++) {
		struct script script = established();

		say_text(&script, ACK, 101, 1, 100);
		say_text(&script, ACK, 301, 1, 100);
		hear(&script, ACK, 1, 1);
		hear(&script, ACK, 1, 1);
		if (way == 0)
			say(&script, RST, 1, 0);
		else if (way == 1)
			app_abort(&script);
		else
			app_close(&script);
		driver_close(&driver);
	}
}

/* A FIN in order makes whatever was sent beyond it a lie. */
Test(tcp_holes, text_beyond_a_fin_is_forgotten)
{
	struct script script = established();

	say_text(&script, ACK, 12, 1, 100);
	hear(&script, ACK, 1, 1);
	say_text(&script, FIN | ACK, 1, 1, 10);
	hear(&script, ACK, 1, 12);
	told_text(&script, 10);
	told(&script, TOLD_PEER_CLOSED);
	cr_assert_eq(driver.reader.received, 10);
	in_state(&script, QUERN_CLOSE_WAIT);
	driver_close(&driver);
}

/* An application that closes when it has read the last of a request has read it, out of order or not. */
Test(tcp_holes, a_close_at_the_last_octet_is_orderly_and_one_before_it_is_not)
{
	struct script script = established();

	driver.reader.closes_at = driver.reader.appetite = 300;
	say_text(&script, ACK, 101, 1, 200);
	hear(&script, ACK, 1, 1);
	say_text(&script, ACK, 1, 1, 100);
	hear(&script, FIN | ACK, 1, 301);
	say(&script, FIN | ACK, 301, 2);
	hear(&script, ACK, 2, 302);
	in_state(&script, QUERN_TIME_WAIT);
	driver_close(&driver);

	for (uint32_t closes_at = 100; closes_at <= 200; closes_at += 100) {
		script = established();
		driver.reader.closes_at = driver.reader.appetite = closes_at;
		say_text(&script, ACK, 101, 1, 200);
		hear(&script, ACK, 1, 1);
		say_text(&script, ACK, 1, 1, 100);
		cr_assert_eq(driver_next_heard(&driver)->segment.flags & RST, RST);
		in_state(&script, QUERN_LISTEN);
		driver_close(&driver);
	}
}

/* Battery 13: octets one by one, in the order that costs most, fill buffers and do not each take one. */
Test(tcp_holes, single_octets_from_the_end_share_buffers)
{
	struct script script = established();
	unsigned int before = rte_mempool_in_use_count(driver.out_pool);

	for (uint32_t seq = 20001; seq > 1; seq--) {
		say_text(&script, ACK, seq, 1, 1);
		hear(&script, ACK, 1, 1);
	}
	cr_assert_lt(rte_mempool_in_use_count(driver.out_pool), before + 20);
	say_text(&script, ACK, 1, 1, 1);
	hear(&script, ACK, 1, 20002);
	cr_assert_eq(driver.reader.received, 20001);
	driver_close(&driver);
}

/* Each second one first, so that each that follows joins two islands, or reaches one. */
Test(tcp_holes, single_octets_that_fill_holes_of_one_share_buffers)
{
	enum { OCTETS = 20000 };

	for (int held = 0; held <= 1; held++) {
		struct script script = established();
		unsigned int before = rte_mempool_in_use_count(driver.out_pool);

		driver.reader.appetite = 0;
		if (!held)
			say_text(&script, ACK, 2, 1, 1);
		for (uint32_t seq = held ? 1 : 3; seq < OCTETS; seq += 2) {
			say_text(&script, ACK, seq + 1, 1, 1);
			say_text(&script, ACK, seq, 1, 1);
			driver.heard_next = driver.heard_count;
		}
		cr_assert(shard_validate(driver.shard));
		cr_assert_lt(rte_mempool_in_use_count(driver.out_pool), before + 20, "%u buffers",
			     rte_mempool_in_use_count(driver.out_pool) - before);
		if (!held)
			say_text(&script, ACK, 1, 1, 1);
		app_resume(&script, UINT32_MAX);
		cr_assert_eq(driver.reader.received, OCTETS);
		driver.heard_next = driver.heard_count;
		driver_close(&driver);
	}
}

/* Each octet once and in order, however segments are cut, repeated and shuffled. */
Test(tcp_holes, any_order_and_overlap_gives_the_stream_once)
{
	struct random random;

	random_seed(&random, 11);
	for (int round = 0; round < 300; round++) {
		struct script script = established();
		uint32_t length = 1 + random_below(&random, 8000), most = 1 + random_below(&random, 1400);

		while (driver.reader.received < length) {
			/* Now and then the first that is missing, or this would not end. */
			uint32_t seq = random_below(&random, 8) ? 1 + random_below(&random, length)
								: 1 + driver.reader.received;
			uint32_t bytes = 1 + random_below(&random, most);

			say_text(&script, ACK, seq, 1, seq + bytes > length + 1 ? length + 1 - seq : bytes);
			cr_assert(shard_validate(driver.shard));
			driver.told_next = driver.told_count = 0;
			driver.heard_next = driver.heard_count = 0;
		}
		cr_assert_eq(driver.reader.received, length);
		driver_close(&driver);
	}
}
