/* model_parts.h - what the files of an endpoint share. */
#ifndef MODEL_MODEL_PARTS_H
#define MODEL_MODEL_PARTS_H

#include "model/model_turn.h"
#include "wheel/wheel.h"
#include "wire/wire_packet.h"

/* The settings that both ends have; `gives_up` are those of one whose patience is over. */
const struct tcp_profile *model_profile(const struct model_plan *plan, bool gives_up);

/* A wheel that has nothing on it but the timer of the end at hand. */
struct wheel *model_wheel(struct model_turn *turn);

/* Sends a segment; `life` is that of the connection which speaks, + 1, or 0. */
void model_say(struct model_turn *turn, const struct segment *segment, uint8_t life);

/* Says all that is owed, and arms the timer; `acknowledged` says that something has left the flight. */
void model_output(struct model_turn *turn, bool acknowledged);

/* The RST of an end that gives up or aborts. */
void model_say_reset(struct model_turn *turn);

/* The connection's flight, begun where there was none, and its end. */
struct tcp_flight *model_flight_get(struct model_turn *turn);
void model_flight_end(struct model_turn *turn);

/* The record goes; the application is told, where it knows of it. */
void model_end(struct model_turn *turn, enum quern_end how);

/* Where the connection took the place of one in TIME-WAIT that is still there, that comes back, and true. */
bool model_unpark(struct model_turn *turn);

#endif
