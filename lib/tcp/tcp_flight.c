/* tcp_flight.c - the numbers of text in flight and held. */
#include "tcp/tcp_flight.h"

#include "base/check.h"
#include "base/least.h"
#include "base/seq.h"
#include "tcp/tcp_recovery.h"

void tcp_flight_begin(struct tcp_conn *conn, struct tcp_flight *flight, const struct tcp_profile *profile,
		      uint32_t now_ms)
{
	uint32_t end = tcp_text_end(conn), sent = conn->flags & TCP_OWES_FIN ? end : conn->snd_end;

	*flight = (struct tcp_flight){
		.snd_una = end,
		.snd_nxt = sent,
		.next = sent,
		.recover = end - 1,
		.snd_small = end,
		.snd_wl1 = conn->rcv_nxt,
		.snd_wl2 = end,
		.rcv_adv = conn->rcv_nxt + tcp_rcv_wnd(conn, NULL, profile),
		.since_ms = now_ms,
		.rtt = tcp_rtt_at_rest(conn),
	};
	tcp_congestion_begin(&flight->congestion, tcp_smss(conn), false, conn->ssthresh);
	if (sent == end)
		return;
	flight->flags = TCP_FLIGHT_ARMED;
	conn->backoff = least(conn->backoff + conn->retries, TCP_BACKOFF_MAX) & TCP_BACKOFF_MAX;
}

void tcp_flight_end(struct tcp_conn *conn, const struct tcp_flight *flight)
{
	conn->ssthresh = tcp_congestion_keep(&flight->congestion, tcp_smss(conn));
	tcp_keep_rtt(conn, flight->rtt);
}

bool tcp_flight_is_over(const struct tcp_conn *conn, const struct tcp_flight *flight)
{
	return flight->snd_una == conn->snd_end && flight->held_bytes == 0 && flight->urgent == 0 &&
	       !(flight->flags & (TCP_FLIGHT_HOLES | TCP_FLIGHT_TWICE));
}

void tcp_rtt_sample(struct tcp_conn *conn, struct tcp_flight *flight, uint32_t rtt_ms)
{
	struct tcp_rtt known = tcp_rtt_of(conn, flight);
	/* SRTT ends at 8 s: beyond, its distance from the samples keeps the RTO above them. */
	int32_t rtt = (int32_t)least(rtt_ms, UINT16_MAX / 2), srtt = known.srtt, rttvar = known.rttvar;

	if (srtt == 0) {
		srtt = rtt * 8;
		rttvar = rtt * 2;
	} else {
		int32_t error = rtt - srtt / 8;

		srtt += error;
		rttvar += (error < 0 ? -error : error) - rttvar / 4;
	}
	/* A round trip within one tick is a sample too; 0 would say that there was none. */
	known.srtt = (uint16_t)(srtt > 0 ? least((uint32_t)srtt, UINT16_MAX) : 1);
	known.rttvar = (uint16_t)least((uint32_t)rttvar, INT16_MAX);
	if (flight)
		flight->rtt = known;
	else
		tcp_keep_rtt(conn, known);
	conn->flags &= (uint16_t)~TCP_SYN_REPEATED;
	conn->backoff = 0;
}

void tcp_flight_acknowledge(struct tcp_conn *conn, struct tcp_flight *flight, const struct tcp_scoreboard *scoreboard,
			    const struct tcp_profile *profile, uint32_t ack, uint32_t now_ms)
{
	if (flight->flags & TCP_FLIGHT_TIMED && !seq_before(ack, flight->timed_seq)) {
		tcp_rtt_sample(conn, flight, now_ms - flight->timed_ms);
		flight->flags &= (uint16_t)~TCP_FLIGHT_TIMED;
		if (profile->paces)
			tcp_pacing_set(&flight->pacing, &flight->congestion, tcp_smss(conn), flight->rtt.srtt);
	}
	tcp_recovery_acknowledged(conn, flight, scoreboard, profile, ack, now_ms);
	flight->snd_una = ack;
	if (seq_before(flight->next, ack))
		flight->next = ack;
	flight->since_ms = now_ms;
}

void tcp_flight_window_heard(struct tcp_conn *conn, struct tcp_flight *flight, const struct tcp_profile *profile,
			     uint32_t now_ms)
{
	if (conn->snd_wnd == 0) {
		if (!profile->has_user_timeout)
			flight->since_ms = now_ms;
		return;
	}
	if (!(flight->flags & TCP_FLIGHT_PROBING))
		return;
	/* What goes now is timed from now on, and not by the next probe. */
	flight->flags &= (uint16_t) ~(TCP_FLIGHT_PROBING | TCP_FLIGHT_ARMED);
	flight->next = flight->snd_una;
	conn->backoff = 0;
}

/* How far the advertised edge could move, and whether that is worth saying. It never moves back (RFC 9293 3.8.6), so a
 * window shrinks by being used and not opened. */
static bool edge_is_worth_telling(const struct tcp_conn *conn, const struct tcp_flight *flight,
				  const struct tcp_profile *profile)
{
	uint32_t edge = conn->rcv_nxt + tcp_rcv_wnd(conn, flight, profile);

	if (flight->flags & TCP_FLIGHT_NARROW && flight->held_bytes > 0)
		return false;
	return (int32_t)(edge - flight->rcv_adv) >=
	       (int32_t)least(tcp_window_limit(profile, conn->is_scaled) / 2, profile->mss);
}

void tcp_flight_held(const struct tcp_conn *conn, struct tcp_flight *flight, const struct tcp_profile *profile,
		     uint32_t bytes)
{
	uint32_t edge;

	flight->held_bytes += bytes;
	/* A flight that begins now does not know that RCV.NXT has moved since the window was advertised. */
	edge = conn->rcv_nxt + tcp_rcv_wnd(conn, flight, profile);
	if (seq_before(edge, flight->rcv_adv))
		flight->rcv_adv = edge;
}

void tcp_flight_taken(struct tcp_conn *conn, struct tcp_flight *flight, const struct tcp_profile *profile,
		      uint32_t bytes)
{
	CHECK(bytes <= flight->held_bytes);
	flight->held_bytes -= bytes;
	if (edge_is_worth_telling(conn, flight, profile))
		conn->flags |= TCP_OWES_ACK;
}

uint32_t tcp_flight_window(const struct tcp_conn *conn, struct tcp_flight *flight, const struct tcp_profile *profile)
{
	int32_t window;

	if (flight->held_bytes == 0 || edge_is_worth_telling(conn, flight, profile))
		flight->rcv_adv = conn->rcv_nxt + tcp_rcv_wnd(conn, flight, profile);
	window = (int32_t)(flight->rcv_adv - conn->rcv_nxt);
	return window > 0 ? (uint32_t)window : 0;
}
