/* test_shard_shut_window.c - an abort behind a window that is shut: how its peer learns of it.
 *
 * RFC 9293 3.10.5 has the RST at SND.NXT, which is behind the octet of the window probe. The peer has not taken that,
 * so the RST is out of its window, and RFC 9293 3.10.7.4 has it dropped in silence. Whatever the peer says next meets
 * no connection, and draws a RST at SEG.ACK, which is its RCV.NXT. */
#include <errno.h>

#include <criterion/criterion.h>

#include "support/script.h"
#include "support/shard_pair.h"

enum { PORT = 80, TEXT = 65536, A_PROBE_MS = 5000, A_ROUND_MS = 10, IDLE_MS = 60000 };

static struct pair pair;
static struct quern_conn sender, reader;
static enum quern_end reader_end;
static bool reads;

static void fill(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	static const uint8_t text[TEXT];
	uint32_t taken;

	(void)app;
	sender = conn;
	cr_assert_eq(quern_conn_send(shard, conn, text, TEXT, &taken), 0);
	cr_assert_eq(taken, TEXT);
}

static void note_reader(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	(void)shard;
	(void)app;
	reader = conn;
}

static uint32_t read_or_not(struct quern_shard *shard, struct quern_conn conn, const void *text, uint32_t bytes,
			    void *app)
{
	(void)shard;
	(void)conn;
	(void)text;
	(void)app;
	return reads ? bytes : 0;
}

static void note_end(struct quern_shard *shard, struct quern_conn conn, enum quern_end how, void *app)
{
	(void)shard;
	(void)conn;
	(void)app;
	reader_end = how;
}

static const struct quern_events sender_events = {.on_established = fill},
				 reader_events = {
					 .on_established = note_reader, .on_data = read_or_not, .on_ended = note_end};

/* A sender that has probed a window that its peer keeps shut, and then aborts. */
static void abort_behind_a_probe(const struct quern_tcp_options *reader_options)
{
	const struct quern_endpoint target = raw_endpoint(PAIR_SERVER, PORT);
	const struct quern_source source = {.addresses = raw_range(PAIR_CLIENT_FIRST, PAIR_CLIENT_FIRST)};
	const struct shard_config config = {.max_connections = 4, .max_time_wait = 4, .mtu = 1500, .seed = 3};
	struct quern_conn_info info;
	uint8_t route;

	reads = false;
	reader_end = QUERN_END_NONE;
	pair_open(&pair, &config, 50000);
	cr_assert_eq(quern_listen(pair.ends[1], &target, reader_options, &reader_events, NULL), 0);
	cr_assert_eq(quern_route_add(pair.ends[0], &source, &target, NULL, &sender_events, NULL, &route), 0);
	cr_assert_eq(quern_connect(pair.ends[0], route, &sender), 0);
	pair_run(&pair, A_PROBE_MS);
	cr_assert_gt(shard_counters(pair.ends[0])->window_probes, 0);
	cr_assert_eq(quern_conn_info(pair.ends[0], sender, &info), 0);
	cr_assert_eq(info.snd_wnd, 0);
	cr_assert_eq(quern_conn_abort(pair.ends[0], sender), 0);
	pair_run(&pair, A_ROUND_MS);
	cr_assert_eq(quern_conn_info(pair.ends[0], sender, &info), -ENOENT);
}

Test(shard_shut_window, who_reads_learns_that_the_peer_has_aborted)
{
	abort_behind_a_probe(NULL);
	reads = true;
	cr_assert_eq(quern_conn_resume(pair.ends[1], reader), 0);
	pair_run(&pair, A_ROUND_MS);
	cr_assert_eq(reader_end, QUERN_END_RESET);
	pair_close(&pair);
}

Test(shard_shut_window, who_speaks_learns_that_the_peer_has_aborted)
{
	uint32_t taken;

	abort_behind_a_probe(NULL);
	cr_assert_eq(quern_conn_send(pair.ends[1], reader, "?", 1, &taken), 0);
	pair_run(&pair, A_ROUND_MS);
	cr_assert_eq(reader_end, QUERN_END_RESET);
	pair_close(&pair);
}

/* Who neither reads nor speaks has keepalive to tell it. */
Test(shard_shut_window, keepalive_learns_that_the_peer_has_aborted)
{
	const struct quern_tcp_options options = {.keepalive = true, .keepalive_idle_ms = IDLE_MS};

	abort_behind_a_probe(&options);
	pair_run(&pair, IDLE_MS - A_PROBE_MS);
	cr_assert_eq(reader_end, QUERN_END_NONE, "it has heard nothing");
	pair_run(&pair, A_PROBE_MS + A_ROUND_MS);
	cr_assert_eq(reader_end, QUERN_END_RESET);
	pair_close(&pair);
}

/* A peer that challenges even what is beyond its window (many did, before RFC 5961) is told the exact number at once.
 */
Test(shard_shut_window, a_challenge_of_the_abort_draws_a_reset_at_the_exact_number)
{
	static struct driver driver;
	struct script script = script_reader(&driver, NULL);

	script.window = 0;
	establish_passive(&script);
	app_send(&script, 100);
	advance(&script, 1001);
	hear_text(&script, ACK, 1, 1, 1);
	say(&script, ACK, 1, 1);
	app_abort(&script);
	hear_reset(&script, 2, 0);
	say(&script, ACK, 1, 1);
	hear(&script, RST, 1, 0);
	hear_nothing(&script);
	driver_close(&driver);
}
