/* tcp_timer.c - retransmission, keepalive, and the end of waiting. */
#include "tcp/tcp_timer.h"

#include "base/least.h"
#include "base/seq.h"
#include "tcp/tcp_recovery.h"
#include "tcp/tcp_tail.h"
#include "tcp/tcp_transition.h"

/* RFC 6298 2.3, 2.4 and 5.7. */
static uint32_t timeout_of(const struct tcp_conn *conn, const struct tcp_flight *flight)
{
	struct tcp_rtt rtt = tcp_rtt_of(conn, flight);
	uint32_t rto;

	/* RFC 6298 5.7: until there is a sample. */
	if (conn->flags & TCP_SYN_REPEATED && !(conn->flags & TCP_SYN_IN_FLIGHT))
		return TCP_RTO_AFTER_SYN_MS;
	if (rtt.srtt == 0)
		return TCP_RTO_FIRST_MS;
	rto = rtt.srtt / 8u + (rtt.rttvar ? rtt.rttvar : 1u);
	return least(most(rto, TCP_RTO_FIRST_MS), TCP_RTO_MAX_MS);
}

/* RFC 6298 5.5: the timeout after `retries` repeats of SYN or FIN. */
static uint32_t retransmission_timeout(const struct tcp_conn *conn, const struct tcp_flight *flight, uint32_t retries)
{
	return least(timeout_of(conn, flight) << least(conn->backoff + retries, TCP_BACKOFF_MAX), TCP_RTO_MAX_MS);
}

uint32_t tcp_timer_rto(const struct tcp_conn *conn, const struct tcp_flight *flight)
{
	return retransmission_timeout(conn, flight, flight ? 0 : conn->retries);
}

/* Time from the first sending to the end of the timeout that follows repeat number `retries`; of what is sent at rest,
 * or of a SYN, before which nothing was timed. */
static uint32_t waited(const struct tcp_conn *conn, uint32_t retries)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i <= retries; i++)
		sum += retransmission_timeout(conn, NULL, i);
	return sum;
}

static uint32_t patience_with_syn(const struct tcp_conn *conn, const struct tcp_profile *profile)
{
	return conn->flags & TCP_PASSIVE ? TCP_HALF_OPEN_MS : profile->connect_timeout_ms;
}

/* R2 of RFC 9293 3.8.3, or the user timeout, which holds in any state (3.10.8), in time since the first sending. */
static uint32_t patience(const struct tcp_conn *conn, const struct tcp_profile *profile)
{
	uint32_t limit = profile->user_timeout_ms;

	if (!(conn->flags & TCP_SYN_IN_FLIGHT))
		return limit;
	return profile->has_user_timeout ? least(limit, patience_with_syn(conn, profile))
					 : patience_with_syn(conn, profile);
}

/* Whose patience has come to an end. */
static enum quern_end end_of_patience(const struct tcp_conn *conn, const struct tcp_profile *profile)
{
	bool is_syns = conn->flags & TCP_SYN_IN_FLIGHT && patience_with_syn(conn, profile) <= profile->user_timeout_ms;

	return profile->has_user_timeout && !is_syns ? QUERN_END_USER_TIMEOUT : QUERN_END_TIMEOUT;
}

/* From the last sending of a SYN, or of a FIN at rest, to the end of its timeout, or of patience. */
static uint32_t wait_of_sent(const struct tcp_conn *conn, const struct tcp_profile *profile)
{
	uint32_t limit = patience(conn, profile), rto = retransmission_timeout(conn, NULL, conn->retries);
	uint32_t before = conn->retries ? waited(conn, conn->retries - 1u) : 0;

	return least(rto, above(limit, before));
}

void tcp_timer_on_sent(struct tcp_conn *conn, struct wheel *wheel, const struct tcp_profile *profile, uint32_t now_ms)
{
	wheel_arm(wheel, &conn->timer, now_ms + wait_of_sent(conn, profile));
}

static uint32_t patience_left(const struct tcp_flight *flight, const struct tcp_profile *profile, uint32_t now_ms)
{
	return above(profile->user_timeout_ms, now_ms - flight->since_ms);
}

void tcp_timer_on_text(struct tcp_conn *conn, struct tcp_flight *flight, struct wheel *wheel,
		       const struct tcp_profile *profile, uint32_t now_ms, bool restart)
{
	if (flight->flags & TCP_FLIGHT_ARMED && !restart)
		return;
	/* Nothing in flight: text waits for the window, and patience begins here. */
	if (flight->snd_una == flight->snd_nxt)
		flight->since_ms = now_ms;
	flight->flags |= TCP_FLIGHT_ARMED;
	wheel_arm(wheel, &conn->timer,
		  now_ms + least(tcp_tail_wait(conn, flight, retransmission_timeout(conn, flight, 0)),
				 patience_left(flight, profile, now_ms)));
}

