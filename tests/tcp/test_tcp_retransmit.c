/* test_tcp_retransmit.c - SYN, SYN+ACK and FIN that are not answered: RFC 6298, RFC 9293 3.8.1 and 3.8.3. */
#include <criterion/criterion.h>

#include "support/script.h"

static struct driver driver;

static struct script connecting(const struct quern_tcp_options *options, uint64_t start_ms)
{
	struct script script;

	driver_open_at(&driver, NULL, start_ms);
	script = script_connect(&driver, 5000, options);
	return script;
}

static void gives_up_after_180_s(uint64_t start_ms)
{
	static const uint64_t at_ms[] = {1000, 3000, 7000, 15000, 31000, 63000, 127000};
	struct script script = connecting(NULL, start_ms);

	hear_at(&script, 0, SYN, 0, 0);
	advance(&script, 179990);
	for (unsigned int i = 0; i < 7; i++)
		hear_at(&script, at_ms[i], SYN, 0, 0);
	hear_nothing(&script);
	in_state(&script, QUERN_SYN_SENT);
	told(&script, TOLD_UNANSWERED);
	told_nothing(&script);
	advance(&script, 12);
	told_ended(&script, QUERN_END_TIMEOUT);
	in_state(&script, QUERN_CLOSED);
	hear_nothing(&script);
	driver_close(&driver);
}

/* Rows 18, 19 and 84; MUST-22 and MUST-23. */
Test(tcp_retransmit, a_syn_is_repeated_with_doubled_waits_and_given_up_after_three_minutes)
{
	gives_up_after_180_s(1000000);
}

/* Row 92: the 32-bit clock of milliseconds may wrap in between. */
Test(tcp_retransmit, timers_live_through_the_wrap_of_the_clock)
{
	gives_up_after_180_s((1ULL << 32) - 2000);
	gives_up_after_180_s((1ULL << 32) - 180000);
	gives_up_after_180_s((1ULL << 31) - 5000);
}

/* Row 18: the switch. */
Test(tcp_retransmit, a_connect_timeout_of_three_seconds_is_kept)
{
	const struct quern_tcp_options options = {.connect_timeout_ms = 3000};
	struct script script = connecting(&options, 1000000);

	hear_at(&script, 0, SYN, 0, 0);
	advance(&script, 2999);
	hear_at(&script, 1000, SYN, 0, 0);
	hear_nothing(&script);
	told_nothing(&script);
	advance(&script, 2);
	told_ended(&script, QUERN_END_TIMEOUT);
	hear_nothing(&script);
	driver_close(&driver);
}

/* Row 20. */
Test(tcp_retransmit, a_syn_ack_is_repeated_five_times_and_reaped_after_63_s)
{
	static const uint64_t at_ms[] = {1000, 3000, 7000, 15000, 31000};
	struct script script;

	driver_open(&driver, NULL);
	driver_listen(&driver, SCRIPT_PORT, NULL);
	script = script_new(&driver);
	say(&script, SYN, 0, 0);
	hear_at(&script, 0, SYN | ACK, 0, 1);
	advance(&script, 62999);
	for (unsigned int i = 0; i < 5; i++)
		hear_at(&script, at_ms[i], SYN | ACK, 0, 1);
	hear_nothing(&script);
	in_state(&script, QUERN_SYN_RCVD);
	advance(&script, 2);
	in_state(&script, QUERN_LISTEN);
	hear_nothing(&script);
	told_nothing(&script);
	driver_close(&driver);
}

/* A lost final ACK: the SYN+ACK comes again, and is answered (row 12's other side). */
Test(tcp_retransmit, a_repeated_syn_ack_is_acknowledged_again)
{
	struct script script = connecting(NULL, 1000000);

	establish_active(&script);
	say(&script, SYN | ACK, 0, 1);
	hear(&script, ACK, 1, 1);
	told_nothing(&script);
	in_state(&script, QUERN_ESTABLISHED);
	driver_close(&driver);
}

static void fin_is_repeated(struct script *script, uint32_t ack, uint64_t first_rto_ms)
{
	uint64_t at_ms = 0, rto_ms = first_rto_ms;

	mark(script);
	app_close(script);
	hear_at(script, 0, FIN | ACK, 1, ack);
	advance(script, 119990);
	for (at_ms = rto_ms; at_ms < 119000; at_ms += rto_ms) {
		hear_at(script, at_ms, FIN | ACK, 1, ack);
		rto_ms *= 2;
	}
	hear_nothing(script);
	told(script, TOLD_UNANSWERED);
	told_nothing(script);
	advance(script, 12);
	told_ended(script, QUERN_END_TIMEOUT);
	/* Row 85: the peer may learn of it. */
	if (driver_next_heard(&driver) != NULL)
		cr_assert(driver.heard[driver.heard_next - 1].segment.flags & RST);
	hear_nothing(script);
}

