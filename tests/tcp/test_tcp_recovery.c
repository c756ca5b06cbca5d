/* test_tcp_recovery.c - what the sender does about loss, and how its window grows (rows 94 to 97, 99; RFC 5681, 6582,
 * 3042), through the seam. Segments of 1,000 bytes. */
#include <criterion/criterion.h>

#include "support/script.h"
#include "tcp/tcp_recovery.h"

enum { SEGMENT = 1000, WINDOW = 60000 };

static struct driver driver;

static struct script established_by(enum quern_congestion congestion)
{
	const struct quern_tcp_options options = {.mss = SEGMENT, .congestion = congestion};
	struct script script = script_reader(&driver, &options);

	script.window = WINDOW;
	script.mss = SEGMENT;
	establish_passive(&script);
	return script;
}

static struct script established(void)
{
	return established_by(QUERN_CONGESTION_NEWRENO);
}

/* Hears segments number `from` to `to`, the first being 0, and then silence. */
static void hear_segments(struct script *script, uint32_t from, uint32_t to)
{
	for (uint32_t number = from; number <= to; number++)
		hear_text(script, ACK, 1 + SEGMENT * number, 1, SEGMENT);
	hear_nothing(script);
}

/* The peer has everything before segment `number`. */
static void acknowledge(struct script *script, uint32_t number)
{
	say(script, ACK, 1, 1 + SEGMENT * number);
}

/* Ten segments are in flight and the first is lost: two duplicate ACKs let a new one go each, the third sends it again.
 * The last of `segments` that were queued has PSH. */
static void lose_the_first(struct script *script, uint32_t segments)
{
	app_send(script, segments * SEGMENT);
	hear_segments(script, 0, 9);
	for (int i = 0; i < 3; i++)
		acknowledge(script, 0);
	hear_text(script, ACK, 1 + 10 * SEGMENT, 1, SEGMENT);
	hear_text(script, (segments == 12 ? PSH : 0) | ACK, 1 + 11 * SEGMENT, 1, SEGMENT);
	hear_segments(script, 0, 0);
}

/* Row 94: the initial window is ten segments, and each ACK lets it grow by what it acknowledges. */
Test(tcp_recovery, slow_start_begins_with_ten_segments_and_doubles)
{
	struct script script = established();

	app_send(&script, 60 * SEGMENT);
	hear_segments(&script, 0, 9);
	for (uint32_t number = 0; number < 10; number++) {
		acknowledge(&script, number + 1);
		hear_segments(&script, 10 + 2 * number, 11 + 2 * number);
	}
	driver_close(&driver);
}

/* Row 94, battery 15: an ACK cut into pieces lets the window grow no more than a whole one. */
Test(tcp_recovery, divided_acks_gain_nothing)
{
	struct script script = established();

	app_send(&script, 60 * SEGMENT);
	hear_segments(&script, 0, 9);
	for (uint32_t octet = 10; octet <= SEGMENT; octet += 10)
		say(&script, ACK, 1, 1 + octet);
	hear_segments(&script, 10, 11);
	driver_close(&driver);
}

/* A window that the application does not fill has shown nothing. */
Test(tcp_recovery, the_window_does_not_grow_while_it_is_not_used)
{
	struct script script = established();

	for (uint32_t number = 0; number < 30; number++) {
		app_send(&script, SEGMENT);
		hear_text(&script, PSH | ACK, 1 + SEGMENT * number, 1, SEGMENT);
		acknowledge(&script, number + 1);
	}
	app_send(&script, 20 * SEGMENT);
	hear_segments(&script, 30, 39);
	driver_close(&driver);
}

/* Row 96, RFC 3042: the first two duplicate ACKs let a new segment go each; the third sends again what is missing. */
Test(tcp_recovery, the_third_duplicate_ack_sends_the_lost_segment_at_once)
{
	struct script script = established();

	app_send(&script, 60 * SEGMENT);
	hear_segments(&script, 0, 9);
	acknowledge(&script, 0);
	hear_segments(&script, 10, 10);
	acknowledge(&script, 0);
	hear_segments(&script, 11, 11);
	acknowledge(&script, 0);
	hear_segments(&script, 0, 0);
	driver_close(&driver);
}

