/* sim_fault.c - faults, by what any user of a shard could do to it. */
#include "sim/sim_fault.h"

#include "sim/sim_world.h"

void sim_fault_begin(struct sim_world *world, const struct sim_event *event)
{
	struct sim_host *host = &world->hosts[event->who % SIM_HOSTS_MAX];
	struct sim_link *link = &world->links[event->who];
	uint64_t until_ns = world->now_ns + event->b * SIM_NS_PER_MS;

	switch ((enum sim_kind)event->kind) {
	case SIM_DRAIN:
		sim_host_give_back(host);
		sim_host_drain(host, event->a);
		host->drained_until_ns = until_ns;
		return;
	case SIM_REFUSE:
		host->loses_refused = event->a;
		host->refuses_until_ns = until_ns;
		return;
	case SIM_SHORT:
		host->short_frames = (uint16_t)event->a;
		host->short_until_ns = until_ns;
		return;
	case SIM_LATE:
		host->late_until_ns = until_ns;
		return;
	case SIM_RESTART:
		sim_host_restart(world, host->number);
		host->late_until_ns = until_ns;
		return;
	case SIM_BEHIND:
		host->behind_until_ns = until_ns;
		return;
	case SIM_JUMP:
		world->now_ns = until_ns;
		return;
	case SIM_DARK:
		link->dark_until_ns = until_ns;
		return;
	case SIM_NARROW:
		link->narrow_mtu = (uint16_t)event->a;
		link->narrow_until_ns = until_ns;
		return;
	case SIM_COPY:
	case SIM_HARM:
	case SIM_OPEN:
	case SIM_SEND:
	case SIM_SHUTDOWN:
	case SIM_CLOSE:
	case SIM_ABORT:
	case SIM_HOLD:
	case SIM_SETTING:
	case SIM_KINDS_END:
		return;
	}
}

void sim_fault_heal(struct sim_world *world)
{
	world->is_healed = true;
	for (uint8_t number = 0; number < world->plan->hosts; number++) {
		struct sim_host *host = &world->hosts[number];

		host->late_until_ns = host->refuses_until_ns = host->short_until_ns = host->behind_until_ns = 0;
		sim_host_give_back(host);
		for (uint8_t to = 0; to < world->plan->hosts; to++)
			world->links[number * SIM_HOSTS_MAX + to].dark_until_ns =
				world->links[number * SIM_HOSTS_MAX + to].narrow_until_ns = 0;
	}
	sim_sabotage_heal(world);
	sim_app_heal(world);
}
