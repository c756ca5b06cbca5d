/* test_attack_clock.c - rows 26 and 27: time that leaps, and a million timers that are due at once. */
#include <stdlib.h>

#include <criterion/criterion.h>

#include "attack/battery.h"
#include "support/script.h"

enum {
	CROWD = 3000, /* a third each: half-open, with text in flight, idle under keepalive */
	THIRD = CROWD / 3,
	TEXT = 100,
	MILLION = 1000000,
	ADDRESSES = 32,
	A_BATCH = 1000,
	SECOND_MS = 1000,
	HOUR_MS = 3600000
};

static struct driver driver;

/* What came of one catch-up: turns, the most timers in one, the worst CPU time of one, and segments sent. */
struct catch_up {
	uint32_t turns, most, segments;
	double worst_s;
};

/* All that the shard has to say, counted and thrown away. */
static uint32_t drain(void)
{
	struct rte_mbuf *mbufs[SHARD_BURST];
	uint32_t sent = 0;
	uint16_t count;

	do {
		count = shard_transmit(driver.shard, mbufs, SHARD_BURST);
		rte_pktmbuf_free_bulk(mbufs, count);
		sent += count;
	} while (count == SHARD_BURST);
	return sent;
}

static bool is_behind(void)
{
	uint64_t deadline_ns;

	return shard_next_deadline(driver.shard, &deadline_ns) && deadline_ns <= driver.now_ns;
}

/* The clock leaps; then turn after turn at the new time until nothing is due. */
static struct catch_up leap(uint64_t ms)
{
	struct catch_up done = {0};
	uint32_t fired;

	driver.now_ns += ms * UINT64_C(1000000);
	do {
		double begin = battery_cpu_seconds(), seconds;

		fired = shard_expire(driver.shard, driver.now_ns);
		done.segments += drain();
		seconds = battery_cpu_seconds() - begin;
		done.worst_s = seconds > done.worst_s ? seconds : done.worst_s;
		done.most = fired > done.most ? fired : done.most;
		done.turns++;
		driver.told_next = driver.told_count;
	} while (is_behind());
	return done;
}

static void expect_paced(const struct catch_up *done)
{
	cr_assert_leq(done->most, 2 * SHARD_EXPIRE_MAX);
	cr_assert_leq(done->worst_s, 0.010, "a turn of %.1f ms", done->worst_s * 1e3);
}

static uint32_t in_state_now(enum quern_state state)
{
	uint32_t counts[QUERN_STATES_END];

	shard_count_states(driver.shard, counts);
	return counts[state];
}

static void open_crowd(void)
{
	const struct shard_config config = {.max_connections = CROWD};
	const struct quern_tcp_options alive = {.keepalive = true};

	driver_pool_buffers = 4095;
	driver_open(&driver, &config);
	driver_listen(&driver, SCRIPT_PORT, NULL);
	driver_listen(&driver, SCRIPT_PORT + 1, &alive);
	for (unsigned int i = 0; i < CROWD; i++) {
		struct script script = script_new(&driver);

		script.remote_port = (uint16_t)(1024 + i);
		script.local_port = (uint16_t)(SCRIPT_PORT + (i % 3 == 2));
		if (i % 3 == 0) {
			say(&script, SYN, 0, 0);
			hear(&script, SYN | ACK, 0, 1);
			continue;
		}
		establish_passive(&script);
		if (i % 3 == 1)
			driver_send(&driver, script.conn, TEXT);
		driver_collect(&driver);
		driver.heard_next = driver.heard_count;
	}
}

/* Row 26. */
Test(attack_clock, a_leap_of_the_clock_fires_each_timer_once_and_none_before_its_time)
{
	struct catch_up pause, hour, second_hour;

	open_crowd();
	pause = leap(10 * SECOND_MS);
	expect_paced(&pause);
	cr_assert_eq(pause.segments, 2 * THIRD, "%u segments for %u timers that were due", pause.segments, 2 * THIRD);
	cr_assert_eq(in_state_now(QUERN_SYN_RCVD), THIRD);
	cr_assert_eq(in_state_now(QUERN_ESTABLISHED), 2 * THIRD);
	cr_assert_eq(driver_counters(&driver)->ended[QUERN_END_TIMEOUT], 0);
	/* An hour ends what was given 63 s and 120 s, and nothing that was given two hours. */
	hour = leap(HOUR_MS);
	for (unsigned int i = 0; i < 12; i++) {
		struct catch_up rest = leap(HOUR_MS / 60);

		expect_paced(&rest);
	}
	expect_paced(&hour);
	cr_assert_leq(hour.segments, 2 * THIRD);
	cr_assert_eq(in_state_now(QUERN_SYN_RCVD), 0);
	cr_assert_eq(in_state_now(QUERN_ESTABLISHED), THIRD);
	cr_assert_eq(driver_counters(&driver)->keepalive_probes, 0);
	second_hour = leap(HOUR_MS - 12 * (HOUR_MS / 60));
	expect_paced(&second_hour);
	cr_assert_eq(driver_counters(&driver)->keepalive_probes, THIRD, "each is asked once");
	battery_figure(
		26,
		"%d connections; a leap of 10 s: %u segments, one for each timer that was due, in %u turns of %.2f "
		"ms at most; an hour: %u in %u turns of %.2f ms; nothing ended or probed before its time",
		CROWD, pause.segments, pause.turns, pause.worst_s * 1e3, hour.segments, hour.turns, hour.worst_s * 1e3);
	driver_close(&driver);
}

