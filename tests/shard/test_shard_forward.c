/* test_shard_forward.c - datagrams between a client at port 0 and targets behind port 1, by rules that keep sessions.
 */
#include <criterion/criterion.h>

#include "support/forward_lab.h"
#include "support/raw_frame.h"
#include "support/raw_words.h"

enum { LISTEN = 53, TARGET = 5300, CLIENT = 40000 };

static struct lab lab;

/* One rule to one target. */
static void open_with(struct quern_forward_rule rule, const struct lab_plan *more)
{
	static struct quern_forward_rule rules[1];
	static struct quern_forward_target targets[1];
	struct lab_plan plan = more ? *more : (struct lab_plan){0};

	targets[0] = (struct quern_forward_target){.to = rule.listen.ip6.low ? lab_end6(1, 100, TARGET)
									     : lab_end(1, 100, TARGET)};
	rules[0] = rule;
	rules[0].name = "dns";
	if (!rules[0].targets) {
		rules[0].targets = targets;
		rules[0].target_count = 1;
	}
	plan.rules = rules;
	plan.rule_count = 1;
	lab_open(&lab, &plan);
}

static void goes_there_and_back(struct quern_endpoint client, struct quern_endpoint listen,
				struct quern_endpoint target)
{
	struct lab_datagram asked = lab_from_to(client, listen, 1), heard, answer, back;

	lab_say(&lab, 0, &asked);
	heard = lab_hear_same(&lab, 1, &asked);
	lab_expect_end(&heard.dest, &target);
	answer = lab_from_to(heard.dest, heard.source, 500);
	lab_say(&lab, 1, &answer);
	back = lab_hear_same(&lab, 0, &answer);
	lab_expect_end(&back.source, &listen);
	lab_expect_end(&back.dest, &client);
}

Test(shard_forward, a_datagram_goes_to_its_target_and_the_answer_comes_back)
{
	open_with((struct quern_forward_rule){.listen = lab_end(0, 1, LISTEN)}, NULL);
	for (uint16_t i = 0; i < 100; i++)
		goes_there_and_back(lab_end(0, 200, (uint16_t)(CLIENT + i % 10)), lab_end(0, 1, LISTEN),
				    lab_end(1, 100, TARGET));
	cr_assert_eq(shard_forward_sessions(lab.forward), 10);
	cr_assert_eq(lab_counters(&lab, 0)->udp_forwarded, 100);
	cr_assert_eq(lab_counters(&lab, 1)->udp_returned, 100);
	lab_close(&lab);
}

Test(shard_forward, and_so_over_ip6)
{
	open_with((struct quern_forward_rule){.listen = lab_end6(0, 1, LISTEN)}, NULL);
	for (uint16_t i = 0; i < 100; i++)
		goes_there_and_back(lab_end6(0, (uint16_t)(200 + i % 3), (uint16_t)(CLIENT + i % 10)),
				    lab_end6(0, 1, LISTEN), lab_end6(1, 100, TARGET));
	cr_assert_eq(shard_forward_sessions(lab.forward), 30);
	lab_close(&lab);
}

/* Row 113: five minutes after its last datagram, and not a tick sooner; answers alone do not keep it. */
Test(shard_forward, an_idle_session_ends_on_time)
{
	struct lab_datagram asked = lab_from_to(lab_end(0, 200, CLIENT), lab_end(0, 1, LISTEN), 1), heard, answer;

	open_with((struct quern_forward_rule){.listen = lab_end(0, 1, LISTEN), .idle_ms = 5000}, NULL);
	lab_say(&lab, 0, &asked);
	heard = lab_hear_same(&lab, 1, &asked);
	answer = lab_from_to(heard.dest, heard.source, 1);
	lab_advance(&lab, 3000);
	lab_say(&lab, 0, &asked);
	lab_hear_same(&lab, 1, &asked);
	lab_advance(&lab, 4000);
	lab_say(&lab, 1, &answer);
	lab_hear_same(&lab, 0, &answer);
	lab_advance(&lab, 999);
	cr_assert_eq(shard_forward_sessions(lab.forward), 1);
	lab_advance(&lab, 2);
	cr_assert_eq(shard_forward_sessions(lab.forward), 0);
	/* And then the answer is to nobody. */
	lab_say(&lab, 1, &answer);
	cr_assert_not_null(lab_next(&lab, 1), "an ICMP error");
	cr_assert_eq(lab_counters(&lab, 1)->drops[QUERN_DROP_UDP_NO_LISTENER], 1);
	lab_close(&lab);
}

