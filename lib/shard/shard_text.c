/* shard_text.c - what an application does with text: sends, takes, and waits for room. */
#include "shard/shard_flight.h"
#include "shard/shard_reserve.h"

#include <errno.h>

#include "base/least.h"

static bool may_send(const struct tcp_conn *conn)
{
	return !(conn->flags & TCP_ORPHAN) && (conn->state == QUERN_ESTABLISHED || conn->state == QUERN_CLOSE_WAIT ||
					       conn->state == QUERN_SYN_SENT || conn->state == QUERN_SYN_RCVD);
}

/* Returns how many bytes found room; a flight that stays empty is given back. */
static uint32_t queue_text(struct quern_shard *shard, struct tcp_conn *conn, const void *text, uint32_t bytes)
{
	const struct tcp_profile *profile = &shard_service_of(shard, conn)->tcp;
	struct shard_flight *flight = shard_flight_get(shard, conn);
	/* Before the peer has said what it takes, buffers are as large as it may: a segment is to lie in few. Nor are a
	 * peer's segments of 48 bytes a reason to fill a buffer with no more. */
	uint32_t segment = conn->flags & TCP_SYN_IN_FLIGHT ? tcp_profile_mss(profile, &conn->key) : tcp_smss(conn);
	uint32_t piece = most(segment, SHARD_QUEUE_PIECE_LEAST);
	uint32_t room, added;

	if (!flight)
		return 0;
	room = profile->send_queue - flight->queue.send_bytes;
	added = shard_queue_append(&flight->queue, &shard->buffers, text, least(bytes, room), piece);
	conn->snd_end += added;
	if (tcp_flight_is_over(conn, &flight->tcp))
		shard_flight_end(shard, conn);
	return added;
}

int quern_conn_send(struct quern_shard *shard, struct quern_conn handle, const void *text, uint32_t bytes,
		    uint32_t *taken)
{
	struct tcp_conn *conn = shard_conn_alive(shard, handle);
	uint32_t added;

	if (!conn)
		return -ENOENT;
	if (!may_send(conn))
		return -EPIPE;
	added = bytes > 0 ? queue_text(shard, conn, text, bytes) : 0;
	if (added > 0)
		shard_tcp_owes(shard, conn);
	if (added < bytes) {
		conn->flags |= TCP_WANTS_ROOM;
		if (!shard_flight_has_queued(shard, conn))
			shard_reserve_wait(shard, conn);
	}
	*taken = added;
	return 0;
}

void shard_text_room(struct quern_shard *shard, struct tcp_conn *conn)
{
	const struct shard_service *service = shard_service_of(shard, conn);
	const struct shard_flight *flight = shard_flight_of(shard, conn);

	if (flight && flight->queue.send_bytes > service->tcp.send_queue / 2)
		return;
	conn->flags &= (uint16_t)~TCP_WANTS_ROOM;
	if (service->events.on_writable && may_send(conn))
		service->events.on_writable(shard, shard_conn_handle(shard, conn), service->app);
}

int quern_conn_resume(struct quern_shard *shard, struct quern_conn handle)
{
	struct tcp_conn *conn = shard_conn_readable(shard, handle);
	struct shard_flight *flight;

	if (!conn)
		return -ENOENT;
	flight = shard_flight_of(shard, conn);
	if (flight && flight->tcp.held_bytes > 0 && shard_service_of(shard, conn)->events.on_data)
		shard_flight_offer(shard, conn, flight);
	return 0;
}

int quern_conn_receive(struct quern_shard *shard, struct quern_conn handle, void *text, uint32_t room, uint32_t *bytes)
{
	struct tcp_conn *conn = shard_conn_readable(shard, handle);
	struct shard_flight *flight;

	if (!conn)
		return -ENOENT;
	flight = shard_flight_of(shard, conn);
	*bytes = flight ? shard_flight_read(shard, conn, flight, text, room) : 0;
	return 0;
}
