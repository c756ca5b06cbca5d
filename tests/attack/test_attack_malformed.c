/* test_attack_malformed.c - row 17: frames that are cut, altered, forged or made up, against every state. */
#include <stddef.h>
#include <stdlib.h>

#include <criterion/criterion.h>

#include "attack/battery.h"
#include "attack/mutant.h"
#include "shard/shard_parts.h"

enum { CASES = 400000, LONG_CASES = 100000000, A_CROWD_HAS = 2000, ANSWERS_MAX = 16 };

static struct mutant_crowd crowd;

static void expect_states(void)
{
	for (unsigned int i = 0; i < MUTANT_STATES; i++) {
		static const enum quern_state states[MUTANT_STATES] = {
			QUERN_SYN_RCVD, QUERN_ESTABLISHED, QUERN_FIN_WAIT_1, QUERN_FIN_WAIT_2, QUERN_CLOSE_WAIT,
			QUERN_CLOSING,  QUERN_LAST_ACK,    QUERN_TIME_WAIT,  QUERN_LISTEN};

		in_state(&crowd.members[i].script, states[i]);
	}
}

static void throw_and_expect_a_drop(const uint8_t *frame, uint32_t bytes, const char *what, uint32_t number)
{
	uint64_t drops = battery_drops(crowd.driver.shard);

	cr_assert_eq(mutant_throw(&crowd, frame, bytes, true), 0, "%s %u is answered", what, number);
	cr_assert_eq(battery_drops(crowd.driver.shard), drops + 1, "%s %u is not counted", what, number);
}

/* IPv6 counts what is behind its header. */
static void say_length(uint8_t *ip, uint32_t length)
{
	uint8_t *at = ip + (raw_is_ip6() ? 4 : 2);

	at[0] = 0;
	at[1] = (uint8_t)(raw_is_ip6() ? length - raw_ip_bytes() : length);
}

static void cut_everywhere(bool ethernet, uint32_t *cuts)
{
	struct random random;
	uint8_t frame[MUTANT_FRAME_MAX];

	mutant_open(&crowd, ethernet);
	random_seed(&random, 17);
	for (unsigned int i = 0; i < 4 * MUTANT_STATES; i++) {
		struct raw_segment segment = mutant_segment(&random, &crowd.members[i % MUTANT_STATES]);
		uint32_t link = crowd.driver.link_bytes, bytes;

		if (link) {
			memcpy(frame, driver_mac, 6);
			memcpy(frame + 6, driver_peer_mac, 6);
			memcpy(frame + 12, raw_is_ip6() ? "\x86\xdd" : "\x08\x00", 2);
		}
		bytes = link + raw_build(frame + link, &segment);
		for (uint32_t length = 0; length < bytes; length++, ++*cuts)
			throw_and_expect_a_drop(frame, length, "a frame cut to", length);
		/* And those that say themselves that they are no longer: the header of TCP is cut. */
		for (uint32_t length = raw_ip_bytes(); length < raw_ip_bytes() + 20; length++, ++*cuts) {
			say_length(frame + link, length);
			mutant_repair(frame + link, length);
			throw_and_expect_a_drop(frame, link + length, "a packet that ends at", length);
		}
	}
	expect_states();
	driver_close(&crowd.driver);
}

Test(attack_malformed, every_cut_of_a_frame_is_dropped_counted_and_changes_nothing)
{
	uint32_t cuts = 0;

	cut_everywhere(false, &cuts);
	cut_everywhere(true, &cuts);
	battery_figure(17,
		       "%u truncations of frames to 9 states, with Ethernet and without: each dropped and counted, "
		       "none answered, every connection in its state",
		       cuts);
}

static void set_flags(struct raw_segment *segment, uint8_t flags)
{
	*segment = script_segment(&crowd.members[0].script, 0, 0, 0);
	segment->flags = flags;
}

Test(attack_malformed, land_xmas_null_and_port_0_are_met_with_silence)
{
	static const uint8_t flags[] = {
		0, FIN | PSH | URG, FIN, URG, PSH, SYN | FIN, SYN | FIN | RST | PSH | ACK | URG};
	struct raw_segment segment;
	uint8_t frame[RAW_FRAME_MAX];
	uint32_t number = 0;

	mutant_open(&crowd, false);
	for (unsigned int i = 0; i < MUTANT_STATES; i++)
		for (unsigned int j = 0; j < sizeof(flags); j++, number++) {
			const struct reached *member = &crowd.members[i];

			/* In the window, where it would count: but what has no ACK says nothing, and a SYN to a
			 * connection is challenged. */
			if (flags[j] & SYN && i + 1 != MUTANT_STATES)
				continue;
			segment = script_segment(&member->script, 0, member->rcv_nxt + 1, 0);
			segment.flags = flags[j];
			if (flags[j] & ACK)
				segment.flags = SYN | FIN | PSH | URG;
			throw_and_expect_a_drop(frame, raw_build(frame, &segment), "probe", number);
		}
	for (unsigned int j = 0; j < 64; j++, number++) {
		set_flags(&segment, (uint8_t)j);
		segment.source = segment.dest;
		segment.source_port = segment.dest_port;
		throw_and_expect_a_drop(frame, raw_build(frame, &segment), "LAND", j);
		segment.source_port++;
		throw_and_expect_a_drop(frame, raw_build(frame, &segment), "from our own address", j);
		segment.source = DRIVER_LOCAL_LAST;
		throw_and_expect_a_drop(frame, raw_build(frame, &segment), "from another address of ours", j);
		set_flags(&segment, (uint8_t)j);
		segment.source_port = 0;
		throw_and_expect_a_drop(frame, raw_build(frame, &segment), "from port 0", j);
		set_flags(&segment, (uint8_t)j);
		segment.dest_port = 0;
		throw_and_expect_a_drop(frame, raw_build(frame, &segment), "to port 0", j);
	}
	expect_states();
	battery_figure(17, "%u probes (null, xmas, SYN+FIN, LAND, port 0) to 9 states: no answer, all counted", number);
	driver_close(&crowd.driver);
}

