/* worker.h - one core's poll loop over its shards. */
#ifndef WORKER_WORKER_H
#define WORKER_WORKER_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include <quern/engine.h>

#include "nic/nic.h"
#include "shard/shard.h"
#include "worker/worker_clock.h"
#include "worker/worker_gap.h"
#include "worker/worker_load.h"
#include "worker/worker_mail.h"

enum {
	WORKER_PATIENCE = 64,      /* idle turns before a worker gives way, where others need its CPU too */
	WORKER_NAP_NS = 50000,     /* of a worker without work, where workers share its CPU */
	WORKER_HOLD_NS = 100000000 /* how long frames that the port refuses are offered to it again */
};

/* Frames that the port, or the line to it, did not take: offered again each turn. */
struct worker_held {
	uint16_t count;
	uint64_t since_ns;
	struct rte_mbuf *mbufs[SHARD_BURST];
};

/* A shard and what belongs to its turn. What it cannot send waits in `held`, and the rest in the shard. */
struct worker_shard {
	struct quern_shard *shard;
	struct nic_queue queue;
	struct worker_mail *mail; /* null where the port is this shard's alone */
	uint16_t place;           /* of the shard in it */
	bool (*on_turn)(struct quern_shard *shard, void *app);
	int (*on_start)(struct quern_shard *shard, void *app);
	void *app;
	struct worker_load load;
	uint64_t took_ns;     /* when the port, or the line to it, last took a frame */
	uint16_t next_sender; /* whose frames place 0 sends next, where it sends for others */
	bool others_first;    /* in this turn */
	struct worker_held held;
	struct worker_held held_for_others;
};

struct worker {
	const struct worker_clock *clock;
	const bool *halt; /* others set it, relaxed; the loop ends within a turn */
	unsigned int lcore;
	uint16_t core;
	uint16_t lane;       /* several workers on one core tell themselves apart by it */
	bool yields;         /* others need this CPU too */
	bool takes_turns;    /* and some of them are workers: it naps when it has no work */
	clockid_t cpu_clock; /* of its thread; written before `thread` */
	int32_t thread;      /* its number in the kernel, 0 until it runs; read with acquire */
	uint16_t shard_count;
	uint16_t failed_shard; /* whose on_start made worker_run() fail, by position in `shards` */
	struct worker_shard shards[QUERN_MAX_SHARDS];

	/* Written by the worker only; others read them with counter_read(). */
	_Alignas(64) uint64_t cycles; /* since the first turn */
	uint64_t turns;
	uint64_t busy_turns;
	uint64_t busy_cycles; /* of them; what others had the core for within one is among them */
	struct worker_gap gap;
};

/* Runs a struct worker until *halt: on_start of each shard, then turn after turn.
 * 0, or what on_start returned, and then no turn has been made. */
int worker_run(void *worker);

#endif
