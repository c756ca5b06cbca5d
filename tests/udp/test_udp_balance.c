/* test_udp_balance.c - who is picked: in which shares, who instead of those that are down, and how slow starts grow. */
#include <criterion/criterion.h>

#include "udp/udp_balance.h"
#include "udp_examples.h"

enum { PICKS = 400000, CLIENTS = 100000, MAX = QUERN_FORWARD_TARGETS_MAX };

/* One rule, and what changes of it. */
struct bench {
	struct udp_examples examples;
	const struct udp_rules *set;
	const struct udp_rule *rule;
	struct udp_balance balance;
	struct random random;
	void *memory;
};

/* Weights of 0 for all are 1 each. */
static struct bench *bench_open(enum quern_balance how, uint32_t targets, const uint16_t *weights, uint32_t slow_ms)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	struct quern_forward_rule *rule = udp_examples_add(&bench->examples, targets);

	rule->balance = how;
	rule->slow_start_ms = slow_ms;
	for (uint32_t i = 0; weights && i < targets; i++)
		bench->examples.targets[0][i].weight = weights[i];
	bench->set = udp_examples_build(&bench->examples);
	bench->rule = &bench->set->rules[0];
	bench->memory = malloc(udp_balance_bytes(bench->set));
	udp_balance_init(&bench->balance, bench->memory, bench->set);
	random_seed(&bench->random, 1);
	return bench;
}

static void bench_close(struct bench *bench)
{
	free(bench->memory);
	free((void *)bench->set);
	free(bench);
}

static uint16_t pick(struct bench *bench, uint32_t now_ms)
{
	return udp_balance_pick(&bench->balance, bench->rule, random_next(&bench->random), now_ms);
}

static void set_up(struct bench *bench, uint16_t target, bool is_up, uint32_t now_ms)
{
	udp_balance_set_up(&bench->balance, bench->rule, target, is_up, now_ms);
}

/* How often each target is picked; each pick opens a session where `opens`. */
static void pick_many(struct bench *bench, uint32_t picks, uint32_t now_ms, bool opens, uint32_t counts[MAX])
{
	memset(counts, 0, MAX * sizeof(*counts));
	for (uint32_t i = 0; i < picks; i++) {
		uint16_t target = pick(bench, now_ms);

		cr_assert_lt(target, bench->rule->target_count);
		counts[target]++;
		if (opens)
			udp_balance_opened(&bench->balance, bench->rule, target);
	}
}

static void assert_share(uint32_t count, uint32_t picks, double fair, double tolerance)
{
	double share = count / (double)picks;

	cr_assert(share > fair - tolerance && share < fair + tolerance, "%f instead of %f", share, fair);
}

Test(udp_balance, each_way_gives_shares_by_weight)
{
	static const uint16_t weights[] = {1, 2, 3, 4, 10};
	uint32_t counts[MAX];

	for (enum quern_balance how = QUERN_BALANCE_MAGLEV; how < QUERN_BALANCE_ALL; how++) {
		struct bench *bench = bench_open(how, 5, weights, 0);

		pick_many(bench, PICKS, 0, true, counts);
		for (uint32_t i = 0; i < 5; i++)
			assert_share(counts[i], PICKS, weights[i] / 20.0, 0.003);
		bench_close(bench);
	}
}

Test(udp_balance, each_way_picks_only_who_is_up_and_nobody_where_nobody_is)
{
	for (enum quern_balance how = QUERN_BALANCE_MAGLEV; how < QUERN_BALANCE_ALL; how++) {
		for (uint32_t targets = 1; targets <= MAX; targets += targets < 8 ? 1 : 28) {
			struct bench *bench = bench_open(how, targets, NULL, 1000);
			uint64_t up = ~UINT64_C(0) >> (MAX - targets);

			for (uint32_t i = 0; i < 4000; i++) {
				uint16_t changed = (uint16_t)random_below(&bench->random, targets), target;
				bool is_up = random_below(&bench->random, 8) < i / 500;

				set_up(bench, changed, is_up, i);
				up = (up & ~(UINT64_C(1) << changed)) | (uint64_t)is_up << changed;
				cr_assert_eq(udp_balance_up(&bench->balance, bench->rule), up);
				cr_assert_eq(bench->balance.rules[0].slow & ~up, 0);
				target = pick(bench, i);
				cr_assert(up == 0 ? target == UDP_NO_TARGET : up >> target & 1);
			}
			bench_close(bench);
		}
	}
}

