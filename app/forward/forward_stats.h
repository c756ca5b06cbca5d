/* forward_stats.h - what each rule and target did, at the end of a run, as a table and in JSON. */
#ifndef FORWARD_FORWARD_STATS_H
#define FORWARD_FORWARD_STATS_H

#include <jansson.h>
#include <stdio.h>

#include <quern/target.h>

struct forward_stats {
	const struct quern_forward_rule *rules;
	uint16_t rule_count;
	struct quern_forward_stats *all; /* of each rule its own, and then its targets' */
};

/* Takes what is counted now of all rules. False where there is no memory: then there are no rules in it. */
bool forward_stats_take(struct forward_stats *stats, const struct quern_engine *engine,
			const struct quern_forward_rule *rules, uint16_t rule_count);
void forward_stats_close(struct forward_stats *stats);

/* A line a rule, and below it one for each target with its share of what the rule forwarded. */
void forward_stats_text(FILE *out, const struct forward_stats *stats);

/* The array "rules" of quern-forward/1. */
json_t *forward_stats_json(const struct forward_stats *stats);

#endif
