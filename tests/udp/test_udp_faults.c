/* test_udp_faults.c - each fault of a rule is told once, at its rule, target and key, and a good rule has none. */
#include <criterion/criterion.h>
#include <stdio.h>

#include <quern/target.h>

#include "udp/udp_faults.h"
#include "udp_examples.h"

enum { MAX = 64 };

static struct quern_forward_fault faults[MAX];
static struct udp_examples examples;

/* One way to spoil the second of three good rules of three targets, and what is told of it. */
struct spoil {
	void (*spoil)(struct quern_forward_rule *rule, struct quern_forward_target *targets);
	uint16_t target;
	const char *key;
	const char *words; /* of the cause */
};

#define SPOIL(name, ...)                                                                        \
	static void name(struct quern_forward_rule *rule, struct quern_forward_target *targets) \
	{                                                                                       \
		(void)rule;                                                                     \
		(void)targets;                                                                  \
		__VA_ARGS__;                                                                    \
	}

SPOIL(no_name, rule->name = NULL)
SPOIL(empty_name, rule->name = "")
SPOIL(bad_name, rule->name = "two words")
SPOIL(long_name, rule->name = "a123456789b123456789c123456789d123456789e123456789f123456789g123")
SPOIL(same_name, rule->name = "r0")
SPOIL(same_place, rule->listen.port = 5300)
SPOIL(upside_down, rule->last_port = 5000)
SPOIL(no_beginning, rule->listen.port = 0; rule->last_port = 7)
SPOIL(class_e, rule->listen.address = 0xf0000001)
SPOIL(loopback, rule->listen.address = 0x7f000001)
SPOIL(group, rule->listen.address = 0xe0000001)
SPOIL(group_within, rule->listen = ((struct quern_endpoint){.port = 5301, .ip6 = {UINT64_C(0xff11) << 48, 5}});
      rule->one_way = rule->translate = true)
SPOIL(everybody, rule->listen.address = 0xffffffff)
SPOIL(everybody_both_ways, rule->listen.address = 0xffffffff; rule->broadcast = true)
SPOIL(broadcast_ip6, rule->listen = ((struct quern_endpoint){.port = 5301, .ip6 = {UINT64_C(0xfd) << 56, 1}});
      rule->translate = true; rule->broadcast = true)
SPOIL(no_targets, rule->target_count = 0)
SPOIL(null_targets, rule->targets = NULL)
SPOIL(too_many, rule->target_count = 65)
SPOIL(no_address, targets[1].to.address = 0)
SPOIL(mapped, targets[1].to.address = 0; targets[1].to.ip6.low = 0xffff01020304; rule->translate = true)
SPOIL(other_version, targets[1].to.address = 0; targets[1].to.ip6.low = 99)
SPOIL(twice, targets[2] = targets[0])
SPOIL(heavy, targets[2].weight = 257)
SPOIL(portless, targets[2].to.port = 0)
SPOIL(kept_port, rule->keep_port = true; targets[0].to.port = 0; targets[1].to.port = 0)
SPOIL(circle, targets[1].to.address = 0xc6120001; targets[1].to.port = 5302)
SPOIL(target_group, targets[1].to.address = 0xe0000001)
SPOIL(target_within, targets[1].to = ((struct quern_endpoint){.port = 53, .ip6 = {UINT64_C(0xff) << 56, 5}});
      rule->one_way = rule->translate = true)
