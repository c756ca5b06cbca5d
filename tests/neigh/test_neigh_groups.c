/* test_neigh_groups.c - groups are told when they are joined, left and asked for, in the version of whoever asks, and
 * never more often than is due. */
#include "neigh/neigh_groups.h"

#include <string.h>

#include <criterion/criterion.h>

#include "base/ip6.h"

enum { IGMP = 3, MLD = 2, MANY = 200 };

struct lab {
	struct neigh_groups groups;
	struct random random;
	uint32_t now_ms;
	struct wire_group_record records[WIRE_GROUP_RECORDS_MAX];
	struct wire_group_report report;
};

/* Near the end of the clock, so that it turns within each test. */
static void begin(struct lab *lab, uint8_t newest, uint64_t seed)
{
	neigh_groups_init(&lab->groups, newest);
	random_seed(&lab->random, seed);
	lab->now_ms = UINT32_MAX - 300;
}

static struct quern_ip6 group(uint32_t number)
{
	return (struct quern_ip6){0, 0xefff0000 + number};
}

static void follow(struct lab *lab, uint32_t count, bool is_told)
{
	struct quern_ip6 wanted[NEIGH_GROUPS_MAX];

	for (uint32_t i = 0; i < count; i++)
		wanted[i] = group(i);
	neigh_groups_follow(&lab->groups, wanted, count, is_told, lab->now_ms);
}

static bool next_report(struct lab *lab)
{
	return neigh_groups_report(&lab->groups, WIRE_GROUP_RECORDS_MAX, lab->now_ms, &lab->random, lab->records,
				   &lab->report);
}

/* Goes on to the next report, at most `ms` away. How many went by until it, or -1 where there is none. */
static int wait_for(struct lab *lab, uint32_t ms)
{
	uint32_t at_ms;

	for (uint32_t i = 0; i <= ms; i++) {
		bool is_due = neigh_groups_next(&lab->groups, &at_ms) && (int32_t)(at_ms - lab->now_ms) <= 0;
		bool came = next_report(lab);

		cr_assert(is_due || !came, "a report came while none was said to be due");
		if (came)
			return (int)i;
		lab->now_ms++;
	}
	return -1;
}

static void expect_one(const struct lab *lab, uint8_t version, uint32_t number, enum wire_group_word word)
{
	cr_assert_eq(lab->report.version, version);
	cr_assert_eq(lab->report.count, 1);
	cr_assert(ip6_equal(lab->records[0].group, group(number)));
	cr_assert_eq(lab->records[0].word, word);
}

/* Joins so many groups, and lets that be told. */
static void begin_joined(struct lab *lab, uint8_t newest, uint32_t count, uint64_t seed)
{
	begin(lab, newest, seed);
	follow(lab, count, true);
	while (wait_for(lab, NEIGH_GROUPS_AGAIN_MS) >= 0)
		continue;
}

static void ask(struct lab *lab, uint8_t version, struct quern_ip6 of, uint32_t response_ms)
{
	const struct wire_group query = {.group = of, .response_ms = response_ms, .version = version};

	neigh_groups_asked(&lab->groups, &query, lab->now_ms, &lab->random);
}

static const struct quern_ip6 all = {0, 0};

Test(neigh_groups, says_twice_that_it_has_joined_or_left_at_once_and_within_a_second)
{
	const enum wire_group_word words[] = {WIRE_GROUP_JOINED, WIRE_GROUP_LEFT, WIRE_GROUP_JOINED};

	for (uint64_t seed = 0; seed < 50; seed++) {
		struct lab lab;

		begin(&lab, IGMP, seed);
		for (uint32_t i = 0; i < 3; i++) {
			int again;

			follow(&lab, i != 1, true);
			cr_assert_eq(wait_for(&lab, 0), 0);
			expect_one(&lab, IGMP, 0, words[i]);
			again = wait_for(&lab, NEIGH_GROUPS_AGAIN_MS);
			cr_assert(again > 0, "not again within a second");
			expect_one(&lab, IGMP, 0, words[i]);
			cr_assert_eq(wait_for(&lab, 10000), -1);
		}
		cr_assert_eq(lab.groups.count, 1);
		follow(&lab, 0, true);
		while (wait_for(&lab, NEIGH_GROUPS_AGAIN_MS) >= 0)
			continue;
		cr_assert_eq(lab.groups.count, 0, "what was left is forgotten");
	}
}

