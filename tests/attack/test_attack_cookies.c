/* test_attack_cookies.c - rows 1 and 2: strangers who get in during a flood of SYNs, and who forges his way in. */
#include <criterion/criterion.h>

#include "attack/battery.h"
#include "base/random.h"
#include "shard/shard_parts.h"
#include "support/script.h"
#include "tcp/tcp_cookie.h"
#include "tcp/tcp_open.h"

enum {
	LIMIT = 256,
	FLOOD_MS = 10000,
	A_MS_HAS = 100, /* SYNs of the flood */
	ROUND_MS = 40,  /* of an honest peer */
	HONEST = FLOOD_MS - 2 * ROUND_MS,
	HALF_OPEN_S = 63,
	GUESSES = 1 << 24
};

static struct driver driver;

static struct raw_segment from_anywhere(struct random *random, uint8_t flags)
{
	return (struct raw_segment){.source = 0x0b000000 | random_below(random, 1 << 24),
				    .dest = DRIVER_LOCAL,
				    .source_port = (uint16_t)(1 + random_below(random, 65535)),
				    .dest_port = SCRIPT_PORT,
				    .seq = (uint32_t)random_next(random),
				    .ack = flags & ACK ? (uint32_t)random_next(random) : 0,
				    .flags = flags,
				    .window = 1024,
				    .mss = flags & SYN ? 1460 : 0};
}

static unsigned int forget_heard(void)
{
	unsigned int count = driver.heard_count - driver.heard_next;

	driver.heard_next = driver.heard_count = 0;
	return count;
}

static void forget_told(void)
{
	driver.told_next = driver.told_count = 0;
}

static uint32_t half_open(void)
{
	uint32_t counts[QUERN_STATES_END];

	shard_count_states(driver.shard, counts);
	return counts[QUERN_SYN_RCVD];
}

static struct script honest_peer(unsigned int number)
{
	struct script script = script_new(&driver);

	script.remote_port = (uint16_t)(1024 + number);
	script.peer_iss += number * 12345;
	return script;
}

/* Two round-trip times after its SYN an honest peer has its answer, or not; it ends by RST. */
static bool is_served(struct script *script)
{
	const struct driver_heard *heard;
	struct quern_conn_info info;

	if (!script->iss_known)
		return false;
	say_text(script, PSH | ACK, 1, 1, 10);
	heard = driver_next_heard(&driver);
	if (!heard || heard->segment.flags != ACK || heard->segment.ack != script->peer_iss + 11)
		return false;
	if (quern_conn_info(driver.shard, driver.last, &info) != 0 || info.remote.port != script->remote_port)
		return false;
	say(script, RST, 11, 0);
	forget_heard();
	forget_told();
	return true;
}

/* The SYN of the peer whose turn it is in this millisecond. */
static void honest_syn(struct script *script)
{
	const struct driver_heard *heard;

	say(script, SYN, 0, 0);
	heard = driver_next_heard(&driver);
	if (heard && heard->segment.flags == (SYN | ACK)) {
		script->iss = heard->segment.seq;
		script->iss_known = true;
	}
	cr_assert_eq(forget_heard(), 0, "one answer a SYN");
}

/* A millisecond of the flood: each SYN draws one answer at most, and the clock some of those that half-open connections
 * repeat. */
static void flood(struct random *random)
{
	for (unsigned int i = 0; i < A_MS_HAS; i++) {
		struct raw_segment syn = from_anywhere(random, SYN);

		driver_inject(&driver, &syn);
		cr_assert_eq(forget_heard(), 1, "one answer a SYN");
	}
	driver_advance(&driver, 1);
	forget_heard();
}

