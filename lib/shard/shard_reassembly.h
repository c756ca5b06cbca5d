/* shard_reassembly.h - the bytes of text beyond a hole, by the islands of tcp; inside lib/shard only. */
#ifndef SHARD_SHARD_REASSEMBLY_H
#define SHARD_SHARD_REASSEMBLY_H

#include "shard/shard_parts.h"
#include "tcp/tcp_reassembly.h"

/* A chain of buffers for each island: text is copied, and neighbours share buffers from either side, so that segments
 * of few bytes fill no more of them than their bytes need. */
struct shard_reassembly {
	union {
		struct tcp_reassembly tcp;
		uint32_t next_free; /* index + 1 */
	};
	struct {
		struct rte_mbuf *first;
		struct rte_mbuf *last;
	} chains[TCP_ISLANDS];
};

/* Keeps text that came beyond a hole, as verdict->hold says, and the FIN behind it; counts it as dropped where nothing
 * of it could be kept. */
void shard_reassembly_hold(struct quern_shard *shard, struct tcp_conn *conn, const struct shard_frame *frame,
			   const struct tcp_verdict *verdict);

/* Text in order has come: what lies behind it without a hole goes to the application, or waits for it as held text.
 * Adds the events of a FIN that is reached. False where the connection is gone. */
bool shard_reassembly_reach(struct quern_shard *shard, struct tcp_conn *conn, uint8_t *events);

/* Gives back what waits beyond holes, if anything does. */
void shard_reassembly_clear(struct quern_shard *shard, struct shard_flight *flight);

/* Writes the islands into a segment that tells them. `twice` says that its first block is something else. */
void shard_reassembly_tell(const struct quern_shard *shard, const struct shard_flight *flight, bool twice,
			   struct segment *segment);

/* Numbers and bytes agree. For tests. */
bool shard_reassembly_is_sound(const struct quern_shard *shard, const struct tcp_conn *conn,
			       const struct shard_flight *flight);

#endif
