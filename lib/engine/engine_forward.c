/* engine_forward.c - UDP forwarding: the shards of each worker that forward are a group with sessions and rules. */
#include <quern/target.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_malloc.h>

#include "base/ip6.h"
#include "base/random.h"
#include "engine/engine_parts.h"
#include "shard/shard_forward.h"

enum { ENGINE_FRAGMENTED = 256 /* datagrams that a worker puts together at a time: some 2.5 MB */ };

static bool has_ip4(const struct quern_port_config *port)
{
	return port->addresses.last != 0;
}

static bool is_on_network4(const struct quern_port_config *port, uint32_t address)
{
	uint32_t mask = port->prefix_length == 0 ? 0 : UINT32_MAX << (32 - port->prefix_length);

	return has_ip4(port) && ((address ^ port->addresses.first) & mask) == 0;
}

static bool is_on_network6(const struct quern_port_ip6 *ip6, const struct quern_ip6 *address)
{
	uint8_t bits = ip6->prefix_length;
	uint64_t high = bits >= 64 ? UINT64_MAX : bits == 0 ? 0 : UINT64_MAX << (64 - bits);
	uint64_t low = bits >= 128 ? UINT64_MAX : bits <= 64 ? 0 : UINT64_MAX << (128 - bits);

	return quern_ip6_is_set(&ip6->first) && ((address->high ^ ip6->first.high) & high) == 0 &&
	       ((address->low ^ ip6->first.low) & low) == 0;
}

/* Whether a port leads to an address, by its network or its gateway. */
static bool leads_to(const struct quern_port_config *port, const struct quern_endpoint *to)
{
	if (quern_ip6_is_set(&to->ip6))
		return is_on_network6(&port->ip6, &to->ip6) ||
		       (quern_ip6_is_set(&port->ip6.first) && quern_ip6_is_set(&port->ip6.gateway));
	return is_on_network4(port, to->address) || (has_ip4(port) && port->gateway != 0);
}

static bool some_port_leads_to(const struct quern_engine_config *config, const struct quern_endpoint *to)
{
	for (uint16_t port = 0; port < config->port_count; port++)
		if (leads_to(&config->ports[port], to))
			return true;
	return false;
}

/* Whether both ends of a session may be at one port: then it has two entries in that shard's table. */
static bool goes_back(const struct quern_engine_config *config, uint16_t port)
{
	for (uint16_t i = 0; i < config->forward.rule_count; i++) {
		const struct quern_forward_rule *rule = &config->forward.rules[i];

		for (uint16_t target = 0; rule->port == port && target < rule->target_count; target++)
			if (leads_to(&config->ports[port], &rule->targets[target].to))
				return true;
	}
	return false;
}

static bool forwards(const struct quern_engine *engine)
{
	return engine->config.forward.rule_count > 0;
}

const struct quern_forward_rule *engine_rule_with_sessions(const struct quern_forward_config *forward)
{
	for (uint16_t i = 0; i < forward->rule_count; i++)
		if (!forward->rules[i].one_way)
			return &forward->rules[i];
	return NULL;
}

uint32_t engine_sessions_a_worker(const struct quern_engine *engine)
{
	const struct quern_forward_config *forward = &engine->config.forward;
	uint32_t all = forward->max_sessions ? forward->max_sessions : SHARD_SESSIONS_DEFAULT;
	uint16_t workers = engine->worker_count ? engine->worker_count : 1;

	if (!forwards(engine))
		return 0;
	/* There is no pool of none. */
	return engine->keeps_sessions ? (all + workers - 1) / workers : 1;
}

uint32_t engine_udp_flows(const struct quern_engine *engine, uint16_t port)
{
	return engine_sessions_a_worker(engine) * (forwards(engine) && goes_back(&engine->config, port) ? 2 : 1);
}

static struct shard_forward_config group_config(const struct quern_engine *engine, uint64_t seed)
{
	struct shard_forward_config config = {
		.max_sessions = engine_sessions_a_worker(engine), .fragmented = ENGINE_FRAGMENTED, .seed = seed};

	for (uint16_t i = 0; i < engine->config.forward.rule_count; i++)
		config.counts_sources |= engine->config.forward.rules[i].max_sessions_per_source != 0;
	return config;
}

uint64_t engine_forward_bytes(const struct quern_engine *engine)
{
	const struct quern_forward_config *forward = &engine->config.forward;
	const struct shard_forward_config config = group_config(engine, 0);

	return forwards(engine) ? shard_forward_bytes(&config) + shard_rules_bytes(forward->rules, forward->rule_count)
				: 0;
}

static int check_rule(const struct quern_engine_config *config, const struct quern_forward_rule *rule,
		      char error[QUERN_ERROR_TEXT])
{
	char text[QUERN_ENDPOINT_TEXT];

	if (rule->port >= config->port_count)
		return engine_fail(error, -EINVAL, "rule '%s': it listens on port %u\n  There are ports 0 to %u",
				   rule->name, rule->port, config->port_count - 1u);
	for (uint16_t i = 0; i < rule->target_count; i++)
		if (!engine_is_many(config, &rule->targets[i].to) && !some_port_leads_to(config, &rule->targets[i].to))
			return engine_fail(error, -ENETUNREACH,
					   "rule '%s': no port leads to its target %s\n"
					   "  Give a port an address on its network (--ip), or a --gateway",
					   rule->name, quern_format_endpoint(&rule->targets[i].to, text));
	return engine_check_many(config, rule, error);
}

