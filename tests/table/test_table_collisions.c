/* test_table_collisions.c - keys that share a tag, a bucket, or everything an attacker can compute. */
#include <criterion/criterion.h>
#include <errno.h>

#include "table/table_fixture.h"

enum { LINEAR_BITS = 64, KEY_BITS = 96, FLOOD_BITS = 16, FLOOD = 1 << FLOOD_BITS };

Test(table_collisions, finds_each_of_many_keys_with_one_hash)
{
	const uint64_t hash = 0x123456789abcdef1;

	/* Up to here there is room even if every key falls into one pair. */
	for (uint32_t capacity = 1; capacity <= 570; capacity += capacity < 40 ? 1 : 53) {
		struct fixture fixture;

		fixture_open(&fixture, capacity, capacity + 1, capacity);
		for (uint32_t i = 0; i < capacity; i++)
			cr_assert_eq(table_insert(&fixture.table, hash, table_ref(TABLE_CONN, i)), 0);
		for (uint32_t i = 0; i < capacity; i += 2)
			table_remove(&fixture.table, hash, table_ref(TABLE_CONN, i));
		for (uint32_t i = 0; i <= capacity; i++) {
			const struct flow_key *key = &fixture.conns[i].key;
			uint32_t expected = i % 2 == 1 && i < capacity ? table_ref(TABLE_CONN, i) : 0;
			uint32_t found;

			cr_assert_eq(table_find(&fixture.table, hash, key), expected);
			table_find_burst(&fixture.table, &hash, &key, 1, &found);
			cr_assert_eq(found, expected);
		}
		cr_assert_leq(fixture.table.overflow_used, fixture.table.used / TABLE_WAYS);
		fixture_close(&fixture);
	}
}

Test(table_collisions, compares_keys_where_real_tags_are_the_same)
{
	struct fixture fixture;
	uint32_t same[12];
	uint32_t count = 0;

	/* One pair, and keys whose hashes agree in the 15 bits of the tag. */
	fixture_open(&fixture, 12, 1u << 20, 3);
	for (uint32_t i = 0; i < fixture.keys && count < 12; i++) {
		if (((fixture_hash(&fixture, i) ^ fixture_hash(&fixture, 0)) & 0x7fff) == 0)
			same[count++] = i;
	}
	cr_assert_eq(count, 12);
	for (uint32_t i = 0; i < count; i++) {
		cr_assert_eq(fixture_find(&fixture, same[i]), 0);
		cr_assert_eq(fixture_insert(&fixture, same[i]), 0);
	}
	cr_assert(table_validate(&fixture.table));
	for (uint32_t i = 0; i < count; i++) {
		cr_assert_eq(fixture_find(&fixture, same[i]), table_ref(TABLE_CONN, same[i]));
		table_remove(&fixture.table, fixture_hash(&fixture, same[i]), table_ref(TABLE_CONN, same[i]));
		cr_assert_eq(fixture_find(&fixture, same[i]), 0);
		cr_assert(table_validate(&fixture.table));
	}
	fixture_close(&fixture);
}

Test(table_collisions, refuses_when_chains_run_out_and_loses_nothing)
{
	/* With one hash for all, the first runs out of overflow buckets and the second out of numbers for `away`. */
	static const uint32_t capacities[] = {100000, 1000000};

	for (uint32_t c = 0; c < 2; c++) {
		struct fixture fixture;
		struct table *table = &fixture.table;
		uint32_t inserted = 0;

		fixture_open(&fixture, capacities[c], 80000, 11);
		while (inserted < fixture.keys && table_insert(table, 0, table_ref(TABLE_CONN, inserted)) == 0)
			inserted++;
		cr_assert_lt(inserted, fixture.keys);
		cr_assert_eq(table->used, inserted);
		cr_assert_eq(inserted, c == 0 ? table->overflow_count * 8 + 16 : 65535 + 8);
		cr_assert_eq(table->overflow_used, table->overflow_used_max);
		cr_assert_eq(table_insert(table, 0, table_ref(TABLE_CONN, inserted)), -ENOSPC);
		for (uint32_t i = 0; i < inserted; i++)
			table_remove(table, 0, table_ref(TABLE_CONN, i));
		cr_assert_eq(table->overflow_used, 0);
		cr_assert(table_validate(table));
		fixture_close(&fixture);
	}
}

