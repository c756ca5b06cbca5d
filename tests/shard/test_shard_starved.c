/* test_shard_starved.c - more connections than flights and buffers for their text: each waits its turn, and gets it. */
#include <criterion/criterion.h>

#include "support/shard_pair.h"

enum { PORT = 80, CROWD = 3000, TEXT_BYTES = 20, FLIGHTS = 16, LIMIT_MS = 60000 };

static struct pair pair;
static uint32_t received;
static unsigned int over[2];

static void send_rest(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	static const uint8_t text[TEXT_BYTES];
	uint32_t *sent = quern_conn_user(shard, conn), taken = 0;

	(void)app;
	cr_assert_eq(quern_conn_send(shard, conn, text, TEXT_BYTES - *sent, &taken), 0);
	*sent += taken;
	if (*sent == TEXT_BYTES)
		cr_assert_eq(quern_conn_close(shard, conn), 0);
}

static uint32_t take(struct quern_shard *shard, struct quern_conn conn, const void *text, uint32_t bytes, void *app)
{
	(void)shard;
	(void)conn;
	(void)text;
	(void)app;
	received += bytes;
	return bytes;
}

static void close_too(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	(void)app;
	cr_assert_eq(quern_conn_close(shard, conn), 0);
}

static void count_end(struct quern_shard *shard, struct quern_conn conn, enum quern_end how, void *app)
{
	(void)conn;
	(void)app;
	cr_assert_eq(how, QUERN_END_CLOSED);
	over[quern_shard_number(shard)]++;
}

static const struct quern_events client_events = {
	.on_established = send_rest, .on_writable = send_rest, .on_ended = count_end};
static void ignore(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	(void)shard;
	(void)conn;
	(void)app;
}

static const struct quern_events server_events = {
	.on_established = ignore, .on_data = take, .on_peer_closed = close_too, .on_ended = count_end};

Test(shard_starved, a_crowd_that_waits_for_buffers_is_served_to_the_last)
{
	const struct shard_config config = {.max_connections = CROWD,
					    .max_time_wait = CROWD,
					    .max_flights = FLIGHTS,
					    .time_wait_ms = 1000,
					    .mtu = 1500,
					    .seed = 1};
	const struct quern_endpoint target = raw_endpoint(PAIR_SERVER, PORT);
	const struct quern_source source = {
		.addresses = raw_range(PAIR_CLIENT_FIRST, PAIR_CLIENT_FIRST), .first_port = 0, .last_port = 0};
	struct quern_conn conn;
	uint64_t end_ns;
	uint8_t route;

	pair_open(&pair, &config, 1000000);
	cr_assert_eq(quern_listen(pair.ends[1], &target, NULL, &server_events, NULL), 0);
	cr_assert_eq(quern_route_add(pair.ends[0], &source, &target, NULL, &client_events, NULL, &route), 0);
	for (unsigned int i = 0; i < CROWD; i++)
		cr_assert_eq(quern_connect(pair.ends[0], route, &conn), 0);
	end_ns = pair.now_ns + LIMIT_MS * 1000000ULL;
	while (over[0] + over[1] < 2 * CROWD && pair.now_ns < end_ns)
		pair_turn(&pair, 50);
	cr_assert_eq(received, (uint32_t)CROWD * TEXT_BYTES, "%u bytes", received);
	cr_assert_eq(over[0] + over[1], 2 * CROWD, "%u and %u ended", over[0], over[1]);
	pair_close(&pair);
}
