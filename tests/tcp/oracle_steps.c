/* oracle_steps.c - RFC 9293 3.10.7.4: segments in the states from SYN-RECEIVED on, step by step. */
#include "tcp/oracle.h"

static void send_ack(const struct oracle_tcb *tcb, struct oracle_outcome *outcome)
{
	oracle_send(outcome, ACK, tcb->snd_nxt, tcb->rcv_nxt);
}

static bool in_window(const struct oracle_tcb *tcb, uint32_t seq)
{
	return seq - tcb->rcv_nxt < tcb->rcv_wnd;
}

/* Table 6. */
static bool is_acceptable(const struct oracle_tcb *tcb, const struct raw_segment *segment)
{
	uint32_t length = segment->text_bytes + ((segment->flags & SYN) != 0) + ((segment->flags & FIN) != 0);

	if (length == 0)
		return tcb->rcv_wnd == 0 ? segment->seq == tcb->rcv_nxt : in_window(tcb, segment->seq);
	if (tcb->rcv_wnd == 0)
		return false;
	return in_window(tcb, segment->seq) || in_window(tcb, segment->seq + length - 1);
}

/* SEQ - RCV.NXT as a signed number: where the segment begins. */
static int32_t offset_of(const struct oracle_tcb *tcb, const struct raw_segment *segment)
{
	return (int32_t)(segment->seq - tcb->rcv_nxt);
}

/* RFC 6191, case without timestamps; false where the segment is for the other steps. */
static bool time_wait_syn(struct oracle_tcb *tcb, const struct raw_segment *segment, unsigned int choices,
			  struct oracle_outcome *outcome)
{
	int32_t least = (choices & CHOICE_REOPEN_ABOVE) ? 1 : 0;

	if (tcb->state != QUERN_TIME_WAIT || (segment->flags & SYN) == 0 || (segment->flags & RST))
		return false;
	if (segment->flags & (ACK | FIN)) {
		if ((choices & CHOICE_TIME_WAIT_QUIET) == 0)
			send_ack(tcb, outcome);
		return true;
	}
	if (offset_of(tcb, segment) < least)
		return true;
	tcb->state = QUERN_SYN_RCVD;
	oracle_send(outcome, SYN | ACK, 0, segment->seq + 1);
	outcome->any_seq = true;
	return true;
}

/* A SYN at IRS in SYN-RECEIVED: a duplicate, or the SYN+ACK of a simultaneous open. True where it was one. */
static bool old_syn(struct oracle_tcb *tcb, const struct raw_segment *segment, unsigned int choices,
		    struct oracle_outcome *outcome)
{
	bool bare = segment->flags == SYN && segment->text_bytes == 0;

	if (tcb->state != QUERN_SYN_RCVD || (segment->flags & SYN) == 0 || segment->seq != tcb->irs)
		return false;
	if (segment->flags & (RST | ACK))
		return false;
	if ((bare && tcb->passive) || (choices & CHOICE_SYN_REPEATED)) {
		oracle_send(outcome, SYN | ACK, tcb->iss, tcb->rcv_nxt);
		return true;
	}
	return false;
}

/* Step 2; true where it ends here. */
static bool check_rst(struct oracle_tcb *tcb, const struct raw_segment *segment, struct oracle_outcome *outcome)
{
	if ((segment->flags & RST) == 0)
		return false;
	/* RFC 1337, by ruling. */
	if (tcb->state == QUERN_TIME_WAIT)
		return true;
	/* RFC 5961 3.2: outside silence, at RCV.NXT a reset, inside a challenge. */
	if (!in_window(tcb, segment->seq))
		return true;
	if (segment->seq != tcb->rcv_nxt) {
		send_ack(tcb, outcome);
		return true;
	}
	if (tcb->state == QUERN_SYN_RCVD && tcb->passive)
		tcb->state = QUERN_LISTEN;
	else
		oracle_end(tcb, outcome, tcb->state == QUERN_SYN_RCVD ? QUERN_END_REFUSED : QUERN_END_RESET);
	return true;
}

/* Step 4; true where it ends here. */
static bool check_syn(struct oracle_tcb *tcb, const struct raw_segment *segment, struct oracle_outcome *outcome)
{
	if ((segment->flags & SYN) == 0)
		return false;
	if (tcb->state == QUERN_SYN_RCVD && tcb->passive && in_window(tcb, segment->seq))
		tcb->state = QUERN_LISTEN;
	else
		send_ack(tcb, outcome);
	return true;
}

