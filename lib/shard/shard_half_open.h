/* shard_half_open.h - how many connections are half-open, in all and of each listener; inside lib/shard only. */
#ifndef SHARD_SHARD_HALF_OPEN_H
#define SHARD_SHARD_HALF_OPEN_H

#include "shard/shard_parts.h"

/* True where a listener takes no more of them: its own limit, or that of the shard, is reached. */
static inline bool shard_half_open_is_full(const struct quern_shard *shard, const struct shard_service *listener)
{
	return shard->half_open >= shard->config.max_half_open || listener->half_open >= listener->tcp.max_half_open;
}

/* A SYN has made a connection. */
static inline void shard_half_open_begin(struct quern_shard *shard, const struct tcp_conn *conn)
{
	shard->half_open++;
	shard_service_of(shard, conn)->half_open++;
}

/* It is established, or comes to nothing. Its profile is its listener until then. */
static inline void shard_half_open_end(struct quern_shard *shard, const struct tcp_conn *conn)
{
	shard->half_open--;
	shard_service_of(shard, conn)->half_open--;
}

#endif
