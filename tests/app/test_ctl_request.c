/* test_ctl_request.c - the words and flags of quern ctl. */
#include <errno.h>
#include <string.h>

#include <criterion/criterion.h>

#include "ctl/ctl_request.h"

enum { WORDS_MAX = 12 };

static struct ctl_request request;
static char error[CLI_ERROR_TEXT];

static int parse(const char *words)
{
	static char text[600];
	char *arguments[WORDS_MAX], *save;
	int count = 0;

	snprintf(text, sizeof(text), "%s", words);
	for (char *word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save))
		arguments[count++] = word;
	error[0] = '\0';
	return ctl_parse(&request, count, arguments, error);
}

Test(ctl_request, hands_filters_on_in_the_words_of_telemetry)
{
	cr_assert_eq(parse("conns --state ESTABLISHED --state=time-wait --local 198.18.0.1:80 --remote=:9 --limit 10k"),
		     CTL_RUN);
	cr_assert_eq(request.what, CTL_CONNS);
	cr_assert_eq(request.limit, 10000);
	cr_assert_str_eq(request.parameters, ",state=ESTABLISHED,state=time-wait,local=198.18.0.1:80,remote=:9");
	cr_assert_eq(parse("stats --json --pid 77"), CTL_RUN);
	cr_assert(request.what == CTL_STATS && request.json && request.pid == 77 && request.limit == 0);
	cr_assert_str_eq(request.parameters, "");
	cr_assert_eq(parse("stats --pid"), -EINVAL);
	cr_assert_eq(parse("conns --help"), CTL_HELP);
	cr_assert_eq(parse("--help-all"), CTL_HELP, "the word of commands with more flags");
	cr_assert_eq(parse("-h"), CTL_HELP);
}

Test(ctl_request, hands_orders_on)
{
	static const char *const orders[][2] = {
		{"stop", "/quern/order,stop"},
		{"stop --now", "/quern/order,stop,now"},
		{"rate 50k", "/quern/order,rate,50k"},
		{"rate -10% --json", "/quern/order,rate,-10%"},
		{"rate +1000% --pid 3", "/quern/order,rate,+1000%"},
		{"rate pause", "/quern/order,rate,pause"},
		{"reload", "/quern/reload"},
	};

	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		cr_assert_eq(parse(orders[i][0]), CTL_RUN, "%s: %s", orders[i][0], error);
		cr_assert_str_eq(request.order, orders[i][1]);
	}
}

Test(ctl_request, says_what_it_would_have_taken)
{
	static const char *const wrong[][2] = {
		{"", "ctl needs a word: stats, conns, top, rate, stop or reload"},
		{"stast", "did you mean stats?"},
		{"proxy", "it takes stats, conns, top, rate, stop or reload"},
		{"stats --state CLOSING", "--state is a flag of quern ctl conns"},
		{"conns --state OPEN", "--state OPEN: accepted is SYN-SENT, "},
		{"conns --state ESTABLISHED,CLOSING", "accepted is SYN-SENT, "},
		{"conns --local 1.2.3", "--local 1.2.3: accepted is ADDR, ADDR:PORT or :PORT"},
		{"conns --remote=host:80", "--remote host:80: accepted is ADDR"},
		{"conns --remote=", "accepted is ADDR"},
		{"conns --limit 0", "--limit 0: accepted is 1 or more"},
		{"conns --limit", "--limit needs a value: 1 or more"},
		{"conns --limti 3", "unknown flag --limti; did you mean --limit?"},
		{"conns --l 3", "unknown flag --l;"},
		{"conns -l 3", "unknown flag -l; quern ctl --help"},
		{"conns more", "unexpected argument more"},
		{"stats --json=yes", "--json takes no value"},
		{"stats --pid 0", "--pid 0: accepted is the process id"},
		{"stats --pid x", "--pid x: accepted"},
		{"stats --pid 99999999999999999999", "accepted is the process id"},
		{"stats --", "unknown flag --; "},
		{"stats --now", "--now is a flag of quern ctl stop"},
		{"stop --limit 3", "--limit is a flag of quern ctl conns"},
		{"stats --by rate", "--by is a flag of quern ctl top"},
		{"top --by age", "--by age: accepted is rate or bytes"},
		{"top --limit 1001", "--limit 1001: accepted is 1 or more"},
		{"top --every 1ms", "--every 1ms: accepted is 100ms to 1h"},
		{"rate", "rate : accepted is a number, e.g. 50k, +10%, -10%, pause or resume"},
		{"rate 0", "rate 0: accepted is a number"},
		{"rate -10", "rate -10: accepted is a number"},
		{"rate +0%", "rate +0%: accepted"},
		{"rate -100%", "rate -100%: accepted"},
		{"rate +1001%", "rate +1001%: accepted"},
		{"rate +%", "rate +%: accepted"},
		{"rate 2G", "rate 2G: accepted"},
		{"rate max", "rate max: accepted"},
		{"rate 5k more", "unexpected argument more"},
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		cr_assert_eq(parse(wrong[i][0]), -EINVAL, "%s", wrong[i][0]);
		cr_assert_not_null(strstr(error, wrong[i][1]), "%s: %s", wrong[i][0], error);
		cr_assert_null(strchr(error, '\n'));
	}
}

Test(ctl_request, refuses_more_filters_than_a_question_holds)
{
	char *arguments[1 + 2 * 40] = {"conns"};

	for (int i = 0; i < 40; i++) {
		arguments[1 + 2 * i] = "--state";
		arguments[2 + 2 * i] = "ESTABLISHED";
	}
	cr_assert_eq(ctl_parse(&request, 1 + 2 * 20, arguments, error), CTL_RUN);
	cr_assert_eq(ctl_parse(&request, 1 + 2 * 40, arguments, error), -EINVAL);
}
