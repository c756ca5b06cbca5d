/* test_shard_udp_pairs.c - where a generator's datagrams come from, and that the answers come back to the shard that
 * asked, also where several share a port. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "base/random.h"
#include "support/raw_udp.h"

enum { TARGET_PORT = 9, OWNERS = 4, PORTS = 65536 };

static struct driver driver;
static unsigned int heard;

static void hear(struct quern_shard *shard, struct quern_udp_socket socket, const struct quern_datagram *datagram,
		 void *app)
{
	(void)shard;
	(void)socket;
	(void)datagram;
	(void)app;
	heard++;
}

static const struct quern_udp_events events = {.on_datagram = hear};

static const struct port_plan *plan_for(bool spread_by_port)
{
	static struct port_plan plan;
	struct random random;

	random_seed(&random, 3);
	for (unsigned int i = 0; i < PORT_PLAN_KEY_BYTES; i++)
		plan.key[i] = (uint8_t)random_next(&random);
	plan.entries = 128;
	plan.spread_by_port = spread_by_port;
	port_plan_share(&plan, OWNERS);
	port_plan_prepare(&plan);
	return &plan;
}

static uint16_t queue_of(const struct port_plan *plan, const struct flow_key *key)
{
	const struct ip6_pair pair = {raw_ip6(key->local), raw_ip6(key->remote)};

	return raw_is_ip6() ? port_plan_queue6(plan, &pair, key) : port_plan_queue(plan, key);
}

static struct quern_udp_socket source_of(uint16_t first_port, uint16_t last_port)
{
	const struct quern_source source = {.addresses = raw_range(DRIVER_LOCAL, DRIVER_LOCAL + 1),
					    .first_port = first_port,
					    .last_port = last_port};
	const struct quern_endpoint target = raw_endpoint(DRIVER_REMOTE, TARGET_PORT);
	struct quern_udp_socket socket;

	cr_assert_eq(quern_udp_source(driver.shard, &source, &target, &events, NULL, &socket), 0);
	return socket;
}

/* Each pair of the range that the plan gives to a shard comes up once before any comes again. */
static void expect_all_pairs(uint16_t first_port, uint16_t last_port)
{
	uint8_t *seen = calloc(2, PORTS);
	uint64_t all = 0;

	cr_assert_not_null(seen);
	for (uint16_t owner = 0; owner < OWNERS; owner++) {
		const struct shard_config config = {.plan = plan_for(true), .queue = owner, .number = owner};
		struct quern_udp_socket socket;
		uint64_t pairs;

		driver_open(&driver, &config);
		socket = source_of(first_port, last_port);
		pairs = quern_udp_source_pairs(driver.shard, socket);
		for (uint64_t i = 0; i < pairs; i++) {
			struct quern_endpoint local;
			struct flow_key key = {.remote = DRIVER_REMOTE, .remote_port = TARGET_PORT};

			cr_assert_eq(quern_udp_source_next(driver.shard, socket, &local), 0);
			key.local = raw_address(&local);
			key.local_port = local.port;
			cr_assert(local.port >= first_port && local.port <= last_port);
			cr_assert_eq(queue_of(config.plan, &key), owner);
			cr_assert_eq(seen[(key.local - DRIVER_LOCAL) * PORTS + local.port]++, 0);
		}
		all += pairs;
		driver_close(&driver);
	}
	cr_assert_eq(all, 2 * (last_port - first_port + 1u));
	free(seen);
}

Test(shard_udp_pairs, every_pair_of_a_range_is_one_shards)
{
	expect_all_pairs(5000, 5100);
	expect_all_pairs(1024, 65535);
}

/* RFC 8085 5.1: a source port that nobody can guess. */
Test(shard_udp_pairs, the_first_port_is_drawn)
{
	uint16_t first[2];

	for (int i = 0; i < 2; i++) {
		const struct shard_config config = {.seed = 77 + (uint64_t)i};
		struct quern_endpoint local;

		driver_open(&driver, &config);
		cr_assert_eq(quern_udp_source_next(driver.shard, source_of(0, 0), &local), 0);
		first[i] = local.port;
		driver_close(&driver);
	}
	cr_assert_neq(first[0], first[1]);
	cr_assert(first[0] >= 1024 && first[1] >= 1024);
}

static struct raw_datagram answer_to(const struct quern_endpoint *local)
{
	return (struct raw_datagram){.source = DRIVER_REMOTE,
				     .dest = raw_address(local),
				     .source_port = TARGET_PORT,
				     .dest_port = local->port,
				     .text_bytes = 18};
}

Test(shard_udp_pairs, a_source_hears_its_target_and_nobody_else)
{
	struct quern_endpoint local;
	struct raw_datagram answer;
	uint8_t unreachable[RAW_UDP_MAX];
	struct rte_mbuf *mbuf;

	driver_open(&driver, NULL);
	cr_assert_eq(quern_udp_source_next(driver.shard, source_of(0, 0), &local), 0);
	answer = answer_to(&local);
	raw_udp_inject(&driver, &answer, NULL, 0);
	cr_assert_eq(heard, 1);
	for (int i = 0; i < 2; i++) {
		uint32_t bytes;

		answer = answer_to(&local);
		answer.source += i == 0;
		answer.source_port = (uint16_t)(answer.source_port + (i == 1));
		bytes = raw_udp_build(unreachable, &answer);
		mbuf = rte_pktmbuf_alloc(driver.in_pool);
		memcpy(rte_pktmbuf_append(mbuf, (uint16_t)bytes), unreachable, bytes);
		shard_receive(driver.shard, &mbuf, 1, driver.now_ns);
		cr_assert_eq(shard_transmit(driver.shard, &mbuf, 1), 1);
		rte_pktmbuf_free(mbuf);
	}
	cr_assert_eq(heard, 1);
	cr_assert_eq(driver_counters(&driver)->unreachables_sent, 2);
	driver_close(&driver);
}

