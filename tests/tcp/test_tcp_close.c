/* test_tcp_close.c - how connections end: RFC 9293 3.6, and what rides on what. */
#include <errno.h>

#include <criterion/criterion.h>

#include "support/script.h"

static struct driver driver;

static struct script listening(enum driver_habit on_established, enum driver_habit on_peer_closed)
{
	driver_open(&driver, NULL);
	driver.on_established = on_established;
	driver.on_peer_closed = on_peer_closed;
	driver_listen(&driver, SCRIPT_PORT, NULL);
	return script_new(&driver);
}

static struct script established(void)
{
	struct script script = listening(HABIT_WAIT, HABIT_WAIT);

	establish_passive(&script);
	return script;
}

/* Row 59, figure 12. */
Test(tcp_close, the_end_that_closes_first_walks_through_fin_wait_to_time_wait)
{
	struct script script = established();

	app_close(&script);
	hear(&script, FIN | ACK, 1, 1);
	in_state(&script, QUERN_FIN_WAIT_1);
	say(&script, ACK, 1, 2);
	in_state(&script, QUERN_FIN_WAIT_2);
	told_nothing(&script);
	say(&script, FIN | ACK, 1, 2);
	hear(&script, ACK, 2, 2);
	in_state(&script, QUERN_TIME_WAIT);
	told_closed(&script);
	cr_assert_eq(quern_conn_close(driver.shard, script.conn), -ENOENT, "the handle is stale now");
	driver_close(&driver);
}

/* Row 60. */
Test(tcp_close, a_fin_that_acknowledges_ours_leads_straight_to_time_wait)
{
	struct script script = established();

	app_close(&script);
	hear(&script, FIN | ACK, 1, 1);
	say(&script, FIN | ACK, 1, 2);
	hear(&script, ACK, 2, 2);
	hear_nothing(&script);
	in_state(&script, QUERN_TIME_WAIT);
	told_closed(&script);
	driver_close(&driver);
}

/* Row 61, figure 13, and the ruling on CLOSING. */
Test(tcp_close, fins_that_cross_are_acknowledged_without_a_second_fin)
{
	struct script script = established();

	app_close(&script);
	hear(&script, FIN | ACK, 1, 1);
	say(&script, FIN | ACK, 1, 1);
	hear(&script, ACK, 2, 2);
	hear_nothing(&script);
	in_state(&script, QUERN_CLOSING);
	say(&script, ACK, 2, 2);
	hear_nothing(&script);
	in_state(&script, QUERN_TIME_WAIT);
	driver_close(&driver);
}

/* Row 62. */
Test(tcp_close, the_end_that_closes_second_needs_no_time_wait)
{
	struct script script = established();

	say(&script, FIN | ACK, 1, 1);
	hear(&script, ACK, 1, 2);
	told(&script, TOLD_PEER_CLOSED);
	in_state(&script, QUERN_CLOSE_WAIT);
	advance(&script, 3600000);
	hear_nothing(&script);
	in_state(&script, QUERN_CLOSE_WAIT);
	app_close(&script);
	hear(&script, FIN | ACK, 1, 2);
	in_state(&script, QUERN_LAST_ACK);
	say(&script, ACK, 2, 2);
	told_ended(&script, QUERN_END_CLOSED);
	in_state(&script, QUERN_LISTEN);
	cr_assert_eq(driver_counters(&driver)->time_wait_entered, 0);
	driver_close(&driver);
}

/* Row 63: no limit of time after a half-close, and text is taken. */
Test(tcp_close, a_half_close_receives_for_ever)
{
	struct script script = established();

	app_shutdown(&script);
	hear(&script, FIN | ACK, 1, 1);
	cr_assert_eq(quern_conn_shutdown(driver.shard, script.conn), -EPIPE);
	say_text(&script, ACK, 1, 1, 100);
	hear(&script, ACK, 2, 101);
	say(&script, ACK, 101, 2);
	in_state(&script, QUERN_FIN_WAIT_2);
	advance(&script, 86400000);
	hear_nothing(&script);
	say_text(&script, ACK, 101, 2, 100);
	hear(&script, ACK, 2, 201);
	cr_assert_eq(driver_counters(&driver)->text_bytes, 200);
	in_state(&script, QUERN_FIN_WAIT_2);
	say(&script, FIN | ACK, 201, 2);
	hear(&script, ACK, 2, 202);
	in_state(&script, QUERN_TIME_WAIT);
	driver_close(&driver);
}

