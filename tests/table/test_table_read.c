/* test_table_read.c - what other threads read of the table: all of it, once, and nothing that was never there. */
#include <criterion/criterion.h>

#include "table/table_fixture.h"
#include "table/table_read.h"

/* How often each key was read, by its number, which is its record's too. */
struct seen {
	uint8_t *conns;
	uint8_t *time_waits;
	uint32_t entries;
};

static struct seen seen_open(const struct fixture *fixture)
{
	return (struct seen){calloc(fixture->keys, 1), calloc(fixture->keys, 1), 0};
}

static void seen_close(struct seen *seen)
{
	free(seen->conns);
	free(seen->time_waits);
}

static void note(const struct fixture *fixture, struct seen *seen, const struct table_entry *entry)
{
	uint32_t index = table_ref_index(entry->ref);
	bool is_conn = table_ref_kind(entry->ref) == TABLE_CONN;
	const struct fixture_record *records = is_conn ? fixture->conns : fixture->time_waits;

	cr_assert_lt(index, fixture->keys);
	cr_assert(is_conn || table_ref_kind(entry->ref) == TABLE_TIME_WAIT);
	cr_assert_eq(memcmp(entry->record, &records[index], sizeof(records[index])), 0);
	(is_conn ? seen->conns : seen->time_waits)[index]++;
	seen->entries++;
}

static void read_page(const struct fixture *fixture, struct table_cursor *cursor, struct seen *seen)
{
	struct table_entry entries[TABLE_READ_MAX];
	uint32_t count = table_read(&fixture->table, cursor, entries);

	cr_assert_leq(count, TABLE_READ_MAX);
	for (uint32_t i = 0; i < count; i++)
		note(fixture, seen, &entries[i]);
}

static struct seen read_all(const struct fixture *fixture)
{
	struct seen seen = seen_open(fixture);
	struct table_cursor cursor = {0};

	while (table_read_goes_on(&fixture->table, &cursor))
		read_page(fixture, &cursor, &seen);
	cr_assert_eq(cursor.skipped, 0);
	return seen;
}

Test(table_read, leaves_sessions_of_udp_out)
{
	enum { KEYS = 1000 };
	struct fixture fixture;
	struct seen seen;

	fixture_open(&fixture, 2 * KEYS, KEYS, 3);
	for (uint32_t i = 0; i < KEYS; i++) {
		uint64_t udp = table_hash_udp(&fixture.table, &fixture.conns[i].key);

		cr_assert_eq(table_insert(&fixture.table, udp, table_ref(TABLE_UDP_INNER, i)), 0);
		cr_assert_eq(fixture_insert(&fixture, i), 0);
	}
	seen = read_all(&fixture);
	cr_assert_eq(seen.entries, KEYS);
	seen_close(&seen);
	fixture_close(&fixture);
}

Test(table_read, gives_each_entry_once_with_its_record)
{
	static const uint32_t capacities[] = {1, 2, 13, 100, 577, 5000, 40000};

	for (uint32_t c = 0; c < sizeof(capacities) / sizeof(capacities[0]); c++) {
		uint32_t capacity = capacities[c];
		struct fixture fixture;
		struct seen seen;

		fixture_open(&fixture, capacity, capacity, 40 + c);
		for (uint32_t i = 0; i < capacity; i++)
			cr_assert_eq(fixture_insert(&fixture, i), 0);
		for (uint32_t i = 0; i < capacity; i += 3)
			table_replace(&fixture.table, fixture_hash(&fixture, i), table_ref(TABLE_CONN, i),
				      table_ref(TABLE_TIME_WAIT, i));
		if (capacity >= 5000)
			cr_assert_gt(fixture.table.overflow_used, 0);
		seen = read_all(&fixture);
		cr_assert_eq(seen.entries, capacity);
		for (uint32_t i = 0; i < capacity; i++) {
			cr_assert_eq(seen.conns[i], i % 3 != 0, "capacity %u, key %u", capacity, i);
			cr_assert_eq(seen.time_waits[i], i % 3 == 0, "capacity %u, key %u", capacity, i);
		}
		seen_close(&seen);
		fixture_close(&fixture);
	}
}

