/* bench_pair.h - two shards that exchange frames directly, with no port between them. */
#ifndef SHARD_BENCH_PAIR_H
#define SHARD_BENCH_PAIR_H

#include <stdint.h>

#include <rte_mempool.h>

#include "shard/shard.h"

#define PAIR_CLIENT 0xc6120001u
#define PAIR_SERVER 0xc6130001u

struct pair_end {
	struct quern_shard *shard;
	struct rte_mbuf *wire[SHARD_OUT_MAX];
	uint64_t ended; /* written by pair_count_end() */
};

/* What a pair is made of. */
struct pair_plan {
	const struct quern_events *client;
	const struct quern_events *server;
	struct quern_tcp_options options;
	uint32_t connections;
	uint32_t time_wait_ms;
	uint64_t now_ns;
};

struct pair {
	struct pair_end client, server;
	uint8_t route;
};

/* Makes both shards, a listener and a route, and lets them find each other. Ends the program where memory is short. */
void pair_open(struct pair *pair, const struct pair_plan *plan, struct rte_mempool *pool);

/* Carries over what the client says, then what the server says. Returns the number of frames. */
uint32_t pair_turn(struct pair *pair, uint64_t now_ns);

/* An on_ended that counts, and callbacks that close or leave a connection; `app` is the struct pair_end. */
void pair_count_end(struct quern_shard *shard, struct quern_conn conn, enum quern_end how, void *app);
void pair_close(struct quern_shard *shard, struct quern_conn conn, void *app);
void pair_leave(struct quern_shard *shard, struct quern_conn conn, void *app);

#endif
