/* tcp_transition.c - the state diagram of RFC 9293 3.3.2 and 3.10, and the only writer of a connection's state. */
#include "tcp/tcp_transition.h"

#include "base/check.h"

#define EDGE(event, to, said) [TCP_EVENT_##event] = {QUERN_##to, TCP_SAY_##said}

static const struct tcp_edge edges[QUERN_STATES_END][TCP_EVENTS_END] = {
	/* A record that was never used. */
	[QUERN_NO_STATE] = {EDGE(PASSIVE_OPEN, LISTEN, NOTHING), EDGE(ACTIVE_OPEN, SYN_SENT, SYN)},
	[QUERN_CLOSED] = {EDGE(PASSIVE_OPEN, LISTEN, NOTHING), EDGE(ACTIVE_OPEN, SYN_SENT, SYN)},
	[QUERN_LISTEN] = {EDGE(CLOSE, CLOSED, NOTHING), EDGE(ABORT, CLOSED, NOTHING), EDGE(RCV_SYN, SYN_RCVD, SYN_ACK)},
	[QUERN_SYN_SENT] = {EDGE(CLOSE, CLOSED, NOTHING), EDGE(ABORT, CLOSED, NOTHING),
			    EDGE(RCV_SYN, SYN_RCVD, SYN_ACK), EDGE(RCV_SYN_ACK, ESTABLISHED, ACK),
			    EDGE(RCV_RST, CLOSED, NOTHING), EDGE(TIMEOUT, CLOSED, NOTHING)},
	[QUERN_SYN_RCVD] = {EDGE(CLOSE, FIN_WAIT_1, FIN), EDGE(ABORT, CLOSED, RST),
			    EDGE(RCV_ACK_OF_SYN, ESTABLISHED, NOTHING), EDGE(RCV_RST, CLOSED, NOTHING),
			    EDGE(RETURN, LISTEN, NOTHING), EDGE(TIMEOUT, CLOSED, NOTHING)},
	[QUERN_ESTABLISHED] = {EDGE(CLOSE, FIN_WAIT_1, FIN), EDGE(ABORT, CLOSED, RST), EDGE(RCV_FIN, CLOSE_WAIT, ACK),
			       EDGE(RCV_RST, CLOSED, NOTHING), EDGE(TIMEOUT, CLOSED, RST)},
	[QUERN_FIN_WAIT_1] = {EDGE(ABORT, CLOSED, RST), EDGE(RCV_FIN, CLOSING, ACK),
			      EDGE(RCV_ACK_OF_FIN, FIN_WAIT_2, NOTHING), EDGE(RCV_RST, CLOSED, NOTHING),
			      EDGE(TIMEOUT, CLOSED, RST)},
	[QUERN_FIN_WAIT_2] = {EDGE(ABORT, CLOSED, RST), EDGE(RCV_FIN, TIME_WAIT, ACK), EDGE(RCV_RST, CLOSED, NOTHING),
			      EDGE(TIMEOUT, CLOSED, NOTHING)},
	[QUERN_CLOSE_WAIT] = {EDGE(CLOSE, LAST_ACK, FIN), EDGE(ABORT, CLOSED, RST), EDGE(RCV_RST, CLOSED, NOTHING),
			      EDGE(TIMEOUT, CLOSED, RST)},
	[QUERN_CLOSING] = {EDGE(ABORT, CLOSED, NOTHING), EDGE(RCV_ACK_OF_FIN, TIME_WAIT, NOTHING),
			   EDGE(RCV_RST, CLOSED, NOTHING), EDGE(TIMEOUT, CLOSED, RST)},
	[QUERN_LAST_ACK] = {EDGE(ABORT, CLOSED, NOTHING), EDGE(RCV_ACK_OF_FIN, CLOSED, NOTHING),
			    EDGE(RCV_RST, CLOSED, NOTHING), EDGE(TIMEOUT, CLOSED, RST)},
	[QUERN_TIME_WAIT] = {EDGE(ABORT, CLOSED, NOTHING), EDGE(RCV_SYN, SYN_RCVD, SYN_ACK),
			     EDGE(RCV_FIN, TIME_WAIT, ACK), EDGE(RCV_RST, CLOSED, NOTHING),
			     EDGE(TIMEOUT, CLOSED, NOTHING)},
};

struct tcp_edge tcp_transition_edge(enum quern_state state, enum tcp_event event)
{
	return edges[state][event];
}

/* SYN and FIN occupy a sequence number from the moment they are owed, so that SND.UNA follows from flags alone. */
static void owe(struct tcp_conn *conn, enum tcp_say say)
{
	switch (say) {
	case TCP_SAY_SYN:
	case TCP_SAY_SYN_ACK:
		conn->snd_end += !(conn->flags & TCP_SYN_IN_FLIGHT);
		conn->flags |= TCP_SYN_IN_FLIGHT | TCP_OWES_SYN;
		break;
	case TCP_SAY_FIN:
		/* With nothing else in flight, retries were keepalive probes. */
		if (!(conn->flags & TCP_SYN_IN_FLIGHT))
			conn->retries = 0;
		conn->snd_end++;
		conn->flags |= TCP_FIN_IN_FLIGHT | TCP_OWES_FIN;
		break;
	case TCP_SAY_ACK:
		conn->flags |= TCP_OWES_ACK;
		break;
	case TCP_SAY_NOTHING:
	case TCP_SAY_RST:
		break;
	}
}

enum tcp_say tcp_transition(struct tcp_conn *conn, enum tcp_event event)
{
	struct tcp_edge edge = edges[conn->state][event];

	CHECK(edge.next != QUERN_NO_STATE);
	conn->state = edge.next & 0xfU;
	owe(conn, edge.say);
	return edge.say;
}

const char *tcp_event_text(enum tcp_event event)
{
	static const char *const texts[TCP_EVENTS_END] = {
#define X(name, text) [TCP_EVENT_##name] = (text),
		TCP_EVENTS(X)
#undef X
	};

	return texts[event];
}

const char *tcp_say_text(enum tcp_say say)
{
	static const char *const texts[] = {
		[TCP_SAY_NOTHING] = "", [TCP_SAY_SYN] = "SYN", [TCP_SAY_SYN_ACK] = "SYN, ACK",
		[TCP_SAY_ACK] = "ACK",  [TCP_SAY_FIN] = "FIN", [TCP_SAY_RST] = "RST",
	};

	return texts[say];
}
