/* diff_shard.c - plays a script against a shard, through its seam. */
#include "differential/diff_shard.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "shard/shard_parts.h"
#include "support/bare_eal.h"
#include "support/raw_ip6.h"
#include "support/shard_driver.h"

enum { BUFFERS = 2047, START_MS = 1000000, NS_PER_MS = 1000000, RECORDS = 16 };

struct player {
	struct quern_shard *shard;
	void *memory;
	uint64_t now_ns;
	struct diff_view view;
	struct quern_conn conn;
	bool has_conn;
	bool has_met_end; /* the application knows of the peer's FIN */
	bool end_is_kept; /* it has come, and the application does not look yet */
};

static struct rte_mempool *in_pool, *out_pool;

static void on_established(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	struct player *player = app;

	(void)shard;
	player->conn = conn;
	player->has_conn = true;
	player->has_met_end = player->end_is_kept = false;
	player->view.sent = 0;
}

static uint32_t on_data(struct quern_shard *shard, struct quern_conn conn, const void *text, uint32_t bytes, void *app)
{
	struct player *player = app;

	(void)shard;
	(void)conn;
	if (!player->view.is_hungry)
		return 0;
	diff_view_read(&player->view, text, bytes);
	return bytes;
}

static void meet_end(struct player *player)
{
	if (player->has_met_end || !player->has_conn)
		return;
	player->view.met_end = player->has_met_end = player->view.is_hungry;
	player->end_is_kept = !player->view.is_hungry;
}

static void on_peer_closed(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	(void)shard;
	(void)conn;
	meet_end(app);
}

/* An orderly end is the peer's FIN as well, where there was no call for that. */
static void on_ended(struct quern_shard *shard, struct quern_conn conn, enum quern_end how, void *app)
{
	struct player *player = app;

	(void)shard;
	if (!player->has_conn || conn.index != player->conn.index || conn.generation != player->conn.generation)
		return;
	if (how == QUERN_END_CLOSED)
		meet_end(player);
	else
		player->view.fails = quern_end_name(how);
	player->has_conn = false;
}

static const struct quern_events events = {
	.on_established = on_established, .on_data = on_data, .on_peer_closed = on_peer_closed, .on_ended = on_ended};

static struct quern_tcp_options options_of(const struct diff_script *script)
{
	return (struct quern_tcp_options){.no_pacing = true,
					  .receive_window = script->window,
					  .keepalive = script->keepalive_ms != 0,
					  .keepalive_idle_ms = script->keepalive_ms,
					  .keepalive_interval_ms = script->keepalive_ms,
					  .syn_cookies = QUERN_SYN_COOKIES_NEVER};
}

static void open_shard(struct player *player)
{
	struct shard_config config = {.max_connections = RECORDS,
				      .max_half_open = RECORDS,
				      .max_time_wait = RECORDS,
				      .max_flights = RECORDS,
				      .accept_backlog = RECORDS,
				      .addresses = {.first = player->view.local, .last = player->view.local},
				      .prefix_length = 15,
				      .mtu = 1500,
				      .seed = 1};
	size_t bytes;

	if (!in_pool) {
		bare_eal_start();
		in_pool = bare_eal_pool("in", BUFFERS);
		out_pool = bare_eal_pool("out", BUFFERS);
	}
	config.pool = out_pool;
	config.ip6 = raw_port_ip6(player->view.local, player->view.local, 0, config.prefix_length);
	bytes = (shard_bytes(&config) + 63) & ~(size_t)63;
	CHECK(bytes > 0);
	player->memory = aligned_alloc(64, bytes);
	CHECK(player->memory != NULL);
	memset(player->memory, 0, bytes);
	player->now_ns = (uint64_t)START_MS * NS_PER_MS;
	player->shard = shard_open(&config, player->memory, player->now_ns);
	CHECK(player->shard != NULL);
}

static void close_shard(struct player *player)
{
	CHECK(shard_validate(player->shard));
	shard_close(player->shard);
	free(player->memory);
	CHECK(rte_mempool_in_use_count(in_pool) == 0 && rte_mempool_in_use_count(out_pool) == 0);
}

static void collect(struct player *player)
{
	struct rte_mbuf *mbufs[SHARD_BURST];
	uint16_t count;

	do {
		count = shard_transmit(player->shard, mbufs, SHARD_BURST);
		for (uint16_t i = 0; i < count; i++) {
			struct raw_segment segment;
			const char *wrong = raw_read(rte_pktmbuf_mtod(mbufs[i], const uint8_t *),
						     rte_pktmbuf_data_len(mbufs[i]), &segment);

			if (wrong)
				fprintf(stderr, "%s: the shard's frame: %s\n", player->view.script->name, wrong);
			CHECK(!wrong && mbufs[i]->nb_segs == 1);
			diff_view_hear(&player->view, &segment);
			rte_pktmbuf_free(mbufs[i]);
		}
	} while (count == SHARD_BURST);
}