/* What of a shard is its state: all but its counters, and the list of frames that were thrown away. */
static void forgive(struct quern_shard *before, const struct quern_shard *after)
{
	before->counters = after->counters;
	before->insertions = after->insertions;
	memcpy(before->dead, after->dead, sizeof(before->dead));
}

Test(attack_malformed, a_wrong_checksum_changes_no_byte_of_the_shard)
{
	const struct shard_config config = {.max_connections = 64, .max_time_wait = 64, .mtu = 1500};
	size_t bytes = shard_bytes(&config);
	struct quern_shard *before = aligned_alloc(64, (bytes + 63) & ~(size_t)63);
	struct random random;
	uint32_t count = 0;

	mutant_open(&crowd, false);
	random_seed(&random, 18);
	for (unsigned int i = 0; i < 4000; i++) {
		struct raw_segment segment = mutant_segment(&random, &crowd.members[i % MUTANT_STATES]);
		uint8_t frame[RAW_FRAME_MAX];
		uint32_t length = raw_build(frame, &segment), at = random_below(&random, length), bit;

		/* A flipped bit never leaves the sums right; lengths and protocol say what is summed, so they stay. */
		bit = random_below(&random, 8);
		if (at < (raw_is_ip6() ? 8 : 10))
			at = 16;
		frame[at] ^= (uint8_t)(1 << bit);
		memcpy(before, crowd.driver.memory, bytes);
		throw_and_expect_a_drop(frame, length, "a damaged frame", i);
		forgive(before, crowd.driver.shard);
		cr_assert_eq(memcmp(before, crowd.driver.memory, bytes), 0, "frame %u, bit %u of byte %u", i, bit, at);
		count++;
	}
	battery_figure(17, "%u frames with one bit wrong: each dropped and counted, %zu bytes of shard unchanged",
		       count, bytes);
	driver_close(&crowd.driver);
	free(before);
}

/* A fresh crowd, and frames thrown at it until some of it is gone. */
static void throw_many(uint64_t seed, uint32_t count, bool ethernet, uint64_t seen[QUERN_DROPS_END])
{
	struct random random;
	uint8_t frame[MUTANT_FRAME_MAX];

	mutant_open(&crowd, ethernet);
	random_seed(&random, seed);
	for (uint32_t i = 0; i < count; i++) {
		const struct reached *member = &crowd.members[random_below(&random, MUTANT_STATES)];
		uint32_t bytes = mutant_frame(&random, member, crowd.driver.link_bytes, frame);
		uint32_t sent = mutant_throw(&crowd, frame, bytes, random_below(&random, 2));

		cr_assert_leq(sent, ANSWERS_MAX, "seed %lu, frame %u: %u answers", seed, i, sent);
		if (random_below(&random, 50) == 0)
			driver_advance(&crowd.driver, random_below(&random, 2000));
		crowd.driver.heard_next = crowd.driver.heard_count;
		crowd.driver.told_next = crowd.driver.told_count;
	}
	cr_assert_leq(battery_drops(crowd.driver.shard),
		      driver_counters(&crowd.driver)->rx_packets +
			      driver_counters(&crowd.driver)->drops[QUERN_DROP_NO_NEXT_HOP]);
	for (unsigned int reason = 1; reason < QUERN_DROPS_END; reason++)
		seen[reason] += driver_counters(&crowd.driver)->drops[reason];
	driver_close(&crowd.driver);
}

static void fuzz(uint32_t cases, const char *what)
{
	uint64_t seen[QUERN_DROPS_END] = {0};
	unsigned int reasons = 0;

	for (uint32_t done = 0; done < cases; done += A_CROWD_HAS)
		throw_many(1700000 + done, A_CROWD_HAS, done / A_CROWD_HAS % 2, seen);
	for (unsigned int reason = 1; reason < QUERN_DROPS_END; reason++)
		reasons += seen[reason] > 0;
	cr_assert_geq(reasons, 25, "%u reasons are too few: the seeds do not reach far", reasons);
	battery_figure(
		17,
		"%u %s to 9 states, half of them in memory of exactly their size: 0 reports, buffers and records "
		"balance, %u of %d drop reasons met",
		cases, what, reasons, QUERN_DROPS_END - 1);
}

Test(attack_malformed, mutants_of_fixed_seeds_are_survived_and_accounted_for)
{
	fuzz(CASES, "mutants of fixed seeds");
}

Test(attack_malformed_long, a_hundred_million_mutants_are_survived_and_accounted_for)
{
	fuzz(LONG_CASES, "mutants");
}
