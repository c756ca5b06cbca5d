/* forward_health.h - tells on standard error when a target that is checked goes down, and when it is back. */
#ifndef FORWARD_FORWARD_HEALTH_H
#define FORWARD_FORWARD_HEALTH_H

#include <stdio.h>

#include <quern/target.h>

struct forward_health {
	const struct quern_forward_rule *rules;                           /* whose targets were looked at last */
	uint8_t told[QUERN_FORWARD_RULES_MAX][QUERN_FORWARD_TARGETS_MAX]; /* enum quern_target_state */
};

/* Looks at all targets, and prints a line for each that is down, or up again, since the last look. */
void forward_health_look(struct forward_health *health, const struct quern_engine *engine);

/* The same for one target of a rule, which was in another state at the last look. */
void forward_health_note(FILE *out, const struct quern_forward_rule *rule, uint16_t target,
			 enum quern_target_state before, const struct quern_forward_stats *now);

#endif
