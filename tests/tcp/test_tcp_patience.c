/* test_tcp_patience.c - how long we wait for an answer, and for how long at all: RFC 6298, RFC 9293 3.8.3, 3.10.8. */
#include <criterion/criterion.h>

#include "support/script.h"

enum { NS_PER_MS = 1000000, STEP_NS = 100000, TEXT = 10 };

static struct driver driver;

/* Text that nobody acknowledges goes again after 3 s and 6 s more; a sample then makes the RTO of it. */
static void text_waits_three_seconds(struct script *script)
{
	mark(script);
	app_send(script, TEXT);
	hear_text(script, PSH | ACK, 1, 1, TEXT);
	advance(script, 9500);
	hear_text_at(script, 3000, PSH | ACK, 1, 1, TEXT);
	hear_text_at(script, 9000, PSH | ACK, 1, 1, TEXT);
	hear_nothing(script);
	say(script, ACK, 1, 1 + TEXT);
	app_send(script, TEXT);
	hear_text(script, PSH | ACK, 1 + TEXT, 1, TEXT);
	advance(script, 200);
	say(script, ACK, 1, 1 + 2 * TEXT);
	mark(script);
	app_send(script, TEXT);
	hear_text(script, PSH | ACK, 1 + 2 * TEXT, 1, TEXT);
	advance(script, 1100);
	hear_text_at(script, 1000, PSH | ACK, 1 + 2 * TEXT, 1, TEXT);
}

/* Row 19, RFC 6298 5.7: for text as for FIN, where our SYN was repeated. */
Test(tcp_patience, text_behind_a_repeated_syn_waits_three_seconds_until_there_is_a_sample)
{
	struct script script;

	driver_open(&driver, NULL);
	driver.reader = (struct driver_reader){.reads = true, .appetite = UINT32_MAX};
	script = script_connect(&driver, 5000, NULL);
	hear(&script, SYN, 0, 0);
	advance(&script, 1500);
	hear(&script, SYN, 0, 0);
	say(&script, SYN | ACK, 0, 1);
	hear(&script, ACK, 1, 1);
	told(&script, TOLD_ESTABLISHED);
	text_waits_three_seconds(&script);
	driver_close(&driver);
}

/* Row 19: and where our SYN+ACK was. */
Test(tcp_patience, text_behind_a_repeated_syn_ack_waits_three_seconds_as_well)
{
	struct script script = script_reader(&driver, NULL);

	say(&script, SYN, 0, 0);
	hear(&script, SYN | ACK, 0, 1);
	advance(&script, 1500);
	hear(&script, SYN | ACK, 0, 1);
	say(&script, ACK, 1, 1);
	told(&script, TOLD_ESTABLISHED);
	text_waits_three_seconds(&script);
	driver_close(&driver);
}

/* Rows 67 and 84: CLOSING has the same patience as FIN-WAIT-1 and LAST-ACK, though the peer has said all it had. */
Test(tcp_patience, a_fin_is_repeated_in_closing_until_r2)
{
	static const uint64_t at_ms[] = {1000, 3000, 7000, 15000, 31000, 63000};
	struct reached reached = state_reach(&driver, QUERN_CLOSING, false);
	struct script *script = &reached.script;

	mark(script);
	advance(script, 119990);
	for (unsigned int i = 0; i < sizeof(at_ms) / sizeof(*at_ms); i++)
		hear_at(script, at_ms[i], FIN | ACK, 1, 2);
	hear_nothing(script);
	in_state(script, QUERN_CLOSING);
	told(script, TOLD_UNANSWERED);
	told_nothing(script);
	advance(script, 12);
	hear_reset(script, 2, 2);
	told_ended(script, QUERN_END_TIMEOUT);
	in_state(script, QUERN_LISTEN);
	driver_close(&driver);
}

/* What is said in vain until the connection is given up, and the RST with it. */
static void ends_after(struct script *script, uint32_t limit_ms, uint32_t snd_nxt)
{
	const struct driver_heard *heard;

	advance(script, limit_ms - 1);
	told_nothing(script);
	while ((heard = driver_next_heard(&driver)) != NULL)
		cr_assert_eq(heard->segment.flags & RST, 0, "reset after %d ms already",
			     (int)(heard->at_ms - script->mark_ms));
	advance(script, 2);
	told_ended(script, QUERN_END_USER_TIMEOUT);
	hear_reset(script, snd_nxt, 0);
	hear_nothing(script);
	in_state(script, QUERN_LISTEN);
	say(script, ACK, 1, snd_nxt);
	hear(script, RST, snd_nxt, 0);
}

