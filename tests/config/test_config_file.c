/* test_config_file.c - files that are right: every key of each kind, every form of a value. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli_tcp.h"
#include "config/config_command.h"
#include "config_lab.h"

static struct config_lab lab;

static void read_well(const char *text)
{
	if (config_lab_read(&lab, text) != 0)
		cr_assert_fail("%s\nof\n%s", config_lab_printed(&lab), text);
}

static bool has_word(const struct cli_flag *flag, const char *value)
{
	bool is_there = false;

	for (size_t i = 0; i < lab.file.word_count; i++)
		is_there |= lab.file.words[i].flag == flag && strcmp(lab.file.words[i].value, value) == 0;
	return is_there;
}

/* What a key of a rule cannot stand without, beside where it listens and sends. */
static const char *company(const char *key)
{
	if (strncmp(key, "check_", 6) != 0)
		return "";
	return strcmp(key, "check_send") == 0 ? "check: udp, " : "check: udp, check_send: a, ";
}

/* A file with nothing but one key, and what it cannot stand without. */
static void write_one(char text[1024], enum cli_command kind, const struct config_key *key, const char *value)
{
	bool has_no_port = strcmp(key->name, "keep_port") == 0;
	char inside[256];

	snprintf(inside, sizeof(inside), "%.40s: %s%.200s%s", key->name, key->flag->argument ? "\"" : "", value,
		 key->flag->argument ? "\"" : "");
	switch (key->section) {
	case CONFIG_TOP:
		snprintf(text, 1024, "kind: %s\n%s\n", cli_command_name(kind), inside);
		break;
	case CONFIG_PORTS:
		snprintf(text, 1024, "kind: %s\nports:\n  - {%s%s}\n  - {name: e.g, dev: cable}\n",
			 cli_command_name(kind), strcmp(key->name, "dev") == 0 ? "" : "dev: cable, ", inside);
		break;
	case CONFIG_RULES:
		snprintf(text, 1024, "kind: %s\nrules:\n  - {%s%s%s%s%s}\n", cli_command_name(kind),
			 strcmp(key->name, "name") == 0 ? "" : "name: a, ",
			 strcmp(key->name, "listen") == 0 ? "" : "listen: 10.0.0.1:9, ",
			 strcmp(key->name, "to") == 0 ? ""
			 : has_no_port                ? "to: 10.0.0.2, "
						      : "to: 10.0.0.2:9, ",
			 company(key->name), inside);
		break;
	case CONFIG_CLIENT_HTTP:
		snprintf(text, 1024, "kind: %s\nclient: {target: \"10.0.0.1:80\", http: {%s}}\n",
			 cli_command_name(kind), inside);
		break;
	case CONFIG_REQUESTS:
		snprintf(text, 1024, "kind: %s\nclient: {target: \"10.0.0.1:80\", http: {requests: [{%s%s}]}}\n",
			 cli_command_name(kind), strcmp(key->name, "path") == 0 ? "" : "path: /, ", inside);
		break;
	case CONFIG_CLIENT:
	case CONFIG_SERVER:
	case CONFIG_TCP:
	case CONFIG_SECTIONS:
		snprintf(text, 1024, "kind: %s\n%s: {%s}\n", cli_command_name(kind), config_section(key->section)->name,
			 inside);
		break;
	}
}

Test(config_file, takes_every_key_of_each_kind_with_a_value_that_its_flag_takes)
{
	static struct config_key keys[CONFIG_MAX_KEYS];
	char text[1024], sample[128];
	size_t total = 0;

	for (size_t i = 0; i < config_kind_count; i++) {
		size_t count = config_keys(config_kinds[i], keys);

		for (size_t j = 0; j < count; j++) {
			const char *value = config_lab_sample(keys[j].flag, sample);

			if (strcmp(keys[j].name, "peer") == 0)
				value = "e.g";
			write_one(text, config_kinds[i], &keys[j], value);
			read_well(text);
			cr_assert(has_word(keys[j].flag, value), "%s", text);
			cr_assert_eq(lab.settings.command, config_kinds[i]);
		}
		total += count;
	}
	cr_assert_gt(total, 90);
}

Test(config_file, has_a_key_for_each_flag_of_its_kind)
{
	static struct config_key keys[CONFIG_MAX_KEYS];

	for (size_t i = 0; i < config_kind_count; i++) {
		size_t count = config_keys(config_kinds[i], keys);

		cr_assert_lt(count, CONFIG_MAX_KEYS);
		for (const struct cli_flag *flag = cli_flag_table; flag->name; flag++) {
			bool has_key = false;

			for (size_t j = 0; j < count; j++)
				has_key |= keys[j].flag == flag;
			cr_assert(has_key || !(flag->commands & config_kinds[i]), "--%s has no key in kind %s",
				  flag->name, cli_command_name(config_kinds[i]));
		}
	}
}

Test(config_file, has_an_example_of_each_kind_that_is_complete)
{
	char error[CLI_ERROR_TEXT];

	for (size_t i = 0; i < config_kind_count; i++) {
		read_well(config_example(config_kinds[i]));
		cr_assert_eq(lab.settings.command, config_kinds[i]);
		cr_assert_eq(cli_complete(&lab.settings, error), 0, "%s", error);
	}
}

