/* test_shard_corners.c - corners that were wrong once: callbacks that act, bursts that change what follows, floods. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include <criterion/criterion.h>

#include "support/script.h"

static struct driver driver;

static struct rte_mbuf *frame_of(const struct raw_segment *segment)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(driver.in_pool);
	uint8_t bytes[RAW_FRAME_MAX];
	uint32_t n = raw_build(bytes, segment);

	memcpy(rte_pktmbuf_append(mbuf, (uint16_t)n), bytes, n);
	return mbuf;
}

static void burst2(const struct raw_segment *a, const struct raw_segment *b)
{
	struct rte_mbuf *mbufs[2] = {frame_of(a), frame_of(b)};

	shard_receive(driver.shard, mbufs, 2, driver.now_ns);
	driver_collect(&driver);
}

static struct script in_time_wait(void)
{
	struct reached r = state_reach(&driver, QUERN_TIME_WAIT, false);
	return r.script;
}

Test(shard_corners, two_syns_in_one_burst_reopen_time_wait_once)
{
	struct script script = in_time_wait();
	struct raw_segment syn = script_segment(&script, SYN, 100000, 0);

	burst2(&syn, &syn);
	cr_assert_eq(driver_counters(&driver)->time_wait_reopened, 1);
	cr_assert(shard_validate(driver.shard));
	driver_close(&driver);
}

Test(shard_corners, a_fin_behind_the_syn_that_reopened_time_wait_meets_the_new_connection)
{
	struct script script = in_time_wait();
	struct raw_segment syn = script_segment(&script, SYN, 100000, 0),
			   fin = script_segment(&script, FIN | ACK, 1, 2);

	burst2(&syn, &fin);
	cr_assert_eq(driver_counters(&driver)->time_wait_reopened, 1);
	cr_assert(shard_validate(driver.shard));
	driver_close(&driver);
}

static uint8_t route;
static int connects, established;
static struct quern_conn second;
static void abort_and_connect(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	(void)app;
	if (established++)
		return;
	cr_assert_eq(quern_conn_abort(shard, conn), 0);
	connects += quern_connect(shard, route, &second) == 0;
}

Test(shard_corners, abort_then_connect_inside_on_established_sends_its_syn)
{
	const struct quern_source source = {
		.addresses = raw_range(DRIVER_LOCAL, DRIVER_LOCAL), .first_port = 5000, .last_port = 5010};
	const struct quern_endpoint target = raw_endpoint(DRIVER_REMOTE, SCRIPT_REMOTE_PORT);
	const struct quern_events events = {.on_established = abort_and_connect};
	struct script script;
	const struct driver_heard *heard;
	int syns = 0;

	driver_open(&driver, NULL);
	script = script_new(&driver);
	cr_assert_eq(quern_route_add(driver.shard, &source, &target, NULL, &events, NULL, &route), 0);
	cr_assert_eq(quern_connect(driver.shard, route, &script.conn), 0);
	driver_collect(&driver);
	heard = driver_next_heard(&driver);
	script.local_port = heard->segment.source_port;
	script.iss = heard->segment.seq;
	script.iss_known = true;
	say(&script, SYN | ACK, 0, 1);
	cr_assert_eq(connects, 1);
	advance(&script, 10000);
	while ((heard = driver_next_heard(&driver)) != NULL)
		syns += heard->segment.flags == SYN;
	cr_expect_gt(syns, 0, "no SYN in ten seconds");
	cr_expect(shard_validate(driver.shard));
}

Test(shard_corners, a_half_open_connection_ends_after_63_s_though_its_syn_comes_again)
{
	struct script script;

	driver_open(&driver, NULL);
	driver_listen(&driver, SCRIPT_PORT, NULL);
	script = script_new(&driver);
	say(&script, SYN, 0, 0);
	for (int i = 0; i < 600; i++) {
		advance(&script, 900);
		say(&script, SYN, 0, 0);
		driver.heard_next = driver.heard_count;
		if (i * 900 < 62000)
			continue;
		/* It was reaped, and the next SYN opened another. */
		if (driver_counters(&driver)->opened_passive > 1)
			return;
	}
	cr_assert_fail("still the same half-open connection after 540 s, retransmits %lu",
		       driver_counters(&driver)->retransmits);
}

static void by_hand(struct script *script)
{
	say(script, SYN, 0, 0);
	hear(script, SYN | ACK, 0, 1);
	say(script, ACK, 1, 1);
}

static struct quern_conn other;
static void off_for_other(struct quern_shard *shard, struct quern_conn conn, enum quern_end how, void *app)
{
	struct quern_tcp_options off = {.keepalive = false};
	(void)conn;
	(void)how;
	(void)app;
	quern_conn_keepalive(shard, other, &off);
}
static struct quern_conn seen[2];
static int seen_count;
static void note_it(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	(void)shard;
	(void)app;
	seen[seen_count++] = conn;
}

