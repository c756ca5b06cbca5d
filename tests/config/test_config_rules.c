/* test_config_rules.c - files of kind forward: their rules as they are read, and what is wrong with them. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config_lab.h"

static struct config_lab lab;

static const char two[] =
	"kind: forward\n"
	"ports:\n"
	"  - {name: a, dev: \"af_xdp:eth1\", ip: 10.2.0.1/24}\n"
	"  - {name: b, dev: \"af_xdp:eth2\", ip: 10.3.0.1/24}\n"
	"rules:\n"
	"  - {name: dns, listen: 10.2.0.1:53, to: [10.3.0.5:53, 10.3.0.6:53], balance: maglev, idle: 30s}\n"
	"  - {name: media, listen: \"10.2.0.1:20000-29999\", to: [10.3.0.7], keep_port: true, idle: 2m}\n";

Test(config_rules, of_a_file_are_as_they_stand_there)
{
	const struct quern_forward_rule *dns, *media;
	char error[CLI_ERROR_TEXT];

	config_lab_read(&lab, two);
	config_lab_expect_good(&lab);
	cr_assert_eq(cli_complete(&lab.settings, error), 0, "%s", error);
	cr_assert_eq(lab.settings.forward.rule_count, 2);
	dns = &lab.settings.forward.rules[0];
	media = &lab.settings.forward.rules[1];
	cr_assert_str_eq(dns->name, "dns");
	cr_assert(dns->listen.address == 0x0a020001 && dns->listen.port == 53 && dns->last_port == 0);
	cr_assert(dns->target_count == 2 && dns->targets[1].to.address == 0x0a030006 && dns->targets[1].to.port == 53);
	cr_assert(dns->balance == QUERN_BALANCE_MAGLEV && dns->idle_ms == 30000 && !dns->keep_port && dns->port == 0);
	cr_assert_str_eq(media->name, "media");
	cr_assert(media->listen.port == 20000 && media->last_port == 29999);
	cr_assert(media->target_count == 1 && media->targets[0].to.address == 0x0a030007);
	cr_assert(media->targets[0].to.port == 0 && media->keep_port && media->idle_ms == 120000);
}

Test(config_rules, have_keys_in_any_order_and_what_one_says_is_not_said_of_the_next)
{
	config_lab_read(&lab, "kind: forward\n"
			      "max_sessions: 1k\n"
			      "rules:\n"
			      "  - source_sessions: 7\n"
			      "    balance: roundrobin\n"
			      "    to: \"[fd03::5]:53\"\n"
			      "    listen: \"[fd02::1]:53\"\n"
			      "    name: of-6\n"
			      "  - {to: 10.3.0.5:53, listen: 10.3.0.1:53, name: of-4, keep_port: off}\n");
	config_lab_expect_good(&lab);
	cr_assert(lab.settings.forward.rule_count == 2 && lab.settings.forward.max_sessions == 1000);
	cr_assert_eq(lab.settings.forward.rules[0].max_sessions_per_source, 7);
	cr_assert_eq(lab.settings.forward.rules[0].balance, QUERN_BALANCE_ROUND_ROBIN);
	cr_assert_eq(lab.settings.forward.rules[1].max_sessions_per_source, 0);
	cr_assert_eq(lab.settings.forward.rules[1].balance, QUERN_BALANCE_MAGLEV);
	cr_assert_eq(lab.settings.forward.rules[1].target_count, 1);
}

/* Of values, of keys, of a rule as a whole, and of rules with each other. */
Test(config_rules, ten_mistakes_have_ten_marks)
{
	static const char text[] = "kind: forward\n"
				   "ports: [{name: a, dev: \"tap:q0\", ip: 10.2.0.1/24}]\n"
				   "rules:\n"
				   "  - {name: dns, listen: 10.2.0.1:53, to: [10.2.0.5:53, 10.2.0.6]}\n"
				   "  - {name: dns, listen: \"10.2.0.1:54\", to: 10.2.0.6:53}\n"
				   "  - name: media\n"
				   "    listen: 10.2.0.1:20999-20000\n"
				   "    to: [10.2.0.7:9]\n"
				   "    keep_port: true\n"
				   "  - {name: time, listen: 10.2.0.1:53, to: 10.2.0.8:123}\n"
				   "  - {name: log, listen: 10.2.0.1:514}\n"
				   "  - {name: game, listen: 10.2.0.1, to: 10.2.0.9:7, balanse: maglev, idle: 100ms}\n"
				   "  - {name: nowhere, to: 10.2.0.9:7777}\n";
	static const char *const parts[] = {
		"rule 'dns': target 10.2.0.6:* has no port\n  lab.yaml:4:56:",
		"  Give its port, or add keep_port: true\n",
		"rules.name: two rules are called 'dns'\n  lab.yaml:5:12:",
		"rule 'media': listens on ports 20999-20000, which end before they begin\n  lab.yaml:7:13:",
		"target 10.2.0.7:9 has a port, and the rule keeps the one that datagrams came to\n  lab.yaml:8:10:",
		"rule 'time': listens where rule 'dns' does, on 10.2.0.1:53\n  lab.yaml:10:26:",
		"rule 'log': has no target\n  lab.yaml:11:12:",
		"rules.listen: '10.2.0.1' is not accepted\n  lab.yaml:12:26:",
		"unknown key 'rules.balanse'; did you mean balance?\n  lab.yaml:12:52:",
		"rules.idle: '100ms' is not accepted\n  lab.yaml:12:75:",
		"rule 'nowhere': listens nowhere\n  lab.yaml:13:12:",
		"\n10 mistakes in lab.yaml; nothing was started\n"};
	char *printed, *at;

	cr_assert_eq(config_lab_read(&lab, text), -EINVAL);
	cr_assert_eq(lab.file.faults.count, 10);
	printed = at = config_lab_printed(&lab);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		at = strstr(at, parts[i]);
		cr_assert(at, "'%s' is not in its place in\n%s", parts[i], printed);
	}
	free(printed);
}

