/* test_report_schedule.c - shares of a schedule, and the sentences that go with them. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli_exit.h"
#include "report/report.h"
#include "report/report_judged.h"

static struct cli_settings settings;
static struct quern_histogram setup, from_schedule;

static struct report_run run_of(enum cli_command command, struct report_schedule schedule)
{
	cli_settings_init(&settings, command);
	quern_histogram_reset(&setup);
	quern_histogram_reset(&from_schedule);
	return (struct report_run){.settings = &settings,
				   .schedule = schedule,
				   .is_scheduled = true,
				   .setup = &setup,
				   .from_schedule = &from_schedule};
}

static char *text_of(const struct report_run *run)
{
	static char text[4096];
	FILE *out = fmemopen(text, sizeof(text), "w");

	report_schedule_text(out, run, "opens");
	fclose(out);
	return text;
}

static void expect(const struct report_run *run, const char *words, bool is_there)
{
	cr_assert_eq(strstr(text_of(run), words) != NULL, is_there, "'%s' in: %s", words, text_of(run));
}

Test(report_schedule, has_shares_with_and_without_what_others_did)
{
	struct report_schedule schedule = {.intended = 1000, .on_time = 900, .late = {30, 50, 10}};

	cr_assert_float_eq(report_schedule_kept(&schedule), 0.9, 1e-12);
	cr_assert_float_eq(report_schedule_kept_net(&schedule, false), 900.0 / 920, 1e-12);
	cr_assert_float_eq(report_schedule_kept_net(&schedule, true), 900.0 / 910, 1e-12);
	cr_assert_eq(report_schedule_own_lates(&schedule), 10);
	schedule = (struct report_schedule){.intended = 0};
	cr_assert_float_eq(report_schedule_kept(&schedule), 1, 1e-12);
	cr_assert_float_eq(report_schedule_kept_net(&schedule, true), 1, 1e-12);
}

Test(report_schedule, is_told_in_words_by_cause)
{
	struct report_run run = run_of(CLI_LOAD, (struct report_schedule){.intended = 1000, .on_time = 1000});

	expect(&run, "100.000 % of opens within 10 µs of their schedule\n", true);
	expect(&run, "late", false);
	run.schedule = (struct report_schedule){.intended = 100000, .on_time = 90000, .late = {3000, 5000, 1000}};
	expect(&run,
	       "90.000 % of opens within 10 µs of their schedule; late: 3,000 held back by --cc, 5,000 while the "
	       "host had the core, 1,000 while the port took no more, 1,000 by the generator itself\n",
	       true);
	expect(&run, "97.826 % without those that were late by others' doing\n", true);
}

Test(report_schedule, says_how_often_the_host_had_the_core_of_who_makes_load)
{
	struct report_run run = run_of(CLI_BENCH, (struct report_schedule){.intended = 10, .on_time = 10});

	run.worker_count = 2;
	run.workers[0] =
		(struct report_worker){.is_client = true, .gaps = 1234, .gap_ns = 56000000, .longest_gap_ns = 3000000};
	run.workers[1] = (struct report_worker){.gaps = 9, .gap_ns = 99000000, .longest_gap_ns = 99000000};
	expect(&run, "the host had the core 1,234 times, for 56 ms in all and 3.0 ms at most\n", true);
	run.workers[0].gaps = 0;
	expect(&run, "the host", false);
}

static void record(struct quern_histogram *histogram, uint64_t ns, int count)
{
	for (int i = 0; i < count; i++)
		quern_histogram_record(histogram, ns);
}

Test(report_schedule, points_at_who_kept_opens_waiting)
{
	struct report_run run = run_of(
		CLI_BENCH, (struct report_schedule){.intended = 100, .on_time = 50, .late = {[REPORT_LATE_port] = 50}});

	record(&setup, 50000, 100);
	record(&from_schedule, 50000, 50);
	expect(&run, "opens waited", false);
	record(&from_schedule, 900000000, 50);
	expect(&run, "from schedule, 50 µs from send: opens waited for the server, which took no more: it stalled",
	       true);
	run.schedule.late[REPORT_LATE_port] = 0;
	expect(&run, "opens waited for the generator, which was the bottleneck", true);
	run.schedule.late[REPORT_LATE_cc] = 40;
	expect(&run, "opens waited for room under --cc", true);
	settings.command = CLI_LOAD;
	run.schedule = (struct report_schedule){.intended = 100, .on_time = 50, .late = {[REPORT_LATE_port] = 50}};
	expect(&run, "opens waited for the port, which took no more", true);
}

Test(report_schedule, over_a_memif_is_not_missed_for_what_its_other_end_leaves)
{
	struct report_run run = run_of(
		CLI_LOAD, (struct report_schedule){.intended = 100, .on_time = 50, .late = {[REPORT_LATE_port] = 50}});

	settings.port_count = 1;
	settings.ports[0].device = "memif:/run/q.sock";
	expect(&run, "100.000 % without those", true);
	settings.ports[0].device = "af_packet:eth1";
	expect(&run, "50.000 % without those", true);
}

static bool says_that_it_stalled(const struct report_run *run)
{
	char text[512] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");

	report_schedule_silence(out, run);
	fclose(out);
	return strstr(text, "no set-up was answered for 1.0 s while some waited") != NULL;
}

Test(report_schedule, points_at_a_target_that_stalled_unless_the_host_did)
{
	struct report_run run = run_of(CLI_LOAD, (struct report_schedule){.intended = 100, .on_time = 100});

	run.silence_ns = 50000000;
	cr_assert_not(says_that_it_stalled(&run));
	run.silence_ns = 1000000000;
	cr_assert(says_that_it_stalled(&run));
	run.worker_count = 1;
	run.workers[0] = (struct report_worker){.is_client = true, .gaps = 1, .longest_gap_ns = 600000000};
	cr_assert_not(says_that_it_stalled(&run));
	run.worker_count = 0;
	record(&setup, 300000000, 10);
	cr_assert_not(says_that_it_stalled(&run), "it is always that slow");
}

Test(report_schedule, that_was_missed_makes_a_run_invalid_only_where_that_is_asked_for)
{
	struct report_run run = run_of(CLI_LOAD, (struct report_schedule){.intended = 1000, .on_time = 980});

	run.verdict = REPORT_PASS;
	report_schedule_judge(&run);
	cr_assert_eq(run.verdict, REPORT_PASS);
	settings.strict = true;
	report_schedule_judge(&run);
	cr_assert_eq(run.verdict, REPORT_INVALID);
	cr_assert_str_eq(report_verdict_name(run.verdict), "invalid");
	cr_assert_eq(report_judge(&run), CLI_EXIT_INVALID);
	report_schedule_complain(&run);
	run.schedule.late[REPORT_LATE_host] = 15;
	run.verdict = REPORT_PASS;
	report_schedule_judge(&run);
	cr_assert_eq(run.verdict, REPORT_PASS, "the host is not the generator");
	run.schedule.late[REPORT_LATE_host] = 0;
	run.verdict = REPORT_FAIL;
	report_schedule_judge(&run);
	cr_assert_eq(run.verdict, REPORT_FAIL, "what failed has failed");
	cr_assert_eq(report_judge(&run), CLI_EXIT_FAILED);
}
