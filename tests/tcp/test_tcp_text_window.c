/* test_tcp_text_window.c - our receive window: how a reader that stops closes it, and what goes on meanwhile. */
#include <criterion/criterion.h>

#include "support/script.h"

static struct driver driver;

static struct script established(uint16_t window)
{
	const struct quern_tcp_options options = {.receive_window = window};
	struct script script = script_reader(&driver, &options);

	establish_passive(&script);
	driver.reader.appetite = 0;
	return script;
}

/* The next ACK, whose window must be `window`, and whose right edge is never left of one before. */
static void hear_window(struct script *script, uint32_t seq, uint32_t ack, uint16_t window, uint32_t *edge)
{
	hear(script, ACK, seq, ack);
	cr_assert_eq(script->heard.window, window, "window %u instead of %u behind ACK %u", script->heard.window,
		     window, ack);
	cr_assert_geq(ack + window, *edge, "the right edge went back from %u to %u", *edge, ack + window);
	*edge = ack + window;
}

/* Fills the window with text that nobody reads, in pieces. */
static void fill(struct script *script, uint16_t window, uint32_t piece, uint32_t *edge)
{
	for (uint32_t done = 0; done < window;) {
		uint32_t bytes = piece < window - done ? piece : window - done;

		say_text(script, ACK, 1 + done, 1, bytes);
		done += bytes;
		hear_window(script, 1, 1 + done, (uint16_t)(window - done), edge);
	}
}

/* RFC 9293 3.8.6: what is not read closes the window by as much, down to 0, with the edge where it was. */
Test(tcp_text_window, a_reader_that_stops_shuts_the_window)
{
	static const uint16_t windows[] = {65535, 4000, 1460, 48, 2, 1};

	for (unsigned int i = 0; i < 6; i++) {
		struct script script = established(windows[i]);
		uint32_t edge = 0, full = 1 + windows[i];

		fill(&script, windows[i], 1460, &edge);
		cr_assert_eq(script_info(&script).held_bytes, windows[i]);
		/* One octet too many, and a whole segment of them: never taken. */
		say_text(&script, ACK, full, 1, 1);
		hear_window(&script, 1, full, 0, &edge);
		say_text(&script, ACK, full, 1, 1000);
		hear_window(&script, 1, full, 0, &edge);
		app_resume(&script, UINT32_MAX);
		cr_assert_eq(driver.reader.received, windows[i]);
		hear_window(&script, 1, full, windows[i], &edge);
		hear_nothing(&script);
		driver_close(&driver);
	}
}

/* A reader that is slow but takes everything loses nothing either, whatever it takes at a time. */
Test(tcp_text_window, a_reader_that_takes_a_part_is_shown_the_rest_again)
{
	static const uint32_t appetites[] = {1, 99, 100, 499};

	for (unsigned int i = 0; i < 4; i++) {
		struct script script = established(500);
		uint32_t edge = 501, acked;

		driver.reader.appetite = appetites[i];
		for (uint32_t done = 0; done < 500; done += 100) {
			say_text(&script, ACK, 1 + done, 1, 100);
			hear(&script, ACK, 1, 101 + done);
			acked = 101 + done + script.heard.window;
			cr_assert_geq(acked, edge);
			cr_assert_leq(acked, 1 + driver.reader.received + 500, "more window than room");
			edge = acked;
		}
		cr_assert_eq(driver.reader.received, appetites[i]);
		app_resume(&script, UINT32_MAX);
		cr_assert_eq(driver.reader.received, 500);
		driver_close(&driver);
	}
}

/* Row 54, RFC 9293 3.8.6.2.2: the edge moves by min(half of the buffer, one MSS) or not at all. */
Test(tcp_text_window, a_window_is_reopened_once_it_is_worth_it)
{
	struct script script = established(4000);
	uint32_t edge = 0;

	fill(&script, 4000, 1000, &edge);
	app_resume(&script, 100);
	hear_nothing(&script);
	app_resume(&script, 1359);
	hear_nothing(&script);
	say(&script, ACK, 4000, 1);
	hear(&script, ACK, 1, 4001);
	cr_assert_eq(script.heard.window, 0, "a silly window of %u", script.heard.window);
	app_resume(&script, 1);
	hear_window(&script, 1, 4001, 1460, &edge);
	hear_nothing(&script);
	say_text(&script, ACK, 4001, 1, 1460);
	hear_window(&script, 1, 5461, 0, &edge);
	app_resume(&script, UINT32_MAX);
	hear_window(&script, 1, 5461, 4000, &edge);
	hear_nothing(&script);
	driver_close(&driver);

	/* Of a small buffer, half of it. */
	script = established(1000);
	edge = 0;
	fill(&script, 1000, 1000, &edge);
	app_resume(&script, 499);
	hear_nothing(&script);
	app_resume(&script, 1);
	hear_window(&script, 1, 1001, 500, &edge);
	driver_close(&driver);
}

