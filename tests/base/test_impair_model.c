/* test_impair_model.c - a line is as bad as it was asked to be, again and again by its seed. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "base/impair_model.h"

#define PERCENT (QUERN_IMPAIR_WHOLE / 100)
#define US UINT64_C(1000)
#define MS UINT64_C(1000000)

enum { FRAMES = 200000, BYTES = 1000, SPARED = 14, SEEDS = 5 };

/* What happened to FRAMES frames that came every `step_ns`. */
struct seen {
	uint32_t passed, lost, refused, doubled, corrupted, overtaking;
	uint32_t bursts;
	uint64_t least_ns, most_ns, first_due_ns, last_due_ns;
	double mean_ns, bits_sum;
};

static struct seen run(const struct quern_impair *config, uint64_t seed, uint64_t step_ns)
{
	struct seen seen = {.least_ns = UINT64_MAX};
	struct impair impair;
	bool was_lost = false;

	impair_open(&impair, config, seed, SPARED);
	for (uint64_t i = 0; i < FRAMES; i++) {
		struct impair_fate fate;
		uint64_t now_ns = (i + 1) * step_ns;

		impair_frame(&impair, BYTES, now_ns, &fate);
		seen.lost += fate.copies == 0 && !fate.queue_was_full;
		seen.refused += fate.queue_was_full;
		seen.bursts += fate.copies == 0 && !was_lost;
		was_lost = fate.copies == 0;
		seen.passed += fate.copies > 0;
		seen.doubled += fate.copies == 2;
		for (int copy = 0; copy < fate.copies; copy++) {
			uint64_t due_ns = fate.copy[copy].due_ns, waited_ns = due_ns - now_ns;

			cr_assert_geq(due_ns, now_ns, "frame %llu is early", (unsigned long long)i);
			seen.least_ns = waited_ns < seen.least_ns ? waited_ns : seen.least_ns;
			seen.most_ns = waited_ns > seen.most_ns ? waited_ns : seen.most_ns;
			seen.mean_ns += (double)waited_ns / FRAMES;
			seen.first_due_ns = seen.first_due_ns == 0 ? due_ns : seen.first_due_ns;
			seen.overtaking += due_ns < seen.last_due_ns;
			seen.last_due_ns = due_ns > seen.last_due_ns ? due_ns : seen.last_due_ns;
			seen.corrupted += fate.copy[copy].is_corrupt;
			if (!fate.copy[copy].is_corrupt)
				continue;
			cr_assert(fate.copy[copy].bit >= 8 * SPARED && fate.copy[copy].bit < 8 * BYTES);
			seen.bits_sum += fate.copy[copy].bit;
		}
	}
	return seen;
}

/* Within five standard deviations of a count of independent draws. */
static void assert_share(uint32_t count, uint32_t of, double share, const char *what)
{
	double off = fabs(count - of * share), deviation = sqrt(of * share * (1 - share));

	cr_assert_leq(off, 5 * deviation + 1e-9, "%s: %u of %u, asked for %.4f %%", what, count, of, 100 * share);
}

Test(impair_model, a_good_line_changes_nothing_and_is_told_from_a_bad_one)
{
	const struct quern_impair good = {.seed = 7};
	const struct quern_impair bad[] = {{.loss_share = 1}, {.dup_share = 1},     {.rate = 1000},
					   {.delay_ns = 1},   {.reorder_share = 1}, {.corrupt_share = 1}};
	struct seen seen = run(&good, 1, 1);

	cr_assert_not(impair_is_asked(&good));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert(impair_is_asked(&bad[i]), "fault %zu was overlooked", i);
	cr_assert_eq(seen.passed, FRAMES);
	cr_assert_eq(seen.most_ns, 0);
	cr_assert_eq(seen.doubled + seen.corrupted + seen.overtaking, 0);
}

Test(impair_model, loses_doubles_corrupts_and_reorders_the_shares_that_were_asked_for)
{
	static const double shares[] = {0.00001, 0.001, 0.01, 0.05, 0.5, 1};

	for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
		for (uint64_t seed = 1; seed <= SEEDS; seed++) {
			uint32_t share = (uint32_t)(shares[i] * QUERN_IMPAIR_WHOLE);
			struct seen seen;

			seen = run(&(struct quern_impair){.loss_share = share}, seed, US);
			assert_share(seen.lost, FRAMES, shares[i], "lost");
			cr_assert_eq(seen.lost + seen.passed, FRAMES);
			seen = run(&(struct quern_impair){.dup_share = share}, seed, US);
			assert_share(seen.doubled, FRAMES, shares[i], "doubled");
			cr_assert_eq(seen.passed, FRAMES);
			seen = run(&(struct quern_impair){.corrupt_share = share}, seed, US);
			assert_share(seen.corrupted, FRAMES, shares[i], "corrupted");
			if (seen.corrupted > 1000)
				cr_assert_float_eq(seen.bits_sum / seen.corrupted, 4.0 * (SPARED + BYTES), 400,
						   "bits are not turned everywhere");
		}
	}
}

