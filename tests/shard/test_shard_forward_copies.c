/* test_shard_forward_copies.c - fan-out: every target of a rule gets each datagram, and may answer. */
#include <criterion/criterion.h>

#include "support/forward_lab.h"
#include "support/raw_frame.h"
#include "support/raw_words.h"

enum { LISTEN = 53, TARGET = 5300, CLIENT = 40000, NARROW = 1300, DONT_FRAGMENT = 0x4000 };

static struct lab lab;

enum { ALL = 4 };

static const struct quern_forward_target all[ALL] = {{.to = {.address = LAB_ADDRESS(1, 100), .port = TARGET}},
						     {.to = {.address = LAB_ADDRESS(1, 101), .port = TARGET}},
						     {.to = {.address = LAB_ADDRESS(2, 100), .port = TARGET}},
						     {.to = {.address = LAB_ADDRESS(0, 100), .port = TARGET}}};

static void open_fan_out(const struct lab_plan *plan)
{
	static const struct quern_forward_rule rule = {.name = "all",
						       .listen = {.address = LAB_ADDRESS(0, 1), .port = LISTEN},
						       .targets = all,
						       .target_count = ALL,
						       .balance = QUERN_BALANCE_ALL,
						       .idle_ms = 5000};
	struct lab_plan filled = *plan;

	filled.rules = &rule;
	filled.rule_count = 1;
	lab_open(&lab, &filled);
}

/* Where each target is, in the order of the rule. */
static const uint16_t port_of[ALL] = {1, 1, 2, 0};

static void fan_out(bool gathers)
{
	struct quern_endpoint client = lab_end(0, 200, CLIENT), listen = lab_end(0, 1, LISTEN);
	struct lab_datagram asked = lab_from_to(client, listen, 1), heard[ALL];

	open_fan_out(&(struct lab_plan){.ports = 3, .gathers = gathers});
	for (uint32_t bytes = 1; bytes < 1472; bytes += 70) {
		asked.text_bytes = bytes;
		asked.text_from = bytes;
		lab_say(&lab, 0, &asked);
		for (uint32_t i = 0; i < ALL; i++) {
			heard[i] = lab_hear_same(&lab, port_of[i], &asked);
			lab_expect_end(&heard[i].dest, &all[i].to);
		}
		for (uint32_t i = 0; i < ALL; i++) {
			struct lab_datagram answer = lab_from_to(heard[i].dest, heard[i].source, 7 * i), back;

			lab_say(&lab, port_of[i], &answer);
			back = lab_hear_same(&lab, 0, &answer);
			lab_expect_end(&back.source, &listen);
			lab_expect_end(&back.dest, &client);
		}
	}
	cr_assert_eq(shard_forward_sessions(lab.forward), ALL);
	cr_assert(shard_forward_validate(lab.forward));
	lab_advance(&lab, 5001);
	cr_assert_eq(shard_forward_sessions(lab.forward), 0);
	cr_assert_eq(lab_counters(&lab, 0)->udp_sessions_ended, 1);
	lab_close(&lab);
}

Test(shard_forward_copies, by_fan_out_every_target_gets_a_copy_and_may_answer)
{
	fan_out(false);
	fan_out(true);
}

/* What there is room for goes, and nothing is left behind of the rest. */
Test(shard_forward_copies, a_fan_out_without_records_for_all_has_those_that_there_are)
{
	struct lab_datagram asked = lab_from_to(lab_end(0, 200, CLIENT), lab_end(0, 1, LISTEN), 1);

	open_fan_out(&(struct lab_plan){.ports = 3, .max_sessions = 6});
	for (uint16_t i = 0; i < 3; i++) {
		asked.source.port = (uint16_t)(CLIENT + i);
		lab_say(&lab, 0, &asked);
		for (uint32_t target = 0; target < ALL && i * ALL + target < 6; target++)
			lab_hear_same(&lab, port_of[target], &asked);
	}
	cr_assert_eq(lab_counters(&lab, 0)->drops[QUERN_DROP_UDP_SESSIONS_FULL], 1);
	lab_close(&lab);
}

/* RFC 1812 4.3.3.3, once for a datagram; the way that is narrowest counts. */
static void too_long_is_told_once(bool is_one_way)
{
	struct lab_datagram asked = lab_from_to(lab_end(0, 200, CLIENT), lab_end(0, 1, LISTEN), 1);
	const struct quern_forward_rule rule = {.name = "all",
						.listen = asked.dest,
						.targets = all,
						.target_count = ALL,
						.balance = QUERN_BALANCE_ALL,
						.one_way = is_one_way};
	const struct lab_packet *error;

	lab_open(&lab, &(struct lab_plan){.ports = 3, .mtu = NARROW, .rules = &rule, .rule_count = 1});
	asked.text_bytes = NARROW;
	asked.fragment = DONT_FRAGMENT;
	for (uint64_t said = 1; said <= 2; said++) {
		lab_say(&lab, 0, &asked);
		error = lab_next(&lab, 0);
		cr_assert_not_null(error);
		cr_assert(error->frame[20] == 3 && error->frame[21] == 4, "fragmentation needed");
		cr_assert_eq(get16(error->frame + 26), NARROW);
		lab_hear_nothing(&lab);
		cr_assert_eq(lab_counters(&lab, 0)->unreachables_sent, said);
		cr_assert_eq(lab_counters(&lab, 0)->drops[QUERN_DROP_UDP_TOO_BIG], said * ALL);
	}
	asked.ttl = 1;
	lab_say(&lab, 0, &asked);
	error = lab_next(&lab, 0);
	cr_assert(error && error->frame[20] == 11, "time exceeded");
	cr_assert_eq(lab_counters(&lab, 0)->drops[QUERN_DROP_UDP_TTL], 1);
	lab_close(&lab);
}

Test(shard_forward_copies, what_is_too_long_for_all_is_told_once)
{
	too_long_is_told_once(false);
	too_long_is_told_once(true);
}
