/* test_shard_forward_transit.c - what comes by us for clients whose sources are kept: errors, fragments, and all of it
 * at whichever worker. */
#include <criterion/criterion.h>

#include "base/port_plan.h"
#include "base/random.h"
#include "support/lab_fragment.h"
#include "support/raw_frame.h"
#include "support/raw_words.h"
#include "support/source_lab.h"

enum { LISTEN = SOURCE_LAB_LISTEN, TARGET = SOURCE_LAB_TARGET, CLIENT = 40000, ERROR_BYTES = 56, LONG = 4000 };

static struct lab lab;

/* All as if nobody kept sources: dropped by its address, and no word to whoever sent it. */
static void is_nobodys(uint16_t port, struct lab_datagram datagram)
{
	const struct quern_counters *counters = lab_counters(&lab, port);
	uint64_t before = counters->drops[QUERN_DROP_IP_DEST];

	lab_say(&lab, port, &datagram);
	lab_hear_nothing(&lab);
	cr_assert_eq(counters->drops[QUERN_DROP_IP_DEST], before + 1);
}

/* A port unreachable of `from` about a packet that was sent. */
static void say_error(uint16_t port, uint32_t from, const uint8_t *about)
{
	uint8_t error[ERROR_BYTES] = {0x45, 0, 0, ERROR_BYTES, 0, 0, 0, 0, 64, 1};

	put32(error + 12, from);
	put32(error + 16, get32(about + 12));
	put16(error + 10, ~ones_sum(0, error, 20) & 0xffff);
	error[20] = error[21] = 3;
	memcpy(error + 28, about, 28);
	put16(error + 22, ~ones_sum(0, error + 20, 36) & 0xffff);
	lab_say_bytes(&lab, port, error, sizeof(error));
}

/* What comes out of a port is an error from `source`, that quotes a datagram as it was said. */
static void expect_error(uint16_t port, uint8_t type, struct quern_endpoint source, const struct lab_datagram *said)
{
	const struct lab_packet *packet = lab_next(&lab, port);
	const uint8_t *error = packet ? packet->frame : NULL;

	cr_assert_not_null(error);
	cr_assert_eq(error[9], 1);
	cr_assert_eq(error[20], type);
	cr_assert_eq(ones_sum(0, error, 20), 0xffff);
	cr_assert_eq(ones_sum(0, error + 20, packet->bytes - 20), 0xffff);
	cr_assert_eq(get32(error + 12), source.address);
	cr_assert_eq(get32(error + 16), said->source.address);
	cr_assert_eq(get32(error + 28 + 12), said->source.address);
	cr_assert_eq(get32(error + 28 + 16), said->dest.address);
	cr_assert_eq(get16(error + 48), said->source.port);
	cr_assert_eq(get16(error + 50), said->dest.port);
}

/* RFC 5508 REQ-4: from the target, or from a router before it, and from the client about an answer. */
Test(shard_forward_transit, errors_from_either_side_come_to_who_has_sent_the_datagram)
{
	struct lab_datagram asked = source_lab_question(200, CLIENT), answer = source_lab_answer(200, CLIENT);
	const uint32_t complainers[] = {LAB_ADDRESS(1, 100), LAB_ADDRESS(1, 77)};

	source_lab_open_plainly(&lab);
	for (int i = 0; i < 2; i++) {
		lab_say(&lab, 0, &asked);
		say_error(1, complainers[i], lab_next(&lab, 1)->frame);
		expect_error(0, 3, asked.dest, &asked);
	}
	lab_say(&lab, 1, &answer);
	say_error(0, asked.source.address, lab_next(&lab, 0)->frame);
	expect_error(1, 3, answer.dest, &answer);
	lab_close(&lab);
}

/* Nobody remembers the datagram, but its rule says what it had been. */
Test(shard_forward_transit, errors_about_one_way_datagrams_come_to_their_client)
{
	struct lab_datagram asked = source_lab_question(200, CLIENT), answer = source_lab_answer(200, CLIENT);

	source_lab_open(&lab, (struct quern_forward_rule){.listen = lab_end(0, 1, LISTEN), .one_way = true}, NULL);
	lab_say(&lab, 0, &asked);
	/* Over Ethernet the client's MAC address is asked for first. */
	say_error(1, LAB_ADDRESS(1, 100), lab.ports[1].heard[0].frame);
	if (lab.ports[0].heard_count == lab.ports[0].heard_next)
		say_error(1, LAB_ADDRESS(1, 100), lab.ports[1].heard[0].frame);
	lab_next(&lab, 1);
	expect_error(0, 3, asked.dest, &asked);
	is_nobodys(1, answer);
	lab_close(&lab);
}

/* RFC 1812 4.3.2.4: of what we say ourselves of an answer, we are the source. */
Test(shard_forward_transit, a_target_whose_answer_goes_no_further_is_told)
{
	struct lab_datagram asked = source_lab_question(200, CLIENT), answer = source_lab_answer(200, CLIENT);

	source_lab_open_plainly(&lab);
	source_lab_ask(&lab, &asked);
	answer.ttl = 1;
	lab_say(&lab, 1, &answer);
	expect_error(1, 11, lab_end(1, 1, 0), &answer);
	cr_assert_eq(lab_counters(&lab, 1)->drops[QUERN_DROP_UDP_TTL], 1);
	lab_close(&lab);
}

