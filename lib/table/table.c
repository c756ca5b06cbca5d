/* table.c - the table's memory and its changes: insert, replace, remove.
 *
 * A pair uses its chain only while both its buckets are full, and of a chain only the first bucket may have free ways:
 * a removal moves an entry from there into the hole. So n entries never need more than n / 8 overflow buckets, and
 * churn does not spread them. */
#include "table/table.h"

#include <errno.h>
#include <string.h>

#include "base/check.h"
#include "base/counter.h"
#include "base/least.h"
#include "table/table_bucket.h"

enum {
	FULL_PAIRS_ONE_IN = 5, /* at 80 % load 0.155 overflow buckets a pair are in use; we keep 0.2 … */
	OVERFLOW_FLOOR = 64    /* … and these, which are nine standard deviations for any size */
};

/* 16 ways a pair at 80 % are 12.8 entries. */
static uint32_t pairs_for(uint32_t capacity)
{
	return capacity == 0 ? 1 : (uint32_t)(((uint64_t)capacity * 5 + 63) / 64);
}

/* Small tables get as many as every possible set of keys could need. */
static uint32_t overflows_for(uint32_t capacity)
{
	uint32_t always_enough = capacity / TABLE_WAYS + 1;
	uint32_t enough = pairs_for(capacity) / FULL_PAIRS_ONE_IN + OVERFLOW_FLOOR;

	return least(always_enough, enough);
}

size_t table_bytes(uint32_t capacity)
{
	return ((size_t)pairs_for(capacity) * 2 + overflows_for(capacity)) * sizeof(struct table_bucket);
}

void table_init(struct table *table, void *memory, uint32_t capacity, const struct hash_secret *secret)
{
	CHECK((uintptr_t)memory % sizeof(struct table_bucket) == 0);
	CHECK(capacity <= 1u << TABLE_INDEX_BITS);
	memset(table, 0, sizeof(*table));
	table->buckets = memory;
	table->pairs = pairs_for(capacity);
	table->overflows = table->buckets + (size_t)table->pairs * 2;
	table->overflow_count = overflows_for(capacity);
	table->overflow_free = 1;
	for (uint32_t i = 0; i + 1 < table->overflow_count; i++)
		table->overflows[i].overflow = i + 2;
	table->capacity = capacity;
	table->secret = *secret;
}

