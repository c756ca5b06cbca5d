/* model_search.h - depth first over all that can happen; each state that is new is held against the rules, and must be
 * one from which a fair run comes to an end. */
#ifndef MODEL_MODEL_SEARCH_H
#define MODEL_MODEL_SEARCH_H

#include "model/model_event.h"
#include "model/model_set.h"

struct model_failure {
	enum model_rule rule;
	char text[MODEL_FAILURE_BYTES];
	uint32_t steps; /* of `trace`, from the beginning on */
	uint8_t *trace; /* numbers of events, as model_events() counts them; the caller's to free */
};

struct model_search {
	const struct model_plan *plan;
	struct model_set set;
	uint64_t transitions;
	uint32_t reached; /* a bit for each enum quern_state that an end was in */
	uint32_t depth;   /* the longest way that was gone */
	double seconds;
	struct model_failure failure;
};

/* Exhausts the plan, or ends with the first failure. */
void model_search_run(struct model_search *search, const struct model_plan *plan);

/* The same breadth first, up to `states_max` states: the failure that it finds has the shortest way to it. */
void model_search_shortest(struct model_search *search, const struct model_plan *plan, uint32_t states_max);

/* Gives memory back. */
void model_search_end(struct model_search *search);

#endif
