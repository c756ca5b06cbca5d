/* udp_examples.c - rule sets for tests. */
#include "udp_examples.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#define LISTEN UINT32_C(0xc6120001)
#define TARGETS UINT32_C(0xc6130000)

struct quern_forward_rule *udp_examples_add(struct udp_examples *examples, uint32_t targets)
{
	uint32_t number = examples->count++;
	struct quern_forward_rule *rule = &examples->rules[number];

	snprintf(examples->names[number], EXAMPLE_NAME, "r%u", number);
	*rule = (struct quern_forward_rule){.name = examples->names[number],
					    .listen = {.address = LISTEN, .port = (uint16_t)(5300 + number)},
					    .targets = examples->targets[number],
					    .target_count = (uint16_t)targets};
	for (uint32_t i = 0; i < targets; i++)
		examples->targets[number][i] =
			(struct quern_forward_target){.to = {.address = TARGETS + 1 + i, .port = 53}};
	return rule;
}

/* Few addresses and ports, so that rules meet. */
static void draw_listen(struct quern_forward_rule *rule, struct random *random)
{
	static const uint32_t addresses[] = {0, LISTEN, LISTEN + 1, LISTEN + 2, 0xe0000001, UDP_ADDRESS_BROADCAST};

	rule->port = (uint16_t)random_below(random, 2);
	rule->listen.address = addresses[random_below(random, 6)];
	rule->listen.port = (uint16_t)(65536 - 1 - random_below(random, 600));
	if (random_below(random, 8) == 0)
		rule->listen.port = 0;
	else if (random_below(random, 3) == 0)
		rule->last_port = (uint16_t)(rule->listen.port + random_below(random, 65536u - rule->listen.port));
	rule->one_way = rule->listen.address == 0xe0000001 || rule->listen.address == UDP_ADDRESS_BROADCAST;
	rule->broadcast = rule->listen.address == UDP_ADDRESS_BROADCAST || random_below(random, 4) == 0;
	rule->translate = random_below(random, 4) == 0;
}

static void draw_targets(struct quern_forward_rule *rule, struct quern_forward_target *targets, struct random *random)
{
	for (uint32_t i = 0; i < rule->target_count; i++) {
		targets[i].weight = (uint16_t)random_below(random, 4);
		if (!rule->listen.address && rule->port == 1)
			targets[i].to = (struct quern_endpoint){.port = 53, .ip6 = {UINT64_C(0xfd) << 56, i + 1}};
	}
}

void udp_examples_draw(struct udp_examples *examples, struct random *random, uint32_t count)
{
	for (uint32_t tries = 0; examples->count < count && tries < 4 * count; tries++) {
		struct quern_forward_rule *rule = udp_examples_add(examples, 1 + random_below(random, 5));

		draw_listen(rule, random);
		draw_targets(rule, examples->targets[examples->count - 1], random);
		if (quern_forward_faults(examples->rules, examples->count, NULL, 0) != 0)
			examples->count--;
	}
}

const struct udp_rules *udp_examples_build(const struct udp_examples *examples)
{
	void *memory = aligned_alloc(64, udp_rules_bytes(examples->rules, examples->count));

	cr_assert_not_null(memory);
	return udp_rules_build(memory, examples->rules, examples->count, NULL, 1);
}
