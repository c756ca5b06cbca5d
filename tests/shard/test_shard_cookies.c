/* test_shard_cookies.c - listeners that answer SYNs by cookie: who is answered so, and who gets in (RFC 4987 3.6). */
#include <errno.h>

#include <criterion/criterion.h>

#include "support/script.h"

static const struct quern_tcp_options always = {.syn_cookies = QUERN_SYN_COOKIES_ALWAYS};

enum { SLOT_MS = 67109, LIMIT = 4 };

static struct driver driver;

static struct script numbered(unsigned int number)
{
	struct script script = script_new(&driver);

	script.remote_port = (uint16_t)(1024 + number);
	return script;
}

static void listening(const struct shard_config *config, const struct quern_tcp_options *options)
{
	driver_open(&driver, config);
	driver.reader = (struct driver_reader){.reads = true, .appetite = UINT32_MAX};
	driver_listen(&driver, SCRIPT_PORT, options);
}

/* Half-open connections up to the limit. */
static void fill(void)
{
	for (unsigned int i = 0; i < LIMIT; i++) {
		struct script script = numbered(i);

		say(&script, SYN, 0, 0);
		hear(&script, SYN | ACK, 0, 1);
	}
}

static uint32_t records(void)
{
	struct quern_shard_memory memory;

	shard_memory(driver.shard, &memory);
	return memory.connections_used;
}

/* A handshake of which the shard remembers nothing between its SYN+ACK and the last ACK. */
static struct script answered_by_cookie(unsigned int number)
{
	struct script script = numbered(number);
	uint32_t before = records();

	say(&script, SYN, 0, 0);
	hear(&script, SYN | ACK, 0, 1);
	hear_nothing(&script);
	cr_assert_eq(records(), before, "a record was made");
	return script;
}

static void gets_in(struct script *script)
{
	say(script, ACK, 1, 1);
	told(script, TOLD_ESTABLISHED);
	hear_nothing(script);
	in_state(script, QUERN_ESTABLISHED);
}

/* Row 35. */
Test(shard_cookies, at_the_half_open_limit_a_stranger_gets_in_all_the_same)
{
	const struct shard_config config = {.max_half_open = LIMIT};
	struct script script;

	listening(&config, NULL);
	fill();
	script = answered_by_cookie(100);
	cr_assert_eq(script.heard.mss, raw_mss_of(1500), "as any SYN+ACK");
	cr_assert_eq(script.heard.window, 65535);
	gets_in(&script);
	cr_assert_eq(script_info(&script).mss, DRIVER_MSS);
	say_text(&script, PSH | ACK, 1, 1, 100);
	told_text(&script, 100);
	hear(&script, ACK, 1, 101);
	app_send(&script, 50);
	hear_text(&script, PSH | ACK, 1, 101, 50);
	say(&script, FIN | ACK, 101, 51);
	told(&script, TOLD_PEER_CLOSED);
	hear(&script, ACK, 51, 102);
	app_close(&script);
	hear(&script, FIN | ACK, 51, 102);
	say(&script, ACK, 102, 52);
	told_ended(&script, QUERN_END_CLOSED);
	cr_assert_eq(driver_counters(&driver)->cookies_sent, 1);
	cr_assert_eq(driver_counters(&driver)->cookies_accepted, 1);
	cr_assert_eq(driver_counters(&driver)->opened_passive, LIMIT + 1);
	cr_assert_eq(driver_counters(&driver)->established, 1);
	cr_assert_eq(shard_syns(driver.shard), LIMIT + 1);
	driver_close(&driver);
}

Test(shard_cookies, find_half_of_the_records_free_where_no_limit_was_given)
{
	struct script script;

	listening(NULL, NULL);
	for (unsigned int i = 0; i < 100; i++) {
		script = numbered(i);
		say(&script, SYN, 0, 0);
		hear(&script, SYN | ACK, 0, 1);
	}
	cr_assert_eq(records(), 32);
	cr_assert_eq(driver_counters(&driver)->cookies_sent, 68);
	for (unsigned int i = 0; i < 32; i++) {
		script = answered_by_cookie(1000 + i);
		gets_in(&script);
	}
	driver_close(&driver);
}

