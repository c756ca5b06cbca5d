/* shard_forward.c - a group of shards, its rules, and the end of sessions. */
#include "shard/shard_fragments.h"
#include "shard/shard_group.h"

#include <errno.h>

#include "base/check.h"
#include "base/endpoint.h"
#include "base/line.h"
#include "shard/shard_checks.h"
#include "shard/shard_forward_check.h"
#include "udp/udp_fragments.h"

enum { LOWEST_PORT = 1024, PORTS = 65536 - LOWEST_PORT, ETHER_BYTES = 14 };

/* The parts of a group's memory, and of a rule set's, in order. */
struct layout {
	size_t groups, pool, sources, fragments, end;
};

struct rules_layout {
	size_t set, balance, ways, transits, groups, counts, end;
};

static uint32_t sessions_of(const struct shard_forward_config *config)
{
	return config->max_sessions ? config->max_sessions : SHARD_SESSIONS_DEFAULT;
}

static struct layout lay_out(const struct shard_forward_config *config)
{
	struct layout at;

	at.groups = base_line_up(sizeof(struct shard_forward));
	at.pool = at.groups + base_line_up(SHARD_FORWARD_SHARDS * sizeof(struct shard_groups));
	at.sources = at.pool + base_line_up(udp_pool_bytes(sessions_of(config)));
	at.fragments = at.sources + base_line_up(config->counts_sources ? udp_limits_bytes(sessions_of(config)) : 0);
	at.end = at.fragments + base_line_up(config->fragmented ? udp_fragments_bytes(config->fragmented) : 0);
	return at;
}

size_t shard_forward_bytes(const struct shard_forward_config *config)
{
	return sessions_of(config) <= SHARD_SESSIONS_MAX ? lay_out(config).end : 0;
}

struct shard_forward *shard_forward_open(const struct shard_forward_config *config, void *memory, uint64_t now_ns)
{
	const struct layout at = lay_out(config);
	struct shard_forward *forward = memory;
	char *block = memory;
	struct hash_secret secret;

	random_seed(&forward->random, config->seed);
	forward->is_prober = config->is_prober;
	forward->check_port = config->check_port;
	forward->number = config->number;
	for (forward->id_step = 1; forward->id_step < config->groups;)
		forward->id_step = (uint16_t)(forward->id_step << 1);
	for (int i = 0; i < 2; i++)
		secret.words[i] = random_next(&forward->random);
	udp_pool_init(&forward->pool, block + at.pool, sessions_of(config), (uint32_t)(now_ns / 1000000));
	forward->groups = (struct shard_groups *)(void *)(block + at.groups);
	udp_limits_init(&forward->limits, config->counts_sources ? block + at.sources : NULL, sessions_of(config),
			&secret);
	if (config->fragmented)
		forward->fragments = udp_fragments_open(block + at.fragments, config->fragmented, secret.words);
	return forward;
}

void shard_forward_join(struct shard_forward *forward, struct quern_shard *shard, uint16_t port)
{
	const struct udp_session *first = udp_session_at(&forward->pool, 0);

	CHECK(shard->config.max_udp_flows > 0);
	shard->forward = forward;
	shard->forward_number = forward->shard_count;
	shard->forward_id = (uint16_t)(random_next(&forward->random) * forward->id_step + forward->number);
	shard->expect.fragments = forward->fragments != NULL;
	shard->forward_port = port;
	shard->glances = shard->config.ethernet && shard->config.vlan == 0;
	shard->forward_bytes = shard->glances ? (uint16_t)(shard->config.mtu + ETHER_BYTES) : 0;
	shard->table.records[TABLE_UDP_INNER] = (struct table_records){&first->inner, sizeof(*first)};
	shard->table.records[TABLE_UDP_OUTER] = (struct table_records){&first->outer, sizeof(*first)};
	shard_groups_init(&forward->groups[forward->shard_count]);
	forward->shards[forward->shard_count++] = shard;
}

