/* test_shard_limits.c - too much of everything: half-open connections, records, buffers, frames. */
#include <errno.h>

#include <criterion/criterion.h>

#include "support/bare_eal.h"
#include "support/script.h"

static struct driver driver;

static struct script numbered(unsigned int number)
{
	struct script script = script_new(&driver);

	script.remote_port = (uint16_t)(1024 + number);
	return script;
}

/* Attack 1: the limit holds, those who are in are not hurt, and there is room again after 63 s. */
Test(shard_limits, half_open_connections_are_bounded_and_make_room)
{
	const struct shard_config config = {.max_connections = 128, .max_half_open = 16};
	const struct quern_tcp_options options = {.syn_cookies = QUERN_SYN_COOKIES_NEVER};
	struct script script, honest;

	driver_open(&driver, &config);
	driver_listen(&driver, SCRIPT_PORT, &options);
	honest = numbered(5000);
	establish_passive(&honest);
	for (unsigned int i = 0; i < 200; i++) {
		script = numbered(i);
		say(&script, SYN, 0, 0);
		if (i < 16)
			hear(&script, SYN | ACK, 0, 1);
		else
			hear_nothing(&script);
	}
	cr_assert_eq(driver_counters(&driver)->drops[QUERN_DROP_TCP_HALF_OPEN_LIMIT], 184);
	say_text(&honest, ACK, 1, 1, 10);
	hear(&honest, ACK, 1, 11);
	advance(&honest, 64000);
	driver.heard_next = driver.heard_count;
	script = numbered(6000);
	establish_passive(&script);
	driver_close(&driver);
}

/* How many of `count` SYNs from `first` on to a port are answered. */
static unsigned int answered(uint16_t port, unsigned int first, unsigned int count)
{
	unsigned int answers = 0;

	for (unsigned int i = first; i < first + count; i++) {
		struct script script = numbered(i);

		script.local_port = port;
		say(&script, SYN, 0, 0);
		answers += driver_next_heard(&driver) != NULL;
	}
	return answers;
}

/* Row 20: a flood to one port leaves the others their part of what the shard can hold. */
Test(shard_limits, each_listener_has_a_limit_of_half_open_connections_within_the_shards)
{
	enum { OTHER_PORT = SCRIPT_PORT + 1 };
	const struct shard_config config = {.max_connections = 128, .max_half_open = 16};
	const struct quern_tcp_options few = {.syn_cookies = QUERN_SYN_COOKIES_NEVER, .max_half_open = 5};
	const struct quern_tcp_options many = {.syn_cookies = QUERN_SYN_COOKIES_NEVER, .max_half_open = 1000};
	struct script script;

	driver_open(&driver, &config);
	driver_listen(&driver, SCRIPT_PORT, &few);
	driver_listen(&driver, OTHER_PORT, &many);
	cr_assert_eq(answered(SCRIPT_PORT, 0, 50), 5);
	cr_assert_eq(driver_counters(&driver)->drops[QUERN_DROP_TCP_HALF_OPEN_LIMIT], 45);
	cr_assert_eq(answered(OTHER_PORT, 0, 50), 11);
	/* One that its peer resets makes room. */
	script = numbered(0);
	say(&script, RST, 1, 0);
	cr_assert_eq(answered(OTHER_PORT, 100, 10), 1);
	cr_assert_eq(answered(SCRIPT_PORT, 100, 10), 0, "the shard's limit holds in any case");
	advance(&script, 64000);
	driver.heard_next = driver.heard_count;
	cr_assert_eq(answered(SCRIPT_PORT, 200, 10), 5);
	driver_close(&driver);
}

/* A listener with a limit of its own answers by cookie from there on, and others do not. */
Test(shard_limits, a_listener_answers_by_cookie_from_its_own_limit_on)
{
	enum { OTHER_PORT = SCRIPT_PORT + 1, LIMIT = 4 };
	const struct quern_tcp_options few = {.max_half_open = LIMIT};
	struct script script;

	driver_open(&driver, NULL);
	driver_listen(&driver, SCRIPT_PORT, &few);
	driver_listen(&driver, OTHER_PORT, NULL);
	cr_assert_eq(answered(SCRIPT_PORT, 0, LIMIT), LIMIT);
	cr_assert_eq(driver_counters(&driver)->cookies_sent, 0);
	script = numbered(100);
	establish_passive(&script);
	cr_assert_eq(driver_counters(&driver)->cookies_sent, 1);
	cr_assert_eq(driver_counters(&driver)->cookies_accepted, 1);
	cr_assert_eq(answered(OTHER_PORT, 0, 10), 10);
	cr_assert_eq(driver_counters(&driver)->cookies_sent, 1);
	/* Room again. */
	script = numbered(0);
	say(&script, RST, 1, 0);
	cr_assert_eq(answered(SCRIPT_PORT, 101, 2), 2);
	cr_assert_eq(driver_counters(&driver)->cookies_sent, 2);
	driver_close(&driver);
}

