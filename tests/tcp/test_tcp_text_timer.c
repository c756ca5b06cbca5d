/* test_tcp_text_timer.c - round trips and retransmission of text: RFC 6298, RFC 9293 3.8.1 to 3.8.3. */
#include <errno.h>

#include <criterion/criterion.h>

#include "support/script.h"

static struct driver driver;

/* RFC 6298 2, in the letters of the RFC; milliseconds, clock granularity 1. */
struct estimate {
	double srtt, rttvar;
	bool begun;
};

static double distance(double a, double b)
{
	return a < b ? b - a : a - b;
}

static double greater(double a, double b)
{
	return a < b ? b : a;
}

static void sample(struct estimate *estimate, double rtt)
{
	if (!estimate->begun) {
		*estimate = (struct estimate){rtt, rtt / 2, true};
		return;
	}
	estimate->rttvar = 0.75 * estimate->rttvar + 0.25 * distance(estimate->srtt, rtt);
	estimate->srtt = 0.875 * estimate->srtt + 0.125 * rtt;
}

static double rto(const struct estimate *estimate)
{
	return greater(1000, estimate->srtt + greater(1, 4 * estimate->rttvar));
}

/* Established over a path of `rtt_ms`. */
static struct script established_over(const struct quern_tcp_options *options, uint32_t rtt_ms)
{
	struct script script = script_reader(&driver, options);

	say(&script, SYN, 0, 0);
	hear(&script, SYN | ACK, 0, 1);
	advance(&script, rtt_ms);
	say(&script, ACK, 1, 1);
	told(&script, TOLD_ESTABLISHED);
	return script;
}

static struct script established(const struct quern_tcp_options *options)
{
	return established_over(options, 0);
}

/* Rows 79 and 80, and 82 in that each sample changes when the next text goes again. */
Test(tcp_text_timer, round_trips_make_the_timeout)
{
	static const uint32_t rtts[] = {800, 800, 400, 1600, 1600, 100, 100, 1500, 30, 1};
	struct script script = established_over(NULL, 800);
	struct estimate estimate = {0};
	uint32_t seq = 1;

	sample(&estimate, 800);
	for (unsigned int i = 1; i < 10; i++) {
		cr_assert_float_eq(script_info(&script).rto_ms, rto(&estimate), 2, "RTO %u instead of %f before %u",
				   script_info(&script).rto_ms, rto(&estimate), i);
		app_send(&script, 10);
		hear_text(&script, PSH | ACK, seq, 1, 10);
		advance(&script, rtts[i]);
		hear_nothing(&script);
		sample(&estimate, rtts[i]);
		seq += 10;
		say(&script, ACK, 1, seq);
	}
	cr_assert_geq(script_info(&script).rto_ms, 1000);
	driver_close(&driver);
}

/* Rows 79 and 82: with RTT 800, the first RTO is 800 + 4 * 400. */
Test(tcp_text_timer, the_first_round_trip_counts_double_and_more)
{
	struct script script = established_over(NULL, 800);

	mark(&script);
	app_send(&script, 10);
	hear_text(&script, PSH | ACK, 1, 1, 10);
	advance(&script, 2300);
	hear_nothing(&script);
	advance(&script, 5200);
	hear_text_at(&script, 2400, PSH | ACK, 1, 1, 10);
	hear_text_at(&script, 7200, PSH | ACK, 1, 1, 10);
	driver_close(&driver);
}

/* Round trips beyond those of satellites: the timeout stays above them. */
Test(tcp_text_timer, a_very_long_path_is_learnt)
{
	struct script script = established_over(NULL, 900);
	uint32_t seq = 1, repeats = 0;

	for (unsigned int i = 0; i < 40; i++) {
		app_send(&script, 10);
		advance(&script, 12000);
		seq += 10;
		repeats = 0;
		while (driver_next_heard(&driver))
			repeats++;
		say(&script, ACK, 1, seq);
	}
	cr_assert_eq(repeats, 1, "%u repeats on a path of 12 s", repeats - 1);
	cr_assert_gt(script_info(&script).rto_ms, 12000);
	driver_close(&driver);
}

