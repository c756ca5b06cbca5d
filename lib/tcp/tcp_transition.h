/* tcp_transition.h - RFC 9293 figure 5 as a table: (state, event) to next state and what to say. */
#ifndef TCP_TCP_TRANSITION_H
#define TCP_TCP_TRANSITION_H

#include "tcp/tcp_conn.h"

#define TCP_EVENTS(X)                           \
	X(PASSIVE_OPEN, "passive OPEN")         \
	X(ACTIVE_OPEN, "active OPEN")           \
	X(CLOSE, "CLOSE")                       \
	X(ABORT, "ABORT")                       \
	X(RCV_SYN, "receive SYN")               \
	X(RCV_SYN_ACK, "receive SYN, ACK")      \
	X(RCV_ACK_OF_SYN, "receive ACK of SYN") \
	X(RCV_FIN, "receive FIN")               \
	X(RCV_ACK_OF_FIN, "receive ACK of FIN") \
	X(RCV_RST, "receive RST")               \
	X(RETURN, "return to LISTEN")           \
	X(TIMEOUT, "timeout")

enum tcp_event {
#define X(name, text) TCP_EVENT_##name,
	TCP_EVENTS(X)
#undef X
		TCP_EVENTS_END
};

/* What a transition makes us say. */
enum tcp_say { TCP_SAY_NOTHING, TCP_SAY_SYN, TCP_SAY_SYN_ACK, TCP_SAY_ACK, TCP_SAY_FIN, TCP_SAY_RST };

struct tcp_edge {
	uint8_t next; /* enum quern_state; QUERN_NO_STATE where the event cannot happen */
	uint8_t say;  /* enum tcp_say */
};

/* The edge for a state and an event. */
struct tcp_edge tcp_transition_edge(enum quern_state state, enum tcp_event event);

/* The only writer of conn->state. Takes the edge, and notes what is owed: SYN, FIN and ACK in conn->flags (SYN and FIN
 * take their sequence number here); RST is the caller's to send. The edge must exist. Returns what to say. */
enum tcp_say tcp_transition(struct tcp_conn *conn, enum tcp_event event);

/* RFC-like text of an event and of a saying, for docs and tests. */
const char *tcp_event_text(enum tcp_event event);
const char *tcp_say_text(enum tcp_say say);

#endif
