/* test_attack_hold.c - row 12: peers that open, and then say nothing for ever. */
#include <stdlib.h>

#include <criterion/criterion.h>

#include "attack/battery.h"
#include "support/script.h"

/* A crowd that comes over some time, so that no two are due at once; all of it goes on schedule. */
enum {
	CROWD = 1000,
	STEP_MS = 7,
	HALF_OPEN_MS = 63000,
	IDLE_MS = 7200000,
	PROBES_MS = 10 * 75000,
	FIN_WAIT_2_MS = 60000
};

static struct driver driver;

static struct script numbered(unsigned int number)
{
	struct script script = script_new(&driver);

	script.remote_port = (uint16_t)(1024 + number);
	return script;
}

static void open_for_crowd(const struct quern_tcp_options *options)
{
	const struct shard_config config = {.max_connections = CROWD, .max_half_open = CROWD, .max_time_wait = CROWD};

	driver_open(&driver, &config);
	driver_listen(&driver, SCRIPT_PORT, options);
}

static uint32_t in_use(void)
{
	return battery_level_of(driver.shard).connections;
}

/* Turn by turn until all are gone; each must go `wait_ms` after it came, at most a tick later. Returns the worst. */
static uint64_t expect_schedule(uint64_t first_ms, uint64_t wait_ms)
{
	uint64_t worst = 0;

	for (uint32_t gone = 0; gone < CROWD;) {
		uint64_t now_ms, due_ms = first_ms + gone * STEP_MS + wait_ms;
		uint32_t before = in_use();

		driver_advance(&driver, 1);
		driver.heard_next = driver.heard_count;
		driver.told_next = driver.told_count;
		now_ms = driver_now_ms(&driver);
		cr_assert(now_ms < due_ms ? in_use() == before : true, "one is gone %d ms early",
			  (int)(due_ms - now_ms));
		if (in_use() == before) {
			cr_assert_leq(now_ms, due_ms + 1, "number %u is late", gone);
			continue;
		}
		worst = now_ms - due_ms > worst ? now_ms - due_ms : worst;
		gone += before - in_use();
	}
	return worst;
}

Test(attack_hold, half_open_peers_are_freed_after_63_s_to_the_tick)
{
	uint64_t first_ms, worst;

	open_for_crowd(NULL);
	first_ms = driver_now_ms(&driver);
	for (unsigned int i = 0; i < CROWD; i++) {
		struct script script = numbered(i);

		say(&script, SYN, 0, 0);
		driver.heard_next = driver.heard_count;
		driver_advance(&driver, STEP_MS);
		driver.heard_next = driver.heard_count;
	}
	cr_assert_eq(in_use(), CROWD);
	worst = expect_schedule(first_ms, HALF_OPEN_MS);
	battery_figure(12, "%d half-open peers: each freed %d s after its SYN, %d ms late at most", CROWD,
		       HALF_OPEN_MS / 1000, (int)worst);
	driver_close(&driver);
}

Test(attack_hold, idle_peers_that_are_gone_are_freed_by_keepalive_to_the_tick)
{
	const struct quern_tcp_options options = {.keepalive = true};
	uint64_t first_ms, worst;

	open_for_crowd(&options);
	first_ms = driver_now_ms(&driver);
	for (unsigned int i = 0; i < CROWD; i++) {
		struct script script = numbered(i);

		establish_passive(&script);
		driver_advance(&driver, STEP_MS);
	}
	driver_advance(&driver, IDLE_MS - CROWD * STEP_MS - 1);
	cr_assert_eq(driver.heard_count - driver.heard_next, 0, "a probe before two hours");
	/* Each minute or so there are some thousand probes: they are counted as they come. */
	for (uint64_t end_ms = first_ms + IDLE_MS + PROBES_MS - 1; driver_now_ms(&driver) < end_ms;) {
		driver_advance(&driver,
			       end_ms - driver_now_ms(&driver) < 1000 ? end_ms - driver_now_ms(&driver) : 1000);
		driver.heard_next = driver.heard_count;
	}
	cr_assert_eq(in_use(), CROWD);
	worst = expect_schedule(first_ms, IDLE_MS + PROBES_MS);
	cr_assert_eq(driver_counters(&driver)->keepalive_probes, 10 * CROWD);
	cr_assert_eq(driver_counters(&driver)->ended[QUERN_END_TIMEOUT], CROWD);
	battery_figure(
		12, "%d idle peers that are gone: ten probes each, freed after 7200 s + 10 * 75 s, %d ms late at most",
		CROWD, (int)worst);
	driver_close(&driver);
}

Test(attack_hold, peers_that_never_send_their_fin_are_freed_after_60_s_to_the_tick)
{
	uint64_t first_ms, worst;

	open_for_crowd(NULL);
	driver.on_established = HABIT_CLOSE;
	first_ms = driver_now_ms(&driver);
	for (unsigned int i = 0; i < CROWD; i++) {
		struct script script = numbered(i);

		say(&script, SYN, 0, 0);
		hear(&script, SYN | ACK, 0, 1);
		say(&script, ACK, 1, 1);
		hear(&script, FIN | ACK, 1, 1);
		say(&script, ACK, 1, 2);
		in_state(&script, QUERN_FIN_WAIT_2);
		driver.told_next = driver.told_count;
		driver_advance(&driver, STEP_MS);
	}
	cr_assert_eq(in_use(), CROWD);
	worst = expect_schedule(first_ms, FIN_WAIT_2_MS);
	battery_figure(12, "%d peers without a FIN: freed %d s after ours was acknowledged, %d ms late at most", CROWD,
		       FIN_WAIT_2_MS / 1000, (int)worst);
	driver_close(&driver);
}
