/* test_live.c - what a screen shows, at sizes from the smallest up and with values that no run should have. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "live/live_draw.h"

static struct live_look look_of(double span_s, uint64_t opened, uint64_t established)
{
	return (struct live_look){.span_s = span_s, .totals = {opened, established, opened - established}};
}

static void begin(struct live_model *model)
{
	memset(model, 0, sizeof(*model));
	snprintf(model->title, sizeof(model->title), "quern load tcp://198.18.0.1:80 · tap:q0 · cores 2, 3");
	model->counters[0].name = "opened/s";
	model->counters[1].name = "established/s";
	model->counters[2].name = "failed/s";
	model->counter_count = 3;
	model->charted = "CPS";
	model->charted_counter = 1;
	model->total_s = 300;
	model->has_keys = model->can_steer = true;
}

/* Four seconds of a run, and the lines that one has. */
static void run(struct live_model *model)
{
	static struct live_look look;

	begin(model);
	for (uint64_t i = 1; i <= 4; i++) {
		look = look_of(1, 1000 * i * i, 1000 * i * i - i);
		snprintf(live_look_line(&look, "in flight", 2)->text, LIVE_TEXT, "1,999,404   TIME-WAIT 59,988,120");
		snprintf(live_look_line(&look, "set-up", 3)->text, LIVE_TEXT, "p50 41 µs  p99 88 µs  p99.9 190 µs");
		snprintf(live_look_line(&look, "thresholds", 5)->text, LIVE_TEXT, "✓ p99 < 2ms (88 µs)");
		live_model_take(model, &look);
	}
	live_model_advance(model, 133.4);
}

