/* sim_shrink.c - delta debugging (Zeller, Hildebrandt, 2002): ever smaller pieces of the list are left out. */
#include "sim/sim_shrink.h"

#include <string.h>

#include "sim/sim_world.h"

enum { RUNS_MAX = 600 };

static uint32_t count_on(const struct sim_plan *plan)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < plan->count; i++)
		count += !plan->events[i].is_off;
	return count;
}

/* The events at so many places of those that are on. */
static void switch_off(struct sim_plan *plan, uint32_t first, uint32_t count)
{
	uint32_t place = 0;

	for (uint32_t i = 0; i < plan->count; i++) {
		if (plan->events[i].is_off)
			continue;
		plan->events[i].is_off = place >= first && place - first < count;
		place++;
	}
}

/* True where the run without these events breaks the rule as well: then they stay out. */
static bool fails_without(struct sim_world *world, struct sim_plan *plan, enum sim_rule rule, uint32_t first,
			  uint32_t count)
{
	static bool before[SIM_EVENTS_MAX];

	for (uint32_t i = 0; i < plan->count; i++)
		before[i] = plan->events[i].is_off;
	switch_off(plan, first, count);
	sim_world_run(world, plan);
	if (world->failure.rule == rule)
		return true;
	for (uint32_t i = 0; i < plan->count; i++)
		plan->events[i].is_off = before[i];
	return false;
}

uint32_t sim_shrink(struct sim_world *world, struct sim_plan *plan)
{
	enum sim_rule rule = world->failure.rule;
	uint32_t piece = count_on(plan), runs = 0;

	while (piece > 0 && runs < RUNS_MAX) {
		uint32_t first = 0;
		bool has_shrunk = false;

		while (first < count_on(plan) && runs++ < RUNS_MAX) {
			if (fails_without(world, plan, rule, first, piece))
				has_shrunk = true;
			else
				first += piece;
		}
		piece = has_shrunk && piece == 1 ? 1 : piece / 2;
	}
	sim_world_run(world, plan);
	return count_on(plan);
}
