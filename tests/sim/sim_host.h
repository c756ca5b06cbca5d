/* sim_host.h - hosts: each a shard with its buffers, a port that takes frames or not, and an application. Two of them
 * may be twins: shards that share one port and its addresses, each flow being one's. */
#ifndef SIM_SIM_HOST_H
#define SIM_SIM_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mempool.h>

#include "shard/shard.h"
#include "sim/sim_seed.h"
#include "sim/sim_wire.h"

enum {
	SIM_BUFFERS = 1023,      /* of a host */
	SIM_WIRE_BUFFERS = 8191, /* of all links */
	SIM_RESTS_MAX = 64,
	SIM_MOVED_MAX = 128, /* frames on their way from twin to twin */
	SIM_TWIN = 1,        /* the first of twins, which hears what is not spread */
	SIM_OTHER_TWIN = 2
};

/* What the world knows of a pair of ends in TIME-WAIT. */
struct sim_rest {
	struct sim_tuple tuple; /* from the side of the host that waits */
	uint64_t until_ns;      /* no sooner may it end */
};

struct sim_host {
	struct quern_shard *shard;
	struct rte_mempool *pool;
	void *memory;
	uint8_t number;
	uint32_t restarts;
	uint8_t routes[SIM_HOSTS_MAX][3]; /* by target: to SIM_PORT, SIM_PULL_PORT, SIM_CROSS_PORT */
	/* What it is kept from, and until when. */
	uint64_t late_until_ns, refuses_until_ns, short_until_ns, behind_until_ns, drained_until_ns;
	bool loses_refused;
	uint16_t short_frames;
	struct rte_mbuf *stolen[SIM_BUFFERS];
	uint32_t stolen_count;
	struct rte_mbuf *moved[SIM_MOVED_MAX]; /* from its twin */
	uint16_t moved_count;
	/* When it must turn, beside frames and applications; UINT64_MAX for never. */
	uint64_t timer_ns, again_ns;
	uint64_t accept_ns; /* when its application asks again for connections */
	/* Since it last had nothing left to send. */
	uint32_t heard, fired, calls, bare_acks;
	/* Of this turn. */
	bool heard_one_reset, has_expired;
	struct sim_tuple reset_tuple;
	bool was_shut; /* queues had all buffers that they may, once faults were over */
	/* Of the turn before. */
	uint64_t evicted;
	bool is_reopened; /* a SYN has reopened a record, at any time */
	struct sim_rest rests[SIM_RESTS_MAX];
	uint32_t rest_count;
};

struct sim_frame;
struct sim_world;

/* The address of a host: its first. That of twins is one. */
uint32_t sim_host_address(const struct sim_world *world, uint8_t host);

/* The host of an address; of twins' the first. */
uint8_t sim_host_of(uint32_t address);

/* Begins all hosts of a world, with their listeners and routes. */
void sim_host_open(struct sim_world *world);

/* A host crashes, and comes back with nothing but its address: what it had is lost, and nobody is told. */
void sim_host_restart(struct sim_world *world, uint8_t number);

/* Undoes that, frames of any kind included. */
void sim_host_close(struct sim_world *world);

/* The shard whose queue a frame for a host arrives in: of twins either, where the port spreads. */
uint8_t sim_host_queue(const struct sim_world *world, uint8_t host, const struct sim_frame *frame);

/* Hands on what a host has received for its twin. */
void sim_host_move(struct sim_world *world, struct sim_host *host);

/* Whether a pair of ends, seen from its host, is known to be in TIME-WAIT. */
bool sim_host_rests(const struct sim_world *world, const struct sim_tuple *tuple);

/* Takes buffers, but so many; and gives all back. */
void sim_host_drain(struct sim_host *host, uint32_t leave);
void sim_host_give_back(struct sim_host *host);

/* Buffers of all pools that are in use. */
uint32_t sim_host_buffers(void);

/* The pool of the links. */
struct rte_mempool *sim_host_wire_pool(void);

/* Nobody knows what a run that was cut short has left in the pools: the next has others. */
void sim_host_forget_pools(void);

#endif
