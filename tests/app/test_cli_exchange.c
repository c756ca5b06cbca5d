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
					    SERVE " --close never",
					    "bench --payload echo:1000",
					    "bench --payload http --requests 3 --think uniform:1s-2s",
					    "bench --payload echo:1 --requests 3 --think exp:1s",
					    LOAD " --mtu 9000 --mss 8960 --tos 184 --ttl 1",
					    "bench --payload echo:uniform:1-100k --requests 5 --hold 1s --close rst",
					    "bench --payload sink:exp:10k --close half",
					    "bench --payload source:1M --close client",
					    "bench --payload source:uniform:1-1M",
					    "bench --payload source:exp:1k --close half",
					    "bench --payload bytes:10 --requests 0 --close rst -d 10s",
					    LOAD " --payload echo:1 --requests 0",
					    SERVE " --payload source:exp:10k --hold 1s",
					    SERVE " --payload sink:1",
					    SERVE " --payload echo:1"};

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
		     {"bench --close never --cc 10 --hold 1s", "leave out --hold"},
		     {"bench --payload echo:1 --close server", "the client knows how much"},
		     {"bench --payload sink:1 --close both", "the client knows how much"},
		     {"bench --payload bytes:1 --requests 2 --close server", "the client closes"},
		     {"bench --payload bytes:1 --requests 0 --connections 5", "--connections"},
		     {"bench --payload source:1 --requests 2", "something that is asked"},
		     {"bench --payload source:exp:10 --close client", "only the server knows"},
		     {"bench --payload source:10 --close both", "only the server knows"},
		     {"bench --requests 2", "--payload http"},
		     {"bench --think 1s", "something that is asked"},
		     {"bench --payload http --think 1s", "give --requests N"},
		     {"bench --payload echo:1 --think exp:1s", "give --requests N"},
		     {"bench --mss 1461", "leaves 1460 bytes"},
		     {LOAD " --mtu 600 --mss 561", "leaves 560 bytes"},
		     {LOAD " --requests 2", "http://ADDR:PORT/PATH"},
		     {HTTP " --payload echo:5", "tcp://ADDR:PORT"},
		     {"load udp://10.0.0.1:9 -p tap:q0 --ip 10.0.0.2/24 --payload echo:20", "bytes:N"},
		     {SERVE " --payload echo:1 --close server", "the client knows how much"},
		     {SERVE " --echo --payload sink:1", "--payload"}};

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

Test(cli_payload, is_read_and_written_as_users_say_it)
{
	static const char *const texts[] = {"none",           "bytes:64", "http", "echo:1", "sink:uniform:1-65536",
					    "source:exp:5000"},
				 *const others[] = {"",       "bytes:0", "bytes:65536", "bytes:uniform:1-2", "echo",
						    "echo:0", "echo:2G", "sink:",       "source:exp:51M",    "none:1"};
	struct cli_settings settings;
	char text[CLI_PAYLOAD_TEXT];

	cli_settings_init(&settings, CLI_BENCH);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		cr_assert(cli_set_payload(&settings, texts[i]), "%s", texts[i]);
		settings.service[0].http.is_spoken = settings.service[0].http.is_payload;
		cr_assert_str_eq(cli_format_payload(&settings.service[0], text), texts[i]);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		cr_assert_not(cli_set_payload(&settings, others[i]), "%s", others[i]);
}

Test(cli_payload, that_is_checked_is_random_where_nothing_else_is_said)
{
	struct cli_settings settings;
	char error[CLI_ERROR_TEXT];

	cr_assert_eq(complete("bench --payload echo:5", &settings, error), 0);
	cr_assert_eq(settings.service[0].pattern, CLI_PATTERN_RANDOM);
	cr_assert_eq(complete("bench --payload bytes:5", &settings, error), 0);
	cr_assert_eq(settings.service[0].pattern, CLI_PATTERN_ZERO);
	cr_assert(cli_set_pattern(&settings, "text:ABC"));
	cr_assert_str_eq(settings.service[0].pattern_text, "ABC");
	cr_assert_not(cli_set_pattern(&settings, "text:"));
	cr_assert_not(cli_set_pattern(&settings, "auto"));
	cr_assert_eq(complete("bench --payload sink:5 --pattern counter", &settings, error), 0);
	cr_assert_eq(settings.service[0].pattern, CLI_PATTERN_COUNTER);
}
