/* test_cli_forward.c - flags of forward: the rule that they make, the ports and cores it runs on, and what is wrong. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli_flags.h"
#include "cli/cli_place.h"
#include "forward/forward_report.h"

enum { MOST_WORDS = 40 };

#define TWO_PORTS "-p tap:a --ip 10.2.0.1/24 --ip fd02::1/64 -p tap:b --ip 10.3.0.1/24 --ip fd03::1/64 "

/* Reads and completes the flags behind `quern forward`. */
static int complete(const char *line, struct cli_settings *settings, char error[CLI_ERROR_TEXT])
{
	static char text[1024];
	char *words[MOST_WORDS], *save;
	int count = 0, rc;

	snprintf(text, sizeof(text), "%s", line);
	for (char *word = strtok_r(text, " ", &save); word && count < MOST_WORDS; word = strtok_r(NULL, " ", &save))
		words[count++] = word;
	cli_settings_init(settings, CLI_FORWARD);
	error[0] = '\0';
	rc = cli_parse(settings, count, words, error);
	return rc == CLI_RUN ? cli_complete(settings, error) : rc;
}

Test(cli_forward, makes_a_rule_of_its_flags)
{
	const struct quern_forward_rule *rule;
	struct cli_settings settings;
	char error[CLI_ERROR_TEXT];

	cr_assert_eq(complete(TWO_PORTS "--listen 10.3.0.1:53 --to 10.2.0.5:5353 --to 10.2.0.6:54 --balance roundrobin "
					"--idle 90s --max-sessions 1k --source-sessions 7",
			      &settings, error),
		     0, "%s", error);
	cr_assert_eq(settings.forward.rule_count, 1);
	rule = &settings.forward.rules[0];
	cr_assert_eq(rule->port, 1, "it listens on port %u", rule->port);
	cr_assert(rule->listen.address == 0x0a030001 && rule->listen.port == 53 && rule->last_port == 0);
	cr_assert_eq(rule->target_count, 2);
	cr_assert(rule->targets[0].to.address == 0x0a020005 && rule->targets[0].to.port == 5353);
	cr_assert(rule->targets[1].to.address == 0x0a020006 && rule->targets[1].to.port == 54);
	cr_assert_eq(rule->balance, QUERN_BALANCE_ROUND_ROBIN);
	cr_assert_eq(rule->idle_ms, 90000);
	cr_assert_eq(rule->max_sessions_per_source, 7);
	cr_assert(!rule->keep_source && !rule->keep_port);
	cr_assert_eq(settings.forward.max_sessions, 1000);
	cr_assert_eq(settings.duration_ns, 0);
}

Test(cli_forward, reads_all_that_a_rule_may_say)
{
	const struct quern_forward_rule *rule;
	struct cli_settings settings;
	char error[CLI_ERROR_TEXT];

	cr_assert_eq(complete(TWO_PORTS "--listen 239.1.1.1:53 --on tap:b --one-way --keep-source --broadcast "
					"--to 10.2.0.5:5353=7",
			      &settings, error),
		     0, "%s", error);
	rule = &settings.forward.rules[0];
	cr_assert(rule->one_way && rule->keep_source && rule->broadcast && !rule->translate && !rule->answers_refresh);
	cr_assert(rule->port == 1 && rule->targets[0].weight == 7 && rule->check.probe == QUERN_PROBE_NONE);

	cr_assert_eq(complete(TWO_PORTS "--listen 10.2.0.1:53 --to [fd03::5]:53 --translate --answers-refresh "
					"--slow-start 30s --rule-sessions 5k --check udp:5353 --check-every 3s "
					"--check-rise 4 --check-fall 5 --check-send 0x00fF20 --check-expect pong",
			      &settings, error),
		     0, "%s", error);
	rule = &settings.forward.rules[0];
	cr_assert(rule->translate && rule->answers_refresh && !rule->one_way && !rule->keep_source);
	cr_assert(rule->slow_start_ms == 30000 && rule->max_sessions == 5000 && rule->targets[0].weight == 0);
	cr_assert(rule->check.probe == QUERN_PROBE_UDP && rule->check.port == 5353 && rule->check.interval_ms == 3000);
	cr_assert(rule->check.rise == 4 && rule->check.fall == 5);
	cr_assert(rule->check.request_bytes == 3 && memcmp(rule->check.request, "\0\xff ", 3) == 0);
	cr_assert(rule->check.answer_bytes == 4 && memcmp(rule->check.answer, "pong", 4) == 0);
}

