/* test_udp_maglev.c - tables of Maglev hashing: even shares, weights, and how few clients a change moves. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "udp/udp_maglev.h"

static uint8_t table[UDP_MAGLEV_ENTRIES_MAX], other[UDP_MAGLEV_ENTRIES_MAX];
static struct quern_forward_target targets[QUERN_FORWARD_TARGETS_MAX];

static void name_targets(uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		targets[i] = (struct quern_forward_target){.to = {.address = 0xc6130001 + i, .port = 53}};
}

static void count_entries(const uint8_t *entries_of, uint32_t entries, uint32_t counts[QUERN_FORWARD_TARGETS_MAX])
{
	memset(counts, 0, QUERN_FORWARD_TARGETS_MAX * sizeof(*counts));
	for (uint32_t i = 0; i < entries; i++) {
		cr_assert_lt(entries_of[i], QUERN_FORWARD_TARGETS_MAX);
		counts[entries_of[i]]++;
	}
}

static bool is_prime(uint32_t number)
{
	for (uint32_t i = 2; i * i <= number; i++) {
		if (number % i == 0)
			return false;
	}
	return true;
}

Test(udp_maglev, sizes_are_primes_of_100_entries_a_target_at_least)
{
	cr_assert(is_prime(UDP_MAGLEV_ENTRIES) && is_prime(UDP_MAGLEV_ENTRIES_MAX));
	cr_assert_geq(UDP_MAGLEV_ENTRIES, 100 * QUERN_FORWARD_TARGETS_MAX);
}

Test(udp_maglev, equal_targets_have_equal_shares_to_one_percent)
{
	uint32_t counts[QUERN_FORWARD_TARGETS_MAX];

	for (uint32_t count = 1; count <= QUERN_FORWARD_TARGETS_MAX; count++) {
		name_targets(count);
		cr_assert_eq(udp_maglev_entries(targets, count), UDP_MAGLEV_ENTRIES);
		udp_maglev_fill(table, UDP_MAGLEV_ENTRIES, targets, count);
		count_entries(table, UDP_MAGLEV_ENTRIES, counts);
		for (uint32_t i = 0; i < count; i++) {
			double share = counts[i] * (double)count / UDP_MAGLEV_ENTRIES;

			cr_assert(share > 0.99 && share < 1.01, "%u of %u: %f", i, count, share);
		}
	}
}

Test(udp_maglev, shares_are_as_weights_say_to_a_few_entries)
{
	static const uint16_t weights[] = {1, 2, 3, 10, 100, 256, 0};
	uint32_t counts[QUERN_FORWARD_TARGETS_MAX], sum = 1 + 2 + 3 + 10 + 100 + 256 + 1;
	uint32_t entries;

	name_targets(7);
	for (uint32_t i = 0; i < 7; i++)
		targets[i].weight = weights[i];
	entries = udp_maglev_entries(targets, 7);
	cr_assert_eq(entries, UDP_MAGLEV_ENTRIES_MAX, "the lightest would have less than 100");
	udp_maglev_fill(table, entries, targets, 7);
	count_entries(table, entries, counts);
	for (uint32_t i = 0; i < 7; i++) {
		double fair = (double)entries * (weights[i] == 0 ? 1 : weights[i]) / sum;

		cr_assert(counts[i] > fair - 4 && counts[i] < fair + 4, "%u has %u, fair is %f", i, counts[i], fair);
	}
}

/* Ten targets that differ in one field. */
static void name_targets_by(uint32_t field)
{
	for (uint32_t i = 0; i < 10; i++) {
		struct quern_endpoint *to = &targets[i].to;

		targets[i] = (struct quern_forward_target){.to = {.address = 0xc6130001, .port = 53}};
		if (field >= 2)
			*to = (struct quern_endpoint){.port = 53, .ip6 = {UINT64_C(0xfd) << 56, 1}};
		to->address += field == 0 ? i : 0;
		to->port = (uint16_t)(to->port + (field == 1 ? i : 0));
		to->ip6.high += field == 2 ? i : 0;
		to->ip6.low += field == 3 ? i : 0;
	}
}

static void assert_order_says_nothing(void)
{
	uint32_t count = 10;

	targets[3].weight = 5;
	udp_maglev_fill(table, UDP_MAGLEV_ENTRIES, targets, count);
	for (uint32_t i = 0; i < count / 2; i++) {
		struct quern_forward_target swapped = targets[i];

		targets[i] = targets[count - 1 - i];
		targets[count - 1 - i] = swapped;
	}
	udp_maglev_fill(other, UDP_MAGLEV_ENTRIES, targets, count);
	for (uint32_t i = 0; i < UDP_MAGLEV_ENTRIES; i++)
		cr_assert_eq(table[i], count - 1 - other[i]);
}

Test(udp_maglev, the_order_of_targets_says_nothing_whatever_they_differ_in)
{
	for (uint32_t field = 0; field < 4; field++) {
		name_targets_by(field);
		assert_order_says_nothing();
	}
}

/* The share of entries that another target has though theirs is still there. */
static double moved_without_need(uint32_t left_out)
{
	uint32_t moved = 0, kept = 0;

	for (uint32_t i = 0; i < UDP_MAGLEV_ENTRIES; i++) {
		uint32_t now = other[i] < left_out ? other[i] : other[i] + 1u;

		if (table[i] == left_out)
			continue;
		kept++;
		moved += now != table[i];
	}
	return moved / (double)kept;
}

Test(udp_maglev, one_target_of_ten_that_leaves_moves_few_clients_of_the_others)
{
	double worst = 0;

	name_targets(10);
	udp_maglev_fill(table, UDP_MAGLEV_ENTRIES, targets, 10);
	for (uint32_t left_out = 0; left_out < 10; left_out++) {
		struct quern_forward_target rest[9];
		double moved;

		for (uint32_t i = 0; i < 9; i++)
			rest[i] = targets[i < left_out ? i : i + 1];
		udp_maglev_fill(other, UDP_MAGLEV_ENTRIES, rest, 9);
		moved = moved_without_need(left_out);
		worst = moved > worst ? moved : worst;
	}
	printf("# of clients whose target stayed, at most %.2f %% moved\n", worst * 100);
	cr_assert_lt(worst, 0.04);
}
