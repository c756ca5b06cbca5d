/* tcp_recovery.c - NewReno's fast recovery, the same for whoever decides on the window. */
#include "tcp/tcp_recovery.h"

#include <stddef.h>

#include "base/least.h"
#include "base/seq.h"

/* RFC 6582 3.2 step 3. A partial ACK: the next segment is lost too, and what has left the network lets one more go.
 * A full one: cwnd is what is in flight and one segment more, or text that was held back would go in one burst. */
static void go_on(const struct tcp_conn *conn, struct tcp_flight *flight, bool knows_holes, uint32_t ack)
{
	uint32_t acked = ack - flight->snd_una, left = flight->snd_nxt - ack;

	if (seq_before(ack, flight->recover)) {
		if (knows_holes)
			return;
		/* An ACK of a part of what has gone again names no other hole. Each of its octets would draw a segment.
		 */
		if (acked < flight->again_bytes)
			flight->again_bytes = (uint16_t)(flight->again_bytes - acked);
		else
			flight->flags |= TCP_FLIGHT_AGAIN;
		flight->inflation -= least(flight->inflation, acked);
		flight->inflation += acked >= tcp_smss(conn) ? tcp_smss(conn) : 0;
		return;
	}
	flight->flags &= (uint16_t) ~(TCP_FLIGHT_RECOVERS | TCP_FLIGHT_AGAIN);
	flight->duplicates = 0;
	flight->inflation = 0;
	/* With a scoreboard it is ssthresh, to which the flow was led in proportion (RFC 6937 3). */
	if (knows_holes)
		flight->congestion.cwnd = flight->congestion.ssthresh;
	else
		flight->congestion.cwnd =
			least(flight->congestion.ssthresh, most(left, tcp_smss(conn)) + tcp_smss(conn));
}

void tcp_recovery_acknowledged(const struct tcp_conn *conn, struct tcp_flight *flight,
			       const struct tcp_scoreboard *scoreboard, const struct tcp_profile *profile, uint32_t ack,
			       uint32_t now_ms)
{
	if (flight->flags & TCP_FLIGHT_RECOVERS) {
		go_on(conn, flight, scoreboard != NULL, ack);
		return;
	}
	flight->duplicates = 0;
	flight->inflation = 0;
	/* It must not fall behind by half of the numbers that there are. */
	if (seq_before(flight->recover, flight->snd_una))
		flight->recover = flight->snd_una - 1;
	profile->congestion->on_ack(&flight->congestion, ack - flight->snd_una, tcp_smss(conn), flight->rtt.srtt / 8u,
				    now_ms, flight->flags & TCP_FLIGHT_LIMITED);
}

bool tcp_recovery_is_duplicate(const struct tcp_conn *conn, const struct tcp_flight *flight,
			       const struct segment *segment)
{
	return segment->ack == flight->snd_una && flight->snd_una != flight->snd_nxt && segment->text_bytes == 0 &&
	       !(segment->flags & TCP_FIN) && segment->wnd != 0 &&
	       (segment->wnd == conn->snd_wnd || segment->sack_count) && !tcp_scoreboard_tells_repeat(segment);
}

static void begin(const struct tcp_conn *conn, struct tcp_flight *flight, const struct tcp_profile *profile)
{
	profile->congestion->on_loss(&flight->congestion, tcp_flight_size(conn, flight), tcp_smss(conn));
	flight->recover = flight->snd_nxt;
	flight->flags |= TCP_FLIGHT_RECOVERS | TCP_FLIGHT_AGAIN;
}

void tcp_recovery_duplicate(const struct tcp_conn *conn, struct tcp_flight *flight, const struct tcp_profile *profile)
{
	uint32_t in_flight = flight->snd_nxt - flight->snd_una;

	if (flight->flags & TCP_FLIGHT_RECOVERS) {
		flight->inflation = least(flight->inflation + tcp_smss(conn), in_flight);
		return;
	}
	/* RFC 6582 3.2 step 1: these may tell of what was sent twice by the recovery before. */
	if (!seq_before(flight->recover, flight->snd_una))
		return;
	flight->duplicates++;
	flight->inflation = least((uint32_t)flight->duplicates * tcp_smss(conn), in_flight);
	if (flight->duplicates == TCP_DUP_THRESH)
		begin(conn, flight, profile);
}

void tcp_recovery_timeout(const struct tcp_conn *conn, struct tcp_flight *flight, const struct tcp_profile *profile,
			  bool is_repeat)
{
	profile->congestion->on_timeout(&flight->congestion, tcp_flight_size(conn, flight), tcp_smss(conn), is_repeat);
	flight->recover = flight->snd_nxt;
	flight->duplicates = 0;
	flight->inflation = 0;
	flight->flags &= (uint16_t) ~(TCP_FLIGHT_RECOVERS | TCP_FLIGHT_AGAIN | TCP_FLIGHT_LIMITED);
}