/* Attack 3: one tuple is one entry. */
Test(shard_limits, one_source_that_repeats_its_syn_takes_one_record)
{
	struct script script;
	struct quern_shard_memory memory;

	driver_open(&driver, NULL);
	driver_listen(&driver, SCRIPT_PORT, NULL);
	script = numbered(0);
	for (unsigned int i = 0; i < 1000; i++)
		say(&script, SYN, 0, 0);
	shard_memory(driver.shard, &memory);
	cr_assert_eq(memory.connections_used, 1);
	driver_close(&driver);
}

/* Attack 10. */
Test(shard_limits, a_full_table_drops_syns_counts_them_and_hurts_nobody)
{
	const struct shard_config config = {.max_connections = 32};
	struct script scripts[32], late;
	struct quern_conn conn;
	uint8_t route;

	driver_open(&driver, &config);
	driver_listen(&driver, SCRIPT_PORT, NULL);
	for (unsigned int i = 0; i < 32; i++) {
		scripts[i] = numbered(i);
		establish_passive(&scripts[i]);
	}
	for (unsigned int i = 0; i < 100; i++) {
		late = numbered(100 + i);
		say(&late, SYN, 0, 0);
		hear_nothing(&late);
	}
	cr_assert_eq(driver_counters(&driver)->drops[QUERN_DROP_TCP_TABLE_FULL] +
			     driver_counters(&driver)->drops[QUERN_DROP_TCP_HALF_OPEN_LIMIT],
		     100);
	{
		const struct quern_source source = {
			.addresses = raw_range(DRIVER_LOCAL, DRIVER_LOCAL), .first_port = 5000, .last_port = 6000};
		const struct quern_endpoint target = raw_endpoint(DRIVER_REMOTE, SCRIPT_REMOTE_PORT);

		cr_assert_eq(quern_route_add(driver.shard, &source, &target, NULL, &driver_events, &driver, &route), 0);
		cr_assert_eq(quern_connect(driver.shard, route, &conn), -ENOBUFS);
	}
	for (unsigned int i = 0; i < 32; i++) {
		say(&scripts[i], FIN | ACK, 1, 1);
		hear(&scripts[i], ACK, 1, 2);
	}
	app_abort(&scripts[3]);
	hear_reset(&scripts[3], 1, 2);
	late = numbered(999);
	driver.told_next = driver.told_count;
	establish_passive(&late);
	driver_close(&driver);
}

/* Attack 20: no buffer left; what was not said is said when there are some, and the timers go on as they would have. */
Test(shard_limits, what_finds_an_empty_pool_is_said_when_there_are_buffers)
{
	struct rte_mempool *pool;
	struct rte_mbuf *taken[63];
	struct shard_config config = {0};
	struct script script, client;
	unsigned int second;

	bare_eal_start();
	pool = bare_eal_pool("small", 63);
	config.pool = pool;
	driver_open(&driver, &config);
	driver_listen(&driver, SCRIPT_PORT, NULL);
	cr_assert_eq(rte_pktmbuf_alloc_bulk(pool, taken, 63), 0);
	/* Our answer may take the buffer that came in; a SYN of our own has none to take. */
	script = script_new(&driver);
	say(&script, SYN, 0, 0);
	driver.heard_next = driver.heard_count;
	client = script_connect(&driver, 5000, NULL);
	hear_nothing(&client);
	cr_assert_geq(driver_counters(&driver)->drops[QUERN_DROP_NO_MBUF], 1);
	advance(&script, 500);
	cr_assert_eq(driver.heard_count, driver.heard_next);
	rte_pktmbuf_free_bulk(taken, 63);
	advance(&script, 1);
	hear(&client, SYN, 0, 0);
	hear_nothing(&client);
	advance(&script, 500);
	/* The timers go on as they would have: a second after the first attempt. */
	second = driver.heard_next;
	cr_assert_eq(driver.heard_count - second, 2);
	driver.heard_next = second + (driver.heard[second].segment.flags == SYN);
	hear(&script, SYN | ACK, 0, 1);
	driver.heard_next = driver.heard_count;
	say(&client, SYN | ACK, 0, 1);
	say(&script, ACK, 1, 1);
	in_state(&client, QUERN_ESTABLISHED);
	in_state(&script, QUERN_ESTABLISHED);
	driver_close(&driver);
}

