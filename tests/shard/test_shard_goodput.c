/* test_shard_goodput.c - how much text comes through a line that loses frames: what the square root law says, Mathis et
 * al. 1997, and so no round trip is lost to more than congestion control. */
#include <criterion/criterion.h>

#include "support/shard_pair.h"

enum { PORT = 80, PIECE = 16384, WINDOW = 1000000, DELAY_MS = 10, MSS = 1460, RUN_S = 200 };

static struct pair pair;
static uint64_t received;

static void send_more(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	static uint8_t piece[PIECE];
	uint32_t taken = PIECE;

	(void)app;
	while (taken == PIECE)
		cr_assert_eq(quern_conn_send(shard, conn, piece, PIECE, &taken), 0);
}

static uint32_t take(struct quern_shard *shard, struct quern_conn conn, const void *text, uint32_t bytes, void *app)
{
	(void)shard, (void)conn, (void)text, (void)app;
	received += bytes;
	return bytes;
}

static const struct quern_events sender = {.on_established = send_more, .on_writable = send_more};
static const struct quern_events receiver = {.on_data = take};

/* Bytes a second of a connection that always has text to send, both ways of the line losing as much. */
static double goodput(enum quern_congestion congestion, uint32_t loss_per_mille)
{
	const struct shard_config config = {
		.max_connections = 16, .max_time_wait = 16, .seed = 7, .mtu = raw_mtu_of(MSS)};
	const struct quern_tcp_options options = {
		.congestion = congestion, .receive_window = WINDOW, .send_queue = WINDOW};
	const struct quern_endpoint server = raw_endpoint(PAIR_SERVER, PORT);
	const struct quern_source source = {.addresses = raw_range(PAIR_CLIENT_FIRST, PAIR_CLIENT_FIRST)};
	struct quern_conn conn;
	uint8_t route;

	received = 0;
	pair_open(&pair, &config, DELAY_MS * UINT64_C(1000000));
	cr_assert_eq(quern_listen(pair.ends[PAIR_SERVER_SIDE], &server, &options, &sender, NULL), 0);
	cr_assert_eq(quern_route_add(pair.ends[PAIR_CLIENT], &source, &server, &options, &receiver, NULL, &route), 0);
	cr_assert_eq(quern_connect(pair.ends[PAIR_CLIENT], route, &conn), 0);
	pair.loss_per_mille = loss_per_mille;
	pair_run(&pair, RUN_S * UINT64_C(1000));
	cr_assert_eq(quern_conn_abort(pair.ends[PAIR_CLIENT], conn), 0);
	pair.loss_per_mille = 0;
	pair_run(&pair, 1000);
	pair_close(&pair);
	return (double)received / RUN_S;
}

/* The peer's ACKs are lost as well, and one is for all that came in a turn: where that is the whole window, only the
 * tail loss probe is left. */
Test(shard_goodput, is_that_of_the_square_root_law)
{
	/* Segments a round trip: the root of 3/2 over the share that is lost. */
	static const struct {
		uint32_t per_mille;
		double segments;
	} losses[] = {{1, 38.73}, {10, 12.25}};

	for (size_t i = 0; i < sizeof(losses) / sizeof(losses[0]); i++) {
		double law = losses[i].segments * MSS * 1000 / (2 * DELAY_MS);

		for (int rules = QUERN_CONGESTION_CUBIC; rules <= QUERN_CONGESTION_NEWRENO; rules++) {
			double found = goodput((enum quern_congestion)rules, losses[i].per_mille);

			cr_assert_gt(found, 0.9 * law, "%u in a thousand lost: %.0f bytes/s by %s, the law says %.0f",
				     losses[i].per_mille, found, rules == QUERN_CONGESTION_CUBIC ? "cubic" : "newreno",
				     law);
		}
	}
}
