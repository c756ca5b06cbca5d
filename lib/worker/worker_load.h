/* worker_load.h - whether a shard is offered more frames than its worker can take. */
#ifndef WORKER_WORKER_LOAD_H
#define WORKER_WORKER_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "nic/nic.h"

enum {
	WORKER_FRAMES = 256,       /* of one shard a turn: more than a peer on the same core is likely to send in one */
	WORKER_FRAMES_LONG = 1280, /* of a turn that looks for the end of what waits */
	WORKER_SYNS_LONG = 320,    /* that make it one of too many connections */
	WORKER_FULL_TURNS = 64,    /* on end before such a turn: more than any ring brings up after a pause */
	/* Full turns that empty the longest ring. */
	WORKER_CATCH_UP = NIC_CABLE_FRAMES / WORKER_FRAMES,
	WORKER_PAUSE_NS = 10000000 /* between two turns: somebody else had the core, and frames have piled up */
};

#define WORKER_BELIEF_NS UINT64_C(1000000000) /* how long the answer of a long turn is believed */

/* All zero at the start. */
struct worker_load {
	uint32_t full_turns;     /* on end, that left frames behind */
	uint32_t catch_up_turns; /* the same since the last pause, up to WORKER_CATCH_UP + 1 */
	uint64_t noted_ns;
	uint64_t believed_until_ns;
};

/* How many frames this turn may take.
 *
 * A full turn is no overload yet: clients that wait for answers before they go on can keep a worker busy for ever, and
 * nothing is lost. But they cannot ask for more connections while nothing is answered. So after a number of full turns
 * a longer one is made: where WORKER_FRAMES_LONG do not find the end either, and a quarter of them are SYNs, these come
 * from senders that do not wait, or from more of them than rings can hold. This asks nothing of the port: it holds for
 * a ring of any length, since what arrives within the turn counts as well. A tap or af_packet brings frames by system
 * calls, and what the kernel drops before we see it we cannot choose; but there too a turn is full only where frames
 * come faster than they are taken, and then the end is not found. */
int worker_load_frames(const struct worker_load *load, uint64_t now_ns);

/* Notes whether the turn's frames were used up, and how many SYNs were among them. Returns whether the shard is behind:
 * then, and only for as long as turns are full, its SYNs are dropped. That keeps a queue of a turn's length: long
 * enough that the worker never runs out of work, short enough that rings do not run over and lose what belongs to
 * connections in progress. */
bool worker_load_note(struct worker_load *load, bool is_full, uint64_t syns, uint64_t now_ns);

/* Whether timers are put off in this turn, after worker_load_note(): what they wait for may be among the frames that
 * are left, when the core was away for a while. That is over after WORKER_CATCH_UP turns, however full they are. */
bool worker_load_timers_wait(const struct worker_load *load);

#endif
