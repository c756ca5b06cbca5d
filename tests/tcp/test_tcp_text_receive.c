/* test_tcp_text_receive.c - text that we receive: in order, once, acknowledged; and text that nobody will read. */
#include <errno.h>

#include <criterion/criterion.h>

#include "support/script.h"

static struct driver driver;

static struct script established(const struct quern_tcp_options *options)
{
	struct script script = script_reader(&driver, options);

	establish_passive(&script);
	return script;
}

static struct raw_segment text(const struct script *script, uint32_t seq, uint32_t bytes)
{
	struct raw_segment segment = script_segment(script, ACK, seq, 1);

	segment.text_bytes = bytes;
	return segment;
}

/* Row 37. */
Test(tcp_text_receive, the_first_text_completes_a_handshake_whose_last_ack_was_lost)
{
	struct script script = script_reader(&driver, NULL);

	say(&script, SYN, 0, 0);
	hear(&script, SYN | ACK, 0, 1);
	say_text(&script, PSH | ACK, 1, 1, 500);
	told(&script, TOLD_ESTABLISHED);
	told_text(&script, 500);
	hear(&script, ACK, 1, 501);
	in_state(&script, QUERN_ESTABLISHED);
	driver_close(&driver);
}

/* Row 48: a segment that begins before RCV.NXT is trimmed in front, and its text is delivered once. */
Test(tcp_text_receive, a_repeat_that_overlaps_is_trimmed_in_front)
{
	struct script script = established(NULL);

	say_text(&script, ACK, 1, 1, 100);
	hear(&script, ACK, 1, 101);
	told_text(&script, 100);
	say_text(&script, ACK, 1, 1, 100);
	hear(&script, ACK, 1, 101);
	told_nothing(&script);
	say_text(&script, ACK, 1, 1, 101);
	hear(&script, ACK, 1, 102);
	told_text(&script, 1);
	say_text(&script, ACK, 51, 1, 1000);
	hear(&script, ACK, 1, 1051);
	told_text(&script, 949);
	/* The FIN behind old text is new. */
	say_text(&script, FIN | ACK, 951, 1, 100);
	hear(&script, ACK, 1, 1052);
	told(&script, TOLD_PEER_CLOSED);
	told_nothing(&script);
	driver_close(&driver);
}

/* Row 48: what lies beyond the window is trimmed behind, a FIN with it. */
Test(tcp_text_receive, a_segment_that_straddles_the_windows_edge_is_trimmed_behind)
{
	const struct quern_tcp_options options = {.receive_window = 1000};
	struct script script = established(&options);

	driver.reader.appetite = 0;
	say_text(&script, ACK, 1, 1, 900);
	hear(&script, ACK, 1, 901);
	cr_assert_eq(script.heard.window, 100);
	say_text(&script, FIN | ACK, 901, 1, 200);
	hear(&script, ACK, 1, 1001);
	cr_assert_eq(script.heard.window, 0);
	in_state(&script, QUERN_ESTABLISHED);
	app_resume(&script, UINT32_MAX);
	hear(&script, ACK, 1, 1001);
	cr_assert_eq(script.heard.window, 1000);
	cr_assert_eq(driver.reader.received, 1000);
	driver.told_next = driver.told_count;
	say_text(&script, FIN | ACK, 901, 1, 200);
	hear(&script, ACK, 1, 1102);
	told_text(&script, 100);
	told(&script, TOLD_PEER_CLOSED);
	driver_close(&driver);
}

/* Row 48: what lies beyond a hole is kept, with an immediate duplicate ACK (RFC 5681 4.2), until the hole is filled. */
Test(tcp_text_receive, text_beyond_a_hole_draws_a_duplicate_ack_at_once)
{
	struct script script = established(NULL);

	for (unsigned int i = 0; i < 4; i++) {
		say_text(&script, ACK, 101 + 100 * i, 1, 100);
		hear(&script, ACK, 1, 1);
		cr_assert_eq(script.heard.window, 65535);
		hear_nothing(&script);
	}
	told_nothing(&script);
	say_text(&script, ACK, 1, 1, 100);
	hear(&script, ACK, 1, 501);
	told_text(&script, 100);
	told_text(&script, 400);
	cr_assert_eq(driver_counters(&driver)->drops[QUERN_DROP_TCP_HOLE], 0);
	driver_close(&driver);
}

