/* test_shard_foreign.c - where shards share a port: each flow has one owner, and all of them agree who it is. */
#include <errno.h>

#include <criterion/criterion.h>

#include "base/random.h"
#include "support/raw_icmp.h"

enum { OWNERS = 4, FLOWS = 400 };

static struct driver driver;

/* A plan for four shards, of which one receives all or each what is its own. */
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

static struct shard_config owned_by(uint16_t owner, bool spread_by_port)
{
	return (struct shard_config){
		.max_connections = 1024, .number = owner, .plan = plan_for(spread_by_port), .queue = owner};
}

/* Who the plan says owns a flow. */
static uint16_t queue_of(const struct port_plan *of, const struct flow_key *key)
{
	const struct ip6_pair pair = {raw_ip6(key->local), raw_ip6(key->remote)};

	return raw_is_ip6() ? port_plan_queue6(of, &pair, key) : port_plan_queue(of, key);
}

/* Who shard `self` thinks owns a flow. */
static uint16_t owner_of(struct script *script, uint16_t self)
{
	struct rte_mbuf *foreign[SHARD_BURST];
	uint16_t owner, count;

	say(script, SYN, 0, 0);
	count = shard_foreign(driver.shard, foreign, SHARD_BURST);
	if (count == 0)
		return self;
	cr_assert_eq(count, 1);
	cr_assert_null(driver_next_heard(&driver), "a foreign frame is answered");
	owner = (uint16_t)foreign[0]->hash.usr;
	cr_assert_neq(owner, self);
	rte_pktmbuf_free(foreign[0]);
	return owner;
}

Test(shard_foreign, each_flow_has_one_owner_that_all_shards_agree_on)
{
	uint16_t owners[FLOWS];
	unsigned int share[OWNERS] = {0};

	for (uint16_t self = 0; self < OWNERS; self++) {
		const struct shard_config config = owned_by(self, self % 2 == 0);

		driver_open(&driver, &config);
		driver_listen(&driver, SCRIPT_PORT, NULL);
		for (uint16_t i = 0; i < FLOWS; i++) {
			struct script script = script_new(&driver);
			uint16_t owner;

			script.remote_port = (uint16_t)(1024 + i);
			owner = owner_of(&script, self);
			cr_assert_lt(owner, OWNERS);
			cr_assert(self == 0 || owner == owners[i], "shards %d and %d disagree", 0, self);
			owners[i] = owner;
			driver.heard_next = driver.heard_count;
		}
		driver_close(&driver);
	}
	for (uint16_t i = 0; i < FLOWS; i++)
		share[owners[i]]++;
	for (uint16_t owner = 0; owner < OWNERS; owner++)
		cr_assert(share[owner] > FLOWS / OWNERS / 2 && share[owner] < FLOWS / OWNERS * 2, "shard %d owns %u",
			  owner, share[owner]);
}

/* Active opens come from ports whose answers are ours. */
Test(shard_foreign, the_answer_to_a_connect_is_never_foreign)
{
	const struct quern_source source = {
		.addresses = raw_range(DRIVER_LOCAL, DRIVER_LOCAL), .first_port = 0, .last_port = 0};
	const struct quern_endpoint target = raw_endpoint(DRIVER_REMOTE, SCRIPT_REMOTE_PORT);
	struct rte_mbuf *foreign[SHARD_BURST];
	const struct shard_config config = owned_by(2, true);
	uint8_t route;

	driver_open(&driver, &config);
	cr_assert_eq(quern_route_add(driver.shard, &source, &target, NULL, &driver_events, &driver, &route), 0);
	for (unsigned int i = 0; i < FLOWS; i++) {
		struct script script = script_new(&driver);

		cr_assert_eq(quern_connect(driver.shard, route, &script.conn), 0);
		driver_collect(&driver);
		cr_assert_lt(driver.heard_next, driver.heard_count);
		script.local_port = driver.heard[driver.heard_next].segment.source_port;
		establish_active(&script);
		cr_assert_eq(shard_foreign(driver.shard, foreign, SHARD_BURST), 0);
	}
	driver_close(&driver);
}

