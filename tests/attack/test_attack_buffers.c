/* test_attack_buffers.c - row 20: no buffer for five seconds, then one time in a hundred. */
#include <criterion/criterion.h>

#include "attack/battery.h"
#include "support/bare_eal.h"
#include "support/shard_pair.h"

enum {
	PORT = 80,
	BUFFERS = 2047,
	EVERY_MS = 10,
	EACH_TIME = 4,
	BEFORE_MS = 1000,
	NONE_MS = 5000,
	SHORT_MS = 5000,
	AFTER_MS = 2000,
	LIMIT_MS = 200000,
	TEXT = 100,
	IDLE = 50,
	IDLE_MS = 2000,
	CONNECTIONS = (BEFORE_MS + NONE_MS + SHORT_MS + AFTER_MS) / EVERY_MS * EACH_TIME
};

static struct pair pair;
static struct rte_mbuf *stolen[BUFFERS];
static uint32_t stolen_count, ended;
static uint64_t opened_ns[CONNECTIONS], ended_ns[CONNECTIONS];

static void send_and_close(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	static const uint8_t text[TEXT];
	uint32_t taken;

	(void)app;
	cr_assert_eq(quern_conn_send(shard, conn, text, TEXT, &taken), 0);
	cr_assert_eq(quern_conn_close(shard, conn), 0);
}

static void note_end(struct quern_shard *shard, struct quern_conn conn, enum quern_end how, void *app)
{
	(void)app;
	cr_assert_eq(how, QUERN_END_CLOSED);
	ended_ns[*quern_conn_user(shard, conn) - 1] = quern_now(shard);
	ended++;
}

static const struct quern_events client_events = {.on_established = send_and_close, .on_ended = note_end},
				 server_events = {.on_established = battery_ignore,
						  .on_data = battery_take,
						  .on_peer_closed = battery_close},
				 idle_events = {.on_established = battery_ignore, .on_data = battery_take};

static void steal_all(void)
{
	struct rte_mbuf *mbuf;

	while ((mbuf = rte_pktmbuf_alloc(pair.pool)) != NULL)
		stolen[stolen_count++] = mbuf;
}

static void give_back(void)
{
	rte_pktmbuf_free_bulk(stolen, stolen_count);
	stolen_count = 0;
}

/* For so long: new connections all the time, and no buffer in so many turns of a hundred. */
static void live(uint8_t route, uint32_t ms, uint32_t without_per_cent, uint32_t *opened)
{
	uint64_t end_ns = pair.now_ns + ms * UINT64_C(1000000), next_ns = pair.now_ns;

	while (pair.now_ns < end_ns) {
		if (pair.now_ns >= next_ns) {
			next_ns += EVERY_MS * UINT64_C(1000000);
			for (int i = 0; i < EACH_TIME && *opened < CONNECTIONS; i++) {
				struct quern_conn conn;

				cr_assert_eq(quern_connect(pair.ends[0], route, &conn), 0);
				opened_ns[*opened] = pair.now_ns;
				*quern_conn_user(pair.ends[0], conn) = ++*opened;
			}
		}
		if (random_below(&pair.random, 100) < without_per_cent)
			steal_all();
		pair_turn(&pair, 1);
		if (without_per_cent < 100)
			give_back();
	}
	give_back();
}

static double slowest_s(uint32_t from, uint32_t to)
{
	uint64_t slowest = 0;

	for (uint32_t i = from; i < to; i++) {
		cr_assert_gt(ended_ns[i], 0, "connection %u never ended", i);
		slowest = RTE_MAX(slowest, ended_ns[i] - opened_ns[i]);
	}
	return (double)slowest / 1e9;
}

static uint32_t count_late(uint32_t from, uint32_t to, uint64_t limit_ns)
{
	uint32_t late = 0;

	for (uint32_t i = from; i < to; i++)
		late += ended_ns[i] > limit_ns;
	return late;
}