SPOIL(target_everybody, targets[1].to.address = 0xffffffff; rule->one_way = true)
SPOIL(no_balance, rule->balance = QUERN_BALANCES_END)
SPOIL(short_idle, rule->idle_ms = 999)
SPOIL(long_idle, rule->idle_ms = 86400001)
SPOIL(idle_without, rule->one_way = true; rule->idle_ms = 5000)
SPOIL(limit_without, rule->one_way = true; rule->max_sessions = 5)
SPOIL(sources_without, rule->one_way = true; rule->max_sessions_per_source = 5)
SPOIL(refresh_without, rule->one_way = true; rule->answers_refresh = true)
SPOIL(least_without, rule->one_way = true; rule->balance = QUERN_BALANCE_LEAST_SESSIONS)
SPOIL(strange_source, rule->keep_source = true; rule->translate = true)
SPOIL(slow_for_long, rule->slow_start_ms = 3600001)
SPOIL(slow_copies, rule->slow_start_ms = 1000; rule->balance = QUERN_BALANCE_ALL)
SPOIL(no_probe, rule->check.interval_ms = 1000)
SPOIL(bad_probe, rule->check.probe = QUERN_PROBES_END)
SPOIL(probe_often, rule->check.probe = QUERN_PROBE_ICMP; rule->check.interval_ms = 99)
SPOIL(probe_port, rule->check.probe = QUERN_PROBE_ICMP; rule->check.port = 99)
SPOIL(no_request, rule->check.probe = QUERN_PROBE_UDP)
SPOIL(long_answer,
      rule->check = ((struct quern_forward_check){
	      .probe = QUERN_PROBE_UDP, .request = "x", .request_bytes = 1, .answer = "", .answer_bytes = 513}))
SPOIL(portless_probe, rule->keep_port = true; rule->check.probe = QUERN_PROBE_UDP; rule->check.request = "x";
      rule->check.request_bytes = 1; for (int i = 0; i < 3; i++) targets[i].to.port = 0)
SPOIL(checked_group, rule->one_way = true; rule->check.probe = QUERN_PROBE_ICMP; targets[0].to.address = 0xe8000001)

static const struct spoil SPOILS[] = {
	{no_name, QUERN_FORWARD_NO_TARGET, "name", "rule 2: has no name"},
	{empty_name, QUERN_FORWARD_NO_TARGET, "name", "rule 2: has no name"},
	{bad_name, QUERN_FORWARD_NO_TARGET, "name", "rule 'two words': its name"},
	{long_name, QUERN_FORWARD_NO_TARGET, "name", "too long"},
	{same_name, QUERN_FORWARD_NO_TARGET, "name", "rule 'r0': has the name of rule 1"},
	{same_place, QUERN_FORWARD_NO_TARGET, "listen", "where rule 'r0' does, on 198.18.0.1:5300"},
	{upside_down, QUERN_FORWARD_NO_TARGET, "listen", "ports 5301-5000"},
	{no_beginning, QUERN_FORWARD_NO_TARGET, "listen", "an end, 7,"},
	{class_e, QUERN_FORWARD_NO_TARGET, "listen", "240.0.0.1:5301"},
	{loopback, QUERN_FORWARD_NO_TARGET, "listen", "127.0.0.1"},
	{group, QUERN_FORWARD_NO_TARGET, "one_way", "group 224.0.0.1:5301"},
	{group_within, QUERN_FORWARD_NO_TARGET, "listen", "[ff11::5]:5301, which is never on a wire"},
	{everybody, QUERN_FORWARD_NO_TARGET, "broadcast", "255.255.255.255:5301"},
	{everybody_both_ways, QUERN_FORWARD_NO_TARGET, "one_way", "255.255.255.255:5301 alone"},
	{broadcast_ip6, QUERN_FORWARD_NO_TARGET, "broadcast", "which IPv6 does not have"},
	{no_targets, QUERN_FORWARD_NO_TARGET, "to", "no target"},
	{null_targets, QUERN_FORWARD_NO_TARGET, "to", "no target"},
	{too_many, QUERN_FORWARD_NO_TARGET, "to", "65 targets"},
	{no_address, 1, "to", "target 2 has no address"},
	{mapped, 1, "to", "nobody"},
	{other_version, 1, "to", "[::63]:53 is not of the version"},
	{twice, 2, "to", "198.19.0.1:53 stands there twice"},
	{heavy, 2, "to", "weight of 257"},
	{portless, 2, "to", "198.19.0.3:* has no port"},
	{kept_port, 2, "keep_port", "198.19.0.3:53 has a port"},
	{circle, 1, "to", "198.18.0.1:5302 is where rule 'r2' listens"},
	{target_group, 1, "one_way", "224.0.0.1:53 is many"},
	{target_within, 1, "to", "[ff00::5]:53 is a group that is never on a wire"},
	{target_everybody, 1, "broadcast", "sends no broadcasts"},
	{no_balance, QUERN_FORWARD_NO_TARGET, "balance", "none that there is"},
	{short_idle, QUERN_FORWARD_NO_TARGET, "idle", "999 ms"},
	{long_idle, QUERN_FORWARD_NO_TARGET, "idle", "86400001 ms"},
	{idle_without, QUERN_FORWARD_NO_TARGET, "idle", "one way"},
	{limit_without, QUERN_FORWARD_NO_TARGET, "max_sessions", "one way"},
	{sources_without, QUERN_FORWARD_NO_TARGET, "max_sessions_per_source", "one way"},
	{refresh_without, QUERN_FORWARD_NO_TARGET, "answers_refresh", "one way"},
	{least_without, QUERN_FORWARD_NO_TARGET, "balance", "one way"},
	{strange_source, QUERN_FORWARD_NO_TARGET, "keep_source", "translates"},
	{slow_for_long, QUERN_FORWARD_NO_TARGET, "slow_start", "3600001 ms"},
	{slow_copies, QUERN_FORWARD_NO_TARGET, "slow_start", "sends to all"},
	{no_probe, QUERN_FORWARD_NO_TARGET, "check", "not by what"},
	{bad_probe, QUERN_FORWARD_NO_TARGET, "check.probe", "none that there is"},
	{probe_often, QUERN_FORWARD_NO_TARGET, "check.interval", "every 99 ms"},
	{probe_port, QUERN_FORWARD_NO_TARGET, "check", "by ICMP"},
	{no_request, QUERN_FORWARD_NO_TARGET, "check.request", "empty"},
	{long_answer, QUERN_FORWARD_NO_TARGET, "check.answer", "too long"},
	{portless_probe, QUERN_FORWARD_NO_TARGET, "check.port", "no port that could be probed"},
	{checked_group, 0, "check", "cannot be checked"},
};

