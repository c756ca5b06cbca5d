/* shard_text.c - what an application does with text: sends, takes, and waits for room. */
#include "shard/shard_parts.h"

#include <errno.h>

enum { STARVED_LOOK = 1024 };

static bool may_send(const struct tcp_conn *conn)
{
	return !(conn->flags & TCP_ORPHAN) && (conn->state == QUERN_ESTABLISHED || conn->state == QUERN_CLOSE_WAIT ||
					       conn->state == QUERN_SYN_SENT || conn->state == QUERN_SYN_RCVD);
}

static bool has_text_queued(const struct quern_shard *shard, const struct tcp_conn *conn)
{
	const struct shard_flight *flight = shard_flight_of(shard, conn);

	return flight && flight->queue.send_bytes > 0;
}

/* Where the line is full its flag alone says so, and the records are looked through. */
void shard_text_starve(struct quern_shard *shard, struct tcp_conn *conn)
{
	if (conn->flags & TCP_STARVED)
		return;
	conn->flags |= TCP_STARVED;
	if (shard->starved_count < SHARD_STARVED_MAX)
		shard->starved[shard->starved_count++] = shard_conn_handle(shard, conn);
	else
		shard->starved_unseen = shard->config.max_connections;
}

/* Returns how many bytes found room; a flight that stays empty is given back. */
static uint32_t queue_text(struct quern_shard *shard, struct tcp_conn *conn, const void *text, uint32_t bytes)
{
	struct shard_flight *flight = shard_flight_get(shard, conn);
	uint32_t room, added;

	if (!flight)
		return 0;
	room = shard_service_of(shard, conn)->tcp.send_queue - flight->queue.send_bytes;
	added = shard_queue_append(&flight->queue, &shard->buffers, text, bytes < room ? bytes : room, conn->mss);
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
		if (!has_text_queued(shard, conn))
			shard_text_starve(shard, conn);
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

static bool has_room(const struct quern_shard *shard, const struct tcp_conn *conn)
{
	return shard->wakes_left > 0 && shard_queue_may_grow(&shard->buffers) && !shard_reserve_is_touched(shard) &&
	       (conn->flight || shard->first_free_flight);
}

static void wake(struct quern_shard *shard, struct tcp_conn *conn)
{
	conn->flags &= (uint16_t)~TCP_STARVED;
	if (conn->flags & TCP_LINGERS)
		return;
	shard->wakes_left--;
	/* What is queued and had to wait goes now. */
	if (conn->flags & TCP_OWES || has_text_queued(shard, conn))
		shard_tcp_owes(shard, conn);
	if (conn->flags & TCP_WANTS_ROOM)
		shard_text_room(shard, conn);
}

static void wake_line(struct quern_shard *shard)
{
	uint32_t count = shard->starved_count;
	struct quern_conn woken[SHARD_STARVED_MAX];

	/* Who finds no room again gets in line again. */
	memcpy(woken, shard->starved, count * sizeof(woken[0]));
	shard->starved_count = 0;
	for (uint32_t i = 0; i < count; i++) {
		struct tcp_conn *conn = shard_conn_record(shard, woken[i]);

		if (!conn || !(conn->flags & TCP_STARVED))
			continue;
		if (has_room(shard, conn)) {
			wake(shard, conn);
			continue;
		}
		/* Others may have got in line meanwhile, and it is full. */
		conn->flags &= (uint16_t)~TCP_STARVED;
		shard_text_starve(shard, conn);
	}
}

/* A bounded number of records a turn; once all have been looked at, whoever found the line full has had its turn. */
static void wake_unseen(struct quern_shard *shard)
{
	for (uint32_t i = 0; i < STARVED_LOOK && shard->starved_unseen; i++) {
		struct tcp_conn *conn = &shard->conns[shard->starved_next];

		if (conn->flags & TCP_STARVED && !has_room(shard, conn))
			return;
		shard->starved_unseen--;
		if (++shard->starved_next == shard->config.max_connections)
			shard->starved_next = 0;
		if (conn->flags & TCP_STARVED)
			wake(shard, conn);
	}
}

void shard_text_wake(struct quern_shard *shard)
{
	wake_line(shard);
	wake_unseen(shard);
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