/* Where the timer stood at the end of the old patience, its timeout is not known, and begins anew: none goes early. */
static void move_text_timer(struct tcp_conn *conn, const struct tcp_flight *flight, struct wheel *wheel,
			    const struct tcp_profile *before, const struct tcp_profile *profile, uint32_t now_ms)
{
	uint32_t left_ms = patience_left(flight, profile, now_ms);
	bool was_patience = conn->timer.due == flight->since_ms + before->user_timeout_ms;

	if (was_patience && before->user_timeout_ms < profile->user_timeout_ms)
		wheel_arm(wheel, &conn->timer, now_ms + least(tcp_timer_rto(conn, flight), left_ms));
	else if (seq_before(now_ms + least(left_ms, INT32_MAX), conn->timer.due))
		wheel_arm(wheel, &conn->timer, now_ms + left_ms);
}

/* When it was sent follows from when the timer is due. */
static void move_sent_timer(struct tcp_conn *conn, struct wheel *wheel, const struct tcp_profile *before,
			    const struct tcp_profile *profile, uint32_t now_ms)
{
	uint32_t due_ms = conn->timer.due - wait_of_sent(conn, before) + wait_of_sent(conn, profile);

	wheel_arm(wheel, &conn->timer, seq_before(due_ms, now_ms) ? now_ms : due_ms);
}

void tcp_timer_on_patience(struct tcp_conn *conn, const struct tcp_flight *flight, struct wheel *wheel,
			   const struct tcp_profile *before, const struct tcp_profile *profile, uint32_t now_ms)
{
	/* A timer that has fired is about to be answered, which arms it again. */
	if (conn->timer.due == WHEEL_NEVER)
		return;
	if (flight && !(conn->flags & TCP_SYN_IN_FLIGHT) && flight->snd_una != conn->snd_end) {
		if (flight->flags & TCP_FLIGHT_ARMED)
			move_text_timer(conn, flight, wheel, before, profile, now_ms);
	} else if (conn->flags & TCP_IN_FLIGHT && !(conn->flags & (TCP_OWES_SYN | TCP_OWES_FIN))) {
		move_sent_timer(conn, wheel, before, profile, now_ms);
	}
}

static bool keeps_alive(const struct tcp_conn *conn, const struct tcp_profile *profile)
{
	return profile->keepalive &&
	       (conn->state == QUERN_ESTABLISHED || conn->state == QUERN_CLOSE_WAIT || conn->state == QUERN_FIN_WAIT_2);
}

void tcp_timer_on_rest(struct tcp_conn *conn, struct wheel *wheel, const struct tcp_profile *profile, uint32_t now_ms)
{
	if (conn->state == QUERN_FIN_WAIT_2 && conn->flags & TCP_ORPHAN)
		wheel_arm(wheel, &conn->timer, now_ms + profile->fin_wait_2_ms);
	else if (keeps_alive(conn, profile))
		wheel_arm(wheel, &conn->timer, conn->heard_ms + profile->keepalive_idle_ms);
	else
		wheel_disarm(&conn->timer);
}

void tcp_timer_on_closed(struct tcp_conn *conn)
{
	wheel_disarm(&conn->timer);
}

static struct tcp_timer_verdict give_up(struct tcp_conn *conn, enum quern_end end)
{
	bool reset = tcp_transition(conn, TCP_EVENT_TIMEOUT) == TCP_SAY_RST;

	return (struct tcp_timer_verdict){.action = TCP_TIMER_EXPIRED, .reset = reset, .end = (uint8_t)end};
}

/* RFC 6298 5.4 to 5.6: the earliest that is not acknowledged goes out again. */
static struct tcp_timer_verdict repeat_or_give_up(struct tcp_conn *conn, const struct tcp_profile *profile)
{
	if (waited(conn, conn->retries) >= patience(conn, profile) || conn->retries == UINT8_MAX)
		return give_up(conn, end_of_patience(conn, profile));
	conn->retries++;
	if (conn->flags & TCP_SYN_IN_FLIGHT)
		conn->flags |= TCP_OWES_SYN | TCP_SYN_REPEATED;
	else
		conn->flags |= TCP_OWES_FIN;
	return (struct tcp_timer_verdict){.action = conn->retries == TCP_R1_RETRIES ? TCP_TIMER_UNANSWERED
										    : TCP_TIMER_SEND};
}