static void set_out(void)
{
	examples.count = 0;
	for (uint32_t i = 0; i < 3; i++)
		udp_examples_add(&examples, 3);
}

static uint32_t look(void)
{
	return quern_forward_faults(examples.rules, examples.count, faults, MAX);
}

Test(udp_faults, each_is_told_at_its_rule_target_and_key_with_cause_and_remedy)
{
	for (uint32_t i = 0; i < sizeof SPOILS / sizeof SPOILS[0]; i++) {
		const struct spoil *spoil = &SPOILS[i];

		set_out();
		cr_assert_eq(look(), 0, "%s", faults[0].cause);
		spoil->spoil(&examples.rules[1], examples.targets[1]);
		cr_assert_eq(look(), 1, "spoil %u (%s): %u faults, %s; %s", i, spoil->words, look(), faults[0].cause,
			     faults[1].cause);
		cr_assert_eq(faults[0].rule, 1, "%s", faults[0].cause);
		cr_assert_eq(faults[0].target, spoil->target, "%s: %u", faults[0].cause, faults[0].target);
		cr_assert_str_eq(faults[0].key, spoil->key, "%s: %s", faults[0].cause, faults[0].key);
		cr_assert_not_null(strstr(faults[0].cause, spoil->words), "%s", faults[0].cause);
		cr_assert_gt(strlen(faults[0].remedy), 5);
	}
}

