/* test_cli_flags.c - command lines: what they set, and what is said of wrong ones. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli_flags.h"
#include "cli/cli_suggest.h"
#include "cli/cli_tcp.h"

enum { MOST_WORDS = 16 };

/* Splits a line at blanks and parses it behind the command's name. */
static int parse(const char *line, struct cli_settings *settings, char error[CLI_ERROR_TEXT])
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
	return cli_parse(settings, count - 1, words + 1, error);
}

Test(cli_flags, set_what_they_name_in_every_way_of_writing)
{
	static const char *const lines[] = {
		"load tcp://10.0.0.1:80 -d 5s --cps 50k -q", "load tcp://10.0.0.1:80 -d5s --cps=50k -q",
		"load --quiet --cps 50k --duration=5s tcp://10.0.0.1:80", "load -qd5s --cps 50k tcp://10.0.0.1:80"};
	struct cli_settings settings;
	char error[CLI_ERROR_TEXT];

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		cr_assert_eq(parse(lines[i], &settings, error), CLI_RUN, "%s: %s", lines[i], error);
		cr_assert_eq(settings.duration_ns, 5 * CLI_NS_PER_S);
		cr_assert_eq(settings.service[0].cps, 50000);
		cr_assert(settings.quiet);
		cr_assert_eq(settings.service[0].target[0].port, 80);
	}
}

Test(cli_flags, of_a_port_belong_to_the_port_before_them)
{
	struct cli_settings settings;
	char error[CLI_ERROR_TEXT];

	cr_assert_eq(parse("serve -p tap:a --ip 10.0.0.1/24 -p tap:b --ip 10.1.0.1/16 --ip fd00::1/64 --vlan 7 "
			   "--mtu 1400",
			   &settings, error),
		     CLI_RUN);
	cr_assert_eq(settings.port_count, 2);
	cr_assert_eq(settings.ports[0].nets[CLI_IP4].ip_length, CLI_IP4_BITS + 24);
	cr_assert_not(settings.ports[0].nets[CLI_IP6].has_ip);
	cr_assert_eq(settings.ports[0].vlan, 0);
	cr_assert_eq(settings.ports[1].nets[CLI_IP4].ip_length, CLI_IP4_BITS + 16);
	cr_assert_eq(settings.ports[1].nets[CLI_IP6].ip_length, 64);
	cr_assert_eq(settings.ports[1].vlan, 7);
	cr_assert_eq(settings.ports[1].mtu, 1400);
	cr_assert_eq(parse("serve --ip 10.0.0.1/24", &settings, error), -EINVAL);
}

Test(cli_flags, say_when_a_server_answers_by_cookie)
{
	static const struct {
		const char *line;
		enum quern_syn_cookies asked;
	} lines[] = {{"serve", QUERN_SYN_COOKIES_AUTO},
		     {"serve --syn-cookies auto", QUERN_SYN_COOKIES_AUTO},
		     {"serve --syn-cookies always", QUERN_SYN_COOKIES_ALWAYS},
		     {"bench --syn-cookies=never", QUERN_SYN_COOKIES_NEVER}};
	struct cli_settings settings;
	char error[CLI_ERROR_TEXT];

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		cr_assert_eq(parse(lines[i].line, &settings, error), CLI_RUN, "%s: %s", lines[i].line, error);
		cr_assert_eq(cli_tcp_options(&settings).syn_cookies, lines[i].asked, "%s", lines[i].line);
	}
}

