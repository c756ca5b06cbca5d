/* test_attack_tiny.c - row 13: segments of an octet, an MSS of nothing, windows of one, and holes by the thousand. */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "attack/battery.h"
#include "base/random.h"
#include "support/script.h"

enum {
	OCTETS = 60000, /* of a window of 65,535 */
	QUARTERS = 4,
	ROUNDS = 5,
	FULL = 1400,
	MSS_LEAST = 48,
	ATTACKERS = 8,
	ISLANDS = 16,
	BUFFER_BYTES = 2048,
	FRAMES = 64 /* buffers beside those in queues */
};

static struct driver driver;

static void forget(void)
{
	driver.heard_next = driver.heard_count = 0;
	driver.told_next = driver.told_count = 0;
}

/* So many segments in order, each of `bytes` bytes; returns the CPU time that the shard took for them. */
static double receive_in_order(const struct script *script, uint32_t *seq, uint32_t bytes, uint32_t count)
{
	static struct battery_frame frames[SHARD_BURST];
	struct battery_answers answers = {0};
	double seconds = 0;

	for (uint32_t done = 0; done < count; done += SHARD_BURST) {
		for (uint16_t i = 0; i < SHARD_BURST; i++, *seq += bytes) {
			struct raw_segment segment = script_segment(script, ACK, *seq, 1);

			segment.text_bytes = bytes;
			frames[i].length = raw_build(frames[i].bytes, &segment);
		}
		seconds += battery_burst(&driver, frames, SHARD_BURST, &answers);
	}
	cr_assert_leq(answers.frames, count / SHARD_BURST + 1, "more than an ACK a turn");
	return seconds;
}

static int by_size(const void *one, const void *other)
{
	double difference = *(const double *)one - *(const double *)other;

	return (difference > 0) - (difference < 0);
}

/* Each octet costs what a segment costs, and no more: turn by turn with full ones, since the machine is not ours. */
Test(attack_tiny, a_segment_of_one_octet_costs_no_more_than_a_full_one)
{
	enum { COUNT = 6400 };
	double ratios[ROUNDS], tiny = 0, full = 0;
	struct script script;
	uint32_t seq = 1;

	driver_open(&driver, NULL);
	driver_listen(&driver, SCRIPT_PORT, NULL);
	script = script_new(&driver);
	establish_passive(&script);
	receive_in_order(&script, &seq, 1, COUNT);
	for (int i = 0; i < ROUNDS; i++) {
		double one = receive_in_order(&script, &seq, 1, COUNT), of_full;

		of_full = receive_in_order(&script, &seq, FULL, COUNT);
		ratios[i] = one / of_full;
		tiny += one;
		full += of_full;
	}
	cr_assert_eq(script_info(&script).rcv_nxt - script.peer_iss, seq, "not all is taken");
	qsort(ratios, ROUNDS, sizeof(*ratios), by_size);
	cr_assert_lt(ratios[ROUNDS / 2], 1.5, "%.2f times as much", ratios[ROUNDS / 2]);
	battery_figure(13, "%d segments of one octet in order: %.2f us of CPU time each, as full ones take %.2f us",
		       ROUNDS * COUNT, tiny / ROUNDS / COUNT * 1e6, full / ROUNDS / COUNT * 1e6);
	forget();
	driver_close(&driver);
}

/* A peer whose SYN offers `offered`, which may be 0, and whose window is `window`. */
static struct script small_peer(uint16_t offered, uint16_t window)
{
	struct script script = script_reader(&driver, NULL);
	struct raw_segment syn;

	script.mss = 0;
	script.window = window;
	syn = script_segment(&script, SYN, 0, 0);
	memcpy(syn.options, "\x02\x04", 2);
	syn.options[2] = (uint8_t)(offered >> 8);
	syn.options[3] = (uint8_t)offered;
	syn.option_bytes = 4;
	driver_inject(&driver, &syn);
	hear(&script, SYN | ACK, 0, 1);
	say(&script, ACK, 1, 1);
	told(&script, TOLD_ESTABLISHED);
	return script;
}

/* What was sent since the last look: the segments, the end of them, and the shortest but for the last of the stream. */
struct sent {
	uint32_t segments, end, shortest, longest;
};

