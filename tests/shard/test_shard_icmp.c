/* test_shard_icmp.c - ICMP errors meet connections: who is ended, who sends smaller segments, and who is left alone. */
#include <criterion/criterion.h>

#include "support/raw_icmp.h"

enum { LOCAL_PORT = 5000, MSS = DRIVER_MSS, NARROW = 1240 };

static const uint8_t soft[][2] = {{3, 0},  {3, 1},  {3, 5},  {3, 6},  {3, 7},  {3, 9}, {3, 10},
				  {3, 11}, {3, 12}, {3, 13}, {11, 0}, {11, 1}, {12, 0}};
static const uint8_t hard[][2] = {{3, 2}, {3, 3}, {3, 4}};

static struct driver driver;

static uint64_t drops(enum quern_drop reason)
{
	return driver_counters(&driver)->drops[reason];
}

static struct script in_syn_sent(void)
{
	struct script script;

	driver_open(&driver, NULL);
	script = script_connect(&driver, LOCAL_PORT, NULL);
	hear(&script, SYN, 0, 0);
	return script;
}

static void complete(struct script *script)
{
	say(script, SYN | ACK, 0, 1);
	hear(script, ACK, 1, 1);
	told(script, TOLD_ESTABLISHED);
}

/* Ten segments in flight, and as much text behind them. */
static struct script in_full_flight(uint32_t bytes)
{
	struct script script = script_reader(&driver, NULL);

	establish_passive(&script);
	app_send(&script, bytes);
	for (uint32_t i = 0; i < 10; i++)
		hear_text(&script, (bytes == 10 * MSS && i == 9 ? PSH : 0) | ACK, 1 + i * MSS, 1, MSS);
	hear_nothing(&script);
	return script;
}

static void too_big(const struct script *script, uint32_t seq, uint16_t mtu)
{
	struct raw_icmp icmp = raw_icmp_about(script, 3, 4, seq, MSS);

	icmp.mtu = mtu;
	raw_icmp_inject(&driver, &icmp);
}

/* Row 107: as a RST would, and nothing is said to anybody. */
Test(shard_icmp, a_connect_ends_as_refused_by_a_hard_error)
{
	for (unsigned int i = 0; i < 3; i++) {
		struct script script = in_syn_sent();
		struct raw_icmp icmp = raw_icmp_about(&script, hard[i][0], hard[i][1], 0, 0);

		icmp.mtu = 1300;
		raw_icmp_inject(&driver, &icmp);
		told_ended(&script, QUERN_END_REFUSED);
		in_state(&script, QUERN_CLOSED);
		hear_nothing(&script);
		cr_assert_eq(driver_counters(&driver)->icmp_refused, 1);
		cr_assert_eq(driver_counters(&driver)->ended[QUERN_END_REFUSED], 1);
		cr_assert_eq(driver_counters(&driver)->failed[QUERN_END_REFUSED], 1);
		cr_assert_eq(driver_counters(&driver)->resets_received, 0);
		/* Once: there is nothing left to end. */
		raw_icmp_inject(&driver, &icmp);
		told_nothing(&script);
		cr_assert_eq(drops(QUERN_DROP_ICMP_NO_CONNECTION), 1);
		driver_close(&driver);
	}
}

/* MUST-56, SHLD-25. */
Test(shard_icmp, a_connect_goes_on_through_soft_errors)
{
	struct script script = in_syn_sent();

	mark(&script);
	for (unsigned int i = 0; i < sizeof(soft) / sizeof(soft[0]); i++) {
		const struct raw_icmp icmp = raw_icmp_about(&script, soft[i][0], soft[i][1], 0, 0);

		raw_icmp_inject(&driver, &icmp);
		in_state(&script, QUERN_SYN_SENT);
	}
	cr_assert_eq(driver_counters(&driver)->icmp_noted, sizeof(soft) / sizeof(soft[0]));
	told_nothing(&script);
	advance(&script, 1500);
	hear_at(&script, 1000, SYN, 0, 0);
	complete(&script);
	driver_close(&driver);
}

/* What each of soft[] and hard[] means to a user. */
static const enum quern_icmp soft_means[] = {
	QUERN_ICMP_NET,           QUERN_ICMP_HOST,          QUERN_ICMP_ROUTE,    QUERN_ICMP_NET,  QUERN_ICMP_HOST,
	QUERN_ICMP_PROHIBITED,    QUERN_ICMP_PROHIBITED,    QUERN_ICMP_NET,      QUERN_ICMP_HOST, QUERN_ICMP_PROHIBITED,
	QUERN_ICMP_TIME_EXCEEDED, QUERN_ICMP_TIME_EXCEEDED, QUERN_ICMP_PARAMETER};
