/* shard_calls.c - what an application asks of one connection. */
#include "shard/shard_flight.h"

#include <errno.h>
#include <string.h>

#include "tcp/tcp_call.h"
#include "tcp/tcp_timer.h"

int quern_conn_shutdown(struct quern_shard *shard, struct quern_conn handle)
{
	struct tcp_conn *conn = shard_conn_alive(shard, handle);
	int error;

	if (!conn)
		return -ENOENT;
	error = tcp_shutdown(conn);
	if (error == 0)
		shard_tcp_owes(shard, conn);
	return error;
}

/* What a lingering connection still holds is wanted no more. */
static int stop_lingering(struct quern_shard *shard, struct quern_conn handle)
{
	struct tcp_conn *conn = shard_conn_readable(shard, handle);

	if (!conn)
		return -ENOENT;
	shard_conn_linger_end(shard, conn);
	return 0;
}

/* A connection that may be ended; also one whose last segment is being told, and which is in TIME-WAIT already. */
static struct tcp_conn *endable(struct quern_shard *shard, struct quern_conn handle)
{
	struct tcp_conn *conn = shard_conn_record(shard, handle);

	return conn && conn == shard->current && conn->state == QUERN_TIME_WAIT ? conn
										: shard_conn_alive(shard, handle);
}

int quern_conn_close(struct quern_shard *shard, struct quern_conn handle)
{
	struct tcp_conn *conn = endable(shard, handle);
	const struct shard_flight *flight;
	int error;

	if (!conn)
		return stop_lingering(shard, handle);
	flight = shard_flight_of(shard, conn);
	/* RFC 2525 2.17: text that nobody has read is no orderly end. What is shown just now may be taken yet. */
	if (flight && flight->tcp.held_bytes > 0 && !(flight->tcp.flags & TCP_FLIGHT_SHOWN)) {
		shard_conn_abort_unread(shard, conn);
		return 0;
	}
	error = tcp_close(conn);
	if (error < 0)
		return error;
	if (conn->state == QUERN_CLOSED)
		shard_conn_end(shard, conn, QUERN_END_ABORTED, false);
	else if (conn->state == QUERN_FIN_WAIT_2)
		tcp_timer_on_rest(conn, &shard->wheel, &shard_service_of(shard, conn)->tcp, shard->now_ms);
	else
		shard_tcp_owes(shard, conn);
	return 0;
}

int quern_conn_abort(struct quern_shard *shard, struct quern_conn handle)
{
	struct tcp_conn *conn = endable(shard, handle);

	if (!conn)
		return stop_lingering(shard, handle);
	/* Inside its own callback: a RST carries no ACK, and without the one that is owed the peer of a connection that
	 * was just opened would never know of it. */
	if (conn == shard->current && conn->flags & TCP_OWES_ACK)
		shard_tcp_output(shard, conn, shard->current_frame, false);
	shard_conn_abort(shard, conn);
	return 0;
}

int quern_accept(struct quern_shard *shard, const struct quern_endpoint *local, struct quern_conn *handle)
{
	const struct shard_service *listener = shard_listener_at(shard, local);

	if (!listener)
		return -ENOENT;
	for (uint32_t i = 0; i < shard->waiting_count; i++) {
		struct shard_waiting *waiting = &shard->waiting[i];

		if (&shard->services[waiting->service] != listener)
			continue;
		*handle = waiting->conn;
		shard->conns[handle->index].flags &= (uint16_t)~TCP_WAITS_ACCEPT;
		memmove(waiting, waiting + 1, (--shard->waiting_count - i) * sizeof(*waiting));
		return 0;
	}
	return -EAGAIN;
}

uint32_t *quern_conn_user(struct quern_shard *shard, struct quern_conn handle)
{
	struct tcp_conn *conn = shard_conn_record(shard, handle);

	return conn ? &conn->user : NULL;
}

uint64_t shard_conn_id(uint32_t index, const struct tcp_conn *conn)
{
	return (uint64_t)index << 16 | conn->generation;
}

void shard_conn_describe(const struct tcp_conn *conn, const struct shard_flight *flight, struct quern_conn_info *info)
{
	*info = (struct quern_conn_info){
		.state = conn->state,
		.snd_nxt = flight ? flight->tcp.snd_nxt : conn->snd_end,
		.snd_una = tcp_snd_una(conn, flight ? &flight->tcp : NULL),
		.rcv_nxt = conn->rcv_nxt,
		.snd_wnd = tcp_snd_wnd(conn),
		.queued_bytes = flight ? flight->queue.send_bytes : 0,
		.held_bytes = flight ? flight->tcp.held_bytes : 0,
		.rto_ms = tcp_timer_rto(conn, flight ? &flight->tcp : NULL),
		.mss = conn->mss,
	};
}

int quern_conn_info(struct quern_shard *shard, struct quern_conn handle, struct quern_conn_info *info)
{
	const struct tcp_conn *conn = shard_conn_record(shard, handle);

	if (!conn)
		return -ENOENT;
	shard_conn_describe(conn, shard_flight_of(shard, conn), info);
	shard_ip6_ends(shard, &conn->key, info);
	info->id = shard_conn_id(handle.index, conn);
	return 0;
}

uint64_t quern_now(const struct quern_shard *shard)
{
	return shard->now_ns;
}

uint16_t quern_shard_number(const struct quern_shard *shard)
{
	return shard->config.number;
}
