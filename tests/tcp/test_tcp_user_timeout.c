/* test_tcp_user_timeout.c - the user timeout: for how long what we say may be unacknowledged (row 85; RFC 9293 3.10.8,
 * RFC 5482). That it is there in each state is in test_tcp_patience.c. */
#include <errno.h>

#include <criterion/criterion.h>

#include "base/least.h"
#include "support/script.h"

enum { LIMIT_MS = 20000 };

static struct driver driver;

static struct script established(uint32_t user_timeout_ms)
{
	const struct quern_tcp_options options = {.user_timeout_ms = user_timeout_ms};
	struct script script = script_reader(&driver, &options);

	establish_passive(&script);
	return script;
}

/* The peer says a window, and answers each segment with the same ACK, for so long. */
static void answers_everything_for(struct script *script, uint32_t ack, uint32_t ms)
{
	for (uint32_t i = 0; i < ms; i++) {
		const struct driver_heard *heard;

		advance(script, 1);
		heard = driver_next_heard(&driver);
		if (heard && !(heard->segment.flags & RST))
			say(script, ACK, 1, ack);
		else if (heard)
			driver.heard_next--;
		if (heard && heard->segment.flags & RST)
			return;
	}
}

/* Battery 11: a peer that shuts its window and answers each probe holds what is queued no longer than that. */
Test(tcp_user_timeout, ends_a_peer_that_answers_and_never_opens_its_window)
{
	struct script script = established(LIMIT_MS);
	uint64_t waited_ms;

	script.window = 0;
	say(&script, ACK, 1, 1);
	mark(&script);
	app_send(&script, 100);
	answers_everything_for(&script, 1, 2 * LIMIT_MS);
	waited_ms = driver_now_ms(&driver) - script.mark_ms;
	/* It counts from the octet of the first probe, an RTO after the text was queued. */
	cr_assert(waited_ms >= LIMIT_MS && waited_ms <= LIMIT_MS + 1001, "%u ms", (unsigned int)waited_ms);
	hear_reset(&script, 2, 0);
	told_ended(&script, QUERN_END_USER_TIMEOUT);
	in_state(&script, QUERN_LISTEN);
	driver_close(&driver);
}

/* Without one such a peer may take as long as it likes (MUST-36). */
Test(tcp_user_timeout, is_none_unless_asked_for)
{
	struct script script = established(0);

	script.window = 0;
	say(&script, ACK, 1, 1);
	app_send(&script, 100);
	answers_everything_for(&script, 1, 600000);
	in_state(&script, QUERN_ESTABLISHED);
	told_nothing(&script);
	driver_close(&driver);
}

/* The same of a FIN alone, which a shut window does not take. */
Test(tcp_user_timeout, ends_a_peer_that_answers_and_never_takes_the_fin)
{
	struct script script = established(LIMIT_MS);

	script.window = 0;
	say(&script, ACK, 1, 1);
	mark(&script);
	app_shutdown(&script);
	hear(&script, FIN | ACK, 1, 1);
	answers_everything_for(&script, 1, 2 * LIMIT_MS);
	hear_reset(&script, 2, 0);
	cr_assert_eq(driver.heard[driver.heard_next - 1].at_ms - script.mark_ms, LIMIT_MS);
	told(&script, TOLD_UNANSWERED);
	told_ended(&script, QUERN_END_USER_TIMEOUT);
	driver_close(&driver);
}

/* An octet that is acknowledged is progress. */
Test(tcp_user_timeout, a_peer_that_takes_a_little_goes_on)
{
	struct script script = established(LIMIT_MS);

	script.window = 10;
	say(&script, ACK, 1, 1);
	app_send(&script, 100);
	for (uint32_t seq = 1; seq < 101; seq += 10) {
		advance(&script, LIMIT_MS - 1000);
		say(&script, ACK, 1, seq + 10);
	}
	in_state(&script, QUERN_ESTABLISHED);
	driver.told_next = driver.told_count;
	advance(&script, 600000);
	told_nothing(&script);
	driver_close(&driver);
}

/* RFC 9293 3.10.8: in any state. A SYN has a limit of its own, and the sooner one counts and is named; its own of two
 * that are the same. */
Test(tcp_user_timeout, ends_a_syn_that_nobody_answers)
{
	static const uint32_t connect_ms[] = {60000, 5000, LIMIT_MS};

	for (unsigned int i = 0; i < 3; i++) {
		const struct quern_tcp_options options = {.user_timeout_ms = LIMIT_MS,
							  .connect_timeout_ms = connect_ms[i]};
		struct script script;

		driver_open(&driver, NULL);
		driver.reader.reads = true;
		script = script_connect(&driver, 5000, &options);
		app_send(&script, 10);
		advance(&script, least(LIMIT_MS, connect_ms[i]) - 1);
		driver.told_next = driver.told_count - (i != 1);
		if (i != 1)
			told(&script, TOLD_UNANSWERED);
		in_state(&script, QUERN_SYN_SENT);
		advance(&script, 2);
		told_ended(&script, i == 0 ? QUERN_END_USER_TIMEOUT : QUERN_END_TIMEOUT);
		driver_close(&driver);
	}
}

