/* test_shard_text_calls.c - an application's calls about text at odd moments, and with buffers short. */
#include <string.h>

#include <criterion/criterion.h>

#include "support/bare_eal.h"
#include "support/script.h"

static struct driver driver;

/* Established at a shard of `config`, with `bytes` bytes held that nobody reads yet. */
static struct script holding(const struct shard_config *config, uint32_t bytes)
{
	struct script script;

	driver_open(&driver, config);
	driver.reader = (struct driver_reader){.reads = true};
	driver_listen(&driver, SCRIPT_PORT, NULL);
	script = script_new(&driver);
	establish_passive(&script);
	for (uint32_t done = 0; done < bytes; done += 1000)
		say_text(&script, ACK, 1 + done, 1, bytes - done < 1000 ? bytes - done : 1000);
	driver.heard_next = driver.heard_count;
	return script;
}

/* Who was refused is told when there is room, though nothing of it is in flight whose ACK would make some. */
Test(shard_text_calls, who_found_no_buffer_is_told_when_there_is_one)
{
	struct shard_config config = {.max_flights = 1};
	struct script script;

	bare_eal_start();
	config.pool = bare_eal_pool("few", 63);
	script = holding(&config, 65000);
	cr_assert_gt(driver_counters(&driver)->drops[QUERN_DROP_TCP_NO_BUFFERS], 0);
	cr_assert_eq(driver_send(&driver, script.conn, 1000), 0);
	driver_collect(&driver);
	told_nothing(&script);
	app_resume(&script, UINT32_MAX);
	driver_collect(&driver);
	while (driver.told_next < driver.told_count && driver.told[driver.told_next].what == TOLD_TEXT)
		driver.told_next++;
	told(&script, TOLD_WRITABLE);
	app_send(&script, 1000);
	driver_close(&driver);
}

/* The segment that ends a connection is told while it is in TIME-WAIT already: the application may still let go. */
Test(shard_text_calls, an_application_may_close_amid_the_last_text_of_a_connection)
{
	static const enum driver_habit habits[] = {HABIT_CLOSE, HABIT_ABORT};

	for (unsigned int i = 0; i < 2; i++) {
		struct script script = holding(NULL, 0);

		app_shutdown(&script);
		hear(&script, FIN | ACK, 1, 1);
		driver.reader.appetite = 20;
		driver.reader.on_text = habits[i];
		say_text(&script, FIN | ACK, 1, 2, 50);
		told_text(&script, 20);
		told_ended(&script, QUERN_END_ABORTED);
		in_state(&script, QUERN_LISTEN);
		driver_close(&driver);
	}
}

/* The same where all has been read: an orderly end. */
Test(shard_text_calls, an_application_may_close_when_it_hears_of_the_last_fin)
{
	struct script script = holding(NULL, 0);

	driver.on_peer_closed = HABIT_CLOSE;
	app_shutdown(&script);
	hear(&script, FIN | ACK, 1, 1);
	say(&script, FIN | ACK, 1, 2);
	hear(&script, ACK, 2, 2);
	told(&script, TOLD_PEER_CLOSED);
	told_ended(&script, QUERN_END_CLOSED);
	in_state(&script, QUERN_TIME_WAIT);
	driver_close(&driver);
}

/* A burst is looked up as a whole: what ends a connection may be followed by more of the same flow. */
Test(shard_text_calls, a_connection_that_is_over_but_unread_takes_no_more_segments)
{
	for (unsigned int passive = 0; passive < 2; passive++) {
		struct script script = holding(NULL, 50);
		struct raw_segment burst[3];

		if (passive) {
			say(&script, FIN | ACK, 51, 1);
			hear(&script, ACK, 1, 52);
		}
		app_shutdown(&script);
		hear(&script, FIN | ACK, 1, passive ? 52 : 51);
		for (unsigned int i = 0; i < 3; i++)
			burst[i] = script_segment(&script, passive ? ACK : FIN | ACK, passive ? 52 : 51, 2);
		burst[1] = script_segment(&script, RST, 52, 0);
		burst[2].text_bytes = 10;
		driver_inject_burst(&driver, burst, 3);
		cr_assert(shard_validate(driver.shard));
		in_state(&script, passive ? QUERN_LISTEN : QUERN_TIME_WAIT);
		app_resume(&script, UINT32_MAX);
		told_text(&script, 50);
		told(&script, TOLD_PEER_CLOSED);
		told_ended(&script, QUERN_END_CLOSED);
		driver_close(&driver);
	}
}

/* Karn's rule has a timeout remembered until something is measured. That may be for ever, and takes no flight. */
Test(shard_text_calls, a_timeout_that_is_remembered_leaves_its_flight_to_others)
{
	const struct shard_config config = {.max_flights = 1};
	struct script script = holding(&config, 0), other = script_new(&driver);

	app_send(&script, 10);
	hear_text(&script, PSH | ACK, 1, 1, 10);
	advance(&script, 1100);
	hear_text(&script, PSH | ACK, 1, 1, 10);
	say(&script, ACK, 1, 11);
	cr_assert_eq(script_info(&script).rto_ms, 2000);
	driver.reader = (struct driver_reader){.reads = true, .appetite = 10};
	other.remote_port++;
	establish_passive(&other);
	say_text(&other, ACK, 1, 1, 20);
	told_text(&other, 10);
	hear(&other, ACK, 1, 21);
	driver_close(&driver);
}

static struct {
	uint32_t reads;   /* bytes it takes by quern_conn_receive() */
	uint32_t returns; /* what it then says that it has taken */
	bool resumes;     /* calls quern_conn_resume() within */
	uint32_t seen;
	uint8_t text[100];
} odd;

