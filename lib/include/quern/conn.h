/* conn.h - a connection as an application sees it: its handle, its state, and how it ended. */
#ifndef QUERN_CONN_H
#define QUERN_CONN_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Names one connection of one shard. A stale handle is noticed by its generation; calls with it return -ENOENT. */
struct quern_conn {
	uint32_t index;
	uint16_t shard;
	uint16_t generation;
};

/* RFC 9293 3.3.2. Zero is no state, so that memory nobody has set never reads as CLOSED. */
#define QUERN_STATES(X)               \
	X(CLOSED, "CLOSED")           \
	X(LISTEN, "LISTEN")           \
	X(SYN_SENT, "SYN-SENT")       \
	X(SYN_RCVD, "SYN-RECEIVED")   \
	X(ESTABLISHED, "ESTABLISHED") \
	X(FIN_WAIT_1, "FIN-WAIT-1")   \
	X(FIN_WAIT_2, "FIN-WAIT-2")   \
	X(CLOSE_WAIT, "CLOSE-WAIT")   \
	X(CLOSING, "CLOSING")         \
	X(LAST_ACK, "LAST-ACK")       \
	X(TIME_WAIT, "TIME-WAIT")

enum quern_state {
	QUERN_NO_STATE,
#define X(name, text) QUERN_##name,
	QUERN_STATES(X)
#undef X
		QUERN_STATES_END
};

/* How a connection ended. CLOSED is the orderly one: both FINs sent, received and acknowledged. */
#define QUERN_ENDS(X)                                                                         \
	X(CLOSED, "closed")   /* orderly, both ways */                                        \
	X(RESET, "reset")     /* the peer's RST after the connection was established */       \
	X(REFUSED, "refused") /* a RST in answer to our SYN, or an ICMP error that says so */ \
	X(TIMEOUT, "timeout") /* no answer to SYN, text, FIN or keepalive in time */          \
	X(ABORTED, "aborted") /* by our own application */                                    \
	X(EVICTED, "evicted") /* by policy, to make room */                                   \
	X(USER_TIMEOUT,                                                                       \
	  "user_timeout") /* text, FIN or SYN was not acknowledged for as long as the application allows */

enum quern_end {
	QUERN_END_NONE,
#define X(name, text) QUERN_END_##name,
	QUERN_ENDS(X)
#undef X
		QUERN_ENDS_END
};

/* What an ICMP error says of the way to a peer, whichever IP version it is of. */
#define QUERN_ICMPS(X)                                               \
	X(NET, "net", "network unreachable")                         \
	X(HOST, "host", "host unreachable")                          \
	X(PROTOCOL, "protocol", "protocol unreachable")              \
	X(PORT, "port", "port unreachable")                          \
	X(TOO_BIG, "too_big", "packet too big")                      \
	X(ROUTE, "route", "source route failed")                     \
	X(PROHIBITED, "prohibited", "prohibited by a filter")        \
	X(TIME_EXCEEDED, "time_exceeded", "TTL exceeded on the way") \
	X(PARAMETER, "parameter", "header not understood")

enum quern_icmp {
	QUERN_ICMP_NONE,
#define X(name, key, text) QUERN_ICMP_##name,
	QUERN_ICMPS(X)
#undef X
		QUERN_ICMPS_END
};

/* The RFC's name of a state, "?" for a number that is none. */
const char *quern_state_name(enum quern_state state);

/* The JSON key of an end, "?" for a number that is none. */
const char *quern_end_name(enum quern_end end);

/* The JSON key of an ICMP error, and what it means in words; "?" for a number that is none. */
const char *quern_icmp_name(enum quern_icmp icmp);
const char *quern_icmp_text(enum quern_icmp icmp);

#ifdef __cplusplus
}
#endif

#endif
