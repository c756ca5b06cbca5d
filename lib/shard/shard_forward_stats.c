/* shard_forward_stats.c - what was counted of rules and targets, for whoever asks from another thread. */
#include <quern/target.h>

#include "shard/shard_checks.h"
#include "shard/shard_forward_parts.h"

/* Of a target that the way leads to. */
static void add_way(const struct shard_way *way, struct quern_forward_stats *stats)
{
	stats->forwarded += counter_read(&way->forwarded.datagrams);
	stats->forwarded_bytes += counter_read(&way->forwarded.bytes);
	stats->returned += counter_read(&way->returned.datagrams);
	stats->returned_bytes += counter_read(&way->returned.bytes);
}

/* A worker may take others meanwhile: these stay until its engine has seen to it that nobody looks at them. */
static const struct shard_rules *rules_of(const struct shard_forward *forward)
{
	return __atomic_load_n(&forward->rules, __ATOMIC_ACQUIRE);
}

const struct quern_forward_rule *shard_forward_rule(const struct shard_forward *forward, uint16_t rule)
{
	const struct shard_rules *rules = rules_of(forward);

	return rules && rule < rules->set->rule_count ? &rules->set->configured[rule] : NULL;
}

static void add_rule(const struct shard_forward *forward, const struct shard_rules *rules, const struct udp_rule *rule,
		     struct quern_forward_stats *stats)
{
	const struct shard_rule_counts *counts = &rules->counts[rule->number];

	for (uint16_t target = 0; target < rule->target_count; target++)
		add_way(&rules->ways[rule->first_target + target], stats);
	stats->sessions += counter_level_read(&forward->limits.sessions[rule->number]);
	stats->opened += counter_read(&counts->opened);
	stats->refused += counter_read(&counts->refused);
}

bool shard_forward_add_stats(const struct shard_forward *forward, uint16_t rule, uint16_t target,
			     struct quern_forward_stats *stats)
{
	const struct shard_rules *rules = rules_of(forward);
	const struct udp_rule *found;
	const struct shard_way *way;

	if (!rules || rule >= rules->set->rule_count)
		return false;
	found = &rules->set->rules[rule];
	if (target == QUERN_FORWARD_NO_TARGET) {
		add_rule(forward, rules, found, stats);
		return true;
	}
	if (target >= found->target_count)
		return false;
	way = &rules->ways[found->first_target + target];
	add_way(way, stats);
	stats->sessions += counter_level_read(&rules->balance.targets[found->first_target + target].sessions);
	stats->opened += counter_read(&way->opened);
	stats->refused += counter_read(&way->refused);
	if (rules->checks)
		shard_checks_read(rules->checks, rule, target, stats);
	return true;
}
