/* table_validate.c - the table's invariants, for tests. */
#include <stdint.h>

#include "table/table.h"
#include "table/table_bucket.h"

/* What the walk over one pair has counted. */
struct census {
	uint32_t used;
	uint32_t overflow_used;
	uint32_t away[2];
};

static bool entry_is_right(const struct table *table, uint32_t pair, const struct table_bucket *bucket, uint32_t way,
			   struct census *census)
{
	uint32_t ref = bucket->refs[way];
	const struct flow_key *key;
	uint64_t hash;

	if (bucket->tags[way] == 0)
		return ref == 0;
	if (table_ref_kind(ref) == TABLE_NONE)
		return false;
	key = bucket_key(table, ref);
	hash = table_ref_kind(ref) < TABLE_UDP_INNER ? table_hash(table, key) : table_hash_udp(table, key);
	census->used++;
	if (&table->buckets[bucket_home(table, hash)] != bucket)
		census->away[hash & TABLE_TAG_HOME]++;
	return bucket_first(table, hash) == pair * 2 && bucket_tag(hash) == bucket->tags[way] &&
	       table_find(table, hash, key) == ref;
}

static bool bucket_is_right(const struct table *table, uint32_t pair, const struct table_bucket *bucket,
			    struct census *census)
{
	for (uint32_t way = 0; way < TABLE_WAYS; way++) {
		if (!entry_is_right(table, pair, bucket, way, census))
			return false;
	}
	return bucket->sequence % 2 == 0;
}

/* A chain is used only behind two full buckets, its head is not empty, and the rest of it is full. */
static bool chain_is_right(const struct table *table, uint32_t pair, struct census *census)
{
	const struct table_bucket *first = &table->buckets[pair * 2];
	const struct table_bucket *head = bucket_next(table, first);

	if (head == NULL)
		return true;
	if (bucket_match(first, 0) != 0 || bucket_match(first + 1, 0) != 0)
		return false;
	if (bucket_match(head, 0) == (1u << TABLE_WAYS) - 1)
		return false;
	for (const struct table_bucket *bucket = head; bucket != NULL; bucket = bucket_next(table, bucket)) {
		if (++census->overflow_used > table->overflow_used)
			return false;
		if (bucket != head && bucket_match(bucket, 0) != 0)
			return false;
		if (bucket->away != 0 || !bucket_is_right(table, pair, bucket, census))
			return false;
	}
	return true;
}

static bool pair_is_right(const struct table *table, uint32_t pair, struct census *census)
{
	const struct table_bucket *first = &table->buckets[pair * 2];

	census->away[0] = 0;
	census->away[1] = 0;
	if (!bucket_is_right(table, pair, first, census) || !bucket_is_right(table, pair, first + 1, census))
		return false;
	if (!chain_is_right(table, pair, census))
		return false;
	return first[0].away == census->away[0] && first[1].away == census->away[1] && first[1].overflow == 0;
}

/* The free overflow buckets are empty, and as many as are not in use. */
static bool free_list_is_right(const struct table *table)
{
	uint32_t count = 0;

	for (uint32_t number = table->overflow_free; number != 0; number = table->overflows[number - 1].overflow) {
		if (number > table->overflow_count || ++count > table->overflow_count)
			return false;
		if (bucket_match(&table->overflows[number - 1], 0) != (1u << TABLE_WAYS) - 1)
			return false;
	}
	return count + table->overflow_used == table->overflow_count;
}

bool table_validate(const struct table *table)
{
	struct census census = {0};

	for (uint32_t pair = 0; pair < table->pairs; pair++) {
		if (!pair_is_right(table, pair, &census))
			return false;
	}
	return census.used == table->used && table->used <= table->capacity &&
	       census.overflow_used == table->overflow_used && table->overflow_used <= table->overflow_used_max &&
	       free_list_is_right(table);
}
