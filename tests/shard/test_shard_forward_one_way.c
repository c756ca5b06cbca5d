/* test_shard_forward_one_way.c - rules that keep no session: datagrams go, and nothing is remembered of them. */
#include <criterion/criterion.h>

#include "support/lab_fragment.h"
#include "support/raw_frame.h"
#include "support/raw_words.h"

enum { LISTEN = 514, TARGET = 5140, CLIENT = 40000, TARGETS = 3 };

static struct lab lab;

/* Two behind port 1, and one where the clients are. */
static const struct quern_forward_target targets[TARGETS] = {{.to = {.address = LAB_ADDRESS(1, 100), .port = TARGET}},
							     {.to = {.address = LAB_ADDRESS(1, 101), .port = TARGET}},
							     {.to = {.address = LAB_ADDRESS(0, 100), .port = TARGET}}};
static const uint16_t port_of[TARGETS] = {1, 1, 0};

static void open_with(struct quern_forward_rule rule, uint16_t target_count, const struct lab_plan *more)
{
	static struct quern_forward_rule rules[1];
	static struct quern_forward_target target6;
	struct lab_plan plan = more ? *more : (struct lab_plan){0};

	target6.to = lab_end6(1, 100, TARGET);
	rules[0] = rule;
	rules[0].name = "log";
	rules[0].one_way = true;
	if (!rules[0].targets) {
		rules[0].targets = rule.listen.ip6.low ? &target6 : targets;
		rules[0].target_count = target_count;
	}
	plan.rules = rules;
	plan.rule_count = 1;
	lab_open(&lab, &plan);
}

static void nothing_is_kept(uint64_t forwarded)
{
	cr_assert_eq(shard_forward_sessions(lab.forward), 0);
	cr_assert_eq(lab_counters(&lab, 0)->udp_sessions_opened, 0);
	cr_assert_eq(lab_counters(&lab, 0)->udp_forwarded, forwarded);
	lab_close(&lab);
}

/* All of a client comes from one address, and its own port. */
static void expect_ours(struct quern_endpoint *ours, const struct quern_endpoint *heard)
{
	lab_expect_own(heard, 1, CLIENT);
	if (ours->port == 0)
		*ours = *heard;
	lab_expect_end(heard, ours);
}

/* The target sees an address of our own, and the client's port; or both as they are. */
static void goes_on(bool keep_source, uint16_t vlan)
{
	struct quern_endpoint client = lab_end(0, 200, CLIENT), target = lab_end(1, 100, TARGET), ours = {.port = 0};
	struct lab_datagram said = lab_from_to(client, lab_end(0, 1, LISTEN), 1), heard;

	open_with((struct quern_forward_rule){.listen = lab_end(0, 1, LISTEN), .keep_source = keep_source}, 1,
		  &(struct lab_plan){.vlan = vlan});
	for (uint32_t i = 0; i < 1472; i += 7) {
		said.text_bytes = said.text_from = i;
		said.no_checksum = i % 5 == 0;
		lab_say(&lab, 0, &said);
		heard = lab_hear_same(&lab, 1, &said);
		if (keep_source)
			lab_expect_end(&heard.source, &client);
		else
			expect_ours(&ours, &heard.source);
		lab_expect_end(&heard.dest, &target);
	}
	nothing_is_kept(211);
}

Test(shard_forward_one_way, a_datagram_goes_to_its_target_and_nothing_is_kept_of_it)
{
	goes_on(false, 0);
	goes_on(false, 7);
}

Test(shard_forward_one_way, and_so_with_its_clients_own_address)
{
	goes_on(true, 0);
	goes_on(true, 7);
}

static void goes_on6(bool keep_source)
{
	struct quern_endpoint client = lab_end6(0, 200, CLIENT), target = lab_end6(1, 100, TARGET), ours = {.port = 0};
	struct lab_datagram said = lab_from_to(client, lab_end6(0, 1, LISTEN), 1), heard;

	open_with((struct quern_forward_rule){.listen = lab_end6(0, 1, LISTEN), .keep_source = keep_source}, 1, NULL);
	for (uint32_t i = 0; i < 1452; i += 7) {
		said.text_bytes = said.text_from = i;
		lab_say(&lab, 0, &said);
		heard = lab_hear_same(&lab, 1, &said);
		if (keep_source)
			lab_expect_end(&heard.source, &client);
		else
			expect_ours(&ours, &heard.source);
		lab_expect_end(&heard.dest, &target);
	}
	nothing_is_kept(208);
}

Test(shard_forward_one_way, over_ip6_too)
{
	goes_on6(false);
	goes_on6(true);
}

