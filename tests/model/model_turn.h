/* model_turn.h - one event on its way: the state that it changes, what was broken, and what there is to tell of it. */
#ifndef MODEL_MODEL_TURN_H
#define MODEL_MODEL_TURN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "model/model_state.h"

/* The invariants of docs/model.md, by their letters there. */
enum model_rule {
	MODEL_RULE_NONE,
	MODEL_RULE_TEXT,
	MODEL_RULE_ENDS,
	MODEL_RULE_EDGE,
	MODEL_RULE_NUMBERS,
	MODEL_RULE_TIMERS,
	MODEL_RULE_AGREE,
	MODEL_RULE_QUIET,
	MODEL_RULE_DEAD_END,
	MODEL_RULES_END
};

enum { MODEL_SAID_MAX = 16, MODEL_FAILURE_BYTES = 200 };

struct model_turn {
	const struct model_plan *plan;
	struct model_state *state;
	uint8_t host;                     /* the end that acts */
	enum quern_state from;            /* of its connection, when the rules looked last */
	const struct model_packet *heard; /* the packet that it takes, or null */
	uint8_t said;                     /* packets that have gone out in this turn */
	enum model_rule rule;             /* the first that was broken */
	char text[MODEL_FAILURE_BYTES];
	FILE *ladder; /* where the turn is written down, or null */
};

/* The end that acts. */
static inline struct model_host *model_self(struct model_turn *turn)
{
	return &turn->state->hosts[turn->host];
}

/* The other one. */
static inline struct model_host *model_peer(struct model_turn *turn)
{
	return &turn->state->hosts[!turn->host];
}

/* The connection at hand, as the rules know it. */
static inline struct model_life *model_life_of(struct model_host *host)
{
	return &host->lives[host->life];
}

/* A rule is broken; only the first is kept. */
void model_fail(struct model_turn *turn, enum model_rule rule, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Letter and sentence of a rule. */
char model_rule_letter(enum model_rule rule);
const char *model_rule_text(enum model_rule rule);

#endif
