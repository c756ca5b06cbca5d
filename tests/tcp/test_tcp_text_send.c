/* test_tcp_text_send.c - text that we send: what rides on what, acknowledgements, and the room for more. */
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

/* Where our stream begins so close to 2^32 that `before` bytes of text come before the wrap. */
static struct script established_before_wrap(uint32_t before)
{
	struct script script = script_reader(&driver, NULL);
	uint32_t ticks;

	/* An ISN moves on by one in 4 us: 250 a millisecond. */
	say(&script, SYN, 0, 0);
	hear(&script, SYN | ACK, 0, 1);
	ticks = 0U - before - 1 - script.iss;
	driver_close(&driver);
	driver_open_at(&driver, NULL, 1000000 + ticks / 250);
	driver.now_ns += (uint64_t)(ticks % 250) * 4000;
	driver.reader = (struct driver_reader){.reads = true, .appetite = UINT32_MAX};
	driver_listen(&driver, SCRIPT_PORT, NULL);
	script = script_new(&driver);
	script.peer_iss = 0U - 31;
	establish_passive(&script);
	cr_assert_eq(script.iss + 1 + before, 0);
	return script;
}

/* Design, "few packets": a byte each way, the server closing, is six packets. */
Test(tcp_text_send, a_byte_each_way_and_a_close_by_the_server_is_six_packets)
{
	struct script script = script_reader(&driver, NULL);

	driver.reader.answers = 1;
	driver.reader.on_text = HABIT_CLOSE;
	say(&script, SYN, 0, 0);
	hear(&script, SYN | ACK, 0, 1);
	say_text(&script, ACK | PSH, 1, 1, 1);
	told(&script, TOLD_ESTABLISHED);
	told_text(&script, 1);
	hear_text(&script, FIN | PSH | ACK, 1, 2, 1);
	hear_nothing(&script);
	say(&script, FIN | ACK, 2, 3);
	hear(&script, ACK, 3, 3);
	hear_nothing(&script);
	told_closed(&script);
	in_state(&script, QUERN_TIME_WAIT);
	cr_assert_eq(driver_counters(&driver)->tx_packets + driver_counters(&driver)->rx_packets, 6);
	driver_close(&driver);
}

/* The same from the client's end: the third ACK carries the request, FIN|ACK answers text and FIN. */
Test(tcp_text_send, a_client_needs_three_packets_for_a_byte_each_way)
{
	struct script script;

	driver_open(&driver, NULL);
	driver.reader = (struct driver_reader){.reads = true, .appetite = UINT32_MAX, .greets = 1};
	driver.on_peer_closed = HABIT_CLOSE;
	script = script_connect(&driver, 5000, NULL);
	hear(&script, SYN, 0, 0);
	say(&script, SYN | ACK, 0, 1);
	hear_text(&script, PSH | ACK, 1, 1, 1);
	hear_nothing(&script);
	say_text(&script, FIN | PSH | ACK, 1, 2, 1);
	hear(&script, FIN | ACK, 2, 3);
	hear_nothing(&script);
	in_state(&script, QUERN_LAST_ACK);
	say(&script, ACK, 3, 3);
	told(&script, TOLD_ESTABLISHED);
	told_text(&script, 1);
	told(&script, TOLD_PEER_CLOSED);
	told_ended(&script, QUERN_END_CLOSED);
	driver_close(&driver);
}

/* RFC 9293 3.9.1 SEND in SYN-SENT: queued, and the third ACK takes it along. */
Test(tcp_text_send, text_queued_in_syn_sent_leaves_with_the_third_ack)
{
	struct script script;

	driver_open(&driver, NULL);
	driver.reader.reads = true;
	script = script_connect(&driver, 5000, NULL);
	hear(&script, SYN, 0, 0);
	app_send(&script, 300);
	hear_nothing(&script);
	advance(&script, 1500);
	hear(&script, SYN, 0, 0);
	app_send(&script, 1200);
	say(&script, SYN | ACK, 0, 1);
	hear_text(&script, ACK, 1, 1, 1400);
	hear_text(&script, PSH | ACK, 1401, 1, 100);
	hear_nothing(&script);
	driver_close(&driver);
}

/* Row 66: CLOSE in SYN-RECEIVED with text queued: FIN after ESTABLISHED, behind the text. */
Test(tcp_text_send, a_close_in_syn_received_waits_behind_queued_text)
{
	struct script script;

	driver_open(&driver, NULL);
	driver.reader.reads = true;
	script = script_connect(&driver, 5000, NULL);
	hear(&script, SYN, 0, 0);
	app_send(&script, 20);
	say(&script, SYN, 0, 0);
	hear(&script, SYN | ACK, 0, 1);
	app_close(&script);
	hear_nothing(&script);
	say(&script, SYN | ACK, 0, 1);
	hear_text(&script, FIN | PSH | ACK, 1, 1, 20);
	say(&script, FIN | ACK, 1, 22);
	hear(&script, ACK, 22, 2);
	in_state(&script, QUERN_TIME_WAIT);
	driver_close(&driver);
}

