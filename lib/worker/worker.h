/* worker.h - one core's poll loop over its shards. */
#ifndef WORKER_WORKER_H
#define WORKER_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include <quern/engine.h>

#include "nic/nic.h"
#include "shard/shard.h"
#include "worker/worker_clock.h"

enum {
	WORKER_BURST = 32,         /* frames a call of nic_receive() */
	WORKER_BURSTS = 8,         /* of one shard a turn: more than a peer on the same core is likely to send in one */
	WORKER_PATIENCE = 64,      /* idle turns before a worker that shares its CPU yields it */
	WORKER_HOLD_NS = 100000000 /* how long frames that the port refuses are offered to it again */
};

/* A shard and what belongs to its turn. Frames that the port did not take wait here, and the rest in the shard. */
struct worker_shard {
	struct quern_shard *shard;
	struct nic_queue queue;
	bool (*on_turn)(struct quern_shard *shard, void *app);
	int (*on_start)(struct quern_shard *shard, void *app);
	void *app;
	uint16_t held_count;
	uint64_t held_since_ns;
	struct rte_mbuf *held[SHARD_BURST];
};

struct worker {
	const struct worker_clock *clock;
	const bool *halt; /* others set it, relaxed; the loop ends within a turn */
	unsigned int lcore;
	uint16_t core;
	bool yields; /* others need this CPU too */
	uint16_t shard_count;
	uint16_t failed_shard; /* whose on_start made worker_run() fail, by position in `shards` */
	struct worker_shard shards[QUERN_MAX_SHARDS];

	/* Written by the worker only; others read them with counter_read(). */
	_Alignas(64) uint64_t cycles; /* since the first turn */
	uint64_t turns;
	uint64_t busy_turns;
};

/* Runs a struct worker until *halt: on_start of each shard, then turn after turn.
 * 0, or what on_start returned, and then no turn has been made. */
int worker_run(void *worker);

#endif
