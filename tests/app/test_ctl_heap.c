/* test_ctl_heap.c - the greatest few of many, and rates out of two looks. */
#include <stdio.h>

#include <criterion/criterion.h>

#include "ctl/ctl_heap.h"

Test(ctl_heap, keeps_the_greatest_in_whatever_order_they_come)
{
	static struct ctl_heap heap = {.most = 7};
	struct ctl_row row = {.value = 0};

	for (int i = 0; i < 1000; i++) {
		row.value = (double)(i * 389 % 1000);
		ctl_heap_add(&heap, &row);
	}
	ctl_heap_sort(&heap);
	cr_assert_eq(heap.count, 7);
	for (int i = 0; i < 7; i++)
		cr_assert_eq(heap.rows[i].value, 999 - i);
}

Test(ctl_seen, tells_a_rate_of_those_it_has_seen_before_over_the_wrap_of_numbers)
{
	struct ctl_seen *seen = ctl_seen_open();
	struct ctl_row row = {.value = 0};

	cr_assert_not_null(seen);
	cr_assert_not(ctl_seen_rate(seen, "a", 0xffffff00, 7, 10, &row));
	cr_assert_not(ctl_seen_rate(seen, "b", 5, 7, 10, &row));
	cr_assert(ctl_seen_rate(seen, "a", 0x100, 1007, 12, &row));
	cr_assert_eq(row.sent_s, 256);
	cr_assert_eq(row.received_s, 500);
	cr_assert_not(ctl_seen_rate(seen, "a", 0xff, 1007, 13, &row), "backwards is no rate");
	cr_assert_not(ctl_seen_rate(seen, "a", 0xff, 1007, 13, &row), "no time has passed");
	ctl_seen_close(seen);
}

Test(ctl_seen, keeps_nearly_all_of_400_000_connections)
{
	struct ctl_seen *seen = ctl_seen_open();
	struct ctl_row row = {.value = 0};
	unsigned int missed = 0;
	char name[32];

	cr_assert_not_null(seen);
	for (int look = 0; look < 2; look++) {
		for (unsigned int i = 0; i < 400000; i++) {
			snprintf(name, sizeof(name), "0.%u 198.18.0.1:%u", i, i % 65536);
			missed += !ctl_seen_rate(seen, name, i, i, look + 1, &row) && look == 1;
		}
	}
	cr_assert_lt(missed, 400, "%u are forgotten", missed);
	ctl_seen_close(seen);
}