/* RFC 9293 MUST-61: PSH in the last segment that is buffered, and no sooner. */
Test(tcp_text_send, the_last_segment_of_a_write_has_push)
{
	struct script script = established(NULL);

	app_send(&script, 3000);
	hear_text(&script, ACK, 1, 1, 1400);
	hear_text(&script, ACK, 1401, 1, 1400);
	hear_text(&script, PSH | ACK, 2801, 1, 200);
	/* Two writes of one turn go as one. */
	cr_assert_eq(driver_send(&driver, script.conn, 10), 10);
	app_send(&script, 10);
	hear_text(&script, PSH | ACK, 3001, 1, 20);
	say(&script, ACK, 1, 3021);
	hear_nothing(&script);
	driver_close(&driver);
}

/* RFC 9293 3.10.4: CLOSE waits until the text before it is in segments. */
Test(tcp_text_send, a_fin_goes_with_the_last_text_and_not_before)
{
	struct script script = script_reader(&driver, NULL);

	script.window = 2000;
	establish_passive(&script);
	cr_assert_eq(driver_send(&driver, script.conn, 2500), 2500);
	app_close(&script);
	hear_text(&script, ACK, 1, 1, 1400);
	in_state(&script, QUERN_FIN_WAIT_1);
	hear_nothing(&script);
	say(&script, ACK, 1, 1401);
	hear_text(&script, FIN | PSH | ACK, 1401, 1, 1100);
	/* Where the text is out, FIN goes alone. */
	say(&script, ACK, 1, 2502);
	in_state(&script, QUERN_FIN_WAIT_2);
	driver_close(&driver);

	script = established(NULL);
	app_send(&script, 100);
	hear_text(&script, PSH | ACK, 1, 1, 100);
	app_close(&script);
	hear(&script, FIN | ACK, 101, 1);
	say(&script, ACK, 1, 101);
	in_state(&script, QUERN_FIN_WAIT_1);
	say(&script, ACK, 1, 102);
	in_state(&script, QUERN_FIN_WAIT_2);
	driver_close(&driver);
}

/* RFC 9293 3.10.7.4: what is acknowledged wholly is removed; a part of a segment is not sent again. */
Test(tcp_text_send, an_ack_of_part_of_a_segment_leaves_the_rest_in_flight)
{
	struct script script = established(NULL);

	app_send(&script, 1000);
	hear_text(&script, PSH | ACK, 1, 1, 1000);
	say(&script, ACK, 1, 301);
	cr_assert_eq(script_info(&script).queued_bytes, 700);
	cr_assert_eq(script_info(&script).snd_una, script.iss + 301);
	mark(&script);
	advance(&script, 1100);
	hear_text_at(&script, 1000, PSH | ACK, 301, 1, 700);
	/* An old ACK tells nothing; one of more than was sent is answered. */
	say(&script, ACK, 1, 101);
	hear_nothing(&script);
	cr_assert_eq(script_info(&script).snd_una, script.iss + 301);
	say(&script, ACK, 1, 1002);
	hear(&script, ACK, 1001, 1);
	cr_assert_eq(script_info(&script).snd_una, script.iss + 301);
	say(&script, ACK, 1, 1001);
	cr_assert_eq(script_info(&script).queued_bytes, 0);
	driver_close(&driver);
}

/* A few bytes have a home of their own: the same rules hold there. */
Test(tcp_text_send, a_few_bytes_may_be_acknowledged_one_by_one)
{
	struct script script = established(NULL);

	app_send(&script, 5);
	hear_text(&script, PSH | ACK, 1, 1, 5);
	say(&script, ACK, 1, 3);
	app_send(&script, 9);
	hear_text(&script, PSH | ACK, 6, 1, 9);
	advance(&script, 1100);
	hear_text(&script, PSH | ACK, 3, 1, 12);
	say(&script, ACK, 1, 10);
	app_send(&script, 300);
	hear_text(&script, PSH | ACK, 15, 1, 300);
	say(&script, ACK, 1, 315);
	hear_nothing(&script);
	driver_close(&driver);
}

/* RFC 9293 3.4: numbers are modulo 2^32, on both streams, at any place of the wrap. */
Test(tcp_text_send, text_passes_the_wrap_of_the_sequence_numbers)
{
	for (uint32_t before = 0; before <= 2; before++) {
		struct script script = established_before_wrap(before * 700);

		app_send(&script, 1000);
		hear_text(&script, PSH | ACK, 1, 1, 1000);
		say_text(&script, ACK, 1, 701, 60);
		hear(&script, ACK, 1001, 61);
		advance(&script, 1100);
		hear_text(&script, PSH | ACK, 701, 61, 300);
		app_close(&script);
		hear(&script, FIN | ACK, 1001, 61);
		say_text(&script, FIN | ACK, 31, 1002, 60);
		hear_reset(&script, 1002, 0);
		driver_close(&driver);
	}
}