static const enum quern_icmp hard_means[] = {QUERN_ICMP_PROTOCOL, QUERN_ICMP_PORT, QUERN_ICMP_TOO_BIG};

/* SHLD-25: why a connect takes so long, and why one was refused. */
Test(shard_icmp, an_application_hears_what_is_said_about_its_syn)
{
	for (unsigned int i = 0; i < 3; i++) {
		struct script script = in_syn_sent();
		struct raw_icmp icmp = raw_icmp_about(&script, hard[i][0], hard[i][1], 0, 0);

		driver.hears_icmp = true;
		for (unsigned int k = 0; k < sizeof(soft) / sizeof(soft[0]); k++) {
			const struct raw_icmp said = raw_icmp_about(&script, soft[k][0], soft[k][1], 0, 0);

			raw_icmp_inject(&driver, &said);
			told_icmp(&script, soft_means[k]);
		}
		/* Nothing is told of what is not believed, nor of a source quench. */
		icmp.dest++;
		raw_icmp_inject(&driver, &icmp);
		icmp = raw_icmp_about(&script, 4, 0, 0, 0);
		raw_icmp_inject(&driver, &icmp);
		told_nothing(&script);
		icmp = raw_icmp_about(&script, hard[i][0], hard[i][1], 0, 0);
		icmp.mtu = 1300;
		raw_icmp_inject(&driver, &icmp);
		told_icmp(&script, hard_means[i]);
		told_ended(&script, QUERN_END_REFUSED);
		driver_close(&driver);
	}
}

/* The same once it is established, where hard errors are soft; and it may end the connection then and there. */
Test(shard_icmp, an_application_hears_what_is_said_about_its_text_and_may_give_up)
{
	struct script script = in_full_flight(10 * MSS);
	struct raw_icmp icmp = raw_icmp_about(&script, 3, 3, 1, MSS);

	driver.hears_icmp = true;
	raw_icmp_inject(&driver, &icmp);
	told_icmp(&script, QUERN_ICMP_PORT);
	in_state(&script, QUERN_ESTABLISHED);
	/* What is not in flight is nobody's. */
	icmp = raw_icmp_about(&script, 3, 1, 1 + 10 * MSS, MSS);
	raw_icmp_inject(&driver, &icmp);
	told_nothing(&script);
	/* A narrower path is found, and not complained of. */
	too_big(&script, 1, NARROW);
	told_nothing(&script);
	while (driver_next_heard(&driver))
		;
	driver.on_icmp = HABIT_ABORT;
	icmp = raw_icmp_about(&script, 3, 1, 1, MSS);
	raw_icmp_inject(&driver, &icmp);
	told_icmp(&script, QUERN_ICMP_HOST);
	told_ended(&script, QUERN_END_ABORTED);
	hear_reset(&script, 1 + 10 * MSS, 1);
	driver_close(&driver);
}

/* Row 108. */
Test(shard_icmp, a_connect_goes_on_where_another_syn_is_quoted)
{
	struct script script = in_syn_sent(), other = script;
	struct raw_icmp icmp = raw_icmp_about(&script, 3, 3, 1, 0);

	raw_icmp_inject(&driver, &icmp);
	icmp = raw_icmp_about(&script, 3, 3, UINT32_MAX, 0);
	raw_icmp_inject(&driver, &icmp);
	cr_assert_eq(drops(QUERN_DROP_ICMP_SEQUENCE), 2);
	other.remote_port++;
	icmp = raw_icmp_about(&other, 3, 3, 0, 0);
	raw_icmp_inject(&driver, &icmp);
	other = script;
	other.remote++;
	icmp = raw_icmp_about(&other, 3, 3, 0, 0);
	raw_icmp_inject(&driver, &icmp);
	cr_assert_eq(drops(QUERN_DROP_ICMP_NO_CONNECTION), 2);
	/* Sent to another address of ours than the one that is quoted. */
	icmp = raw_icmp_about(&script, 3, 3, 0, 0);
	icmp.dest++;
	raw_icmp_inject(&driver, &icmp);
	cr_assert_eq(drops(QUERN_DROP_ICMP_QUOTE), 1);
	in_state(&script, QUERN_SYN_SENT);
	complete(&script);
	driver_close(&driver);
}

