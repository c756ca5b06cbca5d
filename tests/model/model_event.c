/* model_event.c - which events may happen, and each of them. */
#include "model/model_event.h"

#include <string.h>

#include "model/model_host.h"
#include "model/model_ladder.h"
#include "model/model_rules.h"
#include "tcp/tcp_transition.h"

enum { FAIR_STEPS = 7 };

static bool is_left(uint8_t count)
{
	return count > 0;
}

static void use(uint8_t *count)
{
	if (*count != MODEL_ANY)
		--*count;
}

static bool is_told(const struct model_host *host)
{
	return model_has_conn(host) && host->lives[host->life].flags & MODEL_LIFE_TOLD;
}

static bool may_open(const struct model_plan *plan, const struct model_host *host)
{
	return is_left(host->opens_left) && !model_has_conn(host) && !model_has_rest(host) && host->begun < plan->lives;
}

static bool may_send(const struct model_host *host)
{
	enum quern_state state = host->conn.state;

	return is_told(host) && is_left(host->bytes_left) && !(host->conn.flags & TCP_ORPHAN) &&
	       (state == QUERN_ESTABLISHED || state == QUERN_CLOSE_WAIT || state == QUERN_SYN_SENT ||
		state == QUERN_SYN_RCVD);
}

static bool may_shut(const struct model_host *host)
{
	enum quern_state state = host->conn.state;

	return is_told(host) && state != QUERN_SYN_SENT &&
	       tcp_transition_edge(state, TCP_EVENT_CLOSE).next != QUERN_NO_STATE;
}

static bool may_close(const struct model_host *host)
{
	return is_told(host) && !(host->conn.flags & TCP_ORPHAN);
}

static bool is_armed(const struct model_host *host)
{
	return host->conn.timer.due != WHEEL_NEVER;
}

/* FIN-WAIT-2 ends by the timer, and in no other way does one wait. */
static bool awaits_ack(const struct model_host *host)
{
	return is_armed(host) && host->conn.state != QUERN_FIN_WAIT_2;
}

/* Each end's connection, or its record in TIME-WAIT, is with the other's. */
static bool are_mates(const struct model_host *host, uint8_t life, const struct model_host *other)
{
	return other->lives[other->life].peer == life + 1 && host->lives[life].peer == other->life + 1;
}

/* 2MSL outlasts what is on its way, and the repeats of a FIN that was taken: that is what it is for. */
static bool may_expire(const struct model_state *state, uint8_t number)
{
	const struct model_host *host = &state->hosts[number], *other = &state->hosts[!number];

	return model_has_rest(host) && model_in_flight(state) == 0 &&
	       !(model_has_conn(other) && other->conn.flags & TCP_FIN_IN_FLIGHT &&
		 are_mates(host, host->rest_life, other));
}

static bool has_slot(const struct model_state *state)
{
	uint8_t slots = 0;

	for (uint32_t i = 0; i < MODEL_HOSTS; i++)
		slots |= state->hosts[i].conn.challenge_slot | state->hosts[i].rest.challenge_slot;
	return slots != 0;
}

struct list {
	struct model_event *events;
	uint32_t count;
};

static void add(struct list *list, bool may, enum model_event_kind kind, uint8_t which)
{
	if (may)
		list->events[list->count++] = (struct model_event){(uint8_t)kind, which};
}

/* What is alike is looked at once. */
static void add_packets(const struct model_plan *plan, const struct model_state *state, struct list *list)
{
	bool has_room = model_in_flight(state) < plan->channel;

	for (uint8_t i = 0; i < MODEL_CHANNEL; i++) {
		const struct model_packet *packet = &state->channel[i];

		if (!packet->is_there || (i > 0 && memcmp(packet, packet - 1, sizeof(*packet)) == 0))
			continue;
		add(list, true, MODEL_EVENT_DELIVER, i);
		add(list, is_left(state->losses_left), MODEL_EVENT_LOSE, i);
		add(list, has_room && is_left(state->copies_left), MODEL_EVENT_COPY, i);
	}
}

static void add_host(const struct model_plan *plan, const struct model_state *state, uint8_t number, struct list *list)
{
	const struct model_host *host = &state->hosts[number];
	const struct model_part *part = &plan->parts[number];

	add(list, part->listens && !host->is_listening && host->begun < plan->lives, MODEL_EVENT_LISTEN, number);
	add(list, may_open(plan, host), MODEL_EVENT_OPEN, number);
	add(list, may_send(host), MODEL_EVENT_SEND, number);
	add(list, part->shuts && may_shut(host), MODEL_EVENT_SHUT, number);
	add(list, part->closes && may_close(host), MODEL_EVENT_CLOSE, number);
	add(list, part->aborts && is_told(host), MODEL_EVENT_ABORT, number);
	add(list, host->flight.held_bytes > 0, MODEL_EVENT_READ, number);
	add(list, is_armed(host) && is_left(state->timeouts_left), MODEL_EVENT_TIMER, number);
	add(list, part->gives_up && awaits_ack(host), MODEL_EVENT_PATIENCE, number);
	add(list, may_expire(state, number), MODEL_EVENT_EXPIRE, number);
}

uint32_t model_events(const struct model_plan *plan, const struct model_state *state,
		      struct model_event events[MODEL_EVENTS_MAX])
{
	struct list list = {.events = events};

	add_packets(plan, state, &list);
	for (uint8_t number = 0; number < MODEL_HOSTS; number++)
		add_host(plan, state, number, &list);
	add(&list, has_slot(state), MODEL_EVENT_SLOT, 0);
	return list.count;
}

