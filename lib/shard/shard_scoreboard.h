/* shard_scoreboard.h - which connection has a scoreboard; inside lib/shard only. */
#ifndef SHARD_SHARD_SCOREBOARD_H
#define SHARD_SHARD_SCOREBOARD_H

#include "shard/shard_parts.h"
#include "tcp/tcp_sack.h"

struct shard_scoreboard {
	union {
		struct tcp_scoreboard tcp;
		uint32_t next_free; /* index + 1 */
	};
};

/* The flight's, or null; `flight` may be null too. */
struct tcp_scoreboard *shard_scoreboard_of(const struct quern_shard *shard, const struct shard_flight *flight);

/* The same before a segment is taken, begun where it asks for one. Null also where none is free: recovery goes on
 * without (RFC 6582). */
struct tcp_scoreboard *shard_scoreboard_for(struct quern_shard *shard, const struct tcp_conn *conn,
					    struct shard_flight *flight, const struct segment *segment);

/* Gives back what is not needed any longer, once all has been said. */
void shard_scoreboard_settle(struct quern_shard *shard, struct shard_flight *flight);

/* Gives it back, if there is one. */
void shard_scoreboard_clear(struct quern_shard *shard, struct shard_flight *flight);

/* Its numbers lie in the flight. For tests. */
bool shard_scoreboard_is_sound(const struct quern_shard *shard, const struct shard_flight *flight);

#endif