/* Of a range of ports, exactly those that the plan gives to this shard are opened, each once; then connect says so. */
static void open_every_port(uint16_t first, uint16_t last)
{
	const struct quern_source source = {
		.addresses = raw_range(DRIVER_LOCAL, DRIVER_LOCAL + 1), .first_port = first, .last_port = last};
	const struct quern_endpoint target = raw_endpoint(DRIVER_REMOTE, SCRIPT_REMOTE_PORT);
	struct shard_config config = owned_by(1, true);
	unsigned int ours = 0, opened = 0;
	struct quern_conn conn;
	uint8_t route;
	int code;

	config.max_connections = 65536;
	driver_open(&driver, &config);
	for (uint32_t address = DRIVER_LOCAL; address <= DRIVER_LOCAL + 1; address++) {
		for (uint32_t port = first; port <= last; port++) {
			const struct flow_key key = {address, DRIVER_REMOTE, (uint16_t)port, SCRIPT_REMOTE_PORT};

			ours += queue_of(config.plan, &key) == 1;
		}
	}
	cr_assert_eq(quern_route_add(driver.shard, &source, &target, NULL, &driver_events, &driver, &route), 0);
	while ((code = quern_connect(driver.shard, route, &conn)) == 0) {
		struct quern_conn_info info;
		struct flow_key key;

		cr_assert_eq(quern_conn_info(driver.shard, conn, &info), 0);
		cr_assert(info.local.port >= first && info.local.port <= last);
		key = (struct flow_key){raw_address(&info.local), raw_address(&info.remote), info.local.port,
					info.remote.port};
		cr_assert_eq(queue_of(config.plan, &key), 1, "port %u", info.local.port);
		cr_assert_lt(opened++, ours, "a pair was opened twice");
	}
	cr_assert_eq(code, -EADDRNOTAVAIL);
	cr_assert_eq(opened, ours);
	for (uint16_t i = 0; i < 64; i++)
		cr_assert_eq(quern_connect(driver.shard, route, &conn), -EADDRNOTAVAIL);
	cr_assert(shard_validate(driver.shard));
	driver.told_count = driver.told_next = driver.heard_count = driver.heard_next = 0;
	driver_close(&driver);
}

Test(shard_foreign, every_port_whose_answers_are_ours_is_opened_and_no_other)
{
	open_every_port(1024, 1024 + 799);
	open_every_port(65535, 65535);
	open_every_port(5000, 5003);
	/* A range is tried port by port up to a length, and enumerated from there on. */
	open_every_port(20000, 20000 + 4094);
	open_every_port(20000, 20000 + 4095);
	open_every_port(30000, 65535);
}

/* What one route has taken is not another's, also where it lies thinly: found out in a bounded time, and remembered. */
Test(shard_foreign, two_routes_share_the_few_ports_that_are_ours)
{
	const struct quern_source source = {
		.addresses = raw_range(DRIVER_LOCAL, DRIVER_LOCAL + 1), .first_port = 5000, .last_port = 5015};
	const struct quern_endpoint target = raw_endpoint(DRIVER_REMOTE, SCRIPT_REMOTE_PORT);
	const struct shard_config config = owned_by(1, true);
	struct quern_conn conn, last;
	uint8_t routes[2];
	unsigned int opened = 0;

	driver_open(&driver, &config);
	for (int i = 0; i < 2; i++)
		cr_assert_eq(quern_route_add(driver.shard, &source, &target, NULL, &driver_events, &driver, &routes[i]),
			     0);
	while (quern_connect(driver.shard, routes[opened % 2], &conn) == 0) {
		last = conn;
		opened++;
	}
	cr_assert_gt(opened, 2);
	for (int i = 0; i < 1000; i++)
		cr_assert_eq(quern_connect(driver.shard, routes[i % 2], &conn), -EADDRNOTAVAIL);
	cr_assert_eq(quern_conn_abort(driver.shard, last), 0);
	cr_assert_eq(quern_connect(driver.shard, routes[0], &conn), 0, "a pair that is free again");
	cr_assert_eq(quern_connect(driver.shard, routes[1], &conn), -EADDRNOTAVAIL);
	cr_assert(shard_validate(driver.shard));
	driver_close(&driver);
}

Test(shard_foreign, of_a_whole_range_a_shard_knows_its_share)
{
	const struct quern_source source = {
		.addresses = raw_range(DRIVER_LOCAL, DRIVER_LOCAL_LAST), .first_port = 0, .last_port = 0};
	const struct quern_endpoint target = raw_endpoint(DRIVER_REMOTE, SCRIPT_REMOTE_PORT);
	uint32_t share = 0, sum = 0;

	for (uint16_t owner = 0; owner < OWNERS; owner++) {
		struct shard_config config = owned_by(owner, true);
		struct quern_conn conn;
		uint8_t route;

		config.max_connections = 131072;
		driver_open(&driver, &config);
		cr_assert_eq(quern_route_add(driver.shard, &source, &target, NULL, NULL, NULL, &route), 0);
		for (share = 0; quern_connect(driver.shard, route, &conn) == 0; share++)
			driver.heard_count = driver.heard_next = 0;
		cr_assert(share > 63000 && share < 66000, "shard %u opens %u of 258,048", owner, share);
		sum += share;
		driver_close(&driver);
	}
	cr_assert_eq(sum, 4 * (65536 - 1024), "every pair of the four addresses is one shard's");
}

