/* test_cli_judge.c - --threshold, --stop-if, --search and --repeat: what they take, and what they go with. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli_flags.h"

enum { MOST_WORDS = 40 };

#define LOAD "load|tcp://198.18.0.1:9|-p|tap:q0|--ip|198.18.0.2/24"
#define WEB "load|http://198.18.0.1/|-p|tap:q0|--ip|198.18.0.2/24"

/* Parses words with | between them and completes them; where they are refused, `error` says why. */
static int complete(const char *line, struct cli_settings *settings, char error[CLI_ERROR_TEXT])
{
	static char text[1024];
	static char *words[MOST_WORDS + 1];
	char *save;
	int count = 0, parsed;

	snprintf(text, sizeof(text), "%s", line);
	for (char *word = strtok_r(text, "|", &save); word && count < MOST_WORDS; word = strtok_r(NULL, "|", &save))
		words[count++] = word;
	words[count] = NULL;
	cli_settings_init(settings, cli_command_from_name(words[0]));
	error[0] = '\0';
	parsed = cli_parse(settings, count - 1, words + 1, error);
	return parsed == CLI_RUN ? cli_complete(settings, error) : parsed;
}

Test(cli_judge, reads_conditions_for_what_the_run_has)
{
	static struct cli_settings settings;
	char error[CLI_ERROR_TEXT];

	cr_assert_eq(complete(LOAD "|--threshold|failed == 0 && p99 < 2ms|--threshold|cps>=10k", &settings, error), 0,
		     "%s", error);
	cr_assert_eq(settings.judge.threshold_count, 2);
	cr_assert_eq(settings.judge.thresholds[0].count, 2);
	cr_assert_eq(settings.judge.thresholds[1].terms[0].number, JUDGE_CPS);
	cr_assert_eq(complete(WEB "|--threshold|requests_bad == 0|--stop-if|rps < 10 for 5s", &settings, error), 0,
		     "%s", error);
	cr_assert_float_eq(settings.judge.stop_if.lasting_s, 5, 1e-9);
	cr_assert_eq(complete("bench|--payload|http|--threshold|rps > 1k", &settings, error), 0, "%s", error);
}

Test(cli_judge, a_search_has_trials_of_two_seconds_and_no_rate_of_its_own)
{
	static struct cli_settings settings;
	char error[CLI_ERROR_TEXT];

	cr_assert_eq(complete("bench|--search|failed == 0", &settings, error), 0, "%s", error);
	cr_assert_eq(settings.duration_ns, 2 * CLI_NS_PER_S);
	cr_assert_eq(complete("bench|--search|failed == 0|-d|500ms", &settings, error), 0, "%s", error);
	cr_assert_eq(settings.duration_ns, CLI_NS_PER_S / 2);
	cr_assert_eq(complete("bench|--repeat|10", &settings, error), 0, "%s", error);
	cr_assert_eq(settings.judge.repeats, 10);
}

Test(cli_judge, what_does_not_go_together_is_refused_with_a_remedy)
{
	static const struct {
		const char *line, *says;
	} cases[] = {
		{LOAD "|--threshold|faild == 0",
		 "--threshold 'faild == 0': no metric is called 'faild'; did you mean failed?\n"},
		{LOAD "|--threshold|p99 < 5", "a time with its unit"},
		{LOAD "|--threshold|", "up to 16"},
		{LOAD "|--threshold|requests_bad == 0", "is of requests"},
		{LOAD "|--threshold|loss == 0", "is of datagrams"},
		{LOAD "|--stop-if|life.p99 > 1s", "at the end only"},
		{LOAD "|--search|failed == 0|--cps|5k", "leave out --cps"},
		{LOAD "|--search|failed == 0|--cc|5k", "leave out --cps, --cc"},
		{LOAD "|--search|failed == 0|--connections|5k", "--connections"},
		{LOAD "|--search|failed == 0|--repeat|2", "leave out --repeat"},
		{LOAD "|--search|failed == 0|--stop-if|failed > 0", "--stop-if"},
		{LOAD "|--search|failed == 0|-d|0", "give -d"},
		{LOAD "|--repeat|0", "1 to 100"},
		{LOAD "|--repeat|101", "1 to 100"},
		{LOAD "|--repeat|2|-d|0", "give -d"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		static struct cli_settings settings;
		char error[CLI_ERROR_TEXT];
		char line[512];

		/* An empty word cannot be written between bars. */
		snprintf(line, sizeof(line), "%s%s", cases[i].line,
			 cases[i].line[strlen(cases[i].line) - 1] == '|' ? "--threshold=" : "");
		if (strstr(line, "|--threshold|--threshold="))
			snprintf(line, sizeof(line), LOAD "|--threshold=");
		cr_assert_eq(complete(line, &settings, error), -EINVAL, "%s", line);
		cr_assert(strstr(error, cases[i].says), "%s: %s", line, error);
	}
}

Test(cli_judge, takes_sixteen_thresholds_and_a_higher_place_replaces_them_all)
{
	static struct cli_settings settings;

	cli_settings_init(&settings, CLI_LOAD);
	for (int i = 0; i < CLI_THRESHOLDS_MAX; i++)
		cr_assert(cli_set_threshold(&settings, "failed == 0"));
	cr_assert_not(cli_set_threshold(&settings, "failed == 0"));
	cli_settings_rise(&settings);
	cr_assert(cli_set_threshold(&settings, "cps > 0"));
	cr_assert_eq(settings.judge.threshold_count, 1);
}
