/* test_tcp_times.c - timestamps as a peer sees them (RFC 7323 3 to 5): agreed on, in every segment, echoed, and what is
 * refused for their sake. */
#include <string.h>

#include <criterion/criterion.h>

#include "support/script.h"

enum { DAY_MS = 86400000 };

static struct driver driver;

static struct script listening(const struct quern_tcp_options *options)
{
	return script_reader(&driver, options);
}

/* A connection whose peer has said 1000 last. */
static struct script established(const struct quern_tcp_options *options)
{
	struct script script = listening(options);

	say_at(&script, SYN, 0, 0, 0, 1000, 0);
	hear(&script, SYN | ACK, 0, 1);
	cr_assert(script.heard.has_timestamps);
	say_at(&script, ACK, 1, 1, 0, 1000, script.heard.tsval);
	told(&script, TOLD_ESTABLISHED);
	hear_nothing(&script);
	return script;
}

static uint64_t drops(enum quern_drop reason)
{
	return driver_counters(&driver)->drops[reason];
}

/* Row 27. */
Test(tcp_times, are_agreed_on_where_both_syns_have_them)
{
	const struct quern_tcp_options off = {.no_timestamps = true};
	struct script script = listening(NULL);

	say_at(&script, SYN, 0, 0, 0, 77, 0);
	hear(&script, SYN | ACK, 0, 1);
	cr_assert(script.heard.has_timestamps);
	cr_assert_eq(script.heard.tsecr, 77);
	driver_close(&driver);

	script = listening(NULL);
	say(&script, SYN, 0, 0);
	hear(&script, SYN | ACK, 0, 1);
	cr_assert_not(script.heard.has_timestamps, "the peer has none");
	driver_close(&driver);

	script = listening(&off);
	say_at(&script, SYN, 0, 0, 0, 77, 0);
	hear(&script, SYN | ACK, 0, 1);
	cr_assert_not(script.heard.has_timestamps, "we have none");
	driver_close(&driver);
}

/* Rows 27 and 105. */
Test(tcp_times, a_connect_offers_them_without_an_echo_and_goes_on_without_them_where_the_peer_has_none)
{
	struct script script;

	for (int has = 0; has < 2; has++) {
		driver_open(&driver, NULL);
		script = script_connect(&driver, 50000, NULL);
		hear(&script, SYN, 0, 0);
		cr_assert(script.heard.has_timestamps);
		cr_assert_eq(script.heard.tsecr, 0, "there is nothing to echo");
		if (has)
			say_at(&script, SYN | ACK, 0, 1, 0, 500, script.heard.tsval);
		else
			say(&script, SYN | ACK, 0, 1);
		hear(&script, ACK, 1, 1);
		cr_assert_eq(script.heard.has_timestamps, has);
		cr_assert_eq(script.heard.tsecr, has ? 500 : 0);
		driver_close(&driver);
	}
}

/* Row 27: what a RST must not have, every script looks for. */
Test(tcp_times, every_segment_but_a_reset_has_them)
{
	const struct quern_tcp_options keepalive = {.keepalive = true, .keepalive_idle_ms = 5000};
	struct script script = established(&keepalive);

	say_at(&script, ACK, 1, 1, 10, 1001, 0);
	told_text(&script, 10);
	hear(&script, ACK, 1, 11);
	cr_assert(script.heard.has_timestamps && script.heard.tsecr == 1001);
	advance(&script, 5000);
	hear(&script, ACK, 0, 11);
	cr_assert(script.heard.has_timestamps, "a keepalive probe");
	say_at(&script, ACK, 11, 1, 0, 1002, 0);
	say(&script, SYN, 5000, 0);
	hear(&script, ACK, 1, 11);
	cr_assert(script.heard.has_timestamps && script.heard.tsecr == 1002, "a challenge");
	app_send(&script, 5);
	hear_text(&script, PSH | ACK, 1, 11, 5);
	cr_assert(script.heard.has_timestamps);
	advance(&script, 1000);
	hear_text(&script, PSH | ACK, 1, 11, 5);
	cr_assert(script.heard.has_timestamps, "text that goes again");
	script.window = 0;
	say_at(&script, ACK, 11, 6, 0, 1003, script.heard.tsval);
	app_send(&script, 5);
	hear_nothing(&script);
	advance(&script, 1000);
	hear_text(&script, ACK, 6, 11, 1);
	cr_assert(script.heard.has_timestamps, "a probe of a window that is shut");
	app_abort(&script);
	hear_reset(&script, 7, 0);
	driver_close(&driver);
}

/* Row 27 and the ruling of docs/rfc.md. */
Test(tcp_times, a_segment_without_them_is_dropped_in_silence_but_for_the_last_ack_of_a_handshake)
{
	struct script script = listening(NULL);

	say_at(&script, SYN, 0, 0, 0, 1000, 0);
	hear(&script, SYN | ACK, 0, 1);
	say(&script, ACK, 1, 1);
	told(&script, TOLD_ESTABLISHED);
	say_text(&script, ACK, 1, 1, 10);
	hear_nothing(&script);
	told_nothing(&script);
	cr_assert_eq(drops(QUERN_DROP_TCP_NO_TIMESTAMP), 1);
	say_at(&script, ACK, 1, 1, 10, 1000, 0);
	told_text(&script, 10);
	hear(&script, ACK, 1, 11);
	say(&script, RST, 11, 0);
	told_ended(&script, QUERN_END_RESET);
	driver_close(&driver);
}

