/* neigh.c - a bounded ARP cache: an address stands in one of eight neighbouring entries or nowhere. */
#include "neigh/neigh.h"

#include <string.h>

#include "base/check.h"

enum { ARP_REQUEST = 1, ARP_REPLY = 2, ENOUGH_UNANSWERED = 2 };

/* How willingly an entry is given up for another, the most willing first. */
enum worth { WORTH_NOTHING, WORTH_EXPIRED, WORTH_HEARSAY, WORTH_USED, WORTH_IN_FLIGHT };

size_t neigh_bytes(uint32_t entry_count)
{
	return entry_count * sizeof(struct neigh_entry);
}

void neigh_init(struct neigh *neigh, void *memory, uint32_t entry_count, const struct quern_range *own,
		const struct quern_prefix *network, uint32_t gateway, const uint8_t mac[6])
{
	CHECK(entry_count > 0 && (entry_count & (entry_count - 1)) == 0);
	CHECK(network->length <= 32);
	memset(memory, 0, neigh_bytes(entry_count));
	neigh->entries = memory;
	neigh->entry_count = entry_count;
	neigh->own = *own;
	neigh->network = *network;
	neigh->gateway = gateway;
	memcpy(neigh->mac, mac, sizeof(neigh->mac));
}

static inline struct neigh_entry *entry_at(const struct neigh *neigh, uint32_t address, uint32_t step)
{
	uint32_t home = (uint32_t)((address * UINT64_C(0x9e3779b97f4a7c15)) >> 32);

	return &neigh->entries[(home + step) & (neigh->entry_count - 1)];
}

static inline struct neigh_entry *find(const struct neigh *neigh, uint32_t address)
{
	for (uint32_t step = 0; step < NEIGH_WINDOW; step++) {
		struct neigh_entry *entry = entry_at(neigh, address, step);

		if (entry->address == address)
			return entry;
	}
	return NULL;
}

static inline uint32_t host_mask(const struct neigh *neigh)
{
	return (uint32_t)(UINT64_C(0xffffffff) >> neigh->network.length);
}

static inline bool on_network(const struct neigh *neigh, uint32_t address)
{
	return ((address ^ neigh->network.address) & ~host_mask(neigh)) == 0;
}

/* RFC 1122 3.2.1.3: 0/8, 127/8, multicast, class E and broadcast name no host (host number 0 does);
 * RFC 3021: a /31 has no broadcast. */
static bool names_a_host(const struct neigh *neigh, uint32_t address)
{
	uint32_t net = address >> 24;
	uint32_t host = address & host_mask(neigh);

	if (net == 0 || net == 127 || net >= 224)
		return false;
	return neigh->network.length >= 31 || !on_network(neigh, address) || host != host_mask(neigh);
}

/* A request is in flight for NEIGH_REQUEST_MS, answered or not, so that evicting cannot make a second one too soon. */
static bool is_in_flight(const struct neigh_entry *entry, uint32_t now_ms)
{
	return now_ms - entry->requested_ms < NEIGH_REQUEST_MS;
}

static enum worth worth(const struct neigh_entry *entry, uint32_t now_ms)
{
	if (entry->address == 0)
		return WORTH_NOTHING;
	if (is_in_flight(entry, now_ms))
		return WORTH_IN_FLIGHT;
	if (!entry->known || now_ms - entry->confirmed_ms >= NEIGH_STALE_MS)
		return WORTH_EXPIRED;
	return entry->used ? WORTH_USED : WORTH_HEARSAY;
}

/* Makes room for an address: gives up the least worth entry of its window, the oldest of them, where it is worth no
 * more than `at_most`; NULL where all are worth more. */
static struct neigh_entry *make(struct neigh *neigh, uint32_t address, uint32_t now_ms, enum worth at_most)
{
	struct neigh_entry *victim = NULL;
	enum worth least = WORTH_IN_FLIGHT;

	for (uint32_t step = 0; step < NEIGH_WINDOW; step++) {
		struct neigh_entry *entry = entry_at(neigh, address, step);
		enum worth its = worth(entry, now_ms);

		/* A flood of addresses that nobody has must not cut off the way to all others. */
		if (its > at_most || its > least || (entry->known && entry->address == neigh->gateway))
			continue;
		if (victim && its == least && now_ms - entry->confirmed_ms <= now_ms - victim->confirmed_ms)
			continue;
		victim = entry;
		least = its;
	}
	if (victim)
		*victim = (struct neigh_entry){
			.address = address, .confirmed_ms = now_ms, .requested_ms = now_ms - NEIGH_REQUEST_MS};
	return victim;
}

/* Where we speak from: the address of the network where it is ours, so that the neighbour finds its way back. */
static uint32_t speaker(const struct neigh *neigh)
{
	return neigh_is_own(neigh, neigh->network.address) ? neigh->network.address : neigh->own.first;
}

static void write_arp(const struct neigh *neigh, uint16_t operation, uint32_t sender, uint32_t target,
		      struct wire_arp *arp)
{
	*arp = (struct wire_arp){.operation = operation, .sender = sender, .target = target};
	memcpy(arp->sender_mac, neigh->mac, sizeof(arp->sender_mac));
}

/* A unicast MAC address. RFC 1812 3.3.2: a reply that gives a broadcast or multicast address must not be believed. */
static bool is_station(const uint8_t mac[6])
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
	return (entry->asked == 1 && is_in_flight(entry, now_ms)) || entry->unanswered >= ENOUGH_UNANSWERED ||
	       now_ms - entry->confirmed_ms >= NEIGH_STALE_MS;
}