Test(config_rules, are_told_in_words_of_the_file)
{
	static const struct {
		const char *rule, *says;
	} cases[] = {
		{"listen: 10.2.0.1:5, to: 10.2.0.5:5", "an item of rules without name\n  lab.yaml:2:9:"},
		{"name: a b, listen: 10.2.0.1:5, to: 10.2.0.5:5", "rules.name: 'a b' is not accepted\n"},
		{"name: a, listen: 239.0.0.1:5, to: 10.2.0.5:5", "  Add one_way: true\n"},
		{"name: a, listen: 10.2.0.1:5, to: \"[fd00::5]:5\"",
		 "  Add translate: true, or give targets of the same version\n"},
		{"name: a, listen: 10.2.0.1:5, to: [10.2.0.5:5, 10.2.0.5:5]",
		 "stands there twice\n  lab.yaml:2:56:   rules: [{name: a, listen: 10.2.0.1:5, to: [10.2.0.5:5, "},
		{"name: a, listen: 10.2.0.1:5, to: []", "rules.to: an empty list"},
		{"name: a, listen: [10.2.0.1:5, 10.2.0.1:6], to: 10.2.0.5:5", "rules.listen: '10.2.0.1:6' is not acc"},
		{"name: a, listen: 10.2.0.1:5, to: 10.2.0.5:5, keep_port: maybe", "rules.keep_port: this is neither"},
		{"name: a, listen: 10.2.0.1:5, to: 10.2.0.5:5, max_sessions: 5", "did you mean max_sessions?"},
		{"name: a, listen: 10.2.0.1:5, to: 10.2.0.5:5, group: true", "unknown key 'rules.group'\n"},
		{"name: a, listen: 10.2.0.1:5, to: 10.2.0.5:5, check: udp", "lab.yaml:2:62: "},
		{"name: a, listen: 10.2.0.1:5, to: 10.2.0.5:5, check_rise: 2",
		 "Add check: icmp or udp, or leave it out\n"},
		{"name: a, listen: 10.2.0.1:5, to: 10.2.0.5:5, one_way: true, rule_sessions: 5", "  lab.yaml:2:85: "},
		{"name: a, listen: 10.2.0.1:5, to: 10.2.0.1:5", "datagrams would go round\n  lab.yaml:2:43:"},
	};
	char text[512], *printed;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), "kind: forward\nrules: [{%s}]\n", cases[i].rule);
		cr_assert_eq(config_lab_read(&lab, text), -EINVAL, "%s", text);
		printed = config_lab_printed(&lab);
		cr_assert(strstr(printed, cases[i].says), "%s\nis not in\n%s", cases[i].says, printed);
		cr_assert_eq(lab.file.faults.count, 1, "%s", printed);
		free(printed);
	}
	cr_assert_eq(config_lab_read(&lab, "kind: serve\nrules: [{name: a}]\n"), -EINVAL);
	cr_assert_eq(config_lab_read(&lab, "kind: forward\ntcp: {sack: on}\n"), -EINVAL);
}

