/* model_ladder.c - events, packets and what applications are told, a line each. */
#include "model/model_ladder.h"

#include <inttypes.h>

#include "wire/wire_packet.h"

void model_ladder_event(const struct model_turn *turn, const struct model_event *event)
{
	static const char *const texts[MODEL_EVENT_KINDS] = {
#define X(name, text) [MODEL_EVENT_##name] = (text),
		MODEL_EVENTS(X)
#undef X
	};

	if (!turn->ladder)
		return;
	if (event->kind > MODEL_EVENT_COPY) {
		fprintf(turn->ladder, event->kind == MODEL_EVENT_SLOT ? "  %s\n" : "  %s, end %u\n", texts[event->kind],
			event->which);
		return;
	}
	fprintf(turn->ladder, "  this %s:\n", texts[event->kind]);
	model_ladder_said(turn, &turn->state->channel[event->which], "");
}

/* Numbers are counted from the first SYN of their end on. */
void model_ladder_said(const struct model_turn *turn, const struct model_packet *packet, const char *fate)
{
	static const struct {
		uint8_t flag;
		const char *name;
	} names[] = {{TCP_SYN, "SYN "}, {TCP_FIN, "FIN "}, {TCP_RST, "RST "}, {TCP_ACK, "ACK "}};
	const struct model_host *left = &turn->state->hosts[0], *right = &turn->state->hosts[1];

	if (!turn->ladder)
		return;
	fprintf(turn->ladder, "    %-12s %s %-12s  ",
		quern_state_name(left->conn.state ? left->conn.state : QUERN_CLOSED), packet->to ? "----->" : "<-----",
		quern_state_name(right->conn.state ? right->conn.state : QUERN_CLOSED));
	for (uint32_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		fputs(packet->flags & names[i].flag ? names[i].name : "", turn->ladder);
	fprintf(turn->ladder, "seq %" PRIu32, packet->seq - model_iss(!packet->to, 0));
	if (packet->text)
		fprintf(turn->ladder, "+%u", packet->text);
	if (packet->flags & TCP_ACK)
		fprintf(turn->ladder, " ack %" PRIu32, packet->ack - model_iss(packet->to, 0));
	fprintf(turn->ladder, " win %u%s%s\n", packet->wnd, *fate ? "  *  " : "", fate);
}

void model_ladder_told(const struct model_turn *turn, const char *what)
{
	if (turn->ladder)
		fprintf(turn->ladder, "    end %u is told: %s\n", turn->host, what);
}

void model_ladder_numbers(const uint8_t *trace, uint32_t steps, FILE *out)
{
	for (uint32_t i = 0; i < steps; i++)
		fprintf(out, "%s%u", i ? "," : "", trace[i]);
}

/* The fair run from here on, as far as it is of use to see. */
static enum model_rule run_fairly(struct model_turn *turn)
{
	enum { STEPS_SHOWN = 12, STEPS_MAX = 500 };
	struct model_event events[MODEL_HOSTS];

	fprintf(turn->ladder, "  from here on nothing is lost:\n");
	for (uint32_t i = 0; i < STEPS_MAX; i++) {
		uint32_t parts = model_event_fair(turn->state, events);

		if (parts == 0) {
			fprintf(turn->ladder, "  all is over\n");
			return MODEL_RULE_NONE;
		}
		if (i == STEPS_SHOWN) {
			fprintf(turn->ladder, "  and so on\n");
			turn->ladder = NULL;
		}
		for (uint32_t part = 0; part < parts; part++) {
			model_event_happens(turn, &events[part]);
			if (turn->rule != MODEL_RULE_NONE)
				return turn->rule;
		}
	}
	return MODEL_RULE_DEAD_END;
}

enum model_rule model_ladder_replay(const struct model_plan *plan, const uint8_t *trace, uint32_t steps, FILE *out)
{
	struct model_event events[MODEL_EVENTS_MAX];
	struct model_state state;
	struct model_turn turn = {.plan = plan, .state = &state, .ladder = out};

	model_state_begin(&state, plan);
	for (uint32_t i = 0; i < steps; i++) {
		if (trace[i] >= model_events(plan, &state, events)) {
			fprintf(out, "  event %u of the trace cannot happen\n", i);
			return MODEL_RULE_NONE;
		}
		model_event_happens(&turn, &events[trace[i]]);
		if (turn.rule != MODEL_RULE_NONE) {
			fprintf(out, "  %s\n", turn.text);
			return turn.rule;
		}
	}
	return run_fairly(&turn);
}