/* Row 105. */
Test(tcp_times, the_clock_is_one_millisecond_from_a_place_of_its_own)
{
	struct script script = listening(NULL), other = script;
	uint32_t first;

	say_at(&script, SYN, 0, 0, 0, 1000, 0);
	hear(&script, SYN | ACK, 0, 1);
	first = script.heard.tsval;
	other.remote_port++;
	say_at(&other, SYN, 0, 0, 0, 1000, 0);
	hear(&other, SYN | ACK, 0, 1);
	cr_assert_gt((other.heard.tsval - first + 100000), 200000, "another flow's is near");
	advance(&script, 750);
	say_at(&script, ACK, 1, 1, 0, 1001, first);
	told(&script, TOLD_ESTABLISHED);
	say_at(&script, ACK, 1, 1, 10, 1002, first);
	told_text(&script, 10);
	hear(&script, ACK, 1, 11);
	cr_assert_eq(script.heard.tsval - first, 750);
	driver_close(&driver);
}

/* Row 101. */
Test(tcp_times, an_older_timestamp_is_answered_and_nothing_of_the_segment_is_taken)
{
	struct script script = established(NULL);

	say_at(&script, PSH | ACK, 1, 1, 10, 999, 0);
	told_nothing(&script);
	hear(&script, ACK, 1, 1);
	cr_assert_eq(script.heard.tsecr, 1000);
	cr_assert_eq(drops(QUERN_DROP_TCP_PAWS), 1);
	say_at(&script, FIN | ACK, 1, 1, 0, 999, 0);
	hear(&script, ACK, 1, 1);
	in_state(&script, QUERN_ESTABLISHED);
	say_at(&script, PSH | ACK, 1, 1, 10, 1000, 0);
	told_text(&script, 10);
	hear(&script, ACK, 1, 11);
	driver_close(&driver);
}

/* Battery 5: two ends that find each other too old must not go on for ever. */
Test(tcp_times, bare_acks_that_are_too_old_are_answered_once_in_half_a_second)
{
	struct script script = established(NULL);

	advance(&script, 600);
	for (int i = 0; i < 10; i++)
		say_at(&script, ACK, 1, 1, 0, 999, 0);
	hear(&script, ACK, 1, 1);
	hear_nothing(&script);
	driver_close(&driver);
}

/* Row 103. */
Test(tcp_times, a_reset_needs_no_timestamp_and_no_new_one)
{
	struct script script = established(NULL);

	say_at(&script, RST, 1, 0, 0, 1, 0);
	told_ended(&script, QUERN_END_RESET);
	driver_close(&driver);
}

/* Row 102. */
Test(tcp_times, what_is_echoed_is_what_the_ack_answers)
{
	struct script script = established(NULL);
	struct raw_segment burst[2] = {script_segment(&script, ACK, 1, 1), script_segment(&script, ACK, 11, 1)};

	for (uint32_t i = 0; i < 2; i++) {
		burst[i].text_bytes = 10;
		raw_add_timestamps(&burst[i], 1600 + i, 0);
	}
	driver_inject_burst(&driver, burst, 2);
	told_text(&script, 10);
	told_text(&script, 10);
	hear(&script, ACK, 1, 21);
	cr_assert_eq(script.heard.tsecr, 1600, "the first of those that the ACK is for");
	say_at(&script, ACK, 101, 1, 10, 1700, 0);
	hear(&script, ACK, 1, 21);
	cr_assert_eq(script.heard.tsecr, 1600, "beyond a hole");
	say_at(&script, ACK, 21, 1, 80, 1800, 0);
	told_text(&script, 80);
	told_text(&script, 10);
	hear(&script, ACK, 1, 111);
	cr_assert_eq(script.heard.tsecr, 1800, "what fills it");
	driver_close(&driver);
}

/* Row 104. */
Test(tcp_times, after_24_days_of_silence_any_timestamp_is_taken)
{
	for (uint64_t days = 23; days <= 24; days++) {
		struct script script = established(NULL);

		advance(&script, days * DAY_MS);
		say_at(&script, ACK, 1, 1, 10, 999, 0);
		if (days == 24)
			told_text(&script, 10);
		hear(&script, ACK, 1, days == 24 ? 11 : 1);
		cr_assert_eq(script.heard.tsecr, days == 24 ? 999 : 1000);
		driver_close(&driver);
	}
}

