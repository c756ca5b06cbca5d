/* tcp_input.c - RFC 9293 3.10.7.4, one function a step, in its order. */
#include "tcp/tcp_input.h"

#include "base/check.h"
#include "base/least.h"
#include "base/seq.h"
#include "tcp/tcp_challenge.h"
#include "tcp/tcp_negotiate.h"
#include "tcp/tcp_recovery.h"
#include "tcp/tcp_refuse.h"
#include "tcp/tcp_sack.h"
#include "tcp/tcp_sequence.h"
#include "tcp/tcp_syn_sent.h"
#include "tcp/tcp_tail.h"
#include "tcp/tcp_timestamps.h"
#include "tcp/tcp_transition.h"

/* A segment is taken by code that is there twice: of a connection at rest there is nothing but its line, and most
 * questions fall away. */
#define INLINE inline __attribute__((always_inline))

enum { FIN_REPEATS_INTO_SHUT_WINDOW = 5 /* then the wait grows no longer: a peer that answers is alive */ };

/* Second: RST, by RFC 5961 3.2. Only where it begins counts, whatever text it carries. */
static void take_reset(struct tcp_conn *conn, const struct segment *segment, uint32_t window, uint32_t now_ms,
		       struct tcp_verdict *verdict)
{
	if (segment->seq != conn->rcv_nxt) {
		verdict->drop = QUERN_DROP_TCP_RST_SEQUENCE;
		if (seq_in_window(segment->seq, conn->rcv_nxt, window))
			tcp_challenge_owe(conn, verdict, now_ms);
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

/* Takes what an acceptable ACK covers out of flight. */
static INLINE void acknowledge(struct tcp_conn *conn, struct tcp_flight *flight,
			       const struct tcp_scoreboard *scoreboard, const struct tcp_profile *profile,
			       const struct segment *segment, uint32_t now_ms, struct tcp_verdict *verdict)
{
	uint32_t ack = segment->ack;

	verdict->events |= TCP_HAPPENED_ACKED;
	conn->retries = 0;
	conn->flags &= (uint16_t) ~(TCP_SYN_IN_FLIGHT | TCP_OWES_SYN);
	if (flight) {
		tcp_flight_echoed(conn, flight, segment, now_ms);
		tcp_flight_acknowledge(conn, flight, scoreboard, profile, ack, now_ms);
	}
	if (ack != conn->snd_end || !(conn->flags & TCP_FIN_IN_FLIGHT))
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

/* RFC 9293 3.10.7.4: an older segment does not change SND.WND. At rest WL1 is at most RCV.NXT, and WL2 is SND.UNA. */
static INLINE bool brings_new_window(const struct tcp_conn *conn, const struct tcp_flight *flight,
				     const struct segment *segment)
{
	if (!flight)
		return !seq_before(segment->seq, conn->rcv_nxt);
	return seq_before(flight->snd_wl1, segment->seq) ||
	       (flight->snd_wl1 == segment->seq && !seq_before(segment->ack, flight->snd_wl2));
}

static INLINE void set_window(struct tcp_conn *conn, struct tcp_flight *flight, const struct segment *segment)
{
	/* With SYN where a simultaneous open is completed. */
	conn->snd_wnd = segment->flags & TCP_SYN ? tcp_window_of_syn(conn, segment) : segment->wnd;
	if (conn->snd_wnd > conn->max_wnd)
		conn->max_wnd = conn->snd_wnd;
	if (!flight)
		return;
	flight->snd_wl1 = segment->seq;
	flight->snd_wl2 = segment->ack;
}

static INLINE void take_window(struct tcp_conn *conn, struct tcp_flight *flight, const struct segment *segment,
			       const struct tcp_profile *profile, uint32_t now_ms)
{
	if (!brings_new_window(conn, flight, segment))
		return;
	set_window(conn, flight, segment);
	if (flight)
		tcp_flight_window_heard(conn, flight, profile, now_ms);
	if (segment->wnd == 0 && !profile->has_user_timeout && conn->retries > FIN_REPEATS_INTO_SHUT_WINDOW)
		conn->retries = FIN_REPEATS_INTO_SHUT_WINDOW;
}

/* SYN-RECEIVED: the ACK of our SYN, and how long it took. False where it is no such. */
static bool complete_handshake(struct tcp_conn *conn, struct tcp_flight *flight, const struct segment *segment,
			       uint32_t waited_ms, struct tcp_verdict *verdict)
{
	uint32_t una = tcp_snd_una(conn, flight);

	if (!seq_in_window(segment->ack, una + 1, tcp_snd_nxt(conn, flight) - una)) {
		verdict->drop = QUERN_DROP_TCP_ACK_RANGE;
		verdict->reset = true;
		return false;
	}
	if (conn->flags & TCP_PASSIVE && !(conn->flags & (TCP_SYN_REPEATED | TCP_UNTIMED)))
		tcp_rtt_sample(conn, flight, waited_ms);
	/* Whatever number it has: a SYN+ACK repeats that of the SYN. */
	set_window(conn, flight, segment);
	tcp_transition(conn, TCP_EVENT_RCV_ACK_OF_SYN);
	verdict->events |= TCP_HAPPENED_ESTABLISHED;
	return true;
}

/* An ACK at or above SND.UNA: what it says of the window, of loss, and of what has arrived. */
static INLINE void take_news(struct tcp_conn *conn, struct tcp_flight *flight, struct tcp_scoreboard *scoreboard,
			     const struct segment *segment, uint32_t una, const struct tcp_profile *profile,
			     uint32_t now_ms, struct tcp_verdict *verdict)
{
	bool is_duplicate = flight && !scoreboard && tcp_recovery_is_duplicate(conn, flight, segment);
	struct tcp_sack_news news;

	if (scoreboard)
		news = tcp_sack_take(conn, flight, scoreboard, segment);
	take_window(conn, flight, segment, profile, now_ms);
	if (is_duplicate)
		tcp_recovery_duplicate(conn, flight, profile);
	if (segment->ack != una)
		acknowledge(conn, flight, scoreboard, profile, segment, now_ms, verdict);
	if (scoreboard)
		tcp_sack_heard(conn, flight, scoreboard, profile, &news);
	if (flight && flight->tail > TCP_TAIL_ARMED)
		tcp_tail_heard(conn, flight, profile, segment, segment->ack != una);
}

/* Fifth: the ACK field. False where the segment goes no further. */
static INLINE bool take_ack(struct tcp_conn *conn, struct tcp_flight *flight, struct tcp_scoreboard *scoreboard,
			    const struct segment *segment, const struct tcp_profile *profile,
			    const struct tcp_clock *clock, struct tcp_verdict *verdict)
{
	uint32_t una = tcp_snd_una(conn, flight), in_flight = tcp_snd_nxt(conn, flight) - una;

	if (!(segment->flags & TCP_ACK)) {
		verdict->drop = QUERN_DROP_TCP_NO_ACK;
		return false;
	}
	if (conn->state == QUERN_SYN_RCVD) {
		if (!complete_handshake(conn, flight, segment, clock->silent_ms, verdict))
			return false;
	} else if (segment->ack - una > in_flight) {
		/* RFC 5961 5.2: of what was acknowledged before, if not too old; never of what was not sent. */
		if (una - segment->ack <= tcp_max_wnd(conn))
			return true;
		verdict->drop = QUERN_DROP_TCP_ACK_RANGE;
		tcp_challenge_owe(conn, verdict, clock->now_ms);
		return false;
	}
	take_news(conn, flight, scoreboard, segment, una, profile, clock->now_ms, verdict);
	return true;
}

/* Sixth: URG, with text or without. The pointer names the octet behind the last urgent one (RFC 6093 2); it is told
 * where it is ahead of what was told before. */
static void take_urgent(const struct tcp_conn *conn, struct tcp_flight *flight, const struct segment *segment,
			struct tcp_verdict *verdict)
{
	uint32_t end = segment->seq + segment->urgent;

	if (seq_before_eq(end, conn->rcv_nxt + (flight ? flight->urgent : 0)) || conn->flags & TCP_ORPHAN)
		return;
	verdict->urgent = end - conn->rcv_nxt;
	if (flight)
		flight->urgent = (uint16_t)least(verdict->urgent, UINT16_MAX);
}

/* Seventh: text in order moves RCV.NXT; what lies beyond the window comes again. True where a FIN behind the text is in
 * order and in the window as well. */
static bool take_text(struct tcp_conn *conn, struct tcp_flight *flight, const struct segment *segment, uint32_t window,
		      struct tcp_verdict *verdict)
{
	uint32_t front = conn->rcv_nxt - segment->seq, text = segment->text_bytes - front;

	CHECK(front <= segment->text_bytes);
	verdict->trim_front = front;
	verdict->deliver = least(text, window);
	if (front > 0)
		tcp_flight_came_twice(conn, flight, segment->seq, conn->rcv_nxt);
	tcp_text_came(conn, flight, verdict->deliver);
	return text < window;
}

/* Text beyond a hole, as far as the window goes (RFC 9293 SHLD-31). */
static void hold_text(const struct tcp_conn *conn, const struct segment *segment, uint32_t window,
		      struct tcp_verdict *verdict)
{
	uint32_t room = window - (segment->seq - conn->rcv_nxt);

	verdict->hold = least(segment->text_bytes, room);
	verdict->hold_fin = segment->flags & TCP_FIN && segment->text_bytes < room;
	if (verdict->hold == 0 && !verdict->hold_fin)
		verdict->drop = QUERN_DROP_TCP_HOLE;
}

/* Eighth: FIN. */
uint8_t tcp_input_fin(struct tcp_conn *conn)
{
	conn->rcv_nxt++;
	conn->ack_lags = true;
	conn->flags |= TCP_OWES_ACK;
	tcp_transition(conn, TCP_EVENT_RCV_FIN);
	return conn->state == QUERN_TIME_WAIT ? TCP_HAPPENED_PEER_CLOSED | TCP_HAPPENED_TIME_WAIT
					      : TCP_HAPPENED_PEER_CLOSED;
}

static bool peer_may_send(const struct tcp_conn *conn)
{
	return conn->state == QUERN_ESTABLISHED || conn->state == QUERN_FIN_WAIT_1 || conn->state == QUERN_FIN_WAIT_2;
}

/* RFC 9293 3.6.1, SHLD-3: nobody is there to read it, and the peer is to know. */
static void refuse_text(struct tcp_conn *conn, struct tcp_verdict *verdict)
{
	tcp_transition(conn, TCP_EVENT_ABORT);
	verdict->drop = QUERN_DROP_TCP_AFTER_CLOSE;
	verdict->reset = true;
	verdict->events |= TCP_HAPPENED_ENDED;
	verdict->end = QUERN_END_ABORTED;
}

static void take_text_and_fin(struct tcp_conn *conn, struct tcp_flight *flight, const struct segment *segment,
			      uint32_t window, struct tcp_verdict *verdict)
{
	if (!peer_may_send(conn)) {
		verdict->drop = QUERN_DROP_TCP_AFTER_FIN;
		return;
	}
	if (conn->flags & TCP_ORPHAN && seq_before(conn->rcv_nxt, segment->seq + segment->text_bytes)) {
		refuse_text(conn, verdict);
		return;
	}
	conn->flags |= TCP_OWES_ACK;
	if (seq_before(conn->rcv_nxt, segment->seq))
		hold_text(conn, segment, window, verdict);
	else if (take_text(conn, flight, segment, window, verdict) && segment->flags & TCP_FIN)
		verdict->events |= tcp_input_fin(conn);
	else if (window == 0)
		verdict->drop = QUERN_DROP_TCP_WINDOW_FULL;
}

/* What comes behind the ACK field. */
static INLINE void take_the_rest(struct tcp_conn *conn, struct tcp_flight *flight, const struct segment *segment,
				 uint32_t window, struct tcp_verdict *verdict)
{
	tcp_timestamps_note(conn, segment);
	if (segment->flags & TCP_URG && peer_may_send(conn))
		take_urgent(conn, flight, segment, verdict);
	if (segment_length(segment) > 0)
		take_text_and_fin(conn, flight, segment, window, verdict);
}

/* RFC 9293 figure 7, line 6: the peer's SYN+ACK completes a simultaneous open, though its SYN was counted before; also
 * where the application has closed meanwhile, and FIN waits behind our SYN. */
static bool completes_simultaneous_open(const struct tcp_conn *conn, const struct segment *segment)
{
	return (conn->flags & (TCP_SYN_IN_FLIGHT | TCP_PASSIVE)) == TCP_SYN_IN_FLIGHT &&
	       (segment->flags & (TCP_SYN | TCP_ACK | TCP_RST)) == (TCP_SYN | TCP_ACK) &&
	       segment->seq + 1 == conn->rcv_nxt;
}

/* RFC 9293 MUST-66: with a window that is shut, what stands at RCV.NXT still has its ACK, URG and RST looked at. */
static INLINE bool may_go_on(const struct segment *segment, uint32_t rcv_nxt, uint32_t window)
{
	return segment->seq == rcv_nxt || tcp_sequence_is_acceptable(segment, rcv_nxt, window);
}

static INLINE struct tcp_clock hear(struct tcp_conn *conn, const struct tcp_flight *flight, uint32_t now_ms)
{
	struct tcp_clock clock = {.now_ms = now_ms, .silent_ms = now_ms - conn->heard_ms};

	/* Slots come round after two minutes: one from before a silence says nothing. */
	if (clock.silent_ms >= TCP_CHALLENGE_SLOT_MS) {
		conn->challenge_slot = 0;
		tcp_timestamps_on_silence(conn, clock.silent_ms);
	}
	conn->heard_ms = now_ms;
	/* Then they were probes, of a peer that is silent or of a window that is shut. */
	if (flight && !(conn->flags & TCP_SYN_IN_FLIGHT) ? flight->snd_una == conn->snd_end || conn->snd_wnd == 0
							 : !(conn->flags & TCP_IN_FLIGHT))
		conn->retries = 0;
	return clock;
}

/* SYN or RST. */
static void take_syn_or_reset(struct tcp_conn *conn, struct tcp_flight *flight, struct tcp_scoreboard *scoreboard,
			      const struct segment *segment, const struct tcp_profile *profile,
			      const struct tcp_clock *clock, struct tcp_verdict *verdict)
{
	uint32_t window = tcp_rcv_wnd(conn, flight, profile);

	if (completes_simultaneous_open(conn, segment))
		take_ack(conn, flight, scoreboard, segment, profile, clock, verdict);
	else if (segment->flags & TCP_RST)
		take_reset(conn, segment, window, clock->now_ms, verdict);
	else
		tcp_refuse_syn(conn, segment, window, clock->now_ms, verdict);
}

/* Any state but SYN-SENT. */
static INLINE struct tcp_verdict take_segment(struct tcp_conn *conn, struct tcp_flight *flight,
					      struct tcp_scoreboard *scoreboard, const struct segment *segment,
					      const struct tcp_profile *profile, uint32_t now_ms)
{
	struct tcp_clock clock = hear(conn, flight, now_ms);
	uint32_t window = tcp_rcv_wnd(conn, flight, profile);
	struct tcp_verdict verdict = {0};

	if (segment->flags & (TCP_SYN | TCP_RST))
		take_syn_or_reset(conn, flight, scoreboard, segment, profile, &clock, &verdict);
	else if ((verdict.drop = (uint8_t)tcp_timestamps_judge(conn, segment)) != QUERN_DROP_NONE)
		tcp_refuse_late(conn, segment, window, now_ms, &verdict);
	else if (!may_go_on(segment, conn->rcv_nxt, window))
		tcp_refuse_sequence(conn, flight, segment, window, now_ms, &verdict);
	else if (take_ack(conn, flight, scoreboard, segment, profile, &clock, &verdict) && conn->state != QUERN_CLOSED)
		take_the_rest(conn, flight, segment, window, &verdict);
	return verdict;
}

struct tcp_verdict tcp_input(struct tcp_conn *conn, struct tcp_flight *flight, struct tcp_scoreboard *scoreboard,
			     const struct segment *segment, const struct tcp_profile *profile, uint32_t now_ms)
{
	if (conn->state == QUERN_SYN_SENT) {
		struct tcp_clock clock = hear(conn, flight, now_ms);

		return tcp_syn_sent_input(conn, flight, segment, profile, &clock);
	}
	return flight ? take_segment(conn, flight, scoreboard, segment, profile, now_ms)
		      : take_segment(conn, NULL, NULL, segment, profile, now_ms);
}
