/* test_shard_overload.c - more than can be done: new connections wait first, those in progress finish. */
#include <string.h>

#include <criterion/criterion.h>

#include "support/bare_eal.h"
#include "support/script.h"

enum { BUFFERS = 255, MSS = 1000 };

static struct driver driver;
static struct rte_mbuf *taken[BUFFERS];

static uint64_t drops(enum quern_drop reason)
{
	return driver_counters(&driver)->drops[reason];
}

static struct script stranger(unsigned int number)
{
	struct script script = script_new(&driver);

	script.remote_port = (uint16_t)(1024 + number);
	return script;
}

/* A shard with a pool of BUFFERS, and a connection whose application takes nothing yet. */
static struct script with_few_buffers(void)
{
	struct shard_config config = {.max_connections = 0};
	struct script script;

	bare_eal_start();
	config.pool = bare_eal_pool("few", BUFFERS);
	driver_open(&driver, &config);
	driver.reader = (struct driver_reader){.reads = true};
	driver_listen(&driver, SCRIPT_PORT, NULL);
	script = script_new(&driver);
	script.mss = MSS;
	establish_passive(&script);
	return script;
}

/* Somebody else has all buffers but `left`, as a port that does not send. */
static uint32_t leave(uint32_t left)
{
	uint32_t count = rte_mempool_avail_count(driver.out_pool) - left;

	cr_assert_eq(rte_pktmbuf_alloc_bulk(driver.out_pool, taken, count), 0);
	driver_collect(&driver);
	return count;
}

static void give_back(uint32_t count)
{
	rte_pktmbuf_free_bulk(taken, count);
	driver_collect(&driver);
}

/* The application reads what is held. */
static uint32_t read_text(struct script *script, uint32_t room)
{
	uint8_t text[MSS];
	uint32_t bytes = 0;

	cr_assert_eq(quern_conn_receive(driver.shard, script->conn, text, room, &bytes), 0);
	driver_collect(&driver);
	return bytes;
}

Test(shard_overload, a_shard_that_is_behind_drops_syns_and_goes_on_with_what_it_has)
{
	struct script script, client, late;

	driver_open(&driver, NULL);
	driver_listen(&driver, SCRIPT_PORT, NULL);
	script = script_new(&driver);
	say(&script, SYN, 0, 0);
	hear(&script, SYN | ACK, 0, 1);
	client = script_connect(&driver, 5000, NULL);
	hear(&client, SYN, 0, 0);
	shard_set_behind(driver.shard, true);
	for (unsigned int i = 0; i < 100; i++) {
		late = stranger(i);
		say(&late, SYN, 0, 0);
		hear_nothing(&late);
	}
	cr_assert_eq(drops(QUERN_DROP_TCP_SYN_BEHIND), 100);
	cr_assert_eq(driver_counters(&driver)->opened_passive, 1);
	/* The third step of a handshake, and the second of our own, are work in progress. */
	say(&script, ACK, 1, 1);
	in_state(&script, QUERN_ESTABLISHED);
	say(&client, SYN | ACK, 0, 1);
	hear(&client, ACK, 1, 1);
	in_state(&client, QUERN_ESTABLISHED);
	say(&script, FIN | ACK, 1, 1);
	hear(&script, ACK, 1, 2);
	shard_set_behind(driver.shard, false);
	driver.told_next = driver.told_count;
	establish_passive(&late);
	cr_assert_eq(drops(QUERN_DROP_TCP_SYN_BEHIND), 100);
	driver_close(&driver);
}

