/* test_attack_syn.c - rows 1, 3 and 10: SYNs from everywhere, from one tuple, and beyond the last record. */
#include <criterion/criterion.h>

#include "attack/battery.h"
#include "base/random.h"
#include "support/script.h"

enum { LIMIT = 256, HONEST = 32, FLOOD = 200000, A_MS_HAS = 200, HALF_OPEN_S = 63 };

static struct driver driver;

static struct script numbered(unsigned int number)
{
	struct script script = script_new(&driver);

	script.remote_port = (uint16_t)(1024 + number);
	return script;
}

/* Who was there before the attack: established, and with text that comes and is acknowledged all the time. */
static void open_honest(struct script honest[HONEST])
{
	for (unsigned int i = 0; i < HONEST; i++) {
		honest[i] = numbered(i);
		establish_passive(&honest[i]);
	}
}

static void speak_honest(struct script honest[HONEST], uint32_t round)
{
	struct script *script = &honest[round % HONEST];
	uint32_t seq = 1 + round / HONEST * 10;

	say_text(script, ACK, seq, 1, 10);
	hear(script, ACK, 1, seq + 10);
}

static struct raw_segment random_syn(struct random *random)
{
	return (struct raw_segment){.source = 0x0b000000 | random_below(random, 1 << 24),
				    .dest = DRIVER_LOCAL,
				    .source_port = (uint16_t)(1 + random_below(random, 65535)),
				    .dest_port = SCRIPT_PORT,
				    .seq = (uint32_t)random_next(random),
				    .flags = SYN,
				    .window = 1024,
				    .mss = 1460};
}

static unsigned int forget_heard(void)
{
	unsigned int count = driver.heard_count - driver.heard_next;

	driver.heard_next = driver.heard_count = 0;
	return count;
}

static uint32_t half_open(void)
{
	uint32_t counts[QUERN_STATES_END];

	shard_count_states(driver.shard, counts);
	return counts[QUERN_SYN_RCVD];
}

/* Row 1 where cookies are not wanted; test_attack_cookies.c has the rest of it. */
Test(attack_syn, a_flood_from_everywhere_is_bounded_answered_once_each_and_hurts_nobody_inside)
{
	const struct shard_config config = {.max_connections = 2 * LIMIT, .max_half_open = LIMIT};
	const struct quern_tcp_options options = {.syn_cookies = QUERN_SYN_COOKIES_NEVER};
	struct script honest[HONEST], late;
	struct battery_level before;
	struct random random;
	unsigned int replies = 0, most = 0;
	uint64_t begin_ms, drops;

	driver_open(&driver, &config);
	driver_listen(&driver, SCRIPT_PORT, &options);
	open_honest(honest);
	before = battery_level_of(driver.shard);
	random_seed(&random, 1);
	begin_ms = driver_now_ms(&driver);
	drops = battery_drops(driver.shard);
	for (uint32_t i = 0; i < FLOOD; i++) {
		struct raw_segment syn = random_syn(&random);
		uint32_t count;

		driver_inject(&driver, &syn);
		count = forget_heard();
		cr_assert_leq(count, 1);
		replies += count;
		if (i % A_MS_HAS != 0)
			continue;
		speak_honest(honest, i / A_MS_HAS);
		driver_advance(&driver, 1);
		forget_heard();
		most = half_open() > most ? half_open() : most;
	}
	cr_assert_leq(most, LIMIT);
	cr_assert_eq(driver_counters(&driver)->opened_passive, HONEST + replies);
	cr_assert_eq(battery_drops(driver.shard) - drops, FLOOD - replies, "each SYN is answered or counted");
	cr_assert_leq(driver_now_ms(&driver) - begin_ms, FLOOD / A_MS_HAS + 1);
	/* Half-open connections of the flood's last moment end after 63 s; then all is as before. */
	for (unsigned int i = 0; i < HALF_OPEN_S + 1; i++) {
		driver_advance(&driver, 1000);
		forget_heard();
	}
	battery_expect_level(driver.shard, &before);
	late = numbered(5000);
	establish_passive(&late);
	battery_figure(1,
		       "without cookies, %u SYNs in %d ms: %u half-open at most (limit %u), %u answered, the rest "
		       "counted; %u honest "
		       "connections unharmed; room again after %d s",
		       FLOOD, (int)(FLOOD / A_MS_HAS), most, LIMIT, replies, HONEST, HALF_OPEN_S);
	driver_close(&driver);
}

