/* test_attack_windows.c - row 11: peers by the thousand that ask for text, shut their windows, and answer every probe.
 */
#include <string.h>

#include <criterion/criterion.h>

#include "attack/battery.h"
#include "support/bare_eal.h"
#include "support/script.h"

enum {
	HOLDERS = 10000,
	A_MS_BRINGS = 10,
	FIRST_PORT = 1024,
	HONEST_PORT = 30000, /* the first that honest peers speak from */
	SHORT_PORT = 81,     /* the server's where an answer is FEW bytes; its others are TEXT */
	FEW = 10,
	TEXT = 1000,
	RTO_MS = 1000,
	LIMIT_MS = 300000, /* from the first probe on, an RTO after the answer was queued */
	TICKS = 2,         /* that the probe and the end may be late, one each */
	HONEST_EVERY_MS = 1000,
	AMPLE = 20479,
	SCARCE = 4095,
	FRAMES = 64 /* buffers beside those in queues: what is on its way within a turn */
};

static struct driver driver;
static struct battery_level before;

/* What a holder has had: when it came, its first octet's number, and the probes of its shut window. */
static struct holder {
	uint64_t came_ms, last_ms;
	uint32_t iss, probes, last_gap_ms;
} holders[HOLDERS];

static uint32_t resets, timeouts, honest_count, most_buffers;

static void answer(struct quern_shard *shard, struct quern_conn conn, uint32_t bytes)
{
	uint8_t text[TEXT];
	uint32_t taken;

	for (uint32_t i = 0; i < bytes; i++)
		text[i] = raw_text_byte(i);
	cr_assert_eq(quern_conn_send(shard, conn, text, bytes, &taken), 0);
	/* All or nothing: an answer is one buffer. */
	cr_assert(taken == bytes || taken == 0);
}

static void answer_long(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	(void)app;
	answer(shard, conn, TEXT);
}

static void answer_short(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	(void)app;
	answer(shard, conn, FEW);
}

static void note_end(struct quern_shard *shard, struct quern_conn conn, enum quern_end how, void *app)
{
	(void)shard;
	(void)conn;
	(void)app;
	timeouts += how == QUERN_END_USER_TIMEOUT;
}

static const struct quern_events long_events = {.on_established = answer_long,
						.on_writable = answer_long,
						.on_peer_closed = battery_close,
						.on_ended = note_end},
				 short_events = {.on_established = answer_short, .on_peer_closed = battery_close};

static struct script numbered(uint32_t number)
{
	struct script script = script_new(&driver);

	script.remote_port = (uint16_t)(FIRST_PORT + number);
	script.iss = holders[number].iss;
	script.iss_known = holders[number].came_ms != 0;
	script.window = 0;
	return script;
}

static void note_buffers(void)
{
	uint32_t used = rte_mempool_in_use_count(driver.out_pool);

	most_buffers = used > most_buffers ? used : most_buffers;
}

/* Answers every probe at once, as RFC 9293 3.8.6.1 has a receiver do, and never opens the window. */
static void answer_probes(void)
{
	const struct driver_heard *heard;

	while ((heard = driver_next_heard(&driver)) != NULL) {
		uint32_t number = heard->segment.dest_port - (uint32_t)FIRST_PORT;
		struct holder *holder = &holders[number];
		uint64_t at_ms = heard->at_ms;
		struct script script;

		cr_assert_lt(number, HOLDERS);
		if (heard->segment.flags & RST) {
			cr_assert(at_ms - holder->came_ms >= RTO_MS + LIMIT_MS &&
					  at_ms - holder->came_ms <= RTO_MS + LIMIT_MS + TICKS,
				  "holder %u is ended after %d ms", number, (int)(at_ms - holder->came_ms));
			resets++;
			continue;
		}
		cr_assert_eq(heard->segment.text_bytes, 1, "more than a probe into a window that is shut");
		cr_assert_eq(heard->segment.seq, holder->iss + 1);
		/* The first two come before anything was answered twice. */
		cr_assert(holder->probes < 2 || at_ms - holder->last_ms >= holder->last_gap_ms, "probes come faster");
		holder->last_gap_ms = (uint32_t)(at_ms - holder->last_ms);
		holder->last_ms = at_ms;
		holder->probes++;
		script = numbered(number);
		say(&script, ACK, 1, 1);
	}
	note_buffers();
}

static void open_server(uint32_t buffers)
{
	const struct quern_endpoint long_port = raw_endpoint(DRIVER_LOCAL, SCRIPT_PORT),
				    short_port = raw_endpoint(DRIVER_LOCAL, SHORT_PORT);
	const struct quern_tcp_options options = {.user_timeout_ms = LIMIT_MS};
	struct shard_config config = {.max_connections = HOLDERS + HOLDERS / 10};

	bare_eal_start();
	config.pool = bare_eal_pool("windows", buffers);
	driver_open(&driver, &config);
	cr_assert_eq(quern_listen(driver.shard, &long_port, &options, &long_events, NULL), 0);
	cr_assert_eq(quern_listen(driver.shard, &short_port, &options, &short_events, NULL), 0);
	before = battery_level_of(driver.shard);
}