/* A SYN that another shard has received counts once, whichever of the two is behind. */
Test(shard_overload, a_moved_syn_is_dropped_once)
{
	struct script script;
	struct raw_segment segment;
	struct rte_mbuf *mbuf;

	driver_open(&driver, NULL);
	driver_listen(&driver, SCRIPT_PORT, NULL);
	script = script_new(&driver);
	segment = script_segment(&script, SYN, 0, 0);
	mbuf = rte_pktmbuf_alloc(driver.in_pool);
	rte_pktmbuf_append(mbuf, (uint16_t)raw_build(rte_pktmbuf_mtod(mbuf, uint8_t *), &segment));
	shard_set_behind(driver.shard, true);
	shard_receive_moved(driver.shard, &mbuf, 1, driver.now_ns);
	driver_collect(&driver);
	hear_nothing(&script);
	cr_assert_eq(drops(QUERN_DROP_TCP_SYN_BEHIND), 1);
	cr_assert_eq(driver_counters(&driver)->rx_packets, 0);
	cr_assert_eq(driver_counters(&driver)->moved_in, 1);
	driver_close(&driver);
}

Test(shard_overload, the_last_buffers_are_for_connections_that_are_there)
{
	struct script script = with_few_buffers(), client, late;
	uint32_t count = leave(BUFFERS / 8 - 1);

	late = stranger(1);
	say(&late, SYN, 0, 0);
	hear_nothing(&late);
	cr_assert_eq(drops(QUERN_DROP_TCP_SYN_RESERVE), 1);
	/* What we open ourselves, and an orderly end, take from the reserve. */
	client = script_connect(&driver, 5000, NULL);
	hear(&client, SYN, 0, 0);
	app_close(&script);
	hear(&script, FIN | ACK, 1, 1);
	cr_assert_eq(drops(QUERN_DROP_NO_MBUF), 0);
	/* A little more than the first mark is not enough to begin again. */
	rte_pktmbuf_free_bulk(taken, 4);
	driver_collect(&driver);
	say(&late, SYN, 0, 0);
	hear_nothing(&late);
	rte_pktmbuf_free_bulk(taken + 4, count - 4);
	driver_collect(&driver);
	say(&late, SYN, 0, 0);
	hear(&late, SYN | ACK, 0, 1);
	driver_close(&driver);
}

Test(shard_overload, text_waits_for_buffers_and_acks_do_not)
{
	struct script script = with_few_buffers();
	uint32_t count;

	/* A window of one segment: the second has to wait for it. */
	script.window = MSS;
	say(&script, ACK, 1, 1);
	app_send(&script, 2 * MSS);
	hear_text(&script, ACK, 1, 1, MSS);
	count = leave(20);
	script.window = DRIVER_WINDOW;
	/* The ACK comes in a frame of its own, which our text may take. */
	say(&script, ACK, 1, MSS + 1);
	hear_text(&script, PSH | ACK, MSS + 1, 1, MSS);
	/* In no such frame, text waits; what the peer sends is answered all the same. */
	cr_assert_eq(driver_send(&driver, driver.last, 1), 0, "nothing is queued while buffers are short");
	driver.reader.appetite = UINT32_MAX;
	say_text(&script, ACK, 1, 2 * MSS + 1, 10);
	hear(&script, ACK, 2 * MSS + 1, 11);
	told_text(&script, 10);
	give_back(count);
	told(&script, TOLD_WRITABLE);
	app_send(&script, 10);
	hear_text(&script, PSH | ACK, 2 * MSS + 1, 11, 10);
	driver_close(&driver);
}

/* A connection whose text was queued before buffers were short sends it as soon as they are back, not a second later;
 * and should they never be, its timer sends a segment at a time. */
Test(shard_overload, text_that_had_to_wait_goes_on_by_itself)
{
	struct script script = with_few_buffers();
	uint32_t count;

	cr_assert_eq(driver_send(&driver, driver.last, 3 * MSS), 3 * MSS);
	count = rte_mempool_avail_count(driver.out_pool) - 20;
	cr_assert_eq(rte_pktmbuf_alloc_bulk(driver.out_pool, taken, count), 0);
	driver_collect(&driver);
	hear_nothing(&script);
	mark(&script);
	advance(&script, 1500);
	hear_text(&script, ACK, 1, 1, MSS);
	hear_nothing(&script);
	give_back(count);
	hear_text(&script, ACK, MSS + 1, 1, MSS);
	hear_text(&script, PSH | ACK, 2 * MSS + 1, 1, MSS);
	driver_close(&driver);
}

