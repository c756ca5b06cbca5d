/* test_attack_blind.c - rows 4 and 5: segments of somebody who sees nothing, and two ends that agree on nothing. */
#include <criterion/criterion.h>

#include "attack/battery.h"
#include "base/random.h"
#include "support/script.h"
#include "support/shard_pair.h"

enum { WINDOW = 65535, A_MS_HAS = 32, CONFUSED_S = 60 };

static struct driver driver;
static struct pair pair;

static unsigned int forget_heard(void)
{
	unsigned int count = driver.heard_count - driver.heard_next;

	driver.heard_next = driver.heard_count = 0;
	return count;
}

/* Blind: the tuple is known, SEQ and ACK are guesses. Half of them sweep the window, the others lie anywhere; none
 * covers RCV.NXT, which is a guess that was right. */
static bool forge(struct script *script, uint32_t rcv_nxt, uint32_t number, struct random *random,
		  struct raw_segment *forged)
{
	static const uint8_t kinds[] = {RST, RST | ACK, SYN, SYN | ACK, ACK, FIN | ACK, PSH | ACK, FIN | PSH | URG, 0};
	uint32_t before;

	*forged = script_segment(script, kinds[random_below(random, sizeof(kinds))], 0, 0);
	forged->mss = 0;
	forged->seq = script->peer_iss + rcv_nxt + (uint32_t)random_next(random);
	if (number % 2 == 0)
		forged->seq = script->peer_iss + rcv_nxt + 1 + number / 2 % WINDOW;
	forged->ack = (uint32_t)random_next(random);
	if (!(forged->flags & (SYN | RST)))
		forged->text_bytes = random_below(random, 3) * random_below(random, 60);
	before = script->peer_iss + rcv_nxt - forged->seq;
	return before > forged->text_bytes;
}

/* A FIN that nobody acknowledges may be told as unanswered; that is all. */
static void told_of_nothing_forged(void)
{
	const struct driver_told *told;

	while ((told = driver_next_told(&driver)) != NULL)
		cr_assert_eq(told->what, TOLD_UNANSWERED);
}

/* Forged segments in one state; returns how many there were. What they must not do is checked as they come. */
static uint32_t sweep(enum quern_state state, uint32_t count, uint64_t *challenges, double *a_second)
{
	struct reached reached = state_reach(&driver, state, false);
	struct battery_level before = battery_level_of(driver.shard);
	uint64_t begin_ms = driver_now_ms(&driver), bytes = driver_counters(&driver)->text_bytes;
	struct random random;
	uint32_t sent = 0;
	double seconds;

	random_seed(&random, 40 + (uint64_t)state);
	for (uint32_t number = 0; number < count; number++) {
		struct raw_segment forged;

		if (!forge(&reached.script, reached.rcv_nxt, number, &random, &forged))
			continue;
		driver_inject(&driver, &forged);
		forget_heard();
		if (++sent % A_MS_HAS == 0 && driver_now_ms(&driver) - begin_ms < 30000)
			driver_advance(&driver, 1);
	}
	in_state(&reached.script, state);
	told_of_nothing_forged();
	battery_expect_level(driver.shard, &before);
	cr_assert_eq(driver_counters(&driver)->text_bytes, bytes);
	seconds = (double)(driver_now_ms(&driver) - begin_ms) / 1000;
	*challenges = driver_counters(&driver)->challenge_acks;
	*a_second = (double)*challenges / seconds;
	cr_assert_leq((double)*challenges, 2 * seconds + 2, "%lu challenge ACKs in %.1f s", *challenges, seconds);
	driver_close(&driver);
	return sent;
}

static void sweep_all(uint32_t count, const char *what)
{
	static const enum quern_state states[] = {QUERN_ESTABLISHED, QUERN_FIN_WAIT_1, QUERN_FIN_WAIT_2,
						  QUERN_CLOSE_WAIT,  QUERN_CLOSING,    QUERN_LAST_ACK};
	double worst = 0;
	uint32_t sent = 0;

	for (unsigned int i = 0; i < sizeof(states) / sizeof(*states); i++) {
		uint64_t challenges;
		double a_second;

		sent += sweep(states[i], count, &challenges, &a_second);
		worst = a_second > worst ? a_second : worst;
	}
	cr_assert_geq(sent, 1 << 20);
	battery_figure(4,
		       "%u forged segments%s in 6 states: 0 connections lost, 0 bytes injected, %.2f challenge ACKs a "
		       "second at most",
		       sent, what, worst);
}