static void open_ends(uint8_t *route)
{
	const struct quern_tcp_options idle = {.keepalive = true, .keepalive_idle_ms = IDLE_MS};
	const struct quern_endpoint target = raw_endpoint(PAIR_SERVER, PORT),
				    idle_target = raw_endpoint(PAIR_SERVER, PORT + 1);
	const struct quern_source source = {
		.addresses = raw_range(PAIR_CLIENT_FIRST, PAIR_CLIENT_FIRST + 3), .first_port = 0, .last_port = 0};
	struct shard_config config = {.max_connections = 2 * CONNECTIONS,
				      .max_time_wait = 2 * CONNECTIONS,
				      .time_wait_ms = 1000,
				      .mtu = 1500,
				      .seed = 20};
	struct quern_conn conn;
	uint8_t idle_route;

	bare_eal_start();
	config.pool = bare_eal_pool("scarce", BUFFERS);
	pair_open(&pair, &config, 50000);
	cr_assert_eq(quern_listen(pair.ends[1], &target, NULL, &server_events, NULL), 0);
	cr_assert_eq(quern_listen(pair.ends[1], &idle_target, NULL, &idle_events, NULL), 0);
	cr_assert_eq(quern_route_add(pair.ends[0], &source, &target, NULL, &client_events, NULL, route), 0);
	cr_assert_eq(quern_route_add(pair.ends[0], &source, &idle_target, &idle, &idle_events, NULL, &idle_route), 0);
	for (int i = 0; i < IDLE; i++)
		cr_assert_eq(quern_connect(pair.ends[0], idle_route, &conn), 0);
}

Test(attack_buffers, five_seconds_without_a_buffer_lose_none_and_leave_no_trace)
{
	uint32_t opened = 0, none_from, short_from, after_from, late;
	uint64_t probes;
	uint8_t route;

	open_ends(&route);
	live(route, BEFORE_MS, 0, &opened);
	none_from = opened;
	probes = shard_counters(pair.ends[0])->keepalive_probes;
	live(route, NONE_MS, 100, &opened);
	/* Timers go by the clock, whether or not what they say finds a buffer. */
	probes = shard_counters(pair.ends[0])->keepalive_probes - probes;
	cr_assert_geq(probes, IDLE, "%lu probes", probes);
	cr_assert_geq(shard_counters(pair.ends[0])->drops[QUERN_DROP_NO_MBUF], opened - none_from);
	short_from = opened;
	live(route, SHORT_MS, 1, &opened);
	after_from = opened;
	live(route, AFTER_MS, 0, &opened);
	for (uint32_t waited = 0; ended < opened && waited < LIMIT_MS; waited += 100)
		pair_run(&pair, 100);
	cr_assert_eq(ended, opened, "%u of %u ended in order", ended, opened);
	cr_assert_leq(slowest_s(after_from, opened), 1.0, "a connection of afterwards took %.3f s",
		      slowest_s(after_from, opened));
	/* Who waited for a buffer goes on as soon as there are some. One in a hundred meets another turn without. */
	late = count_late(none_from, short_from, opened_ns[short_from] + UINT64_C(1000000000));
	cr_assert_leq(late, (short_from - none_from) / 50, "%u of %u", late, short_from - none_from);
	cr_assert_leq(slowest_s(none_from, short_from), 16.0);
	battery_figure(
		20,
		"no buffer for 5 s, then none in 1 %% of turns for 5 s: all %u connections end in order; of the %u "
		"that began with none %u took longer than 1 s after there were some; slowest %.2f s with none, %.2f s "
		"with few, %.4f s afterwards; %lu keepalive probes fired meanwhile, no buffer lost",
		opened, short_from - none_from, late, slowest_s(none_from, short_from),
		slowest_s(short_from, after_from), slowest_s(after_from, opened), probes);
	pair_run(&pair, 2000);
	battery_expect_whole(pair.pool);
	pair_close(&pair);
}
