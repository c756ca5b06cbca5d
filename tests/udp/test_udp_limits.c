/* test_udp_limits.c - counts by rule and source against plain arrays, and memory that no number of sources fills. */
#include <criterion/criterion.h>

#include "base/random.h"
#include "udp/udp_limits.h"
#include "udp_examples.h"

enum { RULES = 3, SOURCES = 60, CAPACITY = 50, MILLIONS = 10 * 1000 * 1000, CROWD = 100000 };

static const struct hash_secret SECRET = {{0x0123456789abcdef, 0xfedcba9876543210}};

/* What is open of each source, and how much of it was counted by source. */
struct model {
	struct udp_examples examples;
	struct udp_limits limits;
	const struct udp_rules *set;
	struct random random;
	uint32_t open[RULES][SOURCES];
	uint32_t counted[RULES][SOURCES];
};

static void *sources_memory(uint32_t sources)
{
	void *memory = aligned_alloc(64, udp_limits_bytes(sources));

	cr_assert_not_null(memory);
	memset(memory, 0, udp_limits_bytes(sources));
	return memory;
}

static struct model *model_open(uint64_t seed)
{
	struct model *model = calloc(1, sizeof(*model));

	random_seed(&model->random, seed);
	for (uint32_t i = 0; i < RULES; i++)
		udp_examples_add(&model->examples, 1);
	model->examples.rules[0].max_sessions_per_source = 3;
	model->examples.rules[1].max_sessions_per_source = 1000;
	model->examples.rules[1].max_sessions = 100;
	model->examples.rules[2].max_sessions = 40;
	model->set = udp_examples_build(&model->examples);
	udp_limits_init(&model->limits, sources_memory(CAPACITY), CAPACITY, &SECRET);
	return model;
}

static void model_close(struct model *model)
{
	free(model->limits.sources);
	free((void *)model->set);
	free(model);
}

static uint32_t sum(const uint32_t counts[SOURCES])
{
	uint32_t total = 0;

	for (uint32_t i = 0; i < SOURCES; i++)
		total += counts[i];
	return total;
}

static uint32_t sources_in_use(const struct model *model)
{
	uint32_t used = 0;

	for (uint32_t r = 0; r < RULES; r++) {
		for (uint32_t i = 0; i < SOURCES; i++)
			used += model->counted[r][i] != 0;
	}
	return used;
}

static enum udp_limit expected(const struct model *model, const struct udp_rule *rule, uint32_t source)
{
	uint32_t counted = model->counted[rule->number][source];

	if (sum(model->open[rule->number]) >= rule->max_sessions)
		return UDP_LIMIT_RULE;
	if (rule->max_sessions_per_source == 0)
		return UDP_LIMIT_NONE;
	if (counted >= rule->max_sessions_per_source)
		return UDP_LIMIT_SOURCE;
	return counted == 0 && sources_in_use(model) == CAPACITY ? UDP_LIMIT_SOURCES : UDP_LIMIT_NONE;
}

static void open_one(struct model *model, const struct udp_rule *rule, uint32_t source)
{
	enum udp_limit limit = expected(model, rule, source);
	bool is_by_source = false;

	cr_assert_eq(udp_limits_open(&model->limits, rule, source, &is_by_source), limit);
	if (limit != UDP_LIMIT_NONE)
		return;
	cr_assert_eq(is_by_source, rule->max_sessions_per_source != 0);
	model->open[rule->number][source]++;
	model->counted[rule->number][source] += is_by_source;
}

static void close_one(struct model *model, const struct udp_rule *rule, uint32_t source)
{
	uint32_t *counted = &model->counted[rule->number][source];

	if (model->open[rule->number][source] == 0)
		return;
	udp_limits_close(&model->limits, rule, source, *counted > 0);
	model->open[rule->number][source]--;
	*counted -= *counted > 0;
}

static void assert_counts_agree(const struct model *model)
{
	cr_assert(udp_limits_validate(&model->limits));
	cr_assert_eq(model->limits.used, sources_in_use(model));
	for (uint32_t r = 0; r < RULES; r++) {
		cr_assert_eq(model->limits.sessions[r], sum(model->open[r]));
		for (uint32_t i = 0; i < SOURCES; i++)
			cr_assert_eq(udp_limits_of_source(&model->limits, &model->set->rules[r], i),
				     model->counted[r][i]);
	}
}

static void churn(struct model *model, uint32_t operations)
{
	for (uint32_t i = 0; i < operations; i++) {
		const struct udp_rule *rule = &model->set->rules[random_below(&model->random, RULES)];
		uint32_t source = random_below(&model->random, SOURCES);

		/* Floods and ebbs, so that the table fills and empties. */
		if (random_below(&model->random, 16) < (i / 500 % 2 == 0 ? 11u : 5u))
			open_one(model, rule, source);
		else
			close_one(model, rule, source);
		if (i % 8 == 0)
			assert_counts_agree(model);
	}
	assert_counts_agree(model);
}

Test(udp_limits, count_what_plain_arrays_would)
{
	for (uint64_t seed = 0; seed < 10; seed++) {
		struct model *model = model_open(seed);

		churn(model, 10000);
		model_close(model);
	}
}