/* RFC 5681 3.2: half of what was in flight, and each further duplicate ACK lets one more go; then NewReno goes on with
 * half of it. */
Test(tcp_recovery, the_window_is_halved_and_the_flow_goes_on)
{
	struct script script = established();

	lose_the_first(&script, 60);
	/* cwnd 5, twelve in flight: eight have to leave before one may follow. */
	for (int i = 0; i < 4; i++)
		acknowledge(&script, 0);
	hear_nothing(&script);
	acknowledge(&script, 0);
	hear_segments(&script, 12, 12);
	acknowledge(&script, 0);
	hear_segments(&script, 13, 13);
	/* All that was sent before the loss, and two segments more are in flight: cwnd is three. */
	acknowledge(&script, 12);
	hear_segments(&script, 14, 14);
	acknowledge(&script, 13);
	hear_segments(&script, 15, 16);
	driver_close(&driver);
}

/* Row 97: a partial ACK names the next hole; `recover` ends it, and keeps old duplicates from beginning it again. */
Test(tcp_recovery, each_partial_ack_sends_the_next_hole)
{
	struct script script = established();

	lose_the_first(&script, 12);
	acknowledge(&script, 3);
	hear_segments(&script, 3, 3);
	acknowledge(&script, 7);
	hear_segments(&script, 7, 7);
	acknowledge(&script, 12);
	hear_nothing(&script);
	driver_close(&driver);
}

/* Battery 15: each octet of an ACK in pieces drew a segment within a recovery. */
Test(tcp_recovery, a_partial_ack_of_what_has_just_gone_again_sends_nothing)
{
	struct script script = established();

	lose_the_first(&script, 12);
	for (uint32_t octet = 1; octet < SEGMENT; octet++)
		say(&script, ACK, 1, 1 + octet);
	hear_nothing(&script);
	acknowledge(&script, 1);
	hear_segments(&script, 1, 1);
	say(&script, ACK, 1, 1 + 2 * SEGMENT - 1);
	hear_nothing(&script);
	acknowledge(&script, 5);
	hear_segments(&script, 5, 5);
	acknowledge(&script, 12);
	hear_nothing(&script);
	driver_close(&driver);
}

Test(tcp_recovery, duplicates_of_a_recovery_that_is_over_begin_no_other)
{
	struct script script = established();

	lose_the_first(&script, 60);
	acknowledge(&script, 12);
	hear_segments(&script, 12, 13);
	for (int i = 0; i < 5; i++)
		acknowledge(&script, 12);
	hear_nothing(&script);
	driver_close(&driver);
}

/* RFC 3042: what two duplicates let go beyond the window is no part of it once an ACK says that nothing was lost. */
Test(tcp_recovery, an_ack_after_two_duplicates_takes_back_what_they_let_go)
{
	struct script script = established();

	app_send(&script, 60 * SEGMENT);
	hear_segments(&script, 0, 9);
	acknowledge(&script, 0);
	acknowledge(&script, 0);
	hear_segments(&script, 10, 11);
	/* Eleven are in flight, and so many the window is now. */
	acknowledge(&script, 1);
	hear_nothing(&script);
	acknowledge(&script, 2);
	hear_segments(&script, 12, 13);
	driver_close(&driver);
}

/* RFC 5681 2: text, another window, or nothing in flight: no duplicate ACK. */
Test(tcp_recovery, what_is_no_duplicate_ack_is_not_counted)
{
	struct script script = established();

	for (int i = 0; i < 5; i++)
		acknowledge(&script, 0);
	app_send(&script, 10 * SEGMENT);
	for (uint32_t number = 0; number < 9; number++)
		hear_text(&script, ACK, 1 + SEGMENT * number, 1, SEGMENT);
	hear_text(&script, PSH | ACK, 1 + SEGMENT * 9, 1, SEGMENT);
	for (uint16_t i = 1; i <= 5; i++) {
		script.window = (uint16_t)(WINDOW - i);
		acknowledge(&script, 0);
	}
	hear_nothing(&script);
	for (uint32_t i = 0; i < 5; i++) {
		say_text(&script, ACK, 1 + 10 * i, 1, 10);
		hear(&script, ACK, 1 + 10 * SEGMENT, 11 + 10 * i);
	}
	hear_nothing(&script);
	driver_close(&driver);
}