/* A socket of ours may have sent a datagram from the same port to the same port: protocols do not share ends. */
Test(shard_icmp, an_error_about_a_datagram_is_none_about_a_connection_with_its_ends)
{
	struct script script = in_syn_sent();

	driver.hears_icmp = true;
	for (unsigned int i = 0; i < 3; i++) {
		struct raw_icmp icmp = raw_icmp_about(&script, hard[i][0], hard[i][1], 0, 0);

		icmp.quote[raw_is_ip6() ? 6 : 9] = 17;
		raw_icmp_inject(&driver, &icmp);
		cr_assert_eq(drops(QUERN_DROP_ICMP_IGNORED), i + 1);
	}
	told_nothing(&script);
	complete(&script);
	driver_close(&driver);
}

/* Rows 106 and 107: with any number that is in flight, and any that is not. */
Test(shard_icmp, no_error_ends_a_connection_that_is_not_in_syn_sent_or_draws_an_answer)
{
	for (enum quern_state state = QUERN_SYN_RCVD; state <= QUERN_TIME_WAIT; state++) {
		struct reached reached = state_reach(&driver, state, false);
		struct script *script = &reached.script;
		uint64_t before = driver_counters(&driver)->tx_packets, errors = 0;
		bool is_known = state != QUERN_SYN_RCVD && state != QUERN_TIME_WAIT;

		for (uint32_t seq = reached.snd_una - 2; seq != reached.snd_nxt + 2; seq++) {
			for (unsigned int i = 0; i < sizeof(soft) / sizeof(soft[0]) + 3; i++, errors++) {
				const uint8_t *type = i < 3 ? hard[i] : soft[i - 3];
				const struct raw_icmp icmp = raw_icmp_about(script, type[0], type[1], seq, 0);

				raw_icmp_inject(&driver, &icmp);
				in_state(script, state);
			}
		}
		told_nothing(script);
		cr_assert_eq(driver_counters(&driver)->tx_packets, before);
		cr_assert_eq(drops(QUERN_DROP_ICMP_NO_CONNECTION), is_known ? 0 : errors);
		cr_assert_eq(drops(QUERN_DROP_ICMP_SEQUENCE) + drops(QUERN_DROP_ICMP_TOO_BIG) +
				     driver_counters(&driver)->icmp_noted,
			     is_known ? errors : 0);
		driver_close(&driver);
	}
}

/* MUST-55: before anything is looked up. */
Test(shard_icmp, source_quench_is_counted_and_changes_nothing)
{
	struct quern_conn_info before, after;
	struct script script;

	raw_only_ip4("ICMPv6 has no source quench");
	script = in_full_flight(20 * MSS);
	before = script_info(&script);

	for (uint32_t seq = 0; seq < 20; seq++) {
		const struct raw_icmp icmp = raw_icmp_about(&script, 4, 0, 1 + seq * MSS, MSS);

		raw_icmp_inject(&driver, &icmp);
	}
	after = script_info(&script);
	cr_assert_eq(drops(QUERN_DROP_ICMP_QUENCH), 20);
	cr_assert_eq(after.mss, before.mss);
	cr_assert_eq(after.snd_una, before.snd_una);
	cr_assert_eq(after.rto_ms, before.rto_ms);
	hear_nothing(&script);
	say(&script, ACK, 1, 1 + 10 * MSS);
	for (uint32_t i = 10; i < 20; i++)
		hear_text(&script, (i == 19 ? PSH : 0) | ACK, 1 + i * MSS, 1, MSS);
	driver_close(&driver);
}

/* Row 109: at once, all of it, byte for byte; and what follows has the new size. */
Test(shard_icmp, too_big_sends_what_is_in_flight_again_in_segments_that_fit)
{
	struct script script = in_full_flight(20 * MSS);
	uint32_t seq, count = 0;

	too_big(&script, 1 + 4 * MSS, raw_mtu_of(NARROW));
	cr_assert_eq(script_info(&script).mss, NARROW);
	/* Ten segments are the window, as they were counted before. */
	for (seq = 1; seq + NARROW <= 1 + 10 * MSS; seq += NARROW, count++)
		hear_text(&script, ACK, seq, 1, NARROW);
	hear_text(&script, ACK, seq, 1, 1 + 10 * MSS - seq);
	count++;
	hear_nothing(&script);
	cr_assert_eq(driver_counters(&driver)->path_narrowed, 1);
	cr_assert_eq(driver_counters(&driver)->retransmits, count);
	/* The other nine of the burst have met the same router. */
	for (uint32_t i = 0; i < 10; i++)
		too_big(&script, 1 + i * MSS, raw_mtu_of(NARROW));
	hear_nothing(&script);
	cr_assert_eq(drops(QUERN_DROP_ICMP_TOO_BIG), 10);
	for (seq = 1 + 10 * MSS; seq + NARROW < 1 + 20 * MSS; seq += NARROW) {
		if (driver.heard_next == driver.heard_count)
			say(&script, ACK, 1, seq);
		hear_text(&script, ACK, seq, 1, NARROW);
	}
	hear_text(&script, PSH | ACK, seq, 1, 1 + 20 * MSS - seq);
	hear_nothing(&script);
	driver_close(&driver);
}