Test(cli_forward, reads_every_way_of_writing_where_it_listens_and_sends)
{
	static const struct {
		const char *flags, *listen, *to;
	} rows[] = {
		{"--listen 10.2.0.1:53 --to 10.3.0.5:5353", "10.2.0.1:53", "10.3.0.5:5353"},
		{"--listen 10.2.0.1:5000-5999 --keep-port --to 10.3.0.5", "10.2.0.1:5000-5999", "10.3.0.5"},
		{"--listen 10.2.0.1:* --keep-port --to 10.3.0.5", "10.2.0.1:*", "10.3.0.5"},
		{"--listen [fd02::1]:53 --to [fd03::5]:1", "[fd02::1]:53", "[fd03::5]:1"},
		{"--listen [fd02::1]:1-65535 --keep-port --to fd03::5", "[fd02::1]:1-65535", "[fd03::5]"},
		{"--listen [fd02::1]:* --keep-port --to [fd03::5]", "[fd02::1]:*", "[fd03::5]"},
	};
	char error[CLI_ERROR_TEXT], listen[FORWARD_LISTEN_TEXT], to[QUERN_ENDPOINT_TEXT], line[256];
	struct cli_settings settings;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(line, sizeof(line), "%s%s", TWO_PORTS, rows[i].flags);
		cr_assert_eq(complete(line, &settings, error), 0, "%s: %s", rows[i].flags, error);
		cr_assert_str_eq(forward_listen_text(settings.forward.rules, listen), rows[i].listen);
		cr_assert_str_eq(forward_target_text(&settings.forward.rules->targets[0].to, to), rows[i].to);
		cr_assert_eq(settings.forward.rules->port, 0);
	}
}

Test(cli_forward, refuses_what_is_no_place_to_listen_or_send_to)
{
	static const char *const flags[] = {"--listen 10.2.0.1",
					    "--listen 10.2.0.1:",
					    "--listen 10.2.0.1:0",
					    "--listen 10.2.0.1:65536",
					    "--listen 10.2.0.1:1-",
					    "--listen 10.2.0.1:-1",
					    "--listen 10.2.0.1:1-2-3",
					    "--listen 10.2.0.1:1-65536",
					    "--listen 10.2.0.1:+1",
					    "--listen 10.2.0.1:**",
					    "--listen fd02::1:53",
					    "--listen [fd02::1]53",
					    "--listen [10.2.0.1]:53",
					    "--listen :53",
					    "--listen []:53",
					    "--listen 10.2.0.1:000053",
					    "--to 10.3.0.5:",
					    "--to 10.3.0.5:0",
					    "--to 10.3.0.5:65536",
					    "--to 0.0.0.0:53",
					    "--to ::",
					    "--to [fd03::5",
					    "--to fd03::5]",
					    "--to ::ffff:10.3.0.5",
					    "--to example.org:53",
					    "--balance every",
					    "--balance MAGLEV",
					    "--idle 999ms",
					    "--idle 25h",
					    "--max-sessions 0",
					    "--source-sessions 0",
					    "--rule-sessions 0",
					    "--to 10.3.0.5:53=0",
					    "--to 10.3.0.5:53=257",
					    "--to 10.3.0.5:53=",
					    "--slow-start 2h",
					    "--check tcp",
					    "--check udp:",
					    "--check udp:70000",
					    "--check-every 99ms",
					    "--check-rise 0",
					    "--check-fall 256",
					    "--check-send 0x1",
					    "--check-send 0xzz",
					    "--check-expect 0x",
					    "--max-sessions 2G",
					    "--listen [fd02::1]:53 --listen [fd02::1]:54"};
	char error[CLI_ERROR_TEXT], line[256];
	struct cli_settings settings;

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		snprintf(line, sizeof(line), "%s%s", TWO_PORTS, flags[i]);
		cr_assert_eq(complete(line, &settings, error), -EINVAL, "%s was accepted", flags[i]);
		cr_assert(strstr(error, "accepted is "), "%s: %s", flags[i], error);
	}
}

