/* tcp_input.c - RFC 9293 3.10.7.4, one function a step, in its order. */
#include "tcp/tcp_input.h"

#include "base/check.h"
#include "base/seq.h"
#include "tcp/tcp_sequence.h"
#include "tcp/tcp_syn_sent.h"
#include "tcp/tcp_transition.h"

enum { SLOT_MS = 500, NEAR = 65535 };

bool tcp_challenge_allowed(uint8_t *challenge_slot, uint32_t now_ms)
{
	uint8_t slot = (uint8_t)(now_ms / SLOT_MS % 255 + 1);

	if (*challenge_slot == slot)
		return false;
	*challenge_slot = slot;
	return true;
}

/* RFC 5961 7, kept a connection so that no other connection's state can be read from it (CVE-2016-5696). */
static void owe_challenge(struct tcp_conn *conn, struct tcp_verdict *verdict, uint32_t now_ms)
{
	if (!tcp_challenge_allowed(&conn->challenge_slot, now_ms)) {
		verdict->events |= TCP_HAPPENED_THROTTLED;
		return;
	}
	verdict->events |= TCP_HAPPENED_CHALLENGED;
	conn->flags |= TCP_OWES_ACK;
}

/* Text or FIN that a working peer may send again or too early: it needs our ACK, and cannot be part of an ACK loop. */
static bool is_plausible_repeat(const struct tcp_conn *conn, const struct segment *segment, uint32_t window)
{
	return segment_length(segment) > 0 && seq_in_window(segment->seq, conn->rcv_nxt - NEAR, NEAR + window + 1);
}

/* First: the sequence number. */
static void refuse_sequence(struct tcp_conn *conn, const struct segment *segment, uint32_t window, uint32_t now_ms,
			    struct tcp_verdict *verdict)
{
	/* RFC 9293 3.8.4: a keepalive probe is meant to be answered, and is no loss. */
	bool is_probe = segment->seq + 1 == conn->rcv_nxt && segment_length(segment) == 0;

	verdict->drop = is_probe ? QUERN_DROP_NONE : QUERN_DROP_TCP_SEQUENCE;
	if (is_plausible_repeat(conn, segment, window))
		conn->flags |= TCP_OWES_ACK;
	else
		owe_challenge(conn, verdict, now_ms);
}

/* Second: RST, by RFC 5961 3.2. Only where it begins counts, whatever text it carries. */
static void take_reset(struct tcp_conn *conn, const struct segment *segment, uint32_t window, uint32_t now_ms,
		       struct tcp_verdict *verdict)
{
	if (segment->seq != conn->rcv_nxt) {
		verdict->drop = QUERN_DROP_TCP_RST_SEQUENCE;
		if (seq_in_window(segment->seq, conn->rcv_nxt, window))
			owe_challenge(conn, verdict, now_ms);
		return;
	}
	if (conn->state == QUERN_SYN_RCVD && conn->flags & TCP_PASSIVE) {
		tcp_transition(conn, TCP_EVENT_RETURN);
		verdict->events |= TCP_HAPPENED_RETURNED;
		return;
	}
	/* A RST after a simultaneous open means that the peer refuses. */
	verdict->end = conn->state == QUERN_SYN_RCVD ? QUERN_END_REFUSED : QUERN_END_RESET;
	verdict->events |= TCP_HAPPENED_ENDED;
	tcp_transition(conn, TCP_EVENT_RCV_RST);
}

/* A half-open connection whose own SYN comes again: our SYN+ACK was lost. It is bounded as challenge ACKs are. */
static void repeat_syn_ack(struct tcp_conn *conn, uint32_t now_ms, struct tcp_verdict *verdict)
{
	if (tcp_challenge_allowed(&conn->challenge_slot, now_ms))
		conn->flags |= TCP_OWES_SYN;
	else
		verdict->events |= TCP_HAPPENED_THROTTLED;
}

/* Fourth: SYN, by RFC 5961 4.2; a new one sends a half-open connection back to LISTEN. Where it begins is what counts,
 * so it is judged before the sequence number of what it may carry. */
static void refuse_syn(struct tcp_conn *conn, const struct segment *segment, uint32_t window, uint32_t now_ms,
		       struct tcp_verdict *verdict)
{
	bool half_open = conn->state == QUERN_SYN_RCVD && conn->flags & TCP_PASSIVE;

	verdict->drop = QUERN_DROP_TCP_SYN_SYNCHRONIZED;
	if (half_open && segment->seq + 1 == conn->rcv_nxt && !(segment->flags & TCP_ACK)) {
		repeat_syn_ack(conn, now_ms, verdict);
	} else if (half_open && seq_in_window(segment->seq, conn->rcv_nxt, window)) {
		tcp_transition(conn, TCP_EVENT_RETURN);
		verdict->events |= TCP_HAPPENED_RETURNED;
	} else {
		owe_challenge(conn, verdict, now_ms);
	}
}

/* Takes what an acceptable ACK covers out of flight. */
static void acknowledge(struct tcp_conn *conn, uint32_t ack, struct tcp_verdict *verdict)
{
	if (ack == tcp_snd_una(conn))
		return;
	verdict->events |= TCP_HAPPENED_ACKED;
	conn->retries = 0;
	conn->flags &= (uint16_t) ~(TCP_SYN_IN_FLIGHT | TCP_OWES_SYN);
	if (ack != conn->snd_nxt || !(conn->flags & TCP_FIN_IN_FLIGHT))
		return;
	conn->flags &= (uint16_t) ~(TCP_FIN_IN_FLIGHT | TCP_OWES_FIN);
	tcp_transition(conn, TCP_EVENT_RCV_ACK_OF_FIN);
	if (conn->state == QUERN_CLOSED) {
		verdict->events |= TCP_HAPPENED_ENDED;
		verdict->end = QUERN_END_CLOSED;
	} else if (conn->state == QUERN_TIME_WAIT) {
		verdict->events |= TCP_HAPPENED_TIME_WAIT;
	}
}

