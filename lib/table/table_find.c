/* table_find.c - looking flows up: home first, elsewhere only where the home says that entries are away. */
#include <stdint.h>

#include "table/table.h"
#include "table/table_bucket.h"

void table_prefetch(const struct table *table, uint64_t hash)
{
	uint32_t first = bucket_first(table, hash);

	__builtin_prefetch(&table->buckets[first]);
	__builtin_prefetch(&table->buckets[first + 1]);
}

static uint32_t find_in_bucket(const struct table *table, const struct table_bucket *bucket, uint16_t tag,
			       const struct flow_key *key)
{
	for (uint32_t hits = bucket_match(bucket, tag); hits != 0; hits &= hits - 1) {
		uint32_t ref = bucket->refs[__builtin_ctz(hits)];

		if (flow_key_equal(bucket_key(table, ref), key))
			return ref;
	}
	return 0;
}

/* The buddy, then the chain of the pair. */
static uint32_t find_away(const struct table *table, uint32_t home, uint16_t tag, const struct flow_key *key)
{
	uint32_t ref = find_in_bucket(table, &table->buckets[home ^ 1], tag, key);
	const struct table_bucket *bucket = bucket_next(table, &table->buckets[home & ~1u]);

	while (ref == 0 && bucket != NULL) {
		ref = find_in_bucket(table, bucket, tag, key);
		bucket = bucket_next(table, bucket);
	}
	return ref;
}

uint32_t table_find(const struct table *table, uint64_t hash, const struct flow_key *key)
{
	uint32_t home = bucket_home(table, hash);
	uint32_t ref = find_in_bucket(table, &table->buckets[home], bucket_tag(hash), key);

	if (ref != 0 || table->buckets[home].away == 0)
		return ref;
	return find_away(table, home, bucket_tag(hash), key);
}

/* The first entry with the right tag, its record on the way to the cache; 0 where the bucket has none. */
static inline uint32_t candidate_in_bucket(const struct table *table, const struct table_bucket *bucket, uint16_t tag)
{
	uint32_t hits = bucket_match(bucket, tag);
	uint32_t ref;

	if (hits == 0)
		return 0;
	ref = bucket->refs[__builtin_ctz(hits)];
	__builtin_prefetch(bucket_key(table, ref));
	return ref;
}

/* Pass 2, for flows whose home had no candidate but has entries away: the buddies have been prefetched. Returns those
 * that are not yet known to be absent. */
static uint64_t find_candidates_away(const struct table *table, const uint64_t *hashes, uint64_t away, uint32_t *refs)
{
	uint64_t undecided = 0;

	for (; away != 0; away &= away - 1) {
		uint32_t flow = (uint32_t)__builtin_ctzll(away);
		uint32_t buddy = bucket_home(table, hashes[flow]) ^ 1;

		refs[flow] = candidate_in_bucket(table, &table->buckets[buddy], bucket_tag(hashes[flow]));
		if (refs[flow] != 0 || table->buckets[buddy & ~1u].overflow != 0)
			undecided |= 1ull << flow;
	}
	return undecided;
}

/* Pass 1: a candidate for each flow. Returns the flows that are not yet known to be absent. */
static uint64_t find_candidates(const struct table *table, const uint64_t *hashes, uint32_t count, uint32_t *refs)
{
	uint64_t found = 0;
	uint64_t away = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t home = bucket_home(table, hashes[i]);
		uint32_t is_away = table->buckets[home].away != 0;

		refs[i] = candidate_in_bucket(table, &table->buckets[home], bucket_tag(hashes[i]));
		if (refs[i] != 0) {
			found |= 1ull << i;
			continue;
		}
		/* No branch here: one bucket in four has entries away, and nobody could guess which. */
		__builtin_prefetch(&table->buckets[home ^ is_away]);
		away |= (uint64_t)is_away << i;
	}
	return found | find_candidates_away(table, hashes, away, refs);
}

void table_find_burst(const struct table *table, const uint64_t *hashes, const struct flow_key *const *keys,
		      uint32_t count, uint32_t *refs)
{
	uint64_t undecided = find_candidates(table, hashes, count, refs);

	for (; undecided != 0; undecided &= undecided - 1) {
		uint32_t flow = (uint32_t)__builtin_ctzll(undecided);

		if (refs[flow] == 0 || !flow_key_equal(bucket_key(table, refs[flow]), keys[flow]))
			refs[flow] = table_find(table, hashes[flow], keys[flow]);
	}
}
