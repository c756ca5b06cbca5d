/* oracle.c - RFC 9293 3.10.7.1 to 3.10.7.3: segments in CLOSED, LISTEN and SYN-SENT. */
#include "tcp/oracle.h"

void oracle_send(struct oracle_outcome *outcome, int flags, uint32_t seq, uint32_t ack)
{
	outcome->flags = (uint8_t)flags;
	outcome->seq = seq;
	outcome->ack = ack;
}

void oracle_tell(struct oracle_outcome *outcome, enum driver_what what)
{
	outcome->told |= 1U << what;
}

void oracle_end(struct oracle_tcb *tcb, struct oracle_outcome *outcome, enum quern_end how)
{
	tcb->state = QUERN_CLOSED;
	oracle_tell(outcome, TOLD_ENDED);
	outcome->how = how;
}

static uint32_t segment_len(const struct raw_segment *segment)
{
	return segment->text_bytes + ((segment->flags & SYN) != 0) + ((segment->flags & FIN) != 0);
}

/* 3.10.7.1 */
static void closed_state(const struct raw_segment *segment, struct oracle_outcome *outcome)
{
	if (segment->flags & RST)
		return;
	if (segment->flags & ACK)
		oracle_send(outcome, RST, segment->ack, 0);
	else
		oracle_send(outcome, RST | ACK, 0, segment->seq + segment_len(segment));
}

/* 3.10.7.2 */
static void listen_state(struct oracle_tcb *tcb, const struct raw_segment *segment, struct oracle_outcome *outcome)
{
	/* First, RST. */
	if (segment->flags & RST)
		return;
	/* Second, ACK. */
	if (segment->flags & ACK) {
		oracle_send(outcome, RST, segment->ack, 0);
		return;
	}
	/* Third, SYN; with FIN it is dropped, by ruling. */
	if (segment->flags & SYN) {
		if (segment->flags & FIN)
			return;
		tcb->state = QUERN_SYN_RCVD;
		oracle_send(outcome, SYN | ACK, 0, segment->seq + 1);
		outcome->any_seq = true;
	}
	/* Fourth: drop. */
}

/* True where SEG.ACK acknowledges our SYN and nothing that was not sent. */
static bool acks_our_syn(const struct oracle_tcb *tcb, const struct raw_segment *segment)
{
	uint32_t above_iss = segment->ack - tcb->iss;

	return above_iss > 0 && above_iss <= tcb->snd_nxt - tcb->iss;
}

/* The fourth step of 3.10.7.3. */
static void syn_sent_syn(struct oracle_tcb *tcb, const struct raw_segment *segment, unsigned int choices,
			 struct oracle_outcome *outcome)
{
	struct raw_segment rest = *segment;

	if ((segment->flags & FIN) && (choices & CHOICE_SYN_FIN_DROPPED))
		return;
	tcb->rcv_nxt = segment->seq + 1;
	if ((segment->flags & ACK) == 0) {
		tcb->state = QUERN_SYN_RCVD;
		oracle_send(outcome, SYN | ACK, tcb->iss, tcb->rcv_nxt);
		return;
	}
	tcb->snd_una = segment->ack;
	tcb->state = QUERN_ESTABLISHED;
	oracle_tell(outcome, TOLD_ESTABLISHED);
	oracle_send(outcome, ACK, tcb->snd_nxt, tcb->rcv_nxt);
	rest.flags &= (uint8_t)~SYN;
	rest.seq++;
	if ((choices & CHOICE_SYN_TEXT_LEFT) == 0)
		oracle_text_and_fin(tcb, &rest, choices, outcome);
}

/* 3.10.7.3 */
static void syn_sent_state(struct oracle_tcb *tcb, const struct raw_segment *segment, unsigned int choices,
			   struct oracle_outcome *outcome)
{
	bool has_ack = (segment->flags & ACK) != 0;

	/* First, ACK. */
	if (has_ack && !acks_our_syn(tcb, segment)) {
		if ((segment->flags & RST) == 0)
			oracle_send(outcome, RST, segment->ack, 0);
		return;
	}
	/* Second, RST; RFC 5961 3.2 asks for an acceptable ACK and for no SEQ here. */
	if (segment->flags & RST) {
		if (has_ack)
			oracle_end(tcb, outcome, QUERN_END_REFUSED);
		return;
	}
	/* Fourth, SYN. */
	if (segment->flags & SYN)
		syn_sent_syn(tcb, segment, choices, outcome);
	/* Fifth: drop. */
}

struct oracle_outcome oracle_outcome(const struct oracle_tcb *tcb, const struct raw_segment *segment,
				     unsigned int choices)
{
	struct oracle_tcb after = *tcb;
	struct oracle_outcome outcome = {0};

	if (tcb->state == QUERN_CLOSED)
		closed_state(segment, &outcome);
	else if (tcb->state == QUERN_LISTEN)
		listen_state(&after, segment, &outcome);
	else if (tcb->state == QUERN_SYN_SENT)
		syn_sent_state(&after, segment, choices, &outcome);
	else
		oracle_synchronized(&after, segment, choices, &outcome);
	outcome.next = after.state;
	return outcome;
}
