/* table_read.h - reading the table from any thread while its one writer goes on and never waits. */
#ifndef TABLE_TABLE_READ_H
#define TABLE_TABLE_READ_H

#include <stdbool.h>
#include <stdint.h>

#include "table/table.h"

enum {
	TABLE_READ_MAX = 16,  /* entries a call */
	TABLE_READ_WORDS = 8, /* most of a record that is copied */
	TABLE_READ_TRIES = 32
};

/* An entry, and what its record held. */
struct table_entry {
	uint32_t ref;
	uint64_t record[TABLE_READ_WORDS]; /* begins with the struct flow_key */
};

/* Where reading goes on; all zero at first. Entries of a pair of buckets are read in order of their references, which
 * stay as they are while entries are moved about. */
struct table_cursor {
	uint32_t pair;
	uint32_t after;   /* a reference of the pair; 0 for none */
	uint64_t skipped; /* pairs that did not hold still for TABLE_READ_TRIES copies, and were passed over */
};

/* False once all pairs have been read. */
static inline bool table_read_goes_on(const struct table *table, const struct table_cursor *cursor)
{
	return cursor->pair < table->pairs;
}

/* Copies the next entries of TCP of one pair, moves the cursor behind them and returns their number, which may be 0
 * while there is more. Key and reference belong together, and the key is whole: it was in the table while this ran. The
 * rest of a record may be stale, word by word. An entry that stays from the first call to the last comes exactly once,
 * unless its pair is skipped; one that is replaced meanwhile may come under both its references. */
uint32_t table_read(const struct table *table, struct table_cursor *cursor, struct table_entry entries[TABLE_READ_MAX]);

#endif