Test(udp_balance, maglev_keeps_clients_of_the_others_when_one_of_ten_is_down_and_spreads_its_own_evenly)
{
	struct bench *bench = bench_open(QUERN_BALANCE_MAGLEV, 10, NULL, 0);
	uint16_t *before = calloc(CLIENTS, sizeof(*before));
	uint32_t counts[MAX] = {0}, moved = 0, of_third = 0;
	struct random again = bench->random;

	for (uint32_t i = 0; i < CLIENTS; i++)
		before[i] = pick(bench, 0);
	set_up(bench, 3, false, 0);
	bench->random = again;
	for (uint32_t i = 0; i < CLIENTS; i++) {
		uint16_t now = pick(bench, 0);

		moved += before[i] != 3 && now != before[i];
		of_third += before[i] == 3;
		counts[now] += before[i] == 3;
	}
	cr_assert_eq(moved, 0, "%u of %u moved without need", moved, CLIENTS);
	cr_assert_eq(counts[3], 0);
	for (uint32_t i = 0; i < 10; i++)
		assert_share(counts[i], of_third, i == 3 ? 0 : 1 / 9.0, 0.015);
	set_up(bench, 3, true, 0);
	bench->random = again;
	for (uint32_t i = 0; i < CLIENTS; i++)
		cr_assert_eq(pick(bench, 0), before[i], "it has its clients back");
	free(before);
	bench_close(bench);
}

Test(udp_balance, maglev_goes_by_weight_where_nearly_all_are_down)
{
	uint16_t weights[MAX] = {3, 1};
	struct bench *bench;
	uint32_t counts[MAX];

	for (uint32_t i = 2; i < MAX; i++)
		weights[i] = 256;
	bench = bench_open(QUERN_BALANCE_MAGLEV, MAX, weights, 0);
	for (uint16_t i = 2; i < MAX; i++)
		set_up(bench, i, false, 0);
	pick_many(bench, 10000, 0, false, counts);
	assert_share(counts[0], 10000, 0.75, 0.02);
	assert_share(counts[1], 10000, 0.25, 0.02);
	bench_close(bench);
}

Test(udp_balance, maglev_sends_the_same_client_to_the_same_target)
{
	struct bench *bench = bench_open(QUERN_BALANCE_MAGLEV, 7, NULL, 0);

	for (uint32_t i = 0; i < 1000; i++) {
		uint64_t hash = random_next(&bench->random);
		uint16_t target = udp_balance_pick(&bench->balance, bench->rule, hash, 0);

		udp_balance_opened(&bench->balance, bench->rule, target);
		cr_assert_eq(udp_balance_pick(&bench->balance, bench->rule, hash, 99), target);
	}
	bench_close(bench);
}

Test(udp_balance, round_robin_gives_each_its_weight_in_every_round_and_bunches_nobody)
{
	static const uint16_t weights[] = {5, 1, 1};
	struct bench *bench = bench_open(QUERN_BALANCE_ROUND_ROBIN, 3, weights, 0);
	uint32_t in_a_row = 0;
	uint16_t last = UDP_NO_TARGET;

	for (uint32_t round = 0; round < 50; round++) {
		uint32_t counts[3] = {0};

		for (uint32_t i = 0; i < 7; i++) {
			uint16_t target = pick(bench, 0);

			counts[target]++;
			in_a_row = target == last ? in_a_row + 1 : 1;
			last = target;
			cr_assert_leq(in_a_row, 4, "all five at once would be a burst");
		}
		cr_assert(counts[0] == 5 && counts[1] == 1 && counts[2] == 1);
	}
	bench_close(bench);
}

Test(udp_balance, round_robin_of_equals_goes_from_one_to_the_next)
{
	struct bench *bench = bench_open(QUERN_BALANCE_ROUND_ROBIN, 64, NULL, 0);

	for (uint32_t i = 0; i < 640; i++)
		cr_assert_eq(pick(bench, 0), i % 64);
	bench_close(bench);
}

