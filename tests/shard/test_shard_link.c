/* test_shard_link.c - thousands of connections between two shards over a virtual link, ended in every way there is. */
#include <criterion/criterion.h>

#include "support/shard_pair.h"

enum habit { HOLD, CLOSE, SHUTDOWN, ABORT };

/* A way to end, and what both sides must hear. Indices: client, server. */
struct manner {
	const char *name;
	uint16_t port;
	bool listens;
	enum habit on_established[2];
	enum habit on_peer_closed[2];
	enum quern_end end[2]; /* NONE: there is no such connection */
	uint32_t established[2];
	uint32_t ended[2];
	uint32_t other_ends[2];
};

static struct manner manners[] = {
	{"client closes first",
	 80,
	 true,
	 {CLOSE, HOLD},
	 {HOLD, CLOSE},
	 {QUERN_END_CLOSED, QUERN_END_CLOSED},
	 {0},
	 {0},
	 {0}},
	{"server closes first",
	 81,
	 true,
	 {HOLD, CLOSE},
	 {CLOSE, HOLD},
	 {QUERN_END_CLOSED, QUERN_END_CLOSED},
	 {0},
	 {0},
	 {0}},
	{"both close at once",
	 82,
	 true,
	 {CLOSE, CLOSE},
	 {HOLD, HOLD},
	 {QUERN_END_CLOSED, QUERN_END_CLOSED},
	 {0},
	 {0},
	 {0}},
	{"client half-closes",
	 83,
	 true,
	 {SHUTDOWN, HOLD},
	 {HOLD, CLOSE},
	 {QUERN_END_CLOSED, QUERN_END_CLOSED},
	 {0},
	 {0},
	 {0}},
	{"client aborts", 84, true, {ABORT, HOLD}, {HOLD, HOLD}, {QUERN_END_ABORTED, QUERN_END_NONE}, {0}, {0}, {0}},
	{"server aborts", 85, true, {HOLD, ABORT}, {HOLD, HOLD}, {QUERN_END_RESET, QUERN_END_ABORTED}, {0}, {0}, {0}},
	{"nobody listens", 86, false, {HOLD, HOLD}, {HOLD, HOLD}, {QUERN_END_REFUSED, QUERN_END_NONE}, {0}, {0}, {0}},
};

enum { MANNERS = sizeof(manners) / sizeof(*manners), BATCH = 16 };

static struct pair pair;

static void act(struct quern_shard *shard, struct quern_conn conn, enum habit habit)
{
	int result = 0;

	switch (habit) {
	case HOLD:
		return;
	case CLOSE:
		result = quern_conn_close(shard, conn);
		break;
	case SHUTDOWN:
		result = quern_conn_shutdown(shard, conn);
		break;
	case ABORT:
		result = quern_conn_abort(shard, conn);
		break;
	}
	cr_assert_eq(result, 0);
}

static void on_established(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	struct manner *manner = app;
	uint16_t side = quern_shard_number(shard);

	cr_assert_eq(conn.shard, side);
	manner->established[side]++;
	*quern_conn_user(shard, conn) = manner->port;
	act(shard, conn, manner->on_established[side]);
}

static void on_peer_closed(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	struct manner *manner = app;
	uint16_t side = quern_shard_number(shard);

	cr_assert_eq(*quern_conn_user(shard, conn), manner->port, "the user's word is kept");
	act(shard, conn, manner->on_peer_closed[side]);
}

static void on_ended(struct quern_shard *shard, struct quern_conn conn, enum quern_end how, void *app)
{
	struct manner *manner = app;
	uint16_t side = quern_shard_number(shard);

	(void)conn;
	manner->ended[side]++;
	manner->other_ends[side] += how != manner->end[side];
}

static const struct quern_events events = {
	.on_established = on_established, .on_peer_closed = on_peer_closed, .on_ended = on_ended};

static void open_all(const struct shard_config *config, const struct quern_tcp_options *options,
		     uint8_t routes[MANNERS])
{
	const struct quern_source source = {
		.addresses = raw_range(PAIR_CLIENT_FIRST, PAIR_CLIENT_FIRST + 3), .first_port = 0, .last_port = 0};

	pair_open(&pair, config, 50000);
	for (unsigned int i = 0; i < MANNERS; i++) {
		const struct quern_endpoint target = raw_endpoint(PAIR_SERVER, manners[i].port);

		for (unsigned int side = 0; side < 2; side++)
			manners[i].established[side] = manners[i].ended[side] = manners[i].other_ends[side] = 0;
		if (manners[i].listens)
			cr_assert_eq(quern_listen(pair.ends[1], &target, options, &events, &manners[i]), 0);
		cr_assert_eq(quern_route_add(pair.ends[0], &source, &target, options, &events, &manners[i], &routes[i]),
			     0);
	}
}

