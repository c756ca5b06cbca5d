/* model_host.c - a packet meets a connection, a record in TIME-WAIT, a listener, or nobody. */
#include "model/model_host.h"

#include <string.h>

#include "model/model_ladder.h"
#include "model/model_parts.h"
#include "model/model_rules.h"
#include "tcp/tcp_call.h"
#include "tcp/tcp_input.h"
#include "tcp/tcp_open.h"
#include "tcp/tcp_transition.h"

static struct segment segment_of(const struct model_packet *packet)
{
	return (struct segment){.seq = packet->seq,
				.ack = packet->ack,
				.text_bytes = packet->text,
				.wnd = packet->wnd,
				.flags = packet->flags,
				.mss = packet->flags & TCP_SYN ? MODEL_MSS : 0};
}

static void say_reset_for(struct model_turn *turn, const struct segment *segment)
{
	struct segment reset;

	if (tcp_reset_for(segment, &reset))
		model_say(turn, &reset, 0);
}

/* The peer's SYN was taken: whose it is. */
static void note_peer(struct model_turn *turn, const struct model_packet *packet)
{
	struct model_life *life = model_life_of(model_self(turn));

	if (life->peer)
		return;
	life->peer = packet->life;
	life->heard = 1;
}

/* A record for a SYN. An end that has had as many as it may listens no more. */
static void open_passive(struct model_turn *turn, const struct model_packet *packet)
{
	struct model_host *host = model_self(turn);
	struct segment syn = segment_of(packet);

	host->life = host->begun++;
	host->is_listening = host->begun < turn->plan->lives;
	host->lives[host->life] = (struct model_life){0};
	host->conn = (struct tcp_conn){.key = {1, 2, 3, 4}};
	tcp_open_from_syn(&host->conn, &syn, model_profile(turn->plan, false), model_iss(turn->host, host->life),
			  MODEL_NOW_MS);
	note_peer(turn, packet);
}

static void meets_nobody(struct model_turn *turn, const struct model_packet *packet)
{
	struct segment segment = segment_of(packet);

	if (!model_self(turn)->is_listening) {
		say_reset_for(turn, &segment);
		return;
	}
	switch (tcp_listen_input(&segment)) {
	case TCP_LISTEN_OPEN:
		open_passive(turn, packet);
		model_output(turn, false);
		break;
	case TCP_LISTEN_ACK:
		say_reset_for(turn, &segment);
		break;
	case TCP_LISTEN_DROP:
		break;
	}
}

static struct tcp_time_wait_ring ring_of(struct model_host *host)
{
	bool is_live = model_has_rest(host);

	return (struct tcp_time_wait_ring){
		.records = &host->rest, .capacity = 1, .filled = is_live, .live = is_live, .wait_ms = MODEL_2MSL_MS};
}

void model_host_rests_no_more(struct model_turn *turn)
{
	struct model_host *host = model_self(turn);
	struct tcp_time_wait_ring ring = ring_of(host);

	tcp_time_wait_drop(&ring, 0);
	host->rest = (struct tcp_time_wait){0};
	host->rest_life = 0;
}

/* RFC 6191: a new incarnation takes the place of the old one, which waits behind it. */
static void reopen(struct model_turn *turn, const struct model_packet *packet)
{
	struct model_host *host = model_self(turn);

	if (!host->is_listening)
		return;
	open_passive(turn, packet);
	host->conn.flags |= TCP_REOPENED;
	host->conn.parked = 0;
	host->rest.flags |= TCP_TIME_WAIT_PARKED;
	model_output(turn, false);
}

bool model_unpark(struct model_turn *turn)
{
	struct model_host *host = model_self(turn);

	if (!(host->conn.flags & TCP_REOPENED) || !(host->rest.flags & TCP_TIME_WAIT_PARKED))
		return false;
	host->rest.flags &= (uint8_t)~TCP_TIME_WAIT_PARKED;
	return true;
}

static void acknowledge_at_rest(struct model_turn *turn)
{
	struct model_host *host = model_self(turn);
	const struct tcp_time_wait *rest = &host->rest;
	struct segment segment = {.seq = rest->snd_nxt,
				  .ack = rest->rcv_nxt,
				  .wnd = (uint16_t)tcp_time_wait_window(rest, model_profile(turn->plan, false)),
				  .flags = TCP_ACK};

	model_say(turn, &segment, (uint8_t)(host->rest_life + 1));
}

