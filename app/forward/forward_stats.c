/* forward_stats.c - what each rule and target did, asked of the engine. */
#include "forward/forward_stats.h"

#include <stdlib.h>

static size_t entries_of(const struct quern_forward_rule *rule)
{
	return 1 + (size_t)rule->target_count;
}

bool forward_stats_take(struct forward_stats *stats, const struct quern_engine *engine,
			const struct quern_forward_rule *rules, uint16_t rule_count)
{
	struct quern_forward_stats *at;
	size_t entries = 0;

	for (uint16_t i = 0; i < rule_count; i++)
		entries += entries_of(&rules[i]);
	*stats = (struct forward_stats){.rules = rules, .all = calloc(entries, sizeof(*stats->all))};
	if (!stats->all)
		return false;
	stats->rule_count = rule_count;
	at = stats->all;
	for (uint16_t i = 0; i < rule_count; i++) {
		quern_engine_forward_stats(engine, i, QUERN_FORWARD_NO_TARGET, at++);
		for (uint16_t target = 0; target < rules[i].target_count; target++)
			quern_engine_forward_stats(engine, i, target, at++);
	}
	return true;
}

void forward_stats_close(struct forward_stats *stats)
{
	free(stats->all);
	*stats = (struct forward_stats){.rules = NULL};
}
