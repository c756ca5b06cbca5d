/* tcp_reassembly.h - text beyond a hole: which octets are there. Numbers only; whoever has the bytes keeps them by the
 * same islands. */
#ifndef TCP_TCP_REASSEMBLY_H
#define TCP_TCP_REASSEMBLY_H

#include <stdbool.h>
#include <stdint.h>

#include "tcp/tcp_flight.h"
#include "wire/wire_packet.h"

/* Every step looks at all islands at most once, so this bounds what a segment can cost. */
enum { TCP_ISLANDS = 16 };

/* All zero is empty. */
struct tcp_reassembly {
	struct segment_sack islands[TCP_ISLANDS]; /* in order, a hole before each */
	uint16_t touched[TCP_ISLANDS];            /* by `clock`: when a segment of the island came last */
	uint16_t clock;
	uint8_t count;
	bool has_fin;
	uint32_t fin; /* number of a FIN that came beyond a hole */
};

enum tcp_piece_place {
	TCP_PIECE_NEW,     /* an island of its own, before that of this number */
	TCP_PIECE_APPEND,  /* behind the island */
	TCP_PIECE_PREPEND, /* before it */
	TCP_PIECE_JOIN     /* behind it, and before the next one: they become one */
};

/* Octets that fill a hole, or a part of one. */
struct tcp_piece {
	uint32_t seq;
	uint32_t bytes;
	uint8_t island;
	uint8_t place; /* enum tcp_piece_place */
};

/* The first octets of [seq, end) that are not there. False where all are, or another island finds no place. */
bool tcp_reassembly_find(const struct tcp_reassembly *reassembly, uint32_t seq, uint32_t end, struct tcp_piece *piece);

/* Adds what tcp_reassembly_find() has found. */
void tcp_reassembly_add(struct tcp_reassembly *reassembly, const struct tcp_piece *piece);

/* A segment came whose first octet is at `seq`: its island is the first that is told (RFC 2018 4). */
void tcp_reassembly_touch(struct tcp_reassembly *reassembly, uint32_t seq);

/* What becomes of the first island: its first `old` octets have come in order, the `fresh` behind them are in order
 * now.
 */
struct tcp_reached {
	uint32_t old;
	uint32_t fresh;
};

/* Where RCV.NXT has come to the first island: takes that out, moves RCV.NXT behind it, and true. */
bool tcp_reassembly_reach(struct tcp_reassembly *reassembly, struct tcp_conn *conn, struct tcp_flight *flight,
			  struct tcp_reached *reached);

/* True where RCV.NXT has come to the FIN that waited. */
static inline bool tcp_reassembly_fin_is_next(const struct tcp_reassembly *reassembly, const struct tcp_conn *conn)
{
	return reassembly->has_fin && reassembly->fin == conn->rcv_nxt;
}

/* Writes at most `max` islands, those first that were touched last; returns how many. */
uint32_t tcp_reassembly_blocks(const struct tcp_reassembly *reassembly, struct segment_sack *blocks, uint32_t max);

#endif
