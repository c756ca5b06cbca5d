/* tcp_tail.c - when a tail loss probe goes, and what its ACK says. */
#include "tcp/tcp_tail.h"

#include "base/seq.h"
#include "tcp/tcp_scoreboard.h"

enum {
	WAIT_LEAST_MS = 10,   /* what a peer that shares its core may take to answer */
	DELAYED_ACK_MS = 200, /* WCDelAckT: what it may hold back the ACK of a single segment */
	SRTT_SHARE = 8        /* tcp_rtt keeps eighths */
};

static bool is_apt(const struct tcp_conn *conn, const struct tcp_flight *flight)
{
	bool is_repaired = flight->flags & (TCP_FLIGHT_RECOVERS | TCP_FLIGHT_DUE) || flight->duplicates > 0 ||
			   flight->next != flight->snd_nxt || conn->backoff > 0;

	return conn->sack_permitted && flight->rtt.srtt > 0 && conn->snd_wnd > 0 &&
	       flight->snd_una != flight->snd_nxt && flight->tail <= TCP_TAIL_ARMED && !is_repaired;
}

uint32_t tcp_tail_wait(const struct tcp_conn *conn, struct tcp_flight *flight, uint32_t rto_ms)
{
	uint32_t wait_ms = 2u * flight->rtt.srtt / SRTT_SHARE;

	if (flight->tail == TCP_TAIL_ARMED)
		flight->tail = TCP_TAIL_QUIET;
	if (!is_apt(conn, flight))
		return rto_ms;
	if (wait_ms < WAIT_LEAST_MS)
		wait_ms = WAIT_LEAST_MS;
	if (flight->snd_nxt - flight->snd_una <= tcp_smss(conn))
		wait_ms += DELAYED_ACK_MS;
	if (wait_ms >= rto_ms)
		return rto_ms;
	flight->tail = TCP_TAIL_ARMED;
	return wait_ms;
}

bool tcp_tail_fired(const struct tcp_conn *conn, struct tcp_flight *flight)
{
	bool goes = is_apt(conn, flight);

	flight->tail = goes ? TCP_TAIL_DUE : TCP_TAIL_QUIET;
	return goes;
}

void tcp_tail_sent(struct tcp_flight *flight, bool is_new)
{
	flight->tail = is_new ? TCP_TAIL_NEW : TCP_TAIL_AGAIN;
	flight->probe_end = flight->snd_nxt;
}

void tcp_tail_heard(const struct tcp_conn *conn, struct tcp_flight *flight, const struct tcp_profile *profile,
		    const struct segment *segment, bool moved)
{
	bool is_beyond = seq_before(flight->probe_end, segment->ack);

	if (flight->tail == TCP_TAIL_DUE) {
		/* A recovery knows better what goes. */
		if (moved || flight->flags & TCP_FLIGHT_RECOVERS)
			flight->tail = TCP_TAIL_QUIET;
		return;
	}
	if (seq_before(segment->ack, flight->probe_end))
		return;
	/* RFC 8985 7.4.2. Of text that went again, either the first copy has come or the second, until a DSACK, or a
	 * duplicate of the peer's last ACK, says both. */
	if (flight->tail == TCP_TAIL_AGAIN && !tcp_scoreboard_tells_repeat(segment)) {
		if (!is_beyond && moved)
			return;
		if (is_beyond && !(flight->flags & TCP_FLIGHT_RECOVERS))
			profile->congestion->on_loss(&flight->congestion, flight->congestion.cwnd, tcp_smss(conn));
	}
	flight->tail = TCP_TAIL_QUIET;
}

bool tcp_tail_has_arrived(const struct tcp_flight *flight, uint32_t octet)
{
	return flight->tail >= TCP_TAIL_NEW && flight->probe_end == octet;
}
