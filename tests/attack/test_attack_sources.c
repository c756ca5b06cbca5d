/* test_attack_sources.c - what is forwarded under a flood: datagrams from everywhere, each of which wants a session,
 * beside clients that have one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "attack/battery.h"
#include "base/random.h"
#include "support/forward_lab.h"
#include "support/raw_words.h"

enum {
	LISTEN = 53,
	TARGET = 5300,
	HONEST = 100,
	A_MS_HAS = 160, /* datagrams of the flood */
	BURST = 32,
	ROUND_MS = 20, /* in which each honest client asks once */
	IDLE_MS = 1000,
	RECORDS = 20000,
	OF_SOURCE = 4,
	FRAME = 60,
	SHARE = 16, /* of the ports, one in so many is this worker's */
	EVERY_PORT = 4 * (65536 - 1024) / SHARE,
	DEAREST_NS = 20000
};

struct flood {
	struct lab lab;
	struct random random;
	struct rte_mempool *pool;
	uint8_t frame[FRAME];
	struct quern_endpoint local[HONEST]; /* what the target sees of each honest client */
	uint32_t number;
	double seconds; /* of CPU time that the flood took the shard */
	uint64_t datagrams;
};

static struct flood flood;

/* Of port 0 all is ours, of port 1 a share. */
static const struct port_plan *plan_ports(void)
{
	static struct port_plan plans[2];

	for (int port = 0; port < 2; port++) {
		for (unsigned int i = 0; i < PORT_PLAN_KEY_BYTES; i++)
			plans[port].key[i] = (uint8_t)random_next(&flood.random);
		plans[port].entries = 128;
		plans[port].spread_by_port = true;
		port_plan_share(&plans[port], port == 0 ? 1 : SHARE);
		port_plan_prepare(&plans[port]);
	}
	return plans;
}

static void open_lab(uint32_t records, bool is_shared)
{
	static struct quern_forward_target targets[1];
	static struct quern_forward_rule rules[1];
	struct lab_plan plan = {.max_sessions = records, .counts_sources = true, .rules = rules, .rule_count = 1};

	targets[0].to = lab_end(1, 100, TARGET);
	rules[0] = (struct quern_forward_rule){.name = "dns",
					       .listen = lab_end(0, 1, LISTEN),
					       .targets = targets,
					       .target_count = 1,
					       .idle_ms = IDLE_MS,
					       .max_sessions_per_source = OF_SOURCE};
	setenv("QUERN_TEST_ETHER", "1", 1);
	memset(&flood, 0, sizeof(flood));
	random_seed(&flood.random, 5);
	plan.port_plans = is_shared ? plan_ports() : NULL;
	lab_open(&flood.lab, &plan);
	flood.pool = lab_in_pool();
	memcpy(flood.frame, (uint8_t[]){2, 0, 0, 0, 0, 1, 2, 9, 9, 9, 9, 9, 8, 0, 0x45}, 15);
	put16(flood.frame + 16, FRAME - 14);
	flood.frame[22] = LAB_TTL;
	flood.frame[23] = 17;
	put32(flood.frame + 30, lab_end(0, 1, 0).address);
	put16(flood.frame + 36, LISTEN);
	put16(flood.frame + 38, FRAME - 34);
}

static void forget_heard(void)
{
	for (uint16_t port = 0; port < flood.lab.port_count; port++)
		flood.lab.ports[port].heard_next = flood.lab.ports[port].heard_count = 0;
}

static struct rte_mbuf *from_anywhere(void)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(flood.pool);
	uint8_t *frame = flood.frame;

	cr_assert_not_null(mbuf);
	put32(frame + 26, 0x0b000000 + (uint32_t)random_below(&flood.random, 0x60000000));
	put16(frame + 34, 1 + random_below(&flood.random, 65535));
	put16(frame + 24, 0);
	put16(frame + 24, ~ones_sum(0, frame + 14, 20) & 0xffff);
	memcpy(rte_pktmbuf_append(mbuf, FRAME), frame, FRAME);
	return mbuf;
}

