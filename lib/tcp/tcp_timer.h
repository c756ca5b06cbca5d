/* tcp_timer.h - every timer of a connection, one function a protocol event. Deadlines are ticks of 1 ms; `now_ms` is
 * rounded up, the wheel's now down, so that none is early. */
#ifndef TCP_TCP_TIMER_H
#define TCP_TCP_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#include "tcp/tcp_flight.h"
#include "wheel/wheel.h"

enum {
	TCP_RTO_FIRST_MS = 1000,     /* RFC 6298 2.1 */
	TCP_RTO_AFTER_SYN_MS = 3000, /* RFC 6298 5.7 */
	TCP_RTO_MAX_MS = 120000,     /* RFC 6298 2.5: at least 60 s */
	TCP_HALF_OPEN_MS = 63000,    /* five repeats of a SYN+ACK, then the half-open connection is reaped */
	TCP_R1_RETRIES = 3           /* RFC 9293 SHLD-10 */
};

/* The retransmission timeout as it is now, backed off (RFC 6298 2.3 to 2.5, 5.5). `flight` is null at rest. */
uint32_t tcp_timer_rto(const struct tcp_conn *conn, const struct tcp_flight *flight);

/* A SYN, or a FIN at rest, has gone out, first or again: wait for its acknowledgement. RFC 6298 5.1. */
void tcp_timer_on_sent(struct tcp_conn *conn, struct wheel *wheel, const struct tcp_profile *profile, uint32_t now_ms);

/* Text is queued or in flight: wait for its acknowledgement, or for the window to open. A timer that runs already goes
 * on, but for `restart`: something new was acknowledged. RFC 6298 5.1 and 5.3, RFC 9293 3.8.6.1. */
void tcp_timer_on_text(struct tcp_conn *conn, struct tcp_flight *flight, struct wheel *wheel,
		       const struct tcp_profile *profile, uint32_t now_ms, bool restart);

/* `profile` has another user timeout than the one that held `before`: what is in flight is held against it, and goes
 * again no sooner for it. `flight` is null at rest. */
void tcp_timer_on_patience(struct tcp_conn *conn, const struct tcp_flight *flight, struct wheel *wheel,
			   const struct tcp_profile *before, const struct tcp_profile *profile, uint32_t now_ms);

/* All that was in flight is acknowledged, the application has let go, or settings changed: keepalive, the wait for
 * the peer's FIN, or nothing. RFC 6298 5.2, RFC 9293 3.8.4. */
void tcp_timer_on_rest(struct tcp_conn *conn, struct wheel *wheel, const struct tcp_profile *profile, uint32_t now_ms);

/* The record is given up. */
void tcp_timer_on_closed(struct tcp_conn *conn);

/* What a fired timer comes to. */
enum tcp_timer_action {
	TCP_TIMER_NOTHING,    /* heard since: armed again */
	TCP_TIMER_SEND,       /* tcp_output() has something to say */
	TCP_TIMER_UNANSWERED, /* the same, and R1 is reached: tell the application and doubt the next hop */
	TCP_TIMER_EXPIRED     /* given up: state is CLOSED */
};

struct tcp_timer_verdict {
	enum tcp_timer_action action;
	bool reset;  /* with TCP_TIMER_EXPIRED: tell the peer by tcp_output_reset() */
	uint8_t end; /* enum quern_end, with TCP_TIMER_EXPIRED */
};

struct tcp_scoreboard;

/* The wheel says the connection's deadline has come. `flight` is null at rest, `scoreboard` where there is none. */
struct tcp_timer_verdict tcp_timer_fired(struct tcp_conn *conn, struct tcp_flight *flight,
					 struct tcp_scoreboard *scoreboard, struct wheel *wheel,
					 const struct tcp_profile *profile, uint32_t now_ms);

#endif