static void connect_all(const uint8_t routes[MANNERS], unsigned int each)
{
	struct quern_conn conn;

	for (unsigned int round = 0; round < each; round += BATCH) {
		for (unsigned int i = 0; i < MANNERS * BATCH; i++)
			cr_assert_eq(quern_connect(pair.ends[0], routes[i % MANNERS], &conn), 0);
		pair_turn(&pair, 1);
	}
}

static uint32_t connections_left(unsigned int side)
{
	struct quern_shard_memory memory;

	shard_memory(pair.ends[side], &memory);
	return memory.connections_used + memory.time_waits_used + (uint32_t)memory.table_used;
}

static uint64_t failed_at(unsigned int side)
{
	uint64_t failed = 0;

	for (int how = 0; how < QUERN_ENDS_END; how++)
		failed += shard_counters(pair.ends[side])->failed[how];
	return failed;
}

/* Set-ups that came to nothing are those that were begun and never established, at both ends. */
static void check_failed(void)
{
	const struct quern_counters *ours = shard_counters(pair.ends[0]), *peers = shard_counters(pair.ends[1]);
	uint64_t never = 0;

	for (unsigned int i = 0; i < MANNERS; i++)
		never += manners[i].ended[0] - manners[i].established[0];
	cr_expect_eq(failed_at(0), never, "%lu of %lu counted as failed at the client", failed_at(0), never);
	cr_expect_eq(failed_at(1), peers->opened_passive - peers->established);
	for (int how = 0; how < QUERN_ENDS_END; how++) {
		cr_expect_eq(peers->closed[how], peers->ended[how]);
		cr_expect_eq(ours->closed[how], ours->ended[how] - ours->failed[how]);
	}
}

static void check_all(unsigned int each, bool exactly)
{
	for (unsigned int i = 0; i < MANNERS; i++) {
		const struct manner *manner = &manners[i];

		cr_expect_eq(manner->ended[0], each, "%s: %u of %u ended at the client", manner->name, manner->ended[0],
			     each);
		cr_expect_eq(manner->ended[1], manner->established[1], "%s: %u of %u ended at the server", manner->name,
			     manner->ended[1], manner->established[1]);
		if (!exactly)
			continue;
		cr_expect_eq(manner->other_ends[0], 0, "%s: the client's end is another", manner->name);
		if (manner->end[1] != QUERN_END_NONE)
			cr_expect_eq(manner->other_ends[1], 0, "%s: the server's end is another", manner->name);
		cr_expect_eq(manner->established[0], manner->listens ? each : 0);
	}
	check_failed();
	for (unsigned int side = 0; side < 2; side++)
		cr_expect_eq(connections_left(side), 0, "%u records are left", connections_left(side));
}

static void live_and_end(bool ethernet, unsigned int each, uint32_t loss_per_mille)
{
	const struct shard_config config = {.max_connections = 16384,
					    .max_time_wait = 16384,
					    .time_wait_ms = 1000,
					    .mtu = 1500,
					    .ethernet = ethernet,
					    .seed = 11};
	const struct quern_tcp_options options = {.keepalive = loss_per_mille > 0,
						  .keepalive_idle_ms = 5000,
						  .keepalive_interval_ms = 1000,
						  .keepalive_probes = 3};
	uint8_t routes[MANNERS];

	open_all(&config, &options, routes);
	pair.loss_per_mille = loss_per_mille;
	connect_all(routes, each);
	pair_run(&pair, loss_per_mille > 0 ? 600000 : 10000);
	check_all(each, loss_per_mille == 0);
	if (ethernet) {
		const struct quern_counters *asked = shard_counters(pair.ends[0]), *told = shard_counters(pair.ends[1]);

		cr_expect_geq(raw_is_ip6() ? asked->nd_requests : asked->arp_requests, 1);
		cr_expect_leq(raw_is_ip6() ? asked->nd_requests : asked->arp_requests, 3);
		cr_expect_geq(raw_is_ip6() ? told->nd_replies : told->arp_replies, 1);
	}
	pair_close(&pair);
}

Test(shard_link, every_connection_ends_as_it_should_and_leaves_nothing)
{
	live_and_end(false, 1600, 0);
}

Test(shard_link, the_same_with_ethernet_and_arp)
{
	live_and_end(true, 480, 0);
}

Test(shard_link, every_connection_ends_though_one_frame_in_ten_is_lost)
{
	live_and_end(false, 480, 100);
}
