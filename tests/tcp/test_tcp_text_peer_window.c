/* test_tcp_text_peer_window.c - the peer's window: which segment may change it, silly ones, shrinking ones, none. */
#include <criterion/criterion.h>

#include "support/script.h"

static struct driver driver;

/* Established with a peer whose windows so far were `window`, and who takes 1,400 bytes a segment. */
static struct script established(uint16_t window)
{
	struct script script = script_reader(&driver, NULL);

	script.window = window;
	establish_passive(&script);
	return script;
}

static void say_window(struct script *script, uint32_t seq, uint32_t ack, uint16_t window)
{
	script->window = window;
	say(script, ACK, seq, ack);
}

/* Row 47: SND.WL1 < SEG.SEQ, or equal and SND.WL2 =< SEG.ACK; older segments bring old windows. */
Test(tcp_text_peer_window, only_newer_segments_change_the_window)
{
	struct script script = established(60000);

	app_send(&script, 2800);
	hear_text(&script, ACK, 1, 1, 1400);
	hear_text(&script, PSH | ACK, 1401, 1, 1400);
	say_window(&script, 1, 1401, 5000);
	cr_assert_eq(script_info(&script).snd_wnd, 5000);
	/* The same again with another window: a window update. */
	say_window(&script, 1, 1401, 4000);
	cr_assert_eq(script_info(&script).snd_wnd, 4000);
	/* The same SEQ and an older ACK. */
	say_window(&script, 1, 1, 50);
	cr_assert_eq(script_info(&script).snd_wnd, 4000);
	/* A later SEQ, beyond a hole: newer all the same. */
	script.window = 3000;
	say_text(&script, ACK, 11, 1401, 10);
	hear(&script, ACK, 2801, 1);
	cr_assert_eq(script_info(&script).snd_wnd, 3000);
	/* An older SEQ, though it fills the hole and acknowledges more. */
	script.window = 9000;
	say_text(&script, ACK, 1, 2801, 10);
	hear(&script, ACK, 2801, 21);
	cr_assert_eq(script_info(&script).snd_wnd, 3000);
	say_window(&script, 21, 2801, 9000);
	cr_assert_eq(script_info(&script).snd_wnd, 9000);
	driver_close(&driver);
}

/* Row 47 at rest, where no WL1 and WL2 are kept: an old number brings no window, a new ACK or text does. */
Test(tcp_text_peer_window, an_old_number_changes_no_window_at_rest)
{
	struct script script = established(60000);

	script.window = 3000;
	say_text(&script, ACK, 1, 1, 20);
	hear(&script, ACK, 1, 21);
	cr_assert_eq(script_info(&script).snd_wnd, 3000);
	script.window = 100;
	say_text(&script, ACK, 1, 1, 20);
	hear(&script, ACK, 1, 21);
	say(&script, ACK, 20, 1);
	cr_assert_eq(script_info(&script).snd_wnd, 3000);
	say_window(&script, 21, 1, 200);
	cr_assert_eq(script_info(&script).snd_wnd, 200);
	driver_close(&driver);
}

/* Row 47: text that is kept beyond a hole is newer than what fills it, also where nothing was kept before. */
Test(tcp_text_peer_window, what_fills_a_hole_brings_an_older_window_than_what_was_beyond)
{
	struct script script = established(60000);

	script.window = 3000;
	say_text(&script, ACK, 11, 1, 10);
	hear(&script, ACK, 1, 1);
	cr_assert_eq(script_info(&script).snd_wnd, 3000);
	script.window = 0;
	say_text(&script, ACK, 1, 1, 10);
	hear(&script, ACK, 1, 21);
	cr_assert_eq(script_info(&script).snd_wnd, 3000);
	say_window(&script, 21, 1, 9000);
	cr_assert_eq(script_info(&script).snd_wnd, 9000);
	driver_close(&driver);
}

/* RFC 9293 3.10.7.4, SYN-RECEIVED: the window of what completes the handshake holds, also that of a SYN|ACK. */
Test(tcp_text_peer_window, a_simultaneous_open_begins_with_the_later_window)
{
	struct script script;

	driver_open(&driver, NULL);
	driver.reader.reads = true;
	script = script_connect(&driver, 5000, NULL);
	hear(&script, SYN, 0, 0);
	say(&script, SYN, 0, 0);
	hear(&script, SYN | ACK, 0, 1);
	script.window = 10;
	say(&script, SYN | ACK, 0, 1);
	told(&script, TOLD_ESTABLISHED);
	cr_assert_eq(script_info(&script).snd_wnd, 10);
	driver_close(&driver);
}

/* RFC 9293 3.8.4: no more than the window is in flight, to the byte. */
Test(tcp_text_peer_window, no_more_is_sent_than_the_window_takes)
{
	struct script script = established(3001);

	app_send(&script, 6000);
	hear_text(&script, ACK, 1, 1, 1400);
	hear_text(&script, ACK, 1401, 1, 1400);
	hear_nothing(&script);
	say_window(&script, 1, 1401, 3001);
	hear_text(&script, ACK, 2801, 1, 1400);
	hear_nothing(&script);
	say_window(&script, 1, 4201, 1799);
	hear_text(&script, ACK, 4201, 1, 1400);
	hear_nothing(&script);
	say_window(&script, 1, 5601, 400);
	hear_text(&script, PSH | ACK, 5601, 1, 400);
	say_window(&script, 1, 6001, 0);
	hear_nothing(&script);
	driver_close(&driver);
}

