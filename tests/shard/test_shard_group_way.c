/* test_shard_group_way.c - rules that send to groups, and rules of broadcasts, both ways. */
#include <criterion/criterion.h>

#include "support/forward_lab.h"
#include "support/raw_words.h"

enum { LISTEN = 5000, TARGET = 6000, CLIENT = 40000 };

static struct lab lab;
static const struct quern_endpoint ours;
static const struct quern_endpoint group = {.address = 0xefff0102, .port = TARGET},
				   group6 = {.ip6 = {UINT64_C(0xff05) << 48, 0x12345}, .port = TARGET},
				   everybody = {.address = UINT32_MAX, .port = LISTEN};

static struct quern_endpoint all_of(uint16_t port, uint16_t number)
{
	return lab_end(port, 0xffff, number);
}

/* One rule of port 0. */
static void open_with(struct quern_forward_rule rule, struct quern_endpoint to)
{
	static struct quern_forward_target target;
	static struct quern_forward_rule rules[1];
	struct lab_plan plan = {.rules = rules, .rule_count = 1};

	target.to = to;
	rules[0] = rule;
	rules[0].name = "many";
	rules[0].targets = &target;
	rules[0].target_count = 1;
	lab_open(&lab, &plan);
}

/* Whoever is told of groups is told, and that is not looked at here. */
static void skip_reports(void)
{
	lab_advance(&lab, 1000);
	for (uint16_t port = 0; port < 2; port++)
		while (lab_next(&lab, port))
			continue;
}

/* From an address of our own where `source` is none. */
static void goes_on(struct quern_endpoint from, struct quern_endpoint dest, struct quern_endpoint source,
		    struct quern_endpoint to)
{
	struct lab_datagram said = lab_from_to(from, dest, 3), heard;

	lab_say(&lab, 0, &said);
	heard = lab_hear_same(&lab, 1, &said);
	if (source.port == 0)
		lab_expect_own(&heard.source, 1, CLIENT);
	else
		lab_expect_end(&heard.source, &source);
	lab_expect_end(&heard.dest, &to);
}

/* The lab looks whether the frame is for the MAC address of the group. */
Test(shard_group_way, a_group_hears_by_the_other_port_what_its_rule_hears)
{
	open_with((struct quern_forward_rule){.listen = lab_end(0, 1, LISTEN), .one_way = true}, group);
	goes_on(lab_end(0, 200, CLIENT), lab_end(0, 1, LISTEN), ours, group);
	lab_close(&lab);
	open_with((struct quern_forward_rule){.listen = lab_end(0, 1, LISTEN), .one_way = true, .keep_source = true},
		  group);
	goes_on(lab_end(0, 200, CLIENT), lab_end(0, 1, LISTEN), lab_end(0, 200, CLIENT), group);
	lab_close(&lab);
}

Test(shard_group_way, a_group_goes_on_as_the_same_beyond)
{
	open_with((struct quern_forward_rule){.listen = group, .one_way = true}, group);
	skip_reports();
	goes_on(lab_end(0, 200, CLIENT), group, ours, group);
	lab_close(&lab);
	open_with((struct quern_forward_rule){.listen = group6, .one_way = true}, group6);
	skip_reports();
	goes_on(lab_end6(0, 200, CLIENT), group6, ours, group6);
	lab_close(&lab);
}

Test(shard_group_way, its_own_datagrams_do_not_go_round)
{
	struct lab_datagram sent = lab_from_to(lab_end(0, 1, CLIENT), group, 3);

	open_with((struct quern_forward_rule){.listen = group, .one_way = true}, group);
	skip_reports();
	lab_say(&lab, 0, &sent);
	cr_assert_eq(lab_counters(&lab, 0)->drops[QUERN_DROP_IP_SOURCE], 1);
	sent.source = lab_end(1, 1, CLIENT);
	lab_say(&lab, 0, &sent);
	cr_assert_eq(lab_counters(&lab, 0)->drops[QUERN_DROP_IP_SOURCE], 2, "both ports are on one link");
	lab_close(&lab);
}