/* The part of step 5 that is for SYN-RECEIVED; false where the segment ends there. */
static bool ack_in_syn_received(struct oracle_tcb *tcb, const struct raw_segment *segment, unsigned int choices,
				struct oracle_outcome *outcome)
{
	uint32_t old_by = tcb->snd_una - segment->ack;

	if (segment->ack - tcb->snd_una - 1 < tcb->snd_nxt - tcb->snd_una) {
		tcb->state = QUERN_ESTABLISHED;
		tcb->snd_una = segment->ack;
		oracle_tell(outcome, TOLD_ESTABLISHED);
		return true;
	}
	if ((choices & CHOICE_SYN_RCVD_ACK) && old_by > tcb->max_snd_wnd)
		send_ack(tcb, outcome);
	else
		oracle_send(outcome, RST, segment->ack, 0);
	return false;
}

static void enter_time_wait(struct oracle_tcb *tcb, struct oracle_outcome *outcome)
{
	tcb->state = QUERN_TIME_WAIT;
	oracle_tell(outcome, TOLD_ENDED);
	outcome->how = QUERN_END_CLOSED;
}

/* Our FIN, where one was sent, is acknowledged. */
static void fin_is_acked(struct oracle_tcb *tcb, struct oracle_outcome *outcome)
{
	if (tcb->state == QUERN_FIN_WAIT_1)
		tcb->state = QUERN_FIN_WAIT_2;
	else if (tcb->state == QUERN_CLOSING)
		enter_time_wait(tcb, outcome);
	else if (tcb->state == QUERN_LAST_ACK)
		oracle_end(tcb, outcome, QUERN_END_CLOSED);
}

/* Step 5; false where the segment ends there. */
static bool check_ack(struct oracle_tcb *tcb, const struct raw_segment *segment, unsigned int choices,
		      struct oracle_outcome *outcome)
{
	uint32_t above_oldest = segment->ack - (tcb->snd_una - tcb->max_snd_wnd);

	if ((segment->flags & ACK) == 0)
		return false;
	if (tcb->state == QUERN_SYN_RCVD)
		return ack_in_syn_received(tcb, segment, choices, outcome);
	/* RFC 5961 5.2 */
	if (above_oldest > tcb->max_snd_wnd + (tcb->snd_nxt - tcb->snd_una)) {
		send_ack(tcb, outcome);
		return false;
	}
	if (tcb->snd_una != tcb->snd_nxt && segment->ack == tcb->snd_nxt) {
		tcb->snd_una = segment->ack;
		fin_is_acked(tcb, outcome);
	}
	return tcb->state != QUERN_CLOSED;
}

/* Step 8 in the states where a FIN is news. */
static void take_fin(struct oracle_tcb *tcb, struct oracle_outcome *outcome)
{
	tcb->rcv_nxt++;
	send_ack(tcb, outcome);
	if (tcb->state == QUERN_ESTABLISHED) {
		tcb->state = QUERN_CLOSE_WAIT;
		oracle_tell(outcome, TOLD_PEER_CLOSED);
		return;
	}
	/* We have closed already: whether that is worth a call of its own is the interface's choice. */
	outcome->maybe_told |= 1U << TOLD_PEER_CLOSED;
	if (tcb->state == QUERN_FIN_WAIT_1)
		tcb->state = QUERN_CLOSING;
	else
		enter_time_wait(tcb, outcome);
}

/* Steps 7 and 8 for the idealized segment: it begins at RCV.NXT and ends in the window. */
void oracle_text_and_fin(struct oracle_tcb *tcb, struct raw_segment *rest, unsigned int choices,
			 struct oracle_outcome *outcome)
{
	bool receives =
		tcb->state == QUERN_ESTABLISHED || tcb->state == QUERN_FIN_WAIT_1 || tcb->state == QUERN_FIN_WAIT_2;

	if (rest->text_bytes == 0 && (rest->flags & FIN) == 0) {
		/* The TIME-WAIT of step 5: acknowledge what arrives. */
		if (tcb->state == QUERN_TIME_WAIT && !(outcome->told & 1U << TOLD_ENDED) &&
		    (choices & CHOICE_TIME_WAIT_QUIET) == 0)
			send_ack(tcb, outcome);
		return;
	}
	if (!receives) {
		if (choices & CHOICE_AFTER_FIN_ACK)
			send_ack(tcb, outcome);
		return;
	}
	if (rest->text_bytes > 0) {
		tcb->rcv_nxt += rest->text_bytes;
		outcome->text_bytes = rest->text_bytes;
		send_ack(tcb, outcome);
	}
	if (rest->flags & FIN)
		take_fin(tcb, outcome);
}

