/* tcp_syn_sent.h - RFC 9293 3.10.7.3: a segment meets a connection in SYN-SENT. */
#ifndef TCP_TCP_SYN_SENT_H
#define TCP_TCP_SYN_SENT_H

#include "tcp/tcp_input.h"

/* The time of a segment. */
struct tcp_clock {
	uint32_t now_ms;
	uint32_t silent_ms; /* since the peer was heard before, or the connection was begun */
};

/* As tcp_input(), for SYN-SENT only. Text and FIN beside a SYN are left unacknowledged: they come again. */
struct tcp_verdict tcp_syn_sent_input(struct tcp_conn *conn, struct tcp_flight *flight, const struct segment *segment,
				      const struct tcp_profile *profile, const struct tcp_clock *clock);

#endif
