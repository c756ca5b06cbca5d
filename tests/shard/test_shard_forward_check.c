/* test_shard_forward_check.c - who is up, when, and who gets sessions, by echo requests and what comes back of them. */
#include <criterion/criterion.h>

#include <quern/target.h>

#include "support/check_lab.h"
#include "support/raw_words.h"

enum {
	LISTEN = 53,
	CLIENT = 40000,
	EVERY = CHECK_LAB_EVERY_MS,
	RISE = CHECK_LAB_RISE,
	FALL = CHECK_LAB_FALL,
	FIRST_WITHIN = 250
};

static struct lab lab;

/* New clients, and which targets their datagrams come to; returns how many were dropped. */
static unsigned int ask(uint16_t first_client, unsigned int clients, unsigned int asked[2])
{
	unsigned int dropped = 0;

	asked[0] = asked[1] = 0;
	for (unsigned int i = 0; i < clients; i++) {
		struct lab_datagram datagram =
			lab_from_to(lab_end(0, 200, (uint16_t)(first_client + i)), lab_end(0, 1, LISTEN), 1);
		const struct lab_packet *heard;

		lab_say(&lab, 0, &datagram);
		heard = lab_next(&lab, 1);
		cr_assert(!heard || (uint16_t)(get16(heard->frame + 20) - LAB_CHECK_PORT) >= SHARD_CHECK_PORTS,
			  "a session has a port of probes");
		if (heard)
			asked[check_lab_target_of(heard->frame)]++;
		else
			dropped++;
	}
	return dropped;
}

Test(shard_forward_check, targets_are_up_at_their_first_answer_and_not_before)
{
	struct check_targets all = {{false, true}, {0, 0}, {0, 0}};
	unsigned int asked[2];

	check_lab_open(&lab, (struct quern_forward_check){.probe = QUERN_PROBE_ICMP}, false);
	cr_assert_eq(check_lab_state(&lab, 0), QUERN_TARGET_NEW);
	cr_assert_eq(ask(CLIENT, 4, asked), 4);
	cr_assert_eq(lab_counters(&lab, 0)->drops[QUERN_DROP_UDP_NO_TARGET], 4);
	check_lab_pass(&lab, &all, FIRST_WITHIN + 2);
	cr_assert_eq(check_lab_state(&lab, 0), QUERN_TARGET_UP);
	cr_assert_eq(check_lab_state(&lab, 1), QUERN_TARGET_NEW);
	cr_assert_eq(ask(CLIENT, 4, asked), 0);
	cr_assert_eq(asked[0], 4);
	check_lab_pass(&lab, &all, FALL * EVERY);
	cr_assert_eq(check_lab_state(&lab, 1), QUERN_TARGET_DOWN);
	cr_assert_eq(check_lab_cause(&lab, 1), QUERN_TARGET_UNANSWERED);
	lab_close(&lab);
}

Test(shard_forward_check, a_dead_target_falls_and_rises_by_the_book)
{
	struct check_targets all = {{false, false}, {0, 0}, {0, 0}};
	unsigned int asked[2], before;
	uint64_t since_ms;

	check_lab_open(&lab, (struct quern_forward_check){.probe = QUERN_PROBE_ICMP}, false);
	check_lab_pass(&lab, &all, FIRST_WITHIN + 2);
	cr_assert_eq(ask(CLIENT, 10, asked), 0);
	cr_assert(asked[0] == 5 && asked[1] == 5);
	all.is_dead[1] = true;
	for (before = all.probes[1]; all.probes[1] == before;)
		check_lab_pass(&lab, &all, 1);
	since_ms = all.at_ms[1];
	/* The last of three is over when the fourth goes out. */
	while (check_lab_state(&lab, 1) == QUERN_TARGET_UP)
		check_lab_pass(&lab, &all, 1);
	cr_assert_eq(all.probes[1] - before, FALL + 1);
	cr_assert_eq(lab.now_ns / 1000000 - since_ms, FALL * EVERY);
	cr_assert_eq(ask(CLIENT + 10, 10, asked), 0);
	cr_assert_eq(asked[0], 10);
	/* Sessions that are open stay with their target. */
	cr_assert_eq(ask(CLIENT, 10, asked), 0);
	cr_assert(asked[0] == 5 && asked[1] == 5);
	all.is_dead[1] = false;
	before = all.probes[1];
	while (check_lab_state(&lab, 1) == QUERN_TARGET_DOWN)
		check_lab_pass(&lab, &all, 1);
	cr_assert_eq(all.probes[1] - before, RISE);
	cr_assert_eq(ask(CLIENT + 20, 10, asked), 0);
	cr_assert(asked[0] == 5 && asked[1] == 5);
	cr_assert_eq(check_lab_state(&lab, 0), QUERN_TARGET_UP);
	lab_close(&lab);
}

