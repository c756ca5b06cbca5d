/* table_bucket.h - inside the table only: where a hash belongs, and one bucket's tags. */
#ifndef TABLE_TABLE_BUCKET_H
#define TABLE_TABLE_BUCKET_H

#include <emmintrin.h>
#include <stdint.h>

#include "table/table.h"

enum {
	TABLE_TAG_SET = 0x8000, /* in every tag, so that none is 0 */
	TABLE_TAG_HOME = 1 /* which bucket of the pair is home; kept in the tag so that an entry can be moved back */
};

/* Fifteen low bits of the hash, one of them the protocol; the pair comes from the 32 high ones. */
static inline uint16_t bucket_tag(uint64_t hash)
{
	return (uint16_t)(hash | TABLE_TAG_SET);
}

/* The pair's first bucket: a multiply and a shift, so any number of pairs will do. */
static inline uint32_t bucket_first(const struct table *table, uint64_t hash)
{
	return (uint32_t)((hash >> 32) * table->pairs >> 32) * 2;
}

static inline uint32_t bucket_home(const struct table *table, uint64_t hash)
{
	return bucket_first(table, hash) + ((uint32_t)hash & TABLE_TAG_HOME);
}

/* One bit for each way that has this tag; tag 0 gives the free ways. */
static inline uint32_t bucket_match(const struct table_bucket *bucket, uint16_t tag)
{
	__m128i tags = _mm_load_si128((const __m128i *)bucket->tags);
	__m128i hits = _mm_cmpeq_epi16(tags, _mm_set1_epi16((int16_t)tag));

	return (uint32_t)_mm_movemask_epi8(_mm_packs_epi16(hits, _mm_setzero_si128()));
}

/* The overflow bucket behind this one, or NULL. */
static inline struct table_bucket *bucket_next(const struct table *table, const struct table_bucket *bucket)
{
	return bucket->overflow == 0 ? NULL : &table->overflows[bucket->overflow - 1];
}

static inline const struct flow_key *bucket_key(const struct table *table, uint32_t ref)
{
	const struct table_records *records = &table->records[table_ref_kind(ref)];

	return (const struct flow_key *)((const char *)records->base + table_ref_index(ref) * records->stride);
}

#endif