/* Rows 80 and 83: RTO doubles from 1 s, and is never more than what the RFC allows as a ceiling, 60 s or above. */
Test(tcp_text_timer, each_timeout_is_twice_the_one_before)
{
	const struct quern_tcp_options options = {.user_timeout_ms = 3600000};
	struct script script = established(&options);
	uint64_t last_ms = driver_now_ms(&driver), wait_ms = 0;

	app_send(&script, 10);
	hear_text(&script, PSH | ACK, 1, 1, 10);
	for (unsigned int i = 0; i < 12; i++) {
		while (driver.heard_next == driver.heard_count)
			advance(&script, 500);
		hear_text(&script, PSH | ACK, 1, 1, 10);
		wait_ms = driver.heard[driver.heard_next - 1].at_ms - last_ms;
		last_ms += wait_ms;
		if (i < 6)
			cr_assert_eq(wait_ms, 1000U << i);
		else
			cr_assert(wait_ms >= 60000 && wait_ms <= 240000, "%u ms", (unsigned int)wait_ms);
	}
	driver_close(&driver);
}

/* Rows 82 and 83: only the earliest goes again; an ACK of something new restarts the timer, of all stops it. */
Test(tcp_text_timer, a_timeout_repeats_the_earliest_segment_only)
{
	struct script script = established(NULL);

	mark(&script);
	app_send(&script, 4200);
	hear_text(&script, ACK, 1, 1, 1400);
	hear_text(&script, ACK, 1401, 1, 1400);
	hear_text(&script, PSH | ACK, 2801, 1, 1400);
	advance(&script, 2900);
	hear_text_at(&script, 1000, ACK, 1, 1, 1400);
	hear_nothing(&script);
	say(&script, ACK, 1, 4201);
	advance(&script, 600000);
	hear_nothing(&script);
	driver_close(&driver);
}

/* Row 82: RFC 6298 5.1, 5.2 and 5.3. */
Test(tcp_text_timer, the_timer_restarts_on_new_acks_only)
{
	struct script script = established(NULL);

	app_send(&script, 2800);
	hear_text(&script, ACK, 1, 1, 1400);
	hear_text(&script, PSH | ACK, 1401, 1, 1400);
	/* More text and repeated ACKs leave a timer that runs alone. */
	mark(&script);
	advance(&script, 600);
	app_send(&script, 10);
	hear_text(&script, PSH | ACK, 2801, 1, 10);
	say(&script, ACK, 1, 1);
	advance(&script, 300);
	hear_nothing(&script);
	advance(&script, 200);
	hear_text_at(&script, 1000, ACK, 1, 1, 1400);
	driver_close(&driver);

	script = established_over(NULL, 100);
	app_send(&script, 2800);
	hear_text(&script, ACK, 1, 1, 1400);
	hear_text(&script, PSH | ACK, 1401, 1, 1400);
	advance(&script, 100);
	mark(&script);
	say(&script, ACK, 1, 1401);
	advance(&script, 990);
	hear_nothing(&script);
	advance(&script, 20);
	hear_text_at(&script, 1000, PSH | ACK, 1401, 1, 1400);
	driver_close(&driver);
}

/* Rows 81 and 83, Karn: what was sent twice is no sample, and the doubled RTO holds until there is one. */
Test(tcp_text_timer, text_sent_twice_measures_nothing)
{
	struct script script = established_over(NULL, 100);

	app_send(&script, 10);
	hear_text(&script, PSH | ACK, 1, 1, 10);
	advance(&script, 1001);
	hear_text(&script, PSH | ACK, 1, 1, 10);
	advance(&script, 700);
	say(&script, ACK, 1, 11);
	cr_assert_eq(script_info(&script).rto_ms, 2000);
	advance(&script, 5000);
	mark(&script);
	app_send(&script, 10);
	hear_text(&script, PSH | ACK, 11, 1, 10);
	advance(&script, 1900);
	hear_nothing(&script);
	say(&script, ACK, 1, 21);
	/* Now there is one: of 1900 ms, from RTT 100. */
	cr_assert_float_eq(script_info(&script).rto_ms, 0.875 * 100 + 0.125 * 1900 + 4 * (0.75 * 50 + 0.25 * 1800), 2);
	driver_close(&driver);

	/* A later segment that was sent once, before the earlier one was sent again, is no sample either: its ACK may
	 * have waited for that. */
	script = established_over(NULL, 100);
	app_send(&script, 1410);
	hear_text(&script, ACK, 1, 1, 1400);
	hear_text(&script, PSH | ACK, 1401, 1, 10);
	advance(&script, 1001);
	hear_text(&script, ACK, 1, 1, 1400);
	advance(&script, 900);
	say(&script, ACK, 1, 1411);
	cr_assert_eq(script_info(&script).rto_ms, 2000);
	driver_close(&driver);
}

