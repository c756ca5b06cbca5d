/* tcp_output.h - what a connection owes becomes the next segment. */
#ifndef TCP_TCP_OUTPUT_H
#define TCP_TCP_OUTPUT_H

#include <stdbool.h>

#include "tcp/tcp_flight.h"
#include "tcp/tcp_scoreboard.h"
#include "tcp/tcp_tail.h"
#include "wire/wire_packet.h"

/* Writes the next segment that is owed and may go, and no longer owes it; false where there is none. SYN goes first,
 * then text with the FIN behind it, a keepalive probe, a bare ACK; each but the probe carries the ACK along. `flight`
 * is null at rest, and `scoreboard` where there is none. The segment's text_bytes bytes of text begin at its seq. Of
 * its SACK blocks the first tells what came twice, with TCP_FLIGHT_TWICE set before; the others are the islands of
 * tcp_reassembly_blocks(), for the caller to fill in. */
bool tcp_output(struct tcp_conn *conn, struct tcp_flight *flight, struct tcp_scoreboard *scoreboard,
		const struct tcp_profile *profile, uint32_t now_ms, struct segment *segment);

/* Whether tcp_output() would find nothing, as far as that can be seen at a glance: as a rule it is so after the first
 * segment of a turn. */
static inline bool tcp_output_is_done(const struct tcp_conn *conn, const struct tcp_flight *flight,
				      const struct tcp_scoreboard *scoreboard)
{
	return !(conn->flags & TCP_OWES) && flight->next == conn->snd_end && !(flight->flags & TCP_FLIGHT_AGAIN) &&
	       flight->tail != TCP_TAIL_DUE && !scoreboard;
}

/* Takes back what tcp_output() has said: there was no buffer for the segment, and it is owed as before. Its round trip
 * is not timed. `snd_nxt` is what the flight's was before. */
void tcp_output_unsent(struct tcp_conn *conn, struct tcp_flight *flight, struct tcp_scoreboard *scoreboard,
		       uint32_t snd_nxt, const struct segment *segment);

/* The RST of an ABORT (RFC 9293 3.10.5) or of a connection given up: <SND.NXT, RST>, without ACK. */
void tcp_output_reset(const struct tcp_conn *conn, const struct tcp_flight *flight, struct segment *segment);

#endif
