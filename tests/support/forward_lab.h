/* forward_lab.h - a worker's shards that forward datagrams between their ports, on a virtual clock: what a test says at
 * a port, and what it hears there. Frames have an Ethernet header where QUERN_TEST_ETHER is in the environment: hosts
 * have MAC addresses that follow from theirs of IP, answer ARP and neighbour discovery, and hear what is sent to them.
 */
#ifndef SUPPORT_FORWARD_LAB_H
#define SUPPORT_FORWARD_LAB_H

#include <stdbool.h>
#include <stdint.h>

#include <quern/forward.h>

#include "shard/shard.h"
#include "shard/shard_checks.h"
#include "shard/shard_forward.h"
#include "support/lab_datagram.h"

/* Port n has 10.n.0.1 to 10.n.0.4 of 10.n.0.0/16, and 2001:db8:n::1 to ::4 of 2001:db8:n::/48; port 0 leads to all
 * else by 10.0.0.9. */
#define LAB_ADDRESS(port, host) (0x0a000000u | (uint32_t)(port) << 16 | (uint32_t)(host))

enum { LAB_PORTS = 3, LAB_HEARD_MAX = 4096, LAB_FRAME_MAX = 2048, LAB_CHECK_PORT = 2000 /* of probes, the first */ };

/* A packet that came out of a port. */
struct lab_packet {
	uint32_t bytes;
	uint8_t frame[LAB_FRAME_MAX];
};

struct lab_port {
	struct quern_shard *shard;
	void *memory;
	struct lab_packet *heard;
	unsigned int heard_next, heard_count;
};

/* Zero is a default: two ports, 1,000 sessions, an MTU of 1,500. */
struct lab_plan {
	uint16_t ports;
	uint32_t max_sessions;
	bool counts_sources;
	bool gathers; /* ports take frames in several buffers */
	uint16_t mtu;
	const struct port_plan *port_plans; /* of each port, where several groups share them; null: all is this one's */
	uint16_t queue;                     /* the group's, of each plan */
	uint16_t groups;                    /* that share them */
	uint16_t vlan;                      /* of all ports; over bare IP there is none */
	const struct quern_forward_rule *rules;
	uint16_t rule_count;
	struct shard_checks *checks; /* another laboratory's, which probes; null for its own, where rules have some */
};

struct lab {
	struct lab_port ports[LAB_PORTS];
	uint16_t port_count;
	uint16_t vlan;
	struct shard_forward *forward;
	void *memory;
	void *rules, *next_rules;
	void *sources; /* that came with other rules */
	struct shard_checks *checks, *next_checks;
	bool owns_checks;
	uint64_t now_ns;
};

void lab_open(struct lab *lab, const struct lab_plan *plan);

/* Skips the rest of a test in a run over Ethernet. */
void lab_only_without_ethernet(const char *why);

/* Checks that shards and sessions are valid, closes all, and checks that every buffer is back and that all that came
 * out was heard. */
void lab_close(struct lab *lab);

/* Endpoints as the tests write them. */
struct quern_endpoint lab_end(uint16_t port, uint16_t host, uint16_t number);
struct quern_endpoint lab_end6(uint16_t port, uint16_t host, uint16_t number);

/* One packet in at a port, and whatever comes of it in the same turn. */
void lab_say(struct lab *lab, uint16_t port, const struct lab_datagram *datagram);
void lab_say_bytes(struct lab *lab, uint16_t port, const uint8_t *packet, uint32_t bytes);

/* Datagrams in at a port at once, SHARD_BURST at most. */
void lab_say_burst(struct lab *lab, uint16_t port, const struct lab_datagram *datagrams, uint16_t count);

/* The next packet that came out of a port, or null. */
const struct lab_packet *lab_next(struct lab *lab, uint16_t port);

/* The same, which must be a datagram that is right in all its lengths and sums. */
struct lab_datagram lab_hear(struct lab *lab, uint16_t port);

/* A datagram of 100 bytes of the stream from a place on. */
struct lab_datagram lab_from_to(struct quern_endpoint source, struct quern_endpoint dest, uint32_t from);

/* Both ends are the same. */
void lab_expect_end(const struct quern_endpoint *found, const struct quern_endpoint *expected);

/* One of a port's own addresses, with that port number; returns which host it is, of 1 to 4. */
uint16_t lab_expect_own(const struct quern_endpoint *found, uint16_t port, uint16_t number);

/* The next datagram that came out of a port is one that went in at another: the same text, a hop less. */
struct lab_datagram lab_hear_same(struct lab *lab, uint16_t port, const struct lab_datagram *said);

/* Nothing more has come out of any port. */
void lab_hear_nothing(struct lab *lab);

/* For who gives frames to a shard himself: buffers as lab_say() has them, and what has come of them since. */
struct rte_mempool *lab_in_pool(void);
void lab_collect(struct lab *lab);

/* Moves the clock, a millisecond at a time. */
void lab_advance(struct lab *lab, uint64_t ms);

/* Offers other rules to the group, which takes them at its next turn; and turns until it is done with those before.
 * Returns how many turns that took. */
void lab_offer(struct lab *lab, const struct quern_forward_rule *rules, uint16_t count);
uint32_t lab_settle(struct lab *lab);

const struct quern_counters *lab_counters(const struct lab *lab, uint16_t port);

#endif