int engine_check_rules(const struct quern_engine *engine, const struct quern_forward_config *forward,
		       char error[QUERN_ERROR_TEXT])
{
	struct quern_forward_fault fault;
	int code = 0;

	if (quern_forward_faults(forward->rules, forward->rule_count, &fault, 1) > 0)
		return engine_fail(error, -EINVAL, "%s\n  To help: %s", fault.cause, fault.remedy);
	code = engine_check_probes(forward, error);
	for (uint16_t i = 0; i < forward->rule_count && code == 0; i++)
		code = check_rule(&engine->config, &forward->rules[i], error);
	return code == 0 ? engine_check_sources(engine, forward, error) : code;
}

int engine_check_forward(struct quern_engine *engine, char error[QUERN_ERROR_TEXT])
{
	const struct quern_forward_config *forward = &engine->config.forward;

	if (!forwards(engine))
		return 0;
	engine->keeps_sessions = forward->max_sessions != 0 || engine_rule_with_sessions(forward);
	if (engine_sessions_a_worker(engine) > SHARD_SESSIONS_MAX)
		return engine_fail(error, -EINVAL, "%u sessions are too many\n  Possible: %d for each worker",
				   forward->max_sessions, SHARD_SESSIONS_MAX);
	return engine_check_rules(engine, forward, error);
}

static int open_group(struct quern_engine *engine, uint16_t number, uint64_t seed, char error[QUERN_ERROR_TEXT])
{
	const struct quern_forward_config *forward = &engine->config.forward;
	struct shard_forward_config config = group_config(engine, seed);
	struct engine_group *group = &engine->groups[number];
	int code;

	config.is_prober = number == 0;
	config.number = number;
	config.groups = engine->worker_count;
	config.check_port = engine_check_port(engine);
	group->memory = rte_zmalloc("sessions", shard_forward_bytes(&config), 64);
	group->rules = rte_zmalloc("rules", shard_rules_bytes(forward->rules, forward->rule_count), 64);
	if (!group->memory || !group->rules)
		return engine_fail(error, -ENOMEM,
				   "worker %u: no memory for %u forwarded sessions\n  Allow fewer: --max-sessions",
				   number, config.max_sessions);
	group->forward = shard_forward_open(&config, group->memory, worker_clock_ns(&engine->clock, rte_rdtsc()));
	for (uint16_t shard = 0; shard < engine->config.shard_count; shard++)
		if (engine->shards[shard].worker == number)
			shard_forward_join(group->forward, engine->shards[shard].shard,
					   engine->config.shards[shard].port);
	code = shard_rules_build(group->rules, group->forward, forward->rules, forward->rule_count);
	if (code != 0)
		return engine_fail(error, code,
				   "worker %u: its ports do not have what the rules name: %s\n"
				   "  Each worker of a forwarder has a shard on every port",
				   number, strerror(-code));
	shard_rules_check(group->rules, engine->checks);
	shard_forward_use(group->forward, group->rules);
	return 0;
}

int engine_open_groups(struct quern_engine *engine, char error[QUERN_ERROR_TEXT])
{
	struct random random;
	int code = engine_make_checks(engine, &engine->config.forward, &engine->checks);

	if (code != 0)
		return engine_fail(error, code, "no memory for the checks of targets");
	random_seed(&random, ~engine->config.seed);
	for (uint16_t number = 0; forwards(engine) && number < engine->worker_count && code == 0; number++)
		code = open_group(engine, number, random_next(&random), error);
	if (code != 0)
		engine_close_groups(engine);
	return code;
}

void engine_close_groups(struct quern_engine *engine)
{
	for (uint16_t number = 0; number < engine->worker_count; number++) {
		rte_free(engine->groups[number].memory);
		rte_free(engine->groups[number].rules);
		engine_free_reload(&engine->groups[number]);
		engine->groups[number] = (struct engine_group){.memory = NULL};
	}
	free(engine->checks);
	free(engine->next_checks);
	engine->checks = engine->next_checks = NULL;
}

void quern_engine_sessions(const struct quern_engine *engine, struct quern_forward_use *use)
{
	*use = (struct quern_forward_use){.sessions = 0};
	for (uint16_t number = 0; forwards(engine) && number < engine->worker_count; number++) {
		use->sessions += shard_forward_sessions(engine->groups[number].forward);
		use->capacity += engine->keeps_sessions ? engine_sessions_a_worker(engine) : 0;
	}
}

int quern_engine_forward_stats(const struct quern_engine *engine, uint16_t rule, uint16_t target,
			       struct quern_forward_stats *stats)
{
	struct quern_forward_stats sum = {.forwarded = 0};

	if (!quern_engine_forward_rule(engine, rule))
		return -ENOENT;
	for (uint16_t number = 0; number < engine->worker_count; number++)
		if (!shard_forward_add_stats(engine->groups[number].forward, rule, target, &sum))
			return -ENOENT;
	*stats = sum;
	return 0;
}

const struct quern_forward_rule *quern_engine_forward_rule(const struct quern_engine *engine, uint16_t rule)
{
	return forwards(engine) ? shard_forward_rule(engine->groups[0].forward, rule) : NULL;
}
