/* play_app.c - what the application is told, and its habits within callbacks. */
#include "base/check.h"
#include "fuzz/play.h"

enum { SIP = 7, GREETING = 500, ECHO = 3 };

/* The same, of which the application must know. */
static struct play_conn *known_of(struct play *play, struct quern_conn handle)
{
	struct play_conn *conn = play_conn_of(play, handle);

	CHECK(conn->is_known && conn->handle.generation == handle.generation);
	return conn;
}

static void on_established(struct quern_shard *shard, struct quern_conn handle, void *app)
{
	struct play *play = app;
	struct play_conn *conn = play_conn_of(play, handle);
	struct quern_conn_info info;

	play_tell(play, "conn %u is told: established", handle.index);
	/* Opened by us, it is known already. */
	if (!conn->is_known || conn->handle.generation != handle.generation)
		conn = play_learn(play, handle);
	CHECK(!conn->is_established);
	CHECK(quern_conn_info(shard, handle, &info) == 0);
	conn->is_established = true;
	/* RCV.NXT is behind what has come with the last segment of the handshake; before that no text was taken. */
	conn->is_vague = !conn->is_tracked || conn->state == QUERN_SYN_SENT;
	conn->read_at = conn->is_vague ? info.rcv_nxt : conn->rcv_nxt;
	if (play->habits & PLAY_GREETS && !conn->has_shut)
		play_send(play, conn, GREETING);
}

/* Of a connection that was not there before this turn, what is shown first is what has come. */
static void find_text(struct play *play, struct play_conn *conn, uint32_t bytes)
{
	struct quern_conn_info info;

	CHECK(quern_conn_info(play->shard, conn->handle, &info) == 0);
	conn->read_at = info.rcv_nxt - play_has_fin(info.state) - bytes;
	conn->is_vague = false;
}

/* What its habits make of text; the connection may be gone afterwards. */
static void act_on_text(struct play *play, struct play_conn *conn)
{
	if (play->habits & PLAY_ECHOES && !conn->has_shut)
		play_send(play, conn, ECHO);
	if (play->habits & PLAY_CLOSES_ON_TEXT && !conn->has_closed)
		play_finish(play, conn);
	else if (play->habits & PLAY_ABORTS_ON_TEXT)
		play_give_up(play, conn);
}

static uint32_t on_data(struct quern_shard *shard, struct quern_conn handle, const void *text, uint32_t bytes,
			void *app)
{
	struct play *play = app;
	struct play_conn *conn = known_of(play, handle);
	uint32_t taken = bytes;

	(void)shard;
	/* Who half-closes before the peer has answered is in FIN-WAIT-1, and is not told that it is established. */
	if (!conn->is_established && conn->has_shut)
		conn->is_established = conn->is_vague = true;
	CHECK(bytes > 0 && conn->is_established && !conn->pulls);
	if (conn->is_vague)
		find_text(play, conn, bytes);
	play_check_text(conn, text, bytes);
	if (conn->holds)
		taken = 0;
	else if (play->habits & PLAY_SIPS && taken > SIP)
		taken = SIP;
	conn->read_at += taken;
	play_tell(play, "conn %u takes %u of %u bytes", handle.index, taken, bytes);
	act_on_text(play, conn);
	return taken;
}

static void on_writable(struct quern_shard *shard, struct quern_conn handle, void *app)
{
	(void)shard;
	CHECK(!known_of(app, handle)->has_shut);
}

static void on_urgent(struct quern_shard *shard, struct quern_conn handle, uint32_t bytes, void *app)
{
	(void)shard;
	(void)handle;
	(void)app;
	CHECK(bytes > 0);
}

static void on_peer_closed(struct quern_shard *shard, struct quern_conn handle, void *app)
{
	struct play *play = app;
	struct play_conn *conn = play_conn_of(play, handle);

	(void)shard;
	play_tell(play, "conn %u is told: peer closed", handle.index);
	/* Nobody has accepted it yet. */
	if (!conn->is_known)
		return;
	conn = known_of(play, handle);
	CHECK(!conn->peer_closed);
	conn->peer_closed = true;
	if (play->habits & PLAY_CLOSES_WITH && !conn->has_closed)
		play_finish(play, conn);
}

static void on_trouble(struct play *play, struct quern_conn handle)
{
	struct play_conn *conn = play_conn_of(play, handle);

	if (conn->is_known && play->habits & PLAY_ABORTS_TROUBLED)
		play_give_up(play, conn);
}

static void on_icmp(struct quern_shard *shard, struct quern_conn handle, enum quern_icmp what, void *app)
{
	struct play *play = app;

	(void)shard;
	play_tell(play, "conn %u is told: %s", handle.index, quern_icmp_text(what));
	CHECK(play->has_error);
	on_trouble(play, handle);
}

static void on_unanswered(struct quern_shard *shard, struct quern_conn handle, void *app)
{
	(void)shard;
	on_trouble(app, handle);
}

/* Each end has a cause that can be seen. */
static void check_end(struct play *play, const struct play_conn *conn, enum quern_end how)
{
	const struct tcp_conn *record = &play->shard->conns[conn->handle.index];
	const struct play_flow *flow = play_flow_of(play, record->key.local_port, record->key.remote_port);

	switch (how) {
	case QUERN_END_CLOSED:
		CHECK(flow->has_fin && conn->has_shut);
		return;
	case QUERN_END_RESET:
		CHECK(flow->resets > 0);
		return;
	case QUERN_END_REFUSED:
		CHECK(flow->resets > 0 || play->has_error);
		return;
	case QUERN_END_ABORTED:
		CHECK(conn->has_aborted || conn->has_closed);
		return;
	case QUERN_END_TIMEOUT:
		return;
	case QUERN_END_USER_TIMEOUT:
		CHECK(play->options.user_timeout_ms != 0 || play->shard->service_count > 3);
		return;
	case QUERN_END_NONE:
	case QUERN_END_EVICTED:
	case QUERN_ENDS_END:
		CHECK(how == QUERN_END_CLOSED);
	}
}

static void on_ended(struct quern_shard *shard, struct quern_conn handle, enum quern_end how, void *app)
{
	struct play *play = app;
	struct play_conn *conn = play_conn_of(play, handle);

	(void)shard;
	play_tell(play, "conn %u is told: ended, %s", handle.index, quern_end_name(how));
	if (!conn->is_known)
		return;
	conn = known_of(play, handle);
	check_end(play, conn, how);
	conn->is_known = false;
	if (play->habits & PLAY_REOPENS)
		play_open_one(play);
}

const struct quern_events play_events = {.on_established = on_established,
					 .on_data = on_data,
					 .on_writable = on_writable,
					 .on_urgent = on_urgent,
					 .on_peer_closed = on_peer_closed,
					 .on_icmp = on_icmp,
					 .on_unanswered = on_unanswered,
					 .on_ended = on_ended};
const struct quern_events play_pull_events = {.on_urgent = on_urgent,
					      .on_peer_closed = on_peer_closed,
					      .on_icmp = on_icmp,
					      .on_unanswered = on_unanswered,
					      .on_ended = on_ended};