Test(neigh_groups, changes_that_come_together_are_told_together_and_others_are_not_told_again)
{
	struct lab lab;
	struct quern_ip6 wanted[3] = {group(1), group(2), group(5)};

	begin_joined(&lab, MLD, 3, 1);
	neigh_groups_follow(&lab.groups, wanted, 3, true, lab.now_ms);
	cr_assert_eq(wait_for(&lab, 0), 0);
	cr_assert_eq(lab.report.count, 2);
	for (int i = 0; i < 2; i++) {
		bool is_new = ip6_equal(lab.records[i].group, group(5));

		cr_assert(is_new || ip6_equal(lab.records[i].group, group(0)));
		cr_assert_eq(lab.records[i].word, is_new ? WIRE_GROUP_JOINED : WIRE_GROUP_LEFT);
	}
}

Test(neigh_groups, who_joins_again_before_it_was_said_that_it_left_has_joined)
{
	struct lab lab;

	begin_joined(&lab, IGMP, 1, 1);
	follow(&lab, 0, true);
	follow(&lab, 1, true);
	cr_assert_eq(wait_for(&lab, 0), 0);
	expect_one(&lab, IGMP, 0, WIRE_GROUP_JOINED);
}

Test(neigh_groups, a_shard_that_does_not_tell_answers_all_the_same)
{
	struct lab lab;

	begin(&lab, IGMP, 1);
	follow(&lab, 2, false);
	cr_assert_eq(wait_for(&lab, 5000), -1);
	ask(&lab, IGMP, group(1), 1000);
	cr_assert(wait_for(&lab, 1000) >= 0);
	expect_one(&lab, IGMP, 1, WIRE_GROUP_WANTED);
	follow(&lab, 0, false);
	cr_assert_eq(lab.groups.count, 0);
	cr_assert_eq(wait_for(&lab, 5000), -1);
}

Test(neigh_groups, answers_who_asks_for_all_within_the_time_given_and_in_as_few_reports_as_hold_them)
{
	uint32_t shortest = UINT32_MAX, longest = 0;

	for (uint64_t seed = 0; seed < 200; seed++) {
		uint32_t told = 3 * WIRE_GROUP_RECORDS_MAX;
		struct lab lab;
		int after;

		begin_joined(&lab, IGMP, MANY, seed);
		ask(&lab, IGMP, all, 1000);
		after = wait_for(&lab, 1000);
		cr_assert(after >= 0, "no answer in time");
		shortest = (uint32_t)after < shortest ? (uint32_t)after : shortest;
		longest = (uint32_t)after > longest ? (uint32_t)after : longest;
		for (int i = 0; i < 3; i++) {
			cr_assert_eq(lab.report.count, WIRE_GROUP_RECORDS_MAX);
			cr_assert_eq(lab.records[0].word, WIRE_GROUP_WANTED);
			cr_assert_eq(wait_for(&lab, 0), 0, "the rest comes with it");
		}
		cr_assert_eq(told + lab.report.count, MANY);
		cr_assert_eq(wait_for(&lab, 5000), -1);
	}
	cr_assert(shortest < 100 && longest > 900, "times are drawn: %u to %u ms", shortest, longest);
}

Test(neigh_groups, answers_about_a_group_alone_unless_all_are_told_sooner)
{
	struct lab lab;

	begin_joined(&lab, MLD, 3, 1);
	ask(&lab, MLD, group(2), 1000);
	ask(&lab, MLD, group(2), 1000);
	ask(&lab, MLD, group(7), 1000);
	cr_assert(wait_for(&lab, 1000) >= 0);
	expect_one(&lab, MLD, 2, WIRE_GROUP_WANTED);
	cr_assert_eq(wait_for(&lab, 5000), -1);
	ask(&lab, MLD, all, 0);
	ask(&lab, MLD, group(1), 1000);
	cr_assert_eq(wait_for(&lab, 0), 0);
	cr_assert_eq(lab.report.count, 3);
	cr_assert_eq(wait_for(&lab, 5000), -1);
}