/* Row 114: RFC 1624, with the corner cases of its two zeros. */
Test(shard_forward, checksums_are_right_and_none_stays_none)
{
	struct lab_datagram asked = lab_from_to(lab_end(0, 200, CLIENT), lab_end(0, 1, LISTEN), 1);

	open_with((struct quern_forward_rule){.listen = lab_end(0, 1, LISTEN)}, NULL);
	for (uint32_t bytes = 0; bytes < 1472; bytes++) {
		asked.text_bytes = bytes;
		asked.text_from = bytes * 7;
		asked.no_checksum = bytes % 5 == 0;
		lab_say(&lab, 0, &asked);
		lab_hear_same(&lab, 1, &asked);
	}
	lab_close(&lab);
}

Test(shard_forward, limits_hold_and_what_is_over_them_is_counted)
{
	struct lab_datagram asked = lab_from_to(lab_end(0, 200, CLIENT), lab_end(0, 1, LISTEN), 1);

	open_with((struct quern_forward_rule){.listen = lab_end(0, 1, LISTEN),
					      .max_sessions = 30,
					      .max_sessions_per_source = 7},
		  &(struct lab_plan){.counts_sources = true});
	for (uint16_t client = 0; client < 10; client++) {
		for (uint16_t port = 0; port < 10; port++) {
			asked.source = lab_end(0, (uint16_t)(200 + client), (uint16_t)(CLIENT + port));
			lab_say(&lab, 0, &asked);
			if (port < 7 && client * 7 + port < 30)
				lab_hear_same(&lab, 1, &asked);
		}
	}
	cr_assert_eq(shard_forward_sessions(lab.forward), 30);
	cr_assert_eq(lab_counters(&lab, 0)->drops[QUERN_DROP_UDP_SOURCE_LIMIT], 4 * 3);
	cr_assert_eq(lab_counters(&lab, 0)->drops[QUERN_DROP_UDP_RULE_LIMIT], 100 - 30 - 4 * 3);
	lab_close(&lab);
}

/* Nor do those whose datagrams end here, or for whom there is no record. */
Test(shard_forward, who_is_over_a_limit_takes_no_turn_of_the_targets)
{
	static const struct quern_forward_target targets[2] = {
		{.to = {.address = LAB_ADDRESS(1, 100), .port = TARGET}},
		{.to = {.address = LAB_ADDRESS(1, 101), .port = TARGET}}};
	struct lab_datagram asked = lab_from_to(lab_end(0, 200, CLIENT), lab_end(0, 1, LISTEN), 1), heard;

	open_with((struct quern_forward_rule){.listen = lab_end(0, 1, LISTEN),
					      .balance = QUERN_BALANCE_ROUND_ROBIN,
					      .targets = targets,
					      .target_count = 2,
					      .idle_ms = 1000,
					      .max_sessions_per_source = 1},
		  &(struct lab_plan){.counts_sources = true, .max_sessions = 8});
	for (uint16_t client = 0; client < 10; client++) {
		asked.source = lab_end(0, (uint16_t)(200 + client), CLIENT);
		asked.ttl = 1;
		lab_say(&lab, 0, &asked);
		cr_assert_not_null(lab_next(&lab, 0), "time exceeded");
		asked.ttl = 0;
		lab_say(&lab, 0, &asked);
		if (client >= 8)
			continue;
		heard = lab_hear_same(&lab, 1, &asked);
		lab_expect_end(&heard.dest, &targets[client % 2].to);
		asked.source.port++;
		lab_say(&lab, 0, &asked);
	}
	cr_assert_eq(lab_counters(&lab, 0)->drops[QUERN_DROP_UDP_SOURCE_LIMIT], 8);
	cr_assert_eq(lab_counters(&lab, 0)->drops[QUERN_DROP_UDP_SESSIONS_FULL], 2);
	lab_advance(&lab, 1001);
	asked.source.port = CLIENT;
	lab_say(&lab, 0, &asked);
	heard = lab_hear_same(&lab, 1, &asked);
	lab_expect_end(&heard.dest, &targets[0].to);
	lab_close(&lab);
}