/* As Linux is asked to do by tcp_invalid_ratelimit, no challenge ACK is spared because there was one just now. */
static void forget_challenges(struct quern_shard *shard)
{
	for (uint32_t i = 0; i < RECORDS; i++) {
		shard->conns[i].challenge_slot = 0;
		shard->time_wait.records[i].challenge_slot = 0;
	}
}

static void inject(struct player *player, const struct raw_segment *segment)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(in_pool);
	uint8_t frame[RAW_FRAME_MAX];
	uint32_t bytes = raw_build(frame, segment);

	CHECK(mbuf != NULL);
	memcpy(rte_pktmbuf_append(mbuf, (uint16_t)bytes), frame, bytes);
	forget_challenges(player->shard);
	shard_receive(player->shard, &mbuf, 1, player->now_ns);
	collect(player);
}

static void wait(struct player *player, uint32_t ms)
{
	uint64_t end_ns = player->now_ns + (uint64_t)ms * NS_PER_MS, deadline_ns;

	while (player->now_ns < end_ns) {
		uint64_t next_ns = end_ns;

		if (shard_next_deadline(player->shard, &deadline_ns) && deadline_ns < end_ns)
			next_ns = RTE_MAX(deadline_ns, player->now_ns + NS_PER_MS);
		player->now_ns = RTE_MIN(next_ns, end_ns);
		shard_expire(player->shard, player->now_ns);
		collect(player);
	}
}

static void listen_or_connect(struct player *player, bool connects)
{
	const struct diff_view *view = &player->view;
	const struct quern_endpoint local = raw_endpoint(view->local, view->local_port),
				    target = raw_endpoint(view->remote, view->remote_port);
	const struct quern_source source = {.addresses = raw_range(view->local, view->local),
					    .first_port = view->local_port,
					    .last_port = view->local_port};
	struct quern_tcp_options options = options_of(view->script);
	uint8_t route;

	if (!connects) {
		CHECK(quern_listen(player->shard, &local, &options, &events, player) == 0);
		return;
	}
	CHECK(quern_route_add(player->shard, &source, &target, &options, &events, player, &route) == 0);
	CHECK(quern_connect(player->shard, route, &player->conn) == 0);
	player->has_conn = true;
}

static bool send_text(struct player *player, uint32_t bytes)
{
	uint8_t text[DIFF_SEND_MAX];
	uint32_t taken = 0;

	diff_view_text(&player->view, text, bytes);
	return quern_conn_send(player->shard, player->conn, text, bytes, &taken) == 0 && taken == bytes;
}

/* Closing and aborting what has ended already is no fault. */
static void let_go(struct player *player, bool aborts)
{
	if (!player->has_conn)
		return;
	player->has_conn = false;
	CHECK((aborts ? quern_conn_abort : quern_conn_close)(player->shard, player->conn) == 0);
}

static void read_on(struct player *player)
{
	player->view.is_hungry = true;
	if (player->has_conn)
		quern_conn_resume(player->shard, player->conn);
	player->view.met_end |= player->end_is_kept;
	player->has_met_end |= player->end_is_kept;
	player->end_is_kept = false;
}

/* A second time is no fault either. */
static bool shut_down(struct player *player)
{
	int result = quern_conn_shutdown(player->shard, player->conn);

	return result == 0 || result == -EPIPE;
}

static bool call(struct player *player, const struct diff_step *step)
{
	switch (step->call) {
	case DIFF_LISTEN:
	case DIFF_CONNECT:
		listen_or_connect(player, step->call == DIFF_CONNECT);
		return true;
	case DIFF_SEND:
		return player->has_conn && send_text(player, step->number);
	case DIFF_SHUTDOWN:
		return player->has_conn && shut_down(player);
	case DIFF_CLOSE:
	case DIFF_ABORT:
		let_go(player, step->call == DIFF_ABORT);
		return true;
	case DIFF_HOLD:
		player->view.is_hungry = false;
		return true;
	case DIFF_READ:
		read_on(player);
		return true;
	case DIFF_WAIT:
		wait(player, step->number);
		return true;
	case DIFF_IN:
	case DIFF_FILL:
	case DIFF_CALLS_END:
		break;
	}
	return false;
}

static void take_step(struct player *player, uint32_t number)
{
	struct diff_view *view = &player->view;
	const struct diff_step *step = &view->script->steps[number];
	struct raw_segment segment;

	diff_view_step(view, number);
	if (step->call == DIFF_FILL) {
		for (uint32_t i = 0; i < DIFF_FILL_MAX && diff_view_fill(view, number, &segment); i++)
			inject(player, &segment);
	} else if (step->call == DIFF_IN) {
		segment = diff_view_segment(view, number);
		inject(player, &segment);
	} else {
		view->call_failed = !call(player, step);
		collect(player);
	}
	diff_view_settle(
		view, driver_state_of(player->shard, view->local, view->remote, view->local_port, view->remote_port));
}

void diff_shard_play(const struct diff_script *script, struct diff_trace *trace, uint32_t number)
{
	static struct player player;

	memset(&player, 0, sizeof(player));
	diff_view_begin(&player.view, script, trace, number);
	open_shard(&player);
	for (uint32_t i = 0; i < script->step_count; i++)
		take_step(&player, i);
	close_shard(&player);
}