Test(shard_forward_one_way, clients_share_the_ports_addresses_evenly)
{
	for (int is_ip6 = 0; is_ip6 < 2; is_ip6++) {
		struct lab_datagram said = is_ip6 ? lab_from_to(lab_end6(0, 200, CLIENT), lab_end6(0, 1, LISTEN), 1)
						  : lab_from_to(lab_end(0, 200, CLIENT), lab_end(0, 1, LISTEN), 1);
		struct lab_datagram heard;
		uint32_t seen[5] = {0};

		open_with((struct quern_forward_rule){.listen = said.dest}, 1, NULL);
		for (uint16_t i = 0; i < 400; i++) {
			said.source.port = (uint16_t)(CLIENT + i % 200);
			lab_say(&lab, 0, &said);
			heard = lab_hear(&lab, 1);
			seen[lab_expect_own(&heard.source, 1, said.source.port)]++;
		}
		for (uint32_t host = 1; host <= 4; host++)
			cr_assert(seen[host] > 60 && seen[host] < 140 && seen[host] % 2 == 0, "%u of 400", seen[host]);
		nothing_is_kept(400);
	}
}

/* What comes back from the target, at the port that it has seen, is to nobody. */
Test(shard_forward_one_way, no_answer_comes_back)
{
	struct lab_datagram said = lab_from_to(lab_end(0, 200, CLIENT), lab_end(0, 1, LISTEN), 1), heard, answer;

	open_with((struct quern_forward_rule){.listen = lab_end(0, 1, LISTEN)}, 1, NULL);
	lab_say(&lab, 0, &said);
	heard = lab_hear_same(&lab, 1, &said);
	answer = lab_from_to(heard.dest, heard.source, 1);
	lab_say(&lab, 1, &answer);
	cr_assert_not_null(lab_next(&lab, 1), "an ICMP error");
	cr_assert_eq(lab_counters(&lab, 1)->drops[QUERN_DROP_UDP_NO_LISTENER], 1);
	nothing_is_kept(1);
}

Test(shard_forward_one_way, datagrams_of_one_client_take_turns)
{
	struct lab_datagram said = lab_from_to(lab_end(0, 200, CLIENT), lab_end(0, 1, LISTEN), 1), heard;

	open_with((struct quern_forward_rule){.listen = lab_end(0, 1, LISTEN), .balance = QUERN_BALANCE_ROUND_ROBIN},
		  TARGETS, NULL);
	for (uint32_t i = 0; i < 9; i++) {
		lab_say(&lab, 0, &said);
		heard = lab_hear_same(&lab, port_of[i % TARGETS], &said);
		lab_expect_end(&heard.dest, &targets[i % TARGETS].to);
	}
	nothing_is_kept(9);
}

/* The port at which something has come out. */
static uint16_t port_with_news(void)
{
	return lab.ports[0].heard_next < lab.ports[0].heard_count ? 0 : 1;
}

Test(shard_forward_one_way, by_maglev_a_client_stays_with_its_target)
{
	uint32_t of_target[TARGETS] = {0};

	open_with((struct quern_forward_rule){.listen = lab_end(0, 1, LISTEN)}, TARGETS, NULL);
	for (uint16_t i = 0; i < 100; i++) {
		struct lab_datagram said =
			lab_from_to(lab_end(0, 200, (uint16_t)(CLIENT + i)), lab_end(0, 1, LISTEN), 1);
		struct quern_endpoint first, second;

		lab_say(&lab, 0, &said);
		first = lab_hear_same(&lab, port_with_news(), &said).dest;
		lab_say(&lab, 0, &said);
		second = lab_hear_same(&lab, port_with_news(), &said).dest;
		lab_expect_end(&second, &first);
		of_target[first.address == targets[0].to.address   ? 0
			  : first.address == targets[1].to.address ? 1
								   : 2]++;
	}
	for (int i = 0; i < TARGETS; i++)
		cr_assert_gt(of_target[i], 10);
	nothing_is_kept(200);
}

static void every_target_gets_a_copy(bool gathers, bool keep_source)
{
	struct lab_datagram said = lab_from_to(lab_end(0, 200, CLIENT), lab_end(0, 1, LISTEN), 1), heard;

	open_with((struct quern_forward_rule){.listen = lab_end(0, 1, LISTEN),
					      .balance = QUERN_BALANCE_ALL,
					      .keep_source = keep_source},
		  TARGETS, &(struct lab_plan){.gathers = gathers});
	for (uint32_t bytes = 0; bytes < 1400; bytes += 100) {
		said.text_bytes = bytes;
		lab_say(&lab, 0, &said);
		for (int i = 0; i < TARGETS; i++) {
			heard = lab_hear_same(&lab, port_of[i], &said);
			lab_expect_end(&heard.dest, &targets[i].to);
			if (keep_source)
				lab_expect_end(&heard.source, &said.source);
			else
				lab_expect_own(&heard.source, port_of[i], CLIENT);
		}
	}
	nothing_is_kept(14 * TARGETS);
}

Test(shard_forward_one_way, by_fan_out_every_target_gets_a_copy)
{
	every_target_gets_a_copy(false, false);
	every_target_gets_a_copy(true, false);
	every_target_gets_a_copy(true, true);
}