/* Row 54, RFC 9293 3.8.6.2.1 with Nagle off: a full segment, all that there is, or half of the largest window; what is
 * less waits for the override timeout. */
Test(tcp_text_peer_window, silly_segments_are_not_sent)
{
	struct script script = established(2000);

	app_send(&script, 5000);
	hear_text(&script, ACK, 1, 1, 1400);
	hear_nothing(&script);
	mark(&script);
	say_window(&script, 1, 1401, 999);
	hear_nothing(&script);
	advance(&script, 1100);
	hear_text_at(&script, 1000, ACK, 1401, 1, 999);
	say_window(&script, 1, 2400, 1000);
	hear_text(&script, ACK, 2400, 1, 1000);
	say_window(&script, 1, 3400, 1400);
	hear_text(&script, ACK, 3400, 1, 1400);
	say_window(&script, 1, 4800, 201);
	hear_text(&script, PSH | ACK, 4800, 1, 201);
	/* Without Nagle's algorithm small writes leave at once, one behind the other (MUST-17). */
	for (uint32_t i = 0; i < 3; i++) {
		say_window(&script, 1, 5001 + i, 2000);
		app_send(&script, 1);
		hear_text(&script, PSH | ACK, 5001 + i, 1, 1);
	}
	driver_close(&driver);
}

/* Row 53, MUST-34, SHLD-15 and 16: no new text, and what is within the window goes again. */
Test(tcp_text_peer_window, a_window_that_shrinks_below_what_is_in_flight_is_survived)
{
	struct script script = established(4200);

	app_send(&script, 4200);
	hear_text(&script, ACK, 1, 1, 1400);
	hear_text(&script, ACK, 1401, 1, 1400);
	hear_text(&script, PSH | ACK, 2801, 1, 1400);
	mark(&script);
	say_window(&script, 1, 1, 100);
	hear_nothing(&script);
	app_send(&script, 50);
	hear_nothing(&script);
	advance(&script, 1050);
	hear_text_at(&script, 1000, ACK, 1, 1, 100);
	hear_nothing(&script);
	/* Sent before: no reason to wait for more window. */
	say_window(&script, 1, 101, 100);
	hear_text(&script, ACK, 101, 1, 100);
	/* The timeout has brought slow start with it (RFC 5681 3.1). */
	say_window(&script, 1, 201, 4200);
	hear_text(&script, ACK, 201, 1, 1400);
	hear_nothing(&script);
	say(&script, ACK, 1, 1601);
	hear_text(&script, ACK, 1601, 1, 1400);
	hear_text(&script, PSH | ACK, 3001, 1, 1250);
	say(&script, ACK, 1, 4251);
	hear_nothing(&script);
	driver_close(&driver);
}

/* Row 53, RFC 9293 3.8.6: a window that shrinks to nothing over what is in flight is probed as any other. */
Test(tcp_text_peer_window, a_window_that_shuts_over_what_is_in_flight_is_probed)
{
	struct script script = established(4200);

	app_send(&script, 2800);
	hear_text(&script, ACK, 1, 1, 1400);
	hear_text(&script, PSH | ACK, 1401, 1, 1400);
	mark(&script);
	say_window(&script, 1, 1, 0);
	for (unsigned int i = 0; i < 4; i++) {
		advance(&script, 1000U << i);
		hear_text_at(&script, (1000U << (i + 1)) - 1000, ACK, 1, 1, 1);
		say_window(&script, 1, 1, 0);
		hear_nothing(&script);
	}
	told_nothing(&script);
	say_window(&script, 1, 1, 4200);
	hear_text(&script, ACK, 1, 1, 1400);
	hear_text(&script, PSH | ACK, 1401, 1, 1400);
	say(&script, ACK, 1, 2801);
	hear_nothing(&script);
	driver_close(&driver);
}

/* Row 53: what lies beyond a shrunk window may be acknowledged all the same. */
Test(tcp_text_peer_window, an_ack_beyond_a_shrunk_window_counts)
{
	struct script script = established(4200);

	app_send(&script, 4200);
	hear_text(&script, ACK, 1, 1, 1400);
	hear_text(&script, ACK, 1401, 1, 1400);
	hear_text(&script, PSH | ACK, 2801, 1, 1400);
	say_window(&script, 1, 1, 10);
	say_window(&script, 1, 4201, 10);
	hear_nothing(&script);
	cr_assert_eq(script_info(&script).queued_bytes, 0);
	advance(&script, 600000);
	hear_nothing(&script);
	driver_close(&driver);
}

/* Row 86, MUST-36 and 37, SHLD-29 and 30: one octet after the RTO, at intervals that double; for ever while they are
 * answered; and the text goes when the window opens. */