/* A port that spreads may err, as with frames whose headers it does not read: what has begun is not moved about. */
Test(shard_foreign, where_the_port_spreads_a_connection_stays_where_it_is)
{
	const struct shard_config config = owned_by(0, true);
	struct rte_mbuf *foreign[SHARD_BURST];
	struct script script;
	uint16_t count;
	uint64_t said = 0;

	driver_open(&driver, &config);
	driver_listen(&driver, SCRIPT_PORT, NULL);
	script = script_new(&driver);
	do {
		script.remote_port++;
		say(&script, SYN, 0, 0);
		said++;
		count = shard_foreign(driver.shard, foreign, SHARD_BURST);
		if (count == 0)
			hear(&script, SYN | ACK, 0, 1);
	} while (count == 0);
	cr_assert_eq(shard_syns(driver.shard), said, "its worker must know of SYNs for others too");
	/* Its own queue's shard has this frame moved to it, and says nothing of owners any more. */
	shard_receive_moved(driver.shard, foreign, 1, driver.now_ns);
	driver_collect(&driver);
	hear(&script, SYN | ACK, 0, 1);
	say(&script, ACK, 1, 1);
	told(&script, TOLD_ESTABLISHED);
	cr_assert_eq(shard_foreign(driver.shard, foreign, SHARD_BURST), 0);
	cr_assert_eq(driver_counters(&driver)->moved_in, 1);
	cr_assert_eq(driver_counters(&driver)->moved_out, 1);
	driver_close(&driver);
}

/* A router's error is spread by the router's address, or by nothing: who is meant is in the quote. */
static void expect_errors_at_the_owner(bool spread_by_port)
{
	const struct shard_config config = owned_by(0, spread_by_port);
	struct rte_mbuf *foreign[SHARD_BURST];
	unsigned int moved = 0;

	driver_open(&driver, &config);
	for (uint16_t port = 1024; port < 1024 + FLOWS; port++) {
		struct script script = script_new(&driver);
		struct flow_key key = {script.local, script.remote, script.local_port, port};
		uint16_t owner = queue_of(config.plan, &key), count;
		struct raw_icmp icmp;

		script.remote_port = port;
		icmp = raw_icmp_about(&script, port % 2 || raw_is_ip6() ? 3 : 4, 3, 0, 0);
		raw_icmp_inject(&driver, &icmp);
		count = shard_foreign(driver.shard, foreign, SHARD_BURST);
		cr_assert_eq(count, owner != 0, "an error about a flow of shard %u", owner);
		if (count == 0)
			continue;
		cr_assert_eq(foreign[0]->hash.usr, owner);
		moved++;
		/* Its owner does not move it again. */
		shard_receive_moved(driver.shard, foreign, 1, driver.now_ns);
		cr_assert_eq(shard_foreign(driver.shard, foreign, SHARD_BURST), 0);
	}
	cr_assert_eq(driver_counters(&driver)->moved_out, moved);
	cr_assert_eq(driver_counters(&driver)->drops[QUERN_DROP_ICMP_NO_CONNECTION], raw_is_ip6() ? FLOWS : FLOWS / 2);
	cr_assert_eq(driver_counters(&driver)->drops[QUERN_DROP_ICMP_QUENCH], raw_is_ip6() ? 0 : FLOWS / 2);
	driver_close(&driver);
}

Test(shard_foreign, an_icmp_error_goes_to_the_owner_of_the_flow_that_it_quotes)
{
	expect_errors_at_the_owner(false);
	expect_errors_at_the_owner(true);
}

/* And there it ends the connect that it is about. */
Test(shard_foreign, a_connect_ends_by_an_error_that_another_shard_has_received)
{
	const struct quern_source source = {
		.addresses = raw_range(DRIVER_LOCAL, DRIVER_LOCAL), .first_port = 0, .last_port = 0};
	const struct quern_endpoint target = raw_endpoint(DRIVER_REMOTE, SCRIPT_REMOTE_PORT);
	struct shard_config config = owned_by(2, false);
	struct script script;
	struct rte_mbuf *mbuf;
	struct raw_icmp icmp;
	uint8_t route, frame[RAW_ICMP_MAX];
	uint32_t bytes;

	driver_open(&driver, &config);
	cr_assert_eq(quern_route_add(driver.shard, &source, &target, NULL, &driver_events, &driver, &route), 0);
	script = script_new(&driver);
	cr_assert_eq(quern_connect(driver.shard, route, &script.conn), 0);
	driver_collect(&driver);
	script.local_port = driver.heard[driver.heard_next].segment.source_port;
	hear(&script, SYN, 0, 0);
	icmp = raw_icmp_about(&script, 3, 3, 0, 0);
	bytes = raw_icmp_build(frame, &icmp);
	mbuf = rte_pktmbuf_alloc(driver.in_pool);
	memcpy(rte_pktmbuf_append(mbuf, (uint16_t)bytes), frame, bytes);
	shard_receive_moved(driver.shard, &mbuf, 1, driver.now_ns);
	told_ended(&script, QUERN_END_REFUSED);
	driver_close(&driver);
}