Test(udp_faults, ten_are_all_counted_and_as_many_told_as_there_is_room_for)
{
	set_out();
	for (uint32_t i = 0; i < 3; i++) {
		examples.rules[i].idle_ms = 1;
		examples.targets[i][0].weight = 300;
		examples.targets[i][1].to.port = 0;
	}
	examples.rules[2].name = "r1";
	cr_assert_eq(look(), 10);
	for (uint32_t i = 1; i < 10; i++)
		cr_assert_leq(faults[i - 1].rule, faults[i].rule, "in the order of rules");
	memset(faults, 0, sizeof faults);
	cr_assert_eq(quern_forward_faults(examples.rules, 3, faults, 4), 10);
	cr_assert_not_null(faults[3].key);
	cr_assert_null(faults[4].key);
	cr_assert_eq(quern_forward_faults(examples.rules, 3, NULL, 0), 10);
}

/* Two rules whose places are as given: how many faults the second has. */
static uint32_t faults_of_two(struct quern_forward_rule first, struct quern_forward_rule second)
{
	struct quern_forward_rule *rules[2];

	examples.count = 0;
	for (uint32_t i = 0; i < 2; i++) {
		const struct quern_forward_rule *from = i == 0 ? &first : &second;

		rules[i] = udp_examples_add(&examples, 1);
		rules[i]->listen = from->listen;
		rules[i]->last_port = from->last_port;
		rules[i]->port = from->port;
		rules[i]->broadcast = from->broadcast;
		rules[i]->translate = from->translate;
		if (from->keep_source)
			examples.targets[i][0].to = (struct quern_endpoint){.port = 53, .ip6 = {1, 1}};
	}
	return look();
}

/* In these two keep_source stands for targets of IPv6. */
Test(udp_faults, rules_meet_where_neither_is_more_specific)
{
	struct quern_forward_rule any = {.listen = {.port = 53}}, any_range = {.listen = {.port = 50}, .last_port = 60};
	struct quern_forward_rule own = {.listen = {0xc6120001, 53, {0, 0}}}, any_port = {.port = 0};
	struct quern_forward_rule any6 = {.listen = {.port = 53}, .keep_source = true};
	struct quern_forward_rule both = {.listen = {.port = 53}, .translate = true};
	struct quern_forward_rule touching = {.listen = {.port = 60}, .last_port = 61};
	struct quern_forward_rule beside = {.listen = {.port = 61}, .last_port = 69};
	struct quern_forward_rule degenerate = {.listen = {.port = 53}, .last_port = 53};
	struct quern_forward_rule elsewhere = {.port = 1, .listen = {.port = 53}};
	struct quern_forward_rule own_b = own, any_b = any;

	own_b.broadcast = true;
	any_b.broadcast = true;
	cr_assert_eq(faults_of_two(any, any), 1);
	cr_assert_eq(faults_of_two(own, own), 1);
	cr_assert_eq(faults_of_two(any_port, any_port), 1);
	cr_assert_eq(faults_of_two(any_range, touching), 1);
	cr_assert_eq(faults_of_two(any, degenerate), 1, "a range of one port is a port");
	cr_assert_eq(faults_of_two(any, both), 1);
	cr_assert_eq(faults_of_two(any6, both), 1);
	cr_assert_eq(faults_of_two(own_b, any_b), 1, "both want the broadcasts");
	cr_assert_eq(faults_of_two(any, own), 0);
	cr_assert_eq(faults_of_two(any, any_range), 0);
	cr_assert_eq(faults_of_two(any_port, any), 0);
	cr_assert_eq(faults_of_two(any_range, beside), 0);
	cr_assert_eq(faults_of_two(any, any6), 0, "each has a version of its own");
	cr_assert_eq(faults_of_two(any, elsewhere), 0, "another port of the engine's");
	cr_assert_eq(faults_of_two(own_b, any), 0);
}