/* A SYN that is not acknowledged, and the other end is with another connection of this one, or this one with another of
 * its: neither knows the other's numbers, and each answers with its own, until patience with the SYN is over. */
static bool is_stranded(const struct model_state *state, uint8_t number)
{
	const struct model_host *host = &state->hosts[number], *other = &state->hosts[!number];
	uint8_t ours = host->lives[host->life].peer, theirs = other->lives[other->life].peer;

	return model_has_conn(host) && host->conn.flags & TCP_SYN_IN_FLIGHT && model_has_conn(other) &&
	       ((ours && ours != other->life + 1) || (theirs && theirs != host->life + 1));
}

/* What an end does in a fair run, where nothing is on its way, in this order; MODEL_EVENT_KINDS for nothing. */
static enum model_event_kind fair_step(const struct model_state *state, uint32_t step, uint8_t number)
{
	const struct model_host *host = &state->hosts[number];
	const struct {
		enum model_event_kind kind;
		bool may;
	} steps[FAIR_STEPS] = {{MODEL_EVENT_READ, host->flight.held_bytes > 0},
			       {MODEL_EVENT_EXPIRE, may_expire(state, number)},
			       {MODEL_EVENT_PATIENCE, is_stranded(state, number)},
			       {MODEL_EVENT_TIMER, awaits_ack(host)},
			       {MODEL_EVENT_SHUT, may_shut(host)},
			       {MODEL_EVENT_CLOSE, may_close(host)},
			       {MODEL_EVENT_TIMER, is_armed(host)}};

	return steps[step].may ? steps[step].kind : MODEL_EVENT_KINDS;
}

uint32_t model_event_fair(const struct model_state *state, struct model_event events[MODEL_HOSTS])
{
	struct list list = {.events = events};

	if (state->channel[0].is_there || has_slot(state)) {
		add(&list, true, state->channel[0].is_there ? MODEL_EVENT_DELIVER : MODEL_EVENT_SLOT, 0);
		return list.count;
	}
	for (uint32_t step = 0; step < FAIR_STEPS && list.count == 0; step++) {
		for (uint8_t number = 0; number < MODEL_HOSTS; number++) {
			enum model_event_kind kind = fair_step(state, step, number);

			add(&list, kind != MODEL_EVENT_KINDS && (list.count == 0 || kind == MODEL_EVENT_TIMER), kind,
			    number);
		}
	}
	return list.count;
}

static void half_a_second_passes(struct model_state *state)
{
	for (uint32_t i = 0; i < MODEL_HOSTS; i++)
		state->hosts[i].conn.challenge_slot = state->hosts[i].rest.challenge_slot = 0;
}

static void packet_happens(struct model_turn *turn, const struct model_event *event)
{
	struct model_state *state = turn->state;
	struct model_packet packet = state->channel[event->which];

	if (event->kind == MODEL_EVENT_COPY) {
		use(&state->copies_left);
		for (uint32_t i = 0; i < MODEL_CHANNEL && packet.is_there; i++) {
			if (!state->channel[i].is_there) {
				state->channel[i] = packet;
				packet.is_there = false;
			}
		}
		return;
	}
	state->channel[event->which] = (struct model_packet){0};
	if (event->kind == MODEL_EVENT_LOSE) {
		use(&state->losses_left);
		return;
	}
	turn->host = packet.to;
	turn->from = model_self(turn)->conn.state;
	model_host_hears(turn, &packet);
}

static void host_happens(struct model_turn *turn, enum model_event_kind kind)
{
	switch (kind) {
	case MODEL_EVENT_LISTEN:
		model_self(turn)->is_listening = true;
		break;
	case MODEL_EVENT_OPEN:
		model_host_opens(turn);
		break;
	case MODEL_EVENT_SEND:
		model_host_sends(turn);
		break;
	case MODEL_EVENT_SHUT:
		model_host_shuts(turn);
		break;
	case MODEL_EVENT_CLOSE:
		model_host_closes(turn);
		break;
	case MODEL_EVENT_ABORT:
		model_host_aborts(turn);
		break;
	case MODEL_EVENT_READ:
		model_host_reads(turn);
		break;
	case MODEL_EVENT_TIMER:
		use(&turn->state->timeouts_left);
		half_a_second_passes(turn->state);
		model_host_fires(turn, false);
		break;
	case MODEL_EVENT_PATIENCE:
		half_a_second_passes(turn->state);
		model_host_fires(turn, true);
		break;
	case MODEL_EVENT_EXPIRE:
		half_a_second_passes(turn->state);
		model_host_rests_no_more(turn);
		break;
	case MODEL_EVENT_SLOT:
		half_a_second_passes(turn->state);
		break;
	case MODEL_EVENT_DELIVER:
	case MODEL_EVENT_LOSE:
	case MODEL_EVENT_COPY:
	case MODEL_EVENT_KINDS:
		break;
	}
}

void model_event_happens(struct model_turn *turn, const struct model_event *event)
{
	const struct model_state before = *turn->state;

	turn->rule = MODEL_RULE_NONE;
	turn->said = 0;
	turn->heard = NULL;
	model_ladder_event(turn, event);
	if (event->kind <= MODEL_EVENT_COPY) {
		packet_happens(turn, event);
	} else {
		turn->host = event->which;
		turn->from = model_self(turn)->conn.state;
		host_happens(turn, event->kind);
	}
	model_sabotage_after(turn);
	model_rules_after(turn, &before);
	model_state_settle(turn->state);
}