Test(cli_forward, says_in_words_of_flags_what_is_wrong_with_a_rule)
{
	static const struct {
		const char *flags, *says;
	} rows[] = {
		{"", "forward needs a rule: --listen ADDR:PORT --to ADDR:PORT"},
		{"--listen 10.2.0.1:53", "forward needs a rule: "},
		{"--to 10.3.0.5:53", "forward needs a rule: "},
		{"--listen 10.2.0.2:53 --to 10.3.0.5:53",
		 "--listen: 10.2.0.2 is no port's own address: tap:a has 10.2.0.1, tap:a has fd02::1, tap:b has"},
		{"--listen 0.0.0.0:53 --to 10.3.0.5:53", "--listen: which of the ports is to listen? tap:a has 10.2.0"},
		{"--listen 10.2.0.1:53 --to 10.3.0.5", "has no port; give its port, or --keep-port"},
		{"--listen 10.2.0.1:53 --to 10.3.0.5:53 --keep-port", "; leave out its port, or --keep-port"},
		{"--listen 10.2.0.1:54-53 --to 10.3.0.5:53", "--listen: listens on ports 54-53, which end before they"},
		{"--listen 10.2.0.1:53 --to [fd03::5]:53",
		 "the rule listens on; add --translate, or give targets of the same"},
		{"--listen 239.1.1.1:53 --to 10.3.0.5:53", "--listen: listens to the group 239.1.1.1"},
		{"--listen 239.1.1.1:53 --one-way --to 10.3.0.5:53",
		 "which of the ports is to listen? tap:a has 10.2.0"},
		{"--listen 239.1.1.1:53 --one-way --on c --to 10.3.0.5:53", "--on: no port is called c: tap:a has"},
		{"--listen 10.2.0.1:53 --on tap:b --to 10.3.0.5:53", "--on: tap:b does not have the address that"},
		{"--listen 10.2.0.1:53 --one-way --idle 9s --to 10.3.0.5:53",
		 "--idle: is one way and keeps no sessions"},
		{"--listen 10.2.0.1:53 --to 10.3.0.5:53 --check-every 1s", "add --check icmp or --check udp, or leave"},
		{"--listen 10.2.0.1:53 --to 10.3.0.5:53 --check udp", "--check-send: its check's request is empty"},
		{"--listen 10.2.0.1:53 --to 255.255.255.255:53 --one-way", "sends no broadcasts; add --broadcast"},
		{"--listen 10.2.0.1:53 --to 239.1.1.1:53", "--to: target 239.1.1.1:53 is many"},
		{"--listen 10.2.0.1:53 --to 10.3.0.1:53", "--to: 10.3.0.1 is our own address"},
		{"--listen 10.2.0.1:53 --to 10.4.0.1:53",
		 "--to: 10.4.0.1 is on no port's network, and there is no gat"},
		{"--listen 10.2.0.1:53 --to 10.3.0.5:53 --to 10.3.0.5:53", "stands there twice; leave one out"},
	};
	char error[CLI_ERROR_TEXT], line[256];
	struct cli_settings settings;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(line, sizeof(line), "%s%s", TWO_PORTS, rows[i].flags);
		cr_assert_eq(complete(line, &settings, error), -EINVAL, "%s was accepted", rows[i].flags);
		cr_assert(strstr(error, rows[i].says), "%s: %s", rows[i].flags, error);
		cr_assert(!strchr(error, '\n') && !strstr(error, "rule 'flags'") && !strstr(error, ": true"), "%s",
			  error);
	}
	cr_assert_eq(complete("--listen 10.2.0.1:53 --to 10.3.0.5:53", &settings, error), -EINVAL);
	cr_assert(strstr(error, "forward needs a port: -p tap:"), "%s", error);
}