Test(shard_forward, records_run_out_and_come_back)
{
	struct lab_datagram asked = lab_from_to(lab_end(0, 200, CLIENT), lab_end(0, 1, LISTEN), 1);

	open_with((struct quern_forward_rule){.listen = lab_end(0, 1, LISTEN), .idle_ms = 1000},
		  &(struct lab_plan){.max_sessions = 50});
	for (uint16_t round = 0; round < 3; round++) {
		for (uint16_t i = 0; i < 60; i++) {
			asked.source.port = (uint16_t)(CLIENT + i);
			lab_say(&lab, 0, &asked);
			if (i < 50)
				lab_hear_same(&lab, 1, &asked);
		}
		cr_assert_eq(lab_counters(&lab, 0)->drops[QUERN_DROP_UDP_SESSIONS_FULL], 10 * (round + 1));
		lab_advance(&lab, 1001);
		cr_assert_eq(shard_forward_sessions(lab.forward), 0);
	}
	lab_close(&lab);
}

/* Row 114: RFC 791. The sender hears of it; and of a datagram that is longer than the MTU of the way (RFC 1191). */
Test(shard_forward, who_has_no_time_to_live_and_who_is_too_long_is_told)
{
	struct lab_datagram asked = lab_from_to(lab_end(0, 200, CLIENT), lab_end(0, 1, LISTEN), 1);
	const struct lab_packet *error;

	open_with((struct quern_forward_rule){.listen = lab_end(0, 1, LISTEN)}, NULL);
	asked.ttl = 1;
	lab_say(&lab, 0, &asked);
	error = lab_next(&lab, 0);
	cr_assert_not_null(error);
	cr_assert_eq(error->frame[9], 1, "ICMP");
	cr_assert_eq(error->frame[20], 11, "time exceeded");
	cr_assert_eq(error->frame[21], 0, "on its way");
	cr_assert_eq(lab_counters(&lab, 0)->drops[QUERN_DROP_UDP_TTL], 1);
	cr_assert_eq(shard_forward_sessions(lab.forward), 0, "a session by what goes nowhere");
	asked.ttl = 2;
	lab_say(&lab, 0, &asked);
	cr_assert_eq(lab_hear(&lab, 1).ttl, 1);
	lab_close(&lab);
}

