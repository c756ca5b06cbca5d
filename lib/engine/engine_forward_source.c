/* engine_forward_source.c - rules that keep sources, where there are several workers: the answers of a target tell
 * whose session they belong to by their rule alone. */
#include "engine/engine_parts.h"

#include <errno.h>

#include "base/ip6.h"
#include "shard/shard_forward.h"

static bool has_answers(const struct quern_forward_rule *rule)
{
	return rule->keep_source && !rule->one_way;
}

static bool may_be_same(const struct quern_endpoint *a, const struct quern_endpoint *b)
{
	return a->address == b->address && ip6_equal(a->ip6, b->ip6) &&
	       (a->port == b->port || a->port == 0 || b->port == 0);
}

/* The target that two rules have in common; null for none. */
static const struct quern_endpoint *common(const struct quern_forward_rule *a, const struct quern_forward_rule *b)
{
	for (uint16_t i = 0; i < a->target_count; i++)
		for (uint16_t j = 0; j < b->target_count; j++)
			if (may_be_same(&a->targets[i].to, &b->targets[j].to))
				return &a->targets[i].to;
	return NULL;
}

static int check_rule(const struct quern_engine *engine, const struct quern_forward_config *forward,
		      const struct quern_forward_rule *rule, char error[QUERN_ERROR_TEXT])
{
	char text[QUERN_ENDPOINT_TEXT];

	if (!shard_transit_is_plain(rule))
		return engine_fail(
			error, -ENOTSUP,
			"rule '%s': it keeps sources for %u workers, and does not tell whose an answer is\n"
			"  Let it listen at one address, and one port or with --keep-port; or run one worker",
			rule->name, engine->worker_count);
	for (uint16_t i = 0; i < forward->rule_count; i++) {
		const struct quern_forward_rule *other = &forward->rules[i];
		const struct quern_endpoint *target = other != rule && other->keep_source ? common(rule, other) : NULL;

		if (target)
			return engine_fail(error, -ENOTSUP,
					   "rule '%s': it keeps sources for %u workers towards %s, as rule '%s' does\n"
					   "  Give them different targets, or run one worker",
					   rule->name, engine->worker_count, quern_format_endpoint(target, text),
					   other->name);
	}
	return 0;
}

/* Workers know each other by their places, which must be the same at each port. */
static bool places_agree(const struct quern_engine *engine)
{
	for (uint16_t a = 0; a < engine->config.shard_count; a++)
		for (uint16_t b = 0; b < a; b++)
			if (engine->shards[a].worker == engine->shards[b].worker &&
			    engine->shards[a].place != engine->shards[b].place)
				return false;
	return true;
}

int engine_check_sources(const struct quern_engine *engine, const struct quern_forward_config *forward,
			 char error[QUERN_ERROR_TEXT])
{
	int code = 0;

	for (uint16_t i = 0; i < forward->rule_count && engine->worker_count > 1 && code == 0; i++) {
		if (!has_answers(&forward->rules[i]))
			continue;
		code = check_rule(engine, forward, &forward->rules[i], error);
		if (code == 0 && !places_agree(engine))
			return engine_fail(
				error, -ENOTSUP,
				"rule '%s': it keeps sources for workers whose shards are in no common order\n"
				"  Give each port its shards in the same order of workers",
				forward->rules[i].name);
	}
	return code;
}
