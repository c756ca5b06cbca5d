/* bench_udp.c - what a new session costs: its rule, its target by each balance, its limits, its record. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/random.h"
#include "support/bench.h"
#include "udp/udp_balance.h"
#include "udp/udp_limits.h"
#include "udp/udp_session.h"

enum { QUESTIONS = 4096, SESSIONS_MAX = 1000000, BENCHES = 32, NAME = 48 };

/* A set, what changes of it, and datagrams that come in. */
struct state {
	const struct udp_rules *set;
	struct udp_balance balance;
	struct udp_limits limits;
	struct udp_pool pool;
	uint32_t sessions;
	uint32_t oldest;
	uint32_t *sources; /* of the sessions that are open */
	struct random random;
	uint64_t hashes[QUESTIONS];
	uint16_t ports[QUESTIONS];
};

static struct quern_forward_rule rules[QUERN_FORWARD_RULES_MAX];
static struct quern_forward_target targets[QUERN_FORWARD_TARGETS_MAX];
static char names[QUERN_FORWARD_RULES_MAX][8];

static void *zeroes(size_t bytes)
{
	void *memory = aligned_alloc(64, (bytes + 63) & ~(size_t)63);

	CHECK(memory != NULL);
	memset(memory, 0, bytes);
	return memory;
}

/* Half of the rules have a port, a quarter a range, a quarter are for any address. */
static void state_open(struct state *state, uint32_t rule_count, uint32_t target_count, enum quern_balance how,
		       uint32_t per_source)
{
	for (uint32_t i = 0; i < target_count; i++)
		targets[i] = (struct quern_forward_target){.to = {.address = 0xc6130001 + i, .port = 53}};
	for (uint32_t i = 0; i < rule_count; i++) {
		snprintf(names[i], sizeof names[i], "r%u", i);
		rules[i] = (struct quern_forward_rule){
			.name = names[i],
			.listen = {.address = i % 4 == 3 ? 0 : 0xc6120001, .port = (uint16_t)(1000 + 200 * i)},
			.last_port = (uint16_t)(i % 4 == 1 ? 1100 + 200 * i : 0),
			.targets = targets,
			.target_count = (uint16_t)target_count,
			.balance = how,
			.max_sessions_per_source = per_source};
	}
	state->set = udp_rules_build(zeroes(udp_rules_bytes(rules, rule_count)), rules, rule_count, NULL, 0);
	udp_balance_init(&state->balance, zeroes(udp_balance_bytes(state->set)), state->set);
	random_seed(&state->random, 1);
	for (uint32_t i = 0; i < QUESTIONS; i++) {
		state->hashes[i] = random_next(&state->random);
		state->ports[i] = (uint16_t)(1000 + 200 * random_below(&state->random, rule_count));
	}
}

static void sessions_open(struct state *state, uint32_t sessions)
{
	static const struct hash_secret secret = {{0x0123456789abcdef, 0xfedcba9876543210}};

	state->sessions = sessions;
	state->sources = zeroes(sessions * sizeof(*state->sources));
	udp_pool_init(&state->pool, zeroes(udp_pool_bytes(sessions)), sessions, 1);
	udp_limits_init(&state->limits, zeroes(udp_limits_bytes(sessions)), sessions, &secret);
}

static uint64_t find_run(void *argument, uint64_t iterations)
{
	const struct state *state = argument;
	uint64_t work = 0;

	for (uint64_t i = 0; i < iterations; i++)
		work += udp_rules_find(state->set, 0, 0xc6120001, state->ports[i % QUESTIONS])->number;
	return work;
}

static uint64_t pick_run(void *argument, uint64_t iterations)
{
	struct state *state = argument;
	uint64_t work = 0;

	for (uint64_t i = 0; i < iterations; i++)
		work += udp_balance_pick(&state->balance, &state->set->rules[0], state->hashes[i % QUESTIONS], 5000);
	return work;
}

/* The pool is kept full: each closes one, wherever it lies, and opens another. */
static uint64_t turnover_run(void *argument, uint64_t iterations)
{
	struct state *state = argument;

	for (uint64_t i = 0; i < iterations; i++) {
		uint64_t word = random_next(&state->random);
		struct flow_key key = {0xc6120001, (uint32_t)word, 53, (uint16_t)(word >> 32)};

		if (state->pool.used == state->sessions)
			udp_session_close(&state->pool,
					  udp_session_at(&state->pool, random_below(&state->random, state->sessions)));
		CHECK(udp_session_open(&state->pool, &key, &key, 300000, 1) != NULL);
	}
	return state->pool.used;
}

/* The same of limits by source: full of sources that were heard once. */
static uint64_t limits_run(void *argument, uint64_t iterations)
{
	struct state *state = argument;
	const struct udp_rule *rule = &state->set->rules[0];
	bool is_by_source;

	for (uint64_t i = 0; i < iterations; i++) {
		uint32_t *source = &state->sources[state->oldest];

		state->oldest = state->oldest + 1 == state->sessions ? 0 : state->oldest + 1;
		if (*source != 0)
			udp_limits_close(&state->limits, rule, *source, true);
		*source = (uint32_t)random_next(&state->random) | 1;
		CHECK(udp_limits_open(&state->limits, rule, *source, &is_by_source) == UDP_LIMIT_NONE);
	}
	return state->limits.used;
}

static struct bench benches[BENCHES];
static char bench_names[BENCHES][NAME];
static size_t bench_count;

static struct state *add(const char *name, uint32_t size, uint64_t (*run)(void *state, uint64_t iterations))
{
	struct state *state = zeroes(sizeof(*state));

	CHECK(bench_count < BENCHES);
	snprintf(bench_names[bench_count], NAME, "udp/%s/%u", name, size);
	benches[bench_count] = (struct bench){bench_names[bench_count], run, state};
	bench_count++;
	return state;
}

int main(int argc, char **argv)
{
	static const uint32_t rule_counts[] = {1, 16, 256}, target_counts[] = {2, 10, 64};
	static const uint32_t session_counts[] = {10000, SESSIONS_MAX};
	bool is_small = bench_is_small(argc, argv);

	for (uint32_t i = 0; i < 3; i++)
		state_open(add("find", rule_counts[i], find_run), rule_counts[i], 2, QUERN_BALANCE_MAGLEV, 0);
	for (enum quern_balance how = QUERN_BALANCE_MAGLEV; how < QUERN_BALANCE_ALL; how++) {
		for (uint32_t i = 0; i < 3; i++)
			state_open(add(quern_balance_name(how), target_counts[i], pick_run), 1, target_counts[i], how,
				   0);
	}
	for (uint32_t i = 0; i < (is_small ? 1 : 2); i++) {
		struct state *turnover = add("open_and_close", session_counts[i], turnover_run);
		struct state *limits = add("limit_by_source", session_counts[i], limits_run);

		state_open(turnover, 1, 2, QUERN_BALANCE_MAGLEV, 0);
		state_open(limits, 1, 2, QUERN_BALANCE_MAGLEV, 1000);
		sessions_open(turnover, session_counts[i]);
		sessions_open(limits, session_counts[i]);
		turnover_run(turnover, session_counts[i]);
		limits_run(limits, session_counts[i]);
	}
	return bench_main(argc, argv, benches, bench_count);
}
