/* test_table.c - the table against a plain map, by seed, and where it fills up. */
#include <criterion/criterion.h>
#include <errno.h>

#include "table/table_fixture.h"

/* The reference that each key should have now, by the number of the key; 0 is none. */
struct map {
	uint32_t *refs;
	uint32_t used;
};

static void step(struct fixture *fixture, struct map *map)
{
	struct table *table = &fixture->table;
	uint32_t index = random_below(&fixture->random, fixture->keys);
	uint64_t hash = fixture_hash(fixture, index);
	uint32_t old = map->refs[index];
	enum table_kind kind = table_ref_kind(old) == TABLE_CONN ? TABLE_TIME_WAIT : TABLE_CONN;

	cr_assert_eq(fixture_find(fixture, index), old);
	if (old == 0 && map->used == table->capacity) {
		cr_assert_eq(fixture_insert(fixture, index), -ENOSPC);
	} else if (old == 0) {
		cr_assert_eq(fixture_insert(fixture, index), 0);
		map->refs[index] = table_ref(TABLE_CONN, index);
		map->used++;
	} else if (random_below(&fixture->random, 2) == 0) {
		map->refs[index] = table_ref(kind, index);
		table_replace(table, hash, old, map->refs[index]);
	} else {
		table_remove(table, hash, old);
		map->refs[index] = 0;
		map->used--;
	}
	cr_assert_eq(fixture_find(fixture, index), map->refs[index]);
	cr_assert_eq(table->used, map->used);
}

/* All keys, in bursts of every length up to the most. */
static void compare_bursts(struct fixture *fixture, const struct map *map)
{
	uint64_t hashes[TABLE_BURST];
	const struct flow_key *keys[TABLE_BURST];
	uint32_t refs[TABLE_BURST];
	uint32_t count;

	for (uint32_t begin = 0; begin < fixture->keys; begin += count) {
		count = random_below(&fixture->random, TABLE_BURST) + 1;
		if (count > fixture->keys - begin)
			count = fixture->keys - begin;
		for (uint32_t i = 0; i < count; i++) {
			keys[i] = &fixture->conns[begin + i].key;
			hashes[i] = fixture_hash(fixture, begin + i);
			table_prefetch(&fixture->table, hashes[i]);
		}
		table_find_burst(&fixture->table, hashes, keys, count, refs);
		for (uint32_t i = 0; i < count; i++)
			cr_assert_eq(refs[i], map->refs[begin + i]);
	}
}

Test(table, agrees_with_a_plain_map_after_any_operations)
{
	static const uint32_t capacities[] = {1, 2, 16, 100, 1000, 20000};

	for (uint32_t round = 0; round < 18; round++) {
		uint32_t capacity = capacities[round % 6];
		/* With few keys too many the table is full most of the time; with many it is at a half. */
		uint32_t keys = round % 2 == 0 ? capacity * 2 + 1 : capacity + capacity / 4 + 1;
		struct fixture fixture;
		struct map map = {calloc(keys, sizeof(uint32_t)), 0};

		fixture_open(&fixture, capacity, keys, 100 + round);
		for (uint32_t batch = 0; batch < 10; batch++) {
			for (uint32_t i = 0; i < keys + 200; i++)
				step(&fixture, &map);
			cr_assert(table_validate(&fixture.table), "capacity %u, batch %u", capacity, batch);
			compare_bursts(&fixture, &map);
		}
		fixture_close(&fixture);
		free(map.refs);
	}
}

Test(table, fills_to_the_brim_and_empties_again_and_again)
{
	static const uint32_t capacities[] = {1, 2, 3, 7, 8, 12, 13, 16, 17, 64, 100, 577, 5000, 40000};

	for (uint32_t c = 0; c < sizeof(capacities) / sizeof(capacities[0]); c++) {
		uint32_t capacity = capacities[c];
		struct fixture fixture;

		fixture_open(&fixture, capacity, capacity + 1, capacity);
		for (uint32_t round = 0; round < 4; round++) {
			for (uint32_t i = 0; i < capacity; i++)
				cr_assert_eq(fixture_insert(&fixture, i), 0);
			cr_assert_eq(fixture_insert(&fixture, capacity), -ENOSPC);
			cr_assert(table_validate(&fixture.table));
			/* Forwards and backwards, so that chains shrink from either end. */
			for (uint32_t i = 0; i < capacity; i++) {
				uint32_t index = round % 2 == 0 ? i : capacity - 1 - i;

				table_remove(&fixture.table, fixture_hash(&fixture, index),
					     table_ref(TABLE_CONN, index));
				cr_assert_eq(fixture_find(&fixture, index), 0);
			}
			cr_assert(table_validate(&fixture.table));
			cr_assert_eq(fixture.table.used, 0);
			cr_assert_eq(fixture.table.overflow_used, 0);
		}
		fixture_close(&fixture);
	}
}

