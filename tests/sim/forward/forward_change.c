/* forward_change.c - other rules in the middle of it all, and which sessions go on, by the words of docs/forwarding.md.
 */
#include "sim/forward/forward_world.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"

enum { TURNS_MAX = 100 };

/* Where rules before are found among those of now: numbers of rules and their targets; less than 0 for none. */
struct mapped {
	int rules[FORWARD_RULES];
	int targets[FORWARD_RULES][FORWARD_TARGETS];
};

void forward_meet(struct forward_world *world)
{
	for (uint16_t rule = 0; rule < world->plan.rule_count; rule++)
		for (uint16_t i = 0; i < world->plan.rules[rule].target_count; i++) {
			const struct quern_endpoint *to = &world->plan.rules[rule].targets[i].to;

			quern_reachable(world->shards[forward_port_towards(&world->plan, to)], to);
		}
	forward_say(world, 0, NULL, 0);
	forward_settle(world);
}

/* A rule goes where another one stood. */
static void move_rule(struct forward_plan *plan, uint16_t from, uint16_t to)
{
	struct quern_forward_rule rule = plan->rules[to];
	struct quern_forward_target targets[FORWARD_TARGETS];

	memcpy(targets, plan->targets[to], sizeof(targets));
	memcpy(plan->targets[to], plan->targets[from], sizeof(targets));
	memcpy(plan->targets[from], targets, sizeof(targets));
	plan->rules[to] = plan->rules[from];
	plan->rules[from] = rule;
	plan->rules[to].targets = plan->targets[to];
	plan->rules[from].targets = plan->targets[from];
}

/* One of its targets goes, and the last one takes its place; or the one that it has gets another weight. */
static void drop_target(struct forward_plan *plan, struct random *random, uint16_t number)
{
	struct quern_forward_rule *rule = &plan->rules[number];
	struct quern_forward_target *targets = plan->targets[number];
	uint32_t target = random_below(random, rule->target_count);

	if (rule->target_count == 1)
		targets[0].weight = (uint16_t)random_below(random, 3);
	else
		targets[target] = targets[--rule->target_count];
}

/* Another host beside one that it has. */
static void add_target(struct forward_plan *plan, struct random *random, uint16_t number)
{
	struct quern_forward_rule *rule = &plan->rules[number];
	struct quern_forward_target *targets = plan->targets[number];

	if (rule->target_count == FORWARD_TARGETS)
		return;
	targets[rule->target_count] = targets[0];
	if (quern_ip6_is_set(&targets[0].to.ip6))
		targets[rule->target_count].to.ip6.low += 1 + random_below(random, 10);
	else
		targets[rule->target_count].to.address += 1 + random_below(random, 10);
	rule->target_count++;
}

static void change(struct forward_plan *plan, struct random *random)
{
	uint16_t number = (uint16_t)random_below(random, plan->rule_count);
	struct quern_forward_rule *rule = &plan->rules[number];

	switch (random_below(random, 8)) {
	case 0:
		if (plan->rule_count > 1)
			move_rule(plan, number, --plan->rule_count);
		break;
	case 1:
		if (plan->rule_count < FORWARD_RULES)
			forward_plan_rule(plan, random);
		break;
	case 2:
		move_rule(plan, number, (uint16_t)random_below(random, plan->rule_count));
		break;
	case 3:
		rule->idle_ms = 1000 + random_below(random, 3000);
		break;
	case 4:
		rule->max_sessions = random_below(random, 20);
		rule->max_sessions_per_source = random_below(random, 4);
		break;
	case 5:
		rule->balance = (enum quern_balance)random_below(random, QUERN_BALANCES_END);
		break;
	case 6:
		drop_target(plan, random, number);
		break;
	default:
		add_target(plan, random, number);
		break;
	}
}

static bool draw(const struct forward_world *world, struct random *random, struct forward_plan *plan)
{
	*plan = world->plan;
	for (uint16_t i = 0; i < FORWARD_RULES; i++)
		plan->rules[i].targets = plan->targets[i];
	for (uint32_t i = 1 + random_below(random, 3); i > 0; i--)
		change(plan, random);
	return quern_forward_faults(plan->rules, plan->rule_count, NULL, 0) == 0;
}

static void map_rule(const struct quern_forward_rule *old, const struct forward_plan *plan, int *number, int *targets)
{
	*number = -1;
	for (int i = 0; i < plan->rule_count; i++)
		if (strcmp(plan->rules[i].name, old->name) == 0 &&
		    (plan->rules[i].balance == QUERN_BALANCE_ALL) == (old->balance == QUERN_BALANCE_ALL))
			*number = i;
	for (uint16_t target = 0; target < old->target_count; target++) {
		targets[target] = -1;
		for (uint16_t i = 0; *number >= 0 && i < plan->rules[*number].target_count; i++)
			if (forward_same(&plan->rules[*number].targets[i].to, &old->targets[target].to))
				targets[target] = i;
	}
}