Test(udp_balance, least_sessions_picks_who_has_the_fewest_for_his_weight)
{
	static const uint16_t weights[] = {1, 1, 3, 7, 256, 2, 1, 1};
	struct bench *bench = bench_open(QUERN_BALANCE_LEAST_SESSIONS, 8, weights, 0);
	uint32_t open[8] = {0};

	for (uint32_t i = 0; i < 50000; i++) {
		uint16_t closed = (uint16_t)random_below(&bench->random, 8), target = pick(bench, 0);

		for (uint32_t other = 0; other < 8; other++)
			cr_assert_leq((uint64_t)(open[target] + 1) * weights[other],
				      (uint64_t)(open[other] + 1) * weights[target]);
		udp_balance_opened(&bench->balance, bench->rule, target);
		open[target]++;
		if (open[closed] == 0 || random_below(&bench->random, 3) == 0)
			continue;
		udp_balance_closed(&bench->balance, bench->rule, closed);
		open[closed]--;
		cr_assert_eq(bench->balance.targets[closed].sessions, open[closed]);
	}
	bench_close(bench);
}

Test(udp_balance, least_sessions_takes_turns_where_sessions_end_at_once)
{
	struct bench *bench = bench_open(QUERN_BALANCE_LEAST_SESSIONS, 5, NULL, 0);
	uint32_t counts[MAX];

	pick_many(bench, 1000, 0, false, counts);
	for (uint32_t i = 0; i < 5; i++)
		cr_assert_eq(counts[i], 200);
	bench_close(bench);
}

/* The share that target 1 of four should have after so much of its slow start. */
static double share_after(double part)
{
	double weight = 0.1 + 0.9 * part;

	return weight / (3 + weight);
}

Test(udp_balance, a_slow_start_grows_in_proportion_to_time_each_way)
{
	uint32_t counts[MAX];

	/* The ticks wrap round meanwhile. */
	for (enum quern_balance how = QUERN_BALANCE_MAGLEV; how < QUERN_BALANCE_ALL; how++) {
		for (uint32_t tenths = 0; tenths <= 12; tenths++) {
			struct bench *bench = bench_open(how, 4, NULL, 10000);
			uint32_t begin = 0xffffff00, now = begin + tenths * 1000;

			set_up(bench, 1, false, begin - 5000);
			set_up(bench, 1, true, begin);
			set_up(bench, 1, true, now);
			pick_many(bench, 100000, now, true, counts);
			assert_share(counts[1], 100000, share_after(tenths > 10 ? 1 : tenths / 10.0), 0.005);
			bench_close(bench);
		}
	}
}

Test(udp_balance, a_slow_start_gives_maglev_clients_back_and_moves_no_others)
{
	struct bench *bench = bench_open(QUERN_BALANCE_MAGLEV, 10, NULL, 10000);
	uint16_t *before = calloc(CLIENTS, sizeof(*before)), *latest = calloc(CLIENTS, sizeof(*latest));
	struct random again = bench->random;

	for (uint32_t i = 0; i < CLIENTS; i++)
		before[i] = pick(bench, 0);
	set_up(bench, 4, false, 0);
	set_up(bench, 4, true, 0);
	for (uint32_t now = 0; now <= 10000; now += 2500) {
		bench->random = again;
		for (uint32_t i = 0; i < CLIENTS; i++) {
			uint16_t target = pick(bench, now);

			cr_assert(target == before[i] || before[i] == 4, "a client of another was moved");
			cr_assert(latest[i] != 4 || target == 4 || now == 0, "it lost a client while it grew");
			latest[i] = target;
		}
	}
	cr_assert_eq(memcmp(before, latest, CLIENTS * sizeof(*before)), 0);
	free(before);
	free(latest);
	bench_close(bench);
}

Test(udp_balance, a_target_that_is_alone_has_everything_however_slowly_it_starts)
{
	for (enum quern_balance how = QUERN_BALANCE_MAGLEV; how < QUERN_BALANCE_ALL; how++) {
		struct bench *bench = bench_open(how, 3, NULL, 10000);

		for (uint16_t i = 0; i < 3; i++)
			set_up(bench, i, false, 0);
		set_up(bench, 2, true, 100);
		for (uint32_t i = 0; i < 100; i++)
			cr_assert_eq(pick(bench, 100 + i), 2);
		bench_close(bench);
	}
}