/* Row 35: nothing but the SYN itself draws a SYN+ACK, and each SYN one. */
Test(shard_cookies, are_said_once_a_syn)
{
	struct script script;

	driver_open_at(&driver, NULL, 10ULL * SLOT_MS);
	driver_listen(&driver, SCRIPT_PORT, &always);
	script = answered_by_cookie(1);
	advance(&script, 65000);
	hear_nothing(&script);
	say(&script, SYN, 0, 0);
	hear(&script, SYN | ACK, 0, 1);
	hear_nothing(&script);
	gets_in(&script);
	cr_assert_eq(driver_counters(&driver)->retransmits, 0);
	cr_assert_eq(driver_counters(&driver)->cookies_sent, 2);
	driver_close(&driver);
}

/* Rows 5 and 35. */
Test(shard_cookies, that_are_forged_draw_the_rst_of_listen)
{
	struct script script;

	listening(NULL, &always);
	/* Before any was sent nothing is looked for. */
	script = numbered(1);
	say(&script, ACK, 1, 1);
	hear_reset(&script, 1, 0);
	cr_assert_eq(driver_counters(&driver)->cookies_refused, 0);
	script = answered_by_cookie(1);
	for (uint32_t wrong = 9; wrong < 2000000000; wrong += 10000019) {
		say(&script, ACK, 1, 1 + wrong);
		cr_assert_eq(driver.heard[driver.heard_next].segment.flags, RST, "without ACK");
		hear_reset(&script, 1 + wrong, 0);
		say(&script, ACK, 1 + wrong, 1);
		hear_reset(&script, 1, 0);
	}
	cr_assert_eq(driver_counters(&driver)->cookies_refused, 400);
	cr_assert_eq(records(), 0);
	/* With SYN it is no ACK of a cookie, and to RST nothing is said. */
	say(&script, SYN | ACK, 1, 1);
	hear_reset(&script, 1, 0);
	say(&script, RST | ACK, 1, 1);
	hear_nothing(&script);
	told_nothing(&script);
	gets_in(&script);
	driver_close(&driver);
}

/* Row 35 and attack 2: what came back once does so again for 134 s at most. */
Test(shard_cookies, come_back_within_67_s_and_not_after_twice_that)
{
	static const uint32_t began_ms[] = {0, 1, 30000, SLOT_MS - 2};

	for (unsigned int i = 0; i < sizeof(began_ms) / sizeof(began_ms[0]); i++) {
		struct script script, other;

		driver_open_at(&driver, NULL, 10ULL * SLOT_MS + began_ms[i]);
		driver_listen(&driver, SCRIPT_PORT, &always);
		script = answered_by_cookie(1);
		advance(&script, SLOT_MS - 1);
		say(&script, ACK, 1, 1);
		told(&script, TOLD_ESTABLISHED);
		app_abort(&script);
		hear_reset(&script, 1, 1);
		driver.told_next = driver.told_count;
		/* Others are answered meanwhile, so that cookies are expected all the time. */
		advance(&script, SLOT_MS / 2);
		other = answered_by_cookie(2);
		advance(&script, SLOT_MS / 2 + 3);
		say(&script, ACK, 1, 1);
		hear_reset(&script, 1, 0);
		told_nothing(&script);
		cr_assert_eq(driver_counters(&driver)->cookies_refused, 1);
		gets_in(&other);
		driver_close(&driver);
	}
}

