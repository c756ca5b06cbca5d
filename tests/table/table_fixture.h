/* table_fixture.h - a table with its records, for the tests of the table. */
#ifndef TABLE_TABLE_FIXTURE_H
#define TABLE_TABLE_FIXTURE_H

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/random.h"
#include "table/table.h"

struct fixture_record {
	struct flow_key key;
	uint32_t other;
};

/* Every key has a record of both kinds, at the same index. */
struct fixture {
	struct table table;
	struct random random;
	void *memory;
	struct fixture_record *conns;
	struct fixture_record *time_waits;
	uint32_t keys;
};

static inline struct flow_key fixture_random_key(struct random *random)
{
	uint64_t addresses = random_next(random);
	uint32_t ports = (uint32_t)random_next(random);
	struct flow_key key;

	memcpy(&key, &addresses, 8);
	memcpy(&key.local_port, &ports, 4);
	return key;
}

/* An empty table for `capacity`, and `keys` random keys in their records. */
static inline void fixture_open(struct fixture *fixture, uint32_t capacity, uint32_t keys, uint64_t seed)
{
	struct hash_secret secret;

	random_seed(&fixture->random, seed);
	secret.words[0] = random_next(&fixture->random);
	secret.words[1] = random_next(&fixture->random);
	fixture->keys = keys;
	fixture->memory = aligned_alloc(64, table_bytes(capacity));
	fixture->conns = calloc(keys, sizeof(struct fixture_record));
	fixture->time_waits = calloc(keys, sizeof(struct fixture_record));
	CHECK(fixture->memory != NULL && fixture->conns != NULL && fixture->time_waits != NULL);
	memset(fixture->memory, 0, table_bytes(capacity));
	table_init(&fixture->table, fixture->memory, capacity, &secret);
	fixture->table.records[TABLE_CONN] = (struct table_records){fixture->conns, sizeof(struct fixture_record)};
	fixture->table.records[TABLE_TIME_WAIT] =
		(struct table_records){fixture->time_waits, sizeof(struct fixture_record)};
	fixture->table.records[TABLE_UDP_INNER] = fixture->table.records[TABLE_CONN];
	for (uint32_t i = 0; i < keys; i++) {
		fixture->conns[i].key = fixture_random_key(&fixture->random);
		fixture->time_waits[i].key = fixture->conns[i].key;
	}
}

static inline void fixture_close(struct fixture *fixture)
{
	free(fixture->memory);
	free(fixture->conns);
	free(fixture->time_waits);
}

static inline uint64_t fixture_hash(const struct fixture *fixture, uint32_t index)
{
	return table_hash(&fixture->table, &fixture->conns[index].key);
}

static inline int fixture_insert(struct fixture *fixture, uint32_t index)
{
	return table_insert(&fixture->table, fixture_hash(fixture, index), table_ref(TABLE_CONN, index));
}

static inline uint32_t fixture_find(const struct fixture *fixture, uint32_t index)
{
	return table_find(&fixture->table, fixture_hash(fixture, index), &fixture->conns[index].key);
}

#endif
