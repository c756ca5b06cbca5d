/* test_attack_copies.c - row 28: every packet twice, out of order, and once more much later. Copies that are late by a
 * whole round of sequence numbers are in tests/tcp/test_tcp_timestamps.c. */
#include <criterion/criterion.h>

#include "attack/battery.h"
#include "support/shard_pair.h"

enum { PORT = 80, STREAMS = 40, BYTES = 30000, LIMIT_MS = 600000, SWAP = 300, TIME_WAIT_MS = 60000, TRIALS = 3 };

static struct pair pair;
static uint32_t sent[2][STREAMS], received[2][STREAMS], ended[2];
static struct quern_conn client_conns[STREAMS];

static uint8_t byte_at(unsigned int side, uint32_t number, uint32_t place)
{
	return (uint8_t)(place * 7 + (place >> 8) * 13 + number * 31 + side * 101);
}

static void pump(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	unsigned int side = quern_shard_number(shard);
	uint32_t number = *quern_conn_user(shard, conn) - 1;
	static uint8_t text[BYTES];
	uint32_t taken = 0, from = sent[side][number];

	(void)app;
	for (uint32_t i = from; i < BYTES; i++)
		text[i - from] = byte_at(side, number, i);
	cr_assert_eq(quern_conn_send(shard, conn, text, BYTES - from, &taken), 0);
	sent[side][number] += taken;
	if (sent[side][number] == BYTES)
		cr_assert_eq(quern_conn_shutdown(shard, conn), 0);
}

static void on_established(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	struct quern_conn_info info, other;

	if (quern_shard_number(shard) == PAIR_SERVER_SIDE) {
		cr_assert_eq(quern_conn_info(shard, conn, &info), 0);
		for (uint32_t i = 0; i < STREAMS; i++)
			if (quern_conn_info(pair.ends[0], client_conns[i], &other) == 0 &&
			    other.local.port == info.remote.port)
				*quern_conn_user(shard, conn) = i + 1;
		cr_assert_gt(*quern_conn_user(shard, conn), 0, "a connection that nobody has opened");
	}
	pump(shard, conn, app);
}

static uint32_t on_data(struct quern_shard *shard, struct quern_conn conn, const void *text, uint32_t bytes, void *app)
{
	unsigned int side = quern_shard_number(shard);
	uint32_t number = *quern_conn_user(shard, conn) - 1;
	const uint8_t *at = text;

	(void)app;
	for (uint32_t i = 0; i < bytes; i++)
		cr_assert_eq(at[i], byte_at(1 - side, number, received[side][number] + i), "byte %u of stream %u",
			     received[side][number] + i, number);
	received[side][number] += bytes;
	return bytes;
}

static void on_ended(struct quern_shard *shard, struct quern_conn conn, enum quern_end how, void *app)
{
	(void)conn;
	(void)app;
	cr_assert_eq(how, QUERN_END_CLOSED, "side %u: %s", quern_shard_number(shard), quern_end_name(how));
	ended[quern_shard_number(shard)]++;
}

static const struct quern_events events = {
	.on_established = on_established, .on_data = on_data, .on_writable = pump, .on_ended = on_ended};

static void open_streams(uint64_t seed)
{
	const struct shard_config config = {
		.max_connections = 256, .max_time_wait = 256, .time_wait_ms = TIME_WAIT_MS, .mtu = 1500, .seed = seed};
	const struct quern_endpoint target = raw_endpoint(PAIR_SERVER, PORT);
	const struct quern_source source = {
		.addresses = raw_range(PAIR_CLIENT_FIRST, PAIR_CLIENT_FIRST), .first_port = 0, .last_port = 0};
	uint8_t route;

	memset(sent, 0, sizeof(sent));
	memset(received, 0, sizeof(received));
	memset(ended, 0, sizeof(ended));
	pair_open(&pair, &config, 1000000);
	cr_assert_eq(quern_listen(pair.ends[1], &target, NULL, &events, NULL), 0);
	cr_assert_eq(quern_route_add(pair.ends[0], &source, &target, NULL, &events, NULL, &route), 0);
	for (uint32_t i = 0; i < STREAMS; i++) {
		cr_assert_eq(quern_connect(pair.ends[0], route, &client_conns[i]), 0);
		*quern_conn_user(pair.ends[0], client_conns[i]) = i + 1;
	}
}

static uint64_t run_trial(uint64_t seed, uint32_t late_ms)
{
	uint64_t begin_ns, copies;

	open_streams(seed);
	pair.repeat_per_mille = 1000;
	pair.swap_per_mille = SWAP;
	pair.late_ms = late_ms;
	begin_ns = pair.now_ns;
	while (ended[0] + ended[1] < 2 * STREAMS && pair.now_ns - begin_ns < LIMIT_MS * UINT64_C(1000000))
		pair_turn(&pair, 50);
	cr_assert_eq(ended[0] + ended[1], 2 * STREAMS, "%u and %u ended", ended[0], ended[1]);
	for (unsigned int side = 0; side < 2; side++)
		for (uint32_t i = 0; i < STREAMS; i++)
			cr_assert_eq(received[side][i], BYTES, "stream %u: %u bytes", i, received[side][i]);
	/* All late copies have come, and 2MSL is over: no copy has opened anything again. */
	pair_run(&pair, late_ms + 2 * TIME_WAIT_MS + 70000);
	copies = pair.copies;
	for (unsigned int side = 0; side < 2; side++) {
		struct battery_level level = battery_level_of(pair.ends[side]);

		cr_assert_eq(level.connections + level.time_waits + level.entries, 0);
		cr_assert_eq(shard_counters(pair.ends[side])->established, STREAMS, "a copy has opened a connection");
	}
	pair_close(&pair);
	return copies;
}

Test(attack_copies, every_packet_twice_out_of_order_and_late_is_one_stream_all_the_same)
{
	static const uint32_t late_ms[] = {40, 3000, 30000};
	uint64_t copies = 0;

	for (unsigned int i = 0; i < sizeof(late_ms) / sizeof(*late_ms); i++)
		for (uint64_t seed = 0; seed < TRIALS; seed++)
			copies += run_trial(28 + seed, late_ms[i]);
	battery_figure(28,
		       "%d streams of %d bytes both ways in each of 9 trials, every packet twice, %d %% out of order, "
		       "%lu once more 40 ms, 3 s or 30 s later: each byte once and in order, each connection once",
		       STREAMS, BYTES, SWAP / 10, copies);
}
