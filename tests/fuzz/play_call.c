/* play_call.c - what the application calls. */
#include <errno.h>

#include "base/check.h"
#include "fuzz/play.h"
#include "support/raw_ip6.h"

enum { PIECE_MAX = 8192, CONN_CALLS = 10 };

/* The connection of a handle; fails where it is none of this shard's. */
struct play_conn *play_conn_of(struct play *play, struct quern_conn handle)
{
	CHECK(handle.index < PLAY_CONNS && handle.shard == 0);
	return &play->conns[handle.index];
}

struct play_conn *play_learn(struct play *play, struct quern_conn handle)
{
	struct play_conn *conn = play_conn_of(play, handle);
	struct quern_conn_info info;

	CHECK(!conn->is_known);
	CHECK(quern_conn_info(play->shard, handle, &info) == 0);
	if (conn->handle.generation != handle.generation)
		conn->is_tracked = conn->has_acked = false;
	conn->handle = handle;
	conn->is_known = true;
	conn->is_established = conn->has_shut = conn->has_closed = conn->has_aborted = false;
	conn->peer_closed = conn->pulls = conn->holds = conn->is_vague = false;
	/* In SYN-SENT the SYN comes before all that is sent. */
	conn->write_at = info.snd_una + (info.state == QUERN_SYN_SENT);
	conn->read_at = info.rcv_nxt;
	return conn;
}

void play_send(struct play *play, struct play_conn *conn, uint32_t bytes)
{
	uint8_t text[PIECE_MAX];
	uint32_t taken = 0;
	int result;

	for (uint32_t i = 0; i < bytes; i++)
		text[i] = raw_text_byte(conn->write_at + i);
	result = quern_conn_send(play->shard, conn->handle, text, bytes, &taken);
	play->calls++;
	CHECK(taken <= bytes);
	CHECK(result == 0 || result == -ENOENT || result == -EPIPE);
	CHECK(result == 0 || taken == 0);
	CHECK(result != 0 || !conn->has_shut);
	conn->write_at += taken;
}

void play_shut(struct play *play, struct play_conn *conn)
{
	int result = quern_conn_shutdown(play->shard, conn->handle);

	play->calls++;
	CHECK(result == 0 || result == -ENOENT || result == -ENOTCONN || result == -EPIPE);
	conn->has_shut |= result == 0;
}

/* The record may be free before the call is back. */
void play_finish(struct play *play, struct play_conn *conn)
{
	int result;

	conn->has_closed = conn->has_shut = true;
	play->calls++;
	result = quern_conn_close(play->shard, conn->handle);
	CHECK(result == 0 || result == -ENOENT || result == -EPIPE);
}

void play_give_up(struct play *play, struct play_conn *conn)
{
	int result;

	conn->has_aborted = true;
	play->calls++;
	result = quern_conn_abort(play->shard, conn->handle);
	/* Within the word of an ICMP error that ends it, it has ended. */
	CHECK(result == 0 ? !conn->is_known : result == -ENOENT && play->has_error);
}

void play_open_one(struct play *play)
{
	struct quern_conn handle;
	int result = quern_connect(play->shard, play->route, &handle);

	play->calls++;
	CHECK(result == 0 || result == -EADDRNOTAVAIL || result == -ENOBUFS);
	if (result == 0)
		play_learn(play, handle);
}

void play_check_text(const struct play_conn *conn, const uint8_t *text, uint32_t bytes)
{
	for (uint32_t i = 0; i < bytes; i++)
		CHECK(text[i] == raw_text_byte(conn->read_at + i));
}

static void accept_one(struct play *play)
{
	const struct quern_endpoint local = raw_endpoint(PLAY_LOCAL, PLAY_PULL_PORT);
	struct quern_conn_info info;
	struct quern_conn handle;
	struct play_conn *conn;
	int result = quern_accept(play->shard, &local, &handle);
	bool has_fin;

	play->calls++;
	CHECK(result == 0 || result == -EAGAIN);
	if (result != 0)
		return;
	conn = play_learn(play, handle);
	CHECK(quern_conn_info(play->shard, handle, &info) == 0);
	has_fin = play_has_fin(info.state);
	conn->is_established = conn->pulls = true;
	conn->read_at = info.rcv_nxt - has_fin - info.held_bytes;
	/* Told before anybody had accepted it, and not again. */
	conn->peer_closed = has_fin && info.held_bytes == 0;
}