static void gather(const struct script *script, struct sent *sent)
{
	const struct driver_heard *heard;

	while ((heard = driver_next_heard(&driver)) != NULL) {
		uint32_t bytes = heard->segment.text_bytes, end = heard->segment.seq - script->iss + bytes;

		if (bytes == 0)
			continue;
		sent->segments++;
		sent->end = RTE_MAX(sent->end, end);
		sent->longest = RTE_MAX(sent->longest, bytes);
		if (end != OCTETS + 1)
			sent->shortest = RTE_MIN(sent->shortest, bytes);
	}
	forget();
}

/* Sends all of OCTETS to such a peer, which acknowledges whatever comes within the same millisecond. */
static struct sent send_all(uint16_t offered, double *seconds)
{
	struct script script = small_peer(offered, DRIVER_WINDOW);
	struct sent sent = {.end = 1, .shortest = UINT32_MAX};
	double began = battery_cpu_seconds();

	cr_assert_eq(driver_send(&driver, script.conn, OCTETS), OCTETS);
	driver_collect(&driver);
	gather(&script, &sent);
	/* Queued in buffers a quarter full at least, but for the first and the last. */
	cr_assert_leq(rte_mempool_in_use_count(driver.out_pool), OCTETS * 4 / BUFFER_BYTES + 2);
	while (sent.end < OCTETS + 1) {
		uint32_t before = sent.end;

		say(&script, ACK, 1, sent.end);
		gather(&script, &sent);
		cr_assert_gt(sent.end, before, "it stands still at %u", before);
	}
	*seconds = battery_cpu_seconds() - began;
	driver_close(&driver);
	return sent;
}

/* CVE-2019-11479: an MSS of 8 made one stack send its text octet by octet. Nothing goes twice, and nothing but for
 * ACKs.
 */
Test(attack_tiny, an_mss_of_nothing_is_one_of_48_and_draws_each_octet_once)
{
	static const uint16_t offers[] = {0, 1, 8, MSS_LEAST - 1, MSS_LEAST};
	double seconds, ordinary;
	struct sent full = send_all(DRIVER_MSS, &ordinary), sent = {0};

	cr_assert_eq(full.longest, DRIVER_MSS);
	for (unsigned int i = 0; i < RTE_DIM(offers); i++) {
		uint32_t least = offers[i] ? MSS_LEAST : raw_mss_default();

		sent = send_all(offers[i], &seconds);
		cr_assert_eq(sent.shortest, least, "offered %u, it sends %u", offers[i], sent.shortest);
		cr_assert_eq(sent.longest, least, "offered %u, it sends %u", offers[i], sent.longest);
		cr_assert_eq(sent.segments, (OCTETS + least - 1) / least, "%u segments", sent.segments);
	}
	cr_assert_lt(seconds / sent.segments, 3 * ordinary / full.segments);
	battery_figure(
		13,
		"%d bytes to peers that offer an MSS of 0, 1, 8, 47 and 48: segments of %u without an offer, else "
		"of %d, each once; %.2f us of CPU time a segment, the test's own included, full ones %.2f us",
		OCTETS, raw_mss_default(), MSS_LEAST, seconds / sent.segments * 1e6, ordinary / full.segments * 1e6);
}

/* A window of one octet is answered by one octet, once; nothing but the next ACK, or a timer, draws more. */
Test(attack_tiny, a_window_of_one_draws_an_octet_an_ack_and_no_loop)
{
	enum { ACKS = 5000, A_MINUTE_MS = 60000 };
	struct script script = small_peer(DRIVER_MSS, 1);
	struct sent sent = {.end = 1, .shortest = UINT32_MAX}, before;

	cr_assert_eq(driver_send(&driver, script.conn, OCTETS), OCTETS);
	driver_collect(&driver);
	gather(&script, &sent);
	cr_assert_eq(sent.end, 2);
	for (uint32_t i = 0; i < ACKS; i++) {
		say(&script, ACK, 1, sent.end);
		gather(&script, &sent);
	}
	cr_assert_eq(sent.longest, 1);
	cr_assert_eq(sent.segments, ACKS + 1, "%u segments for %d ACKs", sent.segments, ACKS);
	/* The same ACK again and again opens nothing. */
	before = sent;
	for (uint32_t i = 0; i < ACKS; i++)
		say(&script, ACK, 1, sent.end - 1);
	gather(&script, &sent);
	/* Three of them say that an octet was lost. */
	cr_assert_leq(sent.segments - before.segments, 1, "%u segments", sent.segments - before.segments);
	advance(&script, A_MINUTE_MS);
	gather(&script, &sent);
	cr_assert_leq(sent.segments - before.segments, 7, "%u segments in a silent minute",
		      sent.segments - before.segments);
	battery_figure(
		13,
		"a peer whose window is one octet: %d ACKs draw %d octets, %d repeated ACKs one, a silent minute "
		"%u segments",
		ACKS, ACKS, ACKS, sent.segments - before.segments);
	driver_close(&driver);
}

