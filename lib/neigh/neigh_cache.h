/* neigh_cache.h - what is known of neighbours, of either version of IP: a bounded cache. An address stands in one of
 * eight neighbouring entries or nowhere. */
#ifndef NEIGH_NEIGH_CACHE_H
#define NEIGH_NEIGH_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <quern/address.h>

#include "base/ip6.h"

enum {
	NEIGH_REACHABLE_MS = 60000, /* an entry this old is asked for again while it is still used */
	NEIGH_STALE_MS = 180000,    /* without an answer for this long it is forgotten */
	NEIGH_REQUEST_MS = 1000,    /* at most one request a target in this time */
	NEIGH_UNANSWERED = 2,       /* after so many requests that the known MAC left unanswered, another is believed */
	NEIGH_WINDOW = 8            /* entries in which one address may stand */
};

struct neigh_entry {
	uint32_t address;      /* the key's word; 0 is empty */
	uint32_t confirmed_ms; /* when the neighbour was last heard, or the entry made */
	uint32_t requested_ms; /* of the last request; NEIGH_REQUEST_MS before now where there was none */
	uint8_t mac[6];
	bool known;         /* mac is good */
	bool used;          /* we have sent there: not to be pushed out by what others say */
	bool doubtful;      /* since it was confirmed, it was suspected or another MAC address was named */
	uint8_t asked;      /* requests since the entry was made, 255 for more */
	uint8_t unanswered; /* requests since it was confirmed */
};

struct neigh_cache {
	struct neigh_entry *entries;
	struct quern_ip6 *addresses; /* of each entry's neighbour; null where all are of IPv4 */
	uint32_t entry_count;        /* power of two */
};

/* What names a neighbour: an address of IPv4, which is all of it; or a word that is not 0, drawn from one of IPv6, and
 * that address. */
struct neigh_key {
	uint32_t word;
	const struct quern_ip6 *address; /* null of IPv4 */
};

/* How willingly an entry is given up for another, the most willing first. */
enum neigh_worth {
	NEIGH_WORTH_NOTHING,
	NEIGH_WORTH_EXPIRED,
	NEIGH_WORTH_HEARSAY,
	NEIGH_WORTH_USED,
	NEIGH_WORTH_IN_FLIGHT
};

enum neigh_answer {
	NEIGH_KNOWN,      /* mac is set */
	NEIGH_KNOWN_ASK,  /* mac is set; send `request` as well, the entry is getting old */
	NEIGH_ASK,        /* send `request` */
	NEIGH_WAIT,       /* a request is in flight */
	NEIGH_UNREACHABLE /* no way there */
};

/* Whether a request is to be sent, and whether there is a MAC address. */
static inline bool neigh_asks(enum neigh_answer answer)
{
	return answer == NEIGH_KNOWN_ASK || answer == NEIGH_ASK;
}

static inline bool neigh_knows(enum neigh_answer answer)
{
	return answer == NEIGH_KNOWN || answer == NEIGH_KNOWN_ASK;
}

/* What a packet about a neighbour asks us to do. */
enum neigh_action {
	NEIGH_IGNORE, /* concerns none of our addresses */
	NEIGH_LEARN,  /* learnt or refreshed; nothing to say */
	NEIGH_DOUBT,  /* another MAC address for a neighbour in use: not believed; it is asked at next use */
	NEIGH_ANSWER  /* send `reply` to whoever asked */
};

/* The entry in which an address may stand, `step` on from the first. */
static inline uint32_t neigh_cache_index(const struct neigh_cache *cache, uint32_t word, uint32_t step)
{
	uint32_t home = (uint32_t)((word * UINT64_C(0x9e3779b97f4a7c15)) >> 32);

	return (home + step) & (cache->entry_count - 1);
}

/* A neighbour's entry, or null. */
static inline struct neigh_entry *neigh_cache_find(const struct neigh_cache *cache, struct neigh_key key)
{
	for (uint32_t step = 0; step < NEIGH_WINDOW; step++) {
		uint32_t index = neigh_cache_index(cache, key.word, step);

		if (cache->entries[index].address == key.word &&
		    (!key.address || ip6_equal(cache->addresses[index], *key.address)))
			return &cache->entries[index];
	}
	return NULL;
}

/* True for an entry that needs no question before it is used. */
static inline bool neigh_cache_is_fresh(const struct neigh_entry *entry, uint32_t now_ms)
{
	return entry->known && entry->used && !entry->doubtful && now_ms - entry->confirmed_ms < NEIGH_REACHABLE_MS;
}

/* Makes an entry: gives up the least worth one of its window, the oldest of them, where it is worth no more than
 * `at_most`; never the gateway's, whose word is `gateway`, while that is known. Null where all are worth more. */
struct neigh_entry *neigh_cache_make(struct neigh_cache *cache, struct neigh_key key, uint32_t gateway, uint32_t now_ms,
				     enum neigh_worth at_most);

/* The neighbour has this MAC address, somebody says. Another than the known one of a neighbour in use is believed
 * within a second of the first request, or once the known one has left two requests unanswered; else false, and the
 * neighbour is asked at next use. */
bool neigh_cache_confirm(struct neigh_entry *entry, const uint8_t mac[6], uint32_t now_ms);

/* A way that is not fresh: what to do, with a request noted where the answer is to ask. The entry is made where there
 * was none; for a stranger, no entry in use goes for it. */
enum neigh_answer neigh_cache_ask(struct neigh_cache *cache, struct neigh_key key, uint32_t gateway, bool is_stranger,
				  uint32_t now_ms, uint8_t mac[6]);

/* True where an entry was confirmed so lately that there is nothing to gain from another word. */
bool neigh_cache_is_sure(const struct neigh_entry *entry, uint32_t now_ms);

/* A unicast MAC address. RFC 1812 3.3.2: a reply that gives a broadcast or multicast address must not be believed. */
bool neigh_cache_is_station(const uint8_t mac[6]);

#endif