Test(shard_group_way, with_one_port_a_group_is_on_it_and_with_several_others_it_is_not_known_where)
{
	static const struct quern_forward_target to = {.to = {.address = 0xefff0102, .port = TARGET}};
	struct quern_forward_rule rule = {
		.name = "many", .listen = lab_end(0, 1, LISTEN), .one_way = true, .targets = &to, .target_count = 1};
	struct lab_plan plan = {.ports = 1, .rules = &rule, .rule_count = 1};
	struct lab_datagram said = lab_from_to(lab_end(0, 200, CLIENT), lab_end(0, 1, LISTEN), 1);
	void *memory;

	lab_open(&lab, &plan);
	lab_say(&lab, 0, &said);
	lab_hear_same(&lab, 0, &said);
	lab_close(&lab);
	plan.ports = 3;
	plan.rule_count = 0;
	lab_open(&lab, &plan);
	memory = aligned_alloc(64, (shard_rules_bytes(&rule, 1) + 63) & ~(size_t)63);
	memset(memory, 0, shard_rules_bytes(&rule, 1));
	cr_assert_eq(shard_rules_build(memory, lab.forward, &rule, 1), -ENETUNREACH);
	free(memory);
	lab_close(&lab);
}

/* Answers come from the rule's own address, and what the client says to that is of the same session. */
static void broadcast_has_a_session(struct quern_endpoint listen, struct quern_endpoint own)
{
	const struct quern_endpoint dests[] = {everybody, all_of(0, LISTEN), own, everybody};
	struct quern_endpoint client = lab_end(0, 200, CLIENT), target = lab_end(1, 100, TARGET);

	open_with((struct quern_forward_rule){.listen = listen, .broadcast = true}, target);
	for (uint32_t i = 0; i < 4; i++) {
		struct lab_datagram said = lab_from_to(client, dests[i], i), heard, answer;

		said.no_checksum = i == 1;
		lab_say(&lab, 0, &said);
		heard = lab_hear_same(&lab, 1, &said);
		lab_expect_end(&heard.dest, &target);
		answer = lab_from_to(target, heard.source, 100 + i);
		lab_say(&lab, 1, &answer);
		heard = lab_hear_same(&lab, 0, &answer);
		lab_expect_end(&heard.source, &own);
		lab_expect_end(&heard.dest, &client);
	}
	cr_assert_eq(lab_counters(&lab, 0)->udp_sessions_opened, 1);
	cr_assert_eq(lab_counters(&lab, 0)->udp_forwarded, 4);
	lab_close(&lab);
}

Test(shard_group_way, a_broadcast_to_a_rule_with_sessions_is_as_one_to_its_address)
{
	broadcast_has_a_session(lab_end(0, 2, LISTEN), lab_end(0, 2, LISTEN));
	broadcast_has_a_session((struct quern_endpoint){.port = LISTEN}, lab_end(0, 1, LISTEN));
}

Test(shard_group_way, broadcasts_are_heard_where_a_rule_says_so_and_answered_by_no_error)
{
	struct quern_endpoint client = lab_end(0, 200, CLIENT), target = lab_end(1, 100, TARGET);
	struct lab_datagram said = lab_from_to(client, everybody, 1);

	open_with((struct quern_forward_rule){.listen = lab_end(0, 1, LISTEN)}, target);
	lab_say(&lab, 0, &said);
	cr_assert_eq(lab_counters(&lab, 0)->drops[QUERN_DROP_IP_DEST], 1);
	lab_close(&lab);
	open_with((struct quern_forward_rule){.listen = lab_end(0, 1, LISTEN), .broadcast = true}, target);
	said.dest.port++;
	lab_say(&lab, 0, &said);
	cr_assert_eq(lab_counters(&lab, 0)->drops[QUERN_DROP_IP_DEST], 1, "to no rule's port");
	said.dest = all_of(1, LISTEN);
	lab_say(&lab, 0, &said);
	cr_assert_eq(lab_counters(&lab, 0)->drops[QUERN_DROP_IP_DEST], 2, "of another network");
	said.dest = everybody;
	said.ttl = 1;
	lab_say(&lab, 0, &said);
	cr_assert_eq(lab_counters(&lab, 0)->drops[QUERN_DROP_UDP_TTL], 1);
	cr_assert_eq(lab_counters(&lab, 0)->unreachables_sent, 0);
	lab_close(&lab);
}

Test(shard_group_way, broadcasts_go_to_all_of_the_network_beyond_and_keep_nothing)
{
	const struct quern_endpoint tos[] = {{.address = UINT32_MAX, .port = TARGET}, all_of(1, TARGET)};
	const struct quern_endpoint listens[] = {everybody, lab_end(0, 1, LISTEN), {.port = LISTEN}};
	const struct quern_endpoint dests[] = {everybody, all_of(0, LISTEN)};

	for (uint32_t i = 0; i < 12; i++) {
		open_with((struct quern_forward_rule){.listen = listens[i / 4], .one_way = true, .broadcast = true},
			  tos[i % 2]);
		goes_on(lab_end(0, 200, CLIENT), dests[i / 2 % 2], ours, tos[i % 2]);
		cr_assert_eq(shard_forward_sessions(lab.forward), 0);
		lab_close(&lab);
	}
}