/* Two connections are given up in one turn; the end of one switches keepalive off for number `spared`. */
static void give_up_two(uint32_t spared)
{
	const struct quern_tcp_options on = {.keepalive = true};
	const struct quern_events events = {.on_established = note_it, .on_ended = off_for_other};
	const struct quern_endpoint local = raw_endpoint(DRIVER_LOCAL, SCRIPT_PORT);
	struct script a, b;

	driver_open(&driver, NULL);
	cr_assert_eq(quern_listen(driver.shard, &local, &on, &events, NULL), 0);
	a = script_new(&driver);
	b = script_new(&driver);
	b.remote_port++;
	by_hand(&a);
	by_hand(&b);
	cr_assert_eq(seen_count, 2);
	other = seen[spared];
	advance(&a, 7960000);
	cr_assert(shard_validate(driver.shard));
	driver_close(&driver);
}

Test(shard_corners, keepalive_off_for_the_first_of_two_that_fire_in_one_turn)
{
	give_up_two(0);
}

Test(shard_corners, keepalive_off_for_the_second_of_two_that_fire_in_one_turn)
{
	give_up_two(1);
}

Test(shard_corners, a_keepalive_probe_of_the_peer_every_255_s_is_answered)
{
	struct script script;

	driver_open(&driver, NULL);
	driver_listen(&driver, SCRIPT_PORT, NULL);
	script = script_new(&driver);
	establish_passive(&script);
	for (int i = 0; i < 5; i++) {
		advance(&script, 255000);
		say(&script, ACK, 0, 1);
		cr_expect_not_null(driver_next_heard(&driver), "probe %d is not answered", i);
	}
	driver_close(&driver);
}

Test(shard_corners, repeated_fins_of_one_push_nobody_out_of_time_wait)
{
	struct script a, b;

	a = in_time_wait();
	b = script_new(&driver);
	b.remote_port++;
	establish_passive(&b);
	app_close(&b);
	hear(&b, FIN | ACK, 1, 1);
	say(&b, FIN | ACK, 1, 2);
	driver.heard_next = driver.heard_count;
	in_state(&b, QUERN_TIME_WAIT);
	for (int i = 0; i < 200; i++)
		say(&b, FIN | ACK, 1, 2);
	driver.heard_next = driver.heard_count;
	cr_expect_eq(driver_counters(&driver)->time_wait_evicted, 0, "evicted %lu with 2 of 64 in use",
		     driver_counters(&driver)->time_wait_evicted);
	in_state(&a, QUERN_TIME_WAIT);
	driver_close(&driver);
}

Test(shard_corners, a_stale_handle_is_noticed_after_256_lives)
{
	struct script script;
	struct quern_conn first;
	int result;

	driver_open(&driver, NULL);
	driver_listen(&driver, SCRIPT_PORT, NULL);
	for (int i = 0; i < 256; i++) {
		script = script_new(&driver);
		script.remote_port = (uint16_t)(2000 + i);
		establish_passive(&script);
		if (i == 0)
			first = script.conn.generation || script.conn.index ? script.conn : driver.last;
		say(&script, RST, 1, 0);
		driver.told_next = driver.told_count;
		driver.heard_next = driver.heard_count;
	}
	script = script_new(&driver);
	say(&script, SYN, 0, 0);
	driver.heard_next = driver.heard_count;
	result = quern_conn_abort(driver.shard, first);
	cr_expect_eq(result, -ENOENT, "a stale handle aborts a half-open connection: %d", result);
	cr_expect(shard_validate(driver.shard), "half_open leaks");
}

Test(shard_corners, keepalive_switched_on_after_30_days_probes)
{
	const struct quern_tcp_options on = {.keepalive = true};
	struct script script;
	const uint64_t day = 86400000;

	driver_open(&driver, NULL);
	driver_listen(&driver, SCRIPT_PORT, NULL);
	script = script_new(&driver);
	establish_passive(&script);
	for (int i = 0; i < 30; i++)
		advance(&script, day);
	cr_assert_eq(quern_conn_keepalive(driver.shard, driver.last, &on), 0);
	advance(&script, 3 * 7200000);
	cr_expect_not_null(driver_next_heard(&driver), "no probe in six hours");
}