bool shard_is_beside(const struct quern_shard *shard, const struct quern_shard *other)
{
	return shard->forward != NULL && shard->forward == other->forward;
}

static struct rules_layout lay_rules_out(const struct quern_forward_rule *rules, uint16_t count)
{
	struct rules_layout at;
	size_t targets = 0;

	for (uint16_t i = 0; i < count; i++)
		targets += rules[i].target_count;
	at.set = base_line_up(sizeof(struct shard_rules));
	at.ways = at.set + base_line_up(udp_rules_bytes(rules, count));
	at.transits = at.ways + base_line_up(targets * sizeof(struct shard_way));
	at.balance = at.transits + base_line_up(shard_transit_bytes(rules, count));
	at.groups = at.balance +
		    base_line_up(count * sizeof(struct udp_balance_rule) + targets * sizeof(struct udp_balance_target));
	at.counts = at.groups + base_line_up(count * sizeof(struct shard_group));
	at.end = at.counts + base_line_up(count * sizeof(struct shard_rule_counts));
	return at;
}

size_t shard_rules_bytes(const struct quern_forward_rule *rules, uint16_t count)
{
	return lay_rules_out(rules, count).end;
}

/* Whether an address is on the network of a shard's port. */
static bool is_on_link(const struct quern_shard *shard, const struct quern_endpoint *to)
{
	if (quern_ip6_is_set(&to->ip6))
		return shard->ip6.is_spoken && neigh_nd_is_on_link(&shard->ip6.neigh, to->ip6);
	return shard->config.addresses.last != 0 && neigh_next_hop(&shard->neigh, to->address) == to->address;
}

static bool has_gateway(const struct quern_shard *shard, bool is_ip6)
{
	return is_ip6 ? shard->ip6.is_spoken && quern_ip6_is_set(&shard->config.ip6.gateway)
		      : shard->config.gateway != 0;
}

/* The shard that leads to a target of a rule of a port: one on its network, else one with a gateway. */
static uint8_t shard_towards(const struct shard_forward *forward, uint16_t port, const struct quern_endpoint *to)
{
	if (shard_group_is_target(forward, to))
		return shard_group_towards(forward, port, to);
	for (uint8_t i = 0; i < forward->shard_count; i++)
		if (is_on_link(forward->shards[i], to))
			return i;
	for (uint8_t i = 0; i < forward->shard_count; i++)
		if (has_gateway(forward->shards[i], quern_ip6_is_set(&to->ip6)))
			return i;
	return SHARD_NO_WAY;
}

/* RFC 6056: where the first local port is looked for is drawn, so that a restart does not walk into sessions that
 * targets still remember. */
static int find_ways(const struct shard_forward *forward, struct shard_rules *rules)
{
	struct random random = forward->random;

	for (uint16_t i = 0; i < rules->set->rule_count; i++) {
		const struct udp_rule *rule = &rules->set->rules[i];

		for (uint16_t target = 0; target < rule->target_count; target++) {
			const struct quern_endpoint *to = &rule->targets[target].to;
			uint8_t shard = shard_towards(forward, rules->set->configured[i].port, to);

			if (shard == SHARD_NO_WAY)
				return -ENETUNREACH;
			rules->ways[rule->first_target + target] =
				(struct shard_way){.to = *to,
						   .shard = shard,
						   .next_port = (uint16_t)(LOWEST_PORT + random_below(&random, PORTS))};
		}
	}
	return 0;
}

struct quern_shard *shard_forward_at(const struct shard_forward *forward, uint16_t port)
{
	for (uint8_t i = 0; i < forward->shard_count; i++)
		if (forward->shards[i]->forward_port == port)
			return forward->shards[i];
	return NULL;
}

/* What stands in flow keys for where a rule listens. */
static int name_listen(struct shard_rules *rules, const struct quern_shard *shard, const struct quern_endpoint *listen,
		       uint32_t *name)
{
	*name = listen->address;
	if (base_endpoint_is_group(listen))
		return shard_group_add(rules, shard, listen, name);
	return !quern_ip6_is_set(&listen->ip6) || shard_ip6_own_alias(shard, listen->ip6, name) ? 0 : -EADDRNOTAVAIL;
}

