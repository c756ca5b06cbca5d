/* test_load_late.c - a late start has the cause that kept it, and none but the generator where nothing did. */
#include <criterion/criterion.h>

#include "load/load_late.h"

enum { US = 1000, MS = 1000 * US };

static struct quern_gap gap(uint64_t begin_ns, uint64_t end_ns)
{
	return (struct quern_gap){begin_ns, end_ns};
}

/* Of a start that is made 10 us after it was due. */
static enum report_late cause_at(const struct load_late *late, uint64_t intended_ns)
{
	return load_late_cause(late, intended_ns, intended_ns + LOAD_ON_TIME_NS);
}

Test(load_late, is_the_generators_where_nothing_was_in_its_way)
{
	struct load_late late = {0};

	cr_assert_eq(cause_at(&late, 0), REPORT_LATES_END);
	cr_assert_eq(cause_at(&late, 5 * MS), REPORT_LATES_END);
}

Test(load_late, is_the_hosts_for_what_was_due_in_a_gap_and_while_it_was_caught_up_with)
{
	struct load_late late = {0};

	load_late_gap(&late, gap(10 * MS, 12 * MS), 10 * MS);
	cr_assert_eq(cause_at(&late, 10 * MS - 1), REPORT_LATES_END, "it was late before");
	cr_assert_eq(cause_at(&late, 10 * MS), REPORT_LATE_host);
	cr_assert_eq(load_late_cause(&late, 10 * MS, 12 * MS), REPORT_LATE_host);
	cr_assert_eq(load_late_cause(&late, 10 * MS, 13 * MS), REPORT_LATES_END, "no gap was so long");
	cr_assert_eq(cause_at(&late, 12 * MS - 1), REPORT_LATE_host);
	cr_assert_eq(cause_at(&late, 12500 * US - 1), REPORT_LATE_host);
	cr_assert_eq(cause_at(&late, 12500 * US), REPORT_LATES_END, "it had time to catch up");
}

Test(load_late, adds_a_gap_to_one_that_was_not_caught_up_with)
{
	struct load_late late = {0};

	load_late_gap(&late, gap(10 * MS, 12 * MS), 10 * MS);
	load_late_gap(&late, gap(12100 * US, 14100 * US), 12000 * US);
	cr_assert_eq(cause_at(&late, 11 * MS), REPORT_LATE_host);
	cr_assert_eq(cause_at(&late, 15 * MS - 1), REPORT_LATE_host);
	cr_assert_eq(cause_at(&late, 15 * MS), REPORT_LATES_END);
	load_late_gap(&late, gap(100 * MS, 101 * MS), 100 * MS);
	cr_assert_eq(cause_at(&late, 11 * MS), REPORT_LATES_END, "of a new spell nothing old is left");
	cr_assert_eq(cause_at(&late, 102 * MS), REPORT_LATES_END);
}

/* 1 ms in 10 is taken from one that would need 2 s for each: what it is behind by is its own. */
Test(load_late, is_not_the_hosts_where_the_generator_is_too_slow_for_its_schedule)
{
	struct load_late late = {0};
	unsigned int excused = 0;

	for (uint64_t at_ms = 0; at_ms < 10000; at_ms++) {
		uint64_t next_ns = at_ms * MS / 2;

		if (at_ms % 10 == 9)
			load_late_gap(&late, gap((at_ms - 1) * MS, at_ms * MS), next_ns);
		excused += load_late_cause(&late, next_ns, at_ms * MS) == REPORT_LATE_host;
	}
	cr_assert_leq(excused, 100, "%u of 10,000", excused);
}

Test(load_late, tells_its_causes_apart)
{
	struct load_late late = {0};

	for (uint64_t now = 10 * MS; now <= 12 * MS; now += 10 * US)
		load_late_wait(&late, REPORT_LATE_cc, 10 * MS - 5 * US, now);
	load_late_wait(&late, REPORT_LATE_port, 30 * MS, 31 * MS);
	cr_assert_eq(cause_at(&late, 10 * MS - 5 * US - 1), REPORT_LATES_END);
	cr_assert_eq(cause_at(&late, 10 * MS - 5 * US), REPORT_LATE_cc);
	cr_assert_eq(cause_at(&late, 13 * MS), REPORT_LATE_cc);
	cr_assert_eq(cause_at(&late, 30 * MS), REPORT_LATE_port);
	cr_assert_eq(load_late_until(&late, REPORT_LATE_port), 32 * MS);
	load_late_gap(&late, gap(30 * MS, 31 * MS), 30 * MS);
	cr_assert_eq(cause_at(&late, 30 * MS), REPORT_LATE_host, "without a core there is no port either");
	load_late_gap(&late, gap(10 * MS, 12 * MS), 40 * MS);
	cr_assert_eq(cause_at(&late, 11 * MS), REPORT_LATE_cc, "without room the core is of no use");
}