/* A secret makes cookies for 18 minutes. */
Test(shard_cookies, survive_a_change_of_the_secret)
{
	struct script script, next;
	unsigned int number = 0;

	listening(NULL, &always);
	script = answered_by_cookie(number++);
	for (uint32_t ms = 0; ms < 40U * SLOT_MS; ms += 20000) {
		advance(&script, 20000);
		next = answered_by_cookie(number++);
		gets_in(&script);
		app_abort(&script);
		hear_reset(&script, 1, 1);
		told_ended(&script, QUERN_END_ABORTED);
		script = next;
	}
	cr_assert_eq(driver_counters(&driver)->cookies_refused, 0);
	cr_assert_eq(driver_counters(&driver)->cookies_accepted, number - 1);
	driver_close(&driver);
}

/* Row 37: the last ACK was lost. */
Test(shard_cookies, come_back_with_the_first_text_and_the_fin_behind_it)
{
	struct script script;

	listening(NULL, &always);
	script = answered_by_cookie(1);
	say_text(&script, PSH | ACK, 1, 1, 100);
	told(&script, TOLD_ESTABLISHED);
	told_text(&script, 100);
	hear(&script, ACK, 1, 101);
	driver.reader.received = 0;
	script = answered_by_cookie(2);
	say_text(&script, FIN | PSH | ACK, 1, 1, 1400);
	told(&script, TOLD_ESTABLISHED);
	told_text(&script, 1400);
	told(&script, TOLD_PEER_CLOSED);
	hear(&script, ACK, 1, 1402);
	in_state(&script, QUERN_CLOSE_WAIT);
	driver_close(&driver);
}

Test(shard_cookies, remember_no_more_than_the_mss_below_the_peers_and_ours)
{
	const struct {
		uint16_t peer, ours, agreed;
	} cases[] = {{0, 0, raw_mss_default()},   {1, 0, 48},      {48, 0, 48}, {535, 0, 48}, {1452, 0, 1440},
		     {9000, 0, raw_mss_of(1500)}, {1460, 600, 600}};

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct quern_tcp_options options = {.syn_cookies = QUERN_SYN_COOKIES_ALWAYS,
							  .mss = cases[i].ours};
		struct script script;

		listening(NULL, &options);
		script = numbered(1);
		script.mss = cases[i].peer;
		say(&script, SYN, 0, 0);
		hear(&script, SYN | ACK, 0, 1);
		gets_in(&script);
		cr_assert_eq(script_info(&script).mss, cases[i].agreed, "peer %u, ours %u: %u", cases[i].peer,
			     cases[i].ours, script_info(&script).mss);
		driver_close(&driver);
	}
}

/* Row 36: nobody accepts, and the ACK is as if it had not come. */
Test(shard_cookies, wait_while_the_accept_queue_is_full)
{
	const struct shard_config config = {.accept_backlog = 1};
	const struct quern_endpoint local = raw_endpoint(DRIVER_LOCAL, SCRIPT_PORT);
	struct quern_conn first, second, none;
	struct script script, late;

	driver_open(&driver, &config);
	cr_assert_eq(quern_listen(driver.shard, &local, &always, NULL, NULL), 0);
	script = answered_by_cookie(1);
	say(&script, ACK, 1, 1);
	hear_nothing(&script);
	cr_assert_eq(records(), 1);
	late = answered_by_cookie(2);
	say(&late, ACK, 1, 1);
	hear_nothing(&late);
	cr_assert_eq(records(), 1);
	cr_assert_eq(driver_counters(&driver)->drops[QUERN_DROP_TCP_ACCEPT_FULL], 1);
	cr_assert_eq(driver_counters(&driver)->cookies_accepted, 1);
	cr_assert_eq(driver_counters(&driver)->cookies_refused, 0);
	cr_assert_eq(quern_accept(driver.shard, &local, &first), 0);
	/* What it says next brings the cookie once more. */
	say_text(&late, PSH | ACK, 1, 1, 10);
	hear(&late, ACK, 1, 11);
	cr_assert_eq(quern_accept(driver.shard, &local, &second), 0);
	cr_assert_eq(quern_accept(driver.shard, &local, &none), -EAGAIN);
	driver_close(&driver);
}

