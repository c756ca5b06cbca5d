/* test_shard_forward_source.c - rules that keep sources: a target sees its client's own address, and answers by way of
 * us. */
#include <criterion/criterion.h>

#include "support/raw_frame.h"
#include "support/raw_words.h"
#include "support/source_lab.h"

enum { LISTEN = SOURCE_LAB_LISTEN, TARGET = SOURCE_LAB_TARGET, CLIENT = 40000, VLAN = 7 };

static struct lab lab;

static void goes_there_and_back(struct quern_endpoint client, struct quern_endpoint listen,
				struct quern_endpoint target, uint16_t target_port)
{
	struct lab_datagram asked = lab_from_to(client, listen, 1), heard, answer, back;

	lab_say(&lab, 0, &asked);
	heard = lab_hear_same(&lab, target_port, &asked);
	lab_expect_end(&heard.source, &client);
	lab_expect_end(&heard.dest, &target);
	answer = lab_from_to(target, client, 500);
	lab_say(&lab, target_port, &answer);
	back = lab_hear_same(&lab, 0, &answer);
	lab_expect_end(&back.source, &listen);
	lab_expect_end(&back.dest, &client);
}

static void clients_are_seen(uint16_t vlan)
{
	source_lab_open(&lab, (struct quern_forward_rule){.listen = lab_end(0, 1, LISTEN)},
			&(struct lab_plan){.vlan = vlan});
	for (uint16_t i = 0; i < 100; i++)
		goes_there_and_back(lab_end(0, (uint16_t)(200 + i % 5), (uint16_t)(CLIENT + i % 20)),
				    lab_end(0, 1, LISTEN), lab_end(1, 100, TARGET), 1);
	cr_assert_eq(shard_forward_sessions(lab.forward), 20);
	cr_assert_eq(lab_counters(&lab, 0)->udp_forwarded, 100);
	cr_assert_eq(lab_counters(&lab, 1)->udp_returned, 100);
	lab_close(&lab);
}

Test(shard_forward_source, a_target_sees_its_client_and_the_answer_comes_from_where_the_client_had_asked)
{
	clients_are_seen(0);
	clients_are_seen(VLAN);
}

Test(shard_forward_source, and_so_over_ip6)
{
	source_lab_open(&lab, (struct quern_forward_rule){.listen = lab_end6(0, 1, LISTEN), .idle_ms = 1000}, NULL);
	for (uint16_t i = 0; i < 100; i++)
		goes_there_and_back(lab_end6(0, (uint16_t)(200 + i % 5), (uint16_t)(CLIENT + i % 20)),
				    lab_end6(0, 1, LISTEN), lab_end6(1, 100, TARGET), 1);
	cr_assert_eq(shard_forward_sessions(lab.forward), 20);
	lab_advance(&lab, 1001);
	cr_assert_eq(shard_forward_sessions(lab.forward), 0);
	lab_close(&lab);
}

/* One-armed: the target's way to its clients is by us, although both are at the same port. */
Test(shard_forward_source, client_and_target_may_be_at_one_port)
{
	static struct quern_forward_target target;

	target.to = lab_end(0, 100, TARGET);
	source_lab_open(
		&lab,
		(struct quern_forward_rule){.listen = lab_end(0, 1, LISTEN), .targets = &target, .target_count = 1},
		&(struct lab_plan){.ports = 1});
	for (uint16_t i = 0; i < 10; i++)
		goes_there_and_back(lab_end(0, 200, (uint16_t)(CLIENT + i)), lab_end(0, 1, LISTEN), target.to, 0);
	cr_assert_eq(shard_forward_sessions(lab.forward), 10);
	lab_close(&lab);
}

Test(shard_forward_source, and_so_over_ip6_at_one_port)
{
	static struct quern_forward_target target;

	target.to = lab_end6(0, 100, TARGET);
	source_lab_open(
		&lab,
		(struct quern_forward_rule){
			.listen = lab_end6(0, 1, LISTEN), .targets = &target, .target_count = 1, .idle_ms = 1000},
		&(struct lab_plan){.ports = 1});
	for (uint16_t i = 0; i < 10; i++)
		goes_there_and_back(lab_end6(0, (uint16_t)(200 + i % 2), (uint16_t)(CLIENT + i)),
				    lab_end6(0, 1, LISTEN), target.to, 0);
	cr_assert_eq(shard_forward_sessions(lab.forward), 10);
	lab_advance(&lab, 1001);
	lab_close(&lab);
}

/* All as if nobody kept sources: dropped by its address, and no word to whoever sent it. */
static void is_nobodys(uint16_t port, struct lab_datagram datagram)
{
	const struct quern_counters *counters = lab_counters(&lab, port);
	uint64_t before = counters->drops[QUERN_DROP_IP_DEST];

	lab_say(&lab, port, &datagram);
	lab_hear_nothing(&lab);
	cr_assert_eq(counters->drops[QUERN_DROP_IP_DEST], before + 1);
}

Test(shard_forward_source, strangers_get_nothing_through)
{
	struct lab_datagram asked = source_lab_question(200, CLIENT), stranger = source_lab_answer(200, CLIENT);

	source_lab_open_plainly(&lab);
	source_lab_ask(&lab, &asked);
	/* The target to another port, and to another host. */
	is_nobodys(1, source_lab_answer(200, CLIENT + 1));
	is_nobodys(1, source_lab_answer(201, CLIENT));
	/* Another port of the target's, and another host. */
	stranger.source.port++;
	is_nobodys(1, stranger);
	stranger.source = lab_end(1, 101, TARGET);
	is_nobodys(1, stranger);
	/* Whoever says at another port that it is the target. */
	is_nobodys(0, source_lab_answer(200, CLIENT));
	/* A client that sends by us to the target, or to anybody. */
	is_nobodys(0, lab_from_to(lab_end(0, 200, CLIENT), lab_end(1, 100, TARGET), 1));
	is_nobodys(0, lab_from_to(lab_end(0, 200, CLIENT), lab_end(2, 100, TARGET), 1));
	lab_close(&lab);
}