Test(udp_faults, good_rules_of_all_kinds_have_none)
{
	struct quern_forward_rule *rule;

	examples.count = 0;
	rule = udp_examples_add(&examples, 2);
	rule->listen = (struct quern_endpoint){0xc6120001, 20000, {0, 0}};
	rule->last_port = 29999;
	rule->keep_port = true;
	examples.targets[0][0].to.port = examples.targets[0][1].to.port = 0;
	rule = udp_examples_add(&examples, 16);
	rule->balance = QUERN_BALANCE_ALL;
	rule->one_way = true;
	rule->listen = (struct quern_endpoint){0xef010203, 5000, {0, 0}};
	rule = udp_examples_add(&examples, 1);
	rule->broadcast = true;
	rule->one_way = true;
	rule->listen.address = 0xffffffff;
	examples.targets[2][0].to.address = 0xffffffff;
	rule = udp_examples_add(&examples, 64);
	rule->translate = true;
	rule->listen = (struct quern_endpoint){.port = 53, .ip6 = {UINT64_C(0xfd) << 56, 1}};
	rule->check = (struct quern_forward_check){.probe = QUERN_PROBE_UDP, .request = "x", .request_bytes = 1};
	rule->slow_start_ms = 30000;
	rule = udp_examples_add(&examples, 1);
	rule->one_way = true;
	rule->listen = (struct quern_endpoint){.port = 5000, .ip6 = {UINT64_C(0xff05) << 48, 9}};
	examples.targets[4][0].to = rule->listen;
	cr_assert_eq(look(), 0, "%s; %s", faults[0].cause, faults[0].remedy);
	examples.rules[1].target_count = 17;
	examples.targets[1][16] = (struct quern_forward_target){.to = {0x0a000001, 1, {0, 0}}};
	cr_assert_eq(look(), 1);
	cr_assert_str_eq(faults[0].key, "to");
}

Test(udp_faults, more_rules_than_there_may_be_are_told_and_not_looked_at)
{
	struct quern_forward_rule *rules = calloc(QUERN_FORWARD_RULES_MAX + 2, sizeof(*rules));

	examples.count = 0;
	for (uint32_t i = 0; i < QUERN_FORWARD_RULES_MAX; i++)
		rules[i] = *udp_examples_add(&examples, 1);
	cr_assert_eq(quern_forward_faults(rules, QUERN_FORWARD_RULES_MAX, faults, MAX), 0);
	cr_assert_eq(quern_forward_faults(rules, QUERN_FORWARD_RULES_MAX + 2, faults, MAX), 1);
	cr_assert_str_eq(faults[0].key, "rules");
	cr_assert_eq(faults[0].rule, QUERN_FORWARD_RULES_MAX);
	free(rules);
}

Test(udp_faults, names_that_have_the_same_number_by_chance_are_told_apart)
{
	set_out();
	for (uint32_t i = 0; i < 3; i++)
		cr_assert_neq(udp_rules_id(examples.names[i]), 0);
	/* Found by trying: 32 bits are soon the same. */
	examples.rules[0].name = "rule13237";
	examples.rules[2].name = "rule118922";
	cr_assert_eq(udp_rules_id("rule13237"), udp_rules_id("rule118922"));
	cr_assert_eq(look(), 1);
	cr_assert_not_null(strstr(faults[0].cause, "by chance the number of rule 1"), "%s", faults[0].cause);
}

Test(udp_faults, balances_and_probes_have_the_words_of_a_rule_file)
{
	cr_assert_str_eq(quern_balance_name(QUERN_BALANCE_MAGLEV), "maglev");
	cr_assert_str_eq(quern_balance_name(QUERN_BALANCE_ALL), "all");
	cr_assert_str_eq(quern_balance_name(QUERN_BALANCES_END), "?");
	cr_assert_str_eq(quern_probe_name(QUERN_PROBE_ICMP), "icmp");
	cr_assert_str_eq(quern_probe_text((enum quern_probe)77), "?");
	cr_assert_str_eq(quern_target_state_name(QUERN_TARGET_DOWN), "down");
	cr_assert_str_eq(quern_target_cause_text(QUERN_TARGET_REFUSED), "its port is closed");
	cr_assert_str_eq(quern_balance_text(QUERN_BALANCE_ROUND_ROBIN), "in turn, by weight");
}