Test(udp_balance, who_comes_back_to_round_robin_is_not_paid_for_the_time_away)
{
	static const uint16_t weights[] = {3, 4, 5};
	struct bench *bench = bench_open(QUERN_BALANCE_ROUND_ROBIN, 3, weights, 0);
	uint32_t counts[MAX];

	set_up(bench, 1, false, 0);
	pick_many(bench, 1001, 0, false, counts);
	cr_assert_eq(counts[1], 0);
	set_up(bench, 1, true, 0);
	pick_many(bench, 12, 0, false, counts);
	for (uint32_t i = 0; i < 3; i++)
		cr_assert(counts[i] + 1 >= weights[i] && counts[i] <= weights[i] + 1u, "%u had %u of 12", i, counts[i]);
	bench_close(bench);
}

Test(udp_balance, a_rule_that_sends_to_all_does_so_to_those_that_are_up)
{
	struct bench *bench = bench_open(QUERN_BALANCE_ALL, 4, NULL, 0);

	cr_assert_eq(udp_balance_up(&bench->balance, bench->rule), 15);
	set_up(bench, 2, false, 0);
	cr_assert_eq(udp_balance_up(&bench->balance, bench->rule), 11);
	bench_close(bench);
}

/* The same targets the other way round, without the last, with a new one in front. */
static struct bench *bench_after_reload(const struct bench *before)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	uint32_t count = before->rule->target_count;

	udp_examples_add(&bench->examples, 1);
	udp_examples_add(&bench->examples, count)->name = before->examples.rules[0].name;
	bench->examples.rules[0].name = "another";
	bench->examples.rules[0].slow_start_ms = 10000;
	bench->examples.rules[1].slow_start_ms = 10000;
	bench->examples.targets[1][0].to.address = 0x0a000001;
	for (uint32_t i = 1; i < count; i++)
		bench->examples.targets[1][i] = before->examples.targets[0][count - 1 - i];
	bench->set = udp_examples_build(&bench->examples);
	bench->rule = &bench->set->rules[1];
	bench->memory = malloc(udp_balance_bytes(bench->set));
	udp_balance_init(&bench->balance, bench->memory, bench->set);
	return bench;
}

Test(udp_balance, a_reload_keeps_who_is_down_how_many_sessions_there_are_and_how_far_slow_starts_are)
{
	struct bench *before = bench_open(QUERN_BALANCE_LEAST_SESSIONS, 4, NULL, 10000);
	struct bench *after = bench_after_reload(before);
	struct udp_map map;

	for (uint16_t i = 0; i < 4; i++) {
		for (uint32_t n = 0; n <= i; n++)
			udp_balance_opened(&before->balance, before->rule, i);
	}
	set_up(before, 1, false, 50);
	set_up(before, 2, false, 50);
	set_up(before, 2, true, 100);
	udp_map_build(&map, malloc(udp_map_bytes(before->set)), before->set, after->set);
	udp_balance_carry(&after->balance, &before->balance, &map, 1000);
	/* Old 2, 1 and 0 are now 1, 2 and 3; 0 is new, and begins slowly. */
	cr_assert_eq(udp_balance_up(&after->balance, after->rule), 11);
	cr_assert_eq(after->balance.rules[1].slow, 3);
	cr_assert_eq(after->balance.rules[0].slow, 0, "a new rule has no old targets to spare its own");
	cr_assert_eq(udp_balance_up(&after->balance, &after->set->rules[0]), 1);
	cr_assert_eq(after->balance.targets[1].up_ms, 1000);
	cr_assert_eq(after->balance.targets[2].up_ms, 100);
	for (uint32_t i = 1; i < 4; i++)
		cr_assert_eq(after->balance.targets[1 + i].sessions, 4 - i);
	cr_assert_eq(after->balance.targets[1].sessions, 0);
	free(map.rules);
	bench_close(before);
	bench_close(after);
}
