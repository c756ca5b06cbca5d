/* diff_view.h - a connection as the peer of a script sees it: numbers that the stack has said, segments to be written
 * from a script's steps, and what came of each step, in words that are the same for any stack. */
#ifndef DIFFERENTIAL_DIFF_VIEW_H
#define DIFFERENTIAL_DIFF_VIEW_H

#include "differential/diff_script.h"
#include "support/raw_frame.h"

enum {
	DIFF_LOCAL_PORT = 1024, /* of the stack, the first one */
	DIFF_PORTS = 60000,     /* and as many scripts are told apart by it alone */
	DIFF_REMOTE_PORT = 40000,
	DIFF_HEARD_MAX = 48,
	DIFF_FILL_MAX = 256, /* segments of one `fill` */
	DIFF_LINES_MAX = 16,
	DIFF_WORDS_BYTES = 96
};

#define DIFF_PEER_ISS 0x7ffff000U /* numbers change their sign on the way */

/* What came of a step. */
struct diff_moment {
	char facts[DIFF_WORDS_BYTES]; /* the state before it, and what the step was to the connection */
	uint32_t count;
	char lines[DIFF_LINES_MAX][DIFF_WORDS_BYTES];
};

struct diff_trace {
	uint32_t count;
	struct diff_moment moments[DIFF_STEPS_MAX];
};

/* A segment of the stack's, numbers being relative to both ISNs. */
struct diff_heard {
	uint8_t flags;
	bool has_no_place; /* a RST with SEQ 0, which no number of the connection is */
	bool is_wrong;     /* its text is not what the application has sent */
	bool has_timestamps;
	uint32_t seq, ack, text_bytes, window;
	uint8_t sack_count;
	uint32_t sacks[4][2];
	char options[32]; /* kinds, of a SYN */
};

struct diff_view {
	const struct diff_script *script;
	struct diff_trace *trace;
	uint32_t local, remote;
	uint16_t local_port, remote_port;
	uint32_t iss;                   /* the stack's; some number until it has said SYN */
	uint32_t una;                   /* the highest that the peer has acknowledged of what was sent */
	uint32_t snd_nxt;               /* behind all that the stack has said */
	uint32_t rcv_nxt;               /* by the stack's last ACK */
	uint32_t edge;                  /* behind what the stack takes, by the same */
	uint32_t syn_wnd;               /* what its SYN offered */
	uint32_t max_wnd;               /* that the peer has offered */
	uint8_t scale;                  /* of the stack's windows */
	bool stack_scales, peer_scales; /* the SYN of each had the option */
	bool is_synchronized;
	uint32_t tsval, ts_recent; /* the last of the stack, the highest of the peer */
	enum quern_state state;
	uint32_t heard_count;
	struct diff_heard heard[DIFF_HEARD_MAX]; /* in this step */
	/* What the application has met in this step. */
	uint32_t read_bytes, read_sum;
	bool met_end;
	const char *fails; /* "reset", "refused", "timeout" */
	bool call_failed;
	bool is_shut;       /* the peer's window, as it was said last */
	bool has_shrunk;    /* the peer has offered less than once before */
	bool is_hungry;     /* the application reads what comes */
	bool is_closed;     /* it has closed: nobody reads any more */
	uint32_t used_edge; /* where `edge` was when a segment was last said to be there */
	bool has_used_edge;
	bool has_filled; /* the window, which need not be as large for two stacks */
	uint32_t sent;   /* by the application on its connection */
};

/* Begins. `number` tells scripts of one stack apart. */
void diff_view_begin(struct diff_view *view, const struct diff_script *script, struct diff_trace *trace,
		     uint32_t number);

/* Before a step: writes what it is to the connection into the trace. */
void diff_view_step(struct diff_view *view, uint32_t step);

/* The segment of a step. */
struct raw_segment diff_view_segment(struct diff_view *view, uint32_t step);

/* The segment of DIFF_FILL that comes next: text up to the edge of the window; false where there is no room. */
bool diff_view_fill(struct diff_view *view, uint32_t step, struct raw_segment *segment);

/* The stack has sent a segment. */
void diff_view_hear(struct diff_view *view, const struct raw_segment *segment);

/* What the application sends next: `bytes` bytes. */
void diff_view_text(struct diff_view *view, uint8_t *text, uint32_t bytes);

/* The application has read some bytes. */
void diff_view_read(struct diff_view *view, const uint8_t *text, uint32_t bytes);

/* After a step: writes what came of it into the trace. */
void diff_view_settle(struct diff_view *view, enum quern_state state);

/* What diff_view_settle() writes of the segments heard (diff_words.c). */
void diff_words_of_heard(const struct diff_view *view, struct diff_moment *moment);

/* Adds a line to a moment. */
void diff_words_add(struct diff_moment *moment, const char *words);

#endif