Test(shard_forward_check, sessions_have_no_port_of_probes)
{
	struct check_targets all = {{false, false}, {0, 0}, {0, 0}};
	unsigned int asked[2];

	check_lab_open(&lab, (struct quern_forward_check){.probe = QUERN_PROBE_ICMP}, false);
	check_lab_pass(&lab, &all, FIRST_WITHIN + 2);
	cr_assert_eq(ask(CLIENT, 900, asked), 0);
	cr_assert(asked[0] == 450 && asked[1] == 450);
	lab_close(&lab);
}

Test(shard_forward_check, with_all_targets_down_datagrams_are_dropped)
{
	struct check_targets all = {{true, true}, {0, 0}, {0, 0}};
	unsigned int asked[2];

	check_lab_open(&lab, (struct quern_forward_check){.probe = QUERN_PROBE_ICMP}, false);
	check_lab_pass(&lab, &all, FIRST_WITHIN + FALL * EVERY + 2);
	cr_assert(check_lab_state(&lab, 0) == QUERN_TARGET_DOWN && check_lab_state(&lab, 1) == QUERN_TARGET_DOWN);
	cr_assert_eq(ask(CLIENT, 7, asked), 7);
	cr_assert_eq(lab_counters(&lab, 0)->drops[QUERN_DROP_UDP_NO_TARGET], 7);
	lab_close(&lab);
}

/* Who asked when there was but one of them hears of the other with the first datagram after it came up, and keeps it.
 */
Test(shard_forward_check, clients_of_all_get_copies_to_a_target_that_comes_up)
{
	struct check_targets all = {{false, true}, {0, 0}, {0, 0}};
	struct lab_datagram asked = lab_from_to(lab_end(0, 200, CLIENT), lab_end(0, 1, LISTEN), 1);

	check_lab_open_by(&lab, (struct quern_forward_check){.probe = QUERN_PROBE_ICMP}, false, QUERN_BALANCE_ALL);
	check_lab_pass(&lab, &all, FIRST_WITHIN + FALL * EVERY + 2);
	cr_assert_eq(check_lab_state(&lab, 1), QUERN_TARGET_DOWN);
	for (unsigned int i = 0; i < 3; i++) {
		lab_say(&lab, 0, &asked);
		cr_assert_eq(check_lab_target_of(lab_next(&lab, 1)->frame), 0);
		lab_hear_nothing(&lab);
	}
	all.is_dead[1] = false;
	check_lab_pass(&lab, &all, (RISE + 1) * EVERY);
	cr_assert_eq(check_lab_state(&lab, 1), QUERN_TARGET_UP);
	cr_assert_eq(shard_forward_sessions(lab.forward), 1);
	for (unsigned int i = 0; i < 3; i++) {
		lab_say(&lab, 0, &asked);
		for (unsigned int target = 0; target < 2; target++)
			cr_assert_eq(check_lab_target_of(lab_next(&lab, 1)->frame), target);
		lab_hear_nothing(&lab);
		cr_assert_eq(shard_forward_sessions(lab.forward), 2);
		all.is_dead[1] = true;
		check_lab_pass(&lab, &all, FALL * EVERY);
	}
	cr_assert_eq(check_lab_state(&lab, 1), QUERN_TARGET_DOWN);
	lab_close(&lab);
}

Test(shard_forward_check, over_ip6_as_well)
{
	struct check_targets all = {{false, true}, {0, 0}, {0, 0}};

	lab_only_without_ethernet("the hosts of the laboratory know no neighbour discovery");
	check_lab_open(&lab, (struct quern_forward_check){.probe = QUERN_PROBE_ICMP}, true);
	check_lab_pass(&lab, &all, FIRST_WITHIN + FALL * EVERY + 2);
	cr_assert_eq(check_lab_state(&lab, 0), QUERN_TARGET_UP);
	cr_assert_eq(check_lab_state(&lab, 1), QUERN_TARGET_DOWN);
	lab_close(&lab);
}

