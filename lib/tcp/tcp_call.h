/* tcp_call.h - RFC 9293 3.10.4 and 3.10.5: what the application asks of a connection. */
#ifndef TCP_TCP_CALL_H
#define TCP_TCP_CALL_H

#include <stdbool.h>

#include "tcp/tcp_conn.h"

/* Half-close: no more will be sent. 0, -ENOTCONN before the connection is there, -EPIPE when done already. */
int tcp_shutdown(struct tcp_conn *conn);

/* Full close. 0, or -EPIPE when done already. In SYN-SENT the connection is CLOSED at once. */
int tcp_close(struct tcp_conn *conn);

/* ABORT: the state is CLOSED. True where RFC 9293 3.10.5 has the peer told, by tcp_output_reset(). */
bool tcp_abort(struct tcp_conn *conn);

#endif
