/* neigh_nd.c - neighbour discovery: what is heard goes into the cache, what is not known is asked for. */
#include "neigh/neigh_nd.h"

#include <string.h>

#include "base/check.h"

static const struct quern_ip6 all_nodes = {UINT64_C(0xff02) << 48, 1};

size_t neigh_nd_bytes(uint32_t entry_count)
{
	return entry_count * (sizeof(struct quern_ip6) + sizeof(struct neigh_entry));
}

/* What stands for an address in the cache; 0 is an empty entry's, so that no address has it. */
static uint32_t word_of(const struct neigh_nd *neigh, struct quern_ip6 address)
{
	uint64_t folded = hash_fold(address.high ^ neigh->secret.words[0], address.low ^ neigh->secret.words[1]);
	uint32_t word = (uint32_t)(hash_fold(folded ^ neigh->secret.words[0], neigh->secret.words[1] | 1) >> 32);

	return word ? word : 1;
}

static struct neigh_key key_of(const struct neigh_nd *neigh, const struct quern_ip6 *address)
{
	return (struct neigh_key){.word = word_of(neigh, *address), .address = address};
}

void neigh_nd_init(struct neigh_nd *neigh, void *memory, uint32_t entry_count, const struct neigh_nd_port *port,
		   const struct hash_secret *secret)
{
	CHECK(entry_count > 0 && (entry_count & (entry_count - 1)) == 0);
	CHECK(port->prefix_length <= 128);
	memset(memory, 0, neigh_nd_bytes(entry_count));
	*neigh = (struct neigh_nd){
		.cache = {.addresses = memory, .entry_count = entry_count},
		.secret = *secret,
		.own_first = port->own_first,
		.own_last = port->own_last,
		.network = port->network,
		.prefix_length = port->prefix_length,
		.gateway = port->gateway,
	};
	neigh->cache.entries = (struct neigh_entry *)(void *)(neigh->cache.addresses + entry_count);
	neigh->gateway_word = ip6_is_unspecified(port->gateway) ? 0 : word_of(neigh, port->gateway);
	memcpy(neigh->mac, port->mac, sizeof(neigh->mac));
}

bool neigh_nd_is_our_group(const struct neigh_nd *neigh, struct quern_ip6 group)
{
	uint64_t own_count = ip6_distance(neigh->own_last, neigh->own_first);
	uint64_t from_first;

	if (ip6_equal(group, all_nodes))
		return true;
	if (!ip6_equal(group, ip6_solicited_node(group)))
		return false;
	/* Of consecutive addresses the last three bytes are consecutive, with a turn at their end. */
	from_first = (group.low - neigh->own_first.low) & 0xffffff;
	return from_first <= own_count;
}

bool neigh_nd_is_on_link(const struct neigh_nd *neigh, struct quern_ip6 address)
{
	uint64_t high = address.high ^ neigh->network.high, low = address.low ^ neigh->network.low;
	uint8_t length = neigh->prefix_length;

	if (ip6_is_link_local(address))
		return true;
	if (length == 0)
		return true;
	if (length <= 64)
		return high >> (64 - length) == 0;
	return high == 0 && low >> (128 - length) == 0;
}

/* Where we speak from: the address of the network where it is ours, so that the neighbour finds its way back. */
static struct quern_ip6 speaker(const struct neigh_nd *neigh)
{
	return neigh_nd_is_own(neigh, neigh->network) ? neigh->network : neigh->own_first;
}

/* RFC 4861 7.2.2: asked of all who may have the address, with our own MAC address along. */
static void write_solicitation(const struct neigh_nd *neigh, struct quern_ip6 target, struct neigh_nd_packet *request)
{
	*request = (struct neigh_nd_packet){
		.ip6 = {.local = speaker(neigh), .remote = ip6_solicited_node(target)},
		.nd = {.target = target, .has_mac = true},
	};
	memcpy(request->nd.mac, neigh->mac, sizeof(neigh->mac));
}

