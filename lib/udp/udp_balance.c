/* udp_balance.c - picks targets; what a target may take is its weight, and less of it while it starts slowly. */
#include "udp/udp_balance.h"

#include <string.h>

#include "base/check.h"
#include "base/counter.h"
#include "base/hash.h"

enum {
	WHOLE_BITS = 16,
	WHOLE = 1 << WHOLE_BITS,  /* of a share */
	FIRST_SHARE = WHOLE / 10, /* of a target that has just come up */
	PROBES = 16               /* entries of a maglev table that are looked at; then the choice is made by weights */
};

size_t udp_balance_bytes(const struct udp_rules *set)
{
	return set->rule_count * sizeof(struct udp_balance_rule) +
	       set->target_count * sizeof(struct udp_balance_target);
}

void udp_balance_init(struct udp_balance *balance, void *memory, const struct udp_rules *set)
{
	memset(memory, 0, udp_balance_bytes(set));
	balance->set = set;
	balance->rules = memory;
	balance->targets = (struct udp_balance_target *)(balance->rules + set->rule_count);
	for (uint32_t i = 0; i < set->rule_count; i++) {
		const struct udp_rule *rule = &set->rules[i];

		balance->rules[i].up = udp_rule_all(rule);
		balance->rules[i].last = QUERN_FORWARD_TARGETS_MAX - 1;
		if (rule->slow_start_ms != 0)
			balance->rules[i].slow_inverse = UINT32_MAX / rule->slow_start_ms;
	}
}

static struct udp_balance_target *targets_of(const struct udp_balance *balance, const struct udp_rule *rule)
{
	return &balance->targets[rule->first_target];
}

static void begin_slowly(struct udp_balance *balance, const struct udp_rule *rule, uint32_t target, uint32_t now_ms)
{
	if (rule->slow_start_ms == 0)
		return;
	balance->rules[rule->number].slow |= UINT64_C(1) << target;
	targets_of(balance, rule)[target].up_ms = now_ms;
}

/* What is kept of a target that both sets have. */
static void carry_target(struct udp_balance *balance, const struct udp_balance *old, const struct udp_rule *rule,
			 uint32_t target, const struct udp_rule *old_rule, uint32_t old_target)
{
	const struct udp_balance_rule *before = &old->rules[old_rule->number];
	struct udp_balance_rule *state = &balance->rules[rule->number];

	targets_of(balance, rule)[target] = targets_of(old, old_rule)[old_target];
	if (!(before->up >> old_target & 1))
		state->up &= ~(UINT64_C(1) << target);
	if (before->slow >> old_target & 1 && rule->slow_start_ms != 0)
		state->slow |= UINT64_C(1) << target;
}

static void carry_rule(struct udp_balance *balance, const struct udp_balance *old, const struct udp_map *map,
		       const struct udp_rule *old_rule, uint32_t now_ms)
{
	const struct udp_rule *rule = udp_map_rule(map, old_rule->number);
	uint64_t fresh;

	if (!rule)
		return;
	fresh = udp_rule_all(rule);
	for (uint16_t i = 0; i < old_rule->target_count; i++) {
		uint16_t target = udp_map_target(map, old_rule->number, i);

		if (target == UDP_NO_TARGET)
			continue;
		carry_target(balance, old, rule, target, old_rule, i);
		fresh &= ~(UINT64_C(1) << target);
	}
	for (; fresh != 0; fresh &= fresh - 1)
		begin_slowly(balance, rule, (uint32_t)__builtin_ctzll(fresh), now_ms);
}

void udp_balance_carry(struct udp_balance *balance, const struct udp_balance *old, const struct udp_map *map,
		       uint32_t now_ms)
{
	for (uint32_t i = 0; i < old->set->rule_count; i++)
		carry_rule(balance, old, map, &old->set->rules[i], now_ms);
}

/* What a target may take of its weight now, up to WHOLE. It grows in proportion to time, from FIRST_SHARE on. */
static uint32_t share_of(struct udp_balance *balance, const struct udp_rule *rule, uint32_t target, uint32_t now_ms)
{
	struct udp_balance_rule *state = &balance->rules[rule->number];
	uint32_t up_ms = now_ms - targets_of(balance, rule)[target].up_ms;

	if (!(state->slow >> target & 1))
		return WHOLE;
	if (up_ms >= rule->slow_start_ms) {
		state->slow &= ~(UINT64_C(1) << target);
		return WHOLE;
	}
	return FIRST_SHARE +
	       (uint32_t)((uint64_t)(WHOLE - FIRST_SHARE) * ((uint64_t)up_ms * state->slow_inverse >> WHOLE_BITS) >>
			  WHOLE_BITS);
}

static uint32_t weight_now(struct udp_balance *balance, const struct udp_rule *rule, uint32_t target, uint32_t now_ms)
{
	return rule->targets[target].weight * share_of(balance, rule, target, now_ms);
}

/* By weights: each hash has its place on a line on which targets lie one behind the other. */
static uint16_t pick_by_weight(struct udp_balance *balance, const struct udp_rule *rule, uint64_t hash, uint32_t now_ms)
{
	uint64_t up = balance->rules[rule->number].up, left = up, sum = 0, at;

	for (; left != 0; left &= left - 1)
		sum += weight_now(balance, rule, (uint32_t)__builtin_ctzll(left), now_ms);
	at = (hash >> 32) * sum >> 32;
	for (left = up; (left & (left - 1)) != 0; left &= left - 1) {
		uint32_t weight = weight_now(balance, rule, (uint32_t)__builtin_ctzll(left), now_ms);

		if (at < weight)
			break;
		at -= weight;
	}
	return (uint16_t)__builtin_ctzll(left);
}

