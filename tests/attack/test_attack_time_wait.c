/* test_attack_time_wait.c - row 8: more connections in TIME-WAIT than there are records for. */
#include <criterion/criterion.h>

#include "attack/battery.h"
#include "support/shard_pair.h"
#include "tcp/tcp_time_wait.h"

enum { PORT = 80, CAP = 1024, TIMES_OVER = 12, BATCH = 64, TIME_WAIT_MS = 60000 };

static struct pair pair;
static uint32_t established, ended;

static void close_first(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	(void)app;
	established++;
	cr_assert_eq(quern_conn_close(shard, conn), 0);
}

static void count_end(struct quern_shard *shard, struct quern_conn conn, enum quern_end how, void *app)
{
	(void)conn;
	(void)app;
	cr_assert_eq(how, QUERN_END_CLOSED);
	ended += quern_shard_number(shard) == PAIR_SERVER_SIDE;
}

static const struct quern_events server_events = {.on_established = close_first, .on_ended = count_end};
static const struct quern_events client_events = {.on_peer_closed = battery_close, .on_ended = count_end};

static void open_ends(uint8_t *route)
{
	const struct shard_config config = {
		.max_connections = 4096, .max_time_wait = CAP, .time_wait_ms = TIME_WAIT_MS, .mtu = 1500, .seed = 8};
	const struct quern_endpoint target = raw_endpoint(PAIR_SERVER, PORT);
	const struct quern_source source = {
		.addresses = raw_range(PAIR_CLIENT_FIRST, PAIR_CLIENT_FIRST + 3), .first_port = 0, .last_port = 0};

	pair_open(&pair, &config, 50000);
	cr_assert_eq(quern_listen(pair.ends[1], &target, NULL, &server_events, NULL), 0);
	cr_assert_eq(quern_route_add(pair.ends[0], &source, &target, NULL, &client_events, NULL, route), 0);
	established = ended = 0;
}

/* The peer opens and lets us close, at a rate that fills the ring many times over within 2MSL. */
Test(attack_time_wait, a_full_ring_gives_up_its_oldest_and_new_connections_go_on)
{
	struct battery_level empty, full;
	struct quern_conn conn;
	uint32_t opened = 0;
	uint8_t route;

	open_ends(&route);
	empty = battery_level_of(pair.ends[1]);
	while (opened < TIMES_OVER * CAP) {
		for (unsigned int i = 0; i < BATCH; i++, opened++)
			cr_assert_eq(quern_connect(pair.ends[0], route, &conn), 0);
		pair_run(&pair, 2);
		cr_assert_leq(battery_level_of(pair.ends[1]).time_waits, CAP);
	}
	pair_run(&pair, 10);
	cr_assert_eq(established, opened);
	cr_assert_eq(ended, opened, "%u of %u ended in order", ended, opened);
	full = battery_level_of(pair.ends[1]);
	cr_assert_eq(full.time_waits, CAP);
	cr_assert_eq(full.connections, 0);
	cr_assert_eq(full.reserved_bytes, empty.reserved_bytes, "memory is what it was at the start");
	cr_assert_eq(shard_counters(pair.ends[1])->time_wait_evicted, opened - CAP);
	cr_assert_leq(sizeof(struct tcp_time_wait), 64);
	pair_run(&pair, TIME_WAIT_MS + 10);
	battery_expect_level(pair.ends[1], &empty);
	battery_figure(8,
		       "%u connections through %d records of %zu bytes within 2MSL: all %u opened and closed in order, "
		       "%u oldest given up and counted, memory unchanged",
		       opened, CAP, sizeof(struct tcp_time_wait), established, opened - CAP);
	pair_close(&pair);
}
