/* table_read.c - copies of entries for other threads: the sequence of the pair says whether they held still. */
#include "table/table_read.h"

#include "base/snapshot.h"
#include "table/table_bucket.h"

/* True where the pair is no longer as it was at `sequence`. What was loaded before stays before. */
static bool has_changed(const struct table_bucket *first, uint16_t sequence)
{
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return __atomic_load_n(&first->sequence, __ATOMIC_RELAXED) != sequence;
}

/* Takes a reference in among the smallest ones, in order; returns how many there are now. */
static uint32_t keep_smallest(struct table_entry *entries, uint32_t count, uint32_t ref)
{
	uint32_t at = count;

	while (at > 0 && entries[at - 1].ref > ref)
		at--;
	if (at == TABLE_READ_MAX)
		return count;
	if (count < TABLE_READ_MAX)
		count++;
	for (uint32_t i = count - 1; i > at; i--)
		entries[i].ref = entries[i - 1].ref;
	entries[at].ref = ref;
	return count;
}

static uint32_t gather_bucket(const struct table_bucket *bucket, uint32_t after, struct table_entry *entries,
			      uint32_t count)
{
	for (uint32_t way = 0; way < TABLE_WAYS; way++) {
		uint32_t ref = __atomic_load_n(&bucket->refs[way], __ATOMIC_RELAXED);

		/* A session of UDP is read from its pool: it has two entries, and neither need begin its record. */
		if (ref > after && ref < table_ref(TABLE_UDP_INNER, 0))
			count = keep_smallest(entries, count, ref);
	}
	return count;
}

/* The next references of a pair; false where it changes meanwhile. */
static bool gather(const struct table *table, const struct table_bucket *first, uint16_t sequence, uint32_t after,
		   struct table_entry *entries, uint32_t *count)
{
	uint32_t number = __atomic_load_n(&first->overflow, __ATOMIC_RELAXED);
	uint32_t found = gather_bucket(first, after, entries, 0);

	found = gather_bucket(first + 1, after, entries, found);
	while (number != 0) {
		const struct table_bucket *bucket = &table->overflows[number - 1];

		/* The number is a chain's only while the sequence stands still; else it may lead round in a circle. */
		if (has_changed(first, sequence))
			return false;
		found = gather_bucket(bucket, after, entries, found);
		number = __atomic_load_n(&bucket->overflow, __ATOMIC_RELAXED);
	}
	*count = found;
	return true;
}

static void copy_record(const struct table *table, struct table_entry *entry)
{
	size_t words = table->records[table_ref_kind(entry->ref)].stride / sizeof(uint64_t);

	snapshot_copy(entry->record, bucket_key(table, entry->ref),
		      words < TABLE_READ_WORDS ? words : TABLE_READ_WORDS);
}

/* The sequence comes round after 32,768 changes, and a reader may sleep as long: the key's own hash is asked too. */
static bool belongs(const struct table *table, uint32_t pair, const struct table_entry *entry)
{
	return bucket_first(table, table_hash(table, (const struct flow_key *)(const void *)entry->record)) == pair * 2;
}

/* One try. A change moves the sequence before it touches anything, and the writer changes the key of a record only
 * before its entry is made, or after it is gone: a sequence that stands still means keys that do. */
static bool copy_pair(const struct table *table, const struct table_cursor *cursor, struct table_entry *entries,
		      uint32_t *count)
{
	const struct table_bucket *first = &table->buckets[(size_t)cursor->pair * 2];
	uint16_t sequence = __atomic_load_n(&first->sequence, __ATOMIC_ACQUIRE);
	uint32_t found;

	if (sequence % 2 != 0 || !gather(table, first, sequence, cursor->after, entries, &found))
		return false;
	for (uint32_t i = 0; i < found; i++)
		copy_record(table, &entries[i]);
	if (has_changed(first, sequence))
		return false;
	for (uint32_t i = 0; i < found; i++) {
		if (!belongs(table, cursor->pair, &entries[i]))
			return false;
	}
	*count = found;
	return true;
}

uint32_t table_read(const struct table *table, struct table_cursor *cursor, struct table_entry entries[TABLE_READ_MAX])
{
	uint32_t count = 0;
	uint32_t tries = 0;

	while (tries < TABLE_READ_TRIES && !copy_pair(table, cursor, entries, &count)) {
		tries++;
		_mm_pause();
	}
	cursor->skipped += tries == TABLE_READ_TRIES;
	if (count == TABLE_READ_MAX) {
		cursor->after = entries[count - 1].ref;
		return count;
	}
	cursor->pair++;
	cursor->after = 0;
	return count;
}
