/* test_forward_report.c - what a forwarder says: a line a second, and the accounts of its report. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "forward/forward_health.h"
#include "forward/forward_live.h"
#include "forward/forward_report.h"

static char *line_of(bool redraws, double total_s, bool is_quiet)
{
	static char text[512];
	const struct forward_row row = {.t_s = 3.1,
					.span_s = 0.5,
					.forwarded = 600,
					.returned = 500,
					.opened = 7,
					.ended = 2,
					.sessions = 5000,
					.rx_packets = 1000,
					.tx_packets = 1100,
					.drops = 3,
					.busy = 0.25};
	FILE *out = fmemopen(text, sizeof(text), "w");

	text[0] = '\0';
	forward_live_line(&(struct report_progress){out, .redraws = redraws, .is_quiet = is_quiet, .total_s = total_s},
			  &row);
	fclose(out);
	return text;
}

Test(forward_live, tells_rates_a_second_and_counts_of_the_row)
{
	cr_assert_str_eq(line_of(false, 0, false), "t=3s fwd=1200 ret=1000 sessions=5000 opened=7 ended=2 rxpps=2000 "
						   "txpps=2200 drop=3 busy=25%\n");
	cr_assert_str_eq(line_of(false, 0, true), "");
}

Test(forward_live, is_drawn_again_on_a_terminal_with_how_far_the_run_is)
{
	cr_assert_str_eq(line_of(true, 6.2, false),
			 "\r\033[K 3.1 s  ██████████░░░░░░░░░░  forwarded 1,200/s   returned 1,000/s   sessions 5,000"
			 "   drops 6/s   busy 25 %");
	cr_assert_str_eq(line_of(true, 6.2, true), "");
}

Test(forward_series, has_what_happened_between_two_looks_of_all_shards)
{
	struct forward_series series = {.rows = NULL};
	struct report_sample *last = calloc(1, sizeof(*last)), *now = calloc(1, sizeof(*now));
	const struct forward_row *row;

	last->at_s = 11;
	now->at_s = 13;
	last->shard_count = now->shard_count = 2;
	for (int shard = 0; shard < 2; shard++) {
		last->counters[shard] = (struct quern_counters){.udp_forwarded = 10, .udp_returned = 20};
		now->counters[shard] = (struct quern_counters){.udp_forwarded = 15,
							       .udp_returned = 27,
							       .udp_sessions_opened = 3,
							       .udp_sessions_ended = 1,
							       .rx_packets = 40,
							       .tx_packets = 50};
		now->counters[shard].drops[QUERN_DROP_UDP_TTL] = 4;
	}
	for (int i = 1; i <= 4000; i++) {
		row = forward_series_add(&series, 10, last, now);
		cr_assert_not_null(row);
		cr_assert_eq(series.count, (size_t)i);
	}
	cr_assert_eq(row, &series.rows[3999]);
	cr_assert(row->t_s == 3 && row->span_s == 2 && row->drops == 8);
	cr_assert(row->forwarded == 10 && row->returned == 14 && row->opened == 6 && row->ended == 2);
	cr_assert(row->rx_packets == 80 && row->tx_packets == 100);
	forward_series_close(&series);
	free(last);
	free(now);
}

Test(forward_health, tells_of_a_target_that_is_down_and_up_again)
{
	const struct quern_forward_target target = {.to = {.address = 0xc6130005, .port = 53}};
	const struct quern_forward_rule rule = {
		.name = "dns", .targets = &target, .target_count = 1, .check = {.probe = QUERN_PROBE_ICMP, .fall = 4}};
	const struct quern_forward_stats up = {.state = QUERN_TARGET_UP},
					 down = {.state = QUERN_TARGET_DOWN, .cause = QUERN_TARGET_UNANSWERED};
	char text[512] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");

	forward_health_note(out, &rule, 0, QUERN_TARGET_NEW, &up);
	forward_health_note(out, &rule, 0, QUERN_TARGET_UP, &down);
	forward_health_note(out, &rule, 0, QUERN_TARGET_DOWN, &up);
	fclose(out);
	cr_assert_str_eq(text, "warning: target 198.19.0.5:53 of rule dns is down: no answer, 4 probes in a row\n"
			       "target 198.19.0.5:53 of rule dns is up again\n");
}

Test(forward_report, has_a_line_for_each_rule_and_target)
{
	const struct quern_forward_target targets[] = {{.to = {.address = 0xc6130005, .port = 53}},
						       {.to = {.address = 0xc6130006}}};
	const struct quern_forward_rule rule = {.name = "dns", .targets = targets, .target_count = 2};
	struct quern_forward_stats all[] = {
		{.forwarded = 4000, .returned = 3999, .opened = 12, .sessions = 7, .refused = 1},
		{.forwarded = 3000, .returned = 3000, .opened = 9, .sessions = 6, .state = QUERN_TARGET_UP},
		{.forwarded = 1000,
		 .returned = 999,
		 .opened = 3,
		 .sessions = 1,
		 .state = QUERN_TARGET_DOWN,
		 .cause = QUERN_TARGET_REFUSED}};
	const struct forward_stats stats = {.rules = &rule, .rule_count = 1, .all = all};
	char text[1024];
	FILE *out = fmemopen(text, sizeof(text), "w");
	json_t *rules = forward_stats_json(&stats), *target;

	forward_stats_text(out, &stats);
	fclose(out);
	cr_assert_str_eq(text, "rules                                               sessions"
			       "      opened     forwarded      returned     refused   share\n"
			       "              dns                                          7"
			       "          12         4,000         3,999           1\n"
			       "                198.19.0.5:53         up                   6"
			       "           9         3,000         3,000           0  75.0 %\n"
			       "                198.19.0.6            down                 1"
			       "           3         1,000           999           0  25.0 %\n");
	target = json_array_get(json_object_get(json_array_get(rules, 0), "targets"), 1);
	cr_assert_str_eq(json_string_value(json_object_get(target, "to")), "198.19.0.6");
	cr_assert_eq(json_integer_value(json_object_get(target, "returned")), 999);
	cr_assert_str_eq(json_string_value(json_object_get(target, "cause")), "its port is closed");
	json_decref(rules);
}

Test(forward_report, fails_where_a_session_is_not_accounted_for)
{
	struct cli_settings settings;
	struct forward_report report = {.run = {.settings = &settings, .duration_s = 2}};
	char text[2048];
	FILE *out;

	cli_settings_init(&settings, CLI_FORWARD);
	report.run.traffic = (struct quern_counters){
		.udp_forwarded = 9000, .udp_returned = 8000, .udp_sessions_opened = 12, .udp_sessions_ended = 7};
	report.use = (struct quern_forward_use){.sessions = 5, .capacity = 131072};
	for (int round = 0; round < 2; round++) {
		out = fmemopen(text, sizeof(text), "w");
		forward_report_text(out, &report, false);
		fclose(out);
		cr_assert_eq(forward_report_adds_up(&report), round == 0);
		cr_assert(strstr(text, round == 0 ? "opened = ended + open  ✓" : "opened = ended + open  ✗"), "%s",
			  text);
		report.use.sessions = 4;
	}
	cr_assert(strstr(text, "forwarded 9,000   returned 8,000   ICMP errors passed on 0"), "%s", text);
	cr_assert(strstr(text, "4,500 and 4,000 per second"), "%s", text);
	cr_assert(strstr(text, "opened 12   ended 7   open at end 4, of 131,072 there may be"), "%s", text);
}
