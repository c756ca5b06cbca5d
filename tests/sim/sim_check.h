/* sim_check.h - what must be true of a host after every turn: its records, looked at from inside. */
#ifndef SIM_SIM_CHECK_H
#define SIM_SIM_CHECK_H

#include <stdbool.h>
#include <stdint.h>

struct sim_world;

/* After a turn of a host. */
void sim_check_turn(struct sim_world *world, uint8_t host);

/* Whether all connections of all hosts have ended, and no frame is on its way. */
bool sim_check_is_over(const struct sim_world *world);

/* What is left where that takes too long. */
void sim_check_left(struct sim_world *world);

#endif
