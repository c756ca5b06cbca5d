/* shard_fragments.h - datagrams that come to a group in fragments, and go on as if they had come whole. Inside
 * lib/shard only. */
#ifndef SHARD_SHARD_FRAGMENTS_H
#define SHARD_SHARD_FRAGMENTS_H

#include "shard/shard_parts.h"

/* A fragment: kept, or the datagram that it makes whole is taken as any other. That one's frame is in several buffers,
 * and no other frame is; headers, and what ICMP quotes, are in the first. */
void shard_fragment_input(struct quern_shard *shard, struct shard_frame *frame);

/* Reads a frame in several buffers, which another shard of the port has put together. */
enum quern_drop shard_fragments_read(const struct quern_shard *shard, const struct rte_mbuf *mbuf,
				     struct packet *packet);

/* The text of a datagram, in one piece, until the next one is looked at. */
const void *shard_fragments_text(const struct quern_shard *shard, const struct shard_frame *frame);

/* Gives up datagrams that have had their time; by the first shard of a group once a turn. */
void shard_fragments_expire(struct shard_forward *forward);

/* True for a datagram that came in fragments. */
static inline bool shard_came_in_fragments(const struct rte_mbuf *mbuf)
{
	return mbuf->nb_segs > 1;
}

#endif
