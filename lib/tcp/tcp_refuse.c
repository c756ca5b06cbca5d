/* tcp_refuse.c - segments that a connection does not take, and what their senders are told. */
#include "tcp/tcp_refuse.h"

#include "base/seq.h"
#include "tcp/tcp_challenge.h"
#include "tcp/tcp_timestamps.h"
#include "tcp/tcp_transition.h"

enum { NEAR = 65535 };

/* Text or FIN that a working peer may send again or too early: it needs our ACK, and cannot be part of an ACK loop. */
static bool is_plausible_repeat(const struct tcp_conn *conn, const struct segment *segment, uint32_t window)
{
	return segment_length(segment) > 0 && seq_in_window(segment->seq, conn->rcv_nxt - NEAR, NEAR + window + 1);
}

void tcp_refuse_sequence(struct tcp_conn *conn, struct tcp_flight *flight, const struct segment *segment,
			 uint32_t window, uint32_t now_ms, struct tcp_verdict *verdict)
{
	/* RFC 9293 3.8.4: a keepalive probe is meant to be answered, and is no loss. */
	bool is_probe = segment->seq + 1 == conn->rcv_nxt && segment_length(segment) == 0;

	verdict->drop = is_probe ? QUERN_DROP_NONE : QUERN_DROP_TCP_SEQUENCE;
	/* A peer that says nothing else for 24 days must not become older than itself. */
	if (is_probe && segment->ack == tcp_snd_una(conn, flight))
		tcp_timestamps_note(conn, segment);
	if (is_plausible_repeat(conn, segment, window)) {
		conn->flags |= TCP_OWES_ACK;
		if (segment->text_bytes && seq_before_eq(segment->seq + segment->text_bytes, conn->rcv_nxt))
			tcp_flight_came_twice(conn, flight, segment->seq, segment->seq + segment->text_bytes);
	} else {
		tcp_challenge_owe(conn, verdict, now_ms);
	}
}

void tcp_refuse_late(struct tcp_conn *conn, const struct segment *segment, uint32_t window, uint32_t now_ms,
		     struct tcp_verdict *verdict)
{
	if (verdict->drop != QUERN_DROP_TCP_PAWS)
		return;
	if (is_plausible_repeat(conn, segment, window))
		conn->flags |= TCP_OWES_ACK;
	else
		tcp_challenge_owe(conn, verdict, now_ms);
}

/* A half-open connection whose own SYN comes again: our SYN+ACK was lost. It is bounded as challenge ACKs are. */
static void repeat_syn_ack(struct tcp_conn *conn, uint32_t now_ms, struct tcp_verdict *verdict)
{
	if (tcp_challenge_allowed(&conn->challenge_slot, now_ms))
		conn->flags |= TCP_OWES_SYN | TCP_UNTIMED;
	else
		verdict->events |= TCP_HAPPENED_THROTTLED;
}

void tcp_refuse_syn(struct tcp_conn *conn, const struct segment *segment, uint32_t window, uint32_t now_ms,
		    struct tcp_verdict *verdict)
{
	bool half_open = conn->state == QUERN_SYN_RCVD && conn->flags & TCP_PASSIVE;

	verdict->drop = QUERN_DROP_TCP_SYN_SYNCHRONIZED;
	if (half_open && segment->seq + 1 == conn->rcv_nxt && !(segment->flags & TCP_ACK)) {
		repeat_syn_ack(conn, now_ms, verdict);
	} else if (half_open && seq_in_window(segment->seq, conn->rcv_nxt, window) &&
		   tcp_timestamps_judge(conn, segment) != QUERN_DROP_TCP_PAWS) {
		tcp_transition(conn, TCP_EVENT_RETURN);
		verdict->events |= TCP_HAPPENED_RETURNED;
	} else {
		tcp_challenge_owe(conn, verdict, now_ms);
	}
}
