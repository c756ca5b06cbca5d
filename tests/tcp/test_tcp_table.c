/* test_tcp_table.c - every state meets every kind of segment: 11 states, ten flag sets, six positions of SEQ, five of
 * ACK, with text and without, each on a fresh connection, against the oracle. */
#include <stdio.h>

#include <criterion/criterion.h>

#include "support/script.h"
#include "tcp/oracle.h"

enum { TEXT_BYTES = 20, SENT_BYTES = 30, SHOWN_MAX = 12 };

static const uint8_t flag_sets[] = {0, ACK, SYN, SYN | ACK, FIN, FIN | ACK, RST, RST | ACK, SYN | FIN, SYN | RST};

/* Relative to RCV.NXT. */
static const int32_t seq_offsets[] = {-70000, -1, 0, 10, 65534, 65535};

/* Too old, the peer's last word, SND.UNA, SND.NXT, never sent; and with text in flight, a part of it. */
enum ack_position { ACK_TOO_OLD, ACK_BEFORE_UNA, ACK_UNA, ACK_NXT, ACK_NEVER_SENT, ACK_OF_A_PART, ACK_POSITIONS };

struct trial {
	struct reached reached;
	struct oracle_tcb tcb;
	struct raw_segment segment;
	struct oracle_outcome found;
	enum quern_state from;
	unsigned int heard;
};

static struct driver driver;
static bool is_sending; /* trials begin with reach_sending() */

static uint32_t ack_at(const struct oracle_tcb *tcb, enum ack_position position)
{
	const uint32_t acks[] = {
		tcb->snd_una - DRIVER_WINDOW - 1, tcb->snd_una - 1, tcb->snd_una, tcb->snd_nxt, tcb->snd_nxt + 1,
		tcb->snd_una + SENT_BYTES / 2};

	return acks[position];
}

/* A state in which text of ours may be in flight, with some; and with our FIN behind it, where there is one. */
static struct reached reach_sending(enum quern_state state)
{
	bool is_second = state == QUERN_CLOSE_WAIT || state == QUERN_LAST_ACK;
	bool has_fin = state != QUERN_ESTABLISHED && state != QUERN_CLOSE_WAIT;
	struct reached reached = state_reach(&driver, is_second ? QUERN_CLOSE_WAIT : QUERN_ESTABLISHED, false);
	struct script *script = &reached.script;

	cr_assert_eq(driver_send(&driver, script->conn, SENT_BYTES), SENT_BYTES);
	if (has_fin)
		app_shutdown(script);
	driver_collect(&driver);
	hear_text(script, has_fin ? FIN | PSH | ACK : PSH | ACK, 1, reached.rcv_nxt, SENT_BYTES);
	reached.snd_nxt += SENT_BYTES + (uint32_t)has_fin;
	if (state == QUERN_CLOSING) {
		say(script, FIN | ACK, 1, 1);
		hear(script, ACK, reached.snd_nxt, 2);
		reached.rcv_nxt++;
		driver.told_next = driver.told_count;
	}
	in_state(script, state);
	return reached;
}

static void prepare(struct trial *trial, enum quern_state state, bool actively)
{
	const struct script *script;

	trial->reached = is_sending ? reach_sending(state) : state_reach(&driver, state, actively);
	trial->from = state;
	script = &trial->reached.script;
	trial->tcb = (struct oracle_tcb){.state = state,
					 .passive = !actively,
					 .iss = script->iss,
					 .snd_una = script->iss + trial->reached.snd_una,
					 .snd_nxt = script->iss + trial->reached.snd_nxt,
					 .max_snd_wnd = DRIVER_WINDOW,
					 .irs = script->peer_iss,
					 .rcv_nxt = script->peer_iss + trial->reached.rcv_nxt,
					 .rcv_wnd = 65535};
}

