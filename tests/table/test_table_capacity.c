/* test_table_capacity.c - ten million random keys at rated capacity, and what they cost in bytes. */
#include <criterion/criterion.h>
#include <errno.h>

#include "table/table_fixture.h"

enum { TEN_MILLION = 10 * 1000 * 1000 };

Test(table_capacity, costs_no_more_than_it_says)
{
	cr_assert_leq(table_bytes(TEN_MILLION), 115 * (size_t)TEN_MILLION / 10);
	cr_assert_leq(table_bytes(1000000), 11500000);
	cr_assert_leq(table_bytes(1), 3 * 64);
	for (uint32_t capacity = 1; capacity < 100000; capacity += 37)
		cr_assert_geq(table_bytes(capacity + 1), table_bytes(capacity));
}

static void find_all_in_bursts(const struct fixture *fixture)
{
	uint64_t hashes[TABLE_BURST];
	const struct flow_key *keys[TABLE_BURST];
	uint32_t refs[TABLE_BURST];

	for (uint32_t begin = 0; begin < fixture->keys; begin += 50) {
		for (uint32_t i = 0; i < 50; i++) {
			keys[i] = &fixture->conns[begin + i].key;
			hashes[i] = fixture_hash(fixture, begin + i);
			table_prefetch(&fixture->table, hashes[i]);
		}
		table_find_burst(&fixture->table, hashes, keys, 50, refs);
		for (uint32_t i = 0; i < 50; i++) {
			if (refs[i] != table_ref(TABLE_CONN, begin + i))
				cr_assert_fail("key %u was not found", begin + i);
		}
	}
}

Test(table_capacity, takes_ten_million_random_keys_without_a_refusal)
{
	struct fixture fixture;

	fixture_open(&fixture, TEN_MILLION, TEN_MILLION, 2024);
	for (uint32_t i = 0; i < TEN_MILLION; i++) {
		if (fixture_insert(&fixture, i) != 0)
			cr_assert_fail("key %u was refused", i);
	}
	cr_assert_eq(fixture_insert(&fixture, 0), -ENOSPC);
	cr_assert_leq(fixture.table.overflow_used_max, fixture.table.overflow_count / 10 * 9);
	find_all_in_bursts(&fixture);
	cr_assert(table_validate(&fixture.table));
	fixture_close(&fixture);
}