static void bring_holders(void)
{
	for (uint32_t i = 0; i < HOLDERS; i++) {
		struct script script = numbered(i);

		say(&script, SYN, 0, 0);
		hear(&script, SYN | ACK, 0, 1);
		holders[i] = (struct holder){driver_now_ms(&driver), driver_now_ms(&driver), script.iss, 0, 0};
		say(&script, ACK, 1, 1);
		hear_nothing(&script);
		if (i % A_MS_BRINGS != 0)
			continue;
		driver_advance(&driver, 1);
		answer_probes();
	}
}

/* A whole connection within the millisecond in which it comes, its answer included. */
static void serve_honest(uint16_t local_port, uint32_t bytes)
{
	struct script script = script_new(&driver);

	script.local_port = local_port;
	script.remote_port = (uint16_t)(HONEST_PORT + honest_count++);
	say(&script, SYN, 0, 0);
	hear(&script, SYN | ACK, 0, 1);
	say(&script, ACK, 1, 1);
	hear_text(&script, PSH | ACK, 1, 1, bytes);
	note_buffers();
	say(&script, FIN | ACK, 1, 1 + bytes);
	hear(&script, FIN | ACK, 1 + bytes, 2);
	say(&script, ACK, 2, 2 + bytes);
	hear_nothing(&script);
}

/* For so long, with honest peers all the time. */
static void live(uint32_t ms, bool long_too)
{
	for (uint32_t passed = 0; passed < ms; passed++) {
		driver_advance(&driver, 1);
		answer_probes();
		if (passed % HONEST_EVERY_MS != 0)
			continue;
		serve_honest(SHORT_PORT, FEW);
		if (long_too)
			serve_honest(SCRIPT_PORT, TEXT);
	}
}

/* Where there are buffers for all: each has one, and costs eight frames each way. */
Test(attack_windows, ten_thousand_holders_cost_a_buffer_and_eight_probes_each_until_the_user_timeout)
{
	uint32_t most_probes = 0, least_gap_ms = UINT32_MAX;

	open_server(AMPLE);
	bring_holders();
	cr_assert_eq(battery_level_of(driver.shard).connections, HOLDERS);
	live(RTO_MS + LIMIT_MS, true);
	cr_assert_eq(resets, HOLDERS, "%u of %d are told", resets, HOLDERS);
	cr_assert_eq(timeouts, HOLDERS);
	for (uint32_t i = 0; i < HOLDERS; i++) {
		most_probes = RTE_MAX(most_probes, holders[i].probes);
		least_gap_ms = RTE_MIN(least_gap_ms, holders[i].last_gap_ms);
	}
	cr_assert_leq(most_probes, 8);
	cr_assert_geq(least_gap_ms, 60000);
	cr_assert_leq(most_buffers, HOLDERS + FRAMES);
	battery_expect_level(driver.shard, &before);
	battery_figure(
		11,
		"%d peers with shut windows, an answer of %d bytes each: %u buffers at most, %u probes each, the "
		"last after %u s; all told by RST after %d s; %u of %u honest connections served in the ms in "
		"which they came",
		HOLDERS, TEXT, most_buffers, most_probes, least_gap_ms / 1000, (RTO_MS + LIMIT_MS) / 1000, honest_count,
		honest_count);
	battery_expect_whole(driver.out_pool);
	driver_close(&driver);
}

/* Where there are not: half of the buffers, and no more, however many hold. What needs none goes on. */
Test(attack_windows, holders_take_half_of_the_buffers_at_most_and_all_is_served_once_they_are_gone)
{
	enum { A_MINUTE_MS = 60000 };
	uint32_t short_answers;

	open_server(SCARCE);
	bring_holders();
	live(A_MINUTE_MS, false);
	short_answers = honest_count;
	cr_assert_leq(most_buffers, SCARCE / 2 + FRAMES, "%u buffers", most_buffers);
	cr_assert_eq(battery_level_of(driver.shard).connections, HOLDERS);
	for (uint32_t i = 0; i < HOLDERS; i++) {
		struct script script = numbered(i);

		say(&script, RST, 1, 0);
		answer_probes();
	}
	for (uint32_t i = 0; i < 100; i++)
		serve_honest(SCRIPT_PORT, TEXT);
	battery_expect_level(driver.shard, &before);
	battery_figure(11,
		       "the same with %d buffers: %u in use at most; %u of %u honest connections whose answer is %d "
		       "bytes served in the ms in which they came, longer ones with the last holder's end",
		       SCARCE, most_buffers, short_answers, short_answers, FEW);
	battery_expect_whole(driver.out_pool);
	driver_close(&driver);
}
