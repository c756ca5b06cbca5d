/* tcp_syn_sent.c - the answer to our SYN, one step of RFC 9293 3.10.7.3 after the other. */
#include "tcp/tcp_syn_sent.h"

#include "tcp/tcp_negotiate.h"
#include "tcp/tcp_transition.h"

static struct tcp_verdict refused(struct tcp_conn *conn)
{
	tcp_transition(conn, TCP_EVENT_RCV_RST);
	return (struct tcp_verdict){.events = TCP_HAPPENED_ENDED, .end = QUERN_END_REFUSED};
}

/* The peer's numbers are known: what a flight was begun with before means nothing. */
static void synchronize(struct tcp_conn *conn, struct tcp_flight *flight, const struct segment *segment,
			const struct tcp_profile *profile)
{
	conn->rcv_nxt = segment->seq + 1;
	tcp_negotiate(conn, segment, profile);
	if (!flight)
		return;
	flight->snd_wl1 = segment->seq;
	tcp_congestion_begin(&flight->congestion, tcp_smss(conn), false, 0);
	flight->rcv_adv = conn->rcv_nxt + tcp_rcv_wnd(conn, NULL, profile);
}

struct tcp_verdict tcp_syn_sent_input(struct tcp_conn *conn, struct tcp_flight *flight, const struct segment *segment,
				      const struct tcp_profile *profile, const struct tcp_clock *clock)
{
	bool has_ack = segment->flags & TCP_ACK;

	/* First: nothing but our SYN can be acknowledged. */
	if (has_ack && segment->ack != tcp_snd_nxt(conn, flight))
		return (struct tcp_verdict){.drop = QUERN_DROP_TCP_SYN_SENT_ACK, .reset = !(segment->flags & TCP_RST)};
	/* Second: a RST counts only with an acceptable ACK. */
	if (segment->flags & TCP_RST && has_ack)
		return refused(conn);
	/* Fifth, brought forward: neither SYN nor RST that counts. */
	if ((segment->flags & (TCP_SYN | TCP_RST)) != TCP_SYN)
		return (struct tcp_verdict){.drop = QUERN_DROP_TCP_SYN_SENT_NO_SYN};
	/* Fourth: SYN. */
	synchronize(conn, flight, segment, profile);
	if (!has_ack) {
		tcp_transition(conn, TCP_EVENT_RCV_SYN);
		return (struct tcp_verdict){.events = 0};
	}
	conn->flags &= (uint16_t) ~(TCP_SYN_IN_FLIGHT | TCP_OWES_SYN);
	conn->retries = 0;
	if (!(conn->flags & (TCP_SYN_REPEATED | TCP_UNTIMED)))
		tcp_rtt_sample(conn, flight, clock->silent_ms);
	tcp_transition(conn, TCP_EVENT_RCV_SYN_ACK);
	return (struct tcp_verdict){.events = TCP_HAPPENED_ESTABLISHED | TCP_HAPPENED_ACKED};
}