/* The same of both ports. */
static const struct port_plan *plans_of_four(void)
{
	static struct port_plan plans[2];
	struct port_plan *plan = &plans[0];
	struct random random;

	random_seed(&random, 3);
	for (unsigned int i = 0; i < PORT_PLAN_KEY_BYTES; i++)
		plan->key[i] = (uint8_t)random_next(&random);
	plan->entries = 128;
	plan->spread_by_port = true;
	port_plan_share(plan, 4);
	port_plan_prepare(plan);
	plans[1] = plans[0];
	return plans;
}

/* What was set aside for everybody while ways were looked for. */
static void forget_set_aside(void)
{
	struct rte_mbuf *foreign[SHARD_BURST];

	for (uint16_t port = 0; port < 2; port++)
		rte_pktmbuf_free_bulk(foreign, shard_foreign(lab.ports[port].shard, foreign, SHARD_BURST));
}

/* What is set aside at a port, and for whom; -1 for nothing. */
static int owner_at(uint16_t port)
{
	struct rte_mbuf *foreign[SHARD_BURST];
	uint16_t count = shard_foreign(lab.ports[port].shard, foreign, SHARD_BURST);
	int owner;

	cr_assert_leq(count, 1);
	if (count == 0)
		return -1;
	owner = (int)foreign[0]->hash.usr;
	rte_pktmbuf_free(foreign[0]);
	return owner;
}

/* An answer may come to any worker: who has the session follows from what the client had sent. */
static void answers_find_their_worker(bool has_error)
{
	const struct port_plan *plan = plans_of_four();
	unsigned int own = 0;

	source_lab_open(&lab, (struct quern_forward_rule){.listen = lab_end(0, 1, LISTEN)},
			&(struct lab_plan){.port_plans = plan, .queue = 2});
	forget_set_aside();
	for (uint16_t i = 0; i < 50; i++) {
		struct lab_datagram asked = source_lab_question(200, (uint16_t)(CLIENT + i)),
				    answer = source_lab_answer(200, (uint16_t)(CLIENT + i));
		const struct flow_key inner = {asked.dest.address, asked.source.address, LISTEN, asked.source.port};
		int owner = port_plan_queue(plan, &inner);
		uint8_t went[LAB_DATAGRAM_MAX];

		lab_say(&lab, 0, &asked);
		cr_assert_eq(owner_at(0), owner == 2 ? -1 : owner);
		if (owner == 2)
			lab_hear_same(&lab, 1, &asked);
		asked.dest = answer.source;
		lab_datagram_build(went, &asked);
		if (has_error)
			say_error(1, LAB_ADDRESS(1, 100), went);
		else
			lab_say(&lab, 1, &answer);
		cr_assert_eq(owner_at(1), owner == 2 ? -1 : owner);
		cr_assert_eq(lab_next(&lab, 0) != NULL, owner == 2);
		own += owner == 2;
	}
	cr_assert_gt(own, 5);
	cr_assert_eq(shard_forward_sessions(lab.forward), own);
	lab_close(&lab);
}

Test(shard_forward_transit, an_answer_is_moved_to_the_worker_that_has_its_session)
{
	answers_find_their_worker(false);
	answers_find_their_worker(true);
}

static void goes_in_fragments(bool is_ip6)
{
	struct lab_datagram asked = source_lab_question(200, CLIENT), answer = source_lab_answer(200, CLIENT), back;

	if (is_ip6) {
		asked = lab_from_to(lab_end6(0, 200, CLIENT), lab_end6(0, 1, LISTEN), 1);
		answer = lab_from_to(lab_end6(1, 100, TARGET), lab_end6(0, 200, CLIENT), 1);
	}
	asked.text_bytes = answer.text_bytes = LONG;
	source_lab_open(&lab, (struct quern_forward_rule){.listen = asked.dest, .idle_ms = 1000}, NULL);
	/* Before there is a session, and from a host that is no target. */
	lab_say_cut(&lab, 1, &answer, 1400, 1, false);
	cr_assert_eq(lab_counters(&lab, 1)->drops[QUERN_DROP_IP_DEST], 1);
	lab_say_cut(&lab, 0, &asked, 1400, 2, true);
	back = lab_hear_joined(&lab, 1, 1500, &asked, is_ip6 ? 4 : 3);
	lab_expect_end(&back.source, &asked.source);
	lab_say_cut(&lab, 1, &answer, 1400, 3, true);
	back = lab_hear_joined(&lab, 0, 1500, &answer, is_ip6 ? 4 : 3);
	lab_expect_end(&back.source, &asked.dest);
	lab_expect_end(&back.dest, &asked.source);
	answer.source = is_ip6 ? lab_end6(1, 101, TARGET) : lab_end(1, 101, TARGET);
	lab_say_cut(&lab, 1, &answer, 1400, 4, false);
	cr_assert_eq(lab_counters(&lab, 1)->drops[QUERN_DROP_IP_DEST], 4);
	lab_close(&lab);
}

Test(shard_forward_transit, both_ways_may_be_in_fragments)
{
	goes_in_fragments(false);
}

Test(shard_forward_transit, and_over_ip6_too)
{
	goes_in_fragments(true);
}
