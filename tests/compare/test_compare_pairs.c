/* test_compare_pairs.c - runs made alternately are judged by pairs: what the machine did to both takes no part. */
#include <criterion/criterion.h>
#include <math.h>

#include "compare/compare_judge.h"
#include "compare/compare_pairs.h"
#include "compare/compare_trim.h"

enum { RUNS = 10, TRIES = 200 };

static uint64_t state;
static double starts[2][RUNS], values[2][RUNS];

static double uniform(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (double)(state >> 11) / 9007199254740992.0;
}

static double normal(void)
{
	return sqrt(-2 * log(1 - uniform())) * cos(6.283185307179586 * uniform());
}

static struct compare_side side_of(int number, size_t count)
{
	struct compare_side side = {.files = "x"};

	side.values[COMPARE_cycles] = (struct compare_values){values[number], count};
	side.starts = (struct compare_values){starts[number], count};
	return side;
}

/* A B A B; the machine's speed drifts by a fifth, each run's own chance is 4 %, and B takes `slower` as long. */
static void draw(double slower)
{
	double speed = 0;

	for (int i = 0; i < RUNS; i++) {
		speed = 0.8 * speed + 0.12 * normal();
		for (int number = 0; number < 2; number++) {
			starts[number][i] = 1000 + 2 * i + number;
			values[number][i] = 3000 * exp(speed + 0.04 * normal()) * (number ? slower : 1);
		}
	}
}

/* One run of ten is three times as long as it should be, of whichever side. */
static void make_wild(void)
{
	for (int i = 0; i < RUNS; i++) {
		if (uniform() < 0.1)
			values[uniform() < 0.5][i] *= 3;
	}
}

static int count_verdicts(double slower, bool is_wild, enum compare_verdict wanted)
{
	int count = 0;

	state = 88172645463325252;
	for (int i = 0; i < TRIES; i++) {
		struct compare_side base, other;

		draw(slower);
		if (is_wild)
			make_wild();
		base = side_of(0, RUNS);
		other = side_of(1, RUNS);
		count += compare_judge(&base, &other, COMPARE_cycles).verdict == wanted;
	}
	return count;
}

Test(compare_pairs, of_one_program_nine_of_ten_comparisons_find_nothing)
{
	cr_assert_geq(count_verdicts(1, false, COMPARE_SAME), TRIES * 9 / 10);
}

Test(compare_pairs, a_tenth_more_is_found_while_the_machine_drifts_by_a_fifth)
{
	cr_assert_geq(count_verdicts(1.1, false, COMPARE_WORSE), TRIES * 9 / 10);
	cr_assert_geq(count_verdicts(1 / 1.1, false, COMPARE_BETTER), TRIES * 9 / 10);
}

Test(compare_pairs, a_few_wild_pairs_neither_make_a_difference_nor_hide_all)
{
	cr_assert_geq(count_verdicts(1, true, COMPARE_SAME), TRIES * 9 / 10);
	cr_assert_geq(count_verdicts(1.1, true, COMPARE_WORSE), TRIES * 3 / 4);
}

Test(compare_pairs, a_fifth_of_each_end_is_left_out)
{
	double ten[] = {9, -500, 3, 1, 2, 800, 3, 700, 2, -90}, mean, low, high;

	/* -500 -90 | 1 2 2 3 3 9 | 700 800: winsorized 1 1 1 2 2 3 3 9 9 9, whose squares are 112; t of five degrees.
	 */
	compare_trim(ten, 10, &mean, &low, &high);
	cr_assert_float_eq(mean, 20.0 / 6, 1e-12);
	cr_assert_float_eq(high - mean, 2.5706 * sqrt(112 / 30.0), 0.01);
	cr_assert_float_eq(mean - low, high - mean, 1e-12);
}

Test(compare_pairs, the_change_is_the_geometric_mean_of_their_ratios)
{
	struct compare_side base, other;
	struct compare_change change;

	state = 1;
	draw(1);
	for (int i = 0; i < RUNS; i++)
		values[1][i] = values[0][i] * (i % 2 ? 2 : 0.5);
	base = side_of(0, RUNS);
	other = side_of(1, RUNS);
	change = compare_judge(&base, &other, COMPARE_cycles);
	cr_assert_eq(change.pairs, RUNS);
	cr_assert_float_eq(change.change, 0, 1e-9);
	cr_assert(change.low < 0 && change.high > 0);
}

Test(compare_pairs, runs_that_were_not_made_alternately_are_none)
{
	double ratios[COMPARE_PAIRS_MAX];
	struct compare_side base, other;

	state = 1;
	draw(1);
	base = side_of(0, RUNS);
	other = side_of(1, RUNS - 1);
	cr_assert_eq(compare_pairs(&base, &other, COMPARE_cycles, ratios), 0);
	other = side_of(1, RUNS);
	/* A B B A is alternate as well. */
	starts[1][3] = starts[0][3] - 0.5;
	cr_assert_eq(compare_pairs(&base, &other, COMPARE_cycles, ratios), RUNS);
	starts[1][3] = starts[0][5];
	cr_assert_eq(compare_pairs(&base, &other, COMPARE_cycles, ratios), 0);
	for (int i = 0; i < RUNS; i++)
		starts[1][i] = starts[0][RUNS - 1] + 1 + i;
	cr_assert_eq(compare_pairs(&base, &other, COMPARE_cycles, ratios), 0);
	starts[1][0] = 0;
	cr_assert_eq(compare_pairs(&base, &other, COMPARE_cycles, ratios), 0);
}