/* RFC 4861 7.2.4: to all nodes, and unsolicited, where the one who asks has no address. */
static void write_advertisement(const struct neigh_nd *neigh, const struct packet *asked, struct neigh_nd_packet *reply)
{
	bool has_address = !ip6_is_unspecified(asked->ip6.remote);

	*reply = (struct neigh_nd_packet){
		.ip6 = {.local = asked->nd.target, .remote = has_address ? asked->ip6.remote : all_nodes},
		.nd = {.target = asked->nd.target,
		       .is_advertisement = true,
		       .is_solicited = has_address,
		       .is_override = true,
		       .has_mac = true},
	};
	memcpy(reply->nd.mac, neigh->mac, sizeof(neigh->mac));
}

/* Whether an address may be a neighbour's: not ours, and on the link, or the gateway. */
static bool may_be_neighbour(const struct neigh_nd *neigh, struct quern_ip6 address)
{
	if (neigh_nd_is_own(neigh, address) || !ip6_names_a_host(address))
		return false;
	return neigh_nd_is_on_link(neigh, address) || ip6_equal(address, neigh->gateway);
}

/* Somebody asks for one of our addresses, and says who it is. */
static enum neigh_action take_solicitation(struct neigh_nd *neigh, const struct packet *packet, uint32_t now_ms)
{
	struct neigh_key key = key_of(neigh, &packet->ip6.remote);
	struct neigh_entry *entry;

	if (!packet->nd.has_mac || !neigh_cache_is_station(packet->nd.mac) ||
	    !may_be_neighbour(neigh, packet->ip6.remote))
		return NEIGH_IGNORE;
	entry = neigh_cache_find(&neigh->cache, key);
	if (!entry)
		entry = neigh_cache_make(&neigh->cache, key, neigh->gateway_word, now_ms, NEIGH_WORTH_HEARSAY);
	if (!entry)
		return NEIGH_IGNORE;
	return neigh_cache_confirm(entry, packet->nd.mac, now_ms) ? NEIGH_LEARN : NEIGH_DOUBT;
}

/* What is said of the MAC address where it is not the one that is known. */
static enum neigh_action take_other_mac(struct neigh_entry *entry, const struct wire_nd *nd, uint32_t now_ms)
{
	/* RFC 4861 7.2.5 I: without the override bit it is a second opinion, unless the first is silent (7.3.3). */
	if (!nd->is_solicited || (entry->known && !nd->is_override && entry->unanswered < NEIGH_UNANSWERED)) {
		entry->doubtful = true;
		return NEIGH_DOUBT;
	}
	return neigh_cache_confirm(entry, nd->mac, now_ms) ? NEIGH_LEARN : NEIGH_DOUBT;
}

static enum neigh_action take_advertisement(struct neigh_nd *neigh, const struct wire_nd *nd, uint32_t now_ms)
{
	struct neigh_entry *entry = neigh_cache_find(&neigh->cache, key_of(neigh, &nd->target));
	bool is_the_known_one;

	/* 7.2.5: no entry is made for what nobody wants to know; without a MAC address there is nothing to begin with.
	 */
	if (!entry || neigh_nd_is_own(neigh, nd->target) || (!entry->known && (!nd->has_mac || !nd->is_solicited)))
		return NEIGH_IGNORE;
	if (nd->has_mac && !neigh_cache_is_station(nd->mac))
		return NEIGH_IGNORE;
	is_the_known_one = entry->known && (!nd->has_mac || memcmp(nd->mac, entry->mac, sizeof(nd->mac)) == 0);
	if (!is_the_known_one)
		return take_other_mac(entry, nd, now_ms);
	if (!nd->is_solicited)
		return NEIGH_IGNORE;
	return neigh_cache_confirm(entry, entry->mac, now_ms) ? NEIGH_LEARN : NEIGH_DOUBT;
}

enum neigh_action neigh_nd_input(struct neigh_nd *neigh, const struct packet *packet, uint32_t now_ms,
				 struct neigh_nd_packet *reply)
{
	if (neigh_nd_is_own(neigh, packet->ip6.remote))
		return NEIGH_IGNORE;
	if (packet->nd.is_advertisement)
		return take_advertisement(neigh, &packet->nd, now_ms);
	if (!neigh_nd_is_own(neigh, packet->nd.target))
		return NEIGH_IGNORE;
	/* Who has lied about its MAC address is answered like anybody: what is said of ours is true. */
	take_solicitation(neigh, packet, now_ms);
	write_advertisement(neigh, packet, reply);
	return NEIGH_ANSWER;
}

