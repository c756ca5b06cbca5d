/* port_plan.h - how a port spreads what it receives over its shards: a Toeplitz hash of the flow names an entry of a
 * redirection table, the entry a queue. Plain data that others may read; made once. The hash is linear, so the local
 * ports whose answers come back to one queue are enumerated instead of tried. */
#ifndef BASE_PORT_PLAN_H
#define BASE_PORT_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/flow_key.h"
#include "base/ip6.h"

enum {
	PORT_PLAN_KEY_BYTES = 40, /* what the hash of a flow of IPv4 or IPv6 uses of a port's key */
	PORT_PLAN_ENTRIES_MAX = 512,
	PORT_PLAN_PORTS_IP4 = 8,  /* where a flow of IPv4 has its ports, behind remote and local address */
	PORT_PLAN_PORTS_IP6 = 32, /* the same of IPv6 */
	PORT_PLAN_FLOW_BYTES = 36 /* at most: remote and local address and ports, as a received frame has them */
};

/* What local ports do to the entry, which depends on where they stand. */
struct port_plan_basis {
	uint16_t pivot_port[16];  /* a port whose entry has this bit as its highest */
	uint16_t pivot_entry[16]; /* that entry; 0 for none */
	uint16_t idle_port[16];   /* ports that change nothing in the entry: a basis of them */
	uint8_t idle_ports;
};

struct port_plan {
	uint8_t key[PORT_PLAN_KEY_BYTES];
	uint16_t entries;    /* a power of two from 1 to PORT_PLAN_ENTRIES_MAX */
	bool spread_by_port; /* frames arrive where the plan says; else one shard receives all, and moves them */
	uint8_t queue[PORT_PLAN_ENTRIES_MAX]; /* of each entry */

	/* Made by port_plan_prepare(). */
	uint32_t sums[PORT_PLAN_FLOW_BYTES][256]; /* what each value of each byte adds to the hash */
	struct port_plan_basis ip4, ip6;
};

/* Fills in what follows from key, entries and queue. */
void port_plan_prepare(struct port_plan *plan);

/* Spreads the entries over `queues` queues in turn. */
void port_plan_share(struct port_plan *plan, uint16_t queues);

/* The Toeplitz hash of the frames that a flow receives. */
static inline uint32_t port_plan_hash(const struct port_plan *plan, const struct flow_key *key)
{
	const uint32_t words[3] = {key->remote, key->local, (uint32_t)key->remote_port << 16 | key->local_port};
	uint32_t hash = 0;

	for (int word = 0; word < 3; word++)
		for (int byte = 0; byte < 4; byte++)
			hash ^= plan->sums[4 * word + byte][words[word] >> (24 - 8 * byte) & 0xff];
	return hash;
}

/* The same over IPv6: the key has the ports. */
static inline uint32_t port_plan_hash6(const struct port_plan *plan, const struct ip6_pair *pair,
				       const struct flow_key *key)
{
	const uint64_t words[4] = {pair->remote.high, pair->remote.low, pair->local.high, pair->local.low};
	uint32_t ports = (uint32_t)key->remote_port << 16 | key->local_port, hash = 0;

	for (int word = 0; word < 4; word++)
		for (int byte = 0; byte < 8; byte++)
			hash ^= plan->sums[8 * word + byte][words[word] >> (56 - 8 * byte) & 0xff];
	for (int byte = 0; byte < 4; byte++)
		hash ^= plan->sums[PORT_PLAN_PORTS_IP6 + byte][ports >> (24 - 8 * byte) & 0xff];
	return hash;
}

/* The hash of frames without ports, such as fragments and ICMP messages. */
uint32_t port_plan_hash_addresses(const struct port_plan *plan, uint32_t remote, uint32_t local);

/* The entry, and the queue, of a flow's frames. */
static inline uint16_t port_plan_entry(const struct port_plan *plan, const struct flow_key *key)
{
	return (uint16_t)(port_plan_hash(plan, key) & (plan->entries - 1u));
}

static inline uint16_t port_plan_queue(const struct port_plan *plan, const struct flow_key *key)
{
	return plan->queue[port_plan_entry(plan, key)];
}

static inline uint16_t port_plan_entry6(const struct port_plan *plan, const struct ip6_pair *pair,
					const struct flow_key *key)
{
	return (uint16_t)(port_plan_hash6(plan, pair, key) & (plan->entries - 1u));
}

static inline uint16_t port_plan_queue6(const struct port_plan *plan, const struct ip6_pair *pair,
					const struct flow_key *key)
{
	return plan->queue[port_plan_entry6(plan, pair, key)];
}

/* One local port whose frames come in at `entry`, the key's own local port left aside; false where there is none. The
 * others are its sums with port_plan_idle(). */
bool port_plan_first(const struct port_plan *plan, const struct flow_key *key, uint16_t entry, uint16_t *port);

/* How many local ports share an entry, the first included. */
static inline uint32_t port_plan_ports(const struct port_plan *plan)
{
	return 1u << plan->ip4.idle_ports;
}

/* What makes the `number`-th port of an entry of its first one, by XOR; 0 for number 0. Numbers that follow each other
 * differ in one element of the basis. */
uint16_t port_plan_idle(const struct port_plan *plan, uint32_t number);

/* The same three over IPv6. */
bool port_plan_first6(const struct port_plan *plan, const struct ip6_pair *pair, const struct flow_key *key,
		      uint16_t entry, uint16_t *port);
uint16_t port_plan_idle6(const struct port_plan *plan, uint32_t number);

static inline uint32_t port_plan_ports6(const struct port_plan *plan)
{
	return 1u << plan->ip6.idle_ports;
}

#endif
