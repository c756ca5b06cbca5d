/* test_load_draw.c - draws have the mean, the deviation and the bounds of their span, and are repeated by their seed.
 */
#include <criterion/criterion.h>
#include <math.h>

#include "load/load_draw.h"

enum { DRAWS = 200000 };

struct moments {
	double mean;
	double deviation;
	uint64_t least;
	uint64_t most;
};

static struct moments moments_of(const struct cli_span *span, uint64_t seed)
{
	struct moments moments = {.least = UINT64_MAX};
	struct load_draw draw;
	double sum = 0, squares = 0;

	load_draw_begin(&draw, seed, 0);
	for (int i = 0; i < DRAWS; i++) {
		uint64_t value = load_draw_span(&draw, span);
		double off = (double)value - (double)span->mean;

		sum += off;
		squares += off * off;
		moments.least = value < moments.least ? value : moments.least;
		moments.most = value > moments.most ? value : moments.most;
	}
	moments.mean = (double)span->mean + sum / DRAWS;
	moments.deviation = sqrt(squares / DRAWS);
	return moments;
}

Test(load_draw, of_a_constant_is_the_constant)
{
	struct cli_span span = cli_span_of(12345);
	struct moments moments = moments_of(&span, 1);

	cr_assert(moments.least == 12345 && moments.most == 12345);
}

Test(load_draw, is_uniform_between_its_bounds_which_come_too)
{
	struct cli_span span, few;

	cr_assert(cli_parse_time_span("uniform:1s-5s", UINT64_MAX, &span));
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct moments moments = moments_of(&span, seed);

		cr_assert_float_eq(moments.mean, 3e9, 3e9 * 0.005);
		cr_assert_float_eq(moments.deviation, 4e9 / sqrt(12), 4e9 * 0.005);
		cr_assert(moments.least >= UINT64_C(1000000000) && moments.least < UINT64_C(1001000000));
		cr_assert(moments.most <= UINT64_C(5000000000) && moments.most > UINT64_C(4999000000));
	}
	cr_assert(cli_parse_count_span("uniform:3-5", 1, 10, &few));
	cr_assert_eq(moments_of(&few, 1).least, 3);
	cr_assert_eq(moments_of(&few, 1).most, 5);
	cr_assert_float_eq(moments_of(&few, 1).mean, 4, 0.01);
}

Test(load_draw, is_exponential_with_its_mean_and_cut_at_20_of_it)
{
	struct cli_span span, tiny;

	cr_assert(cli_parse_time_span("exp:2s", UINT64_MAX, &span));
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct moments moments = moments_of(&span, seed);

		cr_assert_float_eq(moments.mean, 2e9, 2e9 * 0.01);
		cr_assert_float_eq(moments.deviation, 2e9, 2e9 * 0.02);
		cr_assert(moments.most <= UINT64_C(40000000000) && moments.most > UINT64_C(15000000000));
		cr_assert_lt(moments.least, UINT64_C(200000));
	}
	cr_assert(cli_parse_count_span("exp:1", 1, 100, &tiny));
	cr_assert_eq(moments_of(&tiny, 1).least, 1, "a payload has a byte at least");
	cr_assert_leq(moments_of(&tiny, 1).most, 20);
}

Test(load_draw, has_a_median_of_ln_2_where_it_is_exponential)
{
	struct cli_span span;
	struct load_draw draw;
	int below = 0;

	cr_assert(cli_parse_time_span("exp:1s", UINT64_MAX, &span));
	load_draw_begin(&draw, 9, 0);
	for (int i = 0; i < DRAWS; i++)
		below += load_draw_span(&draw, &span) < UINT64_C(693147180);
	cr_assert_float_eq((double)below / DRAWS, 0.5, 0.005);
}

Test(load_draw, is_the_same_by_seed_and_number_and_another_by_others)
{
	struct cli_span span;
	struct load_draw one, same, other_seed, other_number;
	int equal = 0;

	cr_assert(cli_parse_time_span("exp:2s", UINT64_MAX, &span));
	load_draw_begin(&one, 7, 1);
	load_draw_begin(&same, 7, 1);
	load_draw_begin(&other_seed, 8, 1);
	load_draw_begin(&other_number, 7, 2);
	for (int i = 0; i < 1000; i++) {
		uint64_t value = load_draw_span(&one, &span);

		cr_assert_eq(load_draw_span(&same, &span), value);
		equal += load_draw_span(&other_seed, &span) == value;
		equal += load_draw_span(&other_number, &span) == value;
	}
	cr_assert_eq(equal, 0);
}