/* The timer that ran for what was lost goes on, and is not backed off. */
Test(shard_icmp, too_big_leaves_the_retransmission_timer_alone)
{
	struct script script = in_full_flight(10 * MSS);
	uint32_t rto_ms = script_info(&script).rto_ms;

	mark(&script);
	advance(&script, 400);
	too_big(&script, 1, raw_mtu_of(NARROW));
	cr_assert_eq(script_info(&script).rto_ms, rto_ms);
	while (driver_next_heard(&driver))
		continue;
	advance(&script, rto_ms);
	hear_text_at(&script, rto_ms, ACK, 1, 1, NARROW);
	driver_close(&driver);
}

Test(shard_icmp, too_big_of_a_router_that_knows_no_mtu_takes_the_next_plateau_and_stops_at_the_floor)
{
	struct script script;

	raw_only_ip4("routers of IPv6 know their MTU, and tcp_ip6 has the floor");
	script = in_full_flight(10 * MSS);
	too_big(&script, 1, 0);
	cr_assert_eq(script_info(&script).mss, 1006 - 40);
	advance(&script, 500);
	too_big(&script, 1, 68);
	cr_assert_eq(script_info(&script).mss, 512);
	advance(&script, 500);
	too_big(&script, 1, 1500);
	cr_assert_eq(script_info(&script).mss, 512);
	driver_close(&driver);
}

/* In the middle of the stream the peer has acknowledged part, and the application has closed: FIN goes again behind. */
Test(shard_icmp, too_big_sends_the_fin_again_behind_the_text)
{
	struct script script = script_reader(&driver, NULL);

	establish_passive(&script);
	app_send(&script, 2 * MSS);
	hear_text(&script, ACK, 1, 1, MSS);
	hear_text(&script, PSH | ACK, 1 + MSS, 1, MSS);
	say(&script, ACK, 1, 1 + MSS);
	app_shutdown(&script);
	hear(&script, FIN | ACK, 1 + 2 * MSS, 1);
	/* The FIN alone is never too big. */
	too_big(&script, 1 + 2 * MSS, 600);
	cr_assert_eq(drops(QUERN_DROP_ICMP_TOO_BIG), 1);
	hear_nothing(&script);
	too_big(&script, 1 + MSS, raw_mtu_of(NARROW));
	hear_text(&script, ACK, 1 + MSS, 1, NARROW);
	hear_text(&script, FIN | PSH | ACK, 1 + NARROW + MSS, 1, MSS - NARROW);
	hear_nothing(&script);
	say(&script, ACK, 1, 2 + 2 * MSS);
	in_state(&script, QUERN_FIN_WAIT_2);
	driver_close(&driver);
}

/* Text that is queued before the connection is there goes in segments that fit what the handshake has said. */
Test(shard_icmp, too_big_in_syn_sent_is_a_hard_error_though_text_is_queued)
{
	struct script script = in_syn_sent();

	app_send(&script, 3000);
	too_big(&script, 1, 1300);
	cr_assert_eq(drops(QUERN_DROP_ICMP_SEQUENCE), 1);
	too_big(&script, 0, 1300);
	told_ended(&script, QUERN_END_REFUSED);
	driver_close(&driver);
}

/* RFC 792 wants 8 bytes; routers send more, in frames that a shard without a port reads as well. */
Test(shard_icmp, a_quote_longer_than_needed_or_cut_short_is_read_or_counted)
{
	struct script script = in_syn_sent();
	struct raw_icmp icmp = raw_icmp_about(&script, 3, 3, 1, 0);

	for (icmp.quote_bytes = 0; icmp.quote_bytes <= raw_quote_max(); icmp.quote_bytes++)
		raw_icmp_inject(&driver, &icmp);
	cr_assert_eq(drops(QUERN_DROP_ICMP_QUOTE), raw_quote_bytes());
	cr_assert_eq(drops(QUERN_DROP_ICMP_SEQUENCE), raw_quote_max() + 1 - raw_quote_bytes());
	in_state(&script, QUERN_SYN_SENT);
	driver_close(&driver);
}
