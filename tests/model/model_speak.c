/* model_speak.c - what a connection owes becomes packets, and its timer is armed for them. */
#include <string.h>

#include "model/model_ladder.h"
#include "model/model_parts.h"
#include "model/model_rules.h"
#include "tcp/tcp_output.h"
#include "tcp/tcp_timer.h"
#include "tcp/tcp_transition.h"

const struct tcp_profile *model_profile(const struct model_plan *plan, bool gives_up)
{
	static struct tcp_profile patient, impatient;

	if (patient.receive_window != plan->window) {
		patient = (struct tcp_profile){.congestion = &tcp_newreno,
					       .mss = MODEL_MSS,
					       .receive_window = plan->window,
					       .send_queue = plan->window,
					       .ttl = 64,
					       .connect_timeout_ms = INT32_MAX,
					       .user_timeout_ms = INT32_MAX,
					       .fin_wait_2_ms = MODEL_2MSL_MS};
		impatient = patient;
		impatient.has_user_timeout = true;
		impatient.user_timeout_ms = 0;
	}
	return gives_up ? &impatient : &patient;
}

struct wheel *model_wheel(struct model_turn *turn)
{
	static struct wheel wheel;
	struct wheel_node *node = &model_self(turn)->conn.timer;

	if (wheel.first != node || (wheel.linked && !node->prev))
		wheel_init(&wheel, node, 6, MODEL_NOW_MS);
	return &wheel;
}

static void put(struct model_turn *turn, const struct model_packet *packet)
{
	struct model_state *state = turn->state;

	if (model_in_flight(state) == turn->plan->channel) {
		model_ladder_said(turn, packet, "lost: the channel is full");
		return;
	}
	for (uint32_t i = 0; i < MODEL_CHANNEL; i++) {
		if (!state->channel[i].is_there) {
			state->channel[i] = *packet;
			break;
		}
	}
	model_ladder_said(turn, packet, "");
}

void model_say(struct model_turn *turn, const struct segment *segment, uint8_t life)
{
	struct model_packet packet = {.seq = segment->seq,
				      .ack = segment->flags & TCP_ACK ? segment->ack : 0,
				      .wnd = segment->flags & TCP_RST ? 0 : segment->wnd,
				      .flags = segment->flags & (uint8_t)~TCP_PSH,
				      .text = (uint8_t)segment->text_bytes,
				      .to = !turn->host,
				      .life = life,
				      .is_there = true};

	turn->said++;
	model_sabotage_said(turn, &packet);
	model_rules_said(turn, &packet);
	put(turn, &packet);
}

struct tcp_flight *model_flight_get(struct model_turn *turn)
{
	struct model_host *host = model_self(turn);

	if (!tcp_has_flight(&host->conn)) {
		tcp_flight_begin(&host->conn, &host->flight, model_profile(turn->plan, false), MODEL_NOW_MS);
		tcp_set_flight(&host->conn, turn->host);
	}
	return &host->flight;
}

void model_flight_end(struct model_turn *turn)
{
	struct model_host *host = model_self(turn);

	tcp_flight_end(&host->conn, &host->flight);
	host->flight = (struct tcp_flight){0};
	host->reassembly = (struct tcp_reassembly){0};
}

static void arm_at_rest(struct model_turn *turn, bool in_flight, bool acknowledged)
{
	struct tcp_conn *conn = &model_self(turn)->conn;
	const struct tcp_profile *profile = model_profile(turn->plan, false);

	if (in_flight || (acknowledged && conn->flags & TCP_IN_FLIGHT))
		tcp_timer_on_sent(conn, model_wheel(turn), profile, MODEL_NOW_MS);
	else if (acknowledged)
		tcp_timer_on_rest(conn, model_wheel(turn), profile, MODEL_NOW_MS);
}

static void arm_for_text(struct model_turn *turn, struct tcp_flight *flight, bool acknowledged)
{
	struct tcp_conn *conn = &model_self(turn)->conn;
	const struct tcp_profile *profile = model_profile(turn->plan, false);

	if (flight->snd_una != conn->snd_end) {
		tcp_timer_on_text(conn, flight, model_wheel(turn), profile, MODEL_NOW_MS, acknowledged);
		return;
	}
	if (acknowledged || flight->flags & TCP_FLIGHT_ARMED) {
		flight->flags &= (uint16_t)~TCP_FLIGHT_ARMED;
		tcp_timer_on_rest(conn, model_wheel(turn), profile, MODEL_NOW_MS);
	}
	if (tcp_flight_is_over(conn, flight))
		model_flight_end(turn);
}

static bool next(struct model_turn *turn, struct tcp_flight *flight, struct segment *segment)
{
	struct tcp_conn *conn = &model_self(turn)->conn;

	if (turn->said == MODEL_SAID_MAX)
		return false;
	if (flight ? tcp_output_is_done(conn, flight, NULL) : !(conn->flags & TCP_OWES))
		return false;
	return tcp_output(conn, flight, NULL, model_profile(turn->plan, false), MODEL_NOW_MS, segment);
}

void model_output(struct model_turn *turn, bool acknowledged)
{
	struct model_host *host = model_self(turn);
	struct tcp_flight *flight = model_flight(host);
	bool in_flight = false;
	struct segment segment;

	while (next(turn, flight, &segment)) {
		in_flight |=
			segment.flags & TCP_FIN || (segment.flags & TCP_SYN && host->conn.timer.due == WHEEL_NEVER);
		model_say(turn, &segment, (uint8_t)(host->life + 1));
	}
	if (!flight || host->conn.flags & TCP_SYN_IN_FLIGHT)
		arm_at_rest(turn, in_flight, acknowledged);
	else
		arm_for_text(turn, flight, acknowledged);
}

void model_say_reset(struct model_turn *turn)
{
	struct model_host *host = model_self(turn);
	struct segment segment;

	tcp_output_reset(&host->conn, model_flight(host), &segment);
	model_say(turn, &segment, (uint8_t)(host->life + 1));
}

void model_end(struct model_turn *turn, enum quern_end how)
{
	struct model_host *host = model_self(turn);
	struct model_life *life = model_life_of(host);

	if (life->flags & MODEL_LIFE_TOLD && how != QUERN_END_NONE) {
		/* What is held may be read all the same. */
		if (tcp_has_flight(&host->conn) && how == QUERN_END_CLOSED)
			life->given = (uint8_t)(life->given + host->flight.held_bytes);
		life->end = (uint8_t)how;
		model_rules_ended(turn, how);
		model_ladder_told(turn, quern_end_name(how));
	}
	if (host->conn.state == QUERN_LISTEN)
		tcp_transition(&host->conn, TCP_EVENT_CLOSE);
	else if (host->conn.state == QUERN_TIME_WAIT)
		tcp_transition(&host->conn, TCP_EVENT_TIMEOUT);
	if (host->conn.state != QUERN_CLOSED)
		model_fail(turn, MODEL_RULE_EDGE, "a record is given up in %s", quern_state_name(host->conn.state));
	tcp_timer_on_closed(&host->conn);
	if (tcp_has_flight(&host->conn))
		model_flight_end(turn);
	host->conn = (struct tcp_conn){0};
}
