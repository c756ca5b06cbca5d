/* neigh.h - ARP (RFC 826, RFC 1122 2.3.2): answers for our own addresses, finds next hops. Bounded. */
#ifndef NEIGH_NEIGH_H
#define NEIGH_NEIGH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <quern/address.h>

#include "wire/wire_packet.h"

enum {
	NEIGH_REACHABLE_MS = 60000, /* an entry this old is asked for again while it is still used */
	NEIGH_STALE_MS = 180000,    /* without an answer for this long it is forgotten */
	NEIGH_REQUEST_MS = 1000,    /* at most one request a target in this time */
	NEIGH_WINDOW = 8            /* entries in which one address may stand */
};

struct neigh_entry {
	uint32_t address;      /* 0 is empty */
	uint32_t confirmed_ms; /* when the neighbour was last heard, or the entry made */
	uint32_t requested_ms; /* of the last request; NEIGH_REQUEST_MS before now where there was none */
	uint8_t mac[6];
	bool known;         /* mac is good */
	bool used;          /* we have sent there: not to be pushed out by what others say */
	bool doubtful;      /* since it was confirmed, neigh_suspect() was called or another MAC address was named */
	uint8_t asked;      /* requests since the entry was made, 255 for more */
	uint8_t unanswered; /* requests since it was confirmed */
};

/* One port's addresses and what it knows of its neighbours. */
struct neigh {
	struct neigh_entry *entries;
	uint32_t entry_count; /* power of two */
	struct quern_range own;
	struct quern_prefix network;
	uint32_t gateway; /* 0 for none */
	uint8_t mac[6];
};

/* Bytes for at most `entry_count` neighbours, a power of two. */
size_t neigh_bytes(uint32_t entry_count);

/* Begins with an empty cache in `memory`, all zero. */
void neigh_init(struct neigh *neigh, void *memory, uint32_t entry_count, const struct quern_range *own,
		const struct quern_prefix *network, uint32_t gateway, const uint8_t mac[6]);

/* True for an address that is ours. */
static inline bool neigh_is_own(const struct neigh *neigh, uint32_t address)
{
	return address - neigh->own.first <= neigh->own.last - neigh->own.first;
}

/* What an ARP packet asks us to do. */
enum neigh_action {
	NEIGH_IGNORE, /* concerns none of our addresses */
	NEIGH_LEARN,  /* learnt or refreshed; nothing to say */
	NEIGH_DOUBT,  /* another MAC address for a neighbour in use: not believed; it is asked at next use */
	NEIGH_ANSWER  /* send `reply` to arp->sender_mac */
};

/* RFC 826's packet reception: an entry that exists is refreshed, one is made only when the packet is for us and we have
 * asked or it asks us; never for one of our own addresses. Another MAC address for a neighbour in use is believed
 * within a second of the first request, or once the known one has left two requests unanswered: anybody can say so, and
 * a neighbour that is there contradicts. */
enum neigh_action neigh_input(struct neigh *neigh, const struct wire_arp *arp, uint32_t now_ms, struct wire_arp *reply);

/* The next hop of an address: itself on our network, else the gateway; 0 where there is no way. */
uint32_t neigh_next_hop(const struct neigh *neigh, uint32_t address);

enum neigh_answer {
	NEIGH_KNOWN,      /* mac is set */
	NEIGH_KNOWN_ASK,  /* mac is set; send `request` as well, the entry is getting old */
	NEIGH_ASK,        /* send `request` */
	NEIGH_WAIT,       /* a request is in flight */
	NEIGH_UNREACHABLE /* no way there */
};

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