/* Puts what came of it in the oracle's words. */
static void look(struct trial *trial, uint64_t text_before)
{
	const struct script *script = &trial->reached.script;
	struct oracle_outcome *found = &trial->found;
	const struct driver_heard *heard;
	const struct driver_told *told;

	*found = (struct oracle_outcome){.next = script_state(script)};
	trial->heard = driver.heard_count - driver.heard_next;
	heard = driver_next_heard(&driver);
	if (heard != NULL) {
		found->flags = heard->segment.flags;
		found->seq = heard->segment.seq;
		found->ack = heard->segment.ack;
	}
	for (told = driver_next_told(&driver); told != NULL; told = driver_next_told(&driver)) {
		cr_assert_eq(found->told & (1U << told->what), 0, "told the same twice");
		cr_assert_lt(found->told >> 1, 1U << told->what, "told in the wrong order");
		found->told |= 1U << told->what;
		if (told->what == TOLD_ENDED)
			found->how = told->how;
	}
	found->text_bytes = (uint32_t)(driver_counters(&driver)->text_bytes - text_before);
}

static bool is_as(const struct trial *trial, const struct oracle_outcome *expected)
{
	const struct oracle_outcome *found = &trial->found;
	bool had_listener = trial->tcb.passive && trial->from != QUERN_CLOSED && trial->from != QUERN_SYN_SENT;
	enum quern_state next = expected->next == QUERN_CLOSED && had_listener ? QUERN_LISTEN : expected->next;

	if (found->next != next || found->flags != expected->flags || trial->heard != (expected->flags != 0))
		return false;
	if (expected->flags != 0 && !expected->any_seq && found->seq != expected->seq)
		return false;
	if ((expected->flags & ACK) && found->ack != expected->ack)
		return false;
	if ((found->told & ~expected->maybe_told) != expected->told || found->how != expected->how)
		return false;
	return found->text_bytes == expected->text_bytes;
}

static bool is_right(const struct trial *trial)
{
	struct oracle_outcome expected;

	for (unsigned int choices = 0; choices < CHOICES_END; choices++) {
		expected = oracle_outcome(&trial->tcb, &trial->segment, choices);
		if (is_as(trial, &expected))
			return true;
	}
	return false;
}

static void show_outcome(const char *who, const struct trial *trial, const struct oracle_outcome *outcome)
{
	fprintf(stderr, "    %s: %s", who, quern_state_name(outcome->next));
	if (outcome->flags == 0)
		fprintf(stderr, ", silence");
	else
		fprintf(stderr, ", %s SEQ=SND.NXT%+d ACK=RCV.NXT%+d", raw_flags_text(outcome->flags),
			outcome->any_seq ? 0 : (int)(outcome->seq - trial->tcb.snd_nxt),
			(int)(outcome->ack - trial->tcb.rcv_nxt));
	fprintf(stderr, ", told %x (end \"%s\"), %u bytes of text\n", outcome->told, quern_end_name(outcome->how),
		outcome->text_bytes);
}

static void show(const struct trial *trial)
{
	const struct oracle_outcome expected = oracle_outcome(&trial->tcb, &trial->segment, 0);

	fprintf(stderr, "%s%s + %s SEQ=RCV.NXT%+d ACK=SND.NXT%+d, %u bytes of text\n", quern_state_name(trial->from),
		trial->tcb.passive ? "" : " (active)", raw_flags_text(trial->segment.flags),
		(int)(trial->segment.seq - trial->tcb.rcv_nxt), (int)(trial->segment.ack - trial->tcb.snd_nxt),
		trial->segment.text_bytes);
	show_outcome("RFC  ", trial, &expected);
	show_outcome("found", trial, &trial->found);
}

static uint64_t dropped(void)
{
	uint64_t sum = 0;

	for (unsigned int reason = 0; reason < QUERN_DROPS_END; reason++)
		sum += driver_counters(&driver)->drops[reason];
	return sum;
}

/* A RST that resets nothing is dropped, and so it is counted. */
static bool is_counted(const struct trial *trial, uint64_t dropped_before)
{
	return !(trial->segment.flags & RST) || trial->found.next != trial->from || dropped() == dropped_before + 1;
}

static bool try_one(enum quern_state state, bool actively, uint8_t flags, int32_t seq_offset,
		    enum ack_position position, uint32_t text_bytes, bool shown)
{
	struct trial trial;
	uint64_t text_before, dropped_before;
	bool right;