/* Where the hash is the same but for the protocol, tags differ in nothing else. */
Test(table, a_flow_of_udp_and_one_of_tcp_between_the_same_ports_do_not_meet)
{
	enum { KEYS = 5000 };
	struct fixture fixture;
	struct table *table = &fixture.table;

	fixture_open(&fixture, 2 * KEYS, KEYS, 11);
	for (uint32_t i = 0; i < KEYS; i++) {
		const struct flow_key *key = &fixture.conns[i].key;
		uint64_t udp = table_hash_udp(table, key);

		cr_assert_eq(fixture_insert(&fixture, i), 0);
		cr_assert_eq(table_find(table, udp, key), 0);
		cr_assert_eq(table_insert(table, udp, table_ref(TABLE_UDP_INNER, i)), 0);
		cr_assert_eq(table_find(table, udp, key), table_ref(TABLE_UDP_INNER, i));
		cr_assert_eq(fixture_find(&fixture, i), table_ref(TABLE_CONN, i));
	}
	cr_assert(table_validate(table));
	for (uint32_t i = 0; i < KEYS; i++)
		table_remove(table, fixture_hash(&fixture, i), table_ref(TABLE_CONN, i));
	for (uint32_t i = 0; i < KEYS; i++)
		cr_assert_eq(table_find(table, table_hash_udp(table, &fixture.conns[i].key), &fixture.conns[i].key),
			     table_ref(TABLE_UDP_INNER, i));
	cr_assert(table_validate(table));
	fixture_close(&fixture);
}

Test(table, moves_the_sequence_by_two_at_each_change)
{
	struct fixture fixture;
	const struct table_bucket *first;
	uint64_t hash;

	fixture_open(&fixture, 12, 12, 7);
	first = &fixture.table.buckets[0];
	for (uint32_t i = 0; i < 12; i++) {
		cr_assert_eq(fixture_insert(&fixture, i), 0);
		cr_assert_eq(first->sequence, 2 * (i + 1));
	}
	hash = fixture_hash(&fixture, 5);
	table_replace(&fixture.table, hash, table_ref(TABLE_CONN, 5), table_ref(TABLE_TIME_WAIT, 5));
	cr_assert_eq(first->sequence, 26);
	cr_assert_eq(fixture_find(&fixture, 5), table_ref(TABLE_TIME_WAIT, 5));
	table_remove(&fixture.table, hash, table_ref(TABLE_TIME_WAIT, 5));
	cr_assert_eq(first->sequence, 28);
	fixture_close(&fixture);
}

Test(table, validation_sees_what_is_wrong)
{
	struct fixture fixture;
	struct table_bucket *bucket;
	struct table_bucket good;

	fixture_open(&fixture, 12, 12, 8);
	for (uint32_t i = 0; i < 12; i++)
		cr_assert_eq(fixture_insert(&fixture, i), 0);
	bucket = &fixture.table.buckets[fixture_hash(&fixture, 3) & 1];
	good = *bucket;
	cr_assert(table_validate(&fixture.table));
	bucket->tags[0] ^= 2;
	cr_assert_not(table_validate(&fixture.table));
	*bucket = good;
	bucket->away++;
	cr_assert_not(table_validate(&fixture.table));
	*bucket = good;
	bucket->refs[0] = table_ref(TABLE_NONE, 1);
	cr_assert_not(table_validate(&fixture.table));
	*bucket = good;
	bucket->sequence++;
	cr_assert_not(table_validate(&fixture.table));
	*bucket = good;
	fixture.table.used--;
	cr_assert_not(table_validate(&fixture.table));
	fixture.table.used++;
	fixture.conns[3].key.remote ^= 1;
	cr_assert_not(table_validate(&fixture.table));
	fixture_close(&fixture);
}