/* A burst of the flood, and whatever comes of it. */
static void say_burst(void)
{
	struct rte_mbuf *mbufs[BURST];
	double begun;

	for (int i = 0; i < BURST; i++)
		mbufs[i] = from_anywhere();
	begun = battery_cpu_seconds();
	shard_receive(flood.lab.ports[0].shard, mbufs, BURST, flood.lab.now_ns);
	flood.seconds += battery_cpu_seconds() - begun;
	flood.datagrams += BURST;
	lab_collect(&flood.lab);
	forget_heard();
}

/* An honest client asks and is answered, by the session that it always had. */
static void ask(uint32_t client)
{
	const struct quern_endpoint from = lab_end(0, (uint16_t)(200 + client), 40000), at = lab_end(0, 1, LISTEN);
	struct lab_datagram asked = lab_from_to(from, at, ++flood.number), heard, answer, back;

	lab_say(&flood.lab, 0, &asked);
	heard = lab_hear_same(&flood.lab, 1, &asked);
	if (flood.local[client].port == 0)
		flood.local[client] = heard.source;
	lab_expect_end(&heard.source, &flood.local[client]);
	answer = lab_from_to(heard.dest, heard.source, ++flood.number);
	lab_say(&flood.lab, 1, &answer);
	back = lab_hear_same(&flood.lab, 0, &answer);
	lab_expect_end(&back.dest, &from);
}

static void a_millisecond(uint32_t ms)
{
	for (uint32_t client = ms % ROUND_MS; client < HONEST; client += ROUND_MS)
		ask(client);
	for (int i = 0; i < A_MS_HAS / BURST; i++)
		say_burst();
	lab_advance(&flood.lab, 1);
	lab_hear_nothing(&flood.lab);
}

/* Of this process, in pages. */
static long resident(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	long size, pages;

	cr_assert_not_null(file);
	cr_assert_eq(fscanf(file, "%ld %ld", &size, &pages), 2);
	fclose(file);
	return pages;
}

/* `count` datagrams from everywhere, after as many that fill what there is to fill. */
static void honest_sessions_stay(uint32_t count)
{
	const struct quern_counters *counters;
	uint32_t ms = 0, filling = 2 * IDLE_MS;
	long before = 0;

	open_lab(RECORDS, false);
	for (uint32_t client = 0; client < HONEST; client++)
		ask(client);
	for (; flood.datagrams < count; ms++) {
		if (ms == filling)
			before = resident();
		a_millisecond(ms);
		cr_assert_leq(shard_forward_sessions(flood.lab.forward), RECORDS);
	}
	counters = lab_counters(&flood.lab, 0);
	cr_assert_gt(counters->drops[QUERN_DROP_UDP_SESSIONS_FULL], count / 4);
	cr_assert_eq(counters->udp_sessions_opened - counters->udp_sessions_ended,
		     shard_forward_sessions(flood.lab.forward));
	cr_assert_leq(resident() - before, 64, "memory grows");
	battery_figure(30,
		       "%lu datagrams from everywhere in %u s, %.0f ns each; %u of %u honest sessions stay, %u asked "
		       "and answered",
		       flood.datagrams, ms / 1000, 1e9 * flood.seconds / (double)flood.datagrams, HONEST, HONEST,
		       flood.number / 2);
	lab_close(&flood.lab);
}

Test(attack_sources, honest_sessions_stay_beside_half_a_million_sources)
{
	honest_sessions_stay(500000);
}

Test(attack_sources_long, honest_sessions_stay_beside_ten_million_sources)
{
	honest_sessions_stay(10000000);
}

/* More records than there are ports towards the target: who finds none must not look for long. */
Test(attack_sources, ports_that_have_run_out_cost_little)
{
	double costs;

	open_lab(EVERY_PORT + RECORDS, true);
	for (uint32_t client = 0; client < HONEST; client++)
		ask(client);
	while (lab_counters(&flood.lab, 0)->drops[QUERN_DROP_UDP_NO_PORT] == 0)
		say_burst();
	flood.seconds = 0;
	flood.datagrams = 0;
	for (uint32_t ms = 0; ms < 100; ms++)
		a_millisecond(ms);
	costs = 1e9 * flood.seconds / (double)flood.datagrams;
	fprintf(stderr, "# %u sessions have all ports: another datagram costs %.0f ns\n",
		shard_forward_sessions(flood.lab.forward), costs);
	cr_assert_lt(costs, DEAREST_NS, "%.0f ns for a datagram that finds no port", costs);
	lab_close(&flood.lab);
}
