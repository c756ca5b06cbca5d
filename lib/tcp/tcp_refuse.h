/* tcp_refuse.h - segments that a connection does not take, and what their senders are told. */
#ifndef TCP_TCP_REFUSE_H
#define TCP_TCP_REFUSE_H

#include "tcp/tcp_input.h"

/* The sequence number is not acceptable; `window` is RCV.WND. */
void tcp_refuse_sequence(struct tcp_conn *conn, struct tcp_flight *flight, const struct segment *segment,
			 uint32_t window, uint32_t now_ms, struct tcp_verdict *verdict);

/* RFC 7323 5.3 R1: a late copy, or an answer to one; a peer that is alive learns our number. */
void tcp_refuse_late(struct tcp_conn *conn, const struct segment *segment, uint32_t window, uint32_t now_ms,
		     struct tcp_verdict *verdict);

/* SYN, by RFC 5961 4.2; a new one sends a half-open connection back to LISTEN. Where it begins is what counts, so it is
 * judged before the sequence number of what it may carry. */
void tcp_refuse_syn(struct tcp_conn *conn, const struct segment *segment, uint32_t window, uint32_t now_ms,
		    struct tcp_verdict *verdict);

#endif
