/* model_event.h - what may happen next, and what comes of it. */
#ifndef MODEL_MODEL_EVENT_H
#define MODEL_MODEL_EVENT_H

#include "model/model_turn.h"

#define MODEL_EVENTS(X)               \
	X(DELIVER, "arrives")         \
	X(LOSE, "is lost")            \
	X(COPY, "is doubled")         \
	X(LISTEN, "listens")          \
	X(OPEN, "opens")              \
	X(SEND, "sends a byte")       \
	X(SHUT, "half-closes")        \
	X(CLOSE, "closes")            \
	X(ABORT, "aborts")            \
	X(READ, "reads what is held") \
	X(TIMER, "timer fires")       \
	X(PATIENCE, "gives up")       \
	X(EXPIRE, "2MSL is over")     \
	X(SLOT, "half a second passes")

enum model_event_kind {
#define X(name, text) MODEL_EVENT_##name,
	MODEL_EVENTS(X)
#undef X
		MODEL_EVENT_KINDS
};

/* `which` is a packet's place in the channel, or an end. */
struct model_event {
	uint8_t kind;
	uint8_t which;
};

enum { MODEL_EVENTS_MAX = 3 * MODEL_CHANNEL + 10 * MODEL_HOSTS + 1 };

/* All that may happen, in the same order each time; returns how many. */
uint32_t model_events(const struct model_plan *plan, const struct model_state *state,
		      struct model_event events[MODEL_EVENTS_MAX]);

/* The next step of a fair run, in which nothing is lost, timers fire, and applications come to an end: an event, or the
 * timers of both ends, so that none waits for the other's for ever. Returns how many; 0 where all is over. */
uint32_t model_event_fair(const struct model_state *state, struct model_event events[MODEL_HOSTS]);

/* Lets it happen: `turn` has plan, state and ladder; the rest is set here. The state is settled afterwards. */
void model_event_happens(struct model_turn *turn, const struct model_event *event);

#endif
