/* sim_world.h - hosts, links and applications on one virtual clock; a run from the first event to the last. */
#ifndef SIM_SIM_WORLD_H
#define SIM_SIM_WORLD_H

#include "sim/sim_app.h"
#include "sim/sim_fail.h"
#include "sim/sim_host.h"
#include "sim/sim_link.h"
#include "sim/sim_log.h"
#include "sim/sim_sabotage.h"
#include "sim/sim_seed.h"
#include "sim/sim_wire.h"

struct sim_world {
	struct sim_plan *plan;
	uint64_t now_ns;
	bool is_healed; /* faults are over */
	uint64_t turns, frames;
	uint32_t next_event;
	struct sim_host hosts[SIM_HOSTS_MAX];
	struct sim_link links[SIM_HOSTS_MAX * SIM_HOSTS_MAX];
	struct sim_frames in_flight;
	struct sim_flow flows[SIM_FLOWS_MAX];
	uint32_t flow_count;
	struct sim_end ends[SIM_ENDS_MAX];
	uint32_t end_count;
	uint32_t calls;             /* of applications */
	uint32_t lost;              /* buffers that runs in this process have not given back */
	enum sim_sabotage sabotage; /* the caller's; stays from run to run */
	bool is_sabotaged;
	struct sim_failure failure;
	struct sim_log log;
};

/* Runs a plan from start to end, in memory that the caller gives. Where the plan is not recorded, harm to frames is
 * noted in it. The first broken rule is in world->failure. */
void sim_world_run(struct sim_world *world, struct sim_plan *plan);

/* A check of the library's has failed, or a sanitizer's, and this is the handler of the signal: ends the run with a
 * broken rule, and does not come back; but for one that comes outside of a run. */
void sim_world_crashed(int number);

#endif
