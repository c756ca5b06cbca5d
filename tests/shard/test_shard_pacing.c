/* test_shard_pacing.c - a window is spread over its round trip, where that is long and the window large; and whoever
 * waits for his time goes on, or is gone. Segments of 1,000 bytes, an ACK for each, 20 ms away. */
#include <criterion/criterion.h>

#include "shard/shard_parts.h"
#include "support/bare_eal.h"
#include "support/script.h"

enum {
	SEGMENT = 1000,
	WINDOW = 60000,
	QUEUE = 200000,
	RTT_MS = 20,
	FIRST = 10, /* segments that go at once when a connection begins */
	STEP_NS = 10000
};

static struct driver driver;

static const struct quern_tcp_options large = {.mss = SEGMENT, .send_queue = QUEUE};

static void ask(struct script *script)
{
	script->window = WINDOW;
	script->mss = SEGMENT;
	say(script, SYN, 0, 0);
	hear(script, SYN | ACK, 0, 1);
}

/* Established by a handshake that took so long; heard and told of nothing. */
static void establish(struct script *script, uint32_t rtt_ms)
{
	ask(script);
	advance(script, rtt_ms);
	say(script, ACK, 1, 1);
	told(script, TOLD_ESTABLISHED);
}

/* Acknowledges so many segments from the first that is not, one by one. */
static void acknowledge(struct script *script, uint32_t *una, uint32_t segments)
{
	for (uint32_t i = 0; i < segments; i++) {
		*una += SEGMENT;
		say(script, ACK, 1, *una);
	}
}

/* Hears full segments from `*nxt` on, all that there are; returns how many. */
static uint32_t hear_all(uint32_t *nxt, int flags)
{
	const struct driver_heard *heard;
	uint32_t count = 0;

	for (; (heard = driver_next_heard(&driver)) != NULL; count++) {
		cr_assert_eq(heard->segment.text_bytes, SEGMENT);
		cr_assert_eq(heard->segment.flags, flags, "segment %u has flags %x", count, heard->segment.flags);
		*nxt += SEGMENT;
	}
	return count;
}

/* Turns without a frame, until `ns` from now, `step_ns` each. */
static void idle(uint64_t ns, uint64_t step_ns)
{
	for (uint64_t end_ns = driver.now_ns + ns; driver.now_ns < end_ns;) {
		driver.now_ns += step_ns;
		shard_expire(driver.shard, driver.now_ns);
		driver_collect(&driver);
	}
}

/* Much to send, of which a window of twenty has gone that was not paced yet; una and nxt are as they stand then. */
static struct script with_twenty(const struct quern_tcp_options *options, uint32_t rtt_ms, uint32_t *una, uint32_t *nxt)
{
	struct script script = script_reader(&driver, options);

	*una = *nxt = 1;
	establish(&script, rtt_ms);
	app_send(&script, 150 * SEGMENT);
	cr_assert_eq(hear_all(nxt, ACK), FIRST);
	advance(&script, rtt_ms);
	acknowledge(&script, una, FIRST);
	cr_assert_eq(hear_all(nxt, ACK), 2 * FIRST, "a window that may go at once has to wait");
	advance(&script, rtt_ms);
	return script;
}

/* Each ACK of twenty lets two go: forty segments, of which the second to the last wait. */
static struct script with_forty_due(uint32_t *una, uint32_t *nxt)
{
	struct script script = with_twenty(&large, RTT_MS, una, nxt);

	acknowledge(&script, una, 2 * FIRST);
	cr_assert_eq(hear_all(nxt, PSH | ACK), 1, "a window goes as a burst");
	cr_assert_eq(driver.shard->paced_count, 1);
	cr_assert(shard_validate(driver.shard));
	return script;
}

