/* diff_script.h - a script: what a peer says to a stack, and what the application of that stack does, a step a line.
 * docs/differential.md has the words. */
#ifndef DIFFERENTIAL_DIFF_SCRIPT_H
#define DIFFERENTIAL_DIFF_SCRIPT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <quern/conn.h>

#include "base/random.h"

enum {
	DIFF_STEPS_MAX = 48,
	DIFF_NAME_BYTES = 64,
	DIFF_LINE_BYTES = 200,
	DIFF_SACKS_MAX = 4,
	DIFF_RAW_MAX = 20,
	DIFF_MSS = 1400,       /* of the peer's SYN */
	DIFF_SEND_MAX = 32768, /* bytes of one `send` */
	DIFF_TS_FIRST = 1000,  /* TSval of the peer in the first step */
	DIFF_TS_STEP = 10,     /* and by how much it grows with each */
	DIFF_NO_SCALE = 255
};

#define DIFF_CALLS(X)           \
	X(IN, "in")             \
	X(FILL, "fill")         \
	X(LISTEN, "listen")     \
	X(CONNECT, "connect")   \
	X(SEND, "send")         \
	X(SHUTDOWN, "shutdown") \
	X(CLOSE, "close")       \
	X(ABORT, "abort")       \
	X(HOLD, "hold")         \
	X(READ, "read")         \
	X(WAIT, "wait")

enum diff_call {
#define X(name, text) DIFF_##name,
	DIFF_CALLS(X)
#undef X
		DIFF_CALLS_END
};

/* What a number of a segment counts from. NEXT is what the other end expects: RCV.NXT for SEQ, SND.NXT for ACK. */
enum diff_base { DIFF_FROM_ISN, DIFF_FROM_NEXT, DIFF_FROM_EDGE, DIFF_FROM_UNA };

struct diff_number {
	enum diff_base base;
	int32_t offset;
};

enum diff_ts { DIFF_TS_USUAL, DIFF_TS_NONE, DIFF_TS_AT };

struct diff_segment {
	uint8_t flags; /* enum raw_flag */
	struct diff_number seq, ack;
	uint32_t text_bytes;
	uint16_t window;
	uint16_t urgent;
	bool is_plain; /* of the options that the peer usually has in a SYN, none */
	enum diff_ts ts;
	uint32_t tsval;
	uint8_t sack_count;
	uint32_t sacks[DIFF_SACKS_MAX][2]; /* relative to the stack's ISN */
	uint8_t raw_bytes;
	uint8_t raw[DIFF_RAW_MAX]; /* options as they are */
};

struct diff_step {
	enum diff_call call;
	uint32_t number; /* bytes, or milliseconds */
	struct diff_segment segment;
};

struct diff_script {
	char name[DIFF_NAME_BYTES];
	char about[DIFF_LINE_BYTES];
	/* What the peer offers in its SYN. */
	bool peer_timestamps, peer_sack;
	uint8_t peer_scale; /* or DIFF_NO_SCALE */
	uint32_t window;    /* receive window that the application asks for, 0 for the usual one */
	uint32_t keepalive_ms;
	uint32_t reached; /* how many steps only lead to the state that the script is about */
	uint32_t step_count;
	struct diff_step steps[DIFF_STEPS_MAX];
};

/* Begins a script without steps. */
void diff_script_begin(struct diff_script *script, const char *name);

/* Adds a step, and gives it to be filled in; null where there are too many. */
struct diff_step *diff_script_add(struct diff_script *script, enum diff_call call);

/* Adds a segment with the usual window. */
struct diff_step *diff_script_say(struct diff_script *script, int flags, struct diff_number seq, struct diff_number ack,
				  uint32_t text_bytes);

/* Adds the steps that lead a connection to a state. False where none do. */
bool diff_script_reach(struct diff_script *script, enum quern_state state, bool actively);

/* Reads a file. False, with what is wrong printed, where it is no script. */
bool diff_parse(struct diff_script *script, const char *path);

/* Writes it as a file would have it. */
void diff_print(FILE *out, const struct diff_script *script);

/* Writes one step, without a line end. */
void diff_print_step(char *text, uint32_t bytes, const struct diff_step *step);

/* The word for a call. */
const char *diff_call_text(enum diff_call call);

/* A script drawn by seed: a state, and a few odd things in it. */
void diff_draw(struct diff_script *script, uint64_t seed);

#endif