/* RFC 5508 REQ-4: an error about what was passed on tells of the datagram as its sender knows it. */
static void error_comes_home(uint16_t from_port, const struct lab_datagram *said)
{
	uint8_t error[LAB_FRAME_MAX] = {0x45}, quoted[LAB_DATAGRAM_MAX];
	uint16_t to_port = 1 - from_port;
	const struct lab_packet *passed;
	struct lab_packet heard;
	uint32_t bytes = lab_datagram_build(quoted, said);

	lab_say_bytes(&lab, to_port, quoted, bytes);
	heard = *lab_next(&lab, from_port);
	/* Port unreachable, with the packet as it came behind. */
	error[3] = (uint8_t)(28 + 28);
	error[8] = 64;
	error[9] = 1;
	memcpy(error + 12, heard.frame + 16, 4);
	memcpy(error + 16, heard.frame + 12, 4);
	error[20] = 3;
	error[21] = 3;
	memcpy(error + 28, heard.frame, 28);
	put16(error + 10, ~ones_sum(0, error, 20) & 0xffff);
	put16(error + 22, ~ones_sum(0, error + 20, 36) & 0xffff);
	lab_say_bytes(&lab, from_port, error, 56);
	passed = lab_next(&lab, to_port);
	cr_assert_not_null(passed);
	cr_assert_eq(passed->bytes, 56);
	cr_assert_eq(ones_sum(0, passed->frame, 20), 0xffff);
	cr_assert_eq(ones_sum(0, passed->frame + 20, 36), 0xffff);
	cr_assert_eq(get32(passed->frame + 16), said->source.address);
	cr_assert_eq(get32(passed->frame + 12), said->dest.address);
	cr_assert_arr_eq(passed->frame + 28 + 12, quoted + 12, 16, "addresses, ports, length and checksum");
	cr_assert_eq(ones_sum(0, passed->frame + 28, 20), 0xffff);
}

Test(shard_forward, errors_from_either_side_come_to_who_has_sent_the_datagram)
{
	struct lab_datagram asked = lab_from_to(lab_end(0, 200, CLIENT), lab_end(0, 1, LISTEN), 1), heard, answer;

	open_with((struct quern_forward_rule){.listen = lab_end(0, 1, LISTEN)}, NULL);
	error_comes_home(1, &asked);
	lab_say(&lab, 0, &asked);
	heard = lab_hear_same(&lab, 1, &asked);
	answer = lab_from_to(heard.dest, heard.source, 9);
	error_comes_home(0, &answer);
	cr_assert_eq(lab_counters(&lab, 0)->udp_errors_passed, 1);
	cr_assert_eq(lab_counters(&lab, 1)->udp_errors_passed, 1);
	lab_close(&lab);
}

/* A datagram that is damaged is seen to be so, whoever looks: here or at its target. */
Test(shard_forward, what_is_damaged_does_not_become_right)
{
	struct lab_datagram asked = lab_from_to(lab_end(0, 200, CLIENT), lab_end(0, 1, LISTEN), 1);

	open_with((struct quern_forward_rule){.listen = lab_end(0, 1, LISTEN)}, NULL);
	asked.wrong_checksum = true;
	lab_say(&lab, 0, &asked);
	lab_hear_nothing(&lab);
	cr_assert_eq(lab_counters(&lab, 0)->drops[QUERN_DROP_UDP_MALFORMED], 1);
	lab_close(&lab);
}

/* Half the numbers of milliseconds that there are go by with nobody there: the clock of sessions goes with them. */
Test(shard_forward, a_session_lasts_after_weeks_without_any)
{
	const uint64_t twenty_days = UINT64_C(20) * 86400 * 1000000000;
	struct lab_datagram asked = lab_from_to(lab_end(0, 200, CLIENT), lab_end(0, 1, LISTEN), 1);

	lab_only_without_ethernet("its hosts forget each other");
	open_with((struct quern_forward_rule){.listen = lab_end(0, 1, LISTEN), .idle_ms = 1000}, NULL);
	for (int i = 0; i < 2; i++) {
		lab.now_ns += twenty_days;
		lab_advance(&lab, 1);
	}
	lab_say(&lab, 0, &asked);
	lab_hear_same(&lab, 1, &asked);
	lab_advance(&lab, 999);
	cr_assert_eq(shard_forward_sessions(lab.forward), 1);
	lab_advance(&lab, 2);
	cr_assert_eq(shard_forward_sessions(lab.forward), 0);
	lab_close(&lab);
}