/* What is not UDP is not looked at. */
Test(shard_forward_source, nothing_else_is_routed)
{
	uint8_t segment[40] = {0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6}, echo[28] = {0x45, 0, 0, 28, 0, 0, 0, 0, 64, 1};
	struct lab_datagram asked = source_lab_question(200, CLIENT);

	source_lab_open_plainly(&lab);
	source_lab_ask(&lab, &asked);
	put32(segment + 12, LAB_ADDRESS(1, 100));
	put32(segment + 16, LAB_ADDRESS(0, 200));
	put16(segment + 10, ~ones_sum(0, segment, 20) & 0xffff);
	put16(segment + 20, TARGET);
	put16(segment + 22, CLIENT);
	segment[32] = 0x50;
	segment[33] = 2;
	put16(segment + 36, ~ones_sum(6 + 20, segment + 12, 28) & 0xffff);
	lab_say_bytes(&lab, 1, segment, sizeof(segment));
	cr_assert_eq(lab_counters(&lab, 1)->drops[QUERN_DROP_IP_DEST], 1);
	memcpy(echo + 12, segment + 12, 8);
	put16(echo + 10, ~ones_sum(0, echo, 20) & 0xffff);
	echo[20] = 8;
	put16(echo + 22, ~ones_sum(0, echo + 20, 8) & 0xffff);
	lab_say_bytes(&lab, 1, echo, sizeof(echo));
	cr_assert_eq(lab_counters(&lab, 1)->drops[QUERN_DROP_IP_DEST], 2);
	lab_close(&lab);
}

Test(shard_forward_source, an_answer_after_the_end_is_to_nobody)
{
	struct lab_datagram asked = source_lab_question(200, CLIENT), answer = source_lab_answer(200, CLIENT);

	source_lab_open(&lab, (struct quern_forward_rule){.listen = lab_end(0, 1, LISTEN), .idle_ms = 1000}, NULL);
	source_lab_ask(&lab, &asked);
	lab_advance(&lab, 999);
	lab_say(&lab, 1, &answer);
	lab_hear_same(&lab, 0, &answer);
	lab_advance(&lab, 2);
	is_nobodys(1, answer);
	source_lab_ask(&lab, &asked);
	lab_say(&lab, 1, &answer);
	lab_hear_same(&lab, 0, &answer);
	lab_close(&lab);
}

/* The target could not tell the two apart, nor could we its answers. */
Test(shard_forward_source, one_client_port_has_one_session_towards_a_target)
{
	struct lab_datagram asked = source_lab_question(200, CLIENT), again;

	source_lab_open(&lab, (struct quern_forward_rule){.listen = lab_end(0, 1, LISTEN), .last_port = LISTEN + 1},
			NULL);
	again = asked;
	again.dest.port = LISTEN + 1;
	source_lab_ask(&lab, &asked);
	lab_say(&lab, 0, &again);
	cr_assert_eq(lab_counters(&lab, 0)->drops[QUERN_DROP_UDP_NO_PORT], 1);
	again.source.port++;
	source_lab_ask(&lab, &again);
	cr_assert_eq(shard_forward_sessions(lab.forward), 2);
	lab_close(&lab);
}

/* Who says that it is us could have our own datagrams sent to it. */
Test(shard_forward_source, a_client_with_an_address_of_ours_is_none)
{
	struct lab_datagram asked = source_lab_question(200, CLIENT);

	source_lab_open_plainly(&lab);
	asked.source = lab_end(1, 1, CLIENT);
	lab_say(&lab, 0, &asked);
	cr_assert_eq(lab_counters(&lab, 0)->drops[QUERN_DROP_IP_SOURCE], 1);
	cr_assert_eq(shard_forward_sessions(lab.forward), 0);
	lab_close(&lab);
}

Test(shard_forward_source, by_fan_out_every_target_sees_its_client_and_may_answer)
{
	static struct quern_forward_target targets[2];
	struct lab_datagram asked = source_lab_question(200, CLIENT), answer = source_lab_answer(200, CLIENT), heard;

	targets[0].to = lab_end(1, 100, TARGET);
	targets[1].to = lab_end(1, 101, TARGET);
	source_lab_open(&lab,
			(struct quern_forward_rule){.listen = lab_end(0, 1, LISTEN),
						    .balance = QUERN_BALANCE_ALL,
						    .targets = targets,
						    .target_count = 2,
						    .idle_ms = 1000},
			NULL);
	lab_say(&lab, 0, &asked);
	for (int i = 0; i < 2; i++) {
		heard = lab_hear_same(&lab, 1, &asked);
		lab_expect_end(&heard.source, &asked.source);
		lab_expect_end(&heard.dest, &targets[i].to);
	}
	for (int i = 0; i < 2; i++) {
		answer.source = targets[i].to;
		lab_say(&lab, 1, &answer);
		heard = lab_hear_same(&lab, 0, &answer);
		lab_expect_end(&heard.source, &asked.dest);
	}
	lab_advance(&lab, 1001);
	cr_assert_eq(shard_forward_sessions(lab.forward), 0);
	lab_close(&lab);
}
