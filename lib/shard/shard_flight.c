/* shard_flight.c - flights: taken when a connection has text, given back when it is at rest again; and text on its way
 * to the application. */
#include "shard/shard_flight.h"
#include "shard/shard_pacing.h"
#include "shard/shard_reassembly.h"
#include "shard/shard_scoreboard.h"

#include "base/least.h"
#include "tcp/tcp_timestamps.h"

struct shard_flight *shard_flight_get(struct quern_shard *shard, struct tcp_conn *conn)
{
	struct shard_flight *flight = shard_flight_of(shard, conn);

	if (flight)
		return flight;
	if (!shard->first_free_flight)
		return NULL;
	flight = &shard->flights[shard->first_free_flight - 1];
	shard->first_free_flight = flight->next_free;
	shard->flights_used++;
	tcp_flight_begin(conn, &flight->tcp, &shard_service_of(shard, conn)->tcp, shard->now_ms);
	flight->tcp.ts_offset = conn->has_timestamps ? shard_timestamps_offset(shard, &conn->key) : 0;
	tcp_set_flight(conn, (uint32_t)(flight - shard->flights));
	flight->queue = (struct shard_queue){.send_seq = flight->tcp.snd_una};
	return flight;
}

void shard_flight_end(struct quern_shard *shard, struct tcp_conn *conn)
{
	uint32_t index = tcp_flight_index(conn);
	struct shard_flight *flight = &shard->flights[index];

	if (flight->tcp.pacing.place)
		shard_pacing_forget(shard, &flight->tcp);
	tcp_flight_end(conn, &flight->tcp);
	shard_reassembly_clear(shard, flight);
	shard_scoreboard_clear(shard, flight);
	if (flight->queue.send_first || flight->queue.held_first)
		shard_queue_clear(&flight->queue, &shard->buffers);
	flight->next_free = shard->first_free_flight;
	shard->first_free_flight = index + 1;
	shard->flights_used--;
}

/* What the application does not take is held. False where no buffer is left for it. */
static bool hold(struct quern_shard *shard, struct tcp_conn *conn, struct shard_frame *frame, const uint8_t *text,
		 uint32_t bytes)
{
	struct shard_flight *flight = shard_flight_get(shard, conn);
	struct rte_mbuf *mbuf = frame->mbuf;

	if (!flight)
		return false;
	if (!shard_queue_hold(&flight->queue, &shard->buffers, text, bytes)) {
		if (!mbuf || rte_mbuf_refcnt_read(mbuf) != 1)
			return false;
		rte_pktmbuf_adj(mbuf, (uint16_t)(text - rte_pktmbuf_mtod(mbuf, const uint8_t *)));
		rte_pktmbuf_trim(mbuf, (uint16_t)(mbuf->data_len - bytes));
		shard_queue_hold_frame(&flight->queue, &shard->buffers, mbuf);
		frame->mbuf = NULL;
	}
	tcp_flight_held(conn, &flight->tcp, &shard_service_of(shard, conn)->tcp, bytes);
	counter_add(&shard->counters.text_bytes, bytes);
	return true;
}

bool shard_flight_has_room(const struct quern_shard *shard, const struct tcp_conn *conn,
			   const struct shard_flight *flight)
{
	if (shard->services[conn->profile].events.on_data && !(flight && flight->tcp.held_bytes))
		return true;
	return shard_flight_can_hold(shard, flight);
}

bool shard_flight_deliver(struct quern_shard *shard, struct tcp_conn *conn, struct shard_frame *frame,
			  uint32_t trim_front, uint32_t bytes, bool fin_is_behind)
{
	const uint8_t *text =
		rte_pktmbuf_mtod_offset(frame->mbuf, const uint8_t *, frame->packet->text_offset + trim_front);
	const struct shard_service *service = shard_service_of(shard, conn);
	const struct shard_flight *flight = shard_flight_of(shard, conn);
	uint16_t generation = conn->generation;
	uint32_t taken = 0;

	/* RFC 9293 3.6.1: closed with text that nobody has read. */
	if (service->events.on_data && !(flight && flight->tcp.held_bytes) && !(conn->flags & TCP_ORPHAN)) {
		taken = service->events.on_data(shard, shard_conn_handle(shard, conn), text, bytes, service->app);
		taken = least(taken, bytes);
		counter_add(&shard->counters.text_bytes, taken);
		if (conn->generation != generation)
			return false;
	}
	if (taken == bytes)
		return true;
	if (!(conn->flags & TCP_ORPHAN)) {
		bool may_hold = fin_is_behind || shard_flight_can_hold(shard, shard_flight_of(shard, conn));

		if (may_hold && hold(shard, conn, frame, text + taken, bytes - taken))
			return true;
		if (!fin_is_behind) {
			shard_drop(shard, QUERN_DROP_TCP_NO_BUFFERS);
			tcp_leave_out(conn, bytes - taken);
			return true;
		}
	}
	shard_conn_abort_unread(shard, conn);
	return false;
}

