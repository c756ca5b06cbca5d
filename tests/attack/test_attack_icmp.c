/* test_attack_icmp.c - row 18: ICMP that ends connections, shrinks segments, throttles, or quotes what never was. */
#include <criterion/criterion.h>

#include "attack/battery.h"
#include "base/random.h"
#include "support/raw_icmp.h"

enum {
	TEXT = 40000,
	LEAST_MTU = 552,
	FORGED = 60000,
	BAD_QUOTES = 200000,
	QUENCHES = 10000,
	TOO_BIGS_S = 100,
	SECONDS = 30,
	HALF_SECONDS = 2 * SECONDS + 1
};

static const uint8_t types[][2] = {{3, 0}, {3, 1}, {3, 2}, {3, 3}, {3, 5}, {3, 9}, {3, 13}, {11, 0}, {11, 1}, {12, 0}};
static const enum quern_state synchronized[] = {QUERN_ESTABLISHED, QUERN_FIN_WAIT_1, QUERN_FIN_WAIT_2,
						QUERN_CLOSE_WAIT,  QUERN_CLOSING,    QUERN_LAST_ACK};

static struct driver driver;

/* All that was sent and told so far is of no interest. */
static void forget(void)
{
	driver.heard_next = driver.heard_count;
	cr_assert_eq(driver.told_next, driver.told_count, "the application is told something");
}

static uint64_t drops(enum quern_drop reason)
{
	return driver_counters(&driver)->drops[reason];
}

/* Ten segments in flight, of which nothing is acknowledged yet. */
static struct script in_full_flight(void)
{
	struct script script = script_reader(&driver, NULL);

	establish_passive(&script);
	app_send(&script, TEXT);
	forget();
	return script;
}

/* The peer acknowledges all that comes, and what was overheard comes again: the stream is whole. */
static void finish(struct script *script)
{
	const struct driver_heard *heard;
	uint32_t received = script_info(script).snd_una - script->iss, place;

	for (unsigned int turns = 0; received < 1 + TEXT && turns < 1000; turns++) {
		say(script, ACK, 1, received);
		driver_advance(&driver, 1);
		while ((heard = driver_next_heard(&driver)) != NULL) {
			place = heard->segment.seq - script->iss;
			cr_assert_eq(heard->segment.text_sum, raw_text_sum(place - 1, heard->segment.text_bytes));
			if (place == received)
				received += heard->segment.text_bytes;
		}
		if (turns % 20 == 19)
			driver_advance(&driver, 3000);
	}
	cr_assert_eq(received, 1 + TEXT, "%u bytes of %d came through", received - 1, TEXT);
	say(script, ACK, 1, 1 + TEXT);
	in_state(script, QUERN_ESTABLISHED);
}

Test(attack_icmp, hard_and_soft_errors_end_no_synchronized_connection_whatever_they_quote)
{
	uint32_t thrown = 0, noted = 0;
	struct random random;

	random_seed(&random, 18);
	for (unsigned int i = 0; i < sizeof(synchronized) / sizeof(*synchronized); i++) {
		struct reached reached = state_reach(&driver, synchronized[i], false);

		for (uint32_t j = 0; j < FORGED / 6; j++, thrown++) {
			const uint8_t *type = types[random_below(&random, sizeof(types) / sizeof(types[0]))];
			/* Half of them know the numbers to the last. */
			uint32_t seq = random_below(&random, 2) ? reached.snd_una - 1 + random_below(&random, 4)
								: (uint32_t)random_next(&random);
			const struct raw_icmp icmp = raw_icmp_about(&reached.script, type[0], type[1], seq, 0);

			raw_icmp_inject(&driver, &icmp);
		}
		in_state(&reached.script, synchronized[i]);
		forget();
		noted += (uint32_t)driver_counters(&driver)->icmp_noted;
		cr_assert_eq(driver_counters(&driver)->icmp_noted + battery_drops(driver.shard), FORGED / 6);
		driver_close(&driver);
	}
	battery_figure(18,
		       "%u hard and soft errors in 6 synchronized states, %u of them with a number in flight: 0 aborts",
		       thrown, noted);
}

/* A forger who knows every number and never stops: segments shrink to the floor, the stream goes on. */
Test(attack_icmp, too_big_never_asks_for_less_than_the_floor_nor_for_repeats_without_end)
{
	struct script script = in_full_flight();
	uint32_t segments = 0, thrown = 0, least = UINT32_MAX, mss;
	struct random random;
	uint64_t narrowed;

	random_seed(&random, 68);
	for (uint32_t ms = 0; ms < 1000 * SECONDS; ms += 1000 / TOO_BIGS_S, thrown++) {
		struct quern_conn_info info = script_info(&script);
		struct raw_icmp icmp;

		icmp = raw_icmp_about(&script, 3, 4, info.snd_una - script.iss, DRIVER_MSS);
		/* Slowly downwards, so that each would lower it; or to the bottom; or up. */
		icmp.mtu = (uint16_t)(random_below(&random, 4) ? info.mss + 39 : random_below(&random, 2) ? 68 : 9000);
		if (ms < 1000 * SECONDS / 2 && icmp.mtu == 68)
			icmp.mtu = (uint16_t)(info.mss + 39);
		mss = info.mss;
		raw_icmp_inject(&driver, &icmp);
		info = script_info(&script);
		cr_assert_leq(info.mss, mss, "an MSS that was raised");
		least = info.mss < least ? info.mss : least;
		segments += driver.heard_count - driver.heard_next;
		forget();
		driver_advance(&driver, 1000 / TOO_BIGS_S);
		while (driver_next_told(&driver))
			continue;
	}
	narrowed = driver_counters(&driver)->path_narrowed;
	cr_assert_eq(least, LEAST_MTU - 40);
	cr_assert_leq(narrowed, HALF_SECONDS);
	cr_assert_eq(narrowed + drops(QUERN_DROP_ICMP_TOO_BIG), thrown);
	/* Each lowering repeats what is in flight, and nothing else does but the timer. */
	cr_assert_leq(segments, narrowed * (10 * DRIVER_MSS / (LEAST_MTU - 40) + 1));
	finish(&script);
	battery_figure(
		18,
		"%u 'too big' with the right number in %d s: MTU %u at least, lowered %lu times, %u segments sent "
		"again, the stream whole",
		thrown, SECONDS, least + 40, narrowed, segments);
	driver_close(&driver);
}