/* Row 77. */
Test(tcp_close, an_orphan_waits_sixty_seconds_for_the_fin_and_resets_what_comes_later)
{
	struct script script = established();

	app_close(&script);
	hear(&script, FIN | ACK, 1, 1);
	say(&script, ACK, 1, 2);
	advance(&script, 59900);
	in_state(&script, QUERN_FIN_WAIT_2);
	told_nothing(&script);
	advance(&script, 200);
	in_state(&script, QUERN_LISTEN);
	cr_assert_eq(driver_next_told(&driver)->what, TOLD_ENDED);
	driver.heard_next = driver.heard_count;
	say(&script, FIN | ACK, 1, 2);
	hear(&script, RST, 2, 0);
	driver_close(&driver);
}

/* A half-close that is followed by a full one is an orphan from then on. */
Test(tcp_close, a_close_after_a_half_close_lets_go)
{
	struct script script = established();

	app_shutdown(&script);
	hear(&script, FIN | ACK, 1, 1);
	say(&script, ACK, 1, 2);
	advance(&script, 600000);
	app_close(&script);
	hear_nothing(&script);
	advance(&script, 60100);
	in_state(&script, QUERN_LISTEN);
	driver_close(&driver);
}

/* Row 66. */
Test(tcp_close, close_in_syn_sent_says_nothing_and_in_syn_received_sends_fin)
{
	struct reached reached = state_reach(&driver, QUERN_SYN_SENT, true);

	app_close(&reached.script);
	in_state(&reached.script, QUERN_CLOSED);
	hear_nothing(&reached.script);
	advance(&reached.script, 10000);
	hear_nothing(&reached.script);
	driver_close(&driver);

	reached = state_reach(&driver, QUERN_SYN_RCVD, true);
	app_close(&reached.script);
	hear(&reached.script, FIN | ACK, 1, 1);
	in_state(&reached.script, QUERN_FIN_WAIT_1);
	say(&reached.script, ACK, 1, 2);
	in_state(&reached.script, QUERN_FIN_WAIT_2);
	driver_close(&driver);
}

/* Row 68: it is held, with its text, and never jumps the hole. */
Test(tcp_close, a_fin_beyond_a_hole_waits_until_the_hole_is_filled)
{
	struct script script = established();

	say_text(&script, FIN | ACK, 11, 1, 10);
	hear(&script, ACK, 1, 1);
	told_nothing(&script);
	in_state(&script, QUERN_ESTABLISHED);
	say_text(&script, ACK, 1, 1, 9);
	hear(&script, ACK, 1, 10);
	in_state(&script, QUERN_ESTABLISHED);
	say_text(&script, ACK, 10, 1, 1);
	hear(&script, ACK, 1, 22);
	told(&script, TOLD_PEER_CLOSED);
	cr_assert_eq(driver_counters(&driver)->text_bytes, 20);
	driver_close(&driver);
}

/* Row 49. */
Test(tcp_close, text_after_the_peers_fin_is_not_taken)
{
	static const enum quern_state states[] = {QUERN_CLOSE_WAIT, QUERN_CLOSING, QUERN_LAST_ACK, QUERN_TIME_WAIT};

	for (unsigned int i = 0; i < 4; i++) {
		struct reached reached = state_reach(&driver, states[i], false);

		say_text(&reached.script, ACK | URG, reached.rcv_nxt, reached.snd_una, 50);
		cr_assert_eq(driver_counters(&driver)->text_bytes, 0);
		in_state(&reached.script, states[i]);
		driver_close(&driver);
	}
}