int shard_rules_build(void *memory, const struct shard_forward *forward, const struct quern_forward_rule *rules,
		      uint16_t count)
{
	const struct rules_layout at = lay_rules_out(rules, count);
	uint32_t listens[QUERN_FORWARD_RULES_MAX];
	struct shard_rules *made = memory;
	char *block = memory;
	int code = 0;

	made->groups = (struct shard_group *)(void *)(block + at.groups);
	for (uint16_t i = 0; i < count && code == 0; i++) {
		const struct quern_shard *shard = shard_forward_at(forward, rules[i].port);

		code = shard ? name_listen(made, shard, &rules[i].listen, &listens[i]) : -ENODEV;
	}
	if (code != 0)
		return code;
	made->set = udp_rules_build(block + at.set, rules, count, listens,
				    forward->rules ? !forward->rules->set->number : 0);
	made->ways = (struct shard_way *)(void *)(block + at.ways);
	made->counts = (struct shard_rule_counts *)(void *)(block + at.counts);
	udp_balance_init(&made->balance, block + at.balance, made->set);
	code = find_ways(forward, made);
	if (code != 0)
		return code;
	shard_transit_build(made, block + at.transits);
	return 0;
}

void shard_rules_check(struct shard_rules *rules, struct shard_checks *checks)
{
	rules->checks = checks;
}

void shard_forward_use(struct shard_forward *forward, struct shard_rules *rules)
{
	CHECK(forward->pool.used == 0);
	forward->rules = rules;
	forward->views[0] = (struct shard_view){rules->set->rules, rules->ways};
	shard_groups_follow(forward);
}

/* The deadline of a session moves with its datagrams: who fires may not be due. */
static uint32_t end_idle(struct shard_forward *forward)
{
	uint32_t fired[SHARD_EXPIRE_MAX], ended = 0;
	const struct quern_shard *first = forward->shards[0];
	uint32_t count = udp_pool_advance(&forward->pool, first->tick, fired, SHARD_EXPIRE_MAX);

	for (uint32_t i = 0; i < count; i++)
		rte_prefetch0(udp_session_at(&forward->pool, fired[i]));
	for (uint32_t i = 0; i < count; i++) {
		struct udp_session *session = udp_session_at(&forward->pool, fired[i]);

		shard_session_recall(forward, session);
		if (!udp_session_is_over(&forward->pool, session, shard_rule_of(forward, session)->idle_ms))
			continue;
		shard_session_close(forward, session);
		ended++;
	}
	return ended;
}

uint32_t shard_forward_expire(struct shard_forward *forward)
{
	struct shard_reload *offered = __atomic_load_n(&forward->offered, __ATOMIC_ACQUIRE);

	if (unlikely(offered != NULL))
		shard_reload_go_on(forward, offered);
	if (forward->fragments)
		shard_fragments_expire(forward);
	shard_forward_check(forward);
	return end_idle(forward);
}

bool shard_forward_next(const struct shard_forward *forward, uint32_t *tick)
{
	uint32_t late_ms;
	bool is_armed;

	if (__atomic_load_n(&forward->offered, __ATOMIC_RELAXED)) {
		*tick = forward->shards[0]->tick;
		return true;
	}
	if (forward->rules && forward->rules->checks && forward->is_prober) {
		*tick = forward->shards[0]->tick + 1;
		return true;
	}
	is_armed = forward->pool.used && wheel_next(&forward->pool.wheel, tick);
	if (!forward->fragments || !udp_fragments_next(forward->fragments, &late_ms))
		return is_armed;
	if (!is_armed || (int32_t)(late_ms - *tick) < 0)
		*tick = late_ms;
	return true;
}

uint32_t shard_forward_sessions(const struct shard_forward *forward)
{
	return counter_level_read(&forward->pool.used);
}
