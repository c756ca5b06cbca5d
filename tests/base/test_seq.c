/* test_seq.c - arithmetic modulo 2^32 around its wrap. */
#include <criterion/criterion.h>

#include "base/seq.h"

static const uint32_t STARTS[] = {0, 1, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff};

enum { STARTS_COUNT = sizeof STARTS / sizeof STARTS[0] };

Test(seq, orders_numbers_less_than_half_the_circle_apart)
{
	static const uint32_t distances[] = {1, 2, 1000, 0x7ffffffe, 0x7fffffff};

	for (int i = 0; i < STARTS_COUNT; i++) {
		for (int j = 0; j < 5; j++) {
			uint32_t later = STARTS[i] + distances[j];

			cr_assert(seq_before(STARTS[i], later));
			cr_assert(!seq_before(later, STARTS[i]));
			cr_assert(seq_before_eq(STARTS[i], later));
			cr_assert(!seq_before_eq(later, STARTS[i]));
		}
		cr_assert(!seq_before(STARTS[i], STARTS[i]));
		cr_assert(seq_before_eq(STARTS[i], STARTS[i]));
	}
}

Test(seq, a_window_holds_its_first_and_last_number_and_none_outside)
{
	for (int i = 0; i < STARTS_COUNT; i++) {
		cr_assert(seq_in_window(STARTS[i], STARTS[i], 100));
		cr_assert(seq_in_window(STARTS[i] + 99, STARTS[i], 100));
		cr_assert(!seq_in_window(STARTS[i] + 100, STARTS[i], 100));
		cr_assert(!seq_in_window(STARTS[i] - 1, STARTS[i], 100));
		cr_assert(!seq_in_window(STARTS[i], STARTS[i], 0));
	}
}