/* Row 4. */
Test(attack_blind, forged_segments_all_over_the_window_end_nothing_and_inject_nothing)
{
	sweep_all(180000, "");
}

/* Row 4 at full length. */
Test(attack_blind_long, a_million_forged_segments_a_state_end_nothing_and_inject_nothing)
{
	sweep_all(1 << 20, ", 2^20 a state,");
}

enum { WITNESSED_MAX = 256 };

/* All that the attacker's own connection hears while another one is hit, or not. */
static unsigned int witness(bool is_hit, struct driver_heard heard[WITNESSED_MAX])
{
	struct script other, own;
	unsigned int count = 0;

	driver_open(&driver, NULL);
	driver_listen(&driver, SCRIPT_PORT, NULL);
	other = script_new(&driver);
	establish_passive(&other);
	own = script_new(&driver);
	own.remote_port++;
	establish_passive(&own);
	for (uint32_t ms = 0; ms < 10000; ms++) {
		for (uint32_t i = 0; is_hit && i < 20; i++)
			say(&other, i % 2 ? RST : SYN, 100 + ms, 0);
		forget_heard();
		if (ms % 37 == 0)
			say(&own, ms % 2 ? RST : SYN, 5000, 0);
		for (const struct driver_heard *next; (next = driver_next_heard(&driver)) != NULL;)
			heard[count++] = *next;
		cr_assert_lt(count, WITNESSED_MAX);
		driver_advance(&driver, 1);
	}
	driver_close(&driver);
	return count;
}

/* Row 4: CVE-2016-5696 was a limit that connections shared. */
Test(attack_blind, what_one_connection_is_answered_tells_nothing_of_another)
{
	static struct driver_heard alone[WITNESSED_MAX], beside[WITNESSED_MAX];
	unsigned int count = witness(false, alone);

	cr_assert_eq(witness(true, beside), count);
	cr_assert_geq(count, 10);
	for (unsigned int i = 0; i < count; i++) {
		cr_assert_eq(alone[i].at_ms, beside[i].at_ms, "answer %u comes at another time", i);
		cr_assert_arr_eq(&alone[i].segment, &beside[i].segment, sizeof(alone[i].segment));
	}
	battery_figure(
		4,
		"%u challenges of the attacker's own connection: the same ones, to the millisecond, with 200,000 "
		"forged segments to another connection beside them",
		count);
}

/* A frame between the two ends that the test writes itself. */
static void inject(enum pair_side side, const struct raw_segment *segment)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(pair.pool);
	uint8_t frame[RAW_FRAME_MAX];
	uint32_t bytes = raw_build(frame, segment);

	memcpy(rte_pktmbuf_append(mbuf, (uint16_t)bytes), frame, bytes);
	shard_receive(pair.ends[side], &mbuf, 1, pair.now_ns);
}

static struct raw_segment overhear(enum pair_side side)
{
	struct raw_segment segment;
	struct rte_mbuf *mbuf;

	cr_assert_eq(shard_transmit(pair.ends[side], &mbuf, 1), 1);
	cr_assert_null(raw_read(rte_pktmbuf_mtod(mbuf, const uint8_t *), mbuf->data_len, &segment));
	rte_pktmbuf_free(mbuf);
	return segment;
}

static uint32_t take_all(struct quern_shard *shard, struct quern_conn conn, const void *text, uint32_t bytes, void *app)
{
	(void)shard;
	(void)conn;
	(void)text;
	(void)app;
	return bytes;
}

static void nothing_ends(struct quern_shard *shard, struct quern_conn conn, enum quern_end how, void *app)
{
	(void)shard;
	(void)conn;
	(void)how;
	(void)app;
	cr_assert_fail("a connection has ended");
}

static void remember(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	(void)shard;
	*(struct quern_conn *)app = conn;
}

static const struct quern_events events = {.on_established = remember, .on_data = take_all, .on_ended = nothing_ends};

