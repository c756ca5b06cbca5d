/* test_udp_rules.c - the index of rules against looking at each of them; sets that stand for themselves. */
#include <criterion/criterion.h>

#include "base/alias.h"
#include "udp/udp_rules.h"
#include "udp_examples.h"

enum { QUESTIONS = 20000 };

static bool is_any(const struct quern_endpoint *listen)
{
	return listen->address == 0 && !quern_ip6_is_set(&listen->ip6);
}

/* How well a rule fits a datagram, more for better; 0 where it does not. */
static uint32_t fitness(const struct quern_forward_rule *rule, uint32_t listen, uint16_t port, uint32_t address,
			uint16_t udp_port)
{
	uint16_t last = rule->last_port == 0 ? rule->listen.port : rule->last_port;
	bool wants_ip6 = rule->translate || quern_ip6_is_set(&rule->targets[0].to.ip6);
	bool wants_ip4 = rule->translate || !quern_ip6_is_set(&rule->targets[0].to.ip6);
	bool is_named = !is_any(&rule->listen) && listen == address;
	bool is_one_of_any = is_any(&rule->listen) && ((wants_ip4 && address < 0xe0000000) ||
						       (wants_ip6 && address >= 0xf0000000 && address < 0xf8000000));
	bool is_broadcast = address == UDP_ADDRESS_BROADCAST && rule->broadcast;

	if (rule->port != port || (!is_named && !is_one_of_any && !is_broadcast))
		return 0;
	if (rule->listen.port == 0)
		return udp_port == 0 ? 0 : is_one_of_any ? 1 : 100;
	if (udp_port < rule->listen.port || udp_port > last)
		return 0;
	return (is_one_of_any ? 2u : 200u) + (last == rule->listen.port);
}

static const struct quern_forward_rule *best_fit(const struct udp_examples *examples, const uint32_t *listens,
						 uint16_t port, uint32_t address, uint16_t udp_port)
{
	const struct quern_forward_rule *best = NULL;
	uint32_t most_fit = 0;

	for (uint32_t i = 0; i < examples->count; i++) {
		uint32_t fit = fitness(&examples->rules[i], listens[i], port, address, udp_port);

		cr_assert(fit == 0 || fit != most_fit, "two rules fit equally well");
		if (fit <= most_fit)
			continue;
		most_fit = fit;
		best = &examples->rules[i];
	}
	return best;
}

static void ask(const struct udp_rules *set, const struct udp_examples *examples, const uint32_t *listens,
		uint16_t port, uint32_t address, uint16_t udp_port)
{
	const struct udp_rule *found = udp_rules_find(set, port, address, udp_port);
	const struct quern_forward_rule *best = best_fit(examples, listens, port, address, udp_port);

	cr_assert_eq(found ? found->number : UDP_NO_RULE, best ? best - examples->rules : UDP_NO_RULE,
		     "port %u address %x:%u", port, address, udp_port);
}

static void ask_much(const struct udp_rules *set, const struct udp_examples *examples, const uint32_t *listens,
		     struct random *random)
{
	static const uint32_t addresses[] = {0,          0xc6120001,      0xc6120002,          0xc6120003,
					     0x0a000001, 0xe0000001,      0xe0000002,          UDP_ADDRESS_BROADCAST,
					     0xc61200ff, ALIAS_OWN_FIRST, ALIAS_OWN_FIRST + 1, ALIAS_PEER_FIRST + 5};

	for (uint32_t i = 0; i < QUESTIONS; i++) {
		const struct quern_forward_rule *rule = &examples->rules[random_below(random, examples->count)];
		uint16_t edges[] = {rule->listen.port,
				    rule->last_port,
				    (uint16_t)(rule->listen.port - 1),
				    (uint16_t)(rule->last_port + 1),
				    (uint16_t)(rule->listen.port + 1),
				    (uint16_t)random_next(random)};

		ask(set, examples, listens, (uint16_t)random_below(random, 3), addresses[random_below(random, 12)],
		    edges[random_below(random, 6)]);
	}
}

Test(udp_rules, find_what_looking_at_each_rule_would)
{
	static const uint32_t counts[] = {1, 2, 3, 8, 30, 100, 256};

	for (uint64_t seed = 0; seed < 28; seed++) {
		struct udp_examples *examples = calloc(1, sizeof(*examples));
		uint32_t listens[QUERN_FORWARD_RULES_MAX];
		const struct udp_rules *set;
		struct random random;

		random_seed(&random, seed);
		udp_examples_draw(examples, &random, counts[seed % 7]);
		cr_assert_geq(examples->count, counts[seed % 7] * 3 / 4, "%u of %u", examples->count, counts[seed % 7]);
		for (uint32_t i = 0; i < examples->count; i++)
			listens[i] = examples->rules[i].listen.address;
		set = udp_examples_build(examples);
		ask_much(set, examples, listens, &random);
		free((void *)set);
		free(examples);
	}
}

