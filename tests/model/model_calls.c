/* model_calls.c - what an application asks for, and what timers bring about. */
#include "model/model_host.h"
#include "model/model_ladder.h"
#include "model/model_parts.h"
#include "model/model_rules.h"
#include "tcp/tcp_call.h"
#include "tcp/tcp_open.h"
#include "tcp/tcp_timer.h"
#include "tcp/tcp_transition.h"

void model_host_opens(struct model_turn *turn)
{
	struct model_host *host = model_self(turn);

	host->opens_left--;
	host->life = host->begun++;
	host->lives[host->life] = (struct model_life){.flags = MODEL_LIFE_TOLD};
	host->conn = (struct tcp_conn){.key = {1, 2, 3, 4}};
	tcp_open_active(&host->conn, model_profile(turn->plan, false), model_iss(turn->host, host->life), MODEL_NOW_MS);
	model_output(turn, false);
}

void model_host_sends(struct model_turn *turn)
{
	struct model_host *host = model_self(turn);

	host->bytes_left--;
	model_life_of(host)->text++;
	model_flight_get(turn);
	host->conn.snd_end++;
	model_output(turn, false);
}

void model_host_shuts(struct model_turn *turn)
{
	struct model_host *host = model_self(turn);

	if (tcp_shutdown(&host->conn) < 0)
		return;
	model_life_of(host)->flags |= MODEL_LIFE_SHUT;
	model_rules_moved(turn, MODEL_CAUSE_CALL);
	model_output(turn, false);
}

/* Text that was acknowledged is lost: the peer is told, in every state. */
static void abort_unread(struct model_turn *turn)
{
	struct tcp_conn *conn = &model_self(turn)->conn;

	tcp_abort(conn);
	model_rules_moved(turn, MODEL_CAUSE_CALL);
	model_say_reset(turn);
	model_end(turn, QUERN_END_ABORTED);
}

void model_host_closes(struct model_turn *turn)
{
	struct model_host *host = model_self(turn);

	if (tcp_has_flight(&host->conn) && host->flight.held_bytes) {
		abort_unread(turn);
		return;
	}
	if (tcp_close(&host->conn) < 0)
		return;
	model_life_of(host)->flags |= MODEL_LIFE_SHUT;
	model_rules_moved(turn, MODEL_CAUSE_CALL);
	if (host->conn.state == QUERN_CLOSED)
		model_end(turn, QUERN_END_ABORTED);
	else if (host->conn.state == QUERN_FIN_WAIT_2)
		tcp_timer_on_rest(&host->conn, model_wheel(turn), model_profile(turn->plan, false), MODEL_NOW_MS);
	else
		model_output(turn, false);
}

void model_host_aborts(struct model_turn *turn)
{
	struct model_host *host = model_self(turn);
	bool tells = tcp_abort(&host->conn);

	model_rules_moved(turn, MODEL_CAUSE_CALL);
	if (tells)
		model_say_reset(turn);
	model_end(turn, QUERN_END_ABORTED);
}

void model_host_reads(struct model_turn *turn)
{
	struct model_host *host = model_self(turn);
	struct model_life *life = model_life_of(host);
	uint32_t bytes = host->flight.held_bytes;

	life->given = (uint8_t)(life->given + bytes);
	model_ladder_told(turn, "text");
	tcp_flight_taken(&host->conn, &host->flight, model_profile(turn->plan, false), bytes);
	if (host->flight.flags & TCP_FLIGHT_TELL_FIN) {
		host->flight.flags &= (uint16_t)~TCP_FLIGHT_TELL_FIN;
		model_rules_peer_closed(turn);
		model_ladder_told(turn, "peer closed");
	}
	/* Within its own segment, what is owed goes with the answer. */
	if (!turn->heard)
		model_output(turn, false);
}

static void give_up(struct model_turn *turn, const struct tcp_timer_verdict *verdict)
{
	if (verdict->reset)
		model_say_reset(turn);
	model_end(turn, model_unpark(turn) ? QUERN_END_NONE : verdict->end);
}

void model_host_fires(struct model_turn *turn, bool gives_up)
{
	struct model_host *host = model_self(turn);
	struct tcp_timer_verdict verdict;

	if (model_sabotage_mutes(turn))
		return;
	host->conn.timer.due = WHEEL_NEVER;
	verdict = tcp_timer_fired(&host->conn, model_flight(host), NULL, model_wheel(turn),
				  model_profile(turn->plan, gives_up), MODEL_NOW_MS);
	model_rules_moved(turn, MODEL_CAUSE_TIMER);
	switch (verdict.action) {
	case TCP_TIMER_NOTHING:
		break;
	case TCP_TIMER_SEND:
	case TCP_TIMER_UNANSWERED:
		model_output(turn, false);
		break;
	case TCP_TIMER_EXPIRED:
		give_up(turn, &verdict);
		break;
	}
}