static unsigned int flood_one_tuple(uint32_t seq_step, uint32_t seconds, uint32_t a_ms_has)
{
	struct script script = numbered(7);
	unsigned int replies = 0;
	uint32_t number = 0;

	for (uint32_t ms = 0; ms < 1000 * seconds; ms++) {
		for (uint32_t i = 0; i < a_ms_has; i++) {
			say(&script, SYN, number++ * seq_step, 0);
			cr_assert_leq(driver.heard_count - driver.heard_next, 1);
			replies += forget_heard();
			cr_assert_leq(battery_level_of(driver.shard).connections, 1);
		}
		driver_advance(&driver, 1);
		replies += forget_heard();
	}
	return replies;
}

/* Row 3. */
Test(attack_syn, a_flood_from_one_tuple_is_one_entry_and_two_answers_a_second)
{
	enum { SECONDS = 10, A_MS = 20 };
	struct battery_level before;
	unsigned int same, far, wandering;

	driver_open(&driver, NULL);
	driver_listen(&driver, SCRIPT_PORT, NULL);
	before = battery_level_of(driver.shard);
	same = flood_one_tuple(0, SECONDS, A_MS);
	/* Two in a second of the clock, and the retransmissions of a half-open connection. */
	cr_assert_leq(same, 2 * SECONDS + 1 + 4, "%u answers in %d s", same, SECONDS);
	for (int i = 0; i < 70; i++)
		driver_advance(&driver, 1000);
	forget_heard();
	battery_expect_level(driver.shard, &before);
	/* Numbers that leap out of the window: challenge ACKs, throttled. */
	far = flood_one_tuple(0x01000193, SECONDS, A_MS);
	cr_assert_leq(far, 5 * SECONDS, "%u answers to numbers that leap", far);
	for (int i = 0; i < 70; i++)
		driver_advance(&driver, 1000);
	forget_heard();
	battery_expect_level(driver.shard, &before);
	/* Numbers that wander through the window: each second SYN opens anew, as RFC 9293 3.10.7.4 wants it. */
	wandering = flood_one_tuple(1000, SECONDS, A_MS);
	cr_assert_leq(wandering, SECONDS * 1000 * A_MS / 2 + 4, "%u answers to numbers that wander", wandering);
	battery_figure(3,
		       "%d SYNs a second on one tuple for %d s: 1 entry, %.1f SYN+ACK a second; with numbers that leap "
		       "%.1f answers a second, with numbers that wander in the window %.2f a SYN",
		       1000 * A_MS, SECONDS, (double)same / SECONDS, (double)far / SECONDS,
		       (double)wandering / (SECONDS * 1000 * A_MS));
	for (int i = 0; i < 70; i++)
		driver_advance(&driver, 1000);
	forget_heard();
	driver_close(&driver);
}

/* Row 10. */
Test(attack_syn, a_full_table_counts_every_syn_that_it_drops_and_serves_who_is_inside)
{
	enum { RECORDS = 64, LATE = 20000 };
	const struct shard_config config = {.max_connections = RECORDS, .max_half_open = RECORDS};
	struct script inside[RECORDS], next;
	struct battery_level before;
	struct random random;
	uint64_t drops, full;

	driver_open(&driver, &config);
	driver_listen(&driver, SCRIPT_PORT, NULL);
	for (unsigned int i = 0; i < RECORDS; i++) {
		inside[i] = numbered(i);
		establish_passive(&inside[i]);
	}
	before = battery_level_of(driver.shard);
	drops = battery_drops(driver.shard);
	random_seed(&random, 10);
	for (uint32_t i = 0; i < LATE; i++) {
		struct raw_segment syn = random_syn(&random);

		driver_inject(&driver, &syn);
		cr_assert_eq(forget_heard(), 0);
		if (i % 100 == 0)
			speak_honest(inside, i / 100);
	}
	full = driver_counters(&driver)->drops[QUERN_DROP_TCP_TABLE_FULL];
	cr_assert_eq(full, LATE, "%lu of %u are counted as such", full, LATE);
	cr_assert_eq(battery_drops(driver.shard) - drops, LATE);
	battery_expect_level(driver.shard, &before);
	/* One goes, the next comes in: at once. */
	app_abort(&inside[RECORDS - 1]);
	forget_heard();
	driver.told_next = driver.told_count;
	next = numbered(5000);
	establish_passive(&next);
	battery_figure(
		10, "%u SYNs beyond %u records: all dropped and counted, %u connections unharmed, room again at once",
		LATE, RECORDS, RECORDS);
	driver_close(&driver);
}
