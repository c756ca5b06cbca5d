/* model_rules.c - the rules, by what each connection has done so far. Numbers are counted from its SYN on. */
#include "model/model_rules.h"

#include <stdarg.h>

#include "base/seq.h"
#include "wheel/wheel.h"

enum { ANSWERS_MAX = 3 /* text that is lost, text that is new, and an ACK or RST */ };

#define TO(state) (1u << QUERN_##state)

/* RFC 9293 figure 5, and what one segment can do at once: complete a handshake and bring a FIN, acknowledge a FIN and
 * bring another. A state may also stay as it is. */
static const uint32_t edges[3][QUERN_STATES_END] = {
	[MODEL_CAUSE_SEGMENT] = {[QUERN_SYN_SENT] = TO(SYN_RCVD) | TO(ESTABLISHED) | TO(CLOSED),
				 [QUERN_SYN_RCVD] = TO(ESTABLISHED) | TO(CLOSE_WAIT) | TO(LISTEN) | TO(CLOSED),
				 [QUERN_ESTABLISHED] = TO(CLOSE_WAIT) | TO(CLOSED),
				 [QUERN_FIN_WAIT_1] = TO(FIN_WAIT_2) | TO(CLOSING) | TO(TIME_WAIT) | TO(CLOSED),
				 [QUERN_FIN_WAIT_2] = TO(TIME_WAIT) | TO(CLOSED),
				 [QUERN_CLOSE_WAIT] = TO(CLOSED),
				 [QUERN_CLOSING] = TO(TIME_WAIT) | TO(CLOSED),
				 [QUERN_LAST_ACK] = TO(CLOSED)},
	[MODEL_CAUSE_CALL] = {[QUERN_SYN_SENT] = TO(CLOSED),
			      [QUERN_SYN_RCVD] = TO(FIN_WAIT_1) | TO(CLOSED),
			      [QUERN_ESTABLISHED] = TO(FIN_WAIT_1) | TO(CLOSED),
			      [QUERN_FIN_WAIT_1] = TO(CLOSED),
			      [QUERN_FIN_WAIT_2] = TO(CLOSED),
			      [QUERN_CLOSE_WAIT] = TO(LAST_ACK) | TO(CLOSED),
			      [QUERN_CLOSING] = TO(CLOSED),
			      [QUERN_LAST_ACK] = TO(CLOSED)},
	[MODEL_CAUSE_TIMER] = {[QUERN_SYN_SENT] = TO(CLOSED),
			       [QUERN_SYN_RCVD] = TO(CLOSED),
			       [QUERN_ESTABLISHED] = TO(CLOSED),
			       [QUERN_FIN_WAIT_1] = TO(CLOSED),
			       [QUERN_FIN_WAIT_2] = TO(CLOSED),
			       [QUERN_CLOSE_WAIT] = TO(CLOSED),
			       [QUERN_CLOSING] = TO(CLOSED),
			       [QUERN_LAST_ACK] = TO(CLOSED)},
};

static const struct {
	char letter;
	const char *text;
} rules[MODEL_RULES_END] = {
	[MODEL_RULE_NONE] = {'-', "no rule"},
	[MODEL_RULE_TEXT] = {'a', "text is delivered as it was sent, once, in order"},
	[MODEL_RULE_ENDS] = {'b', "an end is told as what it was"},
	[MODEL_RULE_EDGE] = {'c', "states change along RFC 9293 figure 5"},
	[MODEL_RULE_NUMBERS] = {'d', "numbers stay within what was sent, heard and allowed, and do not go back"},
	[MODEL_RULE_TIMERS] = {'e', "a timer runs where something is waited for, and nowhere else"},
	[MODEL_RULE_AGREE] = {'f', "two ends that are connected know each other's numbers"},
	[MODEL_RULE_QUIET] = {'h', "no RST answers a RST, and no packet draws many"},
	[MODEL_RULE_DEAD_END] = {'i', "a fair run from every state comes to an end"},
};

char model_rule_letter(enum model_rule rule)
{
	return rules[rule].letter;
}

const char *model_rule_text(enum model_rule rule)
{
	return rules[rule].text;
}

void model_fail(struct model_turn *turn, enum model_rule rule, const char *format, ...)
{
	va_list arguments;

	if (turn->rule != MODEL_RULE_NONE)
		return;
	turn->rule = rule;
	va_start(arguments, format);
	vsnprintf(turn->text, sizeof(turn->text), format, arguments);
	va_end(arguments);
}

/* What the other end's connection that this one is with has done; null before it is known. */
static const struct model_life *mate_of(struct model_turn *turn, const struct model_life *life)
{
	return life->peer ? &model_peer(turn)->lives[life->peer - 1] : NULL;
}

