/* neigh.c - ARP: what is heard goes into the cache, what is not known is asked for. */
#include "neigh/neigh.h"

#include <string.h>

#include "base/check.h"

enum { ARP_REQUEST = 1, ARP_REPLY = 2 };

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
	neigh->cache = (struct neigh_cache){.entries = memory, .entry_count = entry_count};
	neigh->own = *own;
	neigh->network = *network;
	neigh->gateway = gateway;
	neigh->broadcast = network->length < 31 ? network->address | UINT32_MAX >> network->length : 0;
	memcpy(neigh->mac, mac, sizeof(neigh->mac));
}

static inline struct neigh_key key_of(uint32_t address)
{
	return (struct neigh_key){.word = address};
}

static inline struct neigh_entry *find(const struct neigh *neigh, uint32_t address)
{
	return neigh_cache_find(&neigh->cache, key_of(address));
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

static struct neigh_entry *make(struct neigh *neigh, uint32_t address, uint32_t now_ms)
{
	return neigh_cache_make(&neigh->cache, key_of(address), neigh->gateway, now_ms, NEIGH_WORTH_HEARSAY);
}

static enum neigh_action learn(struct neigh *neigh, const struct wire_arp *arp, uint32_t now_ms, bool asks_us)
{
	bool may_be_neighbour = on_network(neigh, arp->sender) || arp->sender == neigh->gateway;
	struct neigh_entry *entry;

	if (!may_be_neighbour || !names_a_host(neigh, arp->sender))
		return NEIGH_IGNORE;
	entry = find(neigh, arp->sender);
	if (!entry && asks_us)
		entry = make(neigh, arp->sender, now_ms);
	if (!entry)
		return NEIGH_IGNORE;
	return neigh_cache_confirm(entry, arp->sender_mac, now_ms) ? NEIGH_LEARN : NEIGH_DOUBT;
}

enum neigh_action neigh_input(struct neigh *neigh, const struct wire_arp *arp, uint32_t now_ms, struct wire_arp *reply)
{
	bool asks_us = arp->operation == ARP_REQUEST && neigh_is_own(neigh, arp->target);
	enum neigh_action learnt;

	if (arp->operation != ARP_REQUEST && arp->operation != ARP_REPLY)
		return NEIGH_IGNORE;
	if (neigh_is_own(neigh, arp->sender) || !neigh_cache_is_station(arp->sender_mac))
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

/* An address that has no fresh entry: asks, or waits for what was asked. */
static enum neigh_answer ask(struct neigh *neigh, uint32_t address, bool is_stranger, uint32_t now_ms, uint8_t mac[6],
			     struct wire_arp *request)
{
	uint32_t hop = neigh_next_hop(neigh, address);
	enum neigh_answer answer;

	if (hop == 0 || neigh_is_own(neigh, hop))
		return NEIGH_UNREACHABLE;
	answer = neigh_cache_ask(&neigh->cache, key_of(hop), neigh->gateway, is_stranger, now_ms, mac);
	if (answer == NEIGH_ASK || answer == NEIGH_KNOWN_ASK)
		write_arp(neigh, ARP_REQUEST, speaker(neigh), hop, request);
	return answer;
}

enum neigh_answer neigh_resolve(struct neigh *neigh, uint32_t address, uint32_t now_ms, uint8_t mac[6],
				struct wire_arp *request)
{
	/* Only hosts get an entry, so a hit on our network needs no other question. */
	uint32_t hop = on_network(neigh, address) ? address : neigh_next_hop(neigh, address);
	const struct neigh_entry *entry = find(neigh, hop);

	if (!entry || !neigh_cache_is_fresh(entry, now_ms))
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

	if (entry && neigh_cache_is_sure(entry, now_ms))
		return;
	if (!on_network(neigh, address) || neigh_is_own(neigh, address) || !names_a_host(neigh, address) ||
	    !neigh_cache_is_station(mac))
		return;
	if (!entry)
		entry = make(neigh, address, now_ms);
	if (!entry)
		return;
	neigh_cache_confirm(entry, mac, now_ms);
}