/* Connections send, and nobody acknowledges, until queues have all that they may. Returns what the first has sent. */
static uint32_t fill_queues(void)
{
	const uint32_t limit = BUFFERS / 2;
	uint32_t sent = driver_send(&driver, driver.last, 60000);
	struct script other;

	for (unsigned int i = 0; i < 8 && rte_mempool_in_use_count(driver.out_pool) < limit; i++) {
		other = stranger(i);
		other.mss = MSS;
		driver.told_next = driver.told_count;
		driver_collect(&driver);
		driver.heard_next = driver.heard_count;
		establish_passive(&other);
		driver_send(&driver, driver.last, 60000);
	}
	driver_collect(&driver);
	cr_assert_eq(rte_mempool_in_use_count(driver.out_pool), limit);
	driver.heard_next = driver.heard_count;
	driver.told_next = driver.told_count;
	return sent;
}

/* What waits for a frame does not wait for those who fill the queues. */
Test(shard_overload, a_syn_that_found_no_buffer_goes_though_queues_are_full)
{
	struct script client;
	uint32_t count;

	with_few_buffers();
	fill_queues();
	count = leave(0);
	client = script_connect(&driver, 5000, NULL);
	hear_nothing(&client);
	cr_assert_eq(drops(QUERN_DROP_NO_MBUF), 1);
	give_back(count);
	hear(&client, SYN, 0, 0);
	driver_close(&driver);
}

/* With buffers used up to the limit, a few that come back are not given out at once. */
Test(shard_overload, queues_that_were_full_open_again_below_a_second_mark)
{
	struct script script = with_few_buffers();
	const uint32_t limit = BUFFERS / 2;
	uint32_t sent = fill_queues(), more = 0;

	/* Two segments are acknowledged: two buffers are free, and nobody is told. */
	say(&script, ACK, 1, 2 * MSS + 1);
	cr_assert_eq(rte_mempool_in_use_count(driver.out_pool), limit - 2);
	cr_assert_eq(driver_send(&driver, script.conn, 1), 0);
	for (uint32_t acked = 2 * MSS; acked < sent; acked += 2 * MSS)
		say(&script, ACK, 1, acked + 1);
	cr_assert_leq(rte_mempool_in_use_count(driver.out_pool), limit - limit / 8);
	driver.heard_next = driver.heard_count;
	more = driver_send(&driver, script.conn, 1);
	cr_assert_eq(more, 1);
	driver_collect(&driver);
	driver.heard_next = driver.heard_count;
	driver_close(&driver);
}

/* One who reads slowly beside many who do not read is offered less and less, and never less than was promised. */
Test(shard_overload, windows_shrink_before_buffers_run_out)
{
	struct script script = with_few_buffers(), other;
	uint32_t edge = 0, window = 0;

	for (unsigned int i = 0; rte_mempool_in_use_count(driver.out_pool) <= BUFFERS / 4; i++) {
		other = stranger(i);
		driver.told_next = driver.told_count;
		establish_passive(&other);
		for (unsigned int piece = 0; piece < 20; piece++)
			say_text(&other, ACK, 1 + piece * MSS, 1, MSS);
		driver.heard_next = driver.heard_count;
	}
	for (uint32_t seq = 1; seq < 40 * MSS; seq += MSS) {
		say_text(&script, ACK, seq, 1, MSS);
		hear(&script, ACK, 1, seq + MSS);
		window = script.heard.window;
		cr_assert(edge == 0 || seq + MSS + window == edge, "the edge moved from %u to %u", edge,
			  seq + MSS + window);
		edge = seq + MSS + window;
		/* It reads, but one segment stays behind. */
		if (seq > 1)
			cr_assert_eq(read_text(&script, MSS), MSS);
	}
	cr_assert_lt(window, 30000);
	cr_assert_eq(drops(QUERN_DROP_TCP_NO_BUFFERS), 0);
	/* Once all is read, the window is whole again. */
	cr_assert_eq(read_text(&script, MSS), MSS);
	driver_collect(&driver);
	hear(&script, ACK, 1, 40 * MSS + 1);
	cr_assert_eq(script.heard.window, 65535);
	driver_close(&driver);
}