/* Row 1. */
Test(attack_cookies, strangers_get_in_during_a_flood_from_everywhere)
{
	static struct script honest[HONEST];
	const struct shard_config config = {.max_connections = 2 * LIMIT, .max_half_open = LIMIT};
	const struct quern_counters *counters;
	unsigned int served = 0, most = 0, most_records = 0;
	struct battery_level before, level;
	struct random random;

	driver_open(&driver, &config);
	driver_listen(&driver, SCRIPT_PORT, NULL);
	counters = driver_counters(&driver);
	before = battery_level_of(driver.shard);
	random_seed(&random, 1);
	for (unsigned int ms = 0; ms < FLOOD_MS; ms++) {
		flood(&random);
		if (ms < HONEST) {
			honest[ms] = honest_peer(ms);
			honest_syn(&honest[ms]);
		}
		if (ms >= 2 * ROUND_MS)
			served += is_served(&honest[ms - 2 * ROUND_MS]);
		level = battery_level_of(driver.shard);
		cr_assert_eq(level.reserved_bytes, before.reserved_bytes);
		most = half_open() > most ? half_open() : most;
		most_records = level.connections > most_records ? level.connections : most_records;
	}
	cr_assert_leq(most, LIMIT);
	cr_assert_leq(most_records, LIMIT + 1);
	cr_assert_geq(served, HONEST * 99 / 100, "%u of %u were served", served, HONEST);
	cr_assert_eq(shard_syns(driver.shard), FLOOD_MS * A_MS_HAS + HONEST, "each SYN is accounted for");
	cr_assert_eq(counters->cookies_refused, 0);
	for (unsigned int i = 0; i < HALF_OPEN_S + 1; i++) {
		driver_advance(&driver, 1000);
		forget_heard();
	}
	battery_expect_level(driver.shard, &before);
	battery_figure(1,
		       "%d SYNs in %d s: %u half-open at most (limit %d), %u records, %lu cookies; %u of %d honest "
		       "connects succeed, memory unchanged",
		       FLOOD_MS * A_MS_HAS, FLOOD_MS / 1000, most, LIMIT, most_records,
		       (unsigned long)counters->cookies_sent, served, HONEST);
	driver_close(&driver);
}

/* All that a forger has: he knows the time, and names a flow and both numbers. */
static unsigned int accepted_of_random(const struct tcp_cookie_keys *keys, const struct hash_secret *isn_secret,
				       struct random *random, uint32_t slot)
{
	unsigned int accepted = 0;

	for (unsigned int i = 0; i < GUESSES; i++) {
		uint64_t a = random_next(random), b = random_next(random);
		struct tcp_cookie_syn syn = {.key = {DRIVER_LOCAL, (uint32_t)a, SCRIPT_PORT, (uint16_t)(a >> 32)},
					     .peer_iss = (uint32_t)b};

		syn.isn_origin = tcp_isn(isn_secret, &syn.key, 0);
		accepted += tcp_cookie_check(keys, &syn, (uint32_t)(b >> 32), slot) != 0;
	}
	return accepted;
}

/* Row 2: in the arithmetic all of them, since they differ in nothing else. */
Test(attack_cookies, sixteen_million_random_acks_let_one_in_at_most)
{
	enum { SLOT = 1000 };
	struct hash_secret secrets[3];
	struct tcp_cookie_keys keys = {.present_since = 0};
	struct random random;
	double begin = battery_cpu_seconds(), seconds;
	unsigned int accepted;

	random_seed(&random, 2);
	for (unsigned int i = 0; i < 3; i++)
		secrets[i] = (struct hash_secret){{random_next(&random), random_next(&random)}};
	tcp_cookie_new_key(&keys, &secrets[0], SLOT);
	tcp_cookie_new_key(&keys, &secrets[1], SLOT);
	accepted = accepted_of_random(&keys, &secrets[2], &random, SLOT);
	seconds = battery_cpu_seconds() - begin;
	cr_assert_leq(accepted, 1, "%u of %d random ACKs were accepted", accepted, GUESSES);
	battery_figure(2, "%d random ACKs: %u accepted, %.0f ns each", GUESSES, accepted, 1e9 * seconds / GUESSES);
}