/* A window that was large and is one octet now is not used octet by octet (RFC 9293 3.8.6.2.1): only a timer does. */
Test(attack_tiny, a_window_that_shrank_to_one_draws_no_more_than_its_timer)
{
	enum { ACKS = 10000, A_STEP = 10 };
	struct script script = small_peer(DRIVER_MSS, DRIVER_WINDOW);
	struct sent sent = {.end = 1, .shortest = UINT32_MAX}, before;

	cr_assert_eq(driver_send(&driver, script.conn, OCTETS), OCTETS);
	driver_collect(&driver);
	gather(&script, &sent);
	script.window = 1;
	say(&script, ACK, 1, sent.end);
	gather(&script, &sent);
	before = sent;
	for (uint32_t i = 0; i < ACKS; i++) {
		say(&script, ACK, 1, sent.end);
		gather(&script, &sent);
		if (i % A_STEP == 0)
			advance(&script, 1);
		gather(&script, &sent);
	}
	cr_assert_leq(sent.segments - before.segments, 4, "%u segments within a second",
		      sent.segments - before.segments);
	battery_figure(13, "a window that shrank to one octet, told by %d ACKs within a second: %u segments", ACKS,
		       sent.segments - before.segments);
	driver_close(&driver);
}

/* Orders in which octets of one stream come, the first never: `place` counts from 0 to OCTETS - 1. */
static uint32_t descending(uint32_t place)
{
	return OCTETS + 1 - place;
}

static uint32_t second_first(uint32_t place)
{
	return 2 + (place ^ 1);
}

/* Sixteen islands, each of which grows by an octet in turn. */
static uint32_t islands(uint32_t place)
{
	return 2 + place % ISLANDS * (OCTETS / ISLANDS) + place / ISLANDS;
}

/* Every octet twice as far as the one before, round and round: most find no place. */
static uint32_t scattered(uint32_t place)
{
	return 2 + place * 7919 % OCTETS;
}

static struct script attacker(unsigned int number)
{
	struct script script = script_new(&driver);

	script.remote_port = (uint16_t)(20000 + number);
	return script;
}

/* A quarter of all octets, from each attacker in turn; honest peers are served between bursts. */
static double smack(const struct script *scripts, uint32_t (*order)(uint32_t), uint32_t from, uint32_t *served,
		    struct battery_answers *answers)
{
	static struct battery_frame frames[SHARD_BURST];
	uint16_t count = 0;
	double seconds = 0;

	for (uint32_t place = from; place < from + OCTETS / QUARTERS; place++)
		for (unsigned int i = 0; i < ATTACKERS; i++) {
			struct raw_segment segment = script_segment(&scripts[i], ACK, order(place), 1);

			segment.text_bytes = 1;
			frames[count].length = raw_build(frames[count].bytes, &segment);
			if (++count < SHARD_BURST)
				continue;
			seconds += battery_burst(&driver, frames, count, answers);
			count = 0;
			if (place % 1000 == 999 && i + 1 == ATTACKERS)
				battery_honest_serve(&driver), ++*served;
		}
	return seconds;
}