Test(shard_pacing, spreads_a_window_of_slow_start_over_its_round_trip)
{
	uint32_t una, nxt, sent = 1;
	struct script script = with_forty_due(&una, &nxt);
	uint64_t begun_ns = driver.now_ns, last_ns = begun_ns;

	while (driver.now_ns < begun_ns + RTT_MS * 1000000) {
		idle(STEP_NS, STEP_NS);
		if (hear_all(&nxt, PSH | ACK) == 0)
			continue;
		cr_assert_eq(driver.heard_next, driver.heard_count);
		/* Twice the window in a round trip: half a millisecond each. */
		cr_assert(driver.now_ns - last_ns >= 490000 && driver.now_ns - last_ns <= 510000,
			  "segment %u goes %d ns behind the one before", sent, (int)(driver.now_ns - last_ns));
		last_ns = driver.now_ns;
		sent++;
	}
	cr_assert_eq(sent, 40, "%u segments in a round trip", sent);
	cr_assert_eq(driver.shard->paced_count, 0, "waits though its window is used up");
	app_abort(&script);
	driver_close(&driver);
}

/* Hears whatever there is, up to a higher number than `*nxt`, or not. */
static void hear_up_to(const struct script *script, uint32_t *nxt)
{
	const struct driver_heard *heard;

	while ((heard = driver_next_heard(&driver)) != NULL) {
		uint32_t end = heard->segment.seq - script->iss + heard->segment.text_bytes;

		*nxt = end > *nxt ? end : *nxt;
	}
}

/* One segment of forty is lost. Behind that nothing is pushed, and pairs go at 1.2 windows in a round trip. */
Test(shard_pacing, spreads_pairs_over_a_round_trip_of_avoidance)
{
	uint32_t una, nxt, recover, sent = 0, singles = 0;
	struct script script = with_forty_due(&una, &nxt);
	uint64_t begun_ns, last_ns = 0;

	idle(RTT_MS * 1000000, STEP_NS);
	hear_all(&nxt, PSH | ACK);
	recover = nxt;
	for (int i = 0; i < 39; i++)
		say(&script, ACK, 1, una);
	hear_up_to(&script, &nxt);
	advance(&script, RTT_MS);
	say(&script, ACK, 1, recover);
	una = recover;
	hear_up_to(&script, &nxt);
	acknowledge(&script, &una, (nxt - una) / SEGMENT);
	hear_up_to(&script, &nxt);
	begun_ns = driver.now_ns;
	while (driver.now_ns < begun_ns + RTT_MS * 1000000) {
		uint32_t count;

		idle(STEP_NS, STEP_NS);
		count = hear_all(&nxt, ACK);
		if (count == 0)
			continue;
		cr_assert_leq(count, 2);
		singles += count == 1;
		/* Of 28 segments, 0.7 of 40, a pair each 1.19 ms; and the window grows. */
		cr_assert(last_ns == 0 || (driver.now_ns - last_ns >= 950000 && driver.now_ns - last_ns <= 1210000),
			  "a pair goes %d ns behind the one before", (int)(driver.now_ns - last_ns));
		last_ns = driver.now_ns;
		sent += count;
	}
	/* The end of the window. */
	cr_assert_leq(singles, 1);
	cr_assert(sent >= 24 && sent <= 34, "%u segments in a round trip", sent);
	app_abort(&script);
	driver_close(&driver);
}

Test(shard_pacing, leaves_short_paths_alone_and_whoever_wants_none)
{
	const struct quern_tcp_options off = {.mss = SEGMENT, .send_queue = QUEUE, .no_pacing = true};

	for (int is_off = 0; is_off <= 1; is_off++) {
		uint32_t una, nxt;
		struct script script = with_twenty(is_off ? &off : &large, is_off ? RTT_MS : 1, &una, &nxt);

		acknowledge(&script, &una, 2 * FIRST);
		cr_assert_eq(hear_all(&nxt, ACK), 4 * FIRST, "a window is spread");
		app_abort(&script);
		driver_close(&driver);
	}
}

/* A worker that turns every 2 ms sends four at once, and no text is lost to that. */
Test(shard_pacing, makes_up_for_turns_that_are_rare)
{
	uint32_t una, nxt, sent = 1;
	struct script script = with_forty_due(&una, &nxt);

	for (int i = 0; i < 9; i++) {
		uint32_t count;

		idle(2000000, 2000000);
		count = hear_all(&nxt, PSH | ACK);
		cr_assert_eq(count, 4, "%u at once", count);
		sent += count;
	}
	idle(2000000, 2000000);
	sent += hear_all(&nxt, PSH | ACK);
	cr_assert_eq(sent, 40, "%u segments in a round trip", sent);
	app_abort(&script);
	driver_close(&driver);
}