Test(neigh_groups, a_flood_of_queries_draws_ten_answers_a_second_at_most)
{
	for (int of_all = 0; of_all < 2; of_all++) {
		struct lab lab;
		uint32_t answers = 0;

		begin_joined(&lab, IGMP, 4, 1);
		for (uint32_t i = 0; i < 10000; i++) {
			ask(&lab, IGMP, of_all ? all : group(i % 4), 0);
			ask(&lab, IGMP, of_all ? all : group(i % 7), i % 100);
			answers += next_report(&lab);
			lab.now_ms++;
		}
		cr_assert(answers >= 90 && answers <= 101, "%u answers in 10 s", answers);
	}
}

Test(neigh_groups, an_answer_after_weeks_is_as_soon_as_the_first)
{
	struct lab lab;

	begin_joined(&lab, IGMP, 1, 1);
	for (uint32_t week = 0; week < 9; week++) {
		ask(&lab, IGMP, all, 0);
		cr_assert_eq(wait_for(&lab, 0), 0);
		expect_one(&lab, IGMP, 0, WIRE_GROUP_WANTED);
		cr_assert_eq(wait_for(&lab, NEIGH_GROUPS_PAUSE_MS), -1);
		lab.now_ms += 7 * 86400000u;
	}
}

Test(neigh_groups, speaks_as_old_as_the_oldest_router_until_that_is_silent_for_long)
{
	for (uint8_t newest = MLD; newest <= IGMP; newest++) {
		for (uint8_t old = 1; old < newest; old++) {
			struct lab lab;

			begin_joined(&lab, newest, 2, old);
			ask(&lab, old, all, 1000);
			for (uint32_t number = 0, seen = 0; number < 2;
			     number++, seen |= lab.records[0].group.low & 1) {
				cr_assert(wait_for(&lab, 1000) >= 0);
				expect_one(&lab, old, (uint32_t)lab.records[0].group.low & 1, WIRE_GROUP_WANTED);
				cr_assert(number == 0 || seen != (lab.records[0].group.low & 1));
			}
			follow(&lab, 1, true);
			cr_assert_eq(wait_for(&lab, 0), 0);
			expect_one(&lab, old, 1, WIRE_GROUP_LEFT);
			ask(&lab, newest, all, 1000);
			cr_assert(wait_for(&lab, 1000) >= 0);
			cr_assert_eq(lab.report.version, old, "the older one is still there");
			while (wait_for(&lab, NEIGH_GROUPS_OLD_ROUTER_MS) >= 0)
				continue;
			ask(&lab, newest, all, 1000);
			cr_assert(wait_for(&lab, 1000) >= 0);
			expect_one(&lab, newest, 0, WIRE_GROUP_WANTED);
		}
	}
}

Test(neigh_groups, as_many_as_there_may_be_change_for_as_many_others_at_once)
{
	struct quern_ip6 wanted[NEIGH_GROUPS_MAX];
	struct lab lab;
	uint32_t joined = 0;

	begin_joined(&lab, IGMP, NEIGH_GROUPS_MAX, 1);
	for (uint32_t i = 0; i < NEIGH_GROUPS_MAX; i++)
		wanted[i] = group(1000 + i);
	neigh_groups_follow(&lab.groups, wanted, NEIGH_GROUPS_MAX, true, lab.now_ms);
	cr_assert_eq(lab.groups.count, NEIGH_GROUPS_MAX);
	while (wait_for(&lab, 0) >= 0)
		for (uint32_t i = 0; i < lab.report.count; i++)
			joined += lab.records[i].word == WIRE_GROUP_JOINED;
	cr_assert_eq(joined, NEIGH_GROUPS_MAX);
}
