/* test_attack_sack.c - row 14: SACK blocks by the million, true, false and taken back. */
#include <string.h>

#include <criterion/criterion.h>

#include "attack/battery.h"
#include "base/random.h"
#include "support/script.h"

enum { TEXT = 60000, MSS = 48, SACKS = 1000000, BATCHES = 4, BLOCKS = 4, KIND_SACK = 5, A_MOMENT = 1000, A_STEP = 64 };

static struct driver driver;

/* What has been sent so far, in numbers relative to the shard's ISS, and how much of it. */
struct sent {
	uint32_t una, nxt;
	uint64_t bytes;
};

static void gather(const struct script *script, struct sent *sent)
{
	const struct driver_heard *heard;

	while ((heard = driver_next_heard(&driver)) != NULL) {
		uint32_t end = heard->segment.seq - script->iss + heard->segment.text_bytes;

		sent->bytes += heard->segment.text_bytes;
		sent->nxt = end > sent->nxt ? end : sent->nxt;
	}
	driver.heard_next = driver.heard_count = 0;
	driver.told_next = driver.told_count = 0;
}

/* A peer that takes tiny segments, as in SACK Panic (CVE-2019-11477), with some hundred of them in flight. */
static struct script begin(struct sent *sent)
{
	static const uint8_t options[] = {4, 2, 1, 1};
	struct script script = script_reader(&driver, NULL);
	struct raw_segment syn;

	script.mss = MSS;
	syn = script_segment(&script, SYN, 0, 0);
	syn.option_bytes = sizeof options;
	memcpy(syn.options, options, sizeof options);
	driver_inject(&driver, &syn);
	hear(&script, SYN | ACK, 0, 1);
	say(&script, ACK, 1, 1);
	told(&script, TOLD_ESTABLISHED);
	*sent = (struct sent){.una = 1, .nxt = 1};
	cr_assert_eq(driver_send(&driver, script.conn, TEXT), TEXT);
	driver_collect(&driver);
	gather(&script, sent);
	while (sent->una < TEXT / 4) {
		sent->una += MSS;
		say(&script, ACK, 1, sent->una);
		gather(&script, sent);
	}
	return script;
}

static void put(struct raw_segment *segment, uint32_t number)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		segment->options[segment->option_bytes++] = (uint8_t)(number >> shift);
}

/* Islands of one octet, long ones, ends the wrong way round, and numbers from anywhere. */
static void put_block(struct raw_segment *segment, const struct script *script, const struct sent *sent,
		      struct random *random)
{
	uint32_t left = sent->una + random_below(random, sent->nxt - sent->una + 2 * MSS);
	uint32_t lengths[] = {1, MSS, sent->nxt - sent->una, (uint32_t)-MSS, (uint32_t)random_next(random)};
	uint32_t from = random_below(random, 16) ? script->iss + left : (uint32_t)random_next(random);

	put(segment, from);
	put(segment, from + lengths[random_below(random, random_below(random, 8) ? 2 : 5)]);
}

/* Now and then the ACK moves by an octet, into what was SACKed: the peer takes that back. Returns the CPU time that
 * they took. */
static double sacks(struct script *script, struct sent *sent, uint32_t count, struct random *random)
{
	static const uint8_t head[] = {1, 1, KIND_SACK, 2 + 8 * BLOCKS};
	double began = battery_cpu_seconds();

	for (uint32_t i = 0; i < count; i++) {
		struct raw_segment segment;

		sent->una += i % A_STEP == 0;
		segment = script_segment(script, ACK, 1, sent->una);
		memcpy(segment.options, head, sizeof head);
		segment.option_bytes = sizeof head;
		for (uint32_t block = 0; block < BLOCKS; block++)
			put_block(&segment, script, sent, random);
		driver_inject(&driver, &segment);
		gather(script, sent);
		if (i % A_MOMENT == 0) {
			driver_advance(&driver, 1);
			gather(script, sent);
			cr_assert(shard_validate(driver.shard));
		}
	}
	return battery_cpu_seconds() - began;
}

/* Each costs at most a look at all ranges for each of its blocks, however many came before; then the peer is honest. */
Test(attack_sack, a_million_crafted_sacks_cost_the_same_each_and_draw_no_flood)
{
	double seconds[BATCHES], all = 0;
	struct random random;
	struct sent sent;
	struct script script = begin(&sent);
	uint64_t before = sent.bytes;
	uint32_t window = TEXT + 1 - sent.una;

	random_seed(&random, 14);
	for (uint32_t i = 0; i < BATCHES; i++) {
		seconds[i] = sacks(&script, &sent, SACKS / BATCHES, &random);
		all += seconds[i];
	}
	/* Each octet at most once anew and once in each recovery or after a timeout, of which there is no time for
	 * more. */
	cr_assert_leq(sent.bytes - before, 4 * (uint64_t)window, "%d bytes drawn", (int)(sent.bytes - before));
	cr_assert_lt(seconds[BATCHES - 1], 3 * seconds[0], "the last %d took %.2f s, the first %.2f s", SACKS / BATCHES,
		     seconds[BATCHES - 1], seconds[0]);
	battery_figure(
		14,
		"%d ACKs with %d crafted blocks each, over %u bytes in segments of %d: %.1f us of CPU time each, "
		"%.2f of the first quarter's in the last; they draw %d bytes",
		SACKS, BLOCKS, window, MSS, all / SACKS * 1e6, seconds[BATCHES - 1] / seconds[0],
		(int)(sent.bytes - before));
	for (uint32_t turns = 0; sent.una < TEXT + 1; turns++) {
		cr_assert_lt(turns, 5000, "it stands still at %u", sent.una);
		sent.una = sent.nxt;
		say(&script, ACK, 1, sent.una);
		gather(&script, &sent);
	}
	cr_assert_eq(script_info(&script).snd_una - script.iss, TEXT + 1);
	driver_close(&driver);
}
