/* play.h - a program of segments, calls and time, played to one shard; docs/fuzzing.md has its language. The player is
 * the peer of a few flows, and the shard's application. What it says counts from what it has heard, so that programs
 * come far; what it hears, and the shard's records, are held against the rules of the simulator after each turn. */
#ifndef FUZZ_PLAY_H
#define FUZZ_PLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/seq.h"
#include "fuzz/fuzz_shard.h"
#include "shard/shard_parts.h"
#include "support/raw_frame.h"

enum {
	PLAY_CONNS = 6, /* records of the shard */
	PLAY_RESTS = 4, /* of which so many in TIME-WAIT */
	PLAY_FLOWS = 6,
	PLAY_SAID = 8, /* frames of the player's that can come again */
	PLAY_BURST = 8,
	PLAY_TURNS_MAX = 2000, /* of a program, before its end: so that none takes long */
	PLAY_PORT = 80,        /* a listener with callbacks */
	PLAY_PULL_PORT = 81,   /* and one that waits to be asked */
	PLAY_DEAD_PORT = 82,   /* where nobody listens */
	PLAY_TARGET_PORT = 7
};

#define PLAY_LOCAL 0xc6120001U
#define PLAY_REMOTE 0xc6130001U

/* What the world is like: bits of the first byte of a program, */
enum play_world {
	PLAY_IP6 = 1,
	PLAY_EXACT = 2,    /* frames in memory of exactly their size */
	PLAY_HARDWARE = 4, /* a port that gathers and sums, */
	PLAY_CUTS = 8,     /* and cuts */
	PLAY_TIGHT = 16,   /* one half-open connection, one TIME-WAIT record, two flights */
	PLAY_TIME_WAIT_RESET = 32,
	PLAY_LATE_CLOCK = 64, /* its 32 bits of milliseconds come round */
	PLAY_END_ABORT = 128  /* in the end all is aborted, and not closed */
};

/* of the second, */
enum play_options {
	PLAY_NO_SCALE = 1,
	PLAY_NO_SACK = 2,
	PLAY_NO_TIMESTAMPS = 4,
	PLAY_NAGLE = 8,
	PLAY_NEWRENO = 16,
	PLAY_NO_PACING = 32,
	PLAY_KEEPALIVE = 64,
	PLAY_COOKIES = 128
};

/* and of the third: what the application does within callbacks. */
enum play_habit {
	PLAY_GREETS = 1, /* sends once it hears "established" */
	PLAY_ECHOES = 2,
	PLAY_CLOSES_WITH = 4,      /* closes once its peer has */
	PLAY_CLOSES_ON_TEXT = 8,   /* within on_data */
	PLAY_ABORTS_ON_TEXT = 16,  /* the same */
	PLAY_ABORTS_TROUBLED = 32, /* on ICMP errors, and on silence */
	PLAY_SIPS = 64,            /* takes some bytes of what it is shown */
	PLAY_REOPENS = 128         /* opens another connection once one has ended */
};

/* One flow, from the player's side. Numbers are of the latest incarnation that was heard of. */
struct play_flow {
	uint16_t local_port, remote_port; /* of the shard, of the player */
	bool is_active;                   /* the shard opens it */
	bool is_known;                    /* it has said a SYN */
	uint32_t iss;
	uint32_t sent_end; /* behind all that it has said */
	uint32_t acked;    /* its last ACK, */
	uint32_t edge;     /* and the right edge of its window */
	uint32_t tsval;    /* its last */
	bool has_timestamps;
	uint8_t scale;
	/* What the player has said. */
	bool has_begun, offers_timestamps;
	uint32_t own_iss;
	uint32_t own_nxt;   /* behind all that it has said without a gap */
	uint32_t own_acked; /* the last that it acknowledged */
	uint32_t own_tsval;
	uint16_t window;                 /* its last, */
	uint16_t most_wnd, most_syn_wnd; /* and the largest that it has said, without SYN and with */
	bool has_fin;                    /* at any time */
	/* Of this turn. */
	uint32_t heard, resets; /* segments that came to the shard, and how many were RST */
};

/* A record of the shard's, as the application has it, and as it was after the turn before. */
struct play_conn {
	struct quern_conn handle;
	bool is_known; /* the application has been told, and not of its end */
	bool is_established, has_shut, has_closed, has_aborted, peer_closed, pulls;
	uint32_t read_at;  /* number of the next byte that it will be given, */
	uint32_t write_at; /* and of the next one that it sends */
	bool holds;        /* takes nothing for now */
	bool is_vague;     /* established in this turn, out of nothing: read_at is not known until text comes */
	bool is_tracked;
	enum quern_state state;
	uint32_t una, nxt, rcv_nxt;
	/* Of what it says. */
	bool has_acked;
	uint32_t acked, edge;
};

