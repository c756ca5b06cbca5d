/* shard_flight.h - what a connection has beside its line while it has text; inside lib/shard only. */
#ifndef SHARD_SHARD_FLIGHT_H
#define SHARD_SHARD_FLIGHT_H

#include "shard/shard_parts.h"

/* A connection's flight; null at rest. */
static inline struct shard_flight *shard_flight_of(const struct quern_shard *shard, const struct tcp_conn *conn)
{
	return tcp_has_flight(conn) ? &shard->flights[tcp_flight_index(conn)] : NULL;
}

/* The numbers of a flight, for calls of tcp. */
static inline struct tcp_flight *shard_flight_tcp(struct shard_flight *flight)
{
	return flight ? &flight->tcp : NULL;
}

/* Whether text of a connection is queued that was not acknowledged. */
static inline bool shard_flight_has_queued(const struct quern_shard *shard, const struct tcp_conn *conn)
{
	const struct shard_flight *flight = shard_flight_of(shard, conn);

	return flight && flight->queue.send_bytes > 0;
}

/* A connection's flight, begun where there was none; null where none is free. */
struct shard_flight *shard_flight_get(struct quern_shard *shard, struct tcp_conn *conn);

/* Gives a flight and its buffers back. */
void shard_flight_end(struct quern_shard *shard, struct tcp_conn *conn);

/* False where text that comes now could not be held: buffers are short, or flights. `flight` is the connection's. */
static inline bool shard_flight_can_hold(const struct quern_shard *shard, const struct shard_flight *flight)
{
	return shard_queue_may_grow(&shard->buffers) && (flight || shard->first_free_flight);
}

/* The same of text that may stay in the frame that brought it, and needs no other buffer. */
static inline bool shard_flight_can_keep(const struct quern_shard *shard, const struct shard_flight *flight,
					 const struct rte_mbuf *mbuf)
{
	return shard_flight_can_hold(shard, flight) ||
	       (shard->buffers.used < shard->buffers.limit && (flight || shard->first_free_flight) &&
		rte_mbuf_refcnt_read(mbuf) == 1);
}

/* While many buffers are held, a connection that holds some is offered no more than it was before. */
static inline void shard_flight_narrow(const struct quern_shard *shard, struct shard_flight *flight)
{
	bool is_narrow = shard->buffers.used > shard->buffers.narrow_above || shard->pool_is_short;

	flight->tcp.flags = (uint16_t)((flight->tcp.flags & ~TCP_FLIGHT_NARROW) | (is_narrow ? TCP_FLIGHT_NARROW : 0));
}

/* False where text that comes now has no chance: it could not be held, and is not shown to the application first. */
bool shard_flight_has_room(const struct quern_shard *shard, const struct tcp_conn *conn,
			   const struct shard_flight *flight);

/* Gives text in order to the application, holds what it does not take, and leaves out what cannot be held, unless a FIN
 * behind it was taken. False where the connection is gone. */
bool shard_flight_deliver(struct quern_shard *shard, struct tcp_conn *conn, struct shard_frame *frame,
			  uint32_t trim_front, uint32_t bytes, bool fin_is_behind);

/* Offers what is held to on_data, which is not null, until that takes no more. */
void shard_flight_offer(struct quern_shard *shard, struct tcp_conn *conn, struct shard_flight *flight);

/* Copies held text out, at most `room` bytes; returns how many. The connection may be gone then. */
uint32_t shard_flight_read(struct quern_shard *shard, struct tcp_conn *conn, struct shard_flight *flight, uint8_t *text,
			   uint32_t room);

#endif