Test(shard_pacing, makes_no_burst_of_what_a_worker_that_was_away_has_missed)
{
	uint32_t una, nxt, count;
	struct script script = with_forty_due(&una, &nxt);

	idle(15000000, 15000000);
	count = hear_all(&nxt, PSH | ACK);
	cr_assert_eq(count, 9, "%u at once after 15 ms", count);
	app_abort(&script);
	driver_close(&driver);
}

/* The virtual clock of a simulator goes from deadline to deadline. */
Test(shard_pacing, tells_when_the_next_is_due)
{
	uint32_t una, nxt, sent = 1;
	struct script script = with_forty_due(&una, &nxt);
	uint64_t begun_ns = driver.now_ns, deadline_ns;

	while (driver.shard->paced_count) {
		cr_assert(shard_next_deadline(driver.shard, &deadline_ns));
		cr_assert_gt(deadline_ns, driver.now_ns);
		driver.now_ns = deadline_ns;
		shard_expire(driver.shard, driver.now_ns);
		driver_collect(&driver);
		sent += hear_all(&nxt, PSH | ACK);
	}
	cr_assert_eq(sent, 40);
	cr_assert_leq(driver.now_ns, begun_ns + RTT_MS * 1000000);
	app_abort(&script);
	driver_close(&driver);
}

/* Whatever ends the connection, or what it waits with, takes it off the list. */
Test(shard_pacing, forgets_whoever_is_gone)
{
	for (int way = 0; way < 4; way++) {
		uint32_t una, nxt;
		struct script script = with_forty_due(&una, &nxt);

		switch (way) {
		case 0:
			app_abort(&script);
			break;
		case 1:
			say(&script, RST, 1, 0);
			break;
		case 2: /* The peer acknowledges all that went, and a retransmission timer fires for the rest. */
			app_close(&script);
			advance(&script, 200000);
			break;
		case 3: /* A window that is shut is waited for by its probe. */
			script.window = 0;
			say(&script, ACK, 1, una);
			idle(1000000, STEP_NS);
			break;
		}
		cr_assert_eq(driver.shard->paced_count, 0, "way %d", way);
		driver_close(&driver);
	}
}

/* Text that is lost goes again by what ACKs and timers say, and waits for nobody's time. */
Test(shard_pacing, holds_nothing_back_that_a_timer_sends)
{
	uint32_t una, nxt;
	struct script script = with_forty_due(&una, &nxt);
	const struct driver_heard *heard;
	uint32_t first = 0;

	idle(RTT_MS * 1000000, STEP_NS);
	hear_all(&nxt, PSH | ACK);
	/* RFC 6298: the RTO is 1 s at least. */
	advance(&script, 1000);
	heard = driver_next_heard(&driver);
	cr_assert_not_null(heard);
	first = heard->segment.seq - script.iss;
	cr_assert_eq(first, una, "%u goes again", first);
	app_abort(&script);
	driver_close(&driver);
}