/* RFC 5681 2 (e): the window is that of the ACK before, and it is open, be it by one octet. */
Test(tcp_recovery, a_repeated_ack_with_any_open_window_is_a_duplicate)
{
	const struct tcp_flight flight = {.snd_una = 1000, .snd_nxt = 5000};

	for (uint16_t window = 0; window < 3; window++) {
		const struct tcp_conn conn = {.snd_wnd = window, .state = QUERN_ESTABLISHED};
		const struct segment segment = {.flags = TCP_ACK, .ack = flight.snd_una, .wnd = window};

		cr_assert_eq(tcp_recovery_is_duplicate(&conn, &flight, &segment), window != 0, "window %u", window);
	}
}

/* Row 95. */
Test(tcp_recovery, a_timeout_begins_with_one_segment_and_slow_start_to_half)
{
	struct script script = established();

	app_send(&script, 60 * SEGMENT);
	hear_segments(&script, 0, 9);
	advance(&script, 1010);
	hear_segments(&script, 0, 0);
	acknowledge(&script, 1);
	hear_segments(&script, 1, 2);
	acknowledge(&script, 2);
	acknowledge(&script, 3);
	hear_segments(&script, 3, 6);
	/* ssthresh is five: from here on a segment a window. */
	acknowledge(&script, 4);
	hear_segments(&script, 7, 8);
	acknowledge(&script, 5);
	hear_segments(&script, 9, 9);
	driver_close(&driver);
}

/* A FIN that is lost with the last text goes again with it. */
Test(tcp_recovery, the_lost_segment_carries_its_fin_again)
{
	struct script script = established();

	app_send(&script, SEGMENT);
	hear_text(&script, PSH | ACK, 1, 1, SEGMENT);
	app_send(&script, 500);
	hear_text(&script, PSH | ACK, 1 + SEGMENT, 1, 500);
	app_close(&script);
	hear(&script, FIN | ACK, 1501, 1);
	acknowledge(&script, 1);
	for (int i = 0; i < 3; i++)
		acknowledge(&script, 1);
	hear_text(&script, FIN | ACK, 1 + SEGMENT, 1, 500);
	hear_nothing(&script);
	say(&script, ACK, 1, 1502);
	in_state(&script, QUERN_FIN_WAIT_2);
	driver_close(&driver);
}

/* Row 99: after an RTO of silence a connection begins again with ten segments. */
Test(tcp_recovery, a_window_that_has_grown_is_given_up_after_a_silence)
{
	struct script script = established();

	app_send(&script, 30 * SEGMENT);
	hear_segments(&script, 0, 9);
	for (uint32_t number = 1; number <= 10; number++)
		acknowledge(&script, number);
	for (uint32_t number = 10; number < 29; number++)
		hear_text(&script, ACK, 1 + SEGMENT * number, 1, SEGMENT);
	hear_text(&script, PSH | ACK, 1 + SEGMENT * 29, 1, SEGMENT);
	acknowledge(&script, 30);
	advance(&script, 5000);
	app_send(&script, 30 * SEGMENT);
	hear_segments(&script, 30, 39);
	driver_close(&driver);
}

/* Who decides on the window is an option: CUBIC goes on with seven tenths (RFC 9438 4.6). */
Test(tcp_recovery, a_loss_leaves_cubic_more_than_newreno)
{
	static const struct {
		enum quern_congestion congestion;
		uint32_t duplicates; /* until a new segment may go, twelve being in flight */
	} cases[] = {{QUERN_CONGESTION_NEWRENO, 8}, {QUERN_CONGESTION_CUBIC, 6}};

	for (size_t i = 0; i < 2; i++) {
		struct script script = established_by(cases[i].congestion);

		lose_the_first(&script, 60);
		for (uint32_t n = 4; n < cases[i].duplicates; n++)
			acknowledge(&script, 0);
		hear_nothing(&script);
		acknowledge(&script, 0);
		hear_segments(&script, 12, 12);
		driver_close(&driver);
	}
}