bool neigh_nd_next_hop(const struct neigh_nd *neigh, struct quern_ip6 address, struct quern_ip6 *hop)
{
	if (neigh_nd_is_own(neigh, address) || !ip6_names_a_host(address))
		return false;
	if (neigh_nd_is_on_link(neigh, address)) {
		*hop = address;
		return true;
	}
	if (neigh->gateway_word == 0 || neigh_nd_is_own(neigh, neigh->gateway))
		return false;
	*hop = neigh->gateway;
	return true;
}

static enum neigh_answer ask(struct neigh_nd *neigh, const struct quern_ip6 *hop, bool is_stranger, uint32_t now_ms,
			     uint8_t mac[6], struct neigh_nd_packet *request)
{
	enum neigh_answer answer =
		neigh_cache_ask(&neigh->cache, key_of(neigh, hop), neigh->gateway_word, is_stranger, now_ms, mac);

	if (answer == NEIGH_ASK || answer == NEIGH_KNOWN_ASK)
		write_solicitation(neigh, *hop, request);
	return answer;
}

enum neigh_answer neigh_nd_resolve(struct neigh_nd *neigh, struct quern_ip6 address, uint32_t now_ms, uint8_t mac[6],
				   struct neigh_nd_packet *request)
{
	const struct neigh_entry *entry;
	struct quern_ip6 hop;

	if (!neigh_nd_next_hop(neigh, address, &hop))
		return NEIGH_UNREACHABLE;
	entry = neigh_cache_find(&neigh->cache, key_of(neigh, &hop));
	if (!entry || !neigh_cache_is_fresh(entry, now_ms))
		return ask(neigh, &hop, false, now_ms, mac, request);
	memcpy(mac, entry->mac, sizeof(entry->mac));
	return NEIGH_KNOWN;
}

enum neigh_answer neigh_nd_resolve_stranger(struct neigh_nd *neigh, struct quern_ip6 address, uint32_t now_ms,
					    uint8_t mac[6], struct neigh_nd_packet *request)
{
	const struct neigh_entry *entry;
	struct quern_ip6 hop;

	if (!neigh_nd_next_hop(neigh, address, &hop))
		return NEIGH_UNREACHABLE;
	entry = neigh_cache_find(&neigh->cache, key_of(neigh, &hop));
	/* The way to a neighbour in use, the gateway among them, is nothing new. */
	if (ip6_equal(hop, neigh->gateway) || (entry && entry->used))
		return neigh_nd_resolve(neigh, address, now_ms, mac, request);
	return ask(neigh, &hop, true, now_ms, mac, request);
}

void neigh_nd_suspect(struct neigh_nd *neigh, struct quern_ip6 address)
{
	struct neigh_entry *entry;
	struct quern_ip6 hop;

	if (!neigh_nd_next_hop(neigh, address, &hop))
		return;
	entry = neigh_cache_find(&neigh->cache, key_of(neigh, &hop));
	if (entry)
		entry->doubtful = true;
}

void neigh_nd_confirm(struct neigh_nd *neigh, struct quern_ip6 address, const uint8_t mac[6], uint32_t now_ms)
{
	struct neigh_key key = key_of(neigh, &address);
	struct neigh_entry *entry;

	if (!neigh_nd_is_on_link(neigh, address) || !may_be_neighbour(neigh, address) || !neigh_cache_is_station(mac))
		return;
	entry = neigh_cache_find(&neigh->cache, key);
	if (entry && neigh_cache_is_sure(entry, now_ms))
		return;
	if (!entry)
		entry = neigh_cache_make(&neigh->cache, key, neigh->gateway_word, now_ms, NEIGH_WORTH_HEARSAY);
	if (entry)
		neigh_cache_confirm(entry, mac, now_ms);
}
