/* tcp_call.c - CLOSE and ABORT. */
#include "tcp/tcp_call.h"

#include <errno.h>

#include "tcp/tcp_transition.h"

int tcp_shutdown(struct tcp_conn *conn)
{
	if (conn->state == QUERN_SYN_SENT)
		return -ENOTCONN;
	if (tcp_transition_edge(conn->state, TCP_EVENT_CLOSE).next == QUERN_NO_STATE)
		return -EPIPE;
	tcp_transition(conn, TCP_EVENT_CLOSE);
	return 0;
}

int tcp_close(struct tcp_conn *conn)
{
	if (conn->flags & TCP_ORPHAN)
		return -EPIPE;
	conn->flags |= TCP_ORPHAN;
	if (tcp_transition_edge(conn->state, TCP_EVENT_CLOSE).next != QUERN_NO_STATE)
		tcp_transition(conn, TCP_EVENT_CLOSE);
	return 0;
}

bool tcp_abort(struct tcp_conn *conn)
{
	return tcp_transition(conn, TCP_EVENT_ABORT) == TCP_SAY_RST;
}
