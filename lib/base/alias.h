/* alias.h - numbers of 32 bits that stand for IPv6 addresses in flow keys: what is kept for each connection stays as
 * small as with IPv4, and the 128 bits are stored once, however many connections an address has.
 *
 * Aliases are taken from 240.0.0.0/4, which is nobody's unicast address of IPv4. Those of our own addresses are their
 * places in the port's range, and need no table. A peer's is the number of an entry here, which each record that holds
 * it in its key keeps alive. Which entry an address gets says nothing and is no secret: the table of flows is hashed
 * with a secret of its own, ISNs and cookies are made of the addresses themselves. */
#ifndef BASE_ALIAS_H
#define BASE_ALIAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/flow_key.h"
#include "base/hash.h"
#include "base/ip6.h"

#define ALIAS_OWN_FIRST UINT32_C(0xf0000000)
#define ALIAS_PEER_FIRST UINT32_C(0xf8000000)
#define ALIAS_GROUP_FIRST UINT32_C(0xf7ffff00) /* a port that listens to groups has no own address so far up */

enum {
	ALIAS_OWN_MAX = 1 << 27,
	ALIAS_PEER_MAX = (1 << 27) - 1, /* 255.255.255.255 is left out */
	ALIAS_GROUP_MAX = 256,          /* groups of IPv6 that a port listens to */
	/* Entries that are free stay so for at least so many new ones: a burst may hold an alias that has been given
	 * up since, and must not take it for another address. */
	ALIAS_RESERVE = 64
};

struct alias_entry {
	struct quern_ip6 address; /* others may read it while a record that they have seen holds it */
	uint32_t holders;         /* 0 is free */
	uint32_t next;            /* index + 1: in the chain of its hash; of a free one, the one to be taken after it */
};

struct alias_table {
	struct alias_entry *entries;
	uint32_t *heads; /* index + 1 */
	uint32_t head_mask;
	uint32_t capacity;
	uint32_t used;
	uint32_t oldest_free, newest_free; /* index + 1; 0 where none is free */
	struct hash_secret secret;
};

/* True for what stands for a peer's address. */
static inline bool alias_is_peer(uint32_t address)
{
	return address >= ALIAS_PEER_FIRST;
}

/* True while some record's key holds the alias of a peer: only then does alias_find() return it. */
static inline bool alias_is_held(const struct alias_table *table, uint32_t alias)
{
	return table->entries[alias - ALIAS_PEER_FIRST].holders > 0;
}

/* The alias of our own address that is the `place`-th of the port's. */
static inline uint32_t alias_of_own(uint32_t place)
{
	return ALIAS_OWN_FIRST + place;
}

/* True for what stands for a group that the port listens to. */
static inline bool alias_is_group(uint32_t address)
{
	return address - ALIAS_GROUP_FIRST < ALIAS_GROUP_MAX;
}

/* Bytes for the addresses of `records` records, each of which may hold another; 0 where there are no numbers for so
 * many. */
size_t alias_bytes(uint32_t records);

/* Begins with no alias, in memory that is aligned to 8. */
void alias_init(struct alias_table *table, void *memory, uint32_t records, const struct hash_secret *secret);

/* The alias of an address; 0 where it has none. */
uint32_t alias_find(const struct alias_table *table, struct quern_ip6 address);

/* The same, made where there is none, with one holder more; 0 where the table is full: more records hold one than it
 * was made for. */
uint32_t alias_take(struct alias_table *table, struct quern_ip6 address);

/* One holder more, or less, of the alias in a key. Any other address is left alone: so all records may be held. */
static inline void alias_hold(struct alias_table *table, uint32_t address)
{
	if (alias_is_peer(address))
		table->entries[address - ALIAS_PEER_FIRST].holders++;
}

void alias_give_up(struct alias_table *table, uint32_t alias);

static inline void alias_release(struct alias_table *table, uint32_t address)
{
	if (alias_is_peer(address))
		alias_give_up(table, address);
}

/* The address of a peer's alias that has a holder. Another thread that reads a record finds in it what the record's
 * alias stood for, as long as the record is seen to be unchanged afterwards. */
static inline struct quern_ip6 alias_address(const struct alias_table *table, uint32_t alias)
{
	const struct alias_entry *entry = &table->entries[alias - ALIAS_PEER_FIRST];

	return (struct quern_ip6){__atomic_load_n(&entry->address.high, __ATOMIC_RELAXED),
				  __atomic_load_n(&entry->address.low, __ATOMIC_RELAXED)};
}

/* Chains, free list and counts agree. For tests: O(capacity). */
bool alias_validate(const struct alias_table *table);

#endif