/* Those that wait are served alike, and each finds its place when the other is gone. */
Test(shard_pacing, serves_many_alike)
{
	enum { CROWD = 8 };
	struct script scripts[CROWD];
	uint32_t una[CROWD], sent[CROWD] = {0};
	const struct driver_heard *heard;

	driver_pool_buffers = 4095;
	scripts[0] = script_reader(&driver, &large);
	for (int i = 0; i < CROWD; i++) {
		scripts[i] = script_new(&driver);
		scripts[i].remote_port = (uint16_t)(SCRIPT_REMOTE_PORT + i);
		ask(&scripts[i]);
	}
	advance(&scripts[0], RTT_MS);
	for (int i = 0; i < CROWD; i++) {
		say(&scripts[i], ACK, 1, 1);
		told(&scripts[i], TOLD_ESTABLISHED);
		driver.reader.sent = 0;
		app_send(&scripts[i], 100 * SEGMENT);
		una[i] = 1;
		while (driver_next_heard(&driver))
			continue;
	}
	for (uint32_t round = 1; round <= 2; round++) {
		advance(&scripts[0], RTT_MS);
		while (driver_next_heard(&driver))
			continue;
		for (int i = 0; i < CROWD; i++)
			acknowledge(&scripts[i], &una[i], round * FIRST);
	}
	cr_assert_eq(driver.shard->paced_count, CROWD);
	while (driver_next_heard(&driver))
		continue;
	app_abort(&scripts[3]);
	cr_assert_eq(driver.shard->paced_count, CROWD - 1);
	cr_assert(shard_validate(driver.shard));
	while (driver_next_heard(&driver))
		continue;
	idle(10000000, STEP_NS);
	while ((heard = driver_next_heard(&driver)) != NULL)
		sent[heard->segment.dest_port - SCRIPT_REMOTE_PORT]++;
	for (int i = 0; i < CROWD; i++)
		cr_assert(i == 3 ? sent[i] == 0 : sent[i] >= 19 && sent[i] <= 21, "connection %d sent %u", i, sent[i]);
	for (int i = 0; i < CROWD; i++)
		if (i != 3)
			app_abort(&scripts[i]);
	driver_close(&driver);
}

/* Whoever finds no place is not paced; the others go as they would, 64 in each call, and nobody is left behind. */
Test(shard_pacing, lets_go_at_once_whom_it_has_no_place_for)
{
	enum { CROWD = SHARD_PACED_MAX + 8, SMALL = 100 };
	static const struct quern_tcp_options small = {.mss = SMALL};
	static struct script scripts[CROWD];
	struct shard_config config = {.max_connections = CROWD, .max_half_open = CROWD};
	uint32_t sent = 0;

	bare_eal_start();
	config.pool = rte_pktmbuf_pool_create("crowd", 26000, 0, 0, RTE_PKTMBUF_HEADROOM + 384, SOCKET_ID_ANY);
	cr_assert_not_null(config.pool);
	driver_open(&driver, &config);
	driver.reader = (struct driver_reader){.reads = true, .appetite = UINT32_MAX};
	driver_listen(&driver, SCRIPT_PORT, &small);
	for (int i = 0; i < CROWD; i++) {
		scripts[i] = script_new(&driver);
		scripts[i].remote_port = (uint16_t)(SCRIPT_REMOTE_PORT + i);
		ask(&scripts[i]);
	}
	for (int step = 0; step < 3; step++) {
		advance(&scripts[0], RTT_MS);
		for (int i = 0; i < CROWD; i++) {
			/* Ten go at once; then the first is acknowledged, and all but the last, which was timed. */
			static const uint32_t acked[] = {0, 1, 11}, more[] = {12, 0, 2};

			say(&scripts[i], ACK, 1, 1 + acked[step] * SMALL);
			if (step == 0)
				told(&scripts[i], TOLD_ESTABLISHED);
			if (more[step])
				cr_assert_eq(driver_send(&driver, scripts[i].conn, more[step] * SMALL),
					     more[step] * SMALL);
			driver_collect(&driver);
			for (; driver_next_heard(&driver); sent += step == 2)
				continue;
		}
	}
	cr_assert_eq(driver.shard->paced_count, SHARD_PACED_MAX);
	cr_assert_eq(sent, CROWD + 8, "%u segments at once", sent);
	for (uint64_t end_ns = driver.now_ns + 2000000; driver.now_ns < end_ns;) {
		idle(STEP_NS, STEP_NS);
		while (driver_next_heard(&driver))
			sent++;
	}
	cr_assert_eq(driver.shard->paced_count, 0);
	cr_assert_eq(sent, 2 * CROWD, "%u segments", sent);
	cr_assert(shard_validate(driver.shard));
	for (int i = 0; i < CROWD; i++) {
		app_abort(&scripts[i]);
		told_ended(&scripts[i], QUERN_END_ABORTED);
		while (driver_next_heard(&driver))
			continue;
	}
	driver_close(&driver);
}