/* The queue takes what it may hold; half of it free again is told. */
Test(tcp_text_send, a_full_queue_takes_less_and_tells_when_there_is_room)
{
	const struct quern_tcp_options options = {.send_queue = 4000};
	struct script script = established(&options);
	uint32_t taken = 1;

	cr_assert_eq(driver_send(&driver, script.conn, 5000), 4000);
	cr_assert_eq(driver_send(&driver, script.conn, 1), 0);
	cr_assert_eq(quern_conn_send(driver.shard, script.conn, "", 0, &taken), 0);
	cr_assert_eq(taken, 0);
	driver_collect(&driver);
	hear_text(&script, ACK, 1, 1, 1400);
	hear_text(&script, ACK, 1401, 1, 1400);
	hear_text(&script, PSH | ACK, 2801, 1, 1200);
	say(&script, ACK, 1, 1401);
	told_nothing(&script);
	say(&script, ACK, 1, 2801);
	told(&script, TOLD_WRITABLE);
	cr_assert_eq(driver_send(&driver, script.conn, 5000), 2800);
	driver_collect(&driver);
	hear_text(&script, ACK, 4001, 1, 1400);
	hear_text(&script, PSH | ACK, 5401, 1, 1400);
	say(&script, ACK, 1, 6801);
	told(&script, TOLD_WRITABLE);
	told_nothing(&script);
	/* Who was never refused is told nothing. */
	app_send(&script, 100);
	hear_text(&script, PSH | ACK, 6801, 1, 100);
	say(&script, ACK, 1, 6901);
	told_nothing(&script);
	driver_close(&driver);
}

/* Row 63: in CLOSE-WAIT we send without limit. */
Test(tcp_text_send, a_half_closed_peer_is_sent_text_for_long)
{
	struct script script = established(NULL);

	say(&script, FIN | ACK, 1, 1);
	hear(&script, ACK, 1, 2);
	for (uint32_t i = 0; i < 50; i++) {
		advance(&script, 3600000);
		app_send(&script, 100);
		hear_text(&script, PSH | ACK, 1 + 100 * i, 2, 100);
		say(&script, ACK, 2, 101 + 100 * i);
		hear_nothing(&script);
	}
	in_state(&script, QUERN_CLOSE_WAIT);
	cr_assert_eq(driver_send(&driver, script.conn, 7), 7);
	app_close(&script);
	hear_text(&script, FIN | PSH | ACK, 5001, 2, 7);
	say(&script, ACK, 2, 5009);
	told(&script, TOLD_PEER_CLOSED);
	told_ended(&script, QUERN_END_CLOSED);
	driver_close(&driver);
}

/* RFC 9293 figure 13, with text under way in both directions. */
Test(tcp_text_send, closes_that_cross_with_text_both_ways_lose_nothing)
{
	struct script script = established(NULL);

	cr_assert_eq(driver_send(&driver, script.conn, 100), 100);
	app_shutdown(&script);
	hear_text(&script, FIN | PSH | ACK, 1, 1, 100);
	say_text(&script, FIN | ACK, 1, 1, 50);
	hear(&script, ACK, 102, 52);
	in_state(&script, QUERN_CLOSING);
	told_text(&script, 50);
	told(&script, TOLD_PEER_CLOSED);
	/* Our text is lost: it goes again, and its FIN with it. */
	advance(&script, 1100);
	hear_text(&script, FIN | PSH | ACK, 1, 52, 100);
	say(&script, ACK, 52, 51);
	in_state(&script, QUERN_CLOSING);
	say(&script, ACK, 52, 102);
	hear_nothing(&script);
	told_ended(&script, QUERN_END_CLOSED);
	in_state(&script, QUERN_TIME_WAIT);
	driver_close(&driver);
}

/* Row 65: ABORT says <SND.NXT, RST>, and what is queued is forgotten. */
Test(tcp_text_send, an_abort_forgets_queued_text)
{
	struct script script = script_reader(&driver, NULL);

	script.window = 1400;
	establish_passive(&script);
	app_send(&script, 5000);
	hear_text(&script, ACK, 1, 1, 1400);
	app_abort(&script);
	hear_reset(&script, 1401, 0);
	told_ended(&script, QUERN_END_ABORTED);
	say(&script, ACK, 1, 1401);
	hear(&script, RST, 1401, 0);
	advance(&script, 600000);
	hear_nothing(&script);
	driver_close(&driver);
}

/* RFC 9293 3.10.2: SEND after CLOSE is an error, and so is one on a connection that is gone. */
Test(tcp_text_send, nothing_can_be_sent_behind_a_fin)
{
	struct script script = established(NULL);
	uint32_t taken = 77;

	app_shutdown(&script);
	hear(&script, FIN | ACK, 1, 1);
	cr_assert_eq(quern_conn_send(driver.shard, script.conn, "x", 1, &taken), -EPIPE);
	app_abort(&script);
	cr_assert_eq(quern_conn_send(driver.shard, script.conn, "x", 1, &taken), -ENOENT);
	cr_assert_eq(taken, 77);
	driver_close(&driver);
}