static void meets_rest(struct model_turn *turn, const struct model_packet *packet)
{
	struct model_host *host = model_self(turn);
	struct segment segment = segment_of(packet);
	struct tcp_time_wait_ring ring = ring_of(host);
	enum quern_drop drop = QUERN_DROP_NONE;
	uint32_t window = tcp_time_wait_window(&host->rest, model_profile(turn->plan, false));

	switch (tcp_time_wait_input(&host->rest, &segment, window, false, MODEL_NOW_MS, &drop)) {
	case TCP_TIME_WAIT_SILENCE:
	case TCP_TIME_WAIT_END:
		break;
	case TCP_TIME_WAIT_ACK:
		acknowledge_at_rest(turn);
		break;
	case TCP_TIME_WAIT_RESTART:
		acknowledge_at_rest(turn);
		tcp_time_wait_extend(&ring, 0, MODEL_NOW_MS);
		break;
	case TCP_TIME_WAIT_REOPEN:
		reopen(turn, packet);
		break;
	}
}

/* The connection's place is taken by a record at rest, and the application is told of an orderly end. */
static void enter_time_wait(struct model_turn *turn)
{
	struct model_host *host = model_self(turn);
	struct tcp_time_wait_ring ring = ring_of(host);
	struct tcp_time_wait record = tcp_time_wait_from(&host->conn);

	if (turn->plan->sabotage != MODEL_SABOTAGE_TIME_WAIT) {
		tcp_time_wait_add(&ring, &record, MODEL_NOW_MS);
		host->rest_life = host->life;
	}
	model_end(turn, QUERN_END_CLOSED);
}

static void give(struct model_turn *turn, uint32_t bytes)
{
	struct model_host *host = model_self(turn);

	if (turn->plan->parts[turn->host].holds) {
		tcp_flight_held(&host->conn, model_flight_get(turn), model_profile(turn->plan, false), bytes);
		return;
	}
	model_life_of(host)->given = (uint8_t)(model_life_of(host)->given + bytes);
	model_ladder_told(turn, "text");
}

/* What the flight says of holes follows from them. */
static void note_holes(struct model_host *host)
{
	bool has_holes = host->reassembly.count || host->reassembly.has_fin;

	host->flight.islands = host->reassembly.count;
	host->flight.flags = (uint16_t)((host->flight.flags & ~TCP_FLIGHT_HOLES) | (has_holes ? TCP_FLIGHT_HOLES : 0));
	if (!has_holes)
		host->reassembly = (struct tcp_reassembly){0};
}

/* Text beyond a hole. */
static void hold(struct model_turn *turn, const struct model_packet *packet, const struct tcp_verdict *verdict)
{
	struct model_host *host = model_self(turn);
	uint32_t at = packet->seq, end = packet->seq + verdict->hold;
	bool was_at_rest = !tcp_has_flight(&host->conn);
	struct segment segment = segment_of(packet);
	struct tcp_piece piece;

	model_flight_get(turn);
	if (was_at_rest)
		tcp_flight_begun_beyond_hole(&host->flight, &segment);
	if (packet->life != model_life_of(host)->peer)
		model_fail(turn, MODEL_RULE_TEXT, "text of another connection is held");
	while (tcp_reassembly_find(&host->reassembly, at, end, &piece)) {
		tcp_reassembly_add(&host->reassembly, &piece);
		at = piece.seq + piece.bytes;
	}
	if (verdict->hold_fin) {
		host->reassembly.has_fin = true;
		host->reassembly.fin = end;
	}
	tcp_reassembly_touch(&host->reassembly, packet->seq);
	note_holes(host);
}

/* A hole is filled: text behind it is in order now, and perhaps the FIN. */
static void reach(struct model_turn *turn, uint8_t *events)
{
	struct model_host *host = model_self(turn);
	uint32_t from = host->conn.rcv_nxt;
	struct tcp_reached reached;

	while (tcp_reassembly_reach(&host->reassembly, &host->conn, &host->flight, &reached)) {
		model_rules_given(turn, model_life_of(host)->peer, from, reached.fresh);
		tcp_flight_held(&host->conn, &host->flight, model_profile(turn->plan, false), reached.fresh);
		from = host->conn.rcv_nxt;
	}
	if (tcp_reassembly_fin_is_next(&host->reassembly, &host->conn)) {
		*events |= tcp_input_fin(&host->conn);
		host->reassembly = (struct tcp_reassembly){0};
	}
	note_holes(host);
	if (host->flight.held_bytes && !turn->plan->parts[turn->host].holds)
		model_host_reads(turn);
}