/* Row 2, as frames: each is answered by the RST that ends it, and leaves nothing behind. */
static void forge(unsigned int frames)
{
	enum { BURST = 32 };
	const struct quern_tcp_options options = {.syn_cookies = QUERN_SYN_COOKIES_ALWAYS};
	struct raw_segment burst[BURST];
	struct battery_level before;
	struct random random;
	unsigned int resets = 0;

	driver_open(&driver, NULL);
	driver_listen(&driver, SCRIPT_PORT, &options);
	before = battery_level_of(driver.shard);
	random_seed(&random, 3);
	burst[0] = from_anywhere(&random, SYN);
	driver_inject(&driver, &burst[0]);
	cr_assert_eq(forget_heard(), 1);
	for (unsigned int i = 0; i < frames / BURST; i++) {
		const struct driver_heard *heard;

		for (unsigned int j = 0; j < BURST; j++)
			burst[j] = from_anywhere(&random, ACK);
		driver_inject_burst(&driver, burst, BURST);
		while ((heard = driver_next_heard(&driver)) != NULL)
			resets += heard->segment.flags == RST;
		forget_heard();
	}
	cr_assert_eq(driver_counters(&driver)->cookies_accepted, 0);
	cr_assert_eq(driver_counters(&driver)->cookies_refused, frames);
	cr_assert_eq(resets, frames);
	cr_assert_eq(driver.told_count, 0);
	battery_expect_level(driver.shard, &before);
	battery_figure(2, "%u random ACKs as frames: %u RST, 0 accepted, nothing left behind", frames, resets);
	driver_close(&driver);
}

Test(attack_cookies, a_million_forged_acks_draw_a_rst_each_and_leave_nothing)
{
	forge(1 << 20);
}

Test(attack_cookies_long, sixteen_million_forged_acks_draw_a_rst_each_and_leave_nothing)
{
	forge(GUESSES);
}

/* One handshake that lasts `ms` from SYN+ACK to ACK, just before which another begins, whose cookie may be the first of
 * a new secret. True where its ACK let it in. */
static bool gets_in_after(unsigned int number, uint64_t ms)
{
	struct script script = honest_peer(2 * number), other = honest_peer(2 * number + 1);
	uint64_t accepted = driver_counters(&driver)->cookies_accepted;

	honest_syn(&script);
	driver_advance(&driver, ms);
	honest_syn(&other);
	say(&script, ACK, 1, 1);
	if (driver_counters(&driver)->cookies_accepted == accepted) {
		hear_reset(&script, 1, 0);
		return false;
	}
	say(&script, RST, 1, 0);
	forget_heard();
	forget_told();
	return true;
}

/* Row 2: what was heard on the way and is said once more when its time is over, and what is under way when the secret
 * changes. */
Test(attack_cookies, replays_are_over_with_their_window_and_no_change_of_the_secret_drops_a_handshake)
{
	enum { HANDSHAKES = 2000, SLOT_MS = 67109, LATE_MS = 2 * SLOT_MS, PACE_MS = 1234 };
	const struct quern_tcp_options options = {.syn_cookies = QUERN_SYN_COOKIES_ALWAYS};
	unsigned int lived = 0, replayed = 0, number = 0, changes = 0;
	struct random random;

	driver_open(&driver, NULL);
	driver_listen(&driver, SCRIPT_PORT, &options);
	random_seed(&random, 4);
	for (unsigned int i = 0; i < HANDSHAKES; i++) {
		uint32_t since = driver.shard->cookie_keys.present_since;

		lived += gets_in_after(number++, random_below(&random, SLOT_MS - 1));
		changes += driver.shard->cookie_keys.present_since != since;
		driver_advance(&driver, PACE_MS);
		forget_heard();
	}
	cr_assert_eq(lived, HANDSHAKES);
	cr_assert_geq(changes, 50, "the secret has changed %u times", changes);
	cr_assert_eq(driver_counters(&driver)->cookies_refused, 0);
	for (unsigned int i = 0; i < HANDSHAKES; i++)
		replayed += gets_in_after(number++, LATE_MS + random_below(&random, SLOT_MS));
	cr_assert_eq(replayed, 0);
	battery_figure(2,
		       "%d handshakes of up to 67 s, %u changes of the secret: %u succeed; %d replays after 134 s: %u",
		       HANDSHAKES, changes, lived, HANDSHAKES, replayed);
	driver_close(&driver);
}
