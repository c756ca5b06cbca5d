/* model_state.h - all there is at a moment: two endpoints, their applications, and the channel between them. */
#ifndef MODEL_MODEL_STATE_H
#define MODEL_MODEL_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "model/model_plan.h"
#include "tcp/tcp_flight.h"
#include "tcp/tcp_reassembly.h"
#include "tcp/tcp_time_wait.h"

enum {
	MODEL_NOW_MS = 1000, /* the clock stands still; timers fire when the search says so */
	MODEL_2MSL_MS = 60000,
	MODEL_ISS_STEP = 16, /* from one connection of an end to its next */
	MODEL_MSS = 1460
};

/* A packet on its way; all zero is none. Text has no bytes: what an octet is follows from its number and its life. */
struct model_packet {
	uint32_t seq;
	uint32_t ack;
	uint16_t wnd;
	uint8_t flags;
	uint8_t text;
	uint8_t to;   /* the end that it goes to */
	uint8_t life; /* of its sender, + 1; 0 where it speaks for no connection */
	bool is_there;
	uint8_t spare;
};

enum model_life_flag {
	MODEL_LIFE_SHUT = 1 << 0,      /* our FIN is queued */
	MODEL_LIFE_TOLD = 1 << 1,      /* the application knows of it */
	MODEL_LIFE_PEER_SHUT = 1 << 2, /* and of its peer's FIN */
	MODEL_LIFE_BAD_LUCK = 1 << 3   /* reset by the answer to a SYN, whose number 0 happened to be right */
};

/* What the rules know of one connection of one end, by what it has done. */
struct model_life {
	uint8_t flags; /* enum model_life_flag */
	uint8_t peer;  /* the connection of the other end whose SYN it has taken, + 1; 0 for none */
	uint8_t sent;  /* octets that have gone out at least once: SYN, text and FIN */
	uint8_t heard; /* octets of the peer that were taken in order, SYN and FIN among them */
	uint8_t text;  /* bytes that its application has sent */
	uint8_t given; /* bytes that it was given */
	uint8_t edge;  /* right edge of the window that was said, from the peer's SYN on */
	uint8_t end;   /* enum quern_end, once that is told */
};

struct model_host {
	struct tcp_conn conn; /* state QUERN_NO_STATE where there is none */
	struct tcp_flight flight;
	struct tcp_reassembly reassembly;
	struct tcp_time_wait rest; /* in TIME-WAIT, where that is live */
	struct model_life lives[MODEL_LIVES];
	uint8_t life;      /* number of the connection at hand */
	uint8_t rest_life; /* and of the one in TIME-WAIT */
	uint8_t begun;     /* connections so far */
	bool is_listening;
	uint8_t opens_left;
	uint8_t bytes_left;
	uint8_t spare[2];
};

struct model_state {
	struct model_host hosts[MODEL_HOSTS];
	struct model_packet channel[MODEL_CHANNEL]; /* in order of their bytes, so that there is one way to write it */
	uint8_t losses_left;
	uint8_t copies_left;
	uint8_t timeouts_left;
	uint8_t spare[13];
};

/* Nothing has happened. */
void model_state_begin(struct model_state *state, const struct model_plan *plan);

/* Makes alike what differs in nothing that the search looks at: docs/model.md says what. */
void model_state_settle(struct model_state *state);

/* ISS of a connection of an end. */
uint32_t model_iss(uint8_t host, uint8_t life);

/* True where the end has a connection, TIME-WAIT not counted. */
static inline bool model_has_conn(const struct model_host *host)
{
	return host->conn.state != QUERN_NO_STATE;
}

/* True where the end has a record in TIME-WAIT. */
static inline bool model_has_rest(const struct model_host *host)
{
	return host->rest.flags & TCP_TIME_WAIT_LIVE;
}

/* The connection's flight, null at rest. */
static inline struct tcp_flight *model_flight(struct model_host *host)
{
	return tcp_has_flight(&host->conn) ? &host->flight : NULL;
}

/* How many packets are on their way. */
uint32_t model_in_flight(const struct model_state *state);

#endif
