/* neigh_nd.h - neighbour discovery (RFC 4861) of a host: answers for our own addresses, finds next hops. Bounded. */
#ifndef NEIGH_NEIGH_ND_H
#define NEIGH_NEIGH_ND_H

#include "base/hash.h"
#include "neigh/neigh_cache.h"
#include "wire/wire_packet.h"

/* A packet of neighbour discovery, from our side. */
struct neigh_nd_packet {
	struct ip6_pair ip6;
	struct wire_nd nd;
};

/* One port's addresses and what it knows of its neighbours. */
struct neigh_nd {
	struct neigh_cache cache;
	struct hash_secret secret; /* who chooses an address does not choose its place in the cache */
	struct quern_ip6 own_first;
	struct quern_ip6 own_last;
	struct quern_ip6 network; /* our address, host bits kept */
	uint8_t prefix_length;    /* 0 to 128 */
	struct quern_ip6 gateway; /* :: for none */
	uint32_t gateway_word;    /* 0 for none */
	uint8_t mac[6];
};

/* What a port is, to neighbour discovery. Own addresses are consecutive, both ends included. */
struct neigh_nd_port {
	struct quern_ip6 own_first;
	struct quern_ip6 own_last;
	struct quern_ip6 network;
	uint8_t prefix_length;
	struct quern_ip6 gateway;
	uint8_t mac[6];
};

/* Bytes for at most `entry_count` neighbours, a power of two. */
size_t neigh_nd_bytes(uint32_t entry_count);

/* Begins with an empty cache in `memory`, which is aligned to 8. */
void neigh_nd_init(struct neigh_nd *neigh, void *memory, uint32_t entry_count, const struct neigh_nd_port *port,
		   const struct hash_secret *secret);

/* True for an address that is ours. */
static inline bool neigh_nd_is_own(const struct neigh_nd *neigh, struct quern_ip6 address)
{
	uint64_t from_first = ip6_distance(address, neigh->own_first);

	return from_first != UINT64_MAX && from_first <= ip6_distance(neigh->own_last, neigh->own_first);
}

/* True for a group that somebody with one of our addresses listens to: that of all nodes, and those of RFC 4291 2.7.1.
 */
bool neigh_nd_is_our_group(const struct neigh_nd *neigh, struct quern_ip6 group);

/* True for the address of a neighbour: on our network, or good on any link. */
bool neigh_nd_is_on_link(const struct neigh_nd *neigh, struct quern_ip6 address);

/* A solicitation or advertisement that wire_parse() took. RFC 4861 7.2.3: one of ours is defended, whoever asks; who
 * asks us is remembered. 7.2.5: an advertisement counts where it answers what we have asked; one that nobody asked for
 * makes us ask, where it contradicts what is known, and is believed in nothing. What it says of routers is nothing to
 * a host that is told its gateway. With NEIGH_ANSWER, `reply` goes to packet->nd.mac, or, where there is none, to where
 * the frame came from; or to all nodes, where the one who asks has no address yet. */
enum neigh_action neigh_nd_input(struct neigh_nd *neigh, const struct packet *packet, uint32_t now_ms,
				 struct neigh_nd_packet *reply);

/* The next hop of an address: itself on our link, else the gateway; false where there is no way. */
bool neigh_nd_next_hop(const struct neigh_nd *neigh, struct quern_ip6 address, struct quern_ip6 *hop);

/* Looks up the MAC address on the way to `address`. */
enum neigh_answer neigh_nd_resolve(struct neigh_nd *neigh, struct quern_ip6 address, uint32_t now_ms, uint8_t mac[6],
				   struct neigh_nd_packet *request);

/* The same for an address that somebody has given as its own and has not proved: no entry in use goes for it, and its
 * own is not one in use. */
enum neigh_answer neigh_nd_resolve_stranger(struct neigh_nd *neigh, struct quern_ip6 address, uint32_t now_ms,
					    uint8_t mac[6], struct neigh_nd_packet *request);

/* A neighbour has completed a handshake from this MAC address: RFC 4861 7.3.1's hint that it can be reached. Addresses
 * that are not on our link are not touched. */
void neigh_nd_confirm(struct neigh_nd *neigh, struct quern_ip6 address, const uint8_t mac[6], uint32_t now_ms);

/* What was learnt about the way to `address` is in doubt (R1 retransmissions unanswered): ask again at next use. */
void neigh_nd_suspect(struct neigh_nd *neigh, struct quern_ip6 address);

#endif