	prepare(&trial, state, actively);
	trial.segment = script_segment(&trial.reached.script, flags, 0, 0);
	trial.segment.seq = trial.tcb.rcv_nxt + (uint32_t)seq_offset;
	trial.segment.ack = ack_at(&trial.tcb, position);
	trial.segment.text_bytes = text_bytes;
	text_before = driver_counters(&driver)->text_bytes;
	dropped_before = dropped();
	driver_inject(&driver, &trial.segment);
	look(&trial, text_before);
	right = is_right(&trial) && is_counted(&trial, dropped_before);
	if (!right && shown)
		show(&trial);
	driver_close(&driver);
	return right;
}

static void try_all(enum quern_state state, bool actively)
{
	unsigned int wrong = 0, acks = is_sending ? ACK_POSITIONS : ACK_OF_A_PART;

	for (unsigned int f = 0; f < sizeof(flag_sets); f++)
		for (unsigned int s = 0; s < sizeof(seq_offsets) / sizeof(*seq_offsets); s++)
			for (unsigned int a = 0; a < acks; a++)
				for (uint32_t text = 0; text <= TEXT_BYTES; text += TEXT_BYTES)
					wrong += !try_one(state, actively, flag_sets[f], seq_offsets[s], a, text,
							  wrong < SHOWN_MAX);
	cr_assert_eq(wrong, 0, "%u of 600 or 720 segments in %s are not treated as RFC 9293 says", wrong,
		     quern_state_name(state));
}

Test(tcp_table, closed_answers_every_segment_as_the_rfc_says)
{
	try_all(QUERN_CLOSED, false);
}

Test(tcp_table, listen_answers_every_segment_as_the_rfc_says)
{
	try_all(QUERN_LISTEN, false);
}

Test(tcp_table, syn_sent_answers_every_segment_as_the_rfc_says)
{
	try_all(QUERN_SYN_SENT, true);
}

Test(tcp_table, syn_received_from_listen_answers_every_segment_as_the_rfc_says)
{
	try_all(QUERN_SYN_RCVD, false);
}

Test(tcp_table, syn_received_from_syn_sent_answers_every_segment_as_the_rfc_says)
{
	try_all(QUERN_SYN_RCVD, true);
}

Test(tcp_table, established_answers_every_segment_as_the_rfc_says)
{
	try_all(QUERN_ESTABLISHED, false);
}

Test(tcp_table, fin_wait_1_answers_every_segment_as_the_rfc_says)
{
	try_all(QUERN_FIN_WAIT_1, false);
}

Test(tcp_table, fin_wait_2_answers_every_segment_as_the_rfc_says)
{
	try_all(QUERN_FIN_WAIT_2, false);
}

Test(tcp_table, close_wait_answers_every_segment_as_the_rfc_says)
{
	try_all(QUERN_CLOSE_WAIT, false);
}

Test(tcp_table, closing_answers_every_segment_as_the_rfc_says)
{
	try_all(QUERN_CLOSING, false);
}

Test(tcp_table, last_ack_answers_every_segment_as_the_rfc_says)
{
	try_all(QUERN_LAST_ACK, false);
}

Test(tcp_table, time_wait_answers_every_segment_as_the_rfc_says)
{
	try_all(QUERN_TIME_WAIT, false);
}

Test(tcp_table, established_with_text_in_flight_answers_every_segment_as_the_rfc_says)
{
	is_sending = true;
	try_all(QUERN_ESTABLISHED, false);
}

Test(tcp_table, close_wait_with_text_in_flight_answers_every_segment_as_the_rfc_says)
{
	is_sending = true;
	try_all(QUERN_CLOSE_WAIT, false);
}

Test(tcp_table, fin_wait_1_with_text_in_flight_answers_every_segment_as_the_rfc_says)
{
	is_sending = true;
	try_all(QUERN_FIN_WAIT_1, false);
}

Test(tcp_table, closing_with_text_in_flight_answers_every_segment_as_the_rfc_says)
{
	is_sending = true;
	try_all(QUERN_CLOSING, false);
}

Test(tcp_table, last_ack_with_text_in_flight_answers_every_segment_as_the_rfc_says)
{
	is_sending = true;
	try_all(QUERN_LAST_ACK, false);
}
