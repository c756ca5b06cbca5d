/* sim_fault.h - what goes wrong with hosts and links, for a while; and the end of it. */
#ifndef SIM_SIM_FAULT_H
#define SIM_SIM_FAULT_H

struct sim_event;
struct sim_world;

/* A fault of the plan begins. */
void sim_fault_begin(struct sim_world *world, const struct sim_event *event);

/* All faults are over, and applications finish what they have begun. */
void sim_fault_heal(struct sim_world *world);

#endif