/* One connection has its own, also while text is in flight; 0 is what its listener has. */
Test(tcp_user_timeout, is_a_connections_own)
{
	struct script script = established(0);

	app_send(&script, 10);
	hear_text(&script, PSH | ACK, 1, 1, 10);
	mark(&script);
	cr_assert_eq(quern_conn_user_timeout(driver.shard, script.conn, 300), 0);
	advance(&script, 299);
	in_state(&script, QUERN_ESTABLISHED);
	advance(&script, 2);
	hear_reset(&script, 11, 0);
	told_ended(&script, QUERN_END_USER_TIMEOUT);
	cr_assert_eq(quern_conn_user_timeout(driver.shard, script.conn, 300), -ENOENT);
	driver_close(&driver);

	script = established(0);
	cr_assert_eq(quern_conn_user_timeout(driver.shard, script.conn, 300), 0);
	app_send(&script, 10);
	hear_text(&script, PSH | ACK, 1, 1, 10);
	cr_assert_eq(quern_conn_user_timeout(driver.shard, script.conn, 0), 0);
	advance(&script, 100000);
	in_state(&script, QUERN_ESTABLISHED);
	advance(&script, 20001);
	in_state(&script, QUERN_LISTEN);
	driver.told_next = driver.told_count - 1;
	told_ended(&script, QUERN_END_TIMEOUT);
	driver_close(&driver);
}

/* A FIN or a SYN alone is held against a shorter one at once, not only when it goes again. */
Test(tcp_user_timeout, a_shorter_one_ends_a_fin_or_a_syn_alone_in_time)
{
	for (uint32_t already_ms = 0; already_ms <= 50000; already_ms += 5000) {
		for (unsigned int is_syn = 0; is_syn < 2; is_syn++) {
			struct script script;
			uint64_t due_ms;

			if (is_syn) {
				driver_open(&driver, NULL);
				script = script_connect(&driver, 5000, NULL);
			} else {
				script = established(0);
				app_shutdown(&script);
			}
			mark(&script);
			advance(&script, already_ms);
			driver.heard_next = driver.heard_count;
			due_ms = already_ms < LIMIT_MS ? LIMIT_MS : already_ms;
			cr_assert_eq(quern_conn_user_timeout(driver.shard, script.conn, LIMIT_MS), 0);
			advance(&script, due_ms - already_ms + 1);
			in_state(&script, is_syn ? QUERN_CLOSED : QUERN_LISTEN);
			cr_assert_eq(driver.told[driver.told_count - 1].how, QUERN_END_USER_TIMEOUT);
			cr_assert_geq(driver.told[driver.told_count - 1].at_ms, script.mark_ms + due_ms);
			driver_close(&driver);
		}
	}
}

/* RFC 6298 5.4: a timer that stood at the end of patience is no retransmission timer, once there is more of that. */
Test(tcp_user_timeout, a_longer_one_sends_nothing_again_before_its_time)
{
	for (unsigned int is_fin = 0; is_fin < 2; is_fin++) {
		struct script script = established(300);

		if (is_fin)
			app_shutdown(&script);
		else
			app_send(&script, 10);
		driver.heard_next = driver.heard_count;
		mark(&script);
		advance(&script, 200);
		/* This peer has no SACK, and so gets no tail loss probe. */
		cr_assert_eq(quern_conn_user_timeout(driver.shard, script.conn, LIMIT_MS), 0);
		advance(&script, 799);
		hear_nothing(&script);
		advance(&script, 202);
		if (is_fin)
			hear_at(&script, 1000, FIN | ACK, 1, 1);
		else
			hear_text_at(&script, 1200, PSH | ACK, 1, 1, 10);
		advance(&script, LIMIT_MS - 1202);
		in_state(&script, is_fin ? QUERN_FIN_WAIT_1 : QUERN_ESTABLISHED);
		advance(&script, 2);
		in_state(&script, QUERN_LISTEN);
		driver_close(&driver);
	}
}

/* Whichever way it moves, a retransmission that is due before goes when it would have gone. */
Test(tcp_user_timeout, another_one_leaves_the_retransmission_timer_where_it_is)
{
	static const uint32_t moved_ms[] = {LIMIT_MS / 2, 2 * LIMIT_MS};

	for (unsigned int i = 0; i < sizeof(moved_ms) / sizeof(moved_ms[0]); i++) {
		struct script script = established(LIMIT_MS);

		app_send(&script, 10);
		driver.heard_next = driver.heard_count;
		mark(&script);
		advance(&script, 500);
		cr_assert_eq(quern_conn_user_timeout(driver.shard, script.conn, moved_ms[i]), 0);
		advance(&script, 501);
		hear_text_at(&script, 1000, PSH | ACK, 1, 1, 10);
		driver_close(&driver);
	}
}