/* What is read may be the last of it, and the end is told before the call is back. */
static void pull(struct play *play, struct play_conn *conn, uint32_t room)
{
	struct quern_conn_info info;
	struct play_conn before;
	uint8_t text[PIECE_MAX];
	uint32_t bytes = 0, most;

	if (quern_conn_info(play->shard, conn->handle, &info) != 0)
		return;
	most = room < info.held_bytes ? room : info.held_bytes;
	before = *conn;
	conn->read_at += most;
	play->calls++;
	CHECK(quern_conn_receive(play->shard, before.handle, text, room, &bytes) == 0);
	CHECK(bytes == most);
	play_check_text(&before, text, bytes);
}

static void change_setting(struct play *play, struct play_conn *conn, uint8_t draw)
{
	const struct quern_tcp_options keepalive = {.keepalive = draw & 16,
						    .keepalive_idle_ms = draw & 32 ? 100 : 5000,
						    .keepalive_interval_ms = draw & 64 ? 100 : 2000,
						    .keepalive_probes = 2};
	int result;

	play->calls++;
	if (draw & 128)
		result = quern_conn_nagle(play->shard, conn->handle, draw & 16);
	else if (draw & 8)
		result = quern_conn_user_timeout(play->shard, conn->handle, draw & 16 ? 1000U << (draw >> 5 & 3) : 0);
	else
		result = quern_conn_keepalive(play->shard, conn->handle, &keepalive);
	CHECK(result == 0 || result == -ENOENT || result == -ENOSPC);
}

static void call_conn(struct play *play, struct play_conn *conn, uint8_t which, uint8_t draw)
{
	static const uint16_t sizes[] = {1, 16, 17, 100, 536, 1000, 1460, 2920, 3000, 5000, 8000, 8192, 2, 3, 7, 48};

	switch (which % CONN_CALLS) {
	case 0:
	case 1:
		play_send(play, conn, sizes[draw >> 4]);
		return;
	case 2:
		play_shut(play, conn);
		return;
	case 3:
		if (!conn->has_closed)
			play_finish(play, conn);
		return;
	case 4:
		play_give_up(play, conn);
		return;
	case 5:
		conn->holds = !conn->holds;
		return;
	case 6:
		play->calls++;
		quern_conn_resume(play->shard, conn->handle);
		return;
	case 7:
		pull(play, conn, sizes[draw >> 4]);
		return;
	default:
		change_setting(play, conn, draw);
	}
}

/* The lower three bits of the byte that follows say which connection, of those that there are. */
void play_call(struct play *play, uint8_t which)
{
	uint8_t draw;

	if (which < 2) {
		play_tell(play, which ? "the application accepts" : "the application opens");
		if (which)
			accept_one(play);
		else
			play_open_one(play);
		return;
	}
	draw = play_next(play);
	for (uint32_t i = 0; i < PLAY_CONNS; i++) {
		struct play_conn *conn = &play->conns[(draw + i) % 8 % PLAY_CONNS];

		if (!conn->is_known)
			continue;
		play_tell(play, "the application calls %u of conn %u, %u", (which - 2) % CONN_CALLS, conn->handle.index,
			  draw);
		call_conn(play, conn, (uint8_t)(which - 2), draw);
		return;
	}
}

void play_let_go(struct play *play)
{
	for (uint32_t waiting = play->shard->waiting_count; waiting > 0; waiting--)
		accept_one(play);
	for (uint32_t i = 0; i < PLAY_CONNS; i++) {
		struct play_conn *conn = &play->conns[i];

		if (!conn->is_known || conn->has_closed)
			continue;
		if (play->world & PLAY_END_ABORT)
			play_give_up(play, conn);
		else
			play_finish(play, conn);
	}
}