/* Row 85: in each synchronized state in which something can be outstanding, the peer is told by RST. */
Test(tcp_patience, the_user_timeout_ends_every_synchronized_state_by_a_reset)
{
	enum { LIMIT_MS = 5000 };
	static const enum quern_state states[] = {QUERN_ESTABLISHED, QUERN_CLOSE_WAIT, QUERN_FIN_WAIT_1, QUERN_CLOSING,
						  QUERN_LAST_ACK};
	const struct quern_tcp_options options = {.user_timeout_ms = LIMIT_MS};

	for (unsigned int i = 0; i < sizeof(states) / sizeof(*states); i++) {
		struct script script;

		driver_open(&driver, NULL);
		driver_listen(&driver, SCRIPT_PORT, &options);
		script = script_new(&driver);
		mark(&script);
		state_walk(&script, states[i]);
		if (states[i] == QUERN_ESTABLISHED || states[i] == QUERN_CLOSE_WAIT)
			app_send(&script, TEXT);
		/* SND.NXT lies behind the text, or behind our FIN. */
		ends_after(&script, LIMIT_MS,
			   states[i] == QUERN_ESTABLISHED || states[i] == QUERN_CLOSE_WAIT ? 1 + TEXT : 2);
		driver_close(&driver);
	}
}

/* Row 85: a peer that has never answered our SYN does not know of us, and is told nothing. */
Test(tcp_patience, a_connection_that_is_not_synchronized_is_given_up_in_silence)
{
	enum { LIMIT_MS = 2500 };
	const struct quern_tcp_options options = {.connect_timeout_ms = LIMIT_MS};

	for (uint32_t crossing = 0; crossing < 2; crossing++) {
		struct script script;

		driver_open(&driver, NULL);
		script = script_connect(&driver, 5000, &options);
		hear(&script, SYN, 0, 0);
		if (crossing) {
			say(&script, SYN, 0, 0);
			hear(&script, SYN | ACK, 0, 1);
		}
		advance(&script, LIMIT_MS - 1);
		hear(&script, crossing ? SYN | ACK : SYN, 0, crossing);
		told_nothing(&script);
		advance(&script, 2);
		told_ended(&script, QUERN_END_TIMEOUT);
		in_state(&script, QUERN_CLOSED);
		hear_nothing(&script);
		driver_close(&driver);
	}
}

/* Row 86: nobody waits for the connection any more, but its peer answers each probe: what was queued still gets there.
 */
Test(tcp_patience, text_behind_a_shut_window_outlives_the_close)
{
	static const enum quern_state states[] = {QUERN_ESTABLISHED, QUERN_CLOSE_WAIT};

	for (uint32_t i = 0; i < 2; i++) {
		struct reached reached = state_reach(&driver, states[i], false);
		struct script *script = &reached.script;
		unsigned int probes = 0;

		script->window = 0;
		say(script, ACK, 1 + i, 1);
		cr_assert_eq(driver_send(&driver, script->conn, 2 * TEXT), 2 * TEXT);
		app_close(script);
		for (unsigned int hour = 0; hour < 24; hour++) {
			for (unsigned int second = 0; second < 3600; second++) {
				advance(script, 1000);
				if (driver.heard_next == driver.heard_count)
					continue;
				hear_text(script, ACK, 1, 1 + i, 1);
				say(script, ACK, 1 + i, 1);
				probes++;
			}
		}
		cr_assert_geq(probes, 24 * 60 / 4);
		told_nothing(script);
		in_state(script, i ? QUERN_LAST_ACK : QUERN_FIN_WAIT_1);
		script->window = DRIVER_WINDOW;
		say(script, ACK, 1 + i, 1);
		hear_text(script, FIN | PSH | ACK, 1, 1 + i, 2 * TEXT);
		say(script, ACK, 1 + i, 2 + 2 * TEXT);
		in_state(script, i ? QUERN_LISTEN : QUERN_FIN_WAIT_2);
		hear_nothing(script);
		driver_close(&driver);
	}
}

