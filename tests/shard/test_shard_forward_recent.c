/* test_shard_forward_recent.c - flows that are remembered: their sessions live as long as those of others, and what
 * changes about them is seen at once. */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "support/forward_lab.h"

enum {
	ETHER = 14,
	CLIENTS = 2,
	WARM = 200,
	TARGET = 100,
	IDLE_MS = 1000,
	STEP_MS = 300,
	HOP_MS = 50 /* less than a next hop is asked for */
};

static struct lab lab;

static void open_lab(bool answers_refresh)
{
	static const struct quern_forward_target target = {.to = {.address = LAB_ADDRESS(1, TARGET), .port = 53}};
	static struct quern_forward_rule rule = {
		.name = "dns", .targets = &target, .target_count = 1, .idle_ms = IDLE_MS};

	rule.listen = lab_end(0, 1, 53);
	rule.answers_refresh = answers_refresh;
	lab_open(&lab, &(struct lab_plan){.max_sessions = CLIENTS, .rules = &rule, .rule_count = 1});
}

static struct lab_datagram of_client(uint16_t number)
{
	return lab_from_to(lab_end(0, 200, (uint16_t)(4000 + number)), lab_end(0, 1, 53), number);
}

/* Each of the first `count` clients says something; returns where the target hears the last of them from. */
static struct quern_endpoint say_all(uint16_t count)
{
	struct quern_endpoint at = {.port = 0};

	for (uint16_t i = 0; i < count; i++) {
		struct lab_datagram datagram = of_client(i);

		lab_say(&lab, 0, &datagram);
		at = lab_hear_same(&lab, 1, &datagram).source;
	}
	return at;
}

/* And an answer to the last of them. */
static void answer(struct quern_endpoint at)
{
	struct lab_datagram datagram = lab_from_to(lab_end(1, TARGET, 53), at, 7);

	lab_say(&lab, 1, &datagram);
	lab_hear_same(&lab, 0, &datagram);
}

/* Until all flows are remembered: a shard that knows none of a burst does not look for some bursts. */
static struct quern_endpoint warm_up(uint16_t count)
{
	struct quern_endpoint at = {.port = 0};

	for (int i = 0; i < WARM; i++) {
		at = say_all(count);
		answer(at);
	}
	return at;
}

Test(shard_forward_recent, a_session_lives_as_long_as_its_flow_is_heard)
{
	open_lab(false);
	warm_up(CLIENTS);
	for (int i = 0; i < 61; i++) {
		lab_advance(&lab, HOP_MS);
		say_all(CLIENTS / 2);
	}
	cr_assert_eq(shard_forward_sessions(lab.forward), CLIENTS / 2, "%u live", shard_forward_sessions(lab.forward));
	cr_assert_eq(lab_counters(&lab, 0)->udp_sessions_opened, CLIENTS, "one was opened once more");
	lab_advance(&lab, IDLE_MS - 1);
	cr_assert_eq(shard_forward_sessions(lab.forward), CLIENTS / 2, "ended early");
	lab_advance(&lab, 2);
	cr_assert_eq(shard_forward_sessions(lab.forward), 0, "ended late");
	lab_close(&lab);
}

/* Answers of the target, for longer than the session lives without a word of its client. */
static uint32_t sessions_after_answers(bool answers_refresh)
{
	struct quern_endpoint at;
	uint32_t count;

	open_lab(answers_refresh);
	at = warm_up(1);
	for (int i = 0; i < 3; i++) {
		lab_advance(&lab, STEP_MS);
		answer(at);
	}
	lab_advance(&lab, STEP_MS);
	count = shard_forward_sessions(lab.forward);
	lab_close(&lab);
	return count;
}

Test(shard_forward_recent, answers_keep_a_session_where_its_rule_says_so_and_nowhere_else)
{
	cr_assert_eq(sessions_after_answers(true), 1);
	cr_assert_eq(sessions_after_answers(false), 0);
}

/* A datagram in at a port, with that host's address of Ethernet and that type. */
static void put_frame(uint16_t in, uint8_t from, uint16_t type, const uint8_t *packet, uint32_t bytes)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(lab_in_pool());
	uint8_t *frame = (uint8_t *)rte_pktmbuf_append(mbuf, (uint16_t)(ETHER + bytes));

	memcpy(frame, (uint8_t[]){2, 0, 0, 0, 0, (uint8_t)(in + 1), 2, 0, 0, 0, 9, from}, 12);
	frame[12] = (uint8_t)(type >> 8);
	frame[13] = (uint8_t)type;
	memcpy(frame + ETHER, packet, bytes);
	shard_receive(lab.ports[in].shard, &mbuf, 1, lab.now_ns);
}