Test(config_file, values_may_be_lists_and_maps_where_that_says_the_same)
{
	read_well("kind: load\n"
		  "cores: [0, 1-2]\n"
		  "ports:\n"
		  "  - dev: tap:q0\n"
		  "    ip: [10.0.0.1/24, \"fd00::1/64\"]\n"
		  "    impair: [{dir: rx, loss: 1%, delay: 5ms}, \"dir=tx,dup=2%\"]\n"
		  "client:\n"
		  "  source: [10.0.0.1-10.0.0.9, 10.0.0.32/28]\n"
		  "  payload: {bytes: 64}\n"
		  "  hold: {uniform: 1s-5s}\n"
		  "  profile: [{at: 0s, cps: 0}, {cps: 50k, at: 10s}]\n"
		  "  keepalive: 10s\n");
	cr_assert_eq(lab.settings.cores.count, 3);
	cr_assert_eq(lab.settings.service[0].source_count, 2);
	cr_assert_eq(lab.settings.service[0].payload_bytes, 64);
	cr_assert(lab.settings.service[0].hold.kind == CLI_SPAN_UNIFORM &&
		  lab.settings.service[0].hold.most == 5 * CLI_NS_PER_S);
	cr_assert_str_eq(lab.settings.service[0].profile, "at=0s,cps=0;cps=50k,at=10s");
	cr_assert_eq(lab.settings.keepalive.idle_ms, 10000);
	cr_assert_eq(lab.settings.keepalive.probes, 10);
	cr_assert(lab.settings.ports[0].nets[CLI_IP4].has_ip && lab.settings.ports[0].nets[CLI_IP6].has_ip);
	cr_assert_eq(lab.settings.ports[0].impair_count, 2);
	cr_assert_str_eq(lab.settings.ports[0].impair_texts[0], "dir=rx,loss=1%,delay=5ms");
}

Test(config_file, keys_stand_in_any_order)
{
	read_well("tcp: {sack: off}\n"
		  "client: {http: {path: /x?y}, cps: 1k, target: \"10.0.0.2:81\"}\n"
		  "ports: [{mtu: 1400, ip: 10.0.0.1/24, dev: \"tap:a\"}, {vlan: 7, dev: \"tap:b\"}]\n"
		  "kind: load\n");
	cr_assert(lab.settings.no_sack);
	cr_assert_str_eq(lab.settings.service[0].http.path, "/x?y");
	cr_assert_eq(lab.settings.service[0].target[0].port, 81);
	cr_assert_eq(lab.settings.port_count, 2);
	cr_assert(lab.settings.ports[0].mtu == 1400 && lab.settings.ports[0].nets[CLI_IP4].has_ip);
	cr_assert(lab.settings.ports[1].vlan == 7 && !lab.settings.ports[1].nets[CLI_IP4].has_ip);
}

Test(config_file, switches_are_true_or_false_and_a_section_may_be_empty)
{
	read_well("kind: serve\nserver:\n  http: on\n  echo: false\ntcp:\nquiet: true\nverbose: off\n");
	cr_assert_eq(lab.settings.service[0].answers, CLI_ANSWER_HTTP);
	cr_assert(lab.settings.quiet && !lab.settings.verbose);
}

Test(config_file, may_end_without_a_line_end_and_have_those_of_other_systems)
{
	read_well("kind: bench\r\nclient: {cps: 5k}\r\nduration: 3s");
	cr_assert_eq(lab.settings.service[0].cps, 5000);
	cr_assert_eq(lab.settings.duration_ns, 3 * CLI_NS_PER_S);
}

/* The two addresses of a bench's ports give it its network. */
Test(config_file, of_bench_names_both_ends_of_its_cable)
{
	const char text[] = "kind: bench\n"
			    "ports: [{dev: cable, ip: 10.0.0.1/8}, {dev: cable, ip: 10.1.0.1/9, impair: loss=1%}]\n";
	char error[CLI_ERROR_TEXT], shown[QUERN_ENDPOINT_TEXT];

	read_well(text);
	cr_assert_eq(cli_complete(&lab.settings, error), 0, "%s", error);
	cr_assert_eq(lab.settings.ports[0].nets[CLI_IP4].prefix_length, CLI_IP4_BITS + 8);
	cr_assert_eq(lab.settings.ports[1].nets[CLI_IP4].prefix_length, CLI_IP4_BITS + 9);
	cr_assert_str_eq(quern_format_endpoint(&lab.settings.service[0].target[0], shown), "10.1.0.1:80");
	cr_assert_eq(lab.settings.service[0].source[0].first, lab.settings.service[0].source[0].last);
	cr_assert(!lab.settings.ports[0].is_impaired[QUERN_TX] && lab.settings.ports[1].is_impaired[QUERN_TX]);
	read_well("kind: bench\nclient: {target: \"198.19.0.1:81\"}\n");
	cr_assert_eq(cli_complete(&lab.settings, error), 0, "%s", error);
	cr_assert_eq(lab.settings.service[0].listen[0].port, 81);
}

Test(config_file, of_bench_that_names_no_pair_of_ends_is_refused)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{"kind: bench\nports: [{dev: cable}]\n", "bench has two ports"},
		{"kind: bench\nports: [{dev: cable}, {dev: \"tap:q0\"}]\n", "both are cable"},
		{"kind: bench\nports: [{dev: cable, ip: 10.0.0.1/24}, {dev: cable, ip: 10.1.0.1/8}]\n",
		 "the client's --ip"},
		{"kind: bench\nports: [{dev: cable, ip: 10.0.0.1/8}, {dev: cable, ip: \"fd00::1/64\"}]\n",
		 "both versions"},
		{"kind: bench\nclient: {target: \"198.19.0.2:80\"}\nserver: {listen: \"198.19.0.1:80\"}\n",
		 "target 198.19.0.2:80 is none of the --listen addresses"},
	};
	char error[CLI_ERROR_TEXT];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		read_well(cases[i].text);
		cr_assert_neq(cli_complete(&lab.settings, error), 0, "%s", cases[i].text);
		cr_assert(strstr(error, cases[i].says), "%s", error);
	}
}
