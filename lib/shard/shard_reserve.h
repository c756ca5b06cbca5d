/* shard_reserve.h - too much of everything: what is kept in reserve, who waits, and who goes on; inside lib/shard only.
 */
#ifndef SHARD_SHARD_RESERVE_H
#define SHARD_SHARD_RESERVE_H

#include "shard/shard_parts.h"

/* Compares what is left of buffers with the marks; in a new turn, also says how many of those who wait may go on. */
void shard_reserve_look(struct quern_shard *shard);

/* Nothing is in flight whose ACK would bring the connection on: it waits in line for buffers. */
void shard_reserve_wait(struct quern_shard *shard, struct tcp_conn *conn);

/* Lets as many of those who wait go on as there are buffers to spare for. */
void shard_reserve_wake(struct quern_shard *shard);

/* Text that needs a buffer of its own waits: those left, and the places in line for the port, are for control. */
static inline bool shard_reserve_is_touched(const struct quern_shard *shard)
{
	return shard->pool_is_short || shard->out_tail - shard->out_head >= SHARD_OUT_TEXT;
}

/* Why SYNs are not taken now, or NONE. */
static inline enum quern_drop shard_reserve_syn_refusal(const struct quern_shard *shard)
{
	if (shard->is_behind)
		return QUERN_DROP_TCP_SYN_BEHIND;
	/* What the port's ring may still hold of connections in progress draws as many answers again. */
	return shard->pool_is_short || shard->out_tail - shard->out_head >= SHARD_OUT_SYNS ? QUERN_DROP_TCP_SYN_RESERVE
											   : QUERN_DROP_NONE;
}

#endif