Test(attack_icmp, too_big_without_the_right_number_changes_nothing)
{
	struct script script = in_full_flight();
	struct quern_conn_info info = script_info(&script);
	struct random random;
	uint32_t hits = 0;

	random_seed(&random, 5927);
	for (uint32_t i = 0; i < FORGED; i++) {
		uint32_t seq = (uint32_t)random_next(&random), place = seq - (info.snd_una - script.iss);
		struct raw_icmp icmp = raw_icmp_about(&script, 3, 4, seq, DRIVER_MSS);

		/* Of 2^32 numbers 14,000 are in flight: none is drawn here. */
		hits += place < info.snd_nxt - info.snd_una;
		icmp.mtu = 68;
		raw_icmp_inject(&driver, &icmp);
	}
	cr_assert_eq(hits, 0, "choose another seed");
	cr_assert_eq(script_info(&script).mss, DRIVER_MSS);
	cr_assert_eq(drops(QUERN_DROP_ICMP_SEQUENCE), FORGED);
	hear_nothing(&script);
	finish(&script);
	battery_figure(18, "%d 'too big' with random numbers: MSS %d as before, nothing sent again", FORGED,
		       DRIVER_MSS);
	driver_close(&driver);
}

Test(attack_icmp, source_quench_is_counted_and_slows_nothing_down)
{
	struct script script = in_full_flight();

	for (uint32_t i = 0; i < QUENCHES; i++) {
		const struct raw_icmp icmp = raw_icmp_about(&script, 4, 0, 1 + i % (10 * DRIVER_MSS), DRIVER_MSS);

		raw_icmp_inject(&driver, &icmp);
	}
	cr_assert_eq(drops(QUERN_DROP_ICMP_QUENCH), QUENCHES);
	hear_nothing(&script);
	/* The window is no smaller than it was: ten segments more for ten that are acknowledged. */
	say(&script, ACK, 1, 1 + 10 * DRIVER_MSS);
	cr_assert_geq(driver.heard_count - driver.heard_next, 10);
	forget();
	finish(&script);
	battery_figure(18, "%d source quenches: all counted, the window no smaller", QUENCHES);
	driver_close(&driver);
}

/* Quotes of connections in every state, of nobody, cut, altered, and of quotes. */
Test(attack_icmp, bad_quotes_by_the_thousand_are_counted_and_change_no_state)
{
	struct battery_level level;
	struct script script = in_full_flight();
	uint8_t frame[RAW_ICMP_MAX];
	struct random random;
	uint64_t before;

	level = battery_level_of(driver.shard);
	random_seed(&random, 792);
	before = battery_drops(driver.shard) + driver_counters(&driver)->icmp_noted;
	for (uint32_t i = 0; i < BAD_QUOTES; i++) {
		const uint8_t *type = types[random_below(&random, sizeof(types) / sizeof(types[0]))];
		struct raw_icmp icmp = raw_icmp_about(&script, type[0], type[1], 1, DRIVER_MSS);
		uint32_t changes = 1 + random_below(&random, 4), bytes;

		icmp.quote_bytes = random_below(&random, 3) ? raw_quote_bytes() : random_below(&random, 200);
		for (uint32_t j = 0; j < changes; j++)
			icmp.quote[random_below(&random, raw_quote_bytes())] = (uint8_t)random_next(&random);
		bytes = raw_icmp_build(frame, &icmp);
		if (random_below(&random, 8) == 0)
			bytes = random_below(&random, bytes);
		driver_inject_bytes(&driver, frame, bytes);
	}
	cr_assert_eq(battery_drops(driver.shard) + driver_counters(&driver)->icmp_noted, before + BAD_QUOTES);
	cr_assert_gt(drops(QUERN_DROP_ICMP_QUOTE), BAD_QUOTES / 10);
	battery_expect_level(driver.shard, &level);
	hear_nothing(&script);
	forget();
	battery_figure(18, "%d altered and cut quotes: %lu dropped as such, all counted, 0 aborts, 0 answers",
		       BAD_QUOTES, drops(QUERN_DROP_ICMP_QUOTE));
	finish(&script);
	driver_close(&driver);
}
