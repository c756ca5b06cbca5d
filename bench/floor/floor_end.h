/* floor_end.h - one end of the floor: records, buckets, a wheel of one level, and the six packets. */
#ifndef FLOOR_FLOOR_END_H
#define FLOOR_FLOOR_END_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>
#include <rte_ring.h>

enum { FLOOR_SLOTS = 4096, FLOOR_OUT = 512, FLOOR_BURST = 32 };

enum floor_phase { FLOOR_FREE, FLOOR_OPENING, FLOOR_OPEN, FLOOR_CLOSING, FLOOR_WAITING };

/* Two lines, so that the floor pays for a record of ordinary size. */
struct floor_record {
	uint32_t local, remote;
	uint16_t local_port, remote_port;
	uint32_t snd_nxt, rcv_nxt;
	uint32_t hash, next, previous, slot;
	enum floor_phase phase;
	uint8_t spare[88];
};
static_assert(sizeof(struct floor_record) == 128, "two cache lines");

struct floor_bucket {
	uint16_t tags[8];
	uint32_t indices[8];
	uint8_t spare[16];
};

struct floor_end {
	struct floor_bucket *buckets;
	struct floor_record *records;
	uint32_t *free;
	uint32_t bucket_mask, free_count, now;
	uint32_t wheel[FLOOR_SLOTS];
	struct rte_ring *rx, *tx;
	struct rte_mempool *pool;
	struct rte_mbuf *out[FLOOR_OUT];
	uint32_t out_count;
	uint64_t closed, lost;
	bool is_server;
};

/* Opens connection number `number`; 1, or 0 where no record or bucket is free. */
uint32_t floor_open(struct floor_end *end, uint32_t number);

/* Takes one burst from the ring and answers it. */
void floor_receive(struct floor_end *end);

/* Hands finished frames to the ring. */
void floor_flush(struct floor_end *end);

/* Moves the wheel by one slot; TIME-WAIT ends there. */
void floor_tick(struct floor_end *end);

#endif