static uint32_t on_data(struct quern_shard *shard, struct quern_conn conn, const void *text, uint32_t bytes, void *app)
{
	uint32_t got = 0;

	(void)text;
	(void)bytes;
	(void)app;
	odd.seen++;
	cr_assert_eq(quern_conn_receive(shard, conn, odd.text, odd.reads, &got), 0);
	if (odd.resumes && odd.seen < 5)
		cr_assert_eq(quern_conn_resume(shard, conn), 0);
	return odd.returns;
}

static void note_conn(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	struct driver *to = app;

	(void)shard;
	to->last = conn;
}

static const struct quern_events odd_events = {.on_established = note_conn, .on_data = on_data};

/* However many do not read, half of the buffers are left for frames; and what was left out for them comes again. */
Test(shard_text_calls, readers_that_stop_do_not_take_every_buffer)
{
	const struct quern_endpoint local = raw_endpoint(DRIVER_LOCAL, SCRIPT_PORT);
	struct shard_config config = {.max_connections = 64};
	struct script script = script_new(&driver);
	uint32_t held = 0;

	bare_eal_start();
	config.pool = bare_eal_pool("few", 63);
	memset(&odd, 0, sizeof(odd));
	driver_open(&driver, &config);
	cr_assert_eq(quern_listen(driver.shard, &local, NULL, &odd_events, &driver), 0);
	for (unsigned int i = 0; i < 60; i++) {
		struct quern_conn_info info;

		script = script_new(&driver);
		script.remote_port = (uint16_t)(2000 + i);
		say(&script, SYN, 0, 0);
		hear(&script, SYN | ACK, 0, 1);
		say(&script, ACK, 1, 1);
		say_text(&script, i & 1 ? FIN | ACK : ACK, 1, 1, 100);
		cr_assert_eq(quern_conn_info(driver.shard, driver.last, &info), 0);
		hear(&script, ACK, 1, info.rcv_nxt - script.peer_iss);
		cr_assert(info.held_bytes == 100 || (info.held_bytes == 0 && info.rcv_nxt == script.peer_iss + 1));
		held += info.held_bytes;
		cr_assert_leq(rte_mempool_in_use_count(config.pool), 31);
		cr_assert(shard_validate(driver.shard));
	}
	cr_assert_eq(held, 3100);
	cr_assert_eq(driver_counters(&driver)->text_bytes, held);
	odd.returns = 100;
	say_text(&script, FIN | ACK, 1, 1, 100);
	hear(&script, ACK, 1, 101);
	say(&script, FIN | ACK, 101, 1);
	hear(&script, ACK, 1, 102);
	driver_close(&driver);
}

/* Who takes all that it is shown needs no flight, and is served where there is none. */
Test(shard_text_calls, a_reader_that_keeps_up_needs_no_flight)
{
	const struct shard_config config = {.max_flights = 1};
	struct script script = holding(&config, 50), other = script_new(&driver);

	driver.reader = (struct driver_reader){.reads = true, .appetite = 100};
	other.remote_port++;
	establish_passive(&other);
	say_text(&other, ACK, 1, 1, 100);
	told_text(&other, 100);
	hear(&other, ACK, 1, 101);
	/* Now it does not keep up, and the rest comes again. */
	say_text(&other, ACK, 101, 1, 100);
	hear(&other, ACK, 1, 101);
	say_text(&other, FIN | ACK, 101, 1, 100);
	hear(&other, ACK, 1, 101);
	driver.reader.appetite = 60;
	say_text(&other, FIN | ACK, 101, 1, 100);
	told_text(&other, 60);
	hear(&other, ACK, 1, 161);
	told_nothing(&other);
	in_state(&other, QUERN_ESTABLISHED);
	/* When the first has read its text, there is a flight again. */
	driver.reader = (struct driver_reader){.reads = true, .appetite = UINT32_MAX};
	app_resume(&script, UINT32_MAX);
	told_text(&script, 50);
	driver.reader = (struct driver_reader){.reads = true, .received = 160};
	say_text(&other, FIN | ACK, 161, 1, 40);
	hear(&other, ACK, 1, 202);
	in_state(&other, QUERN_CLOSE_WAIT);
	driver_close(&driver);
}

/* What was read by call is not taken again by the return of on_data. */
Test(shard_text_calls, an_application_may_read_for_itself_within_on_data)
{
	static const uint32_t reads[] = {0, 1, 50, 99, 100}, returns[] = {0, 1, 50, 100, 101, UINT32_MAX};

	for (unsigned int i = 0; i < 60; i++) {
		const struct quern_endpoint local = raw_endpoint(DRIVER_LOCAL, SCRIPT_PORT);
		struct script script = script_new(&driver);
		struct quern_conn_info info;

		memset(&odd, 0, sizeof(odd));
		driver_open(&driver, NULL);
		cr_assert_eq(quern_listen(driver.shard, &local, NULL, &odd_events, &driver), 0);
		say(&script, SYN, 0, 0);
		hear(&script, SYN | ACK, 0, 1);
		say(&script, ACK, 1, 1);
		say_text(&script, ACK, 1, 1, 100);
		hear(&script, ACK, 1, 101);
		odd.reads = reads[i % 5];
		odd.returns = returns[i / 5 % 6];
		odd.resumes = i >= 30;
		cr_assert_eq(quern_conn_resume(driver.shard, driver.last), 0);
		driver_collect(&driver);
		cr_assert_eq(quern_conn_info(driver.shard, driver.last, &info), 0);
		cr_assert_eq(odd.seen, 2, "the same text is shown %u times", odd.seen);
		cr_assert_leq(info.held_bytes, 100 - odd.reads);
		if (odd.reads > 0)
			cr_assert_eq(info.held_bytes, 100 - odd.reads);
		cr_assert(shard_validate(driver.shard));
		driver_close(&driver);
	}
}
