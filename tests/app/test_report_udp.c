/* test_report_udp.c - datagrams in reports: accounts, seconds, bits on the wire, and what a person reads of them. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/report.h"

static char *text_of(const struct report_run *run)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	report_udp_text(out, run);
	fclose(out);
	return text;
}

/* The shortest frames are 84 bytes on the wire, whatever is in them. */
Test(report_udp, counts_what_ethernet_adds)
{
	cr_assert_eq(report_udp_wire(0, false, false), 84);
	cr_assert_eq(report_udp_wire(18, false, false), 84);
	cr_assert_eq(report_udp_wire(19, false, false), 85);
	cr_assert_eq(report_udp_wire(1472, false, false), 1538);
	cr_assert_eq(report_udp_wire(1472, false, true), 1542);
	cr_assert_eq(report_udp_wire(1452, true, false), 1538);
}

Test(report_udp, rows_sum_up_to_the_totals_and_a_gap_that_is_filled_is_no_row_of_its_own)
{
	struct report_udp_series series;
	struct report_udp_counts totals = {.sent = 100, .lost = 7};
	const struct report_udp_row *row;

	cr_assert_eq(report_udp_series_open(&series), 0);
	row = report_udp_series_add(&series, 1, &totals, NULL);
	cr_assert(row->counts.sent == 100 && row->counts.lost == 7 && row->span_s > 0.99);
	totals = (struct report_udp_counts){.sent = 150, .lost = 5};
	row = report_udp_series_add(&series, 2.5, &totals, NULL);
	cr_assert(row->counts.sent == 50 && row->counts.lost == 0, "what came late is less than nothing");
	cr_assert_float_eq(row->span_s, 1.5, 1e-9);
	totals.answered = 145;
	report_udp_series_settle(&series, &totals);
	cr_assert_eq(series.rows[1].counts.answered, 145);
	for (int i = 0; i < 2000; i++)
		cr_assert_not_null(report_udp_series_add(&series, 3 + i, &totals, NULL));
	cr_assert(series.count == 2002 && series.rows[0].counts.sent == 100 && series.rows[2001].counts.sent == 0);
	report_udp_series_reset(&series);
	row = report_udp_series_add(&series, 1, &totals, NULL);
	cr_assert(series.count == 1 && row->counts.sent == 150);
	report_udp_series_close(&series);
}

Test(report_udp, says_by_a_mark_whether_all_is_accounted_for)
{
	struct cli_settings settings = {.command = CLI_LOAD, .service = {{.payload_bytes = 18}}};
	struct report_udp udp = {
		.totals = {.sent = 10, .answered = 7, .lost = 2, .in_flight = 1, .late = 1, .stale = 3},
		.duration_s = 1};
	struct report_run run = {.settings = &settings, .udp = &udp};
	char *text = text_of(&run);

	cr_assert(report_accounts(&run));
	cr_assert(strstr(text, "sent 10   answered 7   lost 2 (2.0e-01)"), "%s", text);
	cr_assert(strstr(text, "sent = answered + lost + in flight  ✓"), "%s", text);
	cr_assert(strstr(text, "3 answers were too old"), "%s", text);
	free(text);
	udp.totals.lost = 3;
	text = text_of(&run);
	cr_assert_not(report_accounts(&run));
	cr_assert(strstr(text, "✗"), "%s", text);
	free(text);
}

Test(report_udp, prints_the_trials_of_a_search_and_what_it_has_found)
{
	static const struct report_trials trials = {
		.at = {{.rate = 10000, .achieved = 10000, .opened = 20000, .is_good = true},
		       {.rate = 20000, .achieved = 19000, .opened = 38000, .failed = 4},
		       {.rate = 10000, .achieved = 10000, .opened = 20000, .is_good = true, .is_confirmation = true}},
		.count = 3};
	struct cli_settings settings = {.command = CLI_LOAD, .judge = {.search_text = "loss==0"}};
	struct report_udp udp = {.trials = &trials, .found = 10000, .resolution = 0.01};
	struct report_run run = {.settings = &settings, .udp = &udp};
	char *text = text_of(&run);

	cr_assert(strstr(text, "✗       20,000 offered         19,000 sent   lost 4"), "%s", text);
	cr_assert(strstr(text, "(once more)"), "%s", text);
	cr_assert(strstr(text, "highest rate with loss==0: 10,000 datagrams/s, to 1 %"), "%s", text);
	free(text);
	udp.found = 0;
	text = text_of(&run);
	cr_assert(strstr(text, "no rate with loss==0 was found"), "%s", text);
	free(text);
}