struct play_rest {
	bool is_live;
	struct flow_key key;
	uint32_t until_ms;
};

struct play {
	struct fuzz_shard opened;
	struct quern_shard *shard;
	const uint8_t *at, *end; /* what is left of the program */
	uint8_t world, habits;
	struct quern_tcp_options options;
	uint64_t now_ns;
	uint32_t turns;
	uint8_t route;
	struct play_flow flows[PLAY_FLOWS];
	struct play_conn conns[PLAY_CONNS];
	struct play_rest rests[PLAY_RESTS];
	uint64_t evicted, reopened;
	/* Frames that the player has made: for this turn, and to be said again. */
	struct rte_mbuf *burst[PLAY_BURST];
	uint32_t burst_count, burst_most;
	struct {
		uint8_t bytes[RAW_FRAME_MAX + 40];
		uint32_t count;
		uint8_t flow;
		bool is_reset;
	} said[PLAY_SAID];
	uint32_t said_count;
	/* The world between them. */
	uint32_t deaf; /* so many frames of the shard's are lost */
	bool is_refusing, is_healed;
	struct rte_mbuf *stolen[FUZZ_BUFFERS];
	uint32_t stolen_count;
	/* Of this turn. */
	uint32_t fired, calls, bare_acks, injected, owed;
	bool has_error; /* of ICMP */
	bool had_line;  /* frames of turns before wait for the port */
	bool tells;
};

/* play_world.c */

/* Begins a world by the head of a program. */
void play_open(struct play *play, const uint8_t *program, size_t bytes);

/* The next byte of the program; 0 behind its end. */
uint8_t play_next(struct play *play);

/* A turn: what has been collected arrives, timers fire, and the shard says what it owes. */
void play_turn(struct play *play);

/* As much time passes, from deadline to deadline. */
void play_wait(struct play *play, uint64_t ms);

/* Faults are over, the application lets go of everything, and nobody says another word: in time all is given back. */
void play_close(struct play *play);

/* Says what happens, where somebody wants to know: QUERN_FUZZ_TELL is in the environment. */
void play_tell(const struct play *play, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* play_say.c */

/* What follows without a gap: a SYN, what it takes to answer one, text, FIN, an ACK of all that was heard. */
void play_say_next(struct play *play, uint8_t flow);

/* Any segment, by numbers relative to what was heard. */
void play_say_any(struct play *play, uint8_t flow);

/* A frame once more, the `back`-th last, broken or not. */
void play_say_again(struct play *play, uint8_t back);

/* An ICMP error about something that the shard may have in flight. */
void play_say_error(struct play *play, uint8_t flow);

/* play_app.c */

extern const struct quern_events play_events, play_pull_events;

/* play_call.c */

/* The connection of a handle; fails where it is none of this shard's. */
struct play_conn *play_conn_of(struct play *play, struct quern_conn handle);

/* The application knows of a connection from now on. */
struct play_conn *play_learn(struct play *play, struct quern_conn handle);

/* Each byte that it is given is what its number says. */
void play_check_text(const struct play_conn *conn, const uint8_t *text, uint32_t bytes);

/* Sends, ends and opens connections, and holds what it is answered against what it may be. Whatever ends one may free
 * its record before it is back. */
void play_send(struct play *play, struct play_conn *conn, uint32_t bytes);
void play_shut(struct play *play, struct play_conn *conn);
void play_finish(struct play *play, struct play_conn *conn);
void play_give_up(struct play *play, struct play_conn *conn);
void play_open_one(struct play *play);

/* One call of the application's. */
void play_call(struct play *play, uint8_t which);

/* The application lets go of all that it has. */
void play_let_go(struct play *play);

/* play_check.c */

/* What the shard has said in this turn: read, and noted. */
void play_hear(struct play *play, struct rte_mbuf *mbuf);

/* After each turn: records, buffers, and what was said. */
void play_check(struct play *play);

/* Whether the peer's FIN has come. */
bool play_has_fin(enum quern_state state);

/* The flow of two ports; fails where there is none. */
struct play_flow *play_flow_of(struct play *play, uint16_t local_port, uint16_t remote_port);

#endif
