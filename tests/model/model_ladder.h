/* model_ladder.h - a way through the space, written so that it can be read, and gone again. */
#ifndef MODEL_MODEL_LADDER_H
#define MODEL_MODEL_LADDER_H

#include "model/model_event.h"

/* Lines of a ladder, to turn->ladder where there is one. */
void model_ladder_event(const struct model_turn *turn, const struct model_event *event);
void model_ladder_said(const struct model_turn *turn, const struct model_packet *packet, const char *fate);
void model_ladder_told(const struct model_turn *turn, const char *what);

/* Goes the way of `trace`, with all that happens on it printed; and what comes of the end by a fair run, where no rule
 * is broken before. Returns the rule that is broken in the end. */
enum model_rule model_ladder_replay(const struct model_plan *plan, const uint8_t *trace, uint32_t steps, FILE *out);

/* Prints numbers with commas between them. */
void model_ladder_numbers(const uint8_t *trace, uint32_t steps, FILE *out);

#endif