/* Fifth: the ACK field. False where the segment goes no further. */
static bool take_ack(struct tcp_conn *conn, const struct segment *segment, uint32_t now_ms, struct tcp_verdict *verdict)
{
	uint32_t una = tcp_snd_una(conn);

	if (!(segment->flags & TCP_ACK)) {
		verdict->drop = QUERN_DROP_TCP_NO_ACK;
		return false;
	}
	if (conn->state == QUERN_SYN_RCVD) {
		if (!seq_in_window(segment->ack, una + 1, conn->snd_nxt - una)) {
			verdict->drop = QUERN_DROP_TCP_ACK_RANGE;
			verdict->reset = true;
			return false;
		}
		tcp_transition(conn, TCP_EVENT_RCV_ACK_OF_SYN);
		verdict->events |= TCP_HAPPENED_ESTABLISHED;
	} else if (!seq_in_window(segment->ack, una - conn->max_wnd, conn->max_wnd + (conn->snd_nxt - una) + 1)) {
		/* RFC 5961 5.2: too old, or of what was never sent. */
		verdict->drop = QUERN_DROP_TCP_ACK_RANGE;
		owe_challenge(conn, verdict, now_ms);
		return false;
	}
	if (!seq_before(segment->ack, una)) {
		conn->snd_wnd = segment->wnd;
		if (segment->wnd > conn->max_wnd)
			conn->max_wnd = segment->wnd;
		acknowledge(conn, segment->ack, verdict);
	}
	return true;
}

/* Seventh: text in order moves RCV.NXT; what lies beyond the window comes again. True where a FIN behind the text is in
 * order and in the window as well. */
static bool take_text(struct tcp_conn *conn, const struct segment *segment, uint32_t window,
		      struct tcp_verdict *verdict)
{
	uint32_t front = conn->rcv_nxt - segment->seq, text = segment->text_bytes - front;

	CHECK(front <= segment->text_bytes);
	verdict->trim_front = front;
	verdict->deliver = text < window ? text : window;
	conn->rcv_nxt += verdict->deliver;
	return text < window;
}

/* Eighth: FIN. */
static void take_fin(struct tcp_conn *conn, struct tcp_verdict *verdict)
{
	conn->rcv_nxt++;
	tcp_transition(conn, TCP_EVENT_RCV_FIN);
	verdict->events |= conn->state == QUERN_TIME_WAIT ? TCP_HAPPENED_PEER_CLOSED | TCP_HAPPENED_TIME_WAIT
							  : TCP_HAPPENED_PEER_CLOSED;
}

static bool peer_may_send(const struct tcp_conn *conn)
{
	return conn->state == QUERN_ESTABLISHED || conn->state == QUERN_FIN_WAIT_1 || conn->state == QUERN_FIN_WAIT_2;
}

static void take_text_and_fin(struct tcp_conn *conn, const struct segment *segment, uint32_t window,
			      struct tcp_verdict *verdict)
{
	if (!peer_may_send(conn)) {
		verdict->drop = QUERN_DROP_TCP_AFTER_FIN;
		return;
	}
	conn->flags |= TCP_OWES_ACK;
	if (seq_before(conn->rcv_nxt, segment->seq))
		verdict->drop = QUERN_DROP_TCP_HOLE;
	else if (take_text(conn, segment, window, verdict) && segment->flags & TCP_FIN)
		take_fin(conn, verdict);
}

/* RFC 9293 figure 7, line 6: the peer's SYN+ACK completes a simultaneous open, though its SYN was counted before. */
static bool completes_simultaneous_open(const struct tcp_conn *conn, const struct segment *segment)
{
	return conn->state == QUERN_SYN_RCVD && !(conn->flags & TCP_PASSIVE) &&
	       (segment->flags & (TCP_SYN | TCP_ACK | TCP_RST)) == (TCP_SYN | TCP_ACK) &&
	       segment->seq + 1 == conn->rcv_nxt;
}

struct tcp_verdict tcp_input(struct tcp_conn *conn, const struct segment *segment, const struct tcp_profile *profile,
			     uint32_t now_ms)
{
	uint32_t window = profile->receive_window;
	struct tcp_verdict verdict = {0};

	/* Slots come round after two minutes: one from before a silence says nothing. */
	if (now_ms - conn->heard_ms >= SLOT_MS)
		conn->challenge_slot = 0;
	conn->heard_ms = now_ms;
	if (!(conn->flags & TCP_IN_FLIGHT))
		conn->retries = 0;
	if (conn->state == QUERN_SYN_SENT)
		return tcp_syn_sent_input(conn, segment, profile);
	if (completes_simultaneous_open(conn, segment))
		take_ack(conn, segment, now_ms, &verdict);
	else if (segment->flags & TCP_RST)
		take_reset(conn, segment, window, now_ms, &verdict);
	else if (segment->flags & TCP_SYN)
		refuse_syn(conn, segment, window, now_ms, &verdict);
	else if (!tcp_sequence_is_acceptable(segment, conn->rcv_nxt, window))
		refuse_sequence(conn, segment, window, now_ms, &verdict);
	else if (take_ack(conn, segment, now_ms, &verdict) && segment_length(segment) > 0 &&
		 conn->state != QUERN_CLOSED)
		take_text_and_fin(conn, segment, window, &verdict);
	return verdict;
}