/* Of a session whose target was not seen yet it must not depend on that whether it goes on. */
static bool is_plain(const struct forward_world *world, const struct mapped *mapped)
{
	for (uint32_t i = 0; i < world->session_count; i++) {
		const struct forward_session *session = &world->sessions[i];
		const struct quern_forward_rule *rule = &world->plan.rules[session->rule];

		if (session->copies[0].is_known || rule->balance == QUERN_BALANCE_ALL)
			continue;
		for (uint16_t target = 0; target < rule->target_count; target++)
			if (mapped->targets[session->rule][target] < 0)
				return false;
	}
	return true;
}

/* Copies towards targets that are gone leave it. */
static void keep_copies(struct forward_session *session, const struct quern_forward_rule *rule, const int *targets)
{
	uint8_t kept = 0;

	for (uint8_t copy = 0; copy < session->copy_count; copy++) {
		struct forward_copy *of = &session->copies[copy];
		int target = targets[of->target];

		if (target < 0)
			continue;
		session->copies[kept] = *of;
		session->copies[kept++].target = (uint8_t)target;
	}
	session->copy_count = kept;
	session->is_lacking = rule->balance == QUERN_BALANCE_ALL && kept < rule->target_count;
}

/* What the plan has by now are the new rules. */
static void map_sessions(struct forward_world *world, const struct mapped *mapped)
{
	for (uint32_t i = world->session_count; i-- > 0;) {
		struct forward_session *session = &world->sessions[i];
		const int *targets = mapped->targets[session->rule];
		int number = mapped->rules[session->rule];

		if (number >= 0 && forward_find_rule(&world->plan, session->port, &session->listen) == number) {
			bool is_known = session->copies[0].is_known;

			session->rule = (uint8_t)number;
			session->is_older = true;
			if (is_known || world->plan.rules[number].balance == QUERN_BALANCE_ALL)
				keep_copies(session, &world->plan.rules[number], targets);
			if (session->copy_count > 0)
				continue;
		}
		*session = world->sessions[--world->session_count];
		world->due.ended++;
	}
	memset(world->seen, 0, sizeof(world->seen));
	memset(world->is_uneven, true, sizeof(world->is_uneven));
}

static void *zeroed(size_t bytes)
{
	void *memory = aligned_alloc(64, (bytes + 63) & ~(size_t)63);

	CHECK(memory);
	return memset(memory, 0, bytes);
}

/* The group takes the rules at its next turn, and ends what has been idle for long enough by them. */
static void offer(struct forward_world *world)
{
	const struct forward_plan *plan = &world->plan;
	size_t sources_bytes = shard_reload_sources_bytes(world->group, plan->rules, plan->rule_count);
	void *memory = zeroed(shard_reload_bytes(world->group, plan->rules, plan->rule_count));

	if (sources_bytes > 0)
		world->sources_memory = zeroed(sources_bytes);
	CHECK(shard_reload_build(memory, world->group, plan->rules, plan->rule_count,
				 sources_bytes > 0 ? world->sources_memory : NULL) == 0);
	shard_forward_offer(world->group, memory);
	world->now_ns += FORWARD_MS;
	for (int turn = 0; turn < TURNS_MAX && !shard_forward_is_settled(world->group); turn++) {
		for (uint16_t port = 0; port < plan->port_count; port++)
			shard_expire(world->shards[port], world->now_ns);
		if (!shard_forward_validate(world->group))
			forward_fail(world, "the sessions do not agree with themselves in the middle of a change");
	}
	CHECK(shard_forward_is_settled(world->group));
	free(world->rules_memory);
	world->rules_memory = memory;
}

void forward_reload(struct forward_world *world)
{
	static struct forward_plan plan;
	struct mapped mapped;

	if (world->plan.is_thin || !draw(world, &world->random, &plan))
		return;
	for (uint16_t i = 0; i < world->plan.rule_count; i++)
		map_rule(&world->plan.rules[i], &plan, &mapped.rules[i], mapped.targets[i]);
	if (!is_plain(world, &mapped))
		return;
	world->plan = plan;
	for (uint16_t i = 0; i < FORWARD_RULES; i++)
		world->plan.rules[i].targets = world->plan.targets[i];
	map_sessions(world, &mapped);
	offer(world);
	forward_end_idle(world);
	forward_say(world, 0, NULL, 0);
	forward_settle(world);
	forward_meet(world);
}