/* Text for the application. */
static void tell_text(struct model_turn *turn, const struct model_packet *packet, struct tcp_verdict *verdict)
{
	struct model_host *host = model_self(turn);

	if (verdict->deliver) {
		model_rules_given(turn, packet->life, packet->seq + verdict->trim_front, verdict->deliver);
		give(turn, verdict->deliver);
	}
	if (verdict->hold || verdict->hold_fin)
		hold(turn, packet, verdict);
	if (verdict->deliver && host->flight.flags & TCP_FLIGHT_HOLES && !(verdict->events & TCP_HAPPENED_PEER_CLOSED))
		reach(turn, &verdict->events);
}

/* An application that closes as soon as it hears of the peer's FIN does so before that is answered. */
static void tell_peer_closed(struct model_turn *turn)
{
	struct model_host *host = model_self(turn);
	struct model_life *life = model_life_of(host);

	if (tcp_has_flight(&host->conn)) {
		host->reassembly = (struct tcp_reassembly){0};
		note_holes(host);
		if (host->flight.held_bytes) {
			host->flight.flags |= TCP_FLIGHT_TELL_FIN;
			return;
		}
	}
	model_rules_peer_closed(turn);
	model_ladder_told(turn, "peer closed");
	if (!turn->plan->parts[turn->host].is_prompt || host->conn.flags & TCP_ORPHAN)
		return;
	model_rules_moved(turn, MODEL_CAUSE_SEGMENT);
	life->flags |= MODEL_LIFE_SHUT;
	tcp_close(&host->conn);
	model_rules_moved(turn, MODEL_CAUSE_CALL);
	model_ladder_told(turn, "and closes");
}

static void tell(struct model_turn *turn, const struct model_packet *packet, struct tcp_verdict *verdict)
{
	struct model_host *host = model_self(turn);

	if (verdict->events & TCP_HAPPENED_ESTABLISHED) {
		model_life_of(host)->flags |= MODEL_LIFE_TOLD;
		model_ladder_told(turn, "established");
		if (host->conn.flags & TCP_REOPENED) {
			host->conn.flags &= (uint16_t)~TCP_REOPENED;
			if (model_has_rest(host))
				model_host_rests_no_more(turn);
		}
	}
	tell_text(turn, packet, verdict);
	if (verdict->events & TCP_HAPPENED_PEER_CLOSED)
		tell_peer_closed(turn);
}

static void conclude(struct model_turn *turn, const struct tcp_verdict *verdict)
{
	if (verdict->events & TCP_HAPPENED_ENDED) {
		model_end(turn, verdict->end);
	} else if (verdict->events & TCP_HAPPENED_RETURNED) {
		model_unpark(turn);
		model_end(turn, QUERN_END_NONE);
	} else {
		model_output(turn, verdict->events & TCP_HAPPENED_ACKED);
		if (verdict->events & TCP_HAPPENED_TIME_WAIT)
			enter_time_wait(turn);
	}
}

static void meets_connection(struct model_turn *turn, const struct model_packet *packet)
{
	struct model_host *host = model_self(turn);
	struct segment segment = segment_of(packet);
	struct tcp_verdict verdict = tcp_input(&host->conn, model_flight(host), NULL, &segment,
					       model_profile(turn->plan, false), MODEL_NOW_MS);

	model_sabotage_verdict(turn, packet, &verdict);
	if (turn->from == QUERN_SYN_SENT && host->conn.state != QUERN_SYN_SENT && host->conn.state != QUERN_CLOSED)
		note_peer(turn, packet);
	if (verdict.reset)
		say_reset_for(turn, &segment);
	tell(turn, packet, &verdict);
	model_rules_moved(turn, MODEL_CAUSE_SEGMENT);
	conclude(turn, &verdict);
}

void model_host_hears(struct model_turn *turn, const struct model_packet *packet)
{
	struct model_host *host = model_self(turn);
	struct model_packet heard = *packet;

	turn->heard = &heard;
	model_sabotage_heard(turn, &heard);
	if (model_has_conn(host))
		meets_connection(turn, &heard);
	else if (model_has_rest(host))
		meets_rest(turn, &heard);
	else
		meets_nobody(turn, &heard);
	turn->heard = NULL;
}
