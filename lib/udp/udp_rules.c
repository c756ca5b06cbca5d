/* udp_rules.c - a rule set in one block: first it is measured, then copied, with tables and index behind it. */
#include "udp/udp_rules.h"

#include <string.h>

#include "base/check.h"
#include "base/hash.h"
#include "base/least.h"
#include "udp/udp_maglev.h"
#include "udp/udp_places.h"

enum { ALIGNMENT = 64 };

/* Known to all: the same name has the same id in every set. */
static const struct hash_secret NO_SECRET = {{0x717565726e207275, 0x6c65206e616d6573}};

/* Takes piece after piece of a block; without one it only counts. */
struct block {
	char *memory;
	size_t bytes;
};

/* Where the parts of a set lie. */
struct parts {
	struct udp_rules *set;
	struct udp_rule *rules;
	struct udp_target *targets;
	struct udp_place *places;
	uint16_t *piece_ports;
	uint16_t *piece_rules;
	struct quern_forward_rule *configured;
	uint8_t *maglev[QUERN_FORWARD_RULES_MAX];
	uint32_t place_entries;
	uint32_t target_count;
};

static void *take(struct block *block, size_t bytes)
{
	void *taken = block->memory ? block->memory + block->bytes : NULL;

	block->bytes += (bytes + 7) & ~(size_t)7;
	return taken;
}

/* A copy in the block, or null of nothing. */
static void *copy(struct block *block, const void *bytes, size_t count)
{
	void *copied = take(block, count);

	if (copied && count > 0)
		memcpy(copied, bytes, count);
	return count == 0 ? NULL : copied;
}

static bool chooses_by_hash(const struct quern_forward_rule *rule)
{
	return rule->balance == QUERN_BALANCE_MAGLEV && rule->target_count > 1;
}

/* Takes what a set of these rules needs, which is the same whether or not there is memory. */
static void lay_out(struct block *block, struct parts *parts, const struct quern_forward_rule *rules, uint32_t count)
{
	struct udp_places_size index = udp_places_size(rules, count);

	parts->target_count = 0;
	for (uint32_t i = 0; i < count; i++)
		parts->target_count += rules[i].target_count;
	parts->place_entries = index.entries;
	parts->set = take(block, sizeof(*parts->set));
	parts->rules = take(block, count * sizeof(*parts->rules));
	parts->places = take(block, index.entries * sizeof(*parts->places));
	parts->piece_ports = take(block, index.pieces * sizeof(*parts->piece_ports));
	parts->piece_rules = take(block, index.pieces * sizeof(*parts->piece_rules));
	parts->targets = take(block, parts->target_count * sizeof(*parts->targets));
	for (uint32_t i = 0; i < count; i++)
		parts->maglev[i] = chooses_by_hash(&rules[i])
					   ? take(block, udp_maglev_entries(rules[i].targets, rules[i].target_count))
					   : NULL;
	parts->configured = take(block, count * sizeof(*parts->configured));
}

/* What a rule points to. */
static struct quern_forward_rule copy_rule(struct block *block, const struct quern_forward_rule *rule)
{
	struct quern_forward_rule copied = *rule;

	copied.name = copy(block, rule->name, strlen(rule->name) + 1);
	copied.targets = copy(block, rule->targets, rule->target_count * sizeof(*rule->targets));
	copied.check.request = copy(block, rule->check.request, rule->check.request_bytes);
	copied.check.answer = copy(block, rule->check.answer, rule->check.answer_bytes);
	return copied;
}

size_t udp_rules_bytes(const struct quern_forward_rule *rules, uint32_t count)
{
	struct block block = {NULL, 0};
	struct parts parts;

	lay_out(&block, &parts, rules, count);
	for (uint32_t i = 0; i < count; i++)
		copy_rule(&block, &rules[i]);
	return (block.bytes + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}

uint32_t udp_rules_id(const char *name)
{
	return (uint32_t)hash_sip(&NO_SECRET, name, strlen(name));
}

static struct udp_rule prepare_rule(const struct quern_forward_rule *rule, uint16_t number, uint8_t set)
{
	return (struct udp_rule){
		.number = number,
		.set = set,
		.id = udp_rules_id(rule->name),
		.idle_ms = rule->idle_ms == 0 ? QUERN_FORWARD_IDLE_MS : rule->idle_ms,
		.max_sessions = rule->max_sessions == 0 ? UINT32_MAX : rule->max_sessions,
		.max_sessions_per_source = rule->max_sessions_per_source,
		.slow_start_ms = rule->slow_start_ms,
		.target_count = (uint8_t)rule->target_count,
		.balance = (uint8_t)rule->balance,
		.keep_port = rule->keep_port,
		.keep_source = rule->keep_source,
		.one_way = rule->one_way,
		.translate = rule->translate,
		.broadcast = rule->broadcast,
		.answers_refresh = rule->answers_refresh,
	};
}

static void fill_rules(const struct parts *parts, uint32_t count, uint8_t set)
{
	uint32_t first_target = 0;

	for (uint32_t i = 0; i < count; i++) {
		const struct quern_forward_rule *from = &parts->configured[i];
		struct udp_rule *rule = &parts->rules[i];

		*rule = prepare_rule(from, (uint16_t)i, set);
		rule->first_target = first_target;
		rule->targets = &parts->targets[first_target];
		rule->is_even = true;
		for (uint32_t t = 0; t < from->target_count; t++) {
			parts->targets[first_target++] = (struct udp_target){
				.to = from->targets[t].to, .weight = (uint16_t)most(from->targets[t].weight, 1)};
			rule->is_even &= rule->targets[t].weight == rule->targets[0].weight;
		}
		if (!parts->maglev[i])
			continue;
		rule->maglev = parts->maglev[i];
		rule->maglev_entries = udp_maglev_entries(from->targets, from->target_count);
		udp_maglev_fill(parts->maglev[i], rule->maglev_entries, from->targets, from->target_count);
	}
}

const struct udp_rules *udp_rules_build(void *memory, const struct quern_forward_rule *rules, uint32_t count,
					const uint32_t *listens, uint8_t number)
{
	uint32_t addresses[QUERN_FORWARD_RULES_MAX];
	struct block block = {memory, 0};
	struct parts parts;

	CHECK(quern_forward_faults(rules, count, NULL, 0) == 0);
	lay_out(&block, &parts, rules, count);
	memset(memory, 0, block.bytes);
	for (uint32_t i = 0; i < count; i++) {
		parts.configured[i] = copy_rule(&block, &rules[i]);
		addresses[i] = listens ? listens[i] : rules[i].listen.address;
	}
	*parts.set = (struct udp_rules){
		.configured = parts.configured,
		.rules = parts.rules,
		.targets = parts.targets,
		.places = parts.places,
		.piece_ports = parts.piece_ports,
		.piece_rules = parts.piece_rules,
		.place_mask = parts.place_entries - 1,
		.rule_count = (uint16_t)count,
		.target_count = (uint16_t)parts.target_count,
		.number = number,
	};
	fill_rules(&parts, count, number);
	udp_places_build(parts.set, parts.places, parts.piece_ports, parts.piece_rules, addresses);
	return parts.set;
}