/* Id, sequence or text of another request, or another sender: counted as what it is, and believed by nobody. */
Test(shard_forward_check, forged_answers_do_not_count)
{
	static const uint8_t places[] = {15, 19, 24, 25, 26, 27, 28, 31, 35};
	uint64_t ignored;

	check_lab_open(&lab, (struct quern_forward_check){.probe = QUERN_PROBE_ICMP}, false);
	for (size_t i = 0; i < sizeof(places); i++) {
		struct lab_packet answer = check_lab_wait_probe(&lab);
		uint8_t *ip = answer.frame;

		check_lab_turn_echo(ip);
		ip[places[i]] ^= 3;
		put16(ip + 10, 0);
		put16(ip + 10, ~ones_sum(0, ip, 20) & 0xffff);
		put16(ip + 22, 0);
		put16(ip + 22, ~ones_sum(0, ip + 20, answer.bytes - 20) & 0xffff);
		ignored = lab_counters(&lab, 1)->drops[QUERN_DROP_ICMP_IGNORED];
		check_lab_say(&lab, &answer);
		cr_assert_eq(lab_counters(&lab, 1)->drops[QUERN_DROP_ICMP_IGNORED], ignored + 1);
		cr_assert_neq(check_lab_state(&lab, 0), QUERN_TARGET_UP, "byte %u", places[i]);
	}
	cr_assert_eq(check_lab_state(&lab, 0), QUERN_TARGET_DOWN);
	lab_close(&lab);
}

/* Two workers: one probes, and an answer that comes to the other one counts as well. */
Test(shard_forward_check, workers_share_what_is_known)
{
	struct check_targets all = {{false, true}, {0, 0}, {0, 0}};
	struct quern_forward_stats stats = {.forwarded = 0};
	static struct lab other;
	struct lab_packet answer;

	lab_only_without_ethernet("each laboratory asks for MAC addresses of its own");
	check_lab_open(&lab, (struct quern_forward_check){.probe = QUERN_PROBE_ICMP}, false);
	lab_open(&other, &(struct lab_plan){.rules = check_lab_rule(), .rule_count = 1, .checks = lab.checks});
	answer = check_lab_wait_probe(&lab);
	check_lab_turn_echo(answer.frame);
	lab_say_bytes(&other, 1, answer.frame, answer.bytes);
	cr_assert_eq(check_lab_state(&lab, 0), QUERN_TARGET_NEW);
	lab_advance(&lab, 1);
	cr_assert_eq(check_lab_state(&lab, 0), QUERN_TARGET_UP);
	lab_advance(&other, 0);
	for (uint16_t i = 0; i < 4; i++) {
		struct lab_datagram asked =
			lab_from_to(lab_end(0, 200, (uint16_t)(CLIENT + i)), lab_end(0, 1, LISTEN), 1);

		lab_say(&other, 0, &asked);
		cr_assert_eq(check_lab_target_of(lab_next(&other, 1)->frame), 0);
	}
	check_lab_pass(&lab, &all, FALL * EVERY);
	cr_assert(shard_forward_add_stats(other.forward, 0, 0, &stats));
	cr_assert_eq(stats.state, QUERN_TARGET_UP);
	lab_close(&other);
	lab_close(&lab);
}

/* A reload: who was up stays so without a probe, who is new proves itself, and counts of changes begin anew. */
Test(shard_forward_check, a_reload_leaves_states_as_they_are)
{
	struct check_targets all = {{false, true}, {0, 0}, {0, 0}};
	struct quern_forward_rule anew;
	unsigned int asked[2];

	check_lab_open(&lab, (struct quern_forward_check){.probe = QUERN_PROBE_ICMP}, false);
	check_lab_pass(&lab, &all, FIRST_WITHIN + FALL * EVERY + 2);
	cr_assert(check_lab_state(&lab, 0) == QUERN_TARGET_UP && check_lab_state(&lab, 1) == QUERN_TARGET_DOWN);
	anew = *check_lab_rule();
	anew.idle_ms = 10000;
	lab_offer(&lab, &anew, 1);
	lab_settle(&lab);
	cr_assert(check_lab_state(&lab, 0) == QUERN_TARGET_UP && check_lab_state(&lab, 1) == QUERN_TARGET_DOWN);
	cr_assert_eq(ask(CLIENT, 4, asked), 0);
	cr_assert_eq(asked[0], 4);
	all.is_dead[1] = false;
	check_lab_pass(&lab, &all, (RISE + 1) * EVERY + 2);
	cr_assert_eq(check_lab_state(&lab, 1), QUERN_TARGET_UP);
	/* Without a check all get sessions, also who is down. */
	all.is_dead[1] = true;
	check_lab_pass(&lab, &all, (FALL + 1) * EVERY + 2);
	cr_assert_eq(check_lab_state(&lab, 1), QUERN_TARGET_DOWN);
	anew.check = (struct quern_forward_check){.probe = QUERN_PROBE_NONE};
	lab_offer(&lab, &anew, 1);
	lab_settle(&lab);
	cr_assert_eq(check_lab_state(&lab, 1), QUERN_TARGET_UNCHECKED);
	cr_assert_eq(ask(CLIENT + 10, 4, asked), 0);
	cr_assert(asked[0] == 2 && asked[1] == 2);
	lab_close(&lab);
}