/* A million SYNs of our own in one millisecond, into nowhere. */
static void open_million(void)
{
	const struct shard_config config = {.max_connections = MILLION + 8,
					    .addresses = {.first = DRIVER_LOCAL, .last = DRIVER_LOCAL + ADDRESSES - 1}};
	const struct quern_source source = {.addresses = {.first = DRIVER_LOCAL, .last = DRIVER_LOCAL + ADDRESSES - 1},
					    .first_port = 0,
					    .last_port = 0};
	const struct quern_endpoint target = raw_endpoint(DRIVER_REMOTE, SCRIPT_REMOTE_PORT);
	struct quern_conn conn;
	uint8_t route;

	driver_open(&driver, &config);
	driver_listen(&driver, SCRIPT_PORT, NULL);
	cr_assert_eq(quern_route_add(driver.shard, &source, &target, NULL, NULL, NULL, &route), 0);
	for (uint32_t i = 0; i < MILLION; i++) {
		cr_assert_eq(quern_connect(driver.shard, route, &conn), 0);
		if (i % A_BATCH == 0)
			drain();
	}
	drain();
}

/* Reads what the shard sends: which connections have said their SYN again, each once; and an answer to the test. */
static uint32_t read_turn(uint8_t *said, bool *answered)
{
	struct rte_mbuf *mbufs[SHARD_BURST];
	uint32_t repeats = 0;
	uint16_t count;

	do {
		count = shard_transmit(driver.shard, mbufs, SHARD_BURST);
		for (uint16_t i = 0; i < count; i++) {
			struct raw_segment segment;
			uint32_t place;

			cr_assert_null(
				raw_read(rte_pktmbuf_mtod(mbufs[i], const uint8_t *), mbufs[i]->data_len, &segment));
			rte_pktmbuf_free(mbufs[i]);
			if (segment.flags != SYN) {
				*answered = true;
				continue;
			}
			place = (segment.source - DRIVER_LOCAL) << 16 | segment.source_port;
			cr_assert_eq(said[place]++, 0, "a timer has fired twice");
			repeats++;
		}
	} while (count == SHARD_BURST);
	return repeats;
}

/* One frame of the honest connection in, in the same turn as all the timers. */
static void receive_one(const struct script *honest, uint32_t turn)
{
	struct raw_segment segment = script_segment(honest, ACK, 1 + turn, 1);
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(driver.in_pool);
	uint8_t frame[RAW_FRAME_MAX];
	uint32_t bytes;

	segment.text_bytes = 1;
	bytes = raw_build(frame, &segment);
	memcpy(rte_pktmbuf_append(mbuf, (uint16_t)bytes), frame, bytes);
	shard_receive(driver.shard, &mbuf, 1, driver.now_ns);
}

/* Row 27. */
Test(attack_clock, a_million_timers_in_one_tick_all_fire_once_and_receiving_goes_on)
{
	uint8_t *said = calloc(ADDRESSES, 65536);
	uint32_t fired = 0, turns = 0, most = 0;
	double worst = 0;
	struct script honest;

	open_million();
	honest = script_new(&driver);
	establish_passive(&honest);
	driver.now_ns += SECOND_MS * UINT64_C(1000000);
	for (; fired < MILLION; turns++) {
		double begin = battery_cpu_seconds(), seconds;
		bool answered = false;
		uint32_t count;

		receive_one(&honest, turns);
		count = shard_expire(driver.shard, driver.now_ns);
		seconds = battery_cpu_seconds() - begin;
		cr_assert_leq(count, 2 * SHARD_EXPIRE_MAX);
		cr_assert_lt(turns, 3 * MILLION / SHARD_EXPIRE_MAX, "no end of it");
		fired += read_turn(said, &answered);
		cr_assert(answered, "a turn without an answer");
		most = count > most ? count : most;
		worst = seconds > worst ? seconds : worst;
	}
	cr_assert_eq(fired, MILLION);
	cr_assert_eq(driver_counters(&driver)->retransmits, MILLION);
	cr_assert_eq(shard_expire(driver.shard, driver.now_ns), 0);
	cr_assert_leq(worst, 0.010, "a turn of %.1f ms", worst * 1e3);
	battery_figure(27,
		       "%d timers in one tick: each fires once, in %u turns of %u at most and %.2f ms at worst, and a "
		       "segment received in each turn is answered in it",
		       MILLION, turns, most, worst * 1e3);
	driver_close(&driver);
	free(said);
}