/* Attack 10. */
Test(shard_cookies, find_no_record_and_are_counted)
{
	const struct shard_config config = {.max_connections = 1};
	struct script script, late;

	listening(&config, &always);
	script = answered_by_cookie(1);
	gets_in(&script);
	late = answered_by_cookie(2);
	say(&late, ACK, 1, 1);
	hear_nothing(&late);
	told_nothing(&late);
	cr_assert_eq(driver_counters(&driver)->drops[QUERN_DROP_TCP_COOKIE_NO_RECORD], 1);
	cr_assert_eq(driver_counters(&driver)->cookies_accepted, 1);
	app_abort(&script);
	hear_reset(&script, 1, 1);
	told_ended(&script, QUERN_END_ABORTED);
	gets_in(&late);
	driver_close(&driver);
}

/* Rows 71 and 72: its number must lie above the old one, which only the record knows. */
Test(shard_cookies, are_no_answer_to_a_syn_that_meets_time_wait)
{
	struct script script, again;

	listening(NULL, &always);
	script = answered_by_cookie(1);
	gets_in(&script);
	close_actively(&script);
	again = script;
	again.iss_known = false;
	again.peer_iss += 100000;
	say(&again, SYN, 0, 0);
	hear(&again, SYN | ACK, 0, 1);
	cr_assert((int32_t)(again.iss - script.iss) > 0);
	cr_assert_eq(records(), 1);
	in_state(&again, QUERN_SYN_RCVD);
	cr_assert_eq(driver_counters(&driver)->cookies_sent, 1);
	gets_in(&again);
	cr_assert_eq(driver_counters(&driver)->cookies_accepted, 1);
	driver_close(&driver);
}

/* The peer takes the first SYN+ACK that it hears: both must be the same, though room was found in between. */
Test(shard_cookies, have_the_number_of_the_record_that_a_copy_of_the_syn_makes)
{
	const struct shard_config config = {.max_half_open = LIMIT};
	struct script script, inside;

	listening(&config, NULL);
	fill();
	script = answered_by_cookie(100);
	inside = numbered(0);
	say(&inside, SYN, 0, 0);
	hear(&inside, SYN | ACK, 0, 1);
	say(&inside, RST, 1, 0);
	say(&script, SYN, 0, 0);
	hear(&script, SYN | ACK, 0, 1);
	in_state(&script, QUERN_SYN_RCVD);
	gets_in(&script);
	cr_assert_eq(driver_counters(&driver)->cookies_accepted, 0);
	driver_close(&driver);
}

/* The handshake was not seen to go out: it says nothing of the way. */
Test(shard_cookies, time_no_round_trip)
{
	struct script script;

	listening(NULL, &always);
	script = answered_by_cookie(1);
	advance(&script, 5000);
	gets_in(&script);
	cr_assert_eq(script_info(&script).rto_ms, 1000);
	driver_close(&driver);
}

/* The end of a connection is told, and its buffers go back, as of any. */
Test(shard_cookies, make_connections_that_end_as_any)
{
	static const enum driver_habit habits[] = {HABIT_CLOSE, HABIT_SHUTDOWN, HABIT_ABORT};

	for (unsigned int i = 0; i < sizeof(habits) / sizeof(habits[0]); i++) {
		struct script script;

		driver_open(&driver, NULL);
		driver.on_established = habits[i];
		driver_listen(&driver, SCRIPT_PORT, &always);
		script = answered_by_cookie(1);
		say(&script, ACK, 1, 1);
		told(&script, TOLD_ESTABLISHED);
		if (habits[i] == HABIT_ABORT)
			hear_reset(&script, 1, 1);
		else
			hear(&script, FIN | ACK, 1, 1);
		driver_close(&driver);
	}
}
