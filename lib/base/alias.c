/* alias.c - a table of addresses: found by a keyed hash, named by index, given up to the end of a line. */
#include "base/alias.h"

#include <string.h>

#include "base/check.h"

static uint32_t capacity_for(uint32_t records)
{
	return records + ALIAS_RESERVE;
}

/* As many chains as entries, rounded up to a power of two. */
static uint32_t heads_for(uint32_t capacity)
{
	return 1u << (32 - __builtin_clz(capacity - 1));
}

size_t alias_bytes(uint32_t records)
{
	uint32_t capacity;

	if (records > ALIAS_PEER_MAX - ALIAS_RESERVE)
		return 0;
	capacity = capacity_for(records);
	return capacity * sizeof(struct alias_entry) + heads_for(capacity) * sizeof(uint32_t);
}

void alias_init(struct alias_table *table, void *memory, uint32_t records, const struct hash_secret *secret)
{
	uint32_t capacity = capacity_for(records);

	CHECK(alias_bytes(records) > 0);
	memset(memory, 0, alias_bytes(records));
	*table = (struct alias_table){.entries = memory,
				      .head_mask = heads_for(capacity) - 1,
				      .capacity = capacity,
				      .oldest_free = 1,
				      .newest_free = capacity,
				      .secret = *secret};
	table->heads = (uint32_t *)(void *)(table->entries + capacity);
	for (uint32_t i = 0; i + 1 < capacity; i++)
		table->entries[i].next = i + 2;
}

/* Whoever chooses its address must not choose whose chain it makes longer. */
static uint32_t *head_of(const struct alias_table *table, struct quern_ip6 address)
{
	const struct hash_secret *secret = &table->secret;
	uint64_t folded = hash_fold(address.high ^ secret->words[0], address.low ^ secret->words[1]);

	return &table->heads[hash_fold(folded ^ secret->words[0], secret->words[1] | 1) & table->head_mask];
}

uint32_t alias_find(const struct alias_table *table, struct quern_ip6 address)
{
	for (uint32_t at = *head_of(table, address); at; at = table->entries[at - 1].next)
		if (ip6_equal(table->entries[at - 1].address, address))
			return ALIAS_PEER_FIRST + at - 1;
	return 0;
}

uint32_t alias_take(struct alias_table *table, struct quern_ip6 address)
{
	uint32_t known = alias_find(table, address), taken = table->oldest_free;
	struct alias_entry *entry;
	uint32_t *head;

	if (known) {
		alias_hold(table, known);
		return known;
	}
	if (table->capacity - table->used <= ALIAS_RESERVE)
		return 0;
	entry = &table->entries[taken - 1];
	table->oldest_free = entry->next;
	head = head_of(table, address);
	/* Who reads the new address finds that the record which held the old one has let it go. */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	__atomic_store_n(&entry->address.high, address.high, __ATOMIC_RELAXED);
	__atomic_store_n(&entry->address.low, address.low, __ATOMIC_RELAXED);
	entry->holders = 1;
	entry->next = *head;
	*head = taken;
	table->used++;
	return ALIAS_PEER_FIRST + taken - 1;
}

void alias_give_up(struct alias_table *table, uint32_t alias)
{
	uint32_t number = alias - ALIAS_PEER_FIRST + 1;
	struct alias_entry *entry = &table->entries[number - 1];
	uint32_t *link;

	CHECK(number <= table->capacity && entry->holders > 0);
	if (--entry->holders > 0)
		return;
	link = head_of(table, entry->address);
	while (*link != number)
		link = &table->entries[*link - 1].next;
	*link = entry->next;
	/* The reserve is never used up, so that there is a newest one. */
	entry->next = 0;
	table->entries[table->newest_free - 1].next = number;
	table->newest_free = number;
	table->used--;
}

/* How many entries a list has, none of them with holders or all; UINT32_MAX where it goes wrong. */
static uint32_t count_list(const struct alias_table *table, uint32_t first, bool is_free, uint32_t *last)
{
	uint32_t count = 0;

	for (uint32_t at = first; at; at = table->entries[at - 1].next) {
		if (at > table->capacity || count == table->capacity ||
		    is_free != (table->entries[at - 1].holders == 0))
			return UINT32_MAX;
		*last = at;
		count++;
	}
	return count;
}

bool alias_validate(const struct alias_table *table)
{
	uint32_t chained = 0, last = 0, in_chain;

	if (table->used + ALIAS_RESERVE > table->capacity ||
	    count_list(table, table->oldest_free, true, &last) != table->capacity - table->used ||
	    last != table->newest_free)
		return false;
	for (uint32_t i = 0; i <= table->head_mask; i++) {
		in_chain = count_list(table, table->heads[i], false, &last);
		if (in_chain == UINT32_MAX)
			return false;
		chained += in_chain;
	}
	for (uint32_t i = 0; i < table->capacity; i++)
		if (table->entries[i].holders > 0 &&
		    alias_find(table, table->entries[i].address) != ALIAS_PEER_FIRST + i)
			return false;
	return chained == table->used;
}