static char *drawn(const struct live_model *model, struct live_size size)
{
	static struct live_page page;
	static char text[LIVE_ROWS * LIVE_BYTES];
	size_t used = 0;

	live_draw(&page, model, &size);
	cr_assert_leq(page.count, size.rows);
	for (uint16_t i = 0; i < page.count; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s\n", page.rows[i].text);
	return text;
}

Test(live_model, says_what_the_last_look_and_the_last_minute_have_brought)
{
	static struct live_model model;

	run(&model);
	cr_assert_eq(model.counters[0].total, 16000);
	cr_assert_float_eq(model.counters[0].now, 7000, 1e-9);
	cr_assert_float_eq(model.counters[0].minute, 4000, 1e-9);
	cr_assert_float_eq(live_model_charted(&model, 0), 6999, 1e-9);
	cr_assert_float_eq(live_model_charted(&model, 3), 999, 1e-9);
	cr_assert(live_model_charted(&model, 4) < 0);
}

Test(live_model, forgets_what_is_older_than_a_minute)
{
	static struct live_model model;
	struct live_look look;

	begin(&model);
	for (uint64_t i = 1; i <= 100; i++) {
		look = look_of(0.5, i <= 40 ? 1000000 * i : 40000000 + (i - 40) * 10, 0);
		live_model_take(&model, &look);
	}
	cr_assert_float_eq(model.counters[0].minute, 20, 1e-9);
	cr_assert(live_model_charted(&model, LIVE_SECONDS) < 0);
}

Test(live_model, takes_smaller_totals_for_those_of_another_run)
{
	static struct live_model model;
	struct live_look look = look_of(1, 5000, 5000);

	begin(&model);
	live_model_take(&model, &look);
	look = look_of(1, 100, 90);
	live_model_take(&model, &look);
	cr_assert_float_eq(model.counters[0].now, 100, 1e-9);
	look = look_of(0, 100, 90);
	live_model_take(&model, &look);
	cr_assert_float_eq(model.counters[0].now, 0, 1e-9);
}

Test(live_draw, shows_all_on_80_by_24)
{
	static struct live_model model;

	run(&model);
	cr_expect_str_eq(drawn(&model, (struct live_size){80, 24, true}),
			 "\n\n"
			 "quern load tcp://198.18.0.1:80 · tap:q0 · cores 2, 3\n"
			 "00:02:13 / 00:05:00  █████████░░░░░░░░░░░\n"
			 "                       now    1 min avg        total\n"
			 "opened/s             7,000        4,000       16,000\n"
			 "established/s        6,999        3,999       15,996\n"
			 "failed/s                 1            1            4\n"
			 "CPS                                                                  ▂▄▆█\n"
			 "in flight    1,999,404   TIME-WAIT 59,988,120\n"
			 "set-up       p50 41 µs  p99 88 µs  p99.9 190 µs\n"
			 "thresholds   ✓ p99 < 2ms (88 µs)\n"
			 "q quit · p pause · +/- rate · ? help\n");
}

Test(live_draw, has_the_chart_beside_the_table_on_200_by_50)
{
	static struct live_model model;
	char *text;

	run(&model);
	text = drawn(&model, (struct live_size){200, 50, true});
	cr_expect(strstr(text, "cores 2, 3   00:02:13 / 00:05:00  ████"), "%s", text);
	cr_expect(strstr(text, "total     CPS, last 60 s, at most 6,999\n"), "%s", text);
	cr_expect(strstr(text, "▂▄▆█\nestablished/s"), "%s", text);
}

Test(live_draw, leaves_out_the_least_important_on_40_by_8)
{
	static struct live_model model;

	run(&model);
	cr_expect_str_eq(drawn(&model, (struct live_size){40, 8, true}), "quern load tcp://198.18.0.1:80 · tap:q0\n"
									 "00:02:13 / 00:05:00  █████████░░░░░░░░░\n"
									 "opened/s             7,000       16,000\n"
									 "established/s        6,999       15,996\n"
									 "failed/s                 1            4\n"
									 "in flight    1,999,404   TIME-WAIT 59,9\n"
									 "set-up       p50 41 µs  p99 88 µs  p99.\n"
									 "thresholds   ✓ p99 < 2ms (88 µs)\n");
}

Test(live_draw, draws_nothing_but_ascii_where_that_is_all_there_is)
{
	static struct live_model model;
	char *text;

	run(&model);
	text = drawn(&model, (struct live_size){80, 24, false});
	for (const char *at = text; *at; at++)
		cr_assert(*at == '\n' || (*at >= ' ' && *at < 0x7f), "%s", at);
	cr_expect(strstr(text, "|") && strstr(text, "88 us") && strstr(text, "ok p99") && strstr(text, "####...."),
		  "%s", text);
}

Test(live_draw, lets_no_control_character_through_and_no_broken_one)
{
	static struct live_model model;
	char *text;

	run(&model);
	snprintf(model.title, sizeof(model.title), "a\033[2Jb\nc\x7f\xe2\x96");
	text = drawn(&model, (struct live_size){80, 24, true});
	cr_expect(strstr(text, "a?[2Jb?c???\n"), "%s", text);
}

Test(live_draw, stands_values_that_no_run_has, .timeout = 5)
{
	static struct live_model model;
	struct live_look look = look_of(1e-9, UINT64_MAX, UINT64_MAX);

	run(&model);
	live_model_take(&model, &look);
	memset(model.title, 'x', sizeof(model.title) - 1);
	live_model_advance(&model, 1e300);
	for (uint16_t columns = 1; columns < 400; columns = (uint16_t)(columns + 13)) {
		for (uint16_t rows = 1; rows < 60; rows = (uint16_t)(rows + 3)) {
			static struct live_page page;
			struct live_size size = {columns, rows, false};

			live_draw(&page, &model, &size);
			cr_assert(page.count > 0 && page.count <= rows);
			for (uint16_t i = 0; i < page.count; i++)
				cr_assert_lt(strlen(page.rows[i].text), columns);
		}
	}
	model.counter_count = 0;
	model.shows_help = true;
	live_model_advance(&model, -5);
	cr_expect(strstr(drawn(&model, (struct live_size){80, 24, true}), "00:00:00 /"));
}

Test(live_draw, explains_its_keys_and_those_only_that_do_something)
{
	static struct live_model model;
	char *text;

	run(&model);
	model.shows_help = true;
	text = drawn(&model, (struct live_size){80, 24, true});
	cr_expect(strstr(text, "q  quit") && strstr(text, "p  pause"), "%s", text);
	model.can_steer = false;
	text = drawn(&model, (struct live_size){80, 24, true});
	cr_expect(strstr(text, "q  quit") && !strstr(text, "p  pause") && !strstr(text, "+/-"), "%s", text);
}
