/* sim_seed.h - what a seed turns on: the make of a world, and the list of what happens in it. */
#ifndef SIM_SIM_SEED_H
#define SIM_SIM_SEED_H

#include <stdbool.h>
#include <stdint.h>

#include <quern/impair.h>
#include <quern/options.h>

#include "shard/shard.h"

enum {
	SIM_HOSTS_MAX = 4,
	SIM_CONNS_MAX = 48,     /* opens of a plan */
	SIM_EVENTS_MAX = 16384, /* of a plan, harm to frames included */
	SIM_PORT = 80,          /* where every host listens, its application called back */
	SIM_PULL_PORT = 81,     /* where its application asks: quern_accept() and quern_conn_receive() */
	SIM_CROSS_PORT = 7000,  /* where two hosts open to each other at once, and nobody listens */
	SIM_TO_PULL = 1 << 8,   /* beside the target of an open: to SIM_PULL_PORT */
	SIM_TO_CROSS = 1 << 9   /* from and to SIM_CROSS_PORT */
};

#define SIM_NS_PER_MS UINT64_C(1000000)

/* One thing that happens at a time, or, for HARM, to a frame. What `who`, `a` and `b` say stands beside each; b is a
 * time in ms where nothing else is said. A side is the number of an open times 2, plus 1 for the end that was not
 * asked. */
#define SIM_KINDS(X)                                                                                                 \
	X(OPEN, "host %u opens to %#x, as number %u")                  /* host, target and SIM_TO_…, number */     \
	X(SEND, "host %u: side %u sends %u bytes more")                /* host, side, bytes */                       \
	X(SHUTDOWN, "host %u: side %u shuts down (%u)")                /* host, side */                              \
	X(CLOSE, "host %u: side %u closes (%u)")                       /* host, side */                              \
	X(ABORT, "host %u: side %u aborts (%u)")                       /* host, side */                              \
	X(HOLD, "host %u: side %u stops reading for %u ms")            /* host, side */                              \
	X(SETTING, "host %u: side %u changes a setting (%u)")          /* host, side, a draw */                      \
	X(DRAIN, "host %u has %u buffers left for %u ms")              /* host, buffers */                           \
	X(REFUSE, "host %u: its port takes nothing (%u) for %u ms")    /* host, 1 where frames are lost meanwhile */ \
	X(SHORT, "host %u: its port takes %u frames a turn for %u ms") /* host, frames */                            \
	X(LATE, "host %u does not turn (%u) for %u ms")                /* host */                                    \
	X(RESTART, "host %u begins anew (%u), and takes %u ms for it") /* host */                                    \
	X(BEHIND, "host %u drops SYNs unread (%u) for %u ms")          /* host */                                    \
	X(JUMP, "the clock jumps (%u, %u) by %u ms")                                                                 \
	X(DARK, "link %u is dark (%u) for %u ms")                        /* link */                                  \
	X(NARROW, "link %u takes packets of %u bytes at most for %u ms") /* link, MTU */                             \
	X(COPY, "link %u brings frame %u once more after %u ms")         /* link, frame */                           \
	X(HARM, "link %u, frame %u: harm %u")                            /* link, frame, enum sim_harm */

enum sim_kind {
#define X(name, text) SIM_##name,
	SIM_KINDS(X)
#undef X
		SIM_KINDS_END
};

enum sim_harm { SIM_LOST = 1, SIM_DOUBLED = 2, SIM_REORDERED = 4, SIM_CORRUPTED = 8 };

struct sim_event {
	uint64_t at_ns;
	uint32_t a, b;
	uint8_t kind; /* enum sim_kind */
	uint8_t who;  /* host, or link: from * SIM_HOSTS_MAX + to */
	bool is_off;  /* left out by the shrinker */
};

/* How a host is made. */
struct sim_make {
	uint32_t max_connections, max_half_open, max_time_wait, max_flights, accept_backlog;
	bool time_wait_reset;
	uint16_t mtu;
	uint16_t burst; /* frames that it is given at once */
	uint16_t first_port, last_port;
	struct quern_tcp_options listens, opens;
};

struct sim_plan {
	uint64_t seed;
	uint64_t start_ns, end_ns; /* faults are over at the end, and liveness is asked for */
	uint32_t time_wait_ms;
	bool is_ip6, ethernet;
	bool is_hardware; /* ports gather frames and make checksums */
	bool is_copied;   /* frames arrive in buffers of the link's; else in the sender's own, as a cable has it */
	bool says_why;    /* a link that is narrow, or dark, answers by ICMP */
	bool has_twins;   /* hosts 1 and 2 share a port, */
	bool is_spread;   /* which gives each what is its own; else the first hears all */
	bool is_exact;    /* buffers of the links have memory of exactly a frame's size, for AddressSanitizer */
	uint8_t hosts;
	struct sim_make makes[SIM_HOSTS_MAX];
	struct quern_impair links[SIM_HOSTS_MAX][SIM_HOSTS_MAX]; /* from, to */
	bool is_recorded;   /* harm to frames is in the list: what is not there does not happen */
	uint32_t scheduled; /* events that have a time, in its order; harm is behind them */
	uint32_t count;
	struct sim_event events[SIM_EVENTS_MAX];
};

/* What the seed turns on; every field of the plan is set. */
void sim_seed_plan(struct sim_plan *plan, uint64_t seed);

/* A number of its own for each thing that the seed decides later, whatever else happens before. */
uint64_t sim_seed_mix(uint64_t seed, uint64_t what);

/* Notes harm to a frame in the list of a plan that is not recorded yet; what finds no place there cannot be shrunk. */
void sim_seed_note_harm(struct sim_plan *plan, uint8_t link, uint32_t frame, uint32_t harm, uint64_t at_ns);

/* The event in words, in a buffer that the next call uses again. */
const char *sim_seed_text(const struct sim_event *event);

#endif