Test(shard_udp_pairs, sources_that_make_no_sense_are_refused)
{
	struct quern_source source = {.addresses = raw_range(DRIVER_LOCAL, DRIVER_LOCAL)};
	struct quern_endpoint target = raw_endpoint(DRIVER_REMOTE, TARGET_PORT), local;
	struct quern_udp_socket socket, again;

	driver_open(&driver, NULL);
	cr_assert_eq(quern_udp_source(driver.shard, &source, &target, NULL, NULL, &socket), 0);
	cr_assert_eq(quern_udp_source(driver.shard, &source, &target, NULL, NULL, &again), -EADDRINUSE);
	if (raw_is_ip6())
		target.ip6 = (struct quern_ip6){UINT64_C(0xff02) << 48, 1};
	else
		target.address = 0xe0000001;
	cr_assert_eq(quern_udp_source(driver.shard, &source, &target, NULL, NULL, &again), -EINVAL);
	target = raw_endpoint(DRIVER_REMOTE, 0);
	cr_assert_eq(quern_udp_source(driver.shard, &source, &target, NULL, NULL, &again), -EINVAL);
	target = raw_endpoint(DRIVER_REMOTE, TARGET_PORT + 1);
	source.addresses = raw_range(DRIVER_LOCAL, DRIVER_LOCAL_LAST + 1);
	cr_assert_eq(quern_udp_source(driver.shard, &source, &target, NULL, NULL, &again), -EADDRNOTAVAIL);
	cr_assert_eq(quern_udp_close(driver.shard, socket), 0);
	cr_assert_eq(quern_udp_source_next(driver.shard, socket, &local), -ENOENT);
	cr_assert_eq(quern_udp_source_pairs(driver.shard, socket), 0);
	/* What is bound has no pairs. */
	local = raw_endpoint(DRIVER_LOCAL, 5);
	cr_assert_eq(quern_udp_bind(driver.shard, &local, 0, NULL, NULL, &socket), 0);
	cr_assert_eq(quern_udp_source_next(driver.shard, socket, &local), -EINVAL);
	driver_close(&driver);
}

/* A port that spreads no datagrams brings an answer to another shard: that one moves it, and the owner hears it. */
static void expect_at_the_owner(bool spread_by_port)
{
	const struct shard_config config = {.plan = plan_for(spread_by_port), .queue = 1, .number = 1};
	struct rte_mbuf *foreign[SHARD_BURST];
	unsigned int moved = 0, ours = 0;

	heard = 0;
	driver_open(&driver, &config);
	source_of(0, 0);
	for (uint16_t port = 2000; port < 2400; port++) {
		struct quern_endpoint local = raw_endpoint(DRIVER_LOCAL, port);
		const struct flow_key key = {DRIVER_LOCAL, DRIVER_REMOTE, port, TARGET_PORT};
		struct raw_datagram answer = answer_to(&local);
		uint16_t owner = queue_of(config.plan, &key);

		raw_udp_inject(&driver, &answer, NULL, 0);
		if (owner == 1) {
			cr_assert_eq(heard, ++ours);
			cr_assert_eq(shard_foreign(driver.shard, foreign, SHARD_BURST), 0);
			continue;
		}
		cr_assert_eq(heard, ours);
		cr_assert_eq(shard_foreign(driver.shard, foreign, SHARD_BURST), 1);
		cr_assert_eq(foreign[0]->hash.usr, owner);
		moved++;
		/* The owner does not move it again. */
		shard_receive_moved(driver.shard, foreign, 1, driver.now_ns);
		cr_assert_eq(heard, ++ours);
		cr_assert_eq(shard_foreign(driver.shard, foreign, SHARD_BURST), 0);
	}
	cr_assert(moved > 200 && moved < 390);
	cr_assert_eq(driver_counters(&driver)->moved_out, moved);
	driver_close(&driver);
}

Test(shard_udp_pairs, an_answer_reaches_the_shard_that_asked)
{
	expect_at_the_owner(true);
	expect_at_the_owner(false);
}

/* A server that is bound on each shard answers where the port brings it; where that spreads nothing, the owner does. */
Test(shard_udp_pairs, what_is_bound_on_each_shard_hears_where_it_comes_in)
{
	const struct quern_endpoint local = raw_endpoint(DRIVER_LOCAL, 2000);
	struct rte_mbuf *foreign[SHARD_BURST];

	for (int pass = 0; pass < 2; pass++) {
		const struct shard_config config = {.plan = plan_for(pass == 0), .queue = 1, .number = 1};
		struct quern_udp_socket socket;
		unsigned int moved = 0;

		heard = 0;
		driver_open(&driver, &config);
		cr_assert_eq(quern_udp_bind(driver.shard, &local, 0, &events, NULL, &socket), 0);
		for (uint16_t port = 1; port <= 400; port++) {
			struct raw_datagram datagram = answer_to(&local);

			datagram.source_port = port;
			raw_udp_inject(&driver, &datagram, NULL, 0);
			while (shard_foreign(driver.shard, foreign, 1) > 0) {
				rte_pktmbuf_free(foreign[0]);
				moved++;
			}
		}
		cr_assert_eq(heard + moved, 400);
		cr_assert(pass == 0 ? moved == 0 : moved > 200);
		driver_close(&driver);
	}
}
