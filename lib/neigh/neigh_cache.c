/* neigh_cache.c - which neighbours are remembered, and who is believed about them. */
#include "neigh/neigh_cache.h"

#include <string.h>

/* A request is in flight for NEIGH_REQUEST_MS, answered or not, so that evicting cannot make a second one too soon. */
static bool is_in_flight(const struct neigh_entry *entry, uint32_t now_ms)
{
	return now_ms - entry->requested_ms < NEIGH_REQUEST_MS;
}

static enum neigh_worth worth(const struct neigh_entry *entry, uint32_t now_ms)
{
	if (entry->address == 0)
		return NEIGH_WORTH_NOTHING;
	if (is_in_flight(entry, now_ms))
		return NEIGH_WORTH_IN_FLIGHT;
	if (!entry->known || now_ms - entry->confirmed_ms >= NEIGH_STALE_MS)
		return NEIGH_WORTH_EXPIRED;
	return entry->used ? NEIGH_WORTH_USED : NEIGH_WORTH_HEARSAY;
}

struct neigh_entry *neigh_cache_make(struct neigh_cache *cache, struct neigh_key key, uint32_t gateway, uint32_t now_ms,
				     enum neigh_worth at_most)
{
	struct neigh_entry *victim = NULL;
	enum neigh_worth least = NEIGH_WORTH_IN_FLIGHT;

	for (uint32_t step = 0; step < NEIGH_WINDOW; step++) {
		struct neigh_entry *entry = &cache->entries[neigh_cache_index(cache, key.word, step)];
		enum neigh_worth its = worth(entry, now_ms);

		/* A flood of addresses that nobody has must not cut off the way to all others. */
		if (its > at_most || its > least || (entry->known && entry->address == gateway))
			continue;
		if (victim && its == least && now_ms - entry->confirmed_ms <= now_ms - victim->confirmed_ms)
			continue;
		victim = entry;
		least = its;
	}
	if (!victim)
		return NULL;
	*victim = (struct neigh_entry){
		.address = key.word, .confirmed_ms = now_ms, .requested_ms = now_ms - NEIGH_REQUEST_MS};
	if (key.address)
		cache->addresses[victim - cache->entries] = *key.address;
	return victim;
}

bool neigh_cache_is_station(const uint8_t mac[6])
{
	static const uint8_t none[6];

	return (mac[0] & 1) == 0 && memcmp(mac, none, sizeof(none)) != 0;
}

/* Whether a MAC address for this entry is to be believed: it is the one that is known, or there is none that is in use,
 * or the first answers are coming in, or the known one does not answer. */
static bool is_believable(const struct neigh_entry *entry, const uint8_t mac[6], uint32_t now_ms)
{
	if (!entry->known || !entry->used || memcmp(entry->mac, mac, sizeof(entry->mac)) == 0)
		return true;
	return (entry->asked == 1 && is_in_flight(entry, now_ms)) || entry->unanswered >= NEIGH_UNANSWERED ||
	       now_ms - entry->confirmed_ms >= NEIGH_STALE_MS;
}

bool neigh_cache_confirm(struct neigh_entry *entry, const uint8_t mac[6], uint32_t now_ms)
{
	if (!is_believable(entry, mac, now_ms)) {
		entry->doubtful = true;
		return false;
	}
	memcpy(entry->mac, mac, sizeof(entry->mac));
	entry->confirmed_ms = now_ms;
	entry->known = true;
	entry->doubtful = false;
	entry->unanswered = 0;
	return true;
}

static uint8_t count_up(uint8_t count)
{
	return (uint8_t)(count < UINT8_MAX ? count + 1 : count);
}

enum neigh_answer neigh_cache_ask(struct neigh_cache *cache, struct neigh_key key, uint32_t gateway, bool is_stranger,
				  uint32_t now_ms, uint8_t mac[6])
{
	enum neigh_worth at_most = is_stranger ? NEIGH_WORTH_HEARSAY : NEIGH_WORTH_USED;
	struct neigh_entry *entry = neigh_cache_find(cache, key);
	bool may_ask;

	if (!entry)
		entry = neigh_cache_make(cache, key, gateway, now_ms,
					 key.word == gateway ? NEIGH_WORTH_IN_FLIGHT : at_most);
	if (!entry)
		return NEIGH_WAIT;
	if (now_ms - entry->confirmed_ms >= NEIGH_STALE_MS)
		entry->known = false;
	entry->used |= !is_stranger;
	may_ask = !is_in_flight(entry, now_ms);
	if (may_ask) {
		entry->requested_ms = now_ms;
		entry->asked = count_up(entry->asked);
		entry->unanswered = count_up(entry->unanswered);
	}
	if (!entry->known)
		return may_ask ? NEIGH_ASK : NEIGH_WAIT;
	memcpy(mac, entry->mac, sizeof(entry->mac));
	return may_ask ? NEIGH_KNOWN_ASK : NEIGH_KNOWN;
}

bool neigh_cache_is_sure(const struct neigh_entry *entry, uint32_t now_ms)
{
	return entry->known && !entry->doubtful && now_ms - entry->confirmed_ms < NEIGH_REQUEST_MS;
}