Test(cli_flags, say_what_tcp_offers_and_who_decides_on_its_window)
{
	struct cli_settings settings;
	struct quern_tcp_options options;
	char error[CLI_ERROR_TEXT];

	cr_assert_eq(parse("bench", &settings, error), CLI_RUN);
	options = cli_tcp_options(&settings);
	cr_assert(options.congestion == QUERN_CONGESTION_CUBIC && !options.no_sack && !options.no_window_scale);
	cr_assert_not(options.no_timestamps);
	cr_assert(!options.nagle && !options.no_pacing);
	cr_assert_eq(parse("load tcp://10.0.0.1:80 --congestion newreno --sack off --wscale=off", &settings, error),
		     CLI_RUN, "%s", error);
	options = cli_tcp_options(&settings);
	cr_assert(options.congestion == QUERN_CONGESTION_NEWRENO && options.no_sack && options.no_window_scale);
	cr_assert_eq(options.receive_window + options.send_queue, 0, "no default of the library's");
	cr_assert_eq(parse("bench --window 1M", &settings, error), CLI_RUN, "%s", error);
	options = cli_tcp_options(&settings);
	cr_assert(options.receive_window == 1000000 && options.send_queue == 1000000);
	cr_assert_eq(parse("serve --sack off --sack on --congestion cubic --nagle on", &settings, error), CLI_RUN, "%s",
		     error);
	options = cli_tcp_options(&settings);
	cr_assert(options.congestion == QUERN_CONGESTION_CUBIC && !options.no_sack && options.nagle);
	cr_assert_eq(parse("bench --timestamps off", &settings, error), CLI_RUN, "%s", error);
	cr_assert(cli_tcp_options(&settings).no_timestamps);
	cr_assert_eq(parse("serve --pacing off", &settings, error), CLI_RUN, "%s", error);
	cr_assert(cli_tcp_options(&settings).no_pacing);
}

Test(cli_flags, give_the_rest_to_eal_untouched)
{
	struct cli_settings settings;
	char error[CLI_ERROR_TEXT];

	cr_assert_eq(parse("bench -q -- --log-level=8 --help", &settings, error), CLI_RUN);
	cr_assert_str_eq(settings.eal_arguments[0], "--log-level=8");
	cr_assert_str_eq(settings.eal_arguments[1], "--help");
}