Test(udp_limits, outlive_a_reload_that_numbers_rules_anew)
{
	struct model *model = model_open(7);
	struct udp_examples *after = calloc(1, sizeof(*after));
	const struct udp_rules *to;
	struct udp_map map;
	uint32_t kept;

	churn(model, 2000);
	/* Rule 1 comes first, rule 0 second and without a limit by source; rule 2 is gone. */
	for (uint32_t i = 0; i < 2; i++) {
		struct quern_forward_rule *rule = udp_examples_add(after, 1);

		rule->name = model->examples.rules[1 - i].name;
	}
	to = udp_examples_build(after);
	udp_map_build(&map, malloc(udp_map_bytes(model->set)), model->set, to);
	kept = sum(model->open[0]) + sum(model->open[1]);
	udp_limits_renumber(&model->limits, &map);
	cr_assert_eq(model->limits.sessions[0], sum(model->open[1]));
	cr_assert_eq(model->limits.sessions[1], sum(model->open[0]));
	cr_assert_eq(model->limits.sessions[2], 0);
	for (uint32_t r = 0; r < RULES; r++) {
		const struct udp_rule *rule = udp_map_rule(&map, (uint16_t)r);

		for (uint32_t i = 0; i < SOURCES; i++) {
			for (; model->open[r][i] > 0; model->open[r][i]--) {
				bool is_by_source = model->counted[r][i] > 0;

				model->counted[r][i] -= is_by_source;
				if (rule)
					udp_limits_close(&model->limits, rule, i, is_by_source);
				else
					udp_limits_forget(&model->limits, &model->set->rules[r], i, is_by_source);
				kept -= rule != NULL;
			}
		}
	}
	cr_assert_eq(kept, 0);
	cr_assert_eq(model->limits.sessions[0] + model->limits.sessions[1], 0);
	cr_assert_eq(model->limits.used, 0);
	cr_assert(udp_limits_validate(&model->limits));
	free(map.rules);
	free((void *)to);
	free(after);
	model_close(model);
}

Test(udp_limits, need_no_memory_where_no_rule_counts_sources_and_take_it_once_one_does)
{
	struct udp_examples *examples = calloc(1, sizeof(*examples));
	const struct udp_rules *before, *after;
	struct udp_limits limits;
	bool is_by_source;

	udp_examples_add(examples, 1);
	before = udp_examples_build(examples);
	examples->rules[0].max_sessions_per_source = 1;
	after = udp_examples_build(examples);
	cr_assert_not(udp_limits_counts_sources(before));
	cr_assert(udp_limits_counts_sources(after));
	udp_limits_init(&limits, NULL, 0, &SECRET);
	cr_assert_eq(udp_limits_open(&limits, &before->rules[0], 5, &is_by_source), UDP_LIMIT_NONE);
	cr_assert_not(is_by_source);
	cr_assert_eq(udp_limits_of_source(&limits, &before->rules[0], 5), 0);
	cr_assert(udp_limits_validate(&limits));
	udp_limits_add_sources(&limits, sources_memory(10), 10);
	cr_assert_eq(udp_limits_open(&limits, &after->rules[0], 5, &is_by_source), UDP_LIMIT_NONE, "from now on");
	cr_assert(is_by_source);
	cr_assert_eq(udp_limits_open(&limits, &after->rules[0], 5, &is_by_source), UDP_LIMIT_SOURCE);
	udp_limits_close(&limits, &after->rules[0], 5, false);
	udp_limits_close(&limits, &after->rules[0], 5, true);
	cr_assert_eq(limits.used, 0);
	free(limits.sources);
	free((void *)before);
	free((void *)after);
	free(examples);
}

Test(udp_limits, ten_million_random_sources_leave_memory_flat_and_honest_ones_counted)
{
	struct model *model = model_open(1);
	const struct udp_rule *rule = &model->set->rules[0];
	uint32_t *crowd = calloc(CROWD, sizeof(*crowd));
	bool is_by_source;

	free(model->limits.sources);
	udp_limits_init(&model->limits, sources_memory(CROWD + 1), CROWD + 1, &SECRET);
	for (uint32_t i = 0; i < 3; i++)
		cr_assert_eq(udp_limits_open(&model->limits, rule, 0x0a000001, &is_by_source), UDP_LIMIT_NONE);
	for (uint32_t i = 0; i < MILLIONS; i++) {
		uint32_t *source = &crowd[i % CROWD];

		if (i >= CROWD)
			udp_limits_close(&model->limits, rule, *source, true);
		/* 4 million differ in the low bits alone, as who counts them up would send. */
		*source = i < 4000000 ? 0x0b000000 + i : (uint32_t)random_next(&model->random) | 0x10000000;
		if (udp_limits_open(&model->limits, rule, *source, &is_by_source) != UDP_LIMIT_NONE)
			cr_assert_fail("source %u of %x refused", i, *source);
	}
	cr_assert(udp_limits_validate(&model->limits));
	cr_assert_leq(model->limits.used, CROWD + 1);
	cr_assert_eq(udp_limits_open(&model->limits, rule, 0x0a000001, &is_by_source), UDP_LIMIT_SOURCE);
	for (uint32_t i = 0; i < CROWD; i++)
		udp_limits_close(&model->limits, rule, crowd[i], true);
	cr_assert_eq(model->limits.used, 1);
	cr_assert_eq(udp_limits_of_source(&model->limits, rule, 0x0a000001), 3);
	free(crowd);
	model_close(model);
}

Test(udp_limits, validation_sees_what_is_wrong)
{
	struct model *model = model_open(3);
	struct udp_source *first = model->limits.sources;

	churn(model, 1000);
	model->limits.used++;
	cr_assert_not(udp_limits_validate(&model->limits));
	model->limits.used--;
	while (first->sessions == 0)
		first++;
	first->address += 1000;
	cr_assert_not(udp_limits_validate(&model->limits), "a source that is not found where it lies, or twice");
	first->address -= 1000;
	cr_assert(udp_limits_validate(&model->limits));
	model_close(model);
}
