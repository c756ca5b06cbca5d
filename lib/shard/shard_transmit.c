/* shard_transmit.c - the end of a turn: what is still owed, and frames out. */
#include "shard/shard_pacing.h"
#include "shard/shard_reserve.h"

#include <string.h>

#include "base/least.h"

/* What connections owe that no segment of their own has carried out. */
static void flush_queued(struct quern_shard *shard)
{
	for (uint32_t i = 0; i < shard->queued_count; i++) {
		struct tcp_conn *conn = &shard->conns[shard->queued[i]];

		if (!(conn->flags & TCP_QUEUED))
			continue;
		conn->flags &= (uint16_t)~TCP_QUEUED;
		shard_tcp_output(shard, conn, NULL, false);
	}
	shard->queued_count = 0;
}

uint16_t shard_transmit(struct quern_shard *shard, struct rte_mbuf **mbufs, uint16_t max)
{
	uint32_t waiting, count;

	shard_reserve_look(shard);
	if (shard->starved_count || shard->starved_unseen)
		shard_reserve_wake(shard);
	if (shard->paced_count)
		shard_pacing_release(shard);
	if (shard->queued_count)
		flush_queued(shard);
	waiting = shard->out_tail - shard->out_head;
	count = least(waiting, max);
	memcpy(mbufs, shard->out + shard->out_head, count * sizeof(mbufs[0]));
	shard->out_head += count;
	if (shard->out_head == shard->out_tail)
		shard->out_head = shard->out_tail = 0;
	/* The caller has all. */
	shard->turn_is_new |= count < max;
	return (uint16_t)count;
}

uint32_t shard_waiting(const struct quern_shard *shard)
{
	return shard->out_tail - shard->out_head;
}

void shard_set_gap(struct quern_shard *shard, struct quern_gap gap)
{
	shard->gap = gap;
}

struct quern_gap quern_latest_gap(const struct quern_shard *shard)
{
	return shard->gap;
}

void shard_set_congested(struct quern_shard *shard, bool congested)
{
	shard->congested = congested;
}

bool quern_congested(const struct quern_shard *shard)
{
	return shard->congested;
}

void shard_count_refused(struct quern_shard *shard, uint32_t frames)
{
	counter_add(&shard->counters.drops[QUERN_DROP_PORT_REFUSED], frames);
}

void shard_count_not_moved(struct quern_shard *shard, uint32_t frames)
{
	counter_add(&shard->counters.drops[QUERN_DROP_LINE_FULL], frames);
}
