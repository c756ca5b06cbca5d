/* model_sabotage.c - faults of one end, which is no library's. */
#include "model/model_sabotage.h"

#include <string.h>

#include "model/model_parts.h"
#include "tcp/tcp_input.h"

enum model_sabotage model_sabotage_named(const char *name)
{
	static const char *const names[] = {"none",  "fin", "window", "time-wait", "text", "reset",
					    "timer", "arm", "storm",  "forge",     "edge"};

	for (int i = 0; i < MODEL_SABOTAGES_END; i++)
		if (strcmp(names[i], name) == 0)
			return (enum model_sabotage)i;
	return MODEL_SABOTAGES_END;
}

static bool is_bare_ack(const struct model_packet *packet)
{
	return packet->flags == TCP_ACK && packet->text == 0;
}

void model_sabotage_heard(struct model_turn *turn, struct model_packet *packet)
{
	const struct tcp_conn *conn = &model_self(turn)->conn;

	if (turn->plan->sabotage == MODEL_SABOTAGE_FIN && turn->host == 1 && conn->flags & TCP_FIN_IN_FLIGHT &&
	    packet->ack == conn->snd_end)
		packet->ack--;
	if (turn->plan->sabotage == MODEL_SABOTAGE_FORGE && conn->state == QUERN_ESTABLISHED && is_bare_ack(packet))
		packet->flags |= TCP_FIN;
}

void model_sabotage_verdict(struct model_turn *turn, const struct model_packet *packet, struct tcp_verdict *verdict)
{
	struct tcp_conn *conn = &model_self(turn)->conn;
	enum model_sabotage sabotage = turn->plan->sabotage;

	if (sabotage == MODEL_SABOTAGE_TEXT && packet->text && verdict->drop == QUERN_DROP_TCP_SEQUENCE) {
		verdict->drop = QUERN_DROP_NONE;
		verdict->deliver = packet->text;
	}
	if (sabotage == MODEL_SABOTAGE_RESET && packet->flags & TCP_RST)
		model_say(turn, &(struct segment){.seq = packet->ack, .flags = TCP_RST}, 0);
	if (sabotage == MODEL_SABOTAGE_STORM && conn->state == QUERN_ESTABLISHED && is_bare_ack(packet))
		conn->flags |= TCP_OWES_ACK;
	if (sabotage == MODEL_SABOTAGE_EDGE && conn->state == QUERN_CLOSE_WAIT && turn->from != QUERN_CLOSE_WAIT)
		conn->state = QUERN_LAST_ACK;
}

void model_sabotage_said(struct model_turn *turn, struct model_packet *packet)
{
	if (turn->plan->sabotage == MODEL_SABOTAGE_WINDOW && packet->flags & TCP_FIN)
		packet->wnd--;
}

void model_sabotage_after(struct model_turn *turn)
{
	if (turn->plan->sabotage == MODEL_SABOTAGE_ARM)
		turn->state->hosts[1].conn.timer.due = WHEEL_NEVER;
}

bool model_sabotage_mutes(const struct model_turn *turn)
{
	return turn->plan->sabotage == MODEL_SABOTAGE_TIMER && turn->host == 1;
}