/* Row 84: R1 is told and not the end; R2, 120 s by default, is: RST, timeout. */
Test(tcp_text_timer, text_without_an_answer_ends_in_a_timeout)
{
	struct script script = established(NULL);

	mark(&script);
	app_send(&script, 10);
	hear_text(&script, PSH | ACK, 1, 1, 10);
	for (unsigned int i = 0; i < 6; i++) {
		told_nothing(&script);
		advance(&script, 1001U << i);
		hear_text_at(&script, (1000U << (i + 1)) - 1000, PSH | ACK, 1, 1, 10);
		if (i == 2)
			told(&script, TOLD_UNANSWERED);
	}
	advance(&script, 57000);
	hear_reset(&script, 11, 0);
	cr_assert_eq(driver.heard[driver.heard_next - 1].at_ms - script.mark_ms, 120000);
	told_ended(&script, QUERN_END_TIMEOUT);
	in_state(&script, QUERN_LISTEN);
	driver_close(&driver);
}

/* Row 84, MUST-21: an application sets R2; progress starts it again. */
Test(tcp_text_timer, the_user_timeout_counts_from_the_last_progress)
{
	static const uint32_t limits_ms[] = {500, 5000, 100000};

	for (unsigned int i = 0; i < 3; i++) {
		const struct quern_tcp_options options = {.user_timeout_ms = limits_ms[i]};
		struct script script = established(&options);

		app_send(&script, 100);
		advance(&script, limits_ms[i] - 100);
		driver.told_next = driver.told_count;
		say(&script, ACK, 1, 2);
		advance(&script, limits_ms[i] - 100);
		in_state(&script, QUERN_ESTABLISHED);
		advance(&script, 201);
		in_state(&script, QUERN_LISTEN);
		driver_close(&driver);
	}
}

/* An application that never gives up, or asks for more than a clock of 32 bits tells, still waits between repeats. */
Test(tcp_text_timer, a_user_timeout_of_weeks_is_kept)
{
	static const uint32_t limits_ms[] = {INT32_MAX, (uint32_t)INT32_MAX + 1, UINT32_MAX};

	for (unsigned int i = 0; i < 3; i++) {
		const struct quern_tcp_options options = {.user_timeout_ms = limits_ms[i]};
		struct script script = established(&options);

		app_send(&script, 10);
		hear_text(&script, PSH | ACK, 1, 1, 10);
		advance(&script, 3600000);
		cr_assert_lt(driver_counters(&driver)->retransmits, 50);
		in_state(&script, QUERN_ESTABLISHED);
		say(&script, ACK, 1, 11);
		driver_close(&driver);
	}
}

/* Row 88: a probe asks whether the peer is there; text that is outstanding asks already. */
Test(tcp_text_timer, keepalive_is_silent_while_text_is_outstanding)
{
	const struct quern_tcp_options options = {
		.keepalive = true, .keepalive_idle_ms = 300, .keepalive_interval_ms = 300, .keepalive_probes = 2};
	struct script script = established(&options);

	advance(&script, 100);
	mark(&script);
	app_send(&script, 10);
	hear_text(&script, PSH | ACK, 1, 1, 10);
	advance(&script, 3500);
	hear_text_at(&script, 1000, PSH | ACK, 1, 1, 10);
	hear_text_at(&script, 3000, PSH | ACK, 1, 1, 10);
	hear_nothing(&script);
	mark(&script);
	say(&script, ACK, 1, 11);
	advance(&script, 310);
	hear_at(&script, 300, ACK, 10, 1);
	say(&script, ACK, 1, 11);
	in_state(&script, QUERN_ESTABLISHED);
	driver_close(&driver);
}
