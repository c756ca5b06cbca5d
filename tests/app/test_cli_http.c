/* test_cli_http.c - targets of load, and which flags go with HTTP. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli_flags.h"
#include "cli/cli_target.h"

enum { MOST_WORDS = 20 };

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

Test(cli_target, of_http_has_port_80_and_the_path_slash_where_it_says_none)
{
	static const struct {
		const char *text;
		uint16_t port;
		const char *path; /* as it stays */
		const char *whole;
	} cases[] = {{"http://10.0.0.1", 80, "/", "http://10.0.0.1:80/"},
		     {"http://10.0.0.1/", 80, "/", "http://10.0.0.1:80/"},
		     {"http://10.0.0.1:8080/a/b?c=d", 8080, "/a/b?c=d", "http://10.0.0.1:8080/a/b?c=d"},
		     {"http://10.0.0.1?c", 80, "?c", "http://10.0.0.1:80/?c"},
		     {"tcp://10.0.0.1:81", 81, NULL, "tcp://10.0.0.1:81"},
		     {"http://[fd00::2]", 80, "/", "http://[fd00::2]:80/"},
		     {"http://[FD00:0::2]/a", 80, "/a", "http://[fd00::2]:80/a"},
		     {"http://[fd00::2]:8080?c", 8080, "?c", "http://[fd00::2]:8080/?c"},
		     {"http://[2001:db8:1111:2222:3333:4444:5555:6666]:65535/", 65535, "/",
		      "http://[2001:db8:1111:2222:3333:4444:5555:6666]:65535/"},
		     {"tcp://[fd00::2]:81", 81, NULL, "tcp://[fd00::2]:81"}};
	char text[CLI_TARGET_TEXT];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cli_settings settings;

		cli_settings_init(&settings, CLI_LOAD);
		cr_assert(
			cli_parse_target(cases[i].text, &settings.service[0].target[0], &settings.service[0].http.path),
			"%s", cases[i].text);
		cr_assert_eq(settings.service[0].target[0].port, cases[i].port);
		cr_assert_eq(settings.service[0].http.path == NULL, cases[i].path == NULL);
		if (cases[i].path)
			cr_assert_str_eq(settings.service[0].http.path, cases[i].path);
		cr_assert_str_eq(cli_format_target(&settings, &settings.service[0], text), cases[i].whole);
	}
}

Test(cli_target, with_a_path_that_no_request_can_have_is_refused)
{
	static const char *const texts[] = {
		"http://10.0.0.1/a b", "http://10.0.0.1/\xc3\xa9",       "http://10.0.0.1/a\tb", "http://", "http:///",
		"http://10.0.0.1.5/",  "http://10.0.0.1:99999999999999/"};
	struct quern_endpoint target = {.port = 7};
	char longest[300] = "http://10.0.0.1/";
	const char *path = NULL;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		cr_assert_not(cli_parse_target(texts[i], &target, &path), "%s", texts[i]);
	memset(longest + 16, 'x', 254);
	cr_assert_not(cli_parse_target(longest, &target, &path), "a path of 255 bytes");
	cr_assert(target.port == 7 && path == NULL, "untouched");
	longest[16 + 253] = '\0';
	cr_assert(cli_parse_target(longest, &target, &path));
}

Test(cli_http, is_spoken_where_it_is_asked_for_and_the_server_closes_after_one_request)
{
	static const char *const lines[] = {
		"bench --payload http", "bench --payload http --close server",
		"load http://10.0.0.1/ -p tap:q0 --ip 10.0.0.2/24",
		"load http://10.0.0.1/ -p tap:q0 --ip 10.0.0.2/24 --payload http --requests 1"};
	struct cli_settings settings;
	char error[CLI_ERROR_TEXT];

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		cr_assert_eq(complete(lines[i], &settings, error), 0, "%s: %s", lines[i], error);
		cr_assert(settings.service[0].http.is_spoken);
		cr_assert_str_eq(settings.service[0].http.path, "/");
		cr_assert_eq(settings.service[0].close, CLI_CLOSE_SERVER);
		cr_assert_eq(settings.service[0].cps, CLI_CPS_MAX);
	}
	cr_assert_eq(complete("bench --payload bytes:1", &settings, error), 0);
	cr_assert_not(settings.service[0].http.is_spoken);
	cr_assert_eq(complete("serve --http --root /srv -p tap:q0 --ip 10.0.0.2/24", &settings, error), 0, "%s", error);
	cr_assert(settings.service[0].http.is_spoken);
}

Test(cli_http, keeps_a_hundred_connections_where_they_last_and_none_says_how_many)
{
	struct cli_settings settings;
	char error[CLI_ERROR_TEXT];

	cr_assert_eq(complete("bench --payload http --requests 0", &settings, error), 0, "%s", error);
	cr_assert_eq(settings.service[0].cc, 100);
	cr_assert_eq(settings.service[0].cps, 0);
	cr_assert_eq(settings.service[0].close, CLI_CLOSE_CLIENT);
	cr_assert_eq(complete("bench --payload http --requests 10 --cps 1k --close rst", &settings, error), 0);
	cr_assert_eq(settings.service[0].cc, 0);
	cr_assert_eq(settings.service[0].cps, 1000);
}

Test(cli_http, refuses_flags_that_contradict_each_other_in_one_line)
{
	static const struct {
		const char *line;
		const char *says;
	} cases[] = {
		{"bench --payload http --close client", "the server closes first"},
		{"bench --payload http --close rst", "the server closes first"},
		{"bench --payload http --hold 1s", "--hold"},
		{"bench --payload http --requests 2 --close server", "the client closes"},
		{"bench --payload http --requests 0 --hold 1s", "--hold"},
		{"bench --payload http --requests 0 --connections 5", "--connections"},
		{"bench --requests 5", "--payload http"},
		{"bench --body 5", "--payload http"},
		{"load tcp://10.0.0.1:80 -p tap:q0 --ip 10.0.0.2/24 --requests 5", "http://ADDR:PORT/PATH"},
		{"load tcp://10.0.0.1:80 -p tap:q0 --ip 10.0.0.2/24 --payload http", "http://ADDR:PORT/PATH"},
		{"load http://10.0.0.1/ -p tap:q0 --ip 10.0.0.2/24 --payload bytes:5", "tcp://ADDR:PORT"},
		{"serve --payload http -p tap:q0 --ip 10.0.0.2/24", "--http"},
		{"serve --http --payload bytes:5 -p tap:q0 --ip 10.0.0.2/24", "--payload"},
		{"serve --http --echo -p tap:q0 --ip 10.0.0.2/24", "one of --discard, --echo and --http"},
		{"serve --http --close client -p tap:q0 --ip 10.0.0.2/24", "--close"},
		{"serve --http --hold 1s -p tap:q0 --ip 10.0.0.2/24", "--hold"},
		{"serve --http --root /srv --body 5 -p tap:q0 --ip 10.0.0.2/24", "--root or --body"},
		{"serve --root /srv -p tap:q0 --ip 10.0.0.2/24", "--http"},
	};
	struct cli_settings settings;
	char error[CLI_ERROR_TEXT];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cr_assert_eq(complete(cases[i].line, &settings, error), -EINVAL, "%s was accepted", cases[i].line);
		cr_assert(strstr(error, cases[i].says), "%s: '%s' lacks '%s'", cases[i].line, error, cases[i].says);
		cr_assert_null(strchr(error, '\n'));
	}
}