/* A repeated FIN in CLOSE-WAIT means that our ACK was lost. */
Test(tcp_close, a_repeated_fin_is_acknowledged_again)
{
	struct script script = established();

	say(&script, FIN | ACK, 1, 1);
	hear(&script, ACK, 1, 2);
	say(&script, FIN | ACK, 1, 1);
	hear(&script, ACK, 1, 2);
	told(&script, TOLD_PEER_CLOSED);
	told_nothing(&script);
	driver_close(&driver);
}

/* Five packets: SYN, SYN+ACK, FIN+ACK, FIN+ACK, ACK. */
Test(tcp_close, a_client_that_closes_when_established_sends_fin_on_its_third_ack)
{
	struct script script;

	driver_open(&driver, NULL);
	driver.on_established = HABIT_CLOSE;
	script = script_connect(&driver, 5000, NULL);
	hear(&script, SYN, 0, 0);
	say(&script, SYN | ACK, 0, 1);
	hear(&script, FIN | ACK, 1, 1);
	hear_nothing(&script);
	say(&script, FIN | ACK, 1, 2);
	hear(&script, ACK, 2, 2);
	hear_nothing(&script);
	in_state(&script, QUERN_TIME_WAIT);
	cr_assert_eq(driver_counters(&driver)->tx_packets + driver_counters(&driver)->rx_packets, 5);
	driver_close(&driver);
}

/* Six packets, of which three are ours. */
Test(tcp_close, a_server_that_closes_when_established_says_no_word_too_many)
{
	struct script script = listening(HABIT_CLOSE, HABIT_WAIT);

	say(&script, SYN, 0, 0);
	hear(&script, SYN | ACK, 0, 1);
	say(&script, ACK, 1, 1);
	hear(&script, FIN | ACK, 1, 1);
	say(&script, FIN | ACK, 1, 2);
	hear(&script, ACK, 2, 2);
	hear_nothing(&script);
	cr_assert_eq(driver_counters(&driver)->tx_packets + driver_counters(&driver)->rx_packets, 6);
	driver_close(&driver);
}

Test(tcp_close, a_fin_is_answered_by_fin_and_ack_in_one_where_the_application_closes_at_once)
{
	struct script script = listening(HABIT_WAIT, HABIT_CLOSE);

	establish_passive(&script);
	say(&script, FIN | ACK, 1, 1);
	hear(&script, FIN | ACK, 1, 2);
	hear_nothing(&script);
	in_state(&script, QUERN_LAST_ACK);
	say(&script, ACK, 2, 2);
	told(&script, TOLD_PEER_CLOSED);
	told_ended(&script, QUERN_END_CLOSED);
	driver_close(&driver);
}

/* Handshake and teardown in one breath: the final ACK carries the peer's FIN. */
Test(tcp_close, a_fin_on_the_final_ack_of_the_handshake_is_taken)
{
	struct script script = listening(HABIT_WAIT, HABIT_CLOSE);

	say(&script, SYN, 0, 0);
	hear(&script, SYN | ACK, 0, 1);
	say(&script, FIN | ACK, 1, 1);
	told(&script, TOLD_ESTABLISHED);
	told(&script, TOLD_PEER_CLOSED);
	hear(&script, FIN | ACK, 1, 2);
	hear_nothing(&script);
	say(&script, ACK, 2, 2);
	told_ended(&script, QUERN_END_CLOSED);
	driver_close(&driver);
}

/* Row 69: an abort in a callback. */
Test(tcp_close, an_application_may_abort_in_a_callback)
{
	struct script script = listening(HABIT_ABORT, HABIT_WAIT);

	say(&script, SYN, 0, 0);
	hear(&script, SYN | ACK, 0, 1);
	say(&script, FIN | ACK, 1, 1);
	told(&script, TOLD_ESTABLISHED);
	told_ended(&script, QUERN_END_ABORTED);
	told_nothing(&script);
	in_state(&script, QUERN_LISTEN);
	driver_close(&driver);
}