/* A rule that has a mistake is not compared with others: what is meant by it is not known. */
Test(config_rules, with_mistakes_of_their_own_are_not_held_against_others)
{
	static const char *const parts[] = {"rules.idle: '1ms' is not accepted", NULL};

	config_lab_read(&lab, "kind: forward\n"
			      "rules:\n"
			      "  - {name: a, listen: 10.2.0.1:5, to: 10.2.0.5:5, idle: 1ms}\n"
			      "  - {name: b, listen: 10.2.0.1:5, to: 10.2.0.5:5}\n");
	config_lab_expect(&lab, parts);
}

Test(config_rules, are_as_many_as_there_is_room_for)
{
	static char text[1 << 16];
	char *printed;
	size_t used = (size_t)snprintf(text, sizeof(text), "kind: forward\nrules:\n");

	for (int i = 1; i <= QUERN_FORWARD_RULES_MAX; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "  - {name: r%d, listen: 10.2.0.1:%d, to: 10.2.0.5:1}\n", i, i);
	config_lab_read(&lab, text);
	config_lab_expect_good(&lab);
	cr_assert_eq(lab.settings.forward.rule_count, QUERN_FORWARD_RULES_MAX);
	snprintf(text + used, sizeof(text) - used, "  - {name: more, listen: 10.2.0.1:9999, to: 10.2.0.5:1}\n");
	cr_assert_eq(config_lab_read(&lab, text), -EINVAL);
	printed = config_lab_printed(&lab);
	cr_assert(strstr(printed, "rules.name: 'more' is not accepted\n  lab.yaml:259:12:"));
	free(printed);
	used = (size_t)snprintf(text, sizeof(text), "kind: forward\nrules:\n  - {name: a, listen: 10.2.0.1:9, to: [");
	for (int i = 1; i <= QUERN_FORWARD_TARGETS_MAX; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "10.2.0.5:%d, ", i);
	snprintf(text + used, sizeof(text) - used, "]}\n");
	config_lab_read(&lab, text);
	config_lab_expect_good(&lab);
	snprintf(text + used, sizeof(text) - used, "10.2.0.5:999]}\n");
	cr_assert_eq(config_lab_read(&lab, text), -EINVAL);
}

/* And its keys are not said to be wrong in the rule before it. */
Test(config_rules, one_more_than_there_may_be_is_one_mistake)
{
	static char text[64 * (QUERN_FORWARD_RULES_MAX + 4)];
	size_t used = (size_t)snprintf(text, sizeof(text), "%.*s", (int)(strstr(two, "  - {name: dns") - two), two);

	for (int i = 0; i <= QUERN_FORWARD_RULES_MAX; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "  - {name: r%d, listen: 10.2.0.1:%d, to: 10.3.0.5:53}\n", i, 1000 + i);
	config_lab_read(&lab, text);
	config_lab_expect(&lab, (const char *const[]){"rules.name: 'r256' is not accepted", NULL});
}