Test(udp_rules, of_ip6_are_found_by_what_stands_for_their_address)
{
	struct udp_examples *examples = calloc(1, sizeof(*examples));
	const uint32_t listens[] = {ALIAS_OWN_FIRST, ALIAS_OWN_FIRST + 1, 0};
	const struct udp_rules *set;
	struct random random;
	void *memory;

	random_seed(&random, 1);
	for (uint32_t i = 0; i < 3; i++) {
		struct quern_forward_rule *rule = udp_examples_add(examples, 1);

		rule->listen = (struct quern_endpoint){.port = 53, .ip6 = {UINT64_C(0xfd) << 56, i + 1}};
		examples->targets[i][0].to = (struct quern_endpoint){.port = 53, .ip6 = {UINT64_C(0xfd) << 56, 77}};
	}
	examples->rules[2].listen = (struct quern_endpoint){.port = 0};
	memory = aligned_alloc(64, udp_rules_bytes(examples->rules, 3));
	set = udp_rules_build(memory, examples->rules, 3, listens, 9);
	cr_assert_eq(set->number, 9);
	cr_assert_eq(udp_rules_find(set, 0, ALIAS_OWN_FIRST + 1, 53)->number, 1);
	cr_assert_eq(udp_rules_find(set, 0, ALIAS_OWN_FIRST + 1, 54)->number, 2);
	cr_assert_null(udp_rules_find(set, 0, 0xc6120001, 54), "a client of IPv4, and targets of IPv6");
	ask_much(set, examples, listens, &random);
	free(memory);
	free(examples);
}

Test(udp_rules, need_nothing_of_what_they_were_built_from)
{
	struct udp_examples *examples = calloc(1, sizeof(*examples));
	struct quern_forward_rule *rule = udp_examples_add(examples, 3);
	char request[] = "ping", answer[] = "pong";
	const struct quern_forward_rule *copied;
	const struct udp_rules *set;

	rule->check = (struct quern_forward_check){
		.probe = QUERN_PROBE_UDP, .request = request, .request_bytes = 4, .answer = answer, .answer_bytes = 4};
	rule->max_sessions_per_source = 5;
	examples->targets[0][2].weight = 7;
	set = udp_examples_build(examples);
	memset(request, 0, sizeof request);
	memset(answer, 0, sizeof answer);
	memset(examples, 0xaa, sizeof(*examples));
	free(examples);
	copied = &set->configured[0];
	cr_assert_str_eq(copied->name, "r0");
	cr_assert_eq(memcmp(copied->check.request, "ping", 4), 0);
	cr_assert_eq(memcmp(copied->check.answer, "pong", 4), 0);
	cr_assert_eq(copied->targets[2].weight, 7);
	cr_assert_eq(set->rules[0].targets[2].weight, 7);
	cr_assert_eq(set->rules[0].targets[0].weight, 1);
	cr_assert_eq(set->rules[0].target_count, 3);
	cr_assert_eq(set->rules[0].idle_ms, 300000, "RFC 4787 REQ-5");
	cr_assert_eq(set->rules[0].max_sessions, UINT32_MAX);
	cr_assert_eq(set->rules[0].max_sessions_per_source, 5);
	free((void *)set);
}

Test(udp_rules, may_be_none_and_then_nothing_is_found)
{
	void *memory = aligned_alloc(64, udp_rules_bytes(NULL, 0));
	const struct udp_rules *set = udp_rules_build(memory, NULL, 0, NULL, 0);

	cr_assert_null(udp_rules_find(set, 0, 0xc6120001, 53));
	cr_assert_null(udp_rules_find(set, 0, 0, 0));
	free(memory);
}

Test(udp_rules, of_the_largest_set_fit_in_their_block)
{
	struct udp_examples *examples = calloc(1, sizeof(*examples));
	const struct udp_rules *set;

	for (uint32_t i = 0; i < QUERN_FORWARD_RULES_MAX; i++) {
		struct quern_forward_rule *rule = udp_examples_add(examples, QUERN_FORWARD_TARGETS_MAX);

		rule->listen = (struct quern_endpoint){.port = (uint16_t)(100 * i + 1)};
		rule->last_port = (uint16_t)(100 * i + 50);
		rule->broadcast = true;
		rule->translate = true;
		examples->targets[i][0].weight = 256;
	}
	set = udp_examples_build(examples);
	cr_assert_eq(set->target_count, QUERN_FORWARD_RULES_MAX * QUERN_FORWARD_TARGETS_MAX);
	for (uint32_t i = 0; i < QUERN_FORWARD_RULES_MAX; i++) {
		cr_assert_eq(udp_rules_find(set, 0, 0xc6120001, (uint16_t)(100 * i + 50))->number, i);
		cr_assert_eq(udp_rules_find(set, 0, ALIAS_OWN_FIRST, (uint16_t)(100 * i + 1))->number, i);
		cr_assert_eq(udp_rules_find(set, 0, UDP_ADDRESS_BROADCAST, (uint16_t)(100 * i + 7))->number, i);
		cr_assert_null(udp_rules_find(set, 0, 0xc6120001, (uint16_t)(100 * i + 51)));
	}
	free((void *)set);
	free(examples);
}