/* False where it is not believed; then the neighbour is asked at next use. */
static bool confirm(struct neigh_entry *entry, const uint8_t mac[6], uint32_t now_ms)
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

static enum neigh_action learn(struct neigh *neigh, const struct wire_arp *arp, uint32_t now_ms, bool asks_us)
{
	bool may_be_neighbour = on_network(neigh, arp->sender) || arp->sender == neigh->gateway;
	struct neigh_entry *entry;

	if (!may_be_neighbour || !names_a_host(neigh, arp->sender))
		return NEIGH_IGNORE;
	entry = find(neigh, arp->sender);
	if (!entry && asks_us)
		entry = make(neigh, arp->sender, now_ms, WORTH_HEARSAY);
	if (!entry)
		return NEIGH_IGNORE;
	return confirm(entry, arp->sender_mac, now_ms) ? NEIGH_LEARN : NEIGH_DOUBT;
}

enum neigh_action neigh_input(struct neigh *neigh, const struct wire_arp *arp, uint32_t now_ms, struct wire_arp *reply)
{
	bool asks_us = arp->operation == ARP_REQUEST && neigh_is_own(neigh, arp->target);
	enum neigh_action learnt;

	if (arp->operation != ARP_REQUEST && arp->operation != ARP_REPLY)
		return NEIGH_IGNORE;
	if (neigh_is_own(neigh, arp->sender) || !is_station(arp->sender_mac))
		return NEIGH_IGNORE;
	learnt = learn(neigh, arp, now_ms, asks_us);
	if (!asks_us)
		return learnt;
	write_arp(neigh, ARP_REPLY, arp->target, arp->sender, reply);
	return NEIGH_ANSWER;
}

uint32_t neigh_next_hop(const struct neigh *neigh, uint32_t address)
{
	if (neigh_is_own(neigh, address) || !names_a_host(neigh, address))
		return 0;
	return on_network(neigh, address) ? address : neigh->gateway;
}

static uint8_t count_up(uint8_t count)
{
	return (uint8_t)(count < UINT8_MAX ? count + 1 : count);
}

/* An address that has no fresh entry: asks, or waits for what was asked. For a stranger nobody else's entry goes. */
static enum neigh_answer ask(struct neigh *neigh, uint32_t address, bool is_stranger, uint32_t now_ms, uint8_t mac[6],
			     struct wire_arp *request)
{
	enum worth at_most = is_stranger ? WORTH_HEARSAY : WORTH_USED;
	uint32_t hop = neigh_next_hop(neigh, address);
	struct neigh_entry *entry;
	bool may_ask;

	if (hop == 0 || neigh_is_own(neigh, hop))
		return NEIGH_UNREACHABLE;
	entry = find(neigh, hop);
	if (!entry)
		entry = make(neigh, hop, now_ms, hop == neigh->gateway ? WORTH_IN_FLIGHT : at_most);
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
		write_arp(neigh, ARP_REQUEST, speaker(neigh), hop, request);
	}
	if (!entry->known)
		return may_ask ? NEIGH_ASK : NEIGH_WAIT;
	memcpy(mac, entry->mac, sizeof(entry->mac));
	return may_ask ? NEIGH_KNOWN_ASK : NEIGH_KNOWN;
}

enum neigh_answer neigh_resolve(struct neigh *neigh, uint32_t address, uint32_t now_ms, uint8_t mac[6],
				struct wire_arp *request)
{
	/* Only hosts get an entry, so a hit on our network needs no other question. */
	uint32_t hop = on_network(neigh, address) ? address : neigh_next_hop(neigh, address);
	const struct neigh_entry *entry = find(neigh, hop);

	if (!entry || !entry->known || !entry->used || entry->doubtful)
		return ask(neigh, address, false, now_ms, mac, request);
	if (now_ms - entry->confirmed_ms >= NEIGH_REACHABLE_MS)
		return ask(neigh, address, false, now_ms, mac, request);
	memcpy(mac, entry->mac, sizeof(entry->mac));
	return NEIGH_KNOWN;
}

enum neigh_answer neigh_resolve_stranger(struct neigh *neigh, uint32_t address, uint32_t now_ms, uint8_t mac[6],
					 struct wire_arp *request)
{
	uint32_t hop = neigh_next_hop(neigh, address);
	const struct neigh_entry *entry = find(neigh, hop);

	/* The way to a neighbour in use, the gateway among them, is nothing new. */
	if (hop == neigh->gateway || (entry && entry->used))
		return neigh_resolve(neigh, address, now_ms, mac, request);
	return ask(neigh, address, true, now_ms, mac, request);
}

void neigh_suspect(struct neigh *neigh, uint32_t address)
{
	uint32_t hop = neigh_next_hop(neigh, address);
	struct neigh_entry *entry = hop ? find(neigh, hop) : NULL;

	if (entry)
		entry->doubtful = true;
}

void neigh_confirm(struct neigh *neigh, uint32_t address, const uint8_t mac[6], uint32_t now_ms)
{
	struct neigh_entry *entry = on_network(neigh, address) ? find(neigh, address) : NULL;

	if (entry && entry->known && !entry->doubtful && now_ms - entry->confirmed_ms < NEIGH_REQUEST_MS)
		return;
	if (!on_network(neigh, address) || neigh_is_own(neigh, address) || !names_a_host(neigh, address) ||
	    !is_station(mac))
		return;
	if (!entry)
		entry = make(neigh, address, now_ms, WORTH_HEARSAY);
	if (!entry)
		return;
	confirm(entry, mac, now_ms);
}