/* What SYNs draw could not be said anyway, and would keep out what others have to say. */
Test(shard_overload, a_line_to_the_port_that_is_half_full_takes_no_syns)
{
	const struct shard_config config = {.max_connections = SHARD_OUT_MAX};
	struct script script, late;
	struct raw_segment segment;

	driver_pool_buffers = 4095;
	driver_open(&driver, &config);
	driver_listen(&driver, SCRIPT_PORT, NULL);
	script = script_new(&driver);
	establish_passive(&script);
	for (unsigned int i = 0; i < SHARD_OUT_MAX; i++) {
		struct rte_mbuf *mbuf = rte_pktmbuf_alloc(driver.in_pool);

		cr_assert_not_null(mbuf);
		late = stranger(i);
		segment = script_segment(&late, SYN, 0, 0);
		rte_pktmbuf_append(mbuf, (uint16_t)raw_build(rte_pktmbuf_mtod(mbuf, uint8_t *), &segment));
		shard_receive(driver.shard, &mbuf, 1, driver.now_ns);
	}
	cr_assert_eq(driver_counters(&driver)->opened_passive, 1 + SHARD_OUT_MAX / 2);
	cr_assert_eq(drops(QUERN_DROP_TCP_SYN_RESERVE), SHARD_OUT_MAX / 2);
	segment = script_segment(&script, FIN | ACK, 1, 1);
	driver_inject(&driver, &segment);
	cr_assert_eq(drops(QUERN_DROP_OUT_FULL), 0);
	in_state(&script, QUERN_CLOSE_WAIT);
	driver_close(&driver);
}

/* A port that takes nothing for half a minute is not answered by more and more. */
Test(shard_overload, a_port_that_is_stuck_draws_no_storm)
{
	enum { MANY = 50, STUCK_MS = 30000 };
	struct rte_mbuf *mbufs[SHARD_BURST];
	struct script script;
	uint64_t before, deadline_ns, end_ns;

	driver_open(&driver, NULL);
	driver_listen(&driver, SCRIPT_PORT, NULL);
	for (unsigned int i = 0; i < MANY; i++) {
		script = stranger(i);
		establish_passive(&script);
		cr_assert_eq(driver_send(&driver, driver.last, 100), 100);
		driver_collect(&driver);
		driver.told_next = driver.told_count;
		driver.heard_next = driver.heard_count;
	}
	before = driver_counters(&driver)->tx_packets;
	end_ns = driver.now_ns + STUCK_MS * UINT64_C(1000000);
	while (driver.now_ns < end_ns) {
		driver.now_ns += 1000000;
		shard_expire(driver.shard, driver.now_ns);
		/* The worker asks for nothing while the port holds what it has. */
		cr_assert_eq(shard_transmit(driver.shard, mbufs, 0), 0);
	}
	/* After 1, 2, 4, 8 s and 16 s at most: RFC 6298 5.5. */
	cr_assert_leq(driver_counters(&driver)->tx_packets - before, MANY * 5);
	cr_assert_geq(driver_counters(&driver)->tx_packets - before, MANY * 3);
	cr_assert_eq(drops(QUERN_DROP_OUT_FULL), 0);
	cr_assert(shard_next_deadline(driver.shard, &deadline_ns));
	driver_collect(&driver);
	driver_close(&driver);
}
