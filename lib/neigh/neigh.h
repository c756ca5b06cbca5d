/* neigh.h - ARP (RFC 826, RFC 1122 2.3.2): answers for our own addresses, finds next hops. Bounded. */
#ifndef NEIGH_NEIGH_H
#define NEIGH_NEIGH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <quern/address.h>

#include "neigh/neigh_cache.h"
#include "wire/wire_packet.h"

/* One port's addresses and what it knows of its neighbours. */
struct neigh {
	struct neigh_cache cache;
	struct quern_range own;
	struct quern_prefix network;
	uint32_t gateway;   /* 0 for none */
	uint32_t broadcast; /* of the network, as long as it has one (RFC 3021); else 0, which is nobody's */
	uint8_t mac[6];
};

/* Bytes for at most `entry_count` neighbours, a power of two. */
size_t neigh_bytes(uint32_t entry_count);

/* Begins with an empty cache in `memory`, all zero. */
void neigh_init(struct neigh *neigh, void *memory, uint32_t entry_count, const struct quern_range *own,
		const struct quern_prefix *network, uint32_t gateway, const uint8_t mac[6]);

/* True for an address that is ours. A port with IPv6 alone has 0, which is nobody's. */
static inline bool neigh_is_own(const struct neigh *neigh, uint32_t address)
{
	return address - neigh->own.first <= neigh->own.last - neigh->own.first && address != 0;
}

/* RFC 826's packet reception: an entry that exists is refreshed, one is made only when the packet is for us and we have
 * asked or it asks us; never for one of our own addresses. Another MAC address for a neighbour in use is believed
 * within a second of the first request, or once the known one has left two requests unanswered: anybody can say so, and
 * a neighbour that is there contradicts. */
enum neigh_action neigh_input(struct neigh *neigh, const struct wire_arp *arp, uint32_t now_ms, struct wire_arp *reply);

/* The next hop of an address: itself on our network, else the gateway; 0 where there is no way. */
uint32_t neigh_next_hop(const struct neigh *neigh, uint32_t address);

/* Looks up the MAC address on the way to `address`. */
enum neigh_answer neigh_resolve(struct neigh *neigh, uint32_t address, uint32_t now_ms, uint8_t mac[6],
				struct wire_arp *request);

/* The same for an address that somebody has given as its own and has not proved: no entry in use goes for it, and its
 * own is not one in use. */
enum neigh_answer neigh_resolve_stranger(struct neigh *neigh, uint32_t address, uint32_t now_ms, uint8_t mac[6],
					 struct wire_arp *request);

/* A neighbour has completed a handshake from this MAC address: as good as an ARP packet of its own (RFC 1122 2.3.2.1
 * (4)). Addresses that are not on our network are not touched. */
void neigh_confirm(struct neigh *neigh, uint32_t address, const uint8_t mac[6], uint32_t now_ms);

/* What was learnt about the way to `address` is in doubt (R1 retransmissions unanswered): ask again at next use. */
void neigh_suspect(struct neigh *neigh, uint32_t address);

#endif
