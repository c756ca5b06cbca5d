/* shard_pair.h - two shards and a virtual link between them: a network in one thread. */
#ifndef SUPPORT_SHARD_PAIR_H
#define SUPPORT_SHARD_PAIR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/random.h"
#include "shard/shard.h"
#include "support/raw_ip6.h"

enum { PAIR_FLIGHT_MAX = 8192 };

#define PAIR_CLIENT_FIRST 0xc6120001U /* 198.18.0.1 */
#define PAIR_SERVER 0xc6130001U       /* 198.19.0.1 */

enum pair_side { PAIR_CLIENT, PAIR_SERVER_SIDE };

struct pair_frame {
	struct rte_mbuf *mbuf;
	uint64_t due_ns;
};

struct pair {
	struct quern_shard *ends[2];
	void *memory[2];
	struct rte_mempool *pool;
	struct pair_frame flight[2][PAIR_FLIGHT_MAX]; /* towards each end, in order of arrival */
	uint32_t head[2], count[2];
	uint64_t now_ns;
	uint64_t delay_ns;
	uint32_t loss_per_mille;
	uint32_t repeat_per_mille; /* frames that arrive twice */
	uint32_t swap_per_mille;   /* frames that overtake the one before them */
	uint32_t late_ms;          /* where not 0, a copy of every frame comes so much later; of as many as find room */
	struct pair_frame late[2][PAIR_FLIGHT_MAX];
	uint32_t late_head[2], late_count[2];
	uint64_t copies;     /* late ones so far */
	uint16_t narrow_mtu; /* where not 0, longer packets go no further, and their sender is told by ICMP */
	bool is_hardware;    /* ends gather and sum, and may cut: the link does for them what a port would */
	uint64_t trace;      /* what was sent, when and to whom, as one number */
	struct random random;
	uint64_t turns;
};

/* `config` holds what both ends share; addresses and MAC are filled in, and the pool where it is null. */
void pair_open(struct pair *pair, const struct shard_config *config, uint64_t delay_ns);

/* Checks both ends and that every buffer is back. */
void pair_close(struct pair *pair);

/* One turn of both ends, and on to the next thing that happens, by at most `max_ms`. */
void pair_turn(struct pair *pair, uint64_t max_ms);

/* Turns until `end_ms` from now. */
void pair_run(struct pair *pair, uint64_t ms);

#endif