Test(cli_forward, takes_any_own_address_where_there_is_one_port_and_a_gateway_to_far_targets)
{
	struct cli_settings settings;
	char error[CLI_ERROR_TEXT];

	cr_assert_eq(complete("-p tap:a --ip 10.2.0.1/24 --gateway 10.2.0.254 --listen 0.0.0.0:53 --to 10.9.0.5:53",
			      &settings, error),
		     0, "%s", error);
	cr_assert_eq(settings.forward.rules->port, 0);
	cr_assert_eq(cli_port_towards(&settings, cli_address_from_ip4(0x0a090005)), 0);
}

Test(cli_forward, finds_the_port_that_leads_to_a_target_by_network_before_gateway)
{
	struct cli_settings settings;
	char error[CLI_ERROR_TEXT];

	cr_assert_eq(complete("-p tap:a --ip 10.2.0.1/24 --gateway 10.2.0.254 -p tap:b --ip 10.3.0.1/24 "
			      "--listen 10.2.0.1:53 --to 10.3.0.5:53 --to 10.9.0.5:53",
			      &settings, error),
		     0, "%s", error);
	cr_assert_eq(cli_port_towards(&settings, cli_address_from_ip4(0x0a030005)), 1);
	cr_assert_eq(cli_port_towards(&settings, cli_address_from_ip4(0x0a090005)), 0);
	cr_assert_eq(cli_port_towards(&settings, (struct quern_ip6){0xfd02000000000000, 1}), 2);
}

Test(cli_forward, has_a_shard_on_every_port_for_each_core)
{
	const struct cli_cores usable = {.cpu = {2, 3, 4}, .count = 3};
	const struct cli_nodes nodes = {.core = {0, 1, 1}, .port = {1, 0}};
	static const struct cli_worker of_two[] = {{0, 4, 0}, {1, 4, 0}, {0, 2, 0}, {1, 2, 0}, {0, 4, 1}, {1, 4, 1}};
	struct cli_settings settings;
	struct cli_workers workers;
	char error[CLI_ERROR_TEXT];

	cr_assert_eq(complete(TWO_PORTS "--listen 10.2.0.1:53 --to 10.3.0.5:53", &settings, error), 0);
	cr_assert_eq(cli_place_groups(&settings, &usable, &nodes, &workers, error), 0);
	cr_assert(workers.count == 2 && workers.at[0].core == 3 && workers.at[1].core == 3, "near the first port");
	cr_assert(cli_parse_cores("4,2,4", &settings.cores));
	cr_assert_eq(cli_place_groups(&settings, &usable, &nodes, &workers, error), 0);
	cr_assert_eq(workers.count, 6);
	for (size_t i = 0; i < 6; i++)
		cr_assert(workers.at[i].port == of_two[i].port && workers.at[i].core == of_two[i].core &&
				  workers.at[i].lane == of_two[i].lane,
			  "shard %zu", i);
	cr_assert(cli_parse_cores("5", &settings.cores));
	cr_assert_eq(cli_place_groups(&settings, &usable, &nodes, &workers, error), -EINVAL);
	cr_assert(strstr(error, "may not run on core 5"), "%s", error);
}

Test(cli_forward, has_no_more_shards_than_an_engine_takes)
{
	const struct cli_cores usable = {.cpu = {0}, .count = 1};
	const struct cli_nodes nodes = {.core = {0}, .port = {0}};
	struct cli_settings settings;
	struct cli_workers workers;
	char error[CLI_ERROR_TEXT];

	cli_settings_init(&settings, CLI_FORWARD);
	settings.port_count = QUERN_MAX_PORTS;
	cr_assert(cli_parse_cores("0,0,0,0", &settings.cores));
	cr_assert_eq(cli_place_groups(&settings, &usable, &nodes, &workers, error), 0);
	cr_assert_eq(workers.count, QUERN_MAX_SHARDS);
	cr_assert(cli_parse_cores("0,0,0,0,0", &settings.cores));
	cr_assert_eq(cli_place_groups(&settings, &usable, &nodes, &workers, error), -EINVAL);
	cr_assert(strstr(error, "--cores names 5 cores, and there is work for 4"), "%s", error);
}