/* The application has taken `bytes` bytes of what was held; the last of it lets it hear of the peer's FIN, and go.
 * False where the connection is gone. */
static bool taken(struct quern_shard *shard, struct tcp_conn *conn, struct shard_flight *flight, uint32_t bytes)
{
	struct shard_service *service = shard_service_of(shard, conn);
	uint16_t generation = conn->generation;

	shard_queue_take(&flight->queue, &shard->buffers, bytes);
	shard_flight_narrow(shard, flight);
	tcp_flight_taken(conn, &flight->tcp, &service->tcp, bytes);
	if (flight->tcp.held_bytes == 0 && flight->tcp.flags & TCP_FLIGHT_TELL_FIN) {
		flight->tcp.flags &= (uint16_t)~TCP_FLIGHT_TELL_FIN;
		if (service->events.on_peer_closed)
			service->events.on_peer_closed(shard, shard_conn_handle(shard, conn), service->app);
		if (conn->generation != generation)
			return false;
	}
	if (conn->flags & TCP_LINGERS) {
		if (flight->tcp.held_bytes == 0)
			shard_conn_linger_end(shard, conn);
		return conn->generation == generation;
	}
	shard_tcp_owes(shard, conn);
	return true;
}

/* Shows the first buffer of what is held; returns how much of it is taken. 0 too where the application has ended the
 * connection, or read for itself, meanwhile. */
static uint32_t show(struct quern_shard *shard, struct tcp_conn *conn, struct shard_flight *flight)
{
	const struct shard_service *service = shard_service_of(shard, conn);
	const struct rte_mbuf *mbuf = flight->queue.held_first;
	uint32_t bytes = mbuf->data_len, held = flight->tcp.held_bytes, took;
	uint16_t generation = conn->generation;

	flight->tcp.flags |= TCP_FLIGHT_SHOWN;
	took = service->events.on_data(shard, shard_conn_handle(shard, conn), rte_pktmbuf_mtod(mbuf, const void *),
				       bytes, service->app);
	if (conn->generation != generation || shard_flight_of(shard, conn) != flight)
		return 0;
	flight->tcp.flags &= (uint16_t)~TCP_FLIGHT_SHOWN;
	if (flight->tcp.held_bytes != held)
		return 0;
	/* Closed meanwhile, and more is held than it has taken. */
	if (conn->flags & TCP_ORPHAN && took < held) {
		shard_conn_abort_unread(shard, conn);
		return 0;
	}
	return least(took, bytes);
}

void shard_flight_offer(struct quern_shard *shard, struct tcp_conn *conn, struct shard_flight *flight)
{
	uint32_t bytes, took;

	/* Within on_data, the same text would be shown twice. */
	if (flight->tcp.flags & TCP_FLIGHT_SHOWN)
		return;
	do {
		bytes = flight->queue.held_first->data_len;
		took = show(shard, conn, flight);
	} while (took > 0 && taken(shard, conn, flight, took) && took == bytes && flight->tcp.held_bytes > 0);
}

uint32_t shard_flight_read(struct quern_shard *shard, struct tcp_conn *conn, struct shard_flight *flight, uint8_t *text,
			   uint32_t room)
{
	uint32_t done = 0, bytes = least(flight->tcp.held_bytes, room);
	const struct rte_mbuf *mbuf = flight->queue.held_first;

	for (; done < bytes; mbuf = mbuf->next) {
		uint32_t piece = bytes - done < mbuf->data_len ? bytes - done : mbuf->data_len;

		memcpy(text + done, rte_pktmbuf_mtod(mbuf, const void *), piece);
		done += piece;
	}
	if (bytes > 0)
		taken(shard, conn, flight, bytes);
	return bytes;
}