/* Row 104: TS.Recent keeps up with a peer of whom nothing but keepalive probes is heard. */
Test(tcp_times, keepalive_probes_keep_a_connection_young)
{
	struct script script = established(NULL);
	uint32_t tsval = 1000;

	for (int i = 0; i < 6; i++) {
		advance(&script, 10ULL * DAY_MS);
		tsval += 10u * DAY_MS;
		say_at(&script, ACK, 0, 1, 0, tsval, 0);
		hear(&script, ACK, 1, 1);
		cr_assert_eq(script.heard.tsecr, tsval);
	}
	say_at(&script, ACK, 1, 1, 10, tsval, 0);
	told_text(&script, 10);
	hear(&script, ACK, 1, 11);
	driver_close(&driver);
}

/* Row 81: the echo tells which sending was answered. */
Test(tcp_times, text_that_went_twice_is_timed_by_the_one_that_is_echoed)
{
	for (uint32_t which = 0; which < 2; which++) {
		struct script script = established(NULL);
		uint32_t sent[2];

		app_send(&script, 10);
		hear_text(&script, PSH | ACK, 1, 1, 10);
		sent[0] = script.heard.tsval;
		advance(&script, 1000);
		hear_text(&script, PSH | ACK, 1, 1, 10);
		sent[1] = script.heard.tsval;
		cr_assert_eq(sent[1] - sent[0], 1000);
		advance(&script, 1999);
		say_at(&script, ACK, 1, 11, 0, 1001, sent[which]);
		/* SRTT was next to nothing: an eighth of the sample, and four times a quarter of it. */
		cr_assert_float_eq(script_info(&script).rto_ms, (which ? 1999 : 2999) * 1.125, 8);
		driver_close(&driver);
	}
}

/* Row 23, and RFC 7323 3.2: beside timestamps there is room for three blocks. */
Test(tcp_times, text_is_cut_shorter_for_them_and_blocks_are_three)
{
	const uint8_t permitted[] = {4, 2, 1, 1};
	struct script script = listening(NULL);
	struct raw_segment syn = script_segment(&script, SYN, 0, 0);

	memcpy(syn.options, permitted, sizeof permitted);
	syn.option_bytes = sizeof permitted;
	raw_add_timestamps(&syn, 1000, 0);
	driver_inject(&driver, &syn);
	hear(&script, SYN | ACK, 0, 1);
	say_at(&script, ACK, 1, 1, 0, 1000, 0);
	told(&script, TOLD_ESTABLISHED);
	app_send(&script, 2000);
	hear_text(&script, ACK, 1, 1, DRIVER_MSS - 12);
	hear_text(&script, PSH | ACK, DRIVER_MSS - 11, 1, 2012 - DRIVER_MSS);
	for (uint32_t i = 1; i <= 5; i++) {
		say_at(&script, ACK, 1 + 100 * i, 1, 10, 1000, 0);
		hear(&script, ACK, 2001, 1);
		cr_assert_eq(script.heard.sack_count, i < 3 ? i : 3);
	}
	driver_close(&driver);
}

static struct script in_time_wait(void)
{
	struct script script = established(NULL);

	app_close(&script);
	hear(&script, FIN | ACK, 1, 1);
	say_at(&script, FIN | ACK, 1, 2, 0, 1001, script.heard.tsval);
	hear(&script, ACK, 2, 2);
	in_state(&script, QUERN_TIME_WAIT);
	script.heard.tsecr = 0;
	return script;
}

Test(tcp_times, time_wait_has_them_and_a_late_fin_does_not_start_it_again)
{
	struct script script = in_time_wait();
	uint32_t last = script.heard.tsval;

	advance(&script, 40000);
	say_at(&script, FIN | ACK, 1, 2, 0, 1000, 0);
	hear(&script, ACK, 2, 2);
	cr_assert(script.heard.has_timestamps && script.heard.tsecr == 1001);
	cr_assert_eq(script.heard.tsval - last, 40000);
	say(&script, FIN | ACK, 1, 2);
	hear_nothing(&script);
	advance(&script, 20001);
	in_state(&script, QUERN_LISTEN);
	driver_close(&driver);
}

/* Rows 71 and 72: RFC 6191 2. */
Test(tcp_times, a_later_timestamp_opens_a_connection_again_whatever_its_number)
{
	struct script script = in_time_wait();

	script.iss_known = false;
	say_at(&script, SYN, (uint32_t)-50000, 0, 0, 1001, 0);
	hear_nothing(&script);
	in_state(&script, QUERN_TIME_WAIT);
	script.peer_iss -= 50000;
	say_at(&script, SYN, 0, 0, 0, 1002, 0);
	hear(&script, SYN | ACK, 0, 1);
	cr_assert_eq(script.heard.tsecr, 1002);
	in_state(&script, QUERN_SYN_RCVD);
	driver_close(&driver);
}

/* Row 71: timestamps that a listener does not take are as good as none. */
Test(tcp_times, a_listener_without_them_goes_by_numbers_in_time_wait)
{
	const struct quern_tcp_options off = {.no_timestamps = true};
	struct script script = listening(&off);

	establish_passive(&script);
	close_actively(&script);
	say_at(&script, SYN, (uint32_t)-50000, 0, 0, 5000, 0);
	hear_nothing(&script);
	in_state(&script, QUERN_TIME_WAIT);
	driver_close(&driver);
}