/* Octets [from, from + count) of the peer are taken in order. */
static void take(struct model_turn *turn, struct model_life *life, uint32_t from, uint32_t count)
{
	const struct model_life *mate = mate_of(turn, life);

	if (from != life->heard)
		model_fail(turn, MODEL_RULE_TEXT, "end %u takes octet %u of its peer, and octet %u is next", turn->host,
			   from, life->heard);
	life->heard = (uint8_t)(from + count);
	if (!mate || life->heard > mate->sent)
		model_fail(turn, MODEL_RULE_NUMBERS, "end %u takes %u octets, and %u were sent", turn->host,
			   life->heard, mate ? mate->sent : 0);
}

void model_rules_given(struct model_turn *turn, uint8_t from, uint32_t seq, uint32_t bytes)
{
	struct model_life *life = model_life_of(model_self(turn));

	if (from != life->peer || !from) {
		model_fail(turn, MODEL_RULE_TEXT, "end %u is given text of a connection that it is not with",
			   turn->host);
		return;
	}
	/* RFC 9293 3.6.1, SHLD-3: nobody is there to read it. */
	if (model_self(turn)->conn.flags & TCP_ORPHAN)
		model_fail(turn, MODEL_RULE_TEXT, "end %u is given text, and has closed", turn->host);
	take(turn, life, seq - model_iss(!turn->host, (uint8_t)(from - 1)), bytes);
	if (life->heard > mate_of(turn, life)->text + 1u)
		model_fail(turn, MODEL_RULE_TEXT, "end %u is given more text than was sent", turn->host);
}

/* A FIN was taken where RCV.NXT is one octet further than SYN and text. */
static void take_fin(struct model_turn *turn, struct model_life *life)
{
	const struct model_life *mate = mate_of(turn, life);
	uint32_t heard = model_self(turn)->conn.rcv_nxt - model_iss(!turn->host, (uint8_t)(life->peer - 1));

	if (heard == life->heard)
		return;
	if (heard != life->heard + 1u || !(mate->flags & MODEL_LIFE_SHUT) || heard != mate->text + 2u) {
		model_fail(turn, MODEL_RULE_NUMBERS, "end %u: RCV.NXT is %u, after %u octets of SYN and text",
			   turn->host, heard, life->heard);
		return;
	}
	take(turn, life, life->heard, 1);
}

void model_rules_moved(struct model_turn *turn, enum model_cause cause)
{
	struct model_host *host = model_self(turn);
	struct model_life *life = model_life_of(host);
	enum quern_state from = turn->from, to = host->conn.state;

	turn->from = to;
	if (from != to && !(edges[cause][from] >> to & 1))
		model_fail(turn, MODEL_RULE_EDGE, "end %u: from %s to %s by a %s", turn->host, quern_state_name(from),
			   quern_state_name(to), (const char *[]){"segment", "call", "timer"}[cause]);
	if (life->peer)
		take_fin(turn, life);
}

/* SYN, text and FIN each have their place. */
static void judge_octets(struct model_turn *turn, struct model_life *life, const struct model_packet *packet)
{
	uint32_t at = packet->seq - model_iss(turn->host, (uint8_t)(packet->life - 1)), end = at + packet->text;
	bool has_syn = packet->flags & TCP_SYN, has_fin = packet->flags & TCP_FIN;

	/* RFC 9293 3.10.5: <SEQ=SND.NXT><CTL=RST>. */
	if (packet->flags & TCP_RST ? at != life->sent : at > life->sent)
		model_fail(turn, MODEL_RULE_NUMBERS, "end %u says octet %u, and has said %u so far", turn->host, at,
			   life->sent);
	if (has_syn && !(packet->flags & TCP_ACK) == !!life->peer)
		model_fail(turn, MODEL_RULE_NUMBERS, "end %u says SYN, and its peer's is %sknown", turn->host,
			   life->peer ? "" : "not ");
	if ((has_syn && (at != 0 || packet->text || has_fin)) || (packet->text && (at < 1 || end > life->text + 1u)))
		model_fail(turn, MODEL_RULE_TEXT, "end %u says text from octet %u to %u, and has %u bytes", turn->host,
			   at, end, life->text);
	if (has_fin && (!(life->flags & MODEL_LIFE_SHUT) || end != life->text + 1u))
		model_fail(turn, MODEL_RULE_NUMBERS, "end %u says FIN as octet %u behind %u bytes", turn->host, end,
			   life->text);
	end += has_syn + has_fin;
	if (end > life->sent)
		life->sent = (uint8_t)end;
}