/* Sessions have limits, and here are none. */
Test(shard_forward_one_way, any_number_of_clients_is_served)
{
	struct lab_datagram said = lab_from_to(lab_end(0, 200, CLIENT), lab_end(0, 1, LISTEN), 1);

	open_with((struct quern_forward_rule){.listen = lab_end(0, 1, LISTEN)}, 1,
		  &(struct lab_plan){.max_sessions = 10});
	for (uint16_t i = 0; i < 1000; i++) {
		said.source.port = (uint16_t)(CLIENT + i);
		lab_say(&lab, 0, &said);
		lab_hear_same(&lab, 1, &said);
	}
	nothing_is_kept(1000);
}

Test(shard_forward_one_way, ports_are_kept_where_the_rule_says_so)
{
	static const struct quern_forward_target to[] = {{.to = {.address = LAB_ADDRESS(1, 100)}}};
	struct lab_datagram said = lab_from_to(lab_end(0, 200, CLIENT), lab_end(0, 1, 0), 1), heard;

	open_with((struct quern_forward_rule){.listen = lab_end(0, 1, 2000),
					      .last_port = 2999,
					      .keep_port = true,
					      .targets = to,
					      .target_count = 1},
		  1, NULL);
	for (uint16_t port = 2000; port < 3000; port += 111) {
		said.dest.port = port;
		lab_say(&lab, 0, &said);
		heard = lab_hear_same(&lab, 1, &said);
		cr_assert_eq(heard.dest.port, port);
	}
	nothing_is_kept(10);
}

Test(shard_forward_one_way, what_comes_in_fragments_goes_to_all)
{
	struct lab_datagram said = lab_from_to(lab_end(0, 200, CLIENT), lab_end(0, 1, LISTEN), 1);

	said.text_bytes = 4000;
	for (int gathers = 0; gathers < 2; gathers++) {
		open_with((struct quern_forward_rule){.listen = lab_end(0, 1, LISTEN), .balance = QUERN_BALANCE_ALL}, 2,
			  &(struct lab_plan){.gathers = gathers});
		lab_say_cut(&lab, 0, &said, 1400, 1, true);
		for (uint16_t i = 0; i < 2; i++)
			lab_hear_joined(&lab, 1, 1500, &said, 3);
		nothing_is_kept(2);
		open_with((struct quern_forward_rule){.listen = lab_end(0, 1, LISTEN)}, 1,
			  &(struct lab_plan){.gathers = gathers});
		lab_say_cut(&lab, 0, &said, 1400, 1, true);
		lab_hear_joined(&lab, 1, 1500, &said, 3);
		nothing_is_kept(1);
	}
}

/* RFC 1812 5.3.1, and once for all copies. */
Test(shard_forward_one_way, who_has_no_time_to_live_is_told_once)
{
	struct lab_datagram said = lab_from_to(lab_end(0, 200, CLIENT), lab_end(0, 1, LISTEN), 1);
	const struct lab_packet *error;

	open_with((struct quern_forward_rule){.listen = lab_end(0, 1, LISTEN), .balance = QUERN_BALANCE_ALL}, TARGETS,
		  NULL);
	said.ttl = 1;
	lab_say(&lab, 0, &said);
	error = lab_next(&lab, 0);
	cr_assert_not_null(error);
	cr_assert(error->frame[20] == 11 && error->frame[21] == 0, "time exceeded on its way");
	cr_assert_eq(get32(error->frame + 16), said.source.address);
	cr_assert_eq(lab_counters(&lab, 0)->drops[QUERN_DROP_UDP_TTL], 1);
	nothing_is_kept(0);
}

/* Nor does a session that might be meant hear of it. */
Test(shard_forward_one_way, an_error_about_it_is_nobodys)
{
	struct lab_datagram said = lab_from_to(lab_end(0, 200, CLIENT), lab_end(0, 1, LISTEN), 1);
	const struct lab_packet *went;
	uint8_t error[56] = {0x45, 0, 0, 56, 0, 0, 0, 0, 64, 1};

	open_with((struct quern_forward_rule){.listen = lab_end(0, 1, LISTEN)}, 1, NULL);
	lab_say(&lab, 0, &said);
	went = lab_next(&lab, 1);
	put32(error + 12, get32(went->frame + 16));
	put32(error + 16, get32(went->frame + 12));
	error[20] = 3;
	error[21] = 3;
	memcpy(error + 28, went->frame, 28);
	put16(error + 10, ~ones_sum(0, error, 20) & 0xffff);
	put16(error + 22, ~ones_sum(0, error + 20, 36) & 0xffff);
	lab_say_bytes(&lab, 1, error, sizeof(error));
	cr_assert_eq(lab_counters(&lab, 1)->drops[QUERN_DROP_ICMP_IGNORED], 1);
	nothing_is_kept(1);
}
