/* model_set.h - the states that were seen, each by its hash alone. */
#ifndef MODEL_MODEL_SET_H
#define MODEL_MODEL_SET_H

#include <stdbool.h>
#include <stdint.h>

/* What is known of a state, in the lower bits of its entry. */
enum model_mark { MODEL_SEEN = 1, MODEL_ENDS_WELL = 2, MODEL_MARKS = 3 };

struct model_set {
	uint64_t *entries;
	uint64_t mask; /* of places: their number is a power of two */
	uint64_t used;
	uint64_t seen; /* those that have MODEL_SEEN */
};

/* Begins empty. Memory comes as it is needed; where there is none the process ends with a line that says so. */
void model_set_begin(struct model_set *set);

/* Gives all back. */
void model_set_end(struct model_set *set);

/* Adds a mark to a state; false where it had it. */
bool model_set_mark(struct model_set *set, uint64_t hash, enum model_mark mark);

/* Whether a state has a mark. */
bool model_set_has(const struct model_set *set, uint64_t hash, enum model_mark mark);

#endif
