/* test_load_steer.c - what may be changed of a run that goes on, and what is kept of it for the report. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "load/load_steer.h"

static struct cli_settings settings;
static struct load_steer steer;

static void open_with(uint64_t cps, uint64_t cc)
{
	cli_settings_init(&settings, CLI_BENCH);
	settings.service[0].cps = cps;
	settings.service[0].cc = cc;
	load_steer_open(&steer, &settings);
}

static struct load_level level(uint16_t service)
{
	bool is_paused;

	return load_steer_level(&steer, service, &is_paused);
}

Test(load_steer, changes_the_rate_where_there_is_one_and_else_the_number_held)
{
	open_with(1000, 50);
	cr_assert_eq(load_steer_version(&steer), 0);
	cr_assert_eq(load_steer_scale(&steer, 1.1, 1), 0);
	cr_assert(level(0).cps == 1100 && level(0).cc == 50);
	cr_assert_eq(load_steer_set(&steer, 7, 2), 0);
	cr_assert_eq(level(0).cps, 7);
	cr_assert_eq(load_steer_version(&steer), 2);
	load_steer_close(&steer);
	open_with(0, 50);
	cr_assert_eq(load_steer_scale(&steer, 0.5, 1), 0);
	cr_assert(level(0).cps == 0 && level(0).cc == 25);
	load_steer_close(&steer);
}

Test(load_steer, leaves_at_least_one)
{
	open_with(1, 0);
	cr_assert_eq(load_steer_scale(&steer, 0.1, 1), 0);
	cr_assert_eq(level(0).cps, 1);
	cr_assert_eq(load_steer_set(&steer, 0, 1), -EINVAL);
	load_steer_close(&steer);
}

Test(load_steer, has_nothing_to_change_where_all_goes_that_can_or_a_profile_says_it)
{
	open_with(CLI_CPS_MAX, 0);
	cr_assert_eq(load_steer_scale(&steer, 2, 1), -ENOTSUP);
	cr_assert_eq(load_steer_set(&steer, 5, 1), -ENOTSUP);
	cr_assert_eq(load_steer_version(&steer), 0);
	cr_assert_eq(load_steer_pause(&steer, true, 1), 0);
	load_steer_close(&steer);
	open_with(1000, 0);
	settings.service[0].profile = "steps";
	cr_assert_eq(load_steer_scale(&steer, 2, 1), -ENOTSUP);
	cr_assert_eq(load_steer_pause(&steer, true, 1), -ENOTSUP);
	settings.service[0].profile = NULL;
	settings.judge.search_text = "failed == 0";
	cr_assert_eq(load_steer_pause(&steer, true, 1), -ENOTSUP);
	load_steer_close(&steer);
}

Test(load_steer, scales_all_services_and_sets_only_one)
{
	open_with(1000, 0);
	cli_settings_speak_of(&settings, 1);
	settings.service[1].cc = 10;
	load_steer_close(&steer);
	load_steer_open(&steer, &settings);
	cr_assert_eq(load_steer_set(&steer, 5, 1), -ENOTSUP);
	cr_assert_eq(load_steer_scale(&steer, 3, 1), 0);
	cr_assert(level(0).cps == 3000 && level(1).cc == 30);
	load_steer_close(&steer);
}

Test(load_steer, is_told_in_the_report_in_words_and_as_json)
{
	struct report_steered past;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	json_t *array;

	open_with(1000, 0);
	load_steer_scale(&steer, 2, 0.5);
	cr_assert_eq(load_steer_pause(&steer, true, 1.25), 0);
	cr_assert_eq(load_steer_pause(&steer, true, 1.5), -EALREADY);
	cr_assert_eq(load_steer_pause(&steer, false, 2), 0);
	past = load_steer_past(&steer);
	report_steered_text(out, &past, 1);
	fclose(out);
	cr_assert_str_eq(text, "by hand       at 0.5 s 2,000 a second; at 1.2 s paused; at 2.0 s 2,000 a second\n");
	array = report_steered_json(&past, 1);
	cr_assert_eq(json_array_size(array), 3);
	cr_assert(json_is_true(json_object_get(json_array_get(array, 1), "paused")));
	cr_assert(json_is_null(json_array_get(json_object_get(json_array_get(array, 1), "cc"), 0)));
	json_decref(array);
	free(text);
	load_steer_close(&steer);
}

Test(load_steer, keeps_the_first_changes_and_counts_all)
{
	struct report_steered past;
	json_t *array;

	open_with(1000, 0);
	for (int i = 0; i < 3 * REPORT_STEERED_MAX; i++)
		load_steer_set(&steer, 100, i);
	past = load_steer_past(&steer);
	cr_assert_eq(past.count, 3 * REPORT_STEERED_MAX);
	array = report_steered_json(&past, 1);
	cr_assert_eq(json_array_size(array), REPORT_STEERED_MAX);
	json_decref(array);
	load_steer_close(&steer);
}