/* Both ends are established on one tuple, each in a conversation with somebody in between who is gone now. The client
 * expects numbers that are `seq_off` from the server's, and the server's sent ones that are `ack_off` from its own. */
static void confuse(uint32_t seq_off, uint32_t ack_off, struct quern_conn conns[2])
{
	const struct shard_config config = {.max_connections = 16, .max_time_wait = 16, .mtu = 1500, .seed = 5};
	const struct quern_tcp_options options = {.user_timeout_ms = 1000000};
	const struct quern_endpoint target = raw_endpoint(PAIR_SERVER, 80);
	const struct quern_source source = {
		.addresses = raw_range(PAIR_CLIENT_FIRST, PAIR_CLIENT_FIRST), .first_port = 5000, .last_port = 5000};
	struct raw_segment syn, answer, forged;
	uint8_t route;

	pair_open(&pair, &config, 50000);
	cr_assert_eq(quern_listen(pair.ends[1], &target, &options, &events, &conns[1]), 0);
	cr_assert_eq(quern_route_add(pair.ends[0], &source, &target, &options, &events, &conns[0], &route), 0);
	cr_assert_eq(quern_connect(pair.ends[0], route, &conns[0]), 0);
	syn = overhear(PAIR_CLIENT);
	forged = syn;
	forged.seq = syn.seq + ack_off;
	inject(PAIR_SERVER_SIDE, &forged);
	answer = overhear(PAIR_SERVER_SIDE);
	forged.flags = ACK;
	forged.mss = 0;
	forged.seq++;
	forged.ack = answer.seq + 1;
	inject(PAIR_SERVER_SIDE, &forged);
	forged = answer;
	forged.seq = answer.seq + seq_off;
	forged.ack = syn.seq + 1;
	inject(PAIR_CLIENT, &forged);
	overhear(PAIR_CLIENT);
}

static uint64_t frames_sent(void)
{
	return shard_counters(pair.ends[0])->tx_packets + shard_counters(pair.ends[1])->tx_packets;
}

/* Frames a second and an end, once that is steady. The longer the way, the more a loop could hold. */
static double rate_of_confusion(uint32_t seq_off, uint32_t ack_off, uint32_t delay_ms)
{
	static const uint8_t word[8] = "anything";
	struct quern_conn conns[2];
	uint64_t before;
	uint32_t taken;
	double rate;

	confuse(seq_off, ack_off, conns);
	pair.delay_ns += delay_ms * UINT64_C(1000000);
	for (unsigned int side = 0; side < 2; side++)
		cr_assert_eq(quern_conn_send(pair.ends[side], conns[side], word, sizeof(word), &taken), 0);
	pair_run(&pair, 10000);
	before = frames_sent();
	pair_run(&pair, CONFUSED_S * 1000);
	rate = (double)(frames_sent() - before) / CONFUSED_S / 2;
	pair_close(&pair);
	return rate;
}

/* Row 5. */
Test(attack_blind, two_ends_that_agree_on_nothing_send_two_acks_a_second_each)
{
	static const uint32_t offsets[][2] = {{5, 0},          {(uint32_t)-5, 0}, {0x40000000, 0x40000000},
					      {0x80000000, 0}, {0, 0x80000000},   {70000, (uint32_t)-70000},
					      {1, 1},          {(uint32_t)-1, 1}, {300, 300}};
	static const uint32_t delays_ms[] = {0, 20, 300, 600, 2100};
	double worst = 0;

	for (unsigned int i = 0; i < sizeof(offsets) / sizeof(*offsets); i++)
		for (unsigned int j = 0; j < sizeof(delays_ms) / sizeof(*delays_ms); j++) {
			double rate = rate_of_confusion(offsets[i][0], offsets[i][1], delays_ms[j]);

			cr_assert_leq(rate, 2.1, "%.2f frames a second an end, with offsets %x and %x over %u ms", rate,
				      offsets[i][0], offsets[i][1], delays_ms[j]);
			worst = rate > worst ? rate : worst;
		}
	battery_figure(5,
		       "two confused ends, both with text to send, %d s in steady state: %.2f ACKs a second an end at "
		       "most",
		       CONFUSED_S, worst);
}
