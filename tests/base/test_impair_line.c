/* test_impair_line.c - frames leave a line when they are due, in order, and none is lost in it. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/impair_line.h"
#include "base/random.h"

enum { CAPACITY = 1000 };

static struct impair_entry entries[CAPACITY];
static int frames[CAPACITY];

Test(impair_line, gives_nothing_before_it_is_due_and_everything_then)
{
	struct impair_line line;
	bool was_overtaken;

	impair_line_open(&line, entries, CAPACITY);
	cr_assert_null(impair_line_take(&line, UINT64_MAX, &was_overtaken));
	cr_assert(impair_line_put(&line, &frames[0], 100));
	cr_assert_null(impair_line_take(&line, 99, &was_overtaken), "it was early");
	cr_assert_eq(impair_line_take(&line, 100, &was_overtaken), &frames[0]);
	cr_assert_not(was_overtaken);
	cr_assert_eq(line.count, 0);
}

Test(impair_line, refuses_what_it_has_no_room_for_and_loses_nothing)
{
	struct impair_line line;
	bool was_overtaken;

	impair_line_open(&line, entries, CAPACITY);
	for (int i = 0; i < CAPACITY; i++)
		cr_assert(impair_line_put(&line, &frames[i], 5));
	cr_assert_not(impair_line_put(&line, &frames[0], 1));
	for (int i = 0; i < CAPACITY; i++)
		cr_assert_eq(impair_line_take(&line, 5, &was_overtaken), &frames[i], "due at once is in order");
	cr_assert_null(impair_line_take(&line, UINT64_MAX, &was_overtaken));
}

Test(impair_line, gives_out_in_order_of_due_times_whatever_the_order_they_were_put_in)
{
	struct impair_line line;
	struct random random;
	uint64_t due_of[CAPACITY], now_ns = 0;
	uint32_t inside = 0, taken = 0, overtaken = 0;
	int put = 0;

	random_seed(&random, 4);
	impair_line_open(&line, entries, CAPACITY);
	line.next_number = UINT32_MAX - 200; /* numbers run over their end on the way */
	line.after_highest = line.next_number;
	while (put < CAPACITY || inside > 0) {
		uint64_t latest_ns = 0;
		bool was_overtaken;
		int *frame;

		for (int i = 0; i < 7 && put < CAPACITY; i++, put++, inside++) {
			due_of[put] = now_ns + random_below(&random, 1000);
			cr_assert(impair_line_put(&line, &frames[put], due_of[put]));
		}
		now_ns += 50;
		while ((frame = impair_line_take(&line, now_ns, &was_overtaken)) != NULL) {
			uint64_t due_ns = due_of[frame - frames];

			cr_assert_leq(due_ns, now_ns);
			cr_assert_geq(due_ns, latest_ns);
			latest_ns = due_ns;
			inside--;
			taken++;
			overtaken += was_overtaken;
		}
	}
	cr_assert_eq(taken, CAPACITY);
	cr_assert_gt(overtaken, CAPACITY / 2);
}

Test(impair_line, tells_frames_that_others_have_overtaken)
{
	struct impair_line line;
	bool was_overtaken;

	impair_line_open(&line, entries, CAPACITY);
	impair_line_put(&line, &frames[0], 10);
	impair_line_put(&line, &frames[1], 30);
	impair_line_put(&line, &frames[2], 20);
	impair_line_put(&line, &frames[3], 40);
	cr_assert_eq(impair_line_take(&line, 40, &was_overtaken), &frames[0]);
	cr_assert_not(was_overtaken);
	cr_assert_eq(impair_line_take(&line, 40, &was_overtaken), &frames[2]);
	cr_assert_not(was_overtaken, "it has overtaken, and was not");
	cr_assert_eq(impair_line_take(&line, 40, &was_overtaken), &frames[1]);
	cr_assert(was_overtaken);
	cr_assert_eq(impair_line_take(&line, 40, &was_overtaken), &frames[3]);
	cr_assert_not(was_overtaken);
}