/* The ACK is of all that was taken in order; the window that it brings never moves back. */
static void judge_ack(struct model_turn *turn, struct model_life *life, const struct model_packet *packet)
{
	uint32_t heard = packet->ack - model_iss(!turn->host, (uint8_t)(life->peer - 1)), edge = heard + packet->wnd;

	if (!life->peer || heard != life->heard)
		model_fail(turn, MODEL_RULE_NUMBERS, "end %u acknowledges %u octets, and has taken %u", turn->host,
			   life->peer ? heard : packet->ack, life->heard);
	else if (packet->wnd > turn->plan->window || edge < life->edge)
		model_fail(turn, MODEL_RULE_NUMBERS, "end %u moves its window's edge from %u to %u", turn->host,
			   life->edge, edge);
	life->edge = (uint8_t)edge;
}

/* Text stays within the window, but for the octet that probes one which is shut. */
static void judge_room(struct model_turn *turn, const struct model_life *life, const struct model_packet *packet)
{
	const struct model_life *mate = mate_of(turn, life);
	uint32_t end = packet->seq + packet->text - model_iss(turn->host, (uint8_t)(packet->life - 1));
	bool is_probe = model_self(turn)->flight.flags & TCP_FLIGHT_PROBING && packet->text == 1;

	if (packet->text && !is_probe && (!mate || end > mate->edge))
		model_fail(turn, MODEL_RULE_NUMBERS, "end %u says text up to octet %u, and the window ends at %u",
			   turn->host, end, mate ? mate->edge : 0);
}

void model_rules_said(struct model_turn *turn, const struct model_packet *packet)
{
	struct model_life *life;

	if (turn->heard && turn->heard->flags & TCP_RST && packet->flags & TCP_RST)
		model_fail(turn, MODEL_RULE_QUIET, "end %u answers a RST by a RST", turn->host);
	if (turn->said > ANSWERS_MAX)
		model_fail(turn, MODEL_RULE_QUIET, "end %u says %u packets at once", turn->host, turn->said);
	if (packet->life == 0)
		return;
	life = &model_self(turn)->lives[packet->life - 1];
	judge_octets(turn, life, packet);
	if (packet->flags & TCP_ACK)
		judge_ack(turn, life, packet);
	judge_room(turn, life, packet);
}

void model_rules_peer_closed(struct model_turn *turn)
{
	struct model_life *life = model_life_of(model_self(turn));
	const struct model_life *mate = mate_of(turn, life);

	if (life->flags & MODEL_LIFE_PEER_SHUT || !mate || !(mate->flags & MODEL_LIFE_SHUT))
		model_fail(turn, MODEL_RULE_ENDS, "end %u is told of a FIN %s", turn->host,
			   life->flags & MODEL_LIFE_PEER_SHUT ? "twice" : "of a peer that has not closed");
	else if (life->given != mate->text)
		model_fail(turn, MODEL_RULE_ENDS, "end %u is told of a FIN before its text", turn->host);
	life->flags |= MODEL_LIFE_PEER_SHUT;
}

/* Both FINs have come behind all text, on both ends. */
static void judge_orderly(struct model_turn *turn, const struct model_life *life)
{
	const struct model_life *mate = mate_of(turn, life);

	if (!mate || mate->peer != model_self(turn)->life + 1 || !(life->flags & mate->flags & MODEL_LIFE_SHUT))
		model_fail(turn, MODEL_RULE_ENDS, "end %u: an orderly end, and not both have closed", turn->host);
	else if (life->heard != mate->text + 2u || life->given != mate->text || mate->heard != life->text + 2u)
		model_fail(turn, MODEL_RULE_ENDS,
			   "end %u: an orderly end, with %u of %u bytes given, %u of %u octets heard", turn->host,
			   life->given, mate->text, mate->heard, life->text + 2u);
	else if ((mate->end == QUERN_END_RESET || mate->end == QUERN_END_REFUSED) &&
		 !(mate->flags & MODEL_LIFE_BAD_LUCK))
		model_fail(turn, MODEL_RULE_ENDS, "end %u: an orderly end, and its peer was reset", turn->host);
}

/* A RST has come, and whoever has sent it is gone, and not in order. */
static void judge_reset(struct model_turn *turn, struct model_life *life)
{
	const struct model_life *mate = mate_of(turn, life);
	const struct model_host *other = model_peer(turn);
	bool is_mutual = mate && mate->peer == model_self(turn)->life + 1;

	if (!turn->heard || !(turn->heard->flags & TCP_RST)) {
		model_fail(turn, MODEL_RULE_ENDS, "end %u: reset, and no RST has come", turn->host);
		return;
	}
	/* RFC 5961 3.2: at RCV.NXT, and not elsewhere in the window. */
	if (life->peer && turn->heard->seq - model_iss(!turn->host, (uint8_t)(life->peer - 1)) != life->heard)
		model_fail(turn, MODEL_RULE_NUMBERS, "end %u: reset by a RST that is not at RCV.NXT", turn->host);
	/* <0, SEG.SEQ+SEG.LEN, RST|ACK> of RFC 9293 3.10.7.1: with ISS so near to it, 0 may be RCV.NXT. */
	if (turn->heard->flags & TCP_ACK)
		life->flags |= MODEL_LIFE_BAD_LUCK;
	if (turn->heard->flags & TCP_ACK || !is_mutual)
		return;
	if (mate->end == QUERN_END_CLOSED)
		model_fail(turn, MODEL_RULE_ENDS, "end %u: reset, and its peer was told of an orderly end", turn->host);
	if (model_has_conn(other) && other->life + 1 == life->peer)
		model_fail(turn, MODEL_RULE_ENDS, "end %u: reset, and its peer is alive", turn->host);
}