/* Row 86 from the other end: each probe is answered with the window as it is, for as long as it takes. */
Test(tcp_text_window, probes_of_a_shut_window_are_answered)
{
	struct script script = established(1000);
	uint32_t edge = 0;

	fill(&script, 1000, 1000, &edge);
	for (unsigned int i = 0; i < 100; i++) {
		advance(&script, 60000);
		/* With an octet, as most send it; and with an old number, as some do. */
		say_text(&script, ACK, 1001, 1, 1);
		hear_window(&script, 1, 1001, 0, &edge);
		advance(&script, 1000);
		say(&script, ACK, 1000, 1);
		hear_window(&script, 1, 1001, 0, &edge);
	}
	in_state(&script, QUERN_ESTABLISHED);
	cr_assert_eq(driver.reader.received, 0);
	driver_close(&driver);
}

/* Row 39, MUST-66: with RCV.WND = 0 a valid ACK, URG and RST are still processed. */
Test(tcp_text_window, ack_urgent_and_reset_pass_a_shut_window)
{
	struct script script = established(1000);
	struct raw_segment urgent;
	uint32_t edge = 0;

	fill(&script, 1000, 1000, &edge);
	app_send(&script, 300);
	hear_text(&script, PSH | ACK, 1, 1001, 300);
	cr_assert_eq(script.heard.window, 0);
	say(&script, ACK, 1001, 101);
	cr_assert_eq(script_info(&script).snd_una, script.iss + 101, "ACK alone");
	hear_nothing(&script);
	say_text(&script, ACK, 1001, 201, 10);
	cr_assert_eq(script_info(&script).snd_una, script.iss + 201, "ACK on text that is refused");
	hear_window(&script, 301, 1001, 0, &edge);
	urgent = script_segment(&script, ACK | URG, 1001, 201);
	urgent.urgent = 5;
	driver_inject(&driver, &urgent);
	told_urgent(&script, 1005);
	script.window = 7;
	say(&script, ACK, 1001, 301);
	cr_assert_eq(script_info(&script).snd_wnd, 7);
	app_shutdown(&script);
	hear(&script, FIN | ACK, 301, 1001);
	say(&script, ACK, 1001, 302);
	in_state(&script, QUERN_FIN_WAIT_2);
	/* RFC 5961 3.2 has no window to be in but RCV.NXT itself. */
	say(&script, RST, 1002, 0);
	say(&script, RST, 1000, 0);
	in_state(&script, QUERN_FIN_WAIT_2);
	say(&script, RST, 1001, 0);
	told_ended(&script, QUERN_END_RESET);
	in_state(&script, QUERN_LISTEN);
	driver_close(&driver);
}

/* A FIN takes a number of the window: where there is none left, it comes again, and is no news until then. */
Test(tcp_text_window, a_fin_waits_for_a_window_that_is_shut)
{
	struct script script = established(1000);
	uint32_t edge = 0;

	fill(&script, 1000, 1000, &edge);
	say(&script, FIN | ACK, 1001, 1);
	hear_window(&script, 1, 1001, 0, &edge);
	in_state(&script, QUERN_ESTABLISHED);
	app_resume(&script, UINT32_MAX);
	hear_window(&script, 1, 1001, 1000, &edge);
	told_text(&script, 1000);
	say(&script, FIN | ACK, 1001, 1);
	told(&script, TOLD_PEER_CLOSED);
	in_state(&script, QUERN_CLOSE_WAIT);
	driver_close(&driver);
}

/* Row 38 and table 6: of a window of exactly 65,535 the last number is in, the next is not. */
Test(tcp_text_window, the_window_ends_where_it_says)
{
	struct script script = established(65535);

	driver.reader.appetite = UINT32_MAX;
	say_text(&script, ACK, 65535, 1, 1);
	hear(&script, ACK, 1, 1);
	cr_assert_eq(script.heard.window, 65535);
	cr_assert_eq(driver_counters(&driver)->drops[QUERN_DROP_TCP_SEQUENCE], 0);
	say(&script, RST, 65536, 0);
	cr_assert_eq(driver_counters(&driver)->challenge_acks, 0);
	hear_nothing(&script);
	say(&script, RST, 65535, 0);
	hear(&script, ACK, 1, 1);
	cr_assert_eq(driver_counters(&driver)->challenge_acks, 1);
	in_state(&script, QUERN_ESTABLISHED);
	driver_close(&driver);
}