/* Between begin and end readers on other threads do not trust what they copy. */
static inline void change_begin(struct table_bucket *first)
{
	__atomic_store_n(&first->sequence, (uint16_t)(first->sequence + 1), __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
}

static inline void change_end(struct table_bucket *first)
{
	__atomic_store_n(&first->sequence, (uint16_t)(first->sequence + 1), __ATOMIC_RELEASE);
}

static inline void bucket_set(struct table_bucket *bucket, uint32_t way, uint16_t tag, uint32_t ref)
{
	__atomic_store_n(&bucket->tags[way], tag, __ATOMIC_RELAXED);
	__atomic_store_n(&bucket->refs[way], ref, __ATOMIC_RELAXED);
}

static inline void bucket_set_overflow(struct table_bucket *bucket, uint32_t overflow)
{
	__atomic_store_n(&bucket->overflow, overflow, __ATOMIC_RELAXED);
}

static inline void bucket_add_away(struct table_bucket *home, int change)
{
	__atomic_store_n(&home->away, (uint16_t)(home->away + change), __ATOMIC_RELAXED);
}

/* The home of an entry of a pair, by its tag. */
static inline struct table_bucket *tag_home(struct table_bucket *first, uint16_t tag)
{
	return first + (tag & TABLE_TAG_HOME);
}

/* Puts a free overflow bucket at the head of a chain. The caller knows that there is one. */
static void chain_grow(struct table *table, struct table_bucket *first)
{
	uint32_t number = table->overflow_free;
	struct table_bucket *bucket = &table->overflows[number - 1];

	table->overflow_free = bucket->overflow;
	table->overflow_used++;
	if (table->overflow_used > table->overflow_used_max)
		table->overflow_used_max = table->overflow_used;
	bucket_set_overflow(bucket, first->overflow);
	bucket_set_overflow(first, number);
}

/* Gives the head of a chain back. */
static void chain_shrink(struct table *table, struct table_bucket *first)
{
	uint32_t number = first->overflow;
	struct table_bucket *bucket = &table->overflows[number - 1];

	bucket_set_overflow(first, bucket->overflow);
	bucket_set_overflow(bucket, table->overflow_free);
	table->overflow_free = number;
	table->overflow_used--;
}

/* The home is full: the buddy takes the entry, or the chain. */
static int insert_away(struct table *table, struct table_bucket *first, uint16_t tag, uint32_t ref)
{
	struct table_bucket *home = tag_home(first, tag);
	struct table_bucket *target = first + (~tag & TABLE_TAG_HOME);
	bool grow = false;

	if (home->away == UINT16_MAX)
		return -ENOSPC;
	if (bucket_match(target, 0) == 0) {
		target = bucket_next(table, first);
		grow = target == NULL || bucket_match(target, 0) == 0;
	}
	if (grow && table->overflow_free == 0)
		return -ENOSPC;

	change_begin(first);
	if (grow) {
		chain_grow(table, first);
		target = bucket_next(table, first);
	}
	bucket_set(target, (uint32_t)__builtin_ctz(bucket_match(target, 0)), tag, ref);
	bucket_add_away(home, 1);
	change_end(first);
	counter_level_up(&table->used);
	return 0;
}

int table_insert(struct table *table, uint64_t hash, uint32_t ref)
{
	struct table_bucket *first = &table->buckets[bucket_first(table, hash)];
	uint16_t tag = bucket_tag(hash);
	struct table_bucket *home = tag_home(first, tag);
	uint32_t free_ways = bucket_match(home, 0);

	if (table->used == table->capacity)
		return -ENOSPC;
	if (free_ways == 0)
		return insert_away(table, first, tag, ref);
	change_begin(first);
	bucket_set(home, (uint32_t)__builtin_ctz(free_ways), tag, ref);
	change_end(first);
	counter_level_up(&table->used);
	return 0;
}

/* The way of an entry in a bucket, or TABLE_WAYS. */
static inline uint32_t way_of(const struct table_bucket *bucket, uint16_t tag, uint32_t ref)
{
	for (uint32_t hits = bucket_match(bucket, tag); hits != 0; hits &= hits - 1) {
		uint32_t way = (uint32_t)__builtin_ctz(hits);

		if (bucket->refs[way] == ref)
			return way;
	}
	return TABLE_WAYS;
}

/* The bucket and way of an entry that is there. */
static struct table_bucket *locate(struct table *table, uint64_t hash, uint32_t ref, uint32_t *way)
{
	uint16_t tag = bucket_tag(hash);
	struct table_bucket *first = &table->buckets[bucket_first(table, hash)];
	struct table_bucket *bucket = tag_home(first, tag);

	*way = way_of(bucket, tag, ref);
	if (*way != TABLE_WAYS)
		return bucket;
	bucket = first + (~tag & TABLE_TAG_HOME);
	*way = way_of(bucket, tag, ref);
	if (*way != TABLE_WAYS)
		return bucket;
	for (bucket = bucket_next(table, first); bucket != NULL; bucket = bucket_next(table, bucket)) {
		*way = way_of(bucket, tag, ref);
		if (*way != TABLE_WAYS)
			return bucket;
	}
	check_failed("the entry is in the table", __FILE__, __LINE__);
}

void table_replace(struct table *table, uint64_t hash, uint32_t old, uint32_t replacement)
{
	struct table_bucket *first = &table->buckets[bucket_first(table, hash)];
	uint32_t way;
	struct table_bucket *bucket = locate(table, hash, old, &way);

	change_begin(first);
	__atomic_store_n(&bucket->refs[way], replacement, __ATOMIC_RELAXED);
	change_end(first);
}

/* An entry of the chain's head to bring into a hole: one whose home the hole is in, if there is one. */
static uint32_t way_to_bring(const struct table_bucket *head, struct table_bucket *first,
			     const struct table_bucket *hole_bucket)
{
	uint32_t chosen = TABLE_WAYS;

	for (uint32_t way = 0; way < TABLE_WAYS; way++) {
		if (head->tags[way] == 0)
			continue;
		chosen = way;
		if (tag_home(first, head->tags[way]) == hole_bucket)
			break;
	}
	return chosen;
}

/* Fills a hole from the head of the pair's chain, so that chains are as short as they can be. */
static void refill(struct table *table, struct table_bucket *first, struct table_bucket *bucket, uint32_t hole)
{
	struct table_bucket *head = bucket_next(table, first);

	if (bucket != head) {
		uint32_t way = way_to_bring(head, first, bucket);
		uint16_t tag = head->tags[way];

		bucket_set(bucket, hole, tag, head->refs[way]);
		bucket_set(head, way, 0, 0);
		if (tag_home(first, tag) == bucket)
			bucket_add_away(bucket, -1);
	}
	if (bucket_match(head, 0) == (1u << TABLE_WAYS) - 1)
		chain_shrink(table, first);
}

void table_remove(struct table *table, uint64_t hash, uint32_t ref)
{
	struct table_bucket *first = &table->buckets[bucket_first(table, hash)];
	struct table_bucket *home = tag_home(first, bucket_tag(hash));
	uint32_t way;
	struct table_bucket *bucket = locate(table, hash, ref, &way);

	change_begin(first);
	bucket_set(bucket, way, 0, 0);
	if (bucket != home)
		bucket_add_away(home, -1);
	if (first->overflow != 0)
		refill(table, first, bucket, way);
	change_end(first);
	counter_level_down(&table->used);
}
