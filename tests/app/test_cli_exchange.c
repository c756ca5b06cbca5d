/* test_cli_exchange.c - what is said on a connection and how it ends: which flags go together. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli_flags.h"

enum { MOST_WORDS = 24 };

/* Parses a command line and completes it. */
static int complete(const char *line, struct cli_settings *settings, char error[CLI_ERROR_TEXT])
{
	static char text[512];
	static char *words[MOST_WORDS + 1];
	char *save;
	int count = 0;

	snprintf(text, sizeof(text), "%s", line);
	for (char *word = strtok_r(text, " ", &save); word && count < MOST_WORDS; word = strtok_r(NULL, " ", &save))
		words[count++] = word;
	words[count] = NULL;
	cli_settings_init(settings, cli_command_from_name(words[0]));
	error[0] = '\0';
	cr_assert_eq(cli_parse(settings, count - 1, words + 1, error), CLI_RUN, "%s: %s", line, error);
	return cli_complete(settings, error);
}

#define LOAD "load tcp://10.0.0.1:80 -p tap:q0 --ip 10.0.0.2/24"
#define HTTP "load http://10.0.0.1/ -p tap:q0 --ip 10.0.0.2/24"
#define SERVE "serve -p tap:q0 --ip 10.0.0.1/24"

Test(cli_exchange, takes_what_goes_together)
{
	static const char *const lines[] = {"bench --close half",
					    "bench --close half --hold 1s",
					    "bench --close half --payload bytes:10",
					    LOAD " --close half",
					    "bench --close never --cc 10",
					    "bench --close never --connections 10",
					    "bench --close never --cps 10k",
					    HTTP " --close never --requests 10",
					    SERVE " --close half --hold 1s",
					    SERVE " --close never"};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct cli_settings settings;
		char error[CLI_ERROR_TEXT];

		cr_assert_eq(complete(lines[i], &settings, error), 0, "%s: %s", lines[i], error);
	}
}

Test(cli_exchange, says_what_does_not_go_together)
{
	static const struct {
		const char *line;
		const char *part;
	} cases[] = {{"bench --close half --payload bytes:1 --hold 1s", "leave out --hold"},
		     {HTTP " --close half --requests 5", "give --close client"},
		     {HTTP " --close never", "the server closes first"},
		     {"bench --close never", "give --cc"},
		     {"bench --close never --cc 10 --hold 1s", "leave out --hold"}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cli_settings settings;
		char error[CLI_ERROR_TEXT];

		cr_assert_eq(complete(cases[i].line, &settings, error), -EINVAL, "%s", cases[i].line);
		cr_assert(strstr(error, cases[i].part), "%s: %s", cases[i].line, error);
	}
}

Test(cli_exchange, that_never_ends_has_room_for_all_that_are_opened)
{
	struct cli_settings settings;
	char error[CLI_ERROR_TEXT];

	cr_assert_eq(complete("bench --close never --cps 100k -d 10s --warmup 2s", &settings, error), 0, "%s", error);
	cr_assert_geq(settings.max_connections, 1200000);
	cr_assert_eq(complete("bench --close never --connections 300k", &settings, error), 0, "%s", error);
	cr_assert_geq(settings.max_connections, 300000);
}