static void put_datagram(uint16_t in, uint8_t from, const struct lab_datagram *datagram)
{
	uint8_t packet[LAB_DATAGRAM_MAX];

	put_frame(in, from, 0x0800, packet, lab_datagram_build(packet, datagram));
}

/* Where the frame that goes out is sent. */
static void expect_frame_to(uint16_t out, const uint8_t to[6], const char *why)
{
	struct rte_mbuf *mbuf;

	cr_assert_eq(shard_transmit(lab.ports[out].shard, &mbuf, 1), 1, "%s", why);
	cr_assert_arr_eq(rte_pktmbuf_mtod(mbuf, const uint8_t *), to, 6, "%s", why);
	rte_pktmbuf_free(mbuf);
}

static void take_frame(uint16_t out)
{
	struct rte_mbuf *mbuf;

	cr_assert_eq(shard_transmit(lab.ports[out].shard, &mbuf, 1), 1);
	rte_pktmbuf_free(mbuf);
}

static void expect_answer_to(uint8_t host, const struct lab_datagram *reply, const char *why)
{
	put_datagram(1, 77, reply);
	expect_frame_to(0, (const uint8_t[]){2, 0, 0, 0, 9, host}, why);
}

static struct lab_datagram open_on_ethernet(void)
{
	if (!getenv("QUERN_TEST_ETHER"))
		cr_skip_test("over bare IP nobody has an address of Ethernet");
	open_lab(false);
	return lab_from_to(lab_end(1, TARGET, 53), warm_up(1), 7);
}

Test(shard_forward_recent, answers_go_to_where_the_client_was_heard_last)
{
	static const uint8_t hosts[] = {5, 5, 6, 6, 5};
	struct lab_datagram reply = open_on_ethernet(), question = of_client(0), last_hop = question;

	last_hop.ttl = 1;
	for (size_t i = 0; i < sizeof(hosts); i++)
		for (int time = 0; time < WARM; time++) {
			put_datagram(0, hosts[i], &question);
			take_frame(1);
			expect_answer_to(hosts[i], &reply, "told by a datagram like all");
		}
	put_datagram(0, 6, &last_hop);
	take_frame(0);
	expect_answer_to(6, &reply, "told by one that is looked at more closely");
	put_datagram(0, 5, &question);
	take_frame(1);
	expect_answer_to(5, &reply, "and back");
	lab_close(&lab);
}

Test(shard_forward_recent, what_is_not_of_the_flow_s_type_is_not_of_the_flow)
{
	struct lab_datagram reply = open_on_ethernet(), question = of_client(0);
	uint8_t packet[LAB_DATAGRAM_MAX];
	uint32_t bytes = lab_datagram_build(packet, &question);

	(void)reply;
	for (uint32_t type = 0x0600; type < 0x1000; type++) {
		if (type == 0x0800 || type == 0x0806)
			continue;
		put_frame(0, 200, (uint16_t)type, packet, bytes);
		lab_hear_nothing(&lab);
		lab_advance(&lab, 1);
	}
	lab_close(&lab);
}

/* What names addresses of IPv6 in keys may be addresses of IPv4 that no host has. */
Test(shard_forward_recent, no_datagram_of_ipv4_is_of_a_session_of_ipv6)
{
	struct quern_forward_target target = {.to = lab_end6(1, TARGET, 53)};
	struct quern_forward_rule rule = {.name = "six", .targets = &target, .target_count = 1};
	struct lab_datagram question = lab_from_to(lab_end6(0, 200, 4000), lab_end6(0, 1, 53), 0), forged;

	rule.listen = lab_end6(0, 1, 53);
	lab_open(&lab, &(struct lab_plan){.max_sessions = CLIENTS, .rules = &rule, .rule_count = 1});
	lab_say(&lab, 0, &question);
	lab_hear_same(&lab, 1, &question);
	for (uint32_t local = 0; local < 8; local++)
		for (uint32_t remote = 0; remote < 64; remote++) {
			forged = lab_from_to((struct quern_endpoint){.address = 0xf8000000u + remote, .port = 4000},
					     (struct quern_endpoint){.address = 0xf0000000u + local, .port = 53}, 0);
			lab_say(&lab, 0, &forged);
			lab_hear_nothing(&lab);
		}
	lab_close(&lab);
}
