/* tcp_input.h - RFC 9293 3.10.7.3 and 3.10.7.4: a segment meets its connection. */
#ifndef TCP_TCP_INPUT_H
#define TCP_TCP_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "tcp/tcp_flight.h"
#include "wire/wire_packet.h"

/* What happened, as bits of tcp_verdict.events. */
enum tcp_happened {
	TCP_HAPPENED_ESTABLISHED = 1 << 0,
	TCP_HAPPENED_PEER_CLOSED = 1 << 1,
	TCP_HAPPENED_ACKED = 1 << 2,      /* SYN, text or FIN was acknowledged: timers change */
	TCP_HAPPENED_TIME_WAIT = 1 << 3,  /* state is TIME-WAIT now: move it to the ring once its ACK is out */
	TCP_HAPPENED_ENDED = 1 << 4,      /* state is CLOSED now, `end` says how */
	TCP_HAPPENED_RETURNED = 1 << 5,   /* a half-open connection is back in LISTEN: the record goes */
	TCP_HAPPENED_CHALLENGED = 1 << 6, /* a challenge ACK is owed */
	TCP_HAPPENED_THROTTLED = 1 << 7   /* one would have been, but for the limit */
};

/* What to do with a segment. `drop` and text are exclusive: a segment that is dropped delivers nothing. */
struct tcp_verdict {
	uint8_t events;      /* enum tcp_happened */
	uint8_t drop;        /* enum quern_drop */
	uint8_t end;         /* enum quern_end, with TCP_HAPPENED_ENDED */
	bool reset;          /* answer this segment with tcp_reset_for() */
	uint32_t trim_front; /* bytes of text that were there before */
	uint32_t deliver;    /* bytes of text in order, after trim_front; what follows lies beyond the window */
	uint32_t hold;       /* bytes of text beyond a hole, to be held if they can be */
	bool hold_fin;       /* and the FIN behind them */
	uint32_t urgent;     /* so many bytes from the first of `deliver` on are urgent */
};

/* Takes one segment for a connection in any state but LISTEN, TIME-WAIT and CLOSED; `flight` is null at rest, and
 * `scoreboard` where there is none: see tcp_sack_is_wanted(). What is owed in answer stands in conn->flags until
 * tcp_output(). */
struct tcp_verdict tcp_input(struct tcp_conn *conn, struct tcp_flight *flight, struct tcp_scoreboard *scoreboard,
			     const struct segment *segment, const struct tcp_profile *profile, uint32_t now_ms);

/* RCV.NXT has come to the peer's FIN: its events, as in a verdict. */
uint8_t tcp_input_fin(struct tcp_conn *conn);

#endif
