/* test_shard_forward_stats.c - what is counted of each rule and target. */
#include <criterion/criterion.h>

#include <quern/target.h>

#include "support/forward_lab.h"

enum { LISTEN = 53, ALSO = 54, TARGET = 5300, CLIENT = 40000, PACKET = 20 + 8 + 100 };

static struct lab lab;

static void open_rules(void)
{
	static struct quern_forward_target targets[4];
	static struct quern_forward_rule rules[2];

	for (uint16_t i = 0; i < 4; i++)
		targets[i].to = lab_end(1, (uint16_t)(100 + i), TARGET);
	rules[0] = (struct quern_forward_rule){.name = "one",
					       .listen = lab_end(0, 1, LISTEN),
					       .balance = QUERN_BALANCE_ROUND_ROBIN,
					       .max_sessions = 6,
					       .targets = targets,
					       .target_count = 2};
	rules[1] = (struct quern_forward_rule){.name = "all",
					       .listen = lab_end(0, 1, ALSO),
					       .balance = QUERN_BALANCE_ALL,
					       .targets = targets + 2,
					       .target_count = 2};
	lab_open(&lab, &(struct lab_plan){.rules = rules, .rule_count = 2});
}

static void expect_stats(uint16_t rule, uint16_t target, struct quern_forward_stats ought)
{
	struct quern_forward_stats is = {.forwarded = 0};

	cr_assert(shard_forward_add_stats(lab.forward, rule, target, &is));
	cr_assert_eq(is.sessions, ought.sessions, "%u sessions of rule %u, target %u", is.sessions, rule, target);
	cr_assert_eq(is.opened, ought.opened);
	cr_assert_eq(is.forwarded, ought.forwarded, "%lu forwarded of rule %u, target %u", is.forwarded, rule, target);
	cr_assert_eq(is.forwarded_bytes, ought.forwarded * PACKET);
	cr_assert_eq(is.returned, ought.returned);
	cr_assert_eq(is.returned_bytes, ought.returned * PACKET);
	cr_assert_eq(is.refused, ought.refused, "%lu refused of rule %u, target %u", is.refused, rule, target);
}

/* What comes to the targets of a datagram is answered by the first one of them. */
static void ask(uint16_t port, uint16_t client, unsigned int copies)
{
	struct lab_datagram asked = lab_from_to(lab_end(0, 200, client), lab_end(0, 1, port), 1), heard, answer;

	lab_say(&lab, 0, &asked);
	for (unsigned int i = 0; i < copies; i++) {
		heard = lab_hear_same(&lab, 1, &asked);
		answer = i == 0 ? lab_from_to(heard.dest, heard.source, 9) : answer;
	}
	if (copies == 0)
		return;
	lab_say(&lab, 1, &answer);
	lab_hear_same(&lab, 0, &answer);
}

Test(shard_forward_stats, are_of_each_rule_and_target)
{
	open_rules();
	for (uint16_t i = 0; i < 8; i++)
		ask(LISTEN, (uint16_t)(CLIENT + i), i < 6);
	for (uint16_t i = 0; i < 3; i++)
		ask(ALSO, CLIENT, 2);
	expect_stats(0, 0, (struct quern_forward_stats){.sessions = 3, .opened = 3, .forwarded = 3, .returned = 3});
	expect_stats(0, 1, (struct quern_forward_stats){.sessions = 3, .opened = 3, .forwarded = 3, .returned = 3});
	expect_stats(
		0, QUERN_FORWARD_NO_TARGET,
		(struct quern_forward_stats){.sessions = 6, .opened = 6, .forwarded = 6, .returned = 6, .refused = 2});
	expect_stats(1, 0, (struct quern_forward_stats){.sessions = 1, .opened = 1, .forwarded = 3, .returned = 3});
	expect_stats(1, 1, (struct quern_forward_stats){.sessions = 1, .opened = 1, .forwarded = 3});
	expect_stats(1, QUERN_FORWARD_NO_TARGET,
		     (struct quern_forward_stats){.sessions = 1, .opened = 1, .forwarded = 6, .returned = 3});
	lab_advance(&lab, QUERN_FORWARD_IDLE_MS + 1);
	expect_stats(1, QUERN_FORWARD_NO_TARGET,
		     (struct quern_forward_stats){.opened = 1, .forwarded = 6, .returned = 3});
	lab_close(&lab);
}

Test(shard_forward_stats, go_on_with_a_rule_and_target_that_a_reload_leaves)
{
	static struct quern_forward_target target = {.to = {.port = TARGET}};
	struct quern_forward_rule rule;

	open_rules();
	for (uint16_t i = 0; i < 8; i++)
		ask(LISTEN, (uint16_t)(CLIENT + i), i < 6);
	target.to = lab_end(1, 101, TARGET);
	rule = (struct quern_forward_rule){
		.name = "one", .listen = lab_end(0, 1, LISTEN), .targets = &target, .target_count = 1};
	lab_offer(&lab, &rule, 1);
	lab_settle(&lab);
	expect_stats(0, 0, (struct quern_forward_stats){.sessions = 3, .opened = 3, .forwarded = 3, .returned = 3});
	expect_stats(
		0, QUERN_FORWARD_NO_TARGET,
		(struct quern_forward_stats){.sessions = 3, .opened = 6, .forwarded = 3, .returned = 3, .refused = 2});
	lab_close(&lab);
}

Test(shard_forward_stats, are_of_no_rule_or_target_that_is_not_there)
{
	struct quern_forward_stats stats = {.forwarded = 0};

	open_rules();
	cr_assert(!shard_forward_add_stats(lab.forward, 0, 2, &stats));
	cr_assert(!shard_forward_add_stats(lab.forward, 2, 0, &stats));
	cr_assert(!shard_forward_add_stats(lab.forward, 2, QUERN_FORWARD_NO_TARGET, &stats));
	cr_assert_str_eq(shard_forward_rule(lab.forward, 1)->name, "all");
	cr_assert_null(shard_forward_rule(lab.forward, 2));
	lab_close(&lab);
}
