/* test_report_totals.c - the accounting notices one connection too many or too few, anywhere. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "report/report_totals.h"

static const struct report_totals whole = {
	.opened = 100, .established = 90, .failed = {4, 3, 2, 1, 0}, .closed = {50, 20, 9, 1}, .in_flight = 10};

Test(report_totals, add_up_where_every_connection_is_in_one_place)
{
	cr_assert_eq(report_failed(&whole), 10);
	cr_assert_eq(report_closed(&whole), 80);
	cr_assert(report_adds_up(&whole));
}

Test(report_totals, do_not_add_up_where_one_is_missing_or_twice)
{
	struct report_totals totals = whole;
	uint64_t *fields[] = {&totals.opened,    &totals.established, &totals.in_flight, &totals.failed[0],
			      &totals.failed[4], &totals.closed[0],   &totals.closed[3]};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		++*fields[i];
		cr_assert_not(report_adds_up(&totals), "one more in field %zu", i);
		*fields[i] -= 2;
		cr_assert_not(report_adds_up(&totals), "one less in field %zu", i);
		++*fields[i];
	}
	cr_assert(report_adds_up(&totals));
}

Test(report_totals, of_two_shards_are_their_sum)
{
	struct report_tally *tally = malloc(sizeof(*tally));
	struct report_totals totals = {.opened = 0};

	report_tally_reset(tally);
	tally->opened = 7;
	tally->failed[REPORT_FAILED_no_port] = 2;
	tally->closed[REPORT_CLOSED_evicted] = 3;
	tally->in_flight = 1;
	report_totals_add(&totals, tally);
	report_totals_add(&totals, tally);
	cr_assert_eq(totals.opened, 14);
	cr_assert_eq(totals.failed[REPORT_FAILED_no_port], 4);
	cr_assert_eq(totals.closed[REPORT_CLOSED_evicted], 6);
	cr_assert_eq(totals.in_flight, 2);
	free(tally);
}

Test(report_totals, every_end_counts_as_the_contract_says)
{
	static const struct {
		enum quern_end how;
		enum report_failure failure;
		enum report_close close;
	} ends[] = {
		{QUERN_END_CLOSED, REPORT_FAILED_reset, REPORT_CLOSED_fin},
		{QUERN_END_RESET, REPORT_FAILED_reset, REPORT_CLOSED_reset},
		{QUERN_END_REFUSED, REPORT_FAILED_refused, REPORT_CLOSED_reset},
		{QUERN_END_TIMEOUT, REPORT_FAILED_timeout, REPORT_CLOSED_timeout},
		{QUERN_END_ABORTED, REPORT_FAILED_timeout, REPORT_CLOSED_reset},
		{QUERN_END_EVICTED, REPORT_FAILED_no_memory, REPORT_CLOSED_evicted},
		{QUERN_END_USER_TIMEOUT, REPORT_FAILED_timeout, REPORT_CLOSED_timeout},
	};

	cr_assert_eq(sizeof(ends) / sizeof(ends[0]), QUERN_ENDS_END - 1);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		cr_assert_eq(report_failure_of(ends[i].how), ends[i].failure, "end %d", ends[i].how);
		cr_assert_eq(report_close_of(ends[i].how), ends[i].close, "end %d", ends[i].how);
	}
}