/* One-armed: client and target on one port; and a client that is the target itself. */
Test(shard_forward, client_and_target_may_be_on_one_port)
{
	static const struct quern_forward_target targets[] = {{.to = {.address = LAB_ADDRESS(0, 100), .port = TARGET}}};
	struct quern_endpoint clients[] = {lab_end(0, 200, CLIENT), lab_end(0, 100, CLIENT), lab_end(0, 100, TARGET)};

	open_with((struct quern_forward_rule){.listen = lab_end(0, 1, LISTEN), .targets = targets, .target_count = 1},
		  &(struct lab_plan){.ports = 1});
	for (size_t i = 0; i < sizeof(clients) / sizeof(clients[0]); i++) {
		struct lab_datagram asked = lab_from_to(clients[i], lab_end(0, 1, LISTEN), 1), heard, answer, back;

		lab_say(&lab, 0, &asked);
		heard = lab_hear_same(&lab, 0, &asked);
		lab_expect_end(&heard.dest, &targets[0].to);
		answer = lab_from_to(heard.dest, heard.source, 7);
		lab_say(&lab, 0, &answer);
		back = lab_hear_same(&lab, 0, &answer);
		lab_expect_end(&back.dest, &clients[i]);
	}
	lab_close(&lab);
}

enum { NARROW = 1280, LONG = 1400, DONT_FRAGMENT = 0x4000, MORE = 0x2000 };

/* Puts the fragments that come out of a port together again; returns how many they were. */
static unsigned int gather(uint16_t port, uint8_t whole[LAB_FRAME_MAX])
{
	const struct lab_packet *packet;
	uint32_t next = 0, id = 0, count = 0;

	while ((packet = lab_next(&lab, port))) {
		uint32_t fragment = get16(packet->frame + 6), bytes = packet->bytes - 20;

		cr_assert_leq(packet->bytes, NARROW);
		cr_assert_eq(get16(packet->frame + 2), packet->bytes);
		cr_assert_eq(ones_sum(0, packet->frame, 20), 0xffff);
		cr_assert_eq((fragment & 0x1fff) * 8, next, "in order, without a hole");
		if (count++ == 0) {
			memcpy(whole, packet->frame, 20);
			id = get16(packet->frame + 4);
		}
		cr_assert_eq(get16(packet->frame + 4), id);
		memcpy(whole + 20 + next, packet->frame + 20, bytes);
		next += bytes;
		if (fragment & MORE)
			continue;
		put16(whole + 2, 20 + next);
		put16(whole + 6, 0);
		put16(whole + 10, 0);
		put16(whole + 10, ~ones_sum(0, whole, 20) & 0xffff);
	}
	return count;
}

Test(shard_forward, a_datagram_that_may_be_cut_is_cut_and_another_is_refused)
{
	struct lab_datagram asked = lab_from_to(lab_end(0, 200, CLIENT), lab_end(0, 1, LISTEN), 1), heard;
	const struct lab_packet *error;
	uint8_t whole[LAB_FRAME_MAX];

	open_with((struct quern_forward_rule){.listen = lab_end(0, 1, LISTEN)}, &(struct lab_plan){.mtu = NARROW});
	asked.text_bytes = LONG;
	for (int i = 0; i < 3; i++) {
		lab_say(&lab, 0, &asked);
		cr_assert_eq(gather(1, whole), 2);
		cr_assert_null(lab_datagram_read(whole, 20 + 8 + LONG, &heard));
		cr_assert_eq(heard.text_sum, raw_text_sum(1, LONG));
		cr_assert_eq(heard.ttl, LAB_TTL - 1);
	}
	asked.fragment = DONT_FRAGMENT;
	lab_say(&lab, 0, &asked);
	error = lab_next(&lab, 0);
	cr_assert_not_null(error);
	cr_assert(error->frame[20] == 3 && error->frame[21] == 4, "fragmentation needed");
	cr_assert_eq(get16(error->frame + 26), NARROW);
	lab_close(&lab);
}
