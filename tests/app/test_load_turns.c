/* test_load_turns.c - targets get turns by their weights, spread evenly, round by round. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "load/load_turns.h"

Test(load_turns, one_target_has_every_turn_and_needs_no_memory)
{
	static const uint16_t weight = 7;
	struct load_turns turns;

	cr_assert_eq(load_turns_open(&turns, &weight, 1), 0);
	cr_assert_null(turns.order);
	for (int i = 0; i < 10; i++)
		cr_assert_eq(load_turns_take(&turns), 0);
	load_turns_close(&turns);
}

Test(load_turns, weights_are_kept_in_every_round_and_spread_over_it)
{
	static const uint16_t weights[] = {10, 2, 4};
	static const uint8_t round[] = {0, 2, 0, 0, 1, 0, 2, 0};
	struct load_turns turns;

	cr_assert_eq(load_turns_open(&turns, weights, 3), 0);
	cr_assert_eq(turns.count, 8, "what all weights have in common is left out");
	for (int rounds = 0; rounds < 3; rounds++) {
		int had[3] = {0};

		for (uint32_t i = 0; i < turns.count; i++)
			had[load_turns_take(&turns)]++;
		cr_assert(had[0] == 5 && had[1] == 1 && had[2] == 2);
	}
	for (uint32_t i = 0; i < turns.count; i++)
		cr_assert_eq(load_turns_take(&turns), round[i], "turn %u", i);
	load_turns_close(&turns);
}

/* Of any weights, no target is ever more than one turn away from its share. */
Test(load_turns, nobody_is_more_than_a_turn_from_its_share)
{
	srandom(1);
	for (int round = 0; round < 200; round++) {
		uint16_t weights[CLI_MAX_TARGETS], count = (uint16_t)(2 + random() % (CLI_MAX_TARGETS - 1));
		double had[CLI_MAX_TARGETS] = {0}, sum = 0;
		struct load_turns turns;

		for (uint16_t i = 0; i < count; i++) {
			weights[i] = (uint16_t)(1 + random() % 256);
			sum += weights[i];
		}
		cr_assert_eq(load_turns_open(&turns, weights, count), 0);
		for (uint32_t turn = 1; turn <= turns.count; turn++) {
			had[load_turns_take(&turns)]++;
			for (uint16_t i = 0; i < count; i++) {
				double away = had[i] - turn * weights[i] / sum;

				cr_assert(away > -count && away < 1.0001, "target %u is %f turns away", i, away);
			}
		}
		for (uint16_t i = 0; i < count; i++)
			cr_assert_float_eq(had[i], turns.count * weights[i] / sum, 1e-6);
		load_turns_close(&turns);
	}
}