/* A burst of timers at once: bounded turns, nobody forgotten (attack 27 in small). */
Test(shard_limits, a_thousand_timers_at_once_all_fire)
{
	enum { MANY = 1000 };
	const struct shard_config config = {.max_connections = MANY, .max_half_open = MANY};
	struct script script;
	unsigned int repeats = 0;

	driver_open(&driver, &config);
	driver_listen(&driver, SCRIPT_PORT, NULL);
	for (unsigned int i = 0; i < MANY; i++) {
		script = numbered(i);
		say(&script, SYN, 0, 0);
		hear(&script, SYN | ACK, 0, 1);
	}
	advance(&script, 1010);
	while (driver_next_heard(&driver) != NULL)
		repeats++;
	cr_assert_eq(repeats, MANY);
	advance(&script, 63000);
	while (driver_next_heard(&driver) != NULL)
		repeats++;
	in_state(&script, QUERN_LISTEN);
	driver_close(&driver);
}

/* Every frame that came in is answered or counted, and none is lost: the accounts of a shard agree. */
Test(shard_limits, bursts_are_taken_whole)
{
	struct rte_mbuf *burst[SHARD_BURST];
	struct script script;

	driver_open(&driver, NULL);
	driver_listen(&driver, SCRIPT_PORT, NULL);
	for (uint16_t i = 0; i < SHARD_BURST; i++) {
		uint8_t *frame;
		struct raw_segment segment;

		/* The same SYN twice in one burst is one connection. */
		script = numbered(i / 2);
		segment = script_segment(&script, SYN, 0, 0);
		burst[i] = rte_pktmbuf_alloc(driver.in_pool);
		frame = rte_pktmbuf_mtod(burst[i], uint8_t *);
		rte_pktmbuf_append(burst[i], (uint16_t)raw_build(frame, &segment));
	}
	shard_receive(driver.shard, burst, SHARD_BURST, driver.now_ns);
	driver_collect(&driver);
	cr_assert_eq(driver_counters(&driver)->rx_packets, SHARD_BURST);
	cr_assert_eq(driver_counters(&driver)->opened_passive, SHARD_BURST / 2);
	cr_assert(driver.heard_count >= SHARD_BURST / 2 && driver.heard_count <= SHARD_BURST);
	driver_close(&driver);
}

static unsigned int count_writable(void)
{
	const struct driver_told *event;
	unsigned int count = 0;

	while ((event = driver_next_told(&driver)) != NULL)
		count += event->what == TOLD_WRITABLE;
	return count;
}

/* A turn may be handed out in many bursts: who waits for buffers goes on by as many as there are to spare for at its
 * beginning, not by as many again for each burst. */
Test(shard_limits, a_turn_of_many_frames_wakes_no_more_than_one_of_few)
{
	enum { HOLDERS = 200, CROWD = 200, BUFFERS = 1023, MOST = BUFFERS / 32 };
	struct shard_config config = {
		.max_connections = HOLDERS + CROWD, .max_half_open = HOLDERS + CROWD, .max_flights = HOLDERS};
	struct quern_conn holders[HOLDERS];
	unsigned int told;

	bare_eal_start();
	config.pool = bare_eal_pool("few", BUFFERS);
	driver_open(&driver, &config);
	driver.reader = (struct driver_reader){.reads = true};
	driver_listen(&driver, SCRIPT_PORT, NULL);
	for (unsigned int i = 0; i < HOLDERS + CROWD; i++) {
		struct script script = numbered(i);

		say(&script, SYN, 0, 0);
		hear(&script, SYN | ACK, 0, 1);
		say(&script, ACK, 1, 1);
		cr_assert_eq(driver_send(&driver, driver.last, 100), i < HOLDERS ? 100 : 0);
		driver_collect(&driver);
		driver.heard_next = driver.heard_count;
		if (i < HOLDERS)
			holders[i] = driver.last;
	}
	driver.told_next = driver.told_count;
	for (unsigned int i = 0; i < HOLDERS; i++)
		cr_assert_eq(quern_conn_abort(driver.shard, holders[i]), 0);
	driver_collect(&driver);
	told = count_writable();
	cr_assert(told > 0 && told <= MOST, "%u are told, who need a buffer each", told);
	for (unsigned int turn = 0; turn <= CROWD / told; turn++)
		driver_advance(&driver, 1);
	cr_assert_eq(told + count_writable(), CROWD);
	driver.heard_next = driver.heard_count;
	driver_close(&driver);
}