/* Cuts away what was there before and what lies beyond the window. */
static void trim(const struct oracle_tcb *tcb, struct raw_segment *rest)
{
	int32_t offset = offset_of(tcb, rest);
	uint32_t room;

	if (offset < 0) {
		rest->text_bytes -= (uint32_t)-offset < rest->text_bytes ? (uint32_t)-offset : rest->text_bytes;
		rest->seq = tcb->rcv_nxt;
		offset = 0;
	}
	room = tcb->rcv_wnd - (uint32_t)offset;
	if (rest->text_bytes + ((rest->flags & FIN) != 0) > room) {
		rest->flags &= (uint8_t)~FIN;
		rest->text_bytes = rest->text_bytes < room ? rest->text_bytes : room;
	}
}

/* The peer has sent FIN: nothing can follow. */
static bool after_fin(const struct oracle_tcb *tcb)
{
	return tcb->state == QUERN_CLOSE_WAIT || tcb->state == QUERN_CLOSING || tcb->state == QUERN_LAST_ACK ||
	       tcb->state == QUERN_TIME_WAIT;
}

/* A segment in the window that does not begin at RCV.NXT. */
static void beyond_hole(struct oracle_tcb *tcb, const struct raw_segment *segment, unsigned int choices,
			struct oracle_outcome *outcome)
{
	bool empty = segment->text_bytes == 0 && (segment->flags & FIN) == 0;
	bool ignored;

	if ((segment->flags & ACK) == 0)
		return;
	if ((choices & CHOICE_HOLE_ACKS) && !check_ack(tcb, segment, choices, outcome))
		return;
	/* RFC 5681 4.2: an immediate duplicate ACK, but step 7 ignores text after the peer's FIN. TIME-WAIT
	 * acknowledges whatever arrives. */
	ignored = empty || (after_fin(tcb) && !(choices & CHOICE_AFTER_FIN_ACK));
	if (!ignored || (tcb->state == QUERN_TIME_WAIT && !(choices & CHOICE_TIME_WAIT_QUIET)))
		send_ack(tcb, outcome);
}

static bool begins_beyond(const struct oracle_tcb *tcb, const struct raw_segment *segment)
{
	return offset_of(tcb, segment) > 0;
}

/* The SYN+ACK of figure 7, whose SYN has been seen: what is left begins at RCV.NXT. */
static bool simultaneous_syn_ack(const struct oracle_tcb *tcb, const struct raw_segment *segment, unsigned int choices)
{
	return tcb->state == QUERN_SYN_RCVD && segment->seq == tcb->irs && (segment->flags & RST) == 0 &&
	       (segment->flags & (SYN | ACK)) == (SYN | ACK) && (choices & CHOICE_SYN_ACK_TRIMMED);
}

void oracle_synchronized(struct oracle_tcb *tcb, const struct raw_segment *segment, unsigned int choices,
			 struct oracle_outcome *outcome)
{
	struct raw_segment rest = *segment;

	if (time_wait_syn(tcb, segment, choices, outcome) || old_syn(tcb, segment, choices, outcome))
		return;
	if (simultaneous_syn_ack(tcb, segment, choices)) {
		rest.flags &= (uint8_t)~SYN;
		rest.seq++;
		if (choices & CHOICE_SYN_TEXT_LEFT) {
			rest.text_bytes = 0;
			rest.flags &= (uint8_t)~FIN;
		}
	} else if (!is_acceptable(tcb, segment)) {
		/* Step 1. */
		if ((segment->flags & RST) == 0)
			send_ack(tcb, outcome);
		return;
	}
	if (check_rst(tcb, &rest, outcome) || check_syn(tcb, &rest, outcome))
		return;
	trim(tcb, &rest);
	if (begins_beyond(tcb, &rest)) {
		beyond_hole(tcb, &rest, choices, outcome);
		return;
	}
	if (check_ack(tcb, &rest, choices, outcome))
		oracle_text_and_fin(tcb, &rest, choices, outcome);
}