Test(tcp_text_peer_window, a_shut_window_is_probed_for_as_long_as_the_peer_answers)
{
	struct script script = established(0);
	uint64_t last_ms, before_ms = 0;

	mark(&script);
	app_send(&script, 100);
	hear_nothing(&script);
	for (unsigned int i = 0; i < 6; i++) {
		advance(&script, 1000U << i);
		hear_text_at(&script, (1000U << (i + 1)) - 1000, ACK, 1, 1, 1);
		say_window(&script, 1, 1, 0);
		hear_nothing(&script);
	}
	last_ms = driver_now_ms(&driver);
	for (unsigned int i = 0; i < 60; i++) {
		while (driver.heard_next == driver.heard_count)
			advance(&script, 1000);
		hear_text(&script, ACK, 1, 1, 1);
		cr_assert_geq(driver_now_ms(&driver) - last_ms, 32000, "probes come faster again");
		cr_assert_leq(driver_now_ms(&driver) - last_ms, 125000);
		before_ms = driver_now_ms(&driver) - last_ms;
		last_ms = driver_now_ms(&driver);
		say_window(&script, 1, 1, 0);
		hear_nothing(&script);
	}
	cr_assert_geq(before_ms, 32000);
	told_nothing(&script);
	say_window(&script, 1, 1, 1000);
	hear_text(&script, PSH | ACK, 1, 1, 100);
	say(&script, ACK, 1, 101);
	cr_assert_eq(driver_counters(&driver)->window_probes, 66);
	cr_assert_eq(driver_counters(&driver)->text_bytes_sent, 100, "each byte is sent for the first time once");
	driver_close(&driver);
}

/* RFC 6298 5.1: what goes when the window opens is timed from there, not by the last probe. */
Test(tcp_text_peer_window, text_sent_into_a_reopened_window_has_a_timeout_of_its_own)
{
	static const uint32_t opens_ms[] = {950, 16000, 1500};

	for (unsigned int i = 0; i < 3; i++) {
		struct script script = established(0);

		app_send(&script, 100);
		for (uint32_t at = 0; at < opens_ms[i]; at += 50) {
			advance(&script, 50);
			while (driver_next_heard(&driver))
				say_window(&script, 1, 1, 0);
		}
		say_window(&script, 1, 1, 1000);
		hear_text(&script, PSH | ACK, 1, 1, 100);
		mark(&script);
		advance(&script, 1100);
		hear_text_at(&script, 1000, PSH | ACK, 1, 1, 100);
		hear_nothing(&script);
		driver_close(&driver);
	}
}

/* Row 86: a peer may take the octet of a probe, and keep its window shut. */
Test(tcp_text_peer_window, the_octet_of_a_probe_may_be_taken)
{
	struct script script = established(0);

	app_send(&script, 3);
	for (uint32_t i = 0; i < 2; i++) {
		mark(&script);
		while (driver.heard_next == driver.heard_count)
			advance(&script, 500);
		hear_text(&script, ACK, 1 + i, 1, 1);
		say_window(&script, 1, 2 + i, 0);
		hear_nothing(&script);
	}
	app_close(&script);
	hear_nothing(&script);
	say_window(&script, 1, 3, 1000);
	hear_text(&script, FIN | PSH | ACK, 3, 1, 1);
	say(&script, ACK, 1, 5);
	in_state(&script, QUERN_FIN_WAIT_2);
	driver_close(&driver);
}

/* Row 86 with row 84: probes that nobody answers are retransmissions without an answer. */
Test(tcp_text_peer_window, a_shut_window_without_answers_ends_in_a_timeout)
{
	struct script script = established(0);

	mark(&script);
	app_send(&script, 100);
	advance(&script, 119900);
	told(&script, TOLD_UNANSWERED);
	told_nothing(&script);
	for (unsigned int i = 0; i < 6; i++)
		hear_text_at(&script, (1000U << (i + 1)) - 1000, ACK, 1, 1, 1);
	hear_nothing(&script);
	/* User timeout, from the first octet that was sent. */
	advance(&script, 1200);
	hear_reset(&script, 2, 0);
	told_ended(&script, QUERN_END_TIMEOUT);
	driver_close(&driver);
}

/* RFC 9293 3.4: a FIN has a number, which must be in the window as those of text must. */
Test(tcp_text_peer_window, a_fin_behind_text_that_fills_the_window_waits_for_room)
{
	for (uint32_t room = 0; room < 2; room++) {
		struct script script = established((uint16_t)(100 + room));

		cr_assert_eq(driver_send(&driver, script.conn, 100), 100);
		app_close(&script);
		hear_text(&script, room ? FIN | PSH | ACK : PSH | ACK, 1, 1, 100);
		hear_nothing(&script);
		if (room == 0) {
			say_window(&script, 1, 51, 50);
			hear_nothing(&script);
			say_window(&script, 1, 51, 51);
			hear(&script, FIN | ACK, 101, 1);
		}
		say(&script, ACK, 1, 102);
		in_state(&script, QUERN_FIN_WAIT_2);
		driver_close(&driver);
	}
}