__extension__ typedef unsigned __int128 key_bits;

/* A key as bits, and what a linear hash makes of it. */
struct vector {
	key_bits key;
	uint64_t image;
};

static uint32_t crc32c(key_bits key)
{
	uint32_t crc = 0;

	for (uint32_t i = 0; i < KEY_BITS; i++) {
		uint32_t bit = (uint32_t)(key >> i & 1) ^ (crc & 1);

		crc = crc >> 1 ^ (bit ? 0x82f63b78 : 0);
	}
	return crc;
}

/* The NIC's hash, under the key of Microsoft's specification that most drivers set. */
static uint32_t toeplitz(key_bits key)
{
	static const uint8_t secret[16] = {0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2,
					   0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0};
	uint32_t hash = 0;

	for (uint32_t i = 0; i < KEY_BITS; i++) {
		for (uint32_t j = 0; j < 32 && (key >> i & 1) != 0; j++)
			hash ^= (uint32_t)(secret[(i + j) / 8] >> (7 - (i + j) % 8) & 1) << (31 - j);
	}
	return hash;
}

/* By elimination: 16 differences that change neither CRC32C nor Toeplitz. */
static void find_kernel(key_bits *kernel)
{
	struct vector basis[LINEAR_BITS] = {0};
	uint32_t found = 0;

	for (uint32_t i = 0; i < KEY_BITS && found < FLOOD_BITS; i++) {
		struct vector vector = {.key = (key_bits)1 << i};

		vector.image = (uint64_t)crc32c(vector.key) << 32 | toeplitz(vector.key);
		while (vector.image != 0) {
			struct vector *pivot = &basis[63 - __builtin_clzll(vector.image)];

			if (pivot->image == 0) {
				*pivot = vector;
				break;
			}
			vector.image ^= pivot->image;
			vector.key ^= pivot->key;
		}
		if (vector.image == 0)
			kernel[found++] = vector.key;
	}
	cr_assert_eq(found, FLOOD_BITS);
}

static uint32_t longest_chain(const struct table *table)
{
	uint32_t longest = 0;

	for (uint32_t pair = 0; pair < table->pairs; pair++) {
		uint32_t length = 0;
		uint32_t number = table->buckets[pair * 2].overflow;

		for (; number != 0; number = table->overflows[number - 1].overflow)
			length++;
		longest = length > longest ? length : longest;
	}
	return longest;
}

Test(table_collisions, keys_that_collide_under_crc32c_and_toeplitz_make_no_longer_chains_than_random_ones)
{
	key_bits kernel[FLOOD_BITS];
	struct fixture random_keys, flood;

	find_kernel(kernel);
	fixture_open(&random_keys, FLOOD, FLOOD, 5);
	fixture_open(&flood, FLOOD, FLOOD, 6);
	for (uint32_t i = 0; i < FLOOD; i++) {
		key_bits key = 0;

		for (uint32_t bit = 0; bit < FLOOD_BITS; bit++)
			key ^= i >> bit & 1 ? kernel[bit] : 0;
		cr_assert(crc32c(key) == 0 && toeplitz(key) == 0);
		memcpy(&flood.conns[i].key, &key, sizeof(struct flow_key));
		cr_assert_eq(fixture_insert(&flood, i), 0);
		cr_assert_eq(fixture_insert(&random_keys, i), 0);
	}
	cr_assert(table_validate(&flood.table));
	/* About 790 of 5,120 pairs overflow, by chance; the deviation is 26. */
	cr_assert_lt(random_keys.table.overflow_used_max, 950);
	cr_assert_lt(flood.table.overflow_used_max, 950);
	cr_assert_leq(longest_chain(&random_keys.table), 3);
	cr_assert_leq(longest_chain(&flood.table), 3);
	fixture_close(&random_keys);
	fixture_close(&flood);
}
