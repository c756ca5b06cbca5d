/* engine_reload.c - other rules for the workers of an engine that runs: prepared here, taken by each at its next turn,
 * and those before freed when no session and no reader is left that goes by them (RCU). */
#include <quern/reload.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rte_malloc.h>

#include "engine/engine_parts.h"
#include "shard/shard_forward.h"

enum { PATIENCE_MS = 1000, NS_PER_MS = 1000000 };

static uint32_t sessions_of(const struct quern_forward_config *forward)
{
	return forward->max_sessions ? forward->max_sessions : SHARD_SESSIONS_DEFAULT;
}

static int check(const struct quern_engine *engine, const struct quern_forward_config *forward,
		 char error[QUERN_ERROR_TEXT])
{
	const struct quern_forward_config *now = &engine->config.forward;
	const struct quern_forward_rule *keeper = engine_rule_with_sessions(forward);

	if (now->rule_count == 0 || forward->rule_count == 0)
		return engine_fail(error, -EINVAL,
				   now->rule_count == 0 ? "this engine was opened without rules"
							: "there must be a rule\n  To forward nothing, stop it");
	if (sessions_of(forward) != sessions_of(now))
		return engine_fail(error, -EINVAL, "max_sessions: %u, and it runs with %u\n  That needs a restart",
				   sessions_of(forward), sessions_of(now));
	if (keeper && !engine->keeps_sessions)
		return engine_fail(error, -EINVAL,
				   "rule '%s': it keeps sessions, and there is no room for any, since none did so far\n"
				   "  That needs a restart, or max_sessions from the start on",
				   keeper->name);
	if (!quern_engine_reload_is_done(engine))
		return engine_fail(error, -EBUSY, "a worker has not taken the rules before yet\n  Try again");
	return engine_check_rules(engine, forward, error);
}

static int prepare(struct quern_engine *engine, uint16_t number, const struct quern_forward_config *forward,
		   char error[QUERN_ERROR_TEXT])
{
	struct engine_group *group = &engine->groups[number];
	size_t sources_bytes = shard_reload_sources_bytes(group->forward, forward->rules, forward->rule_count);
	int code = -ENOMEM;

	if (sources_bytes > 0 && group->sources == NULL)
		group->sources = engine_zeroed(sources_bytes);
	group->next = engine_zeroed(shard_reload_bytes(group->forward, forward->rules, forward->rule_count));
	if (group->next != NULL && (sources_bytes == 0 || group->sources != NULL))
		code = shard_reload_build(group->next, group->forward, forward->rules, forward->rule_count,
					  sources_bytes > 0 ? group->sources : NULL);
	if (code == 0)
		shard_reload_check(group->next, engine->next_checks);
	if (code == 0)
		return 0;
	return engine_fail(error, code, "worker %u: it cannot have these rules: %s", number, strerror(-code));
}

static void give_up(struct quern_engine *engine)
{
	for (uint16_t number = 0; number < engine->worker_count; number++) {
		struct engine_group *group = &engine->groups[number];

		free(group->next);
		group->next = NULL;
	}
	free(engine->next_checks);
	engine->next_checks = NULL;
}

static void wait_for_workers(const struct quern_engine *engine)
{
	const struct timespec moment = {.tv_nsec = NS_PER_MS};

	for (int i = 0; i < PATIENCE_MS && !quern_engine_reload_is_done(engine); i++)
		nanosleep(&moment, NULL);
}

int quern_engine_reload_forward(struct quern_engine *engine, const struct quern_forward_config *forward,
				char error[QUERN_ERROR_TEXT])
{
	int code;

	engine_tend_reload(engine);
	code = check(engine, forward, error);
	/* What a worker may still have to take is not given up. */
	if (code != 0)
		return code;
	if (engine_make_checks(engine, forward, &engine->next_checks) != 0)
		code = engine_fail(error, -ENOMEM, "no memory for the checks of targets");
	for (uint16_t number = 0; number < engine->worker_count && code == 0; number++)
		code = prepare(engine, number, forward, error);
	if (code != 0) {
		give_up(engine);
		return code;
	}
	for (uint16_t port = 0; port < engine->config.port_count; port++)
		if (engine_hears_groups(forward, port))
			nic_hear_groups(&engine->nics[port]);
	for (uint16_t number = 0; number < engine->worker_count; number++)
		shard_forward_offer(engine->groups[number].forward, engine->groups[number].next);
	wait_for_workers(engine);
	engine_tend_reload(engine);
	return 0;
}

bool quern_engine_reload_is_done(const struct quern_engine *engine)
{
	for (uint16_t number = 0; number < engine->worker_count; number++) {
		const struct engine_group *group = &engine->groups[number];

		if (group->forward != NULL && !shard_forward_is_settled(group->forward))
			return false;
	}
	return true;
}

/* Of whose rules no worker is left. */
static void free_checks(struct quern_engine *engine)
{
	free(engine->checks);
	engine->checks = engine->next_checks;
	engine->next_checks = NULL;
}

void engine_tend_reload(struct quern_engine *engine)
{
	bool has_passed = false, waits = false;

	for (uint16_t number = 0; number < engine->worker_count; number++) {
		struct engine_group *group = &engine->groups[number];

		if (group->next == NULL)
			continue;
		if (!shard_forward_is_settled(group->forward)) {
			waits = true;
			continue;
		}
		if (!has_passed)
			engine_pass_telemetry();
		has_passed = true;
		rte_free(group->rules);
		free(group->given);
		group->rules = NULL;
		group->given = group->next;
		group->next = NULL;
	}
	if (has_passed && !waits)
		free_checks(engine);
}

void engine_free_reload(struct engine_group *group)
{
	free(group->given);
	free(group->next);
	free(group->sources);
}
