/* shard_scoreboard.c - scoreboards: taken when a peer says that it has text beyond a hole, given back when there is
 * none. */
#include "shard/shard_scoreboard.h"

#include "base/seq.h"

struct tcp_scoreboard *shard_scoreboard_of(const struct quern_shard *shard, const struct shard_flight *flight)
{
	return flight && flight->queue.scoreboard ? &shard->scoreboards[flight->queue.scoreboard - 1].tcp : NULL;
}

struct tcp_scoreboard *shard_scoreboard_for(struct quern_shard *shard, const struct tcp_conn *conn,
					    struct shard_flight *flight, const struct segment *segment)
{
	struct shard_scoreboard *scoreboard;

	if (!flight || flight->queue.scoreboard)
		return shard_scoreboard_of(shard, flight);
	if (segment->sack_count == 0 || !shard->first_free_scoreboard ||
	    !tcp_sack_is_wanted(conn, &flight->tcp, segment))
		return NULL;
	scoreboard = &shard->scoreboards[shard->first_free_scoreboard - 1];
	flight->queue.scoreboard = shard->first_free_scoreboard;
	shard->first_free_scoreboard = scoreboard->next_free;
	tcp_sack_begin(&flight->tcp, &scoreboard->tcp);
	return &scoreboard->tcp;
}

void shard_scoreboard_settle(struct quern_shard *shard, struct shard_flight *flight)
{
	if (flight->queue.scoreboard && tcp_sack_is_over(&flight->tcp, shard_scoreboard_of(shard, flight)))
		shard_scoreboard_clear(shard, flight);
}

void shard_scoreboard_clear(struct quern_shard *shard, struct shard_flight *flight)
{
	if (flight->queue.scoreboard == 0)
		return;
	shard->scoreboards[flight->queue.scoreboard - 1].next_free = shard->first_free_scoreboard;
	shard->first_free_scoreboard = flight->queue.scoreboard;
	flight->queue.scoreboard = 0;
}

bool shard_scoreboard_is_sound(const struct quern_shard *shard, const struct shard_flight *flight)
{
	const struct tcp_scoreboard *scoreboard = shard_scoreboard_of(shard, flight);
	uint32_t edge = flight->tcp.snd_una, bytes = 0;

	if (!scoreboard)
		return true;
	for (uint32_t i = 0; i < scoreboard->count; i++) {
		const struct segment_sack *range = &scoreboard->ranges[i];

		if (!seq_before(edge, range->left) || !seq_before(range->left, range->right))
			return false;
		bytes += range->right - range->left;
		edge = range->right;
	}
	return bytes == scoreboard->sacked_bytes && seq_before_eq(edge, flight->tcp.snd_nxt);
}