Test(table_read, reads_a_pair_with_more_entries_than_a_call_gives)
{
	enum { WANTED = 60, CAPACITY = 577 };
	struct fixture fixture;
	uint32_t same[WANTED];
	uint32_t count = 0;
	struct seen seen;

	fixture_open(&fixture, CAPACITY, 60000, 5);
	for (uint32_t i = 0; i < fixture.keys && count < WANTED; i++) {
		if ((fixture_hash(&fixture, i) >> 32) * fixture.table.pairs >> 32 == 7)
			same[count++] = i;
	}
	cr_assert_eq(count, WANTED);
	for (uint32_t i = 0; i < count; i++)
		cr_assert_eq(fixture_insert(&fixture, same[i]), 0);
	seen = read_all(&fixture);
	cr_assert_eq(seen.entries, WANTED);
	for (uint32_t i = 0; i < count; i++)
		cr_assert_eq(seen.conns[same[i]], 1);
	seen_close(&seen);
	fixture_close(&fixture);
}

Test(table_read, gives_what_stays_once_while_the_rest_comes_and_goes)
{
	enum { CAPACITY = 4000, STAY = 1500 };
	struct fixture fixture;
	struct table_cursor cursor = {0};
	struct seen seen;
	bool is_in[CAPACITY * 2] = {false};

	fixture_open(&fixture, CAPACITY, CAPACITY * 2, 9);
	seen = seen_open(&fixture);
	for (uint32_t i = 0; i < CAPACITY; i++) {
		cr_assert_eq(fixture_insert(&fixture, i), 0);
		is_in[i] = true;
	}
	while (table_read_goes_on(&fixture.table, &cursor)) {
		read_page(&fixture, &cursor, &seen);
		for (uint32_t i = 0; i < 200; i++) {
			uint32_t key = STAY + random_below(&fixture.random, CAPACITY * 2 - STAY);

			if (is_in[key])
				table_remove(&fixture.table, fixture_hash(&fixture, key), table_ref(TABLE_CONN, key));
			else if (fixture_insert(&fixture, key) != 0)
				continue;
			is_in[key] = !is_in[key];
		}
	}
	for (uint32_t i = 0; i < STAY; i++)
		cr_assert_eq(seen.conns[i], 1, "key %u came %u times", i, seen.conns[i]);
	cr_assert(table_validate(&fixture.table));
	seen_close(&seen);
	fixture_close(&fixture);
}

Test(table_read, passes_over_a_pair_that_is_being_changed_and_says_so)
{
	struct fixture fixture;
	struct table_cursor cursor = {0};
	struct seen seen;
	uint32_t in_pair = 0;

	fixture_open(&fixture, 100, 100, 11);
	for (uint32_t i = 0; i < 100; i++) {
		cr_assert_eq(fixture_insert(&fixture, i), 0);
		in_pair += (fixture_hash(&fixture, i) >> 32) * fixture.table.pairs >> 32 == 3;
	}
	cr_assert_gt(in_pair, 0);
	fixture.table.buckets[3 * 2].sequence++;
	seen = seen_open(&fixture);
	while (table_read_goes_on(&fixture.table, &cursor))
		read_page(&fixture, &cursor, &seen);
	cr_assert_eq(cursor.skipped, 1);
	cr_assert_eq(seen.entries, 100 - in_pair);
	seen_close(&seen);
	fixture_close(&fixture);
}

Test(table_read, never_gives_a_key_that_is_not_the_entrys)
{
	struct fixture fixture;
	uint32_t given = 0;

	fixture_open(&fixture, 5000, 5000, 12);
	for (uint32_t i = 0; i < 5000; i++)
		cr_assert_eq(fixture_insert(&fixture, i), 0);
	/* As if each had been read half before and half after another flow took the record. */
	for (uint32_t i = 0; i < 5000; i++)
		fixture.conns[i].key.remote = fixture.conns[(i + 1) % 5000].key.local;
	for (struct table_cursor cursor = {0}; table_read_goes_on(&fixture.table, &cursor);) {
		struct table_entry entries[TABLE_READ_MAX];

		given += table_read(&fixture.table, &cursor, entries);
	}
	/* A pair of one entry is passed by chance once in as many times as there are pairs. */
	cr_assert_leq(given, 2);
	fixture_close(&fixture);
}