static void smack_in_order(uint32_t (*order)(uint32_t), const char *name)
{
	/* Text of a whole window twice over, since neighbours may leave half of a buffer empty, and where islands
	 * begin.
	 */
	const uint32_t most = ATTACKERS * (2 * OCTETS / BUFFER_BYTES + 2 * ISLANDS) + FRAMES;
	struct script scripts[ATTACKERS];
	struct battery_answers answers = {0};
	struct battery_level before;
	double seconds[QUARTERS], all = 0;
	uint32_t served = 0, used;

	driver_open(&driver, NULL);
	driver_listen(&driver, SCRIPT_PORT, NULL);
	battery_honest_listen(&driver, 1000);
	before = battery_level_of(driver.shard);
	for (unsigned int i = 0; i < ATTACKERS; i++) {
		scripts[i] = attacker(i);
		establish_passive(&scripts[i]);
	}
	for (uint32_t i = 0; i < QUARTERS; i++) {
		seconds[i] = smack(scripts, order, i * (OCTETS / QUARTERS), &served, &answers);
		all += seconds[i];
		cr_assert(shard_validate(driver.shard));
	}
	used = rte_mempool_in_use_count(driver.out_pool);
	cr_assert_leq(used, most, "%s: %u buffers", name, used);
	cr_assert_lt(seconds[QUARTERS - 1], 3 * seconds[0], "%s: the last quarter took %.3f s, the first %.3f s", name,
		     seconds[QUARTERS - 1], seconds[0]);
	cr_assert_leq(answers.frames, ATTACKERS * (uint32_t)OCTETS, "more than an ACK a segment");
	battery_figure(13,
		       "%d octets beyond a hole, %s, on each of %d connections: %.2f us of CPU time each, %.2f of the "
		       "first quarter's in the last; %u buffers, %u of %u honest connections served in the ms in which "
		       "they came",
		       OCTETS, name, ATTACKERS, all / OCTETS / ATTACKERS * 1e6, seconds[QUARTERS - 1] / seconds[0],
		       used, served, served);
	forget();
	for (unsigned int i = 0; i < ATTACKERS; i++)
		say(&scripts[i], RST, 1, 0);
	forget();
	battery_expect_level(driver.shard, &before);
	battery_expect_whole(driver.out_pool);
	driver_close(&driver);
}

/* SegmentSmack (CVE-2018-5390). */
Test(attack_tiny, octets_beyond_a_hole_cost_the_same_each_and_share_buffers)
{
	smack_in_order(descending, "the last first");
	smack_in_order(second_first, "each second one first");
	smack_in_order(islands, "on sixteen islands");
	smack_in_order(scattered, "scattered");
}

/* Sixteen octets of each peer, each in a buffer of its own, and nobody who could tell it that it has waited too long.
 */
Test(attack_tiny, islands_by_the_thousand_leave_half_of_the_buffers_to_others)
{
	enum { PEERS = 512, POOL = 4095, SERVED = 200 };
	const struct shard_config config = {.max_connections = PEERS + 8, .max_half_open = PEERS};
	struct battery_level before;
	uint32_t used;

	driver_open(&driver, &config);
	driver_listen(&driver, SCRIPT_PORT, NULL);
	battery_honest_listen(&driver, 1000);
	before = battery_level_of(driver.shard);
	for (unsigned int i = 0; i < PEERS; i++) {
		struct script script = attacker(i);

		establish_passive(&script);
		for (uint32_t island = 0; island < ISLANDS; island++)
			say_text(&script, ACK, 3 + 2 * island, 1, 1);
		forget();
	}
	used = rte_mempool_in_use_count(driver.out_pool);
	cr_assert_leq(used, POOL / 4 + FRAMES, "%u buffers", used);
	for (unsigned int i = 0; i < SERVED; i++) {
		battery_honest_serve(&driver);
		driver_advance(&driver, 1);
	}
	battery_figure(13,
		       "%d octets beyond holes of %d connections: %u buffers of %d, %d of %d honest connections served "
		       "in the ms in which they came, with an answer of 1,000 bytes each",
		       PEERS * ISLANDS, PEERS, used, POOL, SERVED, SERVED);
	forget();
	for (unsigned int i = 0; i < PEERS; i++) {
		struct script script = attacker(i);

		say(&script, RST, 1, 0);
	}
	forget();
	battery_expect_level(driver.shard, &before);
	driver_close(&driver);
}