/* Who finds a target that is down, or that has had its share of hashes, looks at another entry, which no other client's
 * choice depends on. So each target that is up keeps what it had, and the rest is spread by weight. */
static uint16_t pick_by_hash(struct udp_balance *balance, const struct udp_rule *rule, uint64_t hash, uint32_t now_ms)
{
	uint64_t up = balance->rules[rule->number].up;

	if (!rule->maglev || (up & (up - 1)) == 0)
		return (uint16_t)__builtin_ctzll(up);
	for (uint32_t probe = 0; probe < PROBES; probe++) {
		uint16_t target = rule->maglev[(hash >> 32) * rule->maglev_entries >> 32];

		if (up >> target & 1 && (hash & (WHOLE - 1)) < share_of(balance, rule, target, now_ms))
			return target;
		hash = hash_fold(hash ^ UINT64_C(0xa0761d6478bd642f), UINT64_C(0xe7037ed1a0b428db));
	}
	return pick_by_weight(balance, rule, hash, now_ms);
}

static uint64_t behind_last(const struct udp_balance_rule *state)
{
	return state->up & ~UINT64_C(1) << state->last;
}

/* Of equals, the next one. */
static uint16_t pick_next(struct udp_balance_rule *state)
{
	uint64_t behind = behind_last(state);

	state->last = (uint32_t)__builtin_ctzll(behind != 0 ? behind : state->up);
	return (uint16_t)state->last;
}

/* The smooth order of nginx: each turn gives each target its weight, and the one that has most pays for all. */
static uint16_t pick_in_turn(struct udp_balance *balance, const struct udp_rule *rule, uint32_t now_ms)
{
	struct udp_balance_target *targets = targets_of(balance, rule);
	struct udp_balance_rule *state = &balance->rules[rule->number];
	uint64_t left = state->up;
	uint32_t best = (uint32_t)__builtin_ctzll(left);
	int64_t sum = 0;

	if (rule->is_even && state->slow == 0)
		return pick_next(state);

	for (; left != 0; left &= left - 1) {
		uint32_t target = (uint32_t)__builtin_ctzll(left);
		uint32_t weight = weight_now(balance, rule, target, now_ms);

		targets[target].credit += weight;
		sum += weight;
		if (targets[target].credit > targets[best].credit)
			best = target;
	}
	targets[best].credit -= sum;
	return (uint16_t)best;
}

/* The least of (sessions + 1) / weight; of equals, the next one behind that which was picked last. */
static uint16_t pick_least(struct udp_balance *balance, const struct udp_rule *rule, uint32_t now_ms)
{
	const struct udp_balance_target *targets = targets_of(balance, rule);
	struct udp_balance_rule *state = &balance->rules[rule->number];
	uint64_t halves[2] = {behind_last(state), state->up & ~behind_last(state)};
	uint64_t least_sessions = UINT64_MAX, least_weight = 1;

	for (uint32_t half = 0; half < 2; half++) {
		for (uint64_t left = halves[half]; left != 0; left &= left - 1) {
			uint32_t target = (uint32_t)__builtin_ctzll(left);
			uint64_t sessions = (uint64_t)targets[target].sessions + 1;
			uint64_t weight = weight_now(balance, rule, target, now_ms);

			if (least_sessions != UINT64_MAX && sessions * least_weight >= least_sessions * weight)
				continue;
			least_sessions = sessions;
			least_weight = weight;
			state->last = target;
		}
	}
	return (uint16_t)state->last;
}

uint16_t udp_balance_pick(struct udp_balance *balance, const struct udp_rule *rule, uint64_t hash, uint32_t now_ms)
{
	CHECK(rule->balance < QUERN_BALANCE_ALL);
	if (balance->rules[rule->number].up == 0)
		return UDP_NO_TARGET;
	switch ((enum quern_balance)rule->balance) {
	case QUERN_BALANCE_MAGLEV:
		return pick_by_hash(balance, rule, hash, now_ms);
	case QUERN_BALANCE_ROUND_ROBIN:
		return pick_in_turn(balance, rule, now_ms);
	case QUERN_BALANCE_LEAST_SESSIONS:
		return pick_least(balance, rule, now_ms);
	case QUERN_BALANCE_ALL:
	case QUERN_BALANCES_END:
		break;
	}
	return UDP_NO_TARGET;
}

void udp_balance_opened(struct udp_balance *balance, const struct udp_rule *rule, uint16_t target)
{
	counter_level_up(&targets_of(balance, rule)[target].sessions);
}

void udp_balance_closed(struct udp_balance *balance, const struct udp_rule *rule, uint16_t target)
{
	CHECK(targets_of(balance, rule)[target].sessions > 0);
	counter_level_down(&targets_of(balance, rule)[target].sessions);
}

void udp_balance_set_up(struct udp_balance *balance, const struct udp_rule *rule, uint16_t target, bool is_up,
			uint32_t now_ms)
{
	struct udp_balance_rule *state = &balance->rules[rule->number];
	uint64_t bit = UINT64_C(1) << target;

	if (((state->up & bit) != 0) == is_up)
		return;
	state->up ^= bit;
	state->slow &= ~bit;
	if (is_up)
		begin_slowly(balance, rule, target, now_ms);
}