/* RFC 9293 3.8.4: idle for the interval draws a probe; probes without any answer end the connection. */
static struct tcp_timer_verdict probe_or_give_up(struct tcp_conn *conn, struct wheel *wheel,
						 const struct tcp_profile *profile, uint32_t now_ms)
{
	uint32_t idle_until = conn->heard_ms + profile->keepalive_idle_ms;

	if (seq_before(wheel->now, idle_until)) {
		wheel_arm(wheel, &conn->timer, idle_until);
		return (struct tcp_timer_verdict){.action = TCP_TIMER_NOTHING};
	}
	if (conn->retries >= profile->keepalive_probes) {
		struct tcp_timer_verdict verdict = give_up(conn, QUERN_END_TIMEOUT);

		/* RFC 9293 3.10.8: the peer is told, in FIN-WAIT-2 too. */
		verdict.reset = true;
		return verdict;
	}
	conn->retries++;
	conn->flags |= TCP_OWES_PROBE;
	wheel_arm(wheel, &conn->timer, now_ms + profile->keepalive_interval_ms);
	return (struct tcp_timer_verdict){.action = TCP_TIMER_SEND};
}

/* RFC 8985 7.3: a segment goes, and then the timer runs for its own sake. What was heard meanwhile, though it moved
 * nothing, may have made that needless: then the timer runs from where it would have begun. */
static struct tcp_timer_verdict probe_tail_or_wait_on(struct tcp_conn *conn, struct tcp_flight *flight,
						      struct wheel *wheel, const struct tcp_profile *profile,
						      uint32_t now_ms)
{
	uint32_t rto_ms = retransmission_timeout(conn, flight, 0), passed_ms = now_ms - flight->since_ms;

	if (tcp_tail_fired(conn, flight)) {
		flight->flags &= (uint16_t)~TCP_FLIGHT_ARMED;
		return (struct tcp_timer_verdict){.action = TCP_TIMER_SEND};
	}
	rto_ms = least(rto_ms, profile->user_timeout_ms);
	wheel_arm(wheel, &conn->timer, now_ms + above(rto_ms, passed_ms));
	return (struct tcp_timer_verdict){.action = TCP_TIMER_NOTHING};
}

/* RFC 6298 5.4 to 5.6 of text and the FIN behind it, and the probe of RFC 9293 3.8.6.1. */
static struct tcp_timer_verdict repeat_text_or_give_up(struct tcp_conn *conn, struct tcp_flight *flight,
						       struct tcp_scoreboard *scoreboard, struct wheel *wheel,
						       const struct tcp_profile *profile, uint32_t now_ms)
{
	if (now_ms - flight->since_ms >= profile->user_timeout_ms)
		return give_up(conn, end_of_patience(conn, profile));
	if (flight->tail == TCP_TAIL_ARMED)
		return probe_tail_or_wait_on(conn, flight, wheel, profile, now_ms);
	flight->tail = TCP_TAIL_QUIET;
	/* RFC 2018 8: the peer may have thrown it away. */
	if (scoreboard)
		tcp_scoreboard_clear(scoreboard, flight->snd_una);
	/* A window that is shut is no loss (RFC 9293 3.8.6.1). */
	if (flight->snd_una != flight->snd_nxt && conn->snd_wnd != 0)
		tcp_recovery_timeout(conn, flight, profile, conn->retries > 0);
	/* What waited for no more than a full segment, or for a window, was not lost. */
	if (flight->snd_una != flight->snd_nxt || conn->snd_wnd == 0) {
		if (conn->backoff < TCP_BACKOFF_MAX)
			conn->backoff = (conn->backoff + 1) & TCP_BACKOFF_MAX;
		if (conn->retries < UINT8_MAX)
			conn->retries++;
	}
	flight->next = flight->snd_una;
	flight->flags = (uint16_t)((flight->flags & ~(TCP_FLIGHT_ARMED | TCP_FLIGHT_TIMED)) | TCP_FLIGHT_DUE);
	return (struct tcp_timer_verdict){.action = conn->retries == TCP_R1_RETRIES ? TCP_TIMER_UNANSWERED
										    : TCP_TIMER_SEND};
}

struct tcp_timer_verdict tcp_timer_fired(struct tcp_conn *conn, struct tcp_flight *flight,
					 struct tcp_scoreboard *scoreboard, struct wheel *wheel,
					 const struct tcp_profile *profile, uint32_t now_ms)
{
	if (flight && !(conn->flags & TCP_SYN_IN_FLIGHT) && flight->snd_una != conn->snd_end)
		return repeat_text_or_give_up(conn, flight, scoreboard, wheel, profile, now_ms);
	if (conn->flags & TCP_IN_FLIGHT)
		return repeat_or_give_up(conn, profile);
	if (conn->state == QUERN_FIN_WAIT_2 && conn->flags & TCP_ORPHAN)
		return give_up(conn, QUERN_END_TIMEOUT);
	/* Switched off by a callback after it had fired. */
	if (!keeps_alive(conn, profile))
		return (struct tcp_timer_verdict){.action = TCP_TIMER_NOTHING};
	return probe_or_give_up(conn, wheel, profile, now_ms);
}
