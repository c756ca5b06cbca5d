/* forward_health.c - states of targets, asked of the engine once a tick. */
#include "forward/forward_health.h"

static void look_at_rule(struct forward_health *health, const struct quern_engine *engine, uint16_t number,
			 bool is_other)
{
	const struct quern_forward_rule *rule = quern_engine_forward_rule(engine, number);

	for (uint16_t target = 0; rule->check.probe != QUERN_PROBE_NONE && target < rule->target_count; target++) {
		uint8_t *told = &health->told[number][target];
		struct quern_forward_stats stats;

		if (quern_engine_forward_stats(engine, number, target, &stats) != 0)
			continue;
		if (!is_other && *told != stats.state)
			forward_health_note(stderr, rule, target, (enum quern_target_state) * told, &stats);
		*told = (uint8_t)stats.state;
	}
}

void forward_health_look(struct forward_health *health, const struct quern_engine *engine)
{
	const struct quern_forward_rule *rules = quern_engine_forward_rule(engine, 0);
	bool are_others = health->rules && rules != health->rules;

	health->rules = rules;
	for (uint16_t number = 0; quern_engine_forward_rule(engine, number); number++)
		look_at_rule(health, engine, number, are_others);
}
