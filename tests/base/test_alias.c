/* test_alias.c - an address has one alias while somebody holds it, and the alias is no other's soon after. */
#include "base/alias.h"

#include <stdlib.h>

#include <criterion/criterion.h>

#include "base/random.h"

static const struct hash_secret secret = {{0x0123456789abcdef, 0xfedcba9876543210}};

static void table_make(struct alias_table *table, uint32_t records)
{
	alias_init(table, malloc(alias_bytes(records)), records, &secret);
	cr_assert(alias_validate(table));
}

static struct quern_ip6 host(uint64_t number)
{
	return (struct quern_ip6){0x20010db800000000, number};
}

Test(alias, an_address_has_the_same_alias_until_its_last_holder_lets_go)
{
	struct alias_table table;
	uint32_t alias;

	table_make(&table, 10);
	cr_assert_eq(alias_find(&table, host(1)), 0);
	alias = alias_take(&table, host(1));
	cr_assert(alias_is_peer(alias));
	cr_assert(ip6_equal(alias_address(&table, alias), host(1)));
	cr_assert_eq(alias_take(&table, host(1)), alias);
	alias_hold(&table, alias);
	for (int holders = 3; holders > 0; holders--) {
		cr_assert_eq(alias_find(&table, host(1)), alias);
		cr_assert_eq(table.used, 1);
		alias_release(&table, alias);
		cr_assert(alias_validate(&table));
	}
	cr_assert_eq(alias_find(&table, host(1)), 0);
	cr_assert_eq(table.used, 0);
	free(table.entries);
}

Test(alias, addresses_that_differ_in_one_bit_have_different_aliases)
{
	uint32_t aliases[129];
	struct alias_table table;

	table_make(&table, 129);
	for (uint32_t bit = 0; bit <= 128; bit++) {
		struct quern_ip6 address = host(5);

		if (bit < 64)
			address.high ^= UINT64_C(1) << bit;
		else if (bit < 128)
			address.low ^= UINT64_C(1) << (bit - 64);
		aliases[bit] = alias_take(&table, address);
		cr_assert_neq(aliases[bit], 0);
		for (uint32_t other = 0; other < bit; other++)
			cr_assert_neq(aliases[other], aliases[bit]);
	}
	cr_assert(alias_validate(&table));
	free(table.entries);
}

/* RFC 1112 4: class E is nobody's, so no address of IPv4 that a key may hold is taken for an alias. */
Test(alias, no_unicast_address_of_ipv4_is_an_alias_and_holding_one_does_nothing)
{
	struct alias_table table;

	table_make(&table, 4);
	for (uint64_t address = 0; address < UINT64_C(0xf0000000); address += 65521) {
		struct flow_key key = {.local = (uint32_t)address};

		cr_assert(!flow_key_is_ip6(&key));
		cr_assert(!alias_is_peer((uint32_t)address));
		alias_hold(&table, (uint32_t)address);
		alias_release(&table, (uint32_t)address);
	}
	cr_assert(alias_validate(&table));
	for (uint32_t place = 0; place < ALIAS_OWN_MAX; place += 65521) {
		struct flow_key key = {.local = alias_of_own(place)};

		cr_assert(flow_key_is_ip6(&key));
		cr_assert(!alias_is_peer(key.local));
	}
	cr_assert(alias_is_peer(ALIAS_PEER_FIRST + ALIAS_PEER_MAX - 1));
	cr_assert_lt(ALIAS_PEER_FIRST + ALIAS_PEER_MAX - 1, UINT32_MAX);
	free(table.entries);
}

Test(alias, a_full_table_says_so_and_takes_again_what_it_knows)
{
	enum { RECORDS = 1000 };
	struct alias_table table;

	table_make(&table, RECORDS);
	for (uint64_t i = 0; i < RECORDS; i++)
		cr_assert_neq(alias_take(&table, host(i)), 0);
	cr_assert(alias_validate(&table));
	cr_assert_eq(alias_take(&table, host(RECORDS)), 0);
	cr_assert_neq(alias_take(&table, host(0)), 0);
	alias_release(&table, alias_find(&table, host(7)));
	cr_assert_neq(alias_take(&table, host(RECORDS)), 0);
	cr_assert_eq(alias_find(&table, host(7)), 0);
	cr_assert(alias_validate(&table));
	free(table.entries);
}

/* A burst of 64 frames is looked up before it is acted on, and each of them may give an alias up or take one. */
Test(alias, an_alias_that_was_given_up_is_no_others_for_as_many_as_a_burst_takes)
{
	enum { RECORDS = 200 };
	struct alias_table table;

	table_make(&table, RECORDS);
	for (uint64_t i = 0; i < RECORDS; i++)
		alias_take(&table, host(i));
	for (uint64_t round = 0; round < 1000; round++) {
		uint32_t given_up = alias_find(&table, host(round));

		alias_release(&table, given_up);
		cr_assert_neq(alias_take(&table, host(RECORDS + round)), given_up);
		for (uint64_t i = 1; 2 * i + 1 < ALIAS_RESERVE && round % 50 == 0; i++) {
			uint32_t other = alias_take(&table, host(1u << 20 | i));

			/* The table is full: another has to go first. */
			cr_assert_eq(other, 0);
			alias_release(&table, alias_find(&table, host(round + i)));
			other = alias_take(&table, host(1u << 20 | i));
			cr_assert_neq(other, 0);
			cr_assert_neq(other, given_up, "after %u", (unsigned int)i);
			alias_release(&table, other);
			alias_take(&table, host(round + i));
		}
	}
	cr_assert(alias_validate(&table));
	free(table.entries);
}

/* A thousand addresses that come and go at random, held and let go of, beside a count of what should be. */
Test(alias, what_is_held_is_found_whatever_comes_and_goes)
{
	enum { ADDRESSES = 1000, RECORDS = 700, ROUNDS = 200000 };
	static uint32_t aliases[ADDRESSES], holders[ADDRESSES];
	struct alias_table table;
	struct random random;
	uint32_t used = 0, refused = 0;

	random_seed(&random, 4291);
	table_make(&table, RECORDS);
	for (uint32_t round = 0; round < ROUNDS; round++) {
		uint32_t i = random_below(&random, ADDRESSES);

		if (random_below(&random, 8) < 5) {
			uint32_t alias = alias_take(&table, host(i * 977));

			cr_assert_eq(alias == 0, holders[i] == 0 && used == RECORDS);
			refused += alias == 0;
			if (alias == 0)
				continue;
			cr_assert(holders[i] == 0 || alias == aliases[i]);
			used += holders[i]++ == 0;
			aliases[i] = alias;
		} else if (holders[i] > 0) {
			alias_release(&table, aliases[i]);
			used -= --holders[i] == 0;
		}
		cr_assert_eq(alias_find(&table, host(i * 977)), holders[i] ? aliases[i] : 0);
		cr_assert_eq(table.used, used);
		if (round % 10000 == 0)
			cr_assert(alias_validate(&table));
	}
	cr_assert(alias_validate(&table));
	cr_assert_gt(refused, 100, "it was never full");
	free(table.entries);
}

Test(alias, there_are_numbers_for_so_many_and_no_more)
{
	cr_assert_gt(alias_bytes(ALIAS_PEER_MAX - ALIAS_RESERVE), 0);
	cr_assert_eq(alias_bytes(ALIAS_PEER_MAX - ALIAS_RESERVE + 1), 0);
	cr_assert_eq(alias_bytes(UINT32_MAX), 0);
	cr_assert_leq(alias_bytes(1 << 20), ((size_t)1 << 20) * 33, "bytes a record");
}