Test(shard_corners, connects_without_a_free_pair_do_not_scan_again_and_again)
{
	const struct shard_config config = {.max_connections = 70000, .max_time_wait = 64};
	const struct quern_source source = {
		.addresses = raw_range(DRIVER_LOCAL, DRIVER_LOCAL), .first_port = 0, .last_port = 0};
	const struct quern_endpoint target = raw_endpoint(DRIVER_REMOTE, SCRIPT_REMOTE_PORT);
	struct rte_mbuf *mbufs[SHARD_BURST];
	struct quern_conn conn;
	struct timespec from, to;
	uint8_t first, again;
	struct quern_conn last = {.index = 0};
	int count = 0;
	double ms;

	driver_open(&driver, &config);
	cr_assert_eq(quern_route_add(driver.shard, &source, &target, NULL, NULL, NULL, &first), 0);
	cr_assert_eq(quern_route_add(driver.shard, &source, &target, NULL, NULL, NULL, &again), 0);
	while (quern_connect(driver.shard, first, &conn) == 0) {
		uint16_t n = shard_transmit(driver.shard, mbufs, SHARD_BURST);

		last = conn;
		rte_pktmbuf_free_bulk(mbufs, n);
		count++;
	}
	cr_assert_eq(quern_connect(driver.shard, again, &conn), -EADDRNOTAVAIL);
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (int i = 0; i < 1000; i++)
		cr_assert_eq(quern_connect(driver.shard, again, &conn), -EADDRNOTAVAIL);
	clock_gettime(CLOCK_MONOTONIC, &to);
	ms = (double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6;
	cr_assert_eq(driver_counters(&driver)->connects_no_port, 1002);
	cr_assert_lt(ms, 100.0, "%d taken; a thousand failures took %.2f ms", count, ms);
	cr_assert_eq(quern_conn_abort(driver.shard, last), 0);
	cr_assert_eq(quern_connect(driver.shard, again, &conn), 0, "a pair that was given back is not found");
	driver_close(&driver);
}

Test(shard_corners, keepalive_idle_beyond_24_days_is_refused_or_kept)
{
	const struct quern_tcp_options on = {.keepalive = true, .keepalive_idle_ms = 2592000000u};
	const struct quern_endpoint local = raw_endpoint(DRIVER_LOCAL, SCRIPT_PORT);
	struct script script;

	driver_open(&driver, NULL);
	if (quern_listen(driver.shard, &local, &on, &driver_events, &driver) == -EINVAL)
		return;
	script = script_new(&driver);
	establish_passive(&script);
	advance(&script, 100);
	cr_expect_null(driver_next_heard(&driver), "a probe after 100 ms instead of 30 days");
}

Test(shard_corners, a_variant_with_other_keepalive_is_no_route)
{
	const struct quern_source source = {
		.addresses = raw_range(DRIVER_LOCAL, DRIVER_LOCAL), .first_port = 5000, .last_port = 5010};
	const struct quern_endpoint target = raw_endpoint(DRIVER_REMOTE, SCRIPT_REMOTE_PORT);
	const struct quern_tcp_options on = {.keepalive = true};
	struct quern_conn conn, other_conn;
	uint8_t only;

	driver_open(&driver, NULL);
	cr_assert_eq(quern_route_add(driver.shard, &source, &target, NULL, NULL, NULL, &only), 0);
	cr_assert_eq(quern_connect(driver.shard, only, &conn), 0);
	cr_assert_eq(quern_conn_keepalive(driver.shard, conn, &on), 0);
	cr_assert_eq(quern_connect(driver.shard, (uint8_t)(only + 1), &other_conn), -EINVAL);
	cr_assert(shard_validate(driver.shard));
	driver_close(&driver);
}

Test(shard_corners, a_close_in_the_turn_in_which_the_fin_is_due_again_keeps_its_timer)
{
	const struct quern_events events = {.on_established = note_it};
	const struct quern_endpoint local = raw_endpoint(DRIVER_LOCAL, SCRIPT_PORT);
	struct script script;

	driver_open(&driver, NULL);
	cr_assert_eq(quern_listen(driver.shard, &local, NULL, &events, NULL), 0);
	script = script_new(&driver);
	by_hand(&script);
	cr_assert_eq(quern_conn_shutdown(driver.shard, seen[0]), 0);
	driver_collect(&driver);
	hear(&script, FIN | ACK, 1, 1);
	advance(&script, 999);
	cr_assert_eq(quern_conn_close(driver.shard, seen[0]), 0);
	driver.now_ns += 2000000;
	shard_expire(driver.shard, driver.now_ns);
	driver_collect(&driver);
	cr_assert(shard_validate(driver.shard), "a FIN in flight has lost its timer");
	hear(&script, FIN | ACK, 1, 1);
	driver_close(&driver);
}

static void abort_at_once(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	(void)app;
	quern_conn_abort(shard, conn);
}

Test(shard_corners, an_abort_inside_on_established_completes_the_handshake_first)
{
	const struct quern_source source = {
		.addresses = raw_range(DRIVER_LOCAL, DRIVER_LOCAL), .first_port = 5000, .last_port = 5010};
	const struct quern_endpoint target = raw_endpoint(DRIVER_REMOTE, SCRIPT_REMOTE_PORT);
	const struct quern_events events = {.on_established = abort_at_once};
	struct script script;
	const struct driver_heard *heard;

	driver_open(&driver, NULL);
	script = script_new(&driver);
	cr_assert_eq(quern_route_add(driver.shard, &source, &target, NULL, &events, NULL, &route), 0);
	cr_assert_eq(quern_connect(driver.shard, route, &script.conn), 0);
	driver_collect(&driver);
	heard = driver_next_heard(&driver);
	script.local_port = heard->segment.source_port;
	script.iss = heard->segment.seq;
	script.iss_known = true;
	say(&script, SYN | ACK, 0, 1);
	hear(&script, ACK, 1, 1);
	heard = driver_next_heard(&driver);
	cr_assert_not_null(heard);
	cr_assert_eq(heard->segment.flags, RST);
	cr_assert_eq(heard->segment.seq, script.iss + 1);
	cr_assert(shard_validate(driver.shard));
	driver_close(&driver);
}
