/* table.h - flow to record: 64-byte buckets in pairs, 16-bit tags compared at once, overflow chains. One writer. */
#ifndef TABLE_TABLE_H
#define TABLE_TABLE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/flow_key.h"
#include "base/hash.h"

enum {
	TABLE_WAYS = 8,
	TABLE_KIND_BITS = 3,
	TABLE_INDEX_BITS = 32 - TABLE_KIND_BITS,
	TABLE_BURST = 64 /* most flows looked up at once */
};

/* The kind of record a reference points to, and with it the protocol: its top bits. A reference of 0 is none. A session
 * of UDP has two entries, one for each of its keys. */
enum table_kind {
	TABLE_NONE,
	TABLE_CONN,
	TABLE_TIME_WAIT,
	TABLE_UDP_INNER,
	TABLE_UDP_OUTER,
	TABLE_KINDS = 1 << TABLE_KIND_BITS
};

/* The bit of a hash, and so of a tag, that is the protocol: a flow of TCP and one of UDP between the same ports never
 * meet. */
#define TABLE_HASH_UDP UINT64_C(0x4000)

struct table_bucket {
	uint16_t tags[TABLE_WAYS]; /* 0 is empty */
	uint32_t refs[TABLE_WAYS];
	uint32_t overflow; /* number + 1 of the overflow bucket behind this one; 0 in the second of a pair */
	uint16_t sequence; /* odd while the chain is being changed; for readers on other threads */
	uint16_t away;     /* entries at home here that live in the buddy or in overflow */
	uint8_t spare[8];
};
static_assert(sizeof(struct table_bucket) == 64, "one cache line");

/* Where the records of a kind lie. */
struct table_records {
	const void *base; /* the struct flow_key of the first */
	size_t stride;
};

struct table {
	struct table_bucket *buckets;
	struct table_bucket *overflows;
	uint32_t pairs;
	uint32_t overflow_free; /* number + 1 of the first free overflow bucket */
	uint32_t overflow_count;
	uint32_t overflow_used;
	uint32_t overflow_used_max;
	uint32_t capacity; /* entries the table is rated for */
	uint32_t used;
	struct hash_secret secret;
	struct table_records records[TABLE_KINDS];
};

/* Makes a reference. */
static inline uint32_t table_ref(enum table_kind kind, uint32_t index)
{
	return (uint32_t)kind << TABLE_INDEX_BITS | index;
}

static inline enum table_kind table_ref_kind(uint32_t ref)
{
	return (enum table_kind)(ref >> TABLE_INDEX_BITS);
}

static inline uint32_t table_ref_index(uint32_t ref)
{
	return ref & ((1u << TABLE_INDEX_BITS) - 1);
}

/* Bytes of memory, aligned to 64, for `capacity` entries at a load of at most 80 %. */
size_t table_bytes(uint32_t capacity);

/* Begins empty in `memory`, which must be all zero. Set table->records[kind] before the first insertion of a kind. */
void table_init(struct table *table, void *memory, uint32_t capacity, const struct hash_secret *secret);

/* The hash that all calls below want, of a flow of TCP. */
static inline uint64_t table_hash(const struct table *table, const struct flow_key *key)
{
	return hash_flow(&table->secret, key) & ~TABLE_HASH_UDP;
}

/* The same of a flow of UDP. */
static inline uint64_t table_hash_udp(const struct table *table, const struct flow_key *key)
{
	return hash_flow(&table->secret, key) | TABLE_HASH_UDP;
}

/* Loads both buckets of a hash's pair into the cache: whichever is home, a change is told in the first. */
void table_prefetch(const struct table *table, uint64_t hash);

/* The reference of a flow, 0 where there is none. */
uint32_t table_find(const struct table *table, uint64_t hash, const struct flow_key *key);

/* The same for `count` flows at once (at most TABLE_BURST); records are prefetched while others are compared. */
void table_find_burst(const struct table *table, const uint64_t *hashes, const struct flow_key *const *keys,
		      uint32_t count, uint32_t *refs);

/* Adds a flow that is not there. 0, or -ENOSPC once `capacity` is reached. */
int table_insert(struct table *table, uint64_t hash, uint32_t ref);

/* Points the entry of `old` to `replacement`, of the same flow: one store. The entry must be there. */
void table_replace(struct table *table, uint64_t hash, uint32_t old, uint32_t replacement);

/* Takes the entry of `ref` out. It must be there. */
void table_remove(struct table *table, uint64_t hash, uint32_t ref);

/* Every entry lies in its own chain under its own tag and is found by its key; all counts agree. For tests:
 * O(capacity). */
bool table_validate(const struct table *table);

#endif