Test(impair_model, repeats_every_fate_by_its_seed_and_differs_between_seeds)
{
	const struct quern_impair config = {.loss_share = 10 * PERCENT,
					    .burst = 3,
					    .dup_share = 10 * PERCENT,
					    .reorder_share = 10 * PERCENT,
					    .corrupt_share = 10 * PERCENT,
					    .delay_ns = MS,
					    .jitter_ns = MS / 2,
					    .rate = 1000000000};
	struct impair first, again, next;
	uint32_t differing = 0;

	impair_open(&first, &config, 7, SPARED);
	impair_open(&again, &config, 7, SPARED);
	impair_open(&next, &config, 8, SPARED);
	for (uint64_t i = 0; i < 10000; i++) {
		struct impair_fate a, b, c;

		impair_frame(&first, BYTES, i * 5 * US, &a);
		impair_frame(&again, BYTES, i * 5 * US, &b);
		impair_frame(&next, BYTES, i * 5 * US, &c);
		cr_assert_eq(memcmp(&a, &b, sizeof(a)), 0, "frame %llu", (unsigned long long)i);
		differing += memcmp(&a, &c, sizeof(a)) != 0;
	}
	cr_assert_gt(differing, 9000);
}

Test(impair_model, loses_in_bursts_of_the_length_and_in_the_share_that_were_asked_for)
{
	static const uint32_t bursts[] = {1, 2, 5, 20};

	for (size_t i = 0; i < sizeof(bursts) / sizeof(bursts[0]); i++) {
		const struct quern_impair config = {.loss_share = 5 * PERCENT, .burst = bursts[i]};
		double lost = 0, count = 0;

		for (uint64_t seed = 1; seed <= SEEDS; seed++) {
			struct seen seen = run(&config, seed, US);

			lost += seen.lost;
			count += seen.bursts;
		}
		cr_assert_float_eq(lost / count, bursts[i], 0.05 * bursts[i], "bursts of %.2f instead of %u",
				   lost / count, bursts[i]);
		cr_assert_float_eq(lost / (FRAMES * SEEDS), 0.05, 0.004, "%.4f lost", lost / (FRAMES * SEEDS));
	}
}

Test(impair_model, delays_every_frame_alike_without_jitter)
{
	struct seen seen = run(&(struct quern_impair){.delay_ns = 5 * MS}, 1, US);

	cr_assert_eq(seen.least_ns, 5 * MS);
	cr_assert_eq(seen.most_ns, 5 * MS);
}

Test(impair_model, jitter_wanders_over_its_whole_range_around_the_delay_and_keeps_the_order)
{
	static const uint64_t steps[] = {100, 10 * US, MS, 100 * MS};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		const struct quern_impair config = {.delay_ns = 5 * MS, .jitter_ns = steps[i] < US ? 50 * US : 2 * MS};
		struct seen seen = run(&config, 3, steps[i]);
		uint64_t jitter_ns = config.jitter_ns;

		cr_assert_eq(seen.overtaking, 0, "jitter reorders");
		cr_assert_geq(seen.least_ns, 5 * MS - jitter_ns);
		cr_assert_leq(seen.most_ns, 5 * MS + jitter_ns);
		cr_assert_leq(seen.least_ns, 5 * MS - jitter_ns * 8 / 10, "at steps of %llu ns",
			      (unsigned long long)steps[i]);
		cr_assert_geq(seen.most_ns, 5 * MS + jitter_ns * 8 / 10);
		cr_assert_float_eq(seen.mean_ns, 5.0 * (double)MS, 0.15 * (double)jitter_ns);
	}
}

