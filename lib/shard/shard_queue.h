/* shard_queue.h - the buffers behind a flight: text to be sent or acknowledged, and text that waits for its reader.
 * Sequence numbers are tcp's; this maps them to bytes. */
#ifndef SHARD_SHARD_QUEUE_H
#define SHARD_SHARD_QUEUE_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

enum { SHARD_QUEUE_FEW = 16, SHARD_QUEUE_PIECE_LEAST = 512 /* what a buffer takes, however small segments are */ };

/* Mbufs are linked by `next`; each is direct, and one reference is the queue's. All zero is empty. */
struct shard_queue {
	struct rte_mbuf *send_first;
	struct rte_mbuf *send_last;
	struct rte_mbuf *held_first;
	struct rte_mbuf *held_last;
	uint32_t send_seq;            /* of the first byte that is queued */
	uint32_t send_bytes;          /* to be sent or acknowledged */
	uint8_t few[SHARD_QUEUE_FEW]; /* text so short needs no buffer: it is here while send_first is null */
	uint32_t reassembly;          /* index + 1 of what waits beyond holes */
	uint32_t scoreboard;          /* index + 1 of what the peer has SACKed */
};
static_assert(sizeof(struct shard_queue) == 64, "one cache line");

/* Where queues have their buffers from. */
struct shard_buffers {
	struct rte_mempool *pool;
	uint32_t used;         /* in queues of this shard */
	uint32_t limit;        /* beyond it nothing new is queued, so that frames still find buffers */
	uint32_t again_below;  /* once it was reached, nothing is queued until so few are used */
	uint32_t narrow_above; /* windows of those who hold text open no further */
	bool is_full;          /* between limit and again_below; written once a turn, as is_shut is */
	bool is_shut;          /* full, or the pool is short */
};

/* The marks for at most `limit` buffers in queues. */
struct shard_buffers shard_queue_buffers(struct rte_mempool *pool, uint32_t limit);

/* Whether one more buffer may be queued to be sent, or held. */
static inline bool shard_queue_may_grow(const struct shard_buffers *buffers)
{
	return buffers->used < buffers->limit && !buffers->is_shut;
}

/* Copies text to the end, at most `per_buffer` bytes into one buffer. Returns how many bytes found room. */
uint32_t shard_queue_append(struct shard_queue *queue, struct shard_buffers *buffers, const void *text, uint32_t bytes,
			    uint32_t per_buffer);

/* Text before `seq` is acknowledged: its buffers go. */
void shard_queue_release(struct shard_queue *queue, struct shard_buffers *buffers, uint32_t seq);

/* Copies `bytes` queued bytes from `seq` on. */
void shard_queue_copy(const struct shard_queue *queue, uint32_t seq, uint32_t bytes, uint8_t *to);

/* Hangs the same bytes behind a header as indirect mbufs. False, with nothing hung, where buffers are short, or the
 * text is in no buffer. */
bool shard_queue_attach(const struct shard_queue *queue, struct shard_buffers *buffers, uint32_t seq, uint32_t bytes,
			struct rte_mbuf *header);

/* Keeps received text for its reader: copied, so that the frame's buffer goes back where it came from. False where no
 * buffer is left, and then nothing is kept. */
bool shard_queue_hold(struct shard_queue *queue, struct shard_buffers *buffers, const void *text, uint32_t bytes);

/* Keeps the frame's own buffer; its data must be the text. */
void shard_queue_hold_frame(struct shard_queue *queue, struct shard_buffers *buffers, struct rte_mbuf *mbuf);

/* What `from` holds goes behind what is held, in the buffers that it is in, but for the first, where its text finds
 * room in the last that is held. */
void shard_queue_hold_chain(struct shard_queue *queue, struct shard_buffers *buffers, const struct shard_queue *from);

/* Takes `bytes` bytes off the front of what is held. */
void shard_queue_take(struct shard_queue *queue, struct shard_buffers *buffers, uint32_t bytes);

/* How many bytes there are in a chain, null for none: for checks, since it walks. */
uint32_t shard_queue_bytes(const struct rte_mbuf *first);

/* Gives all buffers back. */
void shard_queue_clear(struct shard_queue *queue, struct shard_buffers *buffers);

#endif
