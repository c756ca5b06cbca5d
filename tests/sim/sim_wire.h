/* sim_wire.h - what frames say, seen from outside: each way of a connection by its numbers, and what must be true of
 * them. Nothing here looks into a shard. */
#ifndef SIM_SIM_WIRE_H
#define SIM_SIM_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "support/raw_frame.h"

enum { SIM_FLOWS_MAX = 256 };

/* From one end to the other, as the tests have addresses. */
struct sim_tuple {
	uint32_t source, dest;
	uint16_t source_port, dest_port;
};

/* One way of a connection. Numbers are of its latest incarnation. */
struct sim_flow {
	struct sim_tuple tuple;
	bool is_known, has_scale, has_acked, has_edge, has_old;
	bool has_two; /* two answers by cookie are about: either may be acknowledged */
	uint8_t scale;
	uint32_t iss;
	uint32_t old_nxt;    /* SND.NXT of the incarnation before */
	uint32_t sent_end;   /* behind all that was sent */
	uint32_t acked;      /* the highest ACK that was sent */
	uint32_t edge_sent;  /* the right edge of the window that was said, */
	uint32_t edge_heard; /* and what the other end may go by, of what has arrived */
	uint32_t una, wnd;   /* the highest ACK, and the largest window, that have arrived */
	uint32_t tsval_heard;
	uint32_t resets_heard;
	uint64_t reset_turn; /* and the turn of the last */
	uint32_t end;        /* whose: index + 1 */
};

struct sim_world;
struct sim_frame;

/* The way of a connection, begun where it is new; null where there is no room, which fails the run. */
struct sim_flow *sim_wire_flow(struct sim_world *world, const struct sim_tuple *tuple);

/* The other way. */
struct sim_tuple sim_wire_back(const struct sim_tuple *tuple);

bool sim_wire_same(const struct sim_tuple *a, const struct sim_tuple *b);

/* A host has sent a frame: reads it, and holds it against the rules. */
void sim_wire_sent(struct sim_world *world, uint8_t host, struct sim_frame *frame);

/* A frame arrives at a host. */
void sim_wire_heard(struct sim_world *world, uint8_t host, const struct sim_frame *frame);

#endif