/* Row 51: an ACK in time, at least for every second full segment, and one covers all text of a turn. */
Test(tcp_text_receive, text_is_acknowledged_in_the_turn_in_which_it_comes)
{
	struct script script = established(NULL);
	struct raw_segment burst[4] = {text(&script, 1, 1460), text(&script, 1461, 1460), text(&script, 2921, 1460),
				       text(&script, 4381, 10)};
	struct raw_segment beyond[3] = {text(&script, 5001, 10), text(&script, 6001, 10), text(&script, 7001, 10)};
	uint32_t acked = 1;

	driver_inject_burst(&driver, burst, 4);
	for (unsigned int i = 0; i < 4 && acked < 4391; i++) {
		const struct driver_heard *heard = driver_next_heard(&driver);

		cr_assert_not_null(heard);
		cr_assert_eq(heard->segment.flags, ACK);
		acked = heard->segment.ack - script.peer_iss;
	}
	cr_assert_eq(acked, 4391);
	hear_nothing(&script);
	say_text(&script, ACK, 4391, 1, 1);
	hear(&script, ACK, 1, 4392);
	/* Each duplicate counts for the sender's fast retransmit: three frames, three ACKs. */
	driver_inject_burst(&driver, beyond, 3);
	for (unsigned int i = 0; i < 3; i++)
		hear(&script, ACK, 1, 4392);
	hear_nothing(&script);
	driver_close(&driver);
}

/* Row 68: text first, then the FIN behind it. */
Test(tcp_text_receive, text_is_told_before_the_fin_behind_it)
{
	struct script script = established(NULL);

	say_text(&script, FIN | PSH | ACK, 1, 1, 33);
	told_text(&script, 33);
	told(&script, TOLD_PEER_CLOSED);
	hear(&script, ACK, 1, 35);
	driver_close(&driver);

	/* A reader that has stopped hears of the FIN when it has read what was before. */
	script = established(NULL);
	driver.reader.appetite = 0;
	say_text(&script, FIN | PSH | ACK, 1, 1, 33);
	hear(&script, ACK, 1, 35);
	told_nothing(&script);
	in_state(&script, QUERN_CLOSE_WAIT);
	app_resume(&script, 32);
	told_text(&script, 32);
	told_nothing(&script);
	app_resume(&script, 1);
	told_text(&script, 1);
	told(&script, TOLD_PEER_CLOSED);
	told_nothing(&script);
	driver_close(&driver);
}

/* RFC 9293 3.10.3: text that came before an orderly end can still be read; a reset takes it away. */
Test(tcp_text_receive, text_outlives_an_orderly_end_but_no_reset)
{
	struct script script = established(NULL);
	uint8_t bytes[8];
	uint32_t count;

	driver.reader.appetite = 0;
	app_shutdown(&script);
	hear(&script, FIN | ACK, 1, 1);
	say_text(&script, FIN | ACK, 1, 2, 50);
	hear(&script, ACK, 2, 52);
	in_state(&script, QUERN_TIME_WAIT);
	told_nothing(&script);
	cr_assert_eq(quern_conn_receive(driver.shard, script.conn, bytes, sizeof(bytes), &count), 0);
	cr_assert_eq(count, 8);
	cr_assert_eq(bytes[7], raw_text_byte(7));
	driver.reader.received = 8;
	app_resume(&script, UINT32_MAX);
	told_text(&script, 42);
	told(&script, TOLD_PEER_CLOSED);
	told_ended(&script, QUERN_END_CLOSED);
	cr_assert_eq(quern_conn_resume(driver.shard, script.conn), -ENOENT);
	driver_close(&driver);

	script = established(NULL);
	driver.reader.appetite = 0;
	say_text(&script, ACK, 1, 1, 50);
	hear(&script, ACK, 1, 51);
	say(&script, RST, 51, 0);
	told_ended(&script, QUERN_END_RESET);
	cr_assert_eq(quern_conn_resume(driver.shard, script.conn), -ENOENT);
	driver_close(&driver);
}