/* Rows 67, 84 and 85: RTO of 1 s, R2 of 120 s. */
Test(tcp_retransmit, a_fin_is_repeated_in_fin_wait_1_until_r2)
{
	struct script script;

	driver_open(&driver, NULL);
	driver_listen(&driver, SCRIPT_PORT, NULL);
	script = script_new(&driver);
	establish_passive(&script);
	fin_is_repeated(&script, 1, 1000);
	in_state(&script, QUERN_LISTEN);
	driver_close(&driver);
}

Test(tcp_retransmit, a_fin_is_repeated_in_last_ack_until_r2)
{
	struct reached reached = state_reach(&driver, QUERN_CLOSE_WAIT, false);

	fin_is_repeated(&reached.script, 2, 1000);
	driver_close(&driver);
}

/* Row 67. */
Test(tcp_retransmit, a_fin_is_repeated_in_closing)
{
	struct reached reached = state_reach(&driver, QUERN_CLOSING, false);

	advance(&reached.script, 1002);
	hear(&reached.script, FIN | ACK, 1, 2);
	say(&reached.script, ACK, 2, 2);
	in_state(&reached.script, QUERN_TIME_WAIT);
	advance(&reached.script, 10000);
	hear_nothing(&reached.script);
	driver_close(&driver);
}

/* Row 19, RFC 6298 5.7. */
Test(tcp_retransmit, after_a_repeated_syn_the_rto_begins_at_three_seconds)
{
	struct script script = connecting(NULL, 1000000);

	hear(&script, SYN, 0, 0);
	advance(&script, 1500);
	hear_at(&script, 1000, SYN, 0, 0);
	say(&script, SYN | ACK, 0, 1);
	hear(&script, ACK, 1, 1);
	told(&script, TOLD_ESTABLISHED);
	fin_is_repeated(&script, 1, 3000);
	driver_close(&driver);
}

/* Row 85: SHLD-11's limit, set by the application. */
Test(tcp_retransmit, the_user_timeout_ends_a_connection_whose_fin_is_not_answered)
{
	const struct quern_tcp_options options = {.user_timeout_ms = 5000};
	struct script script = connecting(&options, 1000000);

	establish_active(&script);
	mark(&script);
	app_close(&script);
	hear_at(&script, 0, FIN | ACK, 1, 1);
	advance(&script, 4999);
	hear_at(&script, 1000, FIN | ACK, 1, 1);
	hear_at(&script, 3000, FIN | ACK, 1, 1);
	told_nothing(&script);
	advance(&script, 2);
	told_ended(&script, QUERN_END_USER_TIMEOUT);
	hear_reset(&script, 2, 1);
	driver_close(&driver);
}

/* Row 82: an answer ends the repeating. */
Test(tcp_retransmit, what_is_acknowledged_is_not_repeated)
{
	struct script script = connecting(NULL, 1000000);

	establish_active(&script);
	advance(&script, 600000);
	hear_nothing(&script);
	app_shutdown(&script);
	hear(&script, FIN | ACK, 1, 1);
	say(&script, ACK, 1, 2);
	advance(&script, 600000);
	hear_nothing(&script);
	told_nothing(&script);
	cr_assert_eq(driver_counters(&driver)->retransmits, 0);
	driver_close(&driver);
}

/* Row 92: a tick is a millisecond, and a clock between two ticks never makes a timer early. */
Test(tcp_retransmit, a_timer_is_never_early_and_at_most_a_tick_late)
{
	struct script script;
	uint64_t start_ns, early_ns, repeated_ns = 0;

	driver_open(&driver, NULL);
	driver.now_ns += 900000;
	shard_expire(driver.shard, driver.now_ns);
	start_ns = driver.now_ns;
	script = script_connect(&driver, 5000, NULL);
	hear(&script, SYN, 0, 0);
	early_ns = start_ns + 1000000000;
	while (repeated_ns == 0 && driver.now_ns < early_ns + 10000000) {
		driver.now_ns += 100000;
		shard_expire(driver.shard, driver.now_ns);
		driver_collect(&driver);
		if (driver_next_heard(&driver) != NULL)
			repeated_ns = driver.now_ns;
	}
	/* One tick each way: deadlines are counted in whole ticks. */
	cr_assert_geq(repeated_ns + 1000000, early_ns, "%d ns early", (int)(early_ns - repeated_ns));
	cr_assert_leq(repeated_ns, early_ns + 1000000, "%d ns late", (int)(repeated_ns - early_ns));
	driver_close(&driver);
}