/* What is wrong, and words that the error has: flag, value, and one that is accepted. */
static const struct {
	const char *line;
	const char *says[3];
} wrong[] = {
	{"bench --cps 5x", {"--cps", "5x", "max"}},
	{"bench --cps 0", {"--cps", "0", "max"}},
	{"bench --cc none", {"--cc", "none", "200k"}},
	{"bench -d 10", {"--duration", "10", "10s"}},
	{"bench --hold 25h", {"--hold", "25h", "24h"}},
	{"bench --hold uniform:5s-1s", {"--hold", "uniform:5s-1s", "uniform:1s-5s"}},
	{"load --hold exp:73m", {"--hold", "exp:73m", "72m"}},
	{"bench --tos 1", {"--tos", "1", "steps of 4"}},
	{"bench --tos 256", {"--tos", "256", "252"}},
	{"bench --ttl 0", {"--ttl", "0", "255"}},
	{"bench --mss 47", {"--mss", "47", "8960"}},
	{"bench --pattern text:", {"--pattern", "text:", "1 to 1024 bytes"}},
	{"bench --think 25h", {"--think", "25h", "24h"}},
	{"bench --close peer", {"--close", "peer", "rst"}},
	{"bench --payload https", {"--payload", "https", "none"}},
	{"bench --memory 2M", {"--memory", "2M", "huge"}},
	{"bench -c 1,", {"--cores", "1,", "auto"}},
	{"bench --keepalive 2h", {"--keepalive", "2h", "off"}},
	{"bench --max-connections 2G", {"--max-connections", "2G", "1G"}},
	{"bench --listen 198.19.0.1", {"--listen", "198.19.0.1", "ADDR:PORT"}},
	{"bench --source 198.18.0.300", {"--source", "198.18.0.300", "198.18.0.0/24"}},
	{"bench --json", {"--json", "needs a value", "-"}},
	{"bench --hlog", {"--hlog", "needs a value", "a file"}},
	{"bench --quiet=yes", {"--quiet", "takes no value", ""}},
	{"bench --time-wait 1us", {"--time-wait", "1us", "1ms"}},
	{"load -p eth0", {"--port", "eth0", "tap:NAME"}},
	{"bench --payload bytes:0", {"--payload", "bytes:0", "65535"}},
	{"bench --payload bytes:65536", {"--payload", "bytes:65536", "65535"}},
	{"bench --payload some", {"--payload", "some", "bytes:N"}},
	{"load -p tap:a --vlan 4095", {"--vlan", "4095", "4094"}},
	{"load -p tap:a --mtu 67", {"--mtu", "67", "68"}},
	{"load -p tap:a --ip 10.0.0.1/33", {"--ip", "10.0.0.1/33", "ADDR/LEN"}},
	{"load -p tap:a --ip fd00::1/129", {"--ip", "fd00::1/129", "fd00::1/64"}},
	{"load -p tap:a --ip [fd00::1]/64", {"--ip", "[fd00::1]/64", "fd00::1/64"}},
	{"load -p tap:a --ip ::ffff:10.0.0.1/120", {"--ip", "::ffff:10.0.0.1/120", "ADDR/LEN"}},
	{"load -p tap:a --gateway fe80::1%eth0", {"--gateway", "fe80::1%eth0", "fd00::fe"}},
	{"bench --listen fd00::1:80", {"--listen", "fd00::1:80", "[fd00::1]:80"}},
	{"bench --listen [::ffff:10.0.0.1]:80", {"--listen", "[::ffff:10.0.0.1]:80", "[fd00::1]:80"}},
	{"bench --source fd00::2-fd00::1", {"--source", "fd00::2-fd00::1", "fd00::100/120"}},
	{"bench --source ::ffff:10.0.0.0/120", {"--source", "::ffff:10.0.0.0/120", "fd00::100/120"}},
	{"bench --ipv6=on", {"--ipv6", "takes no value", ""}},
	{"serve -6", {"--ipv6", "no flag of quern serve", "--help"}},
	{"load tcp://fd00::1:80", {"tcp://fd00::1:80", "ADDR:PORT", "http://[fd00::2]/"}},
	{"load tcp://[fd00::1]", {"tcp://[fd00::1]", "ADDR:PORT", ""}},
	{"load http://[fd00::1/", {"http://[fd00::1/", "http://ADDR", "http://[fd00::2]/"}},
	{"load http://[::ffff:10.0.0.1]/", {"http://[::ffff:10.0.0.1]/", "http://ADDR", ""}},
	{"load 10.0.0.1:80", {"10.0.0.1:80", "tcp://", ""}},
	{"load tcp://10.0.0.1", {"tcp://10.0.0.1", "ADDR:PORT", ""}},
	{"load http://quern.example/", {"http://quern.example/", "http://ADDR", ""}},
	{"load http://10.0.0.1:0/", {"http://10.0.0.1:0/", "http://ADDR", ""}},
	{"load http://10.0.0.1/a#b", {"http://10.0.0.1/a#b", "http://ADDR", ""}},
	{"load https://10.0.0.1/", {"https://10.0.0.1/", "http://ADDR", ""}},
	{"bench --requests -1", {"--requests", "-1", "100"}},
	{"serve --syn-cookies on", {"--syn-cookies", "on", "never"}},
	{"bench --congestion reno", {"--congestion", "reno", "newreno"}},
	{"bench --sack yes", {"--sack", "yes", "off"}},
	{"bench --wscale 7", {"--wscale", "7", "off"}},
	{"bench --timestamps 1", {"--timestamps", "1", "off"}},
	{"serve --nagle 1", {"--nagle", "1", "off"}},
	{"serve --pacing fq", {"--pacing", "fq", "off"}},
	{"bench --window 999", {"--window", "999", "1k"}},
	{"bench --window 2G", {"--window", "2G", "1G"}},
	{"load --syn-cookies auto", {"--syn-cookies", "no flag of quern load", "--help"}},
	{"serve --body 2T", {"--body", "2T", "1000G"}},
	{"load --body 1k", {"--body", "no flag of quern load", "--help"}},
	{"bench --root /srv", {"--root", "no flag of quern bench", "--help"}},
	{"bench tcp://10.0.0.1:80", {"unexpected", "tcp://10.0.0.1:80", "--help"}},
	{"bench --duraton 10s", {"--duraton", "did you mean", "--duration"}},
	{"bench --ccs=1", {"--ccs", "did you mean", "--cc"}},
	{"bench --burst 1s", {"unknown flag", "--burst", "--help"}},
	{"bench --profile sine:5k/1s", {"--profile sine:5k/1s", "trapezoid:50k/10s/30s/10s"}},
	{"bench --ramp 5", {"--ramp 5", "e.g. 20s"}},
	{"bench -x", {"unknown flag", "-x", "--help"}},
	{"serve --cps 1k", {"--cps", "no flag of quern serve", "--help"}},
	{"bench -p cable", {"--port", "no flag of quern bench", "--help"}},
};