/* Row 64, RFC 9293 3.6.1, SHLD-3: in every state with a CLOSE call the peer learns that its text was not read. */
Test(tcp_text_receive, a_close_with_text_unread_resets)
{
	struct script script = established(NULL);

	driver.reader.appetite = 0;
	say_text(&script, ACK, 1, 1, 50);
	hear(&script, ACK, 1, 51);
	app_close(&script);
	hear_reset(&script, 1, 0);
	hear_nothing(&script);
	told_ended(&script, QUERN_END_ABORTED);
	in_state(&script, QUERN_LISTEN);
	driver_close(&driver);

	/* After the peer's FIN. */
	script = established(NULL);
	driver.reader.appetite = 0;
	say_text(&script, FIN | ACK, 1, 1, 50);
	hear(&script, ACK, 1, 52);
	in_state(&script, QUERN_CLOSE_WAIT);
	app_close(&script);
	hear_reset(&script, 1, 0);
	told_ended(&script, QUERN_END_ABORTED);
	driver_close(&driver);

	/* After FINs both ways. */
	script = established(NULL);
	driver.reader.appetite = 0;
	say_text(&script, FIN | ACK, 1, 1, 50);
	hear(&script, ACK, 1, 52);
	app_shutdown(&script);
	hear(&script, FIN | ACK, 1, 52);
	app_close(&script);
	hear_reset(&script, 2, 0);
	told_ended(&script, QUERN_END_ABORTED);
	driver_close(&driver);
}

/* Row 64: the application closes while it is shown text of which it takes a part, the peer's FIN right behind. */
Test(tcp_text_receive, a_close_amid_text_resets_also_where_the_fin_came_with_it)
{
	static const int flags[] = {ACK, FIN | ACK};

	for (unsigned int i = 0; i < 2; i++) {
		struct script script = established(NULL);

		driver.reader.appetite = 20;
		driver.reader.on_text = HABIT_CLOSE;
		say_text(&script, flags[i], 1, 1, 50);
		told_text(&script, 20);
		told_ended(&script, QUERN_END_ABORTED);
		hear_reset(&script, 1, 0);
		hear_nothing(&script);
		driver_close(&driver);
	}
}

/* Row 64: text after a full close draws a RST; after a half-close it is read. */
Test(tcp_text_receive, text_after_a_full_close_resets)
{
	static const uint32_t acks[] = {1, 2};

	for (unsigned int i = 0; i < 2; i++) {
		struct script script = established(NULL);

		app_close(&script);
		hear(&script, FIN | ACK, 1, 1);
		say(&script, ACK, 1, acks[i]);
		say_text(&script, ACK, 1, acks[i], 10);
		hear_reset(&script, acks[i], 0);
		told_ended(&script, QUERN_END_ABORTED);
		in_state(&script, QUERN_LISTEN);
		driver_close(&driver);

		script = established(NULL);
		app_shutdown(&script);
		hear(&script, FIN | ACK, 1, 1);
		say_text(&script, ACK, 1, acks[i], 10);
		hear(&script, ACK, 2, 11);
		told_text(&script, 10);
		driver_close(&driver);
	}
}

/* Text that crosses our FIN and waits for its reader is no answer that we waited for in vain. */
Test(tcp_text_receive, text_held_while_our_fin_is_in_flight_ends_nothing)
{
	struct script script = established(NULL);

	driver.reader.appetite = 0;
	mark(&script);
	app_shutdown(&script);
	hear(&script, FIN | ACK, 1, 1);
	advance(&script, 3500);
	hear_at(&script, 1000, FIN | ACK, 1, 1);
	hear_at(&script, 3000, FIN | ACK, 1, 1);
	say_text(&script, ACK, 1, 1, 10);
	hear(&script, ACK, 2, 11);
	advance(&script, 3000);
	told_nothing(&script);
	in_state(&script, QUERN_FIN_WAIT_1);
	/* RFC 6298 5.5: the FIN goes on at its own pace, which that text has not changed. */
	hear_nothing(&script);
	advance(&script, 2000);
	hear(&script, FIN | ACK, 1, 11);
	say(&script, ACK, 11, 2);
	in_state(&script, QUERN_FIN_WAIT_2);
	driver_close(&driver);
}
