/* test_load_stop.c - a condition on seconds ends a run once it has held as long as it says. */
#include <criterion/criterion.h>

#include "load/load_stop.h"

static struct quern_histogram none;

static struct load_stop stop_by(struct judge_condition *condition, const char *text)
{
	struct judge_fault fault;

	quern_histogram_reset(&none);
	cr_assert(judge_read_lasting(condition, text, JUDGE_TCP, &fault), "%s", fault.text);
	return (struct load_stop){.condition = condition};
}

/* A second in which so many of a hundred opens fail. */
static bool second(struct load_stop *stop, struct report_totals *totals, double t_s, uint64_t failed)
{
	totals->opened += 100;
	totals->failed[REPORT_FAILED_timeout] += failed;
	totals->established += 100 - failed;
	return load_stop_look(stop, t_s, 1.0, totals, &none);
}

Test(load_stop, comes_after_as_many_seconds_as_it_says_without_a_break)
{
	struct judge_condition condition;
	struct load_stop stop = stop_by(&condition, "failed_ratio > 0.05 for 3s");
	struct report_totals totals = {.opened = 0};
	static const uint64_t failed[] = {0, 90, 90, 5, 6, 6};

	for (size_t i = 0; i < sizeof(failed) / sizeof(failed[0]); i++)
		cr_assert_not(second(&stop, &totals, (double)i + 1, failed[i]), "second %zu", i + 1);
	cr_assert(second(&stop, &totals, 7, 8));
	cr_assert_str_eq(stop.found.condition, "failed_ratio > 0.05 for 3s");
	cr_assert_float_eq(stop.found.at_s, 7, 1e-9);
	cr_assert_float_eq(stop.found.value, 0.08, 1e-9, "of the last second, and not of all");
	cr_assert_not(second(&stop, &totals, 8, 90), "it comes once");
}

Test(load_stop, comes_at_once_where_it_says_no_time_and_never_without_a_condition)
{
	struct judge_condition condition, nothing = {.count = 0};
	struct load_stop stop = stop_by(&condition, "failed > 0"), never = {.condition = &nothing};
	struct report_totals totals = {.opened = 0};

	cr_assert_not(second(&stop, &totals, 1, 0));
	cr_assert(second(&stop, &totals, 2, 1));
	cr_assert_not(second(&never, &totals, 3, 90));
}

Test(load_stop, begins_again_with_each_run)
{
	struct judge_condition condition;
	struct load_stop stop = stop_by(&condition, "failed > 0 for 2s");
	struct report_totals totals = {.opened = 0}, anew = {.opened = 0};

	cr_assert_not(second(&stop, &totals, 1, 1));
	load_stop_restart(&stop);
	cr_assert_not(second(&stop, &anew, 2, 1));
	cr_assert(second(&stop, &anew, 3, 1));
}