/* Time goes on in steps that are no ticks; returns when something was said, or 0 after 100 ms of patience. */
static uint64_t heard_after(uint64_t begin_ns, uint64_t wait_ms)
{
	while (driver.now_ns < begin_ns + (wait_ms + 100) * NS_PER_MS) {
		driver.now_ns += driver.now_ns < begin_ns + (wait_ms - 5) * NS_PER_MS ? NS_PER_MS : STEP_NS;
		shard_expire(driver.shard, driver.now_ns);
		driver_collect(&driver);
		if (driver_next_heard(&driver) != NULL)
			return driver.now_ns;
	}
	return 0;
}

static void is_in_time(const char *what, uint64_t begin_ns, uint64_t wait_ms)
{
	uint64_t end_ns = heard_after(begin_ns, wait_ms), due_ns = begin_ns + wait_ms * NS_PER_MS;

	cr_assert_neq(end_ns, 0, "%s: nothing", what);
	cr_assert_geq(end_ns, due_ns, "%s: %d ns early", what, (int)(due_ns - end_ns));
	cr_assert_leq(end_ns, due_ns + NS_PER_MS + STEP_NS, "%s: %d ns late", what, (int)(end_ns - due_ns));
}

static void begin_at(uint64_t phase_ns)
{
	driver_open(&driver, NULL);
	driver.reader = (struct driver_reader){.reads = true, .appetite = UINT32_MAX};
	driver.now_ns += phase_ns;
	shard_expire(driver.shard, driver.now_ns);
}

/* Row 92: wherever between two ticks a timer is armed, it is never early, and at most a tick late. */
Test(tcp_patience, no_timer_is_early_wherever_between_two_ticks_it_is_armed)
{
	const struct quern_tcp_options keepalive = {.keepalive = true, .keepalive_idle_ms = 300};

	for (uint64_t phase_ns = 0; phase_ns < NS_PER_MS; phase_ns += STEP_NS) {
		struct script script;

		begin_at(phase_ns);
		script = script_connect(&driver, 5000, NULL);
		hear(&script, SYN, 0, 0);
		is_in_time("SYN", driver.now_ns, 1000);
		driver_close(&driver);

		begin_at(phase_ns);
		driver_listen(&driver, SCRIPT_PORT, NULL);
		script = script_new(&driver);
		establish_passive(&script);
		app_send(&script, TEXT);
		hear_text(&script, PSH | ACK, 1, 1, TEXT);
		is_in_time("text", driver.now_ns, 1000);
		say(&script, ACK, 1, 1 + TEXT);
		app_shutdown(&script);
		hear(&script, FIN | ACK, 1 + TEXT, 1);
		is_in_time("FIN", driver.now_ns, 2000);
		driver_close(&driver);

		begin_at(phase_ns);
		driver_listen(&driver, SCRIPT_PORT, &keepalive);
		script = script_new(&driver);
		establish_passive(&script);
		is_in_time("keepalive", driver.now_ns, 300);
		driver_close(&driver);
	}
}

/* Row 92 and row 70: the same of TIME-WAIT, whose ring has no timers of its own. */
Test(tcp_patience, time_wait_is_never_short_wherever_between_two_ticks_it_begins)
{
	const struct shard_config config = {.time_wait_ms = 50};

	for (uint64_t phase_ns = 0; phase_ns < NS_PER_MS; phase_ns += STEP_NS) {
		struct script script;
		uint64_t due_ns;

		driver_open(&driver, &config);
		driver.now_ns += phase_ns;
		driver_listen(&driver, SCRIPT_PORT, NULL);
		script = script_new(&driver);
		establish_passive(&script);
		close_actively(&script);
		due_ns = driver.now_ns + 50 * NS_PER_MS;
		driver.now_ns = due_ns - 1;
		shard_expire(driver.shard, driver.now_ns);
		in_state(&script, QUERN_TIME_WAIT);
		driver.now_ns = due_ns + NS_PER_MS;
		shard_expire(driver.shard, driver.now_ns);
		in_state(&script, QUERN_LISTEN);
		driver_close(&driver);
	}
}
