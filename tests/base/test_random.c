/* test_random.c - draws repeat by seed, stay below their bound and are fair. */
#include <criterion/criterion.h>

#include "base/random.h"

Test(random, gives_the_sequence_of_the_reference_for_a_known_state)
{
	/* xoshiro256** from the state 1, 2, 3, 4, as its authors' program prints it. */
	static const uint64_t right[] = {11520, 0, 1509978240, 1215971899390074240};
	struct random random = {{1, 2, 3, 4}};

	for (int i = 0; i < 4; i++)
		cr_assert_eq(random_next(&random), right[i], "draw %d", i);
}

Test(random, repeats_a_sequence_by_its_seed_and_differs_between_seeds)
{
	for (uint64_t seed = 0; seed < 100; seed++) {
		struct random first, again, next;

		random_seed(&first, seed);
		random_seed(&again, seed);
		random_seed(&next, seed + 1);
		for (int i = 0; i < 100; i++) {
			uint64_t draw = random_next(&first);

			cr_assert_eq(draw, random_next(&again));
			cr_assert_neq(draw, random_next(&next));
		}
	}
}

Test(random, draws_below_a_bound_fairly)
{
	static const uint32_t bounds[] = {1, 2, 3, 7, 10, 100};
	struct random random;

	random_seed(&random, 1);
	for (size_t i = 0; i < sizeof bounds / sizeof bounds[0]; i++) {
		uint32_t seen[100] = {0};

		for (uint32_t draw = 0; draw < bounds[i] * 1000; draw++) {
			uint32_t number = random_below(&random, bounds[i]);

			cr_assert_lt(number, bounds[i]);
			seen[number]++;
		}
		for (uint32_t number = 0; number < bounds[i]; number++) {
			cr_assert_geq(seen[number], 840);
			cr_assert_leq(seen[number], 1160);
		}
	}
}

Test(random, is_fair_where_the_bound_does_not_divide_the_range)
{
	/* Without drawing again, the lowest third would come twice as often as the others. */
	static const uint32_t bound = 0xc0000000;
	uint32_t thirds[3] = {0};
	struct random random;

	random_seed(&random, 1);
	for (int i = 0; i < 30000; i++)
		thirds[random_below(&random, bound) / (bound / 3)]++;
	for (int i = 0; i < 3; i++) {
		cr_assert_geq(thirds[i], 9600);
		cr_assert_leq(thirds[i], 10400);
	}
}
