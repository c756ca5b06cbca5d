/* model_plan.h - what a search may do: which ends open, how much is sent, who may abort, what the channel does. */
#ifndef MODEL_MODEL_PLAN_H
#define MODEL_MODEL_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "model/model_sabotage.h"

enum { MODEL_HOSTS = 2, MODEL_CHANNEL = 3, MODEL_LIVES = 3, MODEL_ANY = 255 /* as often as it may happen */ };

/* What one end may do. All that it may, it may leave as well, and at any time. */
struct model_part {
	bool listens;
	uint8_t opens;  /* active OPENs */
	uint8_t bytes;  /* to be sent, an octet at a time */
	bool shuts;     /* half-close */
	bool closes;    /* full close */
	bool is_prompt; /* and closes as soon as it hears that its peer has */
	bool aborts;
	bool holds;    /* reads later what has come */
	bool gives_up; /* its patience may end at any time */
};

struct model_plan {
	const char *name;
	const char *text; /* what it looks into */
	struct model_part parts[MODEL_HOSTS];
	uint8_t window;   /* octets that each end takes */
	uint8_t channel;  /* packets in flight at most: what is said beyond is lost */
	uint8_t lives;    /* connections that one end may have in all, those of old SYNs too */
	uint8_t losses;   /* of packets, or MODEL_ANY */
	uint8_t copies;   /* the same */
	uint8_t timeouts; /* firings of a timer of both ends, or MODEL_ANY; 2MSL is not counted */
	bool is_long;     /* takes minutes */
	enum model_sabotage sabotage;
};

extern const struct model_plan model_plans[];
extern const uint32_t model_plan_count;

/* The plan of a name, or null. */
const struct model_plan *model_plan_named(const char *name);

#endif
