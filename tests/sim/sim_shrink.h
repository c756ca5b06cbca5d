/* sim_shrink.h - from a run that fails to the fewest events that still break the same rule. */
#ifndef SIM_SIM_SHRINK_H
#define SIM_SIM_SHRINK_H

#include <stdint.h>

struct sim_world;
struct sim_plan;

/* Switches events of a recorded plan off, as long as a run of the rest breaks the rule that world->failure names; ends
 * with a run of what is left. Returns how many events that are. */
uint32_t sim_shrink(struct sim_world *world, struct sim_plan *plan);

#endif
