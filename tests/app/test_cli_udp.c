/* test_cli_udp.c - targets udp://, serve --udp, and which flags go with datagrams. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli_flags.h"
#include "cli/cli_target.h"
#include "payload/payload_stamp.h"

enum { MOST_WORDS = 24 };

#define LOAD "load udp://198.18.0.1:9 -p tap:q0 --ip 198.18.0.2/24"
#define SERVE "serve --udp -p tap:q0 --ip 198.18.0.1/24"

/* Parses a command line and completes it; where it is refused, `error` says why. */
static int complete(const char *line, struct cli_settings *settings, char error[CLI_ERROR_TEXT])
{
	static char text[512];
	static char *words[MOST_WORDS + 1];
	char *save;
	int count = 0, parsed;

	snprintf(text, sizeof(text), "%s", line);
	for (char *word = strtok_r(text, " ", &save); word && count < MOST_WORDS; word = strtok_r(NULL, " ", &save))
		words[count++] = word;
	words[count] = NULL;
	cli_settings_init(settings, cli_command_from_name(words[0]));
	error[0] = '\0';
	parsed = cli_parse(settings, count - 1, words + 1, error);
	return parsed == CLI_RUN ? cli_complete(settings, error) : parsed;
}

Test(cli_udp, a_target_has_a_rate_a_number_of_flows_and_the_shortest_datagram)
{
	struct cli_settings settings;
	char error[CLI_ERROR_TEXT], text[CLI_TARGET_TEXT];

	cr_assert_eq(complete(LOAD, &settings, error), 0, "%s", error);
	cr_assert(settings.udp.is_spoken);
	cr_assert_eq(settings.udp.pps, CLI_PPS_MAX);
	cr_assert_eq(settings.udp.flows, 64);
	cr_assert_eq(settings.service[0].payload_bytes, PAYLOAD_STAMP_BYTES);
	cr_assert_eq(settings.service[0].cps, 0);
	cr_assert_str_eq(cli_format_target(&settings, &settings.service[0], text), "udp://198.18.0.1:9");
	cr_assert_eq(complete(LOAD " --pps 50k --flows 10k --one-way --payload bytes:1472", &settings, error), 0, "%s",
		     error);
	cr_assert(settings.udp.pps == 50000 && settings.udp.flows == 10000 && settings.udp.is_one_way);
	cr_assert_eq(complete(LOAD " --search loss==0", &settings, error), 0, "%s", error);
	cr_assert_eq(settings.duration_ns, 2 * CLI_NS_PER_S);
	cr_assert_eq(settings.judge.search.terms[0].number, JUDGE_LOSS);
	cr_assert_eq(complete(LOAD " --search loss<=0.1% -d 10s", &settings, error), 0, "%s", error);
	cr_assert_float_eq(settings.judge.search.terms[0].value, 0.001, 1e-9);
	cr_assert_eq(settings.duration_ns, 10 * CLI_NS_PER_S);
	cr_assert_eq(complete("load tcp://198.18.0.1:9 -p tap:q0 --ip 198.18.0.2/24", &settings, error), 0);
	cr_assert_not(settings.udp.is_spoken);
}

Test(cli_udp, a_server_sends_back_or_discards)
{
	struct cli_settings settings;
	char error[CLI_ERROR_TEXT];

	cr_assert_eq(complete(SERVE, &settings, error), 0, "%s", error);
	cr_assert(settings.udp.is_spoken);
	cr_assert_eq(complete(SERVE " --discard", &settings, error), 0, "%s", error);
	cr_assert_eq(complete(SERVE " --echo", &settings, error), 0, "%s", error);
}

Test(cli_udp, what_does_not_go_together_is_refused_with_a_remedy)
{
	static const struct {
		const char *line, *says;
	} cases[] = {
		{LOAD " --cps 5", "give --pps"},
		{LOAD " --connections 5", "give --pps"},
		{LOAD " --hold 5s", "--hold"},
		{LOAD " --close rst", "--close"},
		{LOAD " --payload http", "http://"},
		{LOAD " --payload bytes:17", "18 to 1472"},
		{LOAD " --payload bytes:1473", "18 to 1472"},
		{LOAD " --mtu 600 --payload bytes:573", "18 to 572"},
		{"load udp://[fd00::1]:9 -p tap:q0 --ip fd00::2/64 --payload bytes:1453", "18 to 1452"},
		{LOAD " --one-way", "--pps max"},
		{LOAD " --search loss==0 --pps 5", "leave out --pps"},
		{LOAD " --search loss==0 -d 0", "give -d"},
		{LOAD " --search loss==1s", "a share"},
		{LOAD " --search failed==0", "is of connections"},
		{LOAD " --stop-if p99>1s", "--stop-if is of connections"},
		{LOAD " --repeat 3", "--repeat is of connections"},
		{LOAD " --pps 0", "max or 1"},
		{LOAD " --flows 0", "1 to"},
		{"load udp://198.18.0.1 -p tap:q0 --ip 198.18.0.2/24", "udp://ADDR:PORT"},
		{"load tcp://198.18.0.1:9 -p tap:q0 --ip 198.18.0.2/24 --pps 5", "udp://ADDR:PORT"},
		{"load tcp://198.18.0.1:9 -p tap:q0 --ip 198.18.0.2/24 --flows 5", "udp://ADDR:PORT"},
		{"load tcp://198.18.0.1:9 -p tap:q0 --ip 198.18.0.2/24 --one-way", "udp://ADDR:PORT"},
		{SERVE " --http", "leave out --http"},
		{SERVE " --payload bytes:5", "--payload"},
		{SERVE " --close server", "leave out --close"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cli_settings settings;
		char error[CLI_ERROR_TEXT];

		cr_assert_eq(complete(cases[i].line, &settings, error), -EINVAL, "%s", cases[i].line);
		cr_assert(strstr(error, cases[i].says), "%s: %s", cases[i].line, error);
	}
}
