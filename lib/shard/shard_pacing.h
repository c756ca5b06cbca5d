/* shard_pacing.h - flights whose next segment waits for its time (tcp/tcp_pacing.h); inside lib/shard only. */
#ifndef SHARD_SHARD_PACING_H
#define SHARD_SHARD_PACING_H

#include "shard/shard_parts.h"

/* Before tcp_output() of a paced flight: whether it is too early for its next segment. */
void shard_pacing_look(const struct quern_shard *shard, struct tcp_flight *flight);

/* After it: what went, or null; a segment that is held is sent when its time has come. */
void shard_pacing_note(struct quern_shard *shard, const struct tcp_conn *conn, struct tcp_flight *flight,
		       const struct segment *segment);

/* The flight waits no longer. */
void shard_pacing_forget(struct quern_shard *shard, struct tcp_flight *flight);

/* Sends what has waited for its time, of a bounded number of flights; the others are the first of the next call. */
void shard_pacing_release(struct quern_shard *shard);

/* The earliest time of all, no later than `deadline_ns`. */
uint64_t shard_pacing_next(const struct quern_shard *shard, uint64_t deadline_ns);

/* Each that waits has its place, and is a connection's. For tests. */
bool shard_pacing_is_sound(const struct quern_shard *shard);

#endif
