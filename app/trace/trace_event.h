/* trace_event.h - a segment of a capture, and what following its connection finds out about it. */
#ifndef TRACE_EVENT_H
#define TRACE_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include <quern/conn.h>
#include <quern/dissect.h>

/* What is odd about a segment, in words. One capture does not show what is lost: only what is seen again. */
#define TRACE_MARKS(X)                            \
	X(AGAIN, "again")                         \
	X(PARTLY_AGAIN, "partly again")           \
	X(FILLS_GAP, "fills a gap")               \
	X(GAP, "behind a gap")                    \
	X(KEEPALIVE, "keepalive probe")           \
	X(WINDOW_PROBE, "window probe")           \
	X(UNANSWERED, "no answer")                \
	X(PROBE_ANSWER, "answers the probe")      \
	X(DUPLICATE_ACK, "duplicate ACK")         \
	X(WINDOW_UPDATE, "window update")         \
	X(ZERO_WINDOW, "zero window")             \
	X(UNSEEN_ACK, "ACK of what was not seen") \
	X(OTHER_SYN, "another SYN")               \
	X(OUTSIDE, "outside the window")          \
	X(NOT_TAKEN, "lost or late")              \
	X(TIME_WAIT_AGAIN, "2MSL starts again")   \
	X(WRONG_CHECKSUM, "wrong checksum")

enum trace_mark_place {
#define X(name, text) TRACE_PLACE_##name,
	TRACE_MARKS(X)
#undef X
		TRACE_PLACES_END
};

enum trace_mark {
#define X(name, text) TRACE_##name = 1 << TRACE_PLACE_##name,
	TRACE_MARKS(X)
#undef X
};

/* Two ends a connection: 0 is the one that opens it, or is seen first; it is drawn on the left. */
enum { TRACE_ENDS = 2 };

struct trace_event {
	uint64_t at_ns; /* on the capture's clock, which may go back */
	struct quern_segment segment;
	uint8_t from; /* which end said it */

	/* Found by trace_follow(). Numbers count from each end's SYN, or else from the first that was seen. */
	uint32_t seq;
	uint32_t end; /* of text, SYN and FIN: one behind the last */
	uint32_t ack;
	uint32_t window; /* scaled where the scale is known */
	uint32_t marks;  /* enum trace_mark, ored */
	uint32_t nth;    /* with TRACE_DUPLICATE_ACK: of its kind */
	uint32_t lands;  /* index of the event after which it arrives: its own, or that of what the other end said
			  * meanwhile,  which shows that it had not arrived yet */
	enum quern_state sender_state;   /* from here on; QUERN_NO_STATE where it stays as it is */
	enum quern_state receiver_state; /* the same, from its arrival on */
};

/* "again", "zero window", ... of one mark. */
const char *trace_mark_text(enum trace_mark_place place);

#endif