void model_rules_ended(struct model_turn *turn, enum quern_end how)
{
	struct model_life *life = model_life_of(model_self(turn));

	if (how == QUERN_END_CLOSED)
		judge_orderly(turn, life);
	if (how == QUERN_END_RESET || how == QUERN_END_REFUSED)
		judge_reset(turn, life);
	if (how == QUERN_END_ABORTED && !(life->flags & MODEL_LIFE_SHUT) && turn->heard)
		model_fail(turn, MODEL_RULE_ENDS, "end %u: aborted, and nobody asked for it", turn->host);
}

static void judge_numbers(struct model_turn *turn, struct model_host *host, const struct model_host *before)
{
	struct model_host was = *before;
	uint32_t una = tcp_snd_una(&host->conn, model_flight(host)), nxt = tcp_snd_nxt(&host->conn, model_flight(host));

	if (seq_before(nxt, una) || seq_before(host->conn.snd_end, nxt))
		model_fail(turn, MODEL_RULE_NUMBERS, "end %u: SND.UNA %u, SND.NXT %u, end of text %u", turn->host, una,
			   nxt, host->conn.snd_end);
	if (!model_has_conn(before) || before->life != host->life)
		return;
	if (seq_before(una, tcp_snd_una(&was.conn, model_flight(&was))))
		model_fail(turn, MODEL_RULE_NUMBERS, "end %u: SND.UNA goes back", turn->host);
	if (before->conn.state != QUERN_SYN_SENT && seq_before(host->conn.rcv_nxt, before->conn.rcv_nxt))
		model_fail(turn, MODEL_RULE_NUMBERS, "end %u: RCV.NXT goes back", turn->host);
}

/* SYN, text or FIN in flight or waiting for room; or FIN-WAIT-2 of which nobody knows any more. */
static void judge_timer(struct model_turn *turn, struct model_host *host)
{
	const struct tcp_conn *conn = &host->conn;
	const struct tcp_flight *flight = model_flight(host);
	bool waits = conn->flags & TCP_IN_FLIGHT || (flight && flight->snd_una != conn->snd_end) ||
		     (conn->state == QUERN_FIN_WAIT_2 && conn->flags & TCP_ORPHAN);

	if (waits != (conn->timer.due != WHEEL_NEVER))
		model_fail(turn, MODEL_RULE_TIMERS, "end %u, %s: %s", turn->host, quern_state_name(conn->state),
			   waits ? "it waits, and no timer runs" : "a timer runs for nothing");
	if (conn->flags & (TCP_OWES & ~TCP_OWES_FIN) || (conn->flags & TCP_OWES_FIN && !flight))
		model_fail(turn, MODEL_RULE_TIMERS, "end %u, %s: what is owed was not said", turn->host,
			   quern_state_name(conn->state));
}

static void judge_mates(struct model_turn *turn, struct model_host *host)
{
	struct model_host *other = model_peer(turn);
	const struct model_life *life = model_life_of(host), *mate = mate_of(turn, life);
	uint32_t una = tcp_snd_una(&host->conn, model_flight(host)) - model_iss(turn->host, host->life);
	bool is_mutual = mate && mate->peer == host->life + 1;

	if (una > (is_mutual ? mate->heard : 0))
		model_fail(turn, MODEL_RULE_AGREE, "end %u: %u octets are acknowledged, and its peer has taken %u",
			   turn->host, una, is_mutual ? mate->heard : 0);
	if (host->conn.state == QUERN_ESTABLISHED && other->conn.state == QUERN_ESTABLISHED &&
	    (!is_mutual || life->peer != other->life + 1))
		model_fail(turn, MODEL_RULE_AGREE, "both ends are established, and not with each other");
}

void model_rules_after(struct model_turn *turn, const struct model_state *before)
{
	for (turn->host = 0; turn->host < MODEL_HOSTS; turn->host++) {
		struct model_host *host = model_self(turn);

		if (!model_has_conn(host))
			continue;
		judge_numbers(turn, host, &before->hosts[turn->host]);
		judge_timer(turn, host);
		judge_mates(turn, host);
	}
}