Test(impair_model, a_reordered_frame_comes_later_by_the_gap_and_is_overtaken)
{
	struct quern_impair config = {.reorder_share = 5 * PERCENT, .gap_ns = 100 * US, .delay_ns = MS};
	struct seen seen = run(&config, 1, 10 * US);
	struct impair_fate fate;
	struct impair impair;
	uint32_t late = 0;

	cr_assert_eq(seen.least_ns, MS);
	cr_assert_eq(seen.most_ns, MS + 100 * US);
	/* Behind each late frame ten others come before it, but for those that are late themselves. */
	cr_assert_gt(seen.overtaking, FRAMES / 4);
	impair_open(&impair, &config, 1, SPARED);
	for (uint64_t i = 0; i < FRAMES; i++) {
		impair_frame(&impair, BYTES, i * 10 * US, &fate);
		late += fate.copy[0].due_ns == i * 10 * US + MS + 100 * US;
	}
	assert_share(late, FRAMES, 0.05, "late");
	/* A gap that nobody gave. */
	config.gap_ns = 0;
	cr_assert_eq(run(&config, 1, 10 * US).most_ns, MS + QUERN_IMPAIR_GAP);
}

Test(impair_model, lets_no_more_pass_than_the_rate_and_no_less_where_enough_comes)
{
	static const uint64_t rates[] = {1000000, 100000000, 1000000000, UINT64_C(100000000000)};

	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		uint64_t frame_ns = UINT64_C(8000000000) * BYTES / rates[i];
		const struct quern_impair config = {.rate = rates[i], .queue_ns = 20 * frame_ns};
		struct seen twice = run(&config, 1, frame_ns / 2), half = run(&config, 1, 2 * frame_ns);
		double span_ns = (double)(twice.last_due_ns - twice.first_due_ns);
		double rate = 8e9 * BYTES * (twice.passed - 1) / span_ns;

		cr_assert_float_eq(rate, (double)rates[i], 1e-4 * (double)rates[i], "%.0f instead of %llu", rate,
				   (unsigned long long)rates[i]);
		cr_assert_leq(twice.most_ns, 21 * frame_ns + 1, "it waited for longer than the queue is");
		cr_assert_eq(twice.refused + twice.passed, FRAMES);
		cr_assert_gt(twice.refused, FRAMES * 4 / 10);
		cr_assert_eq(half.refused, 0);
		cr_assert_leq(half.most_ns, frame_ns + 1, "it waited where nobody was before it");
		cr_assert_geq(half.least_ns, frame_ns);
	}
}

Test(impair_model, copies_take_their_turn_at_the_rate_as_well)
{
	const struct quern_impair config = {.rate = 8000000, .dup_share = 100 * PERCENT};
	struct impair_fate fate;
	struct impair impair;

	impair_open(&impair, &config, 1, SPARED);
	impair_frame(&impair, BYTES, 0, &fate);
	cr_assert_eq(fate.copies, 2);
	cr_assert_eq(fate.copy[0].due_ns, MS);
	cr_assert_eq(fate.copy[1].due_ns, 2 * MS);
}

Test(impair_model, refuses_numbers_that_make_no_sense_and_says_why)
{
	const struct {
		struct quern_impair config;
		const char *says;
	} cases[] = {
		{{.loss_share = QUERN_IMPAIR_WHOLE + 1}, "100%"},
		{{.corrupt_share = UINT32_MAX}, "100%"},
		{{.delay_ns = QUERN_IMPAIR_DELAY_MAX + 1}, "10s"},
		{{.delay_ns = MS, .jitter_ns = MS + 1}, "jitter"},
		{{.rate = 999}, "rate"},
		{{.rate = QUERN_IMPAIR_RATE_MAX + 1}, "rate"},
		{{.queue_ns = 1}, "queue"},
		{{.gap_ns = 1}, "gap"},
		{{.burst = 2}, "burst"},
		{{.loss_share = PERCENT, .burst = QUERN_IMPAIR_BURST_MAX + 1}, "burst"},
		{{.loss_share = 51 * PERCENT, .burst = 1}, "raise burst"},
		{{.loss_share = QUERN_IMPAIR_WHOLE, .burst = 10000}, "lower loss"},
	};
	const struct quern_impair good[] = {{.loss_share = QUERN_IMPAIR_WHOLE},
					    {.loss_share = 50 * PERCENT, .burst = 1},
					    {.loss_share = 1, .burst = QUERN_IMPAIR_BURST_MAX},
					    {.delay_ns = QUERN_IMPAIR_DELAY_MAX, .jitter_ns = QUERN_IMPAIR_DELAY_MAX},
					    {.rate = QUERN_IMPAIR_RATE_MAX, .queue_ns = 1}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *fault = quern_impair_fault(&cases[i].config);

		cr_assert(fault != NULL && strstr(fault, cases[i].says) != NULL, "case %zu: %s", i, fault);
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		cr_assert_null(quern_impair_fault(&good[i]), "case %zu: %s", i, quern_impair_fault(&good[i]));
		run(&good[i], 1, 7 * US);
	}
}
