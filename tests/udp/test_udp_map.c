/* test_udp_map.c - who is who after a reload: by name and endpoint, whatever the order. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "udp/udp_map.h"
#include "udp_examples.h"

static struct udp_map map_between(const struct udp_rules *from, const struct udp_rules *to)
{
	struct udp_map map;

	udp_map_build(&map, malloc(udp_map_bytes(from) + (udp_map_bytes(from) == 0)), from, to);
	return map;
}

static bool is_same(const struct quern_endpoint *a, const struct quern_endpoint *b)
{
	return a->address == b->address && a->port == b->port && a->ip6.high == b->ip6.high && a->ip6.low == b->ip6.low;
}

static void assert_target_is_mapped(const struct udp_map *map, const struct udp_rule *old, uint16_t number)
{
	const struct udp_rule *rule = udp_map_rule(map, old->number);
	uint16_t target = udp_map_target(map, old->number, number);

	if (target != UDP_NO_TARGET) {
		cr_assert(is_same(&rule->targets[target].to, &old->targets[number].to));
		return;
	}
	for (uint32_t i = 0; rule && i < rule->target_count; i++)
		cr_assert_not(is_same(&rule->targets[i].to, &old->targets[number].to), "it is there");
}

static void assert_map_is_right(const struct udp_map *map)
{
	for (uint16_t i = 0; i < map->from->rule_count; i++) {
		const struct udp_rule *old = &map->from->rules[i], *rule = udp_map_rule(map, i);
		const char *name = map->from->configured[i].name;

		if (rule)
			cr_assert_str_eq(map->to->configured[rule->number].name, name);
		for (uint32_t n = 0; !rule && n < map->to->rule_count; n++)
			cr_assert(strcmp(map->to->configured[n].name, name) != 0 ||
				  map->to->rules[n].one_way != old->one_way ||
				  map->to->rules[n].keep_source != old->keep_source);
		for (uint16_t t = 0; t < old->target_count; t++)
			assert_target_is_mapped(map, old, t);
	}
}

/* Some rules' targets differ in nothing but their ports, or in one half of an IPv6 address. */
static void vary_targets(const struct quern_forward_rule *rule, struct quern_forward_target *targets,
			 struct random *random)
{
	uint32_t how = random_below(random, 4);

	for (uint32_t i = 0; i < rule->target_count; i++) {
		if (how == 1)
			targets[i].to = (struct quern_endpoint){0x0a000002, (uint16_t)(1 + i), {0, 0}};
		else if (how > 1)
			targets[i].to = (struct quern_endpoint){
				0, 53, {(UINT64_C(0xfd) << 56) + (how == 2 ? i : 0), 1 + (how == 3 ? i : 0)}};
	}
}

/* Leaves rules and targets out, adds some, and puts all in another order. */
static void change(const struct udp_examples *from, struct udp_examples *to, struct random *random)
{
	for (uint32_t i = from->count; i > 0; i--) {
		const struct quern_forward_rule *old = &from->rules[i - 1];
		struct quern_forward_rule *rule;
		uint32_t kept = 0;

		if (random_below(random, 4) == 0)
			continue;
		rule = udp_examples_add(to, old->target_count);
		snprintf(to->names[to->count - 1], EXAMPLE_NAME, "%s", old->name);
		rule->listen = old->listen;
		rule->translate = true;
		rule->one_way = random_below(random, 10) == 0;
		rule->keep_source = !rule->translate && random_below(random, 10) == 0;
		for (uint32_t t = old->target_count; t > 0; t--) {
			if (random_below(random, 3) != 0)
				to->targets[to->count - 1][kept++] = old->targets[t - 1];
		}
		if (kept == 0)
			to->targets[to->count - 1][kept++] =
				(struct quern_forward_target){.to = {.address = 0x0a000001, .port = 1}};
		rule->target_count = (uint16_t)kept;
	}
}

Test(udp_map, knows_rules_by_name_and_targets_by_endpoint)
{
	for (uint64_t seed = 0; seed < 20; seed++) {
		struct udp_examples *before = calloc(1, sizeof(*before)), *after = calloc(1, sizeof(*after));
		const struct udp_rules *from, *to;
		struct random random;
		struct udp_map map;

		random_seed(&random, seed);
		for (uint32_t i = 0; i < 1 + seed * 5; i++) {
			udp_examples_add(before, 1 + random_below(&random, 9))->translate = true;
			vary_targets(&before->rules[i], before->targets[i], &random);
		}
		change(before, after, &random);
		from = udp_examples_build(before);
		to = udp_examples_build(after);
		map = map_between(from, to);
		assert_map_is_right(&map);
		free(map.rules);
		free((void *)from);
		free((void *)to);
		free(before);
		free(after);
	}
}

Test(udp_map, of_a_set_to_itself_changes_nothing)
{
	struct udp_examples *examples = calloc(1, sizeof(*examples));
	const struct udp_rules *set;
	struct random random;
	struct udp_map map;

	random_seed(&random, 5);
	udp_examples_draw(examples, &random, 40);
	set = udp_examples_build(examples);
	map = map_between(set, set);
	for (uint16_t i = 0; i < set->rule_count; i++) {
		cr_assert_eq(udp_map_rule(&map, i), &set->rules[i]);
		for (uint16_t t = 0; t < set->rules[i].target_count; t++)
			cr_assert_eq(udp_map_target(&map, i, t), t);
	}
	free(map.rules);
	free((void *)set);
	free(examples);
}

static void are_not_the_same(bool one_way, bool keep_source)
{
	struct udp_examples *before = calloc(1, sizeof(*before)), *after = calloc(1, sizeof(*after));
	const struct udp_rules *from, *to;
	struct quern_forward_rule *rule;
	struct udp_map map;

	udp_examples_add(before, 2);
	rule = udp_examples_add(after, 2);
	rule->one_way = one_way;
	rule->keep_source = keep_source;
	from = udp_examples_build(before);
	to = udp_examples_build(after);
	map = map_between(from, to);
	cr_assert_null(udp_map_rule(&map, 0));
	cr_assert_eq(udp_map_target(&map, 0, 1), UDP_NO_TARGET);
	free(map.rules);
	free((void *)from);
	free((void *)to);
	free(before);
	free(after);
}

Test(udp_map, does_not_take_one_without_sessions_for_one_that_keeps_them)
{
	are_not_the_same(true, false);
}

/* Sessions of the one know the other's clients by other ends. */
Test(udp_map, does_not_take_one_that_keeps_sources_for_one_that_does_not)
{
	are_not_the_same(false, true);
}