Test(cli_flags, that_are_wrong_name_flag_value_and_what_is_accepted)
{
	struct cli_settings settings;
	char error[CLI_ERROR_TEXT];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		cr_assert_eq(parse(wrong[i].line, &settings, error), -EINVAL, "%s was accepted", wrong[i].line);
		for (int word = 0; word < 3 && wrong[i].says[word]; word++)
			cr_assert(strstr(error, wrong[i].says[word]), "%s: '%s' lacks '%s'", wrong[i].line, error,
				  wrong[i].says[word]);
		cr_assert_null(strchr(error, '\n'), "%s: more than one line", wrong[i].line);
	}
}

Test(cli_flags, are_written_once_in_the_table_with_all_they_need)
{
	for (const struct cli_flag *flag = cli_flag_table; flag->name; flag++) {
		cr_assert(flag->commands != 0 && flag->help && flag->set, "--%s", flag->name);
		cr_assert_eq(!flag->argument, !flag->accepts, "--%s", flag->name);
		for (const struct cli_flag *other = cli_flag_table; other != flag; other++) {
			cr_assert_str_neq(flag->name, other->name);
			cr_assert(flag->letter == 0 || flag->letter != other->letter, "-%c", flag->letter);
		}
	}
}

Test(cli_suggest, finds_the_nearest_word_and_none_where_all_are_far)
{
	static const char *const words[] = {"bench", "serve", "load"};

	cr_assert_eq(cli_edit_distance("kitten", "sitting"), 3);
	cr_assert_eq(cli_edit_distance("", "abc"), 3);
	cr_assert_eq(cli_edit_distance("same", "same"), 0);
	cr_assert_str_eq(cli_suggest("bnech", words, 3), "bench");
	cr_assert_str_eq(cli_suggest("server", words, 3), "serve");
	cr_assert_null(cli_suggest("doctor", words, 3));
	cr_assert_null(cli_suggest("a-word-that-is-longer-than-any-flag-can-be", words, 3));
}

Test(cli_flags, of_a_higher_place_replace_those_of_a_lower_one)
{
	static char *const words[] = {"--source", "10.0.0.7", "--cc", "5", "--ip", "10.0.0.7/16", "tcp://10.0.0.9:81"};
	struct cli_settings settings;
	char error[CLI_ERROR_TEXT];

	cr_assert_eq(
		parse("load tcp://10.0.0.8:80 -p tap:a --ip fd00::1/64 --mtu 1400 --source 10.0.0.1 --source 10.0.0.2 "
		      "--cps 5",
		      &settings, error),
		CLI_RUN);
	cli_settings_rise(&settings);
	cr_assert_eq(cli_parse(&settings, 7, words, error), CLI_RUN, "%s", error);
	cr_assert(settings.service[0].source_count == 1 && settings.service[0].source[0].first == 0x0a000007);
	cr_assert(settings.service[0].cc == 5 && settings.service[0].cps == 0);
	cr_assert(settings.port_count == 1 && settings.ports[0].mtu == 1400);
	cr_assert(settings.ports[0].nets[CLI_IP4].has_ip && !settings.ports[0].nets[CLI_IP6].has_ip);
	cr_assert_eq(settings.service[0].target[0].port, 81);
}
