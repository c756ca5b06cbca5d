/* tcp_time_wait.c - the ring of TIME-WAIT records and their answers. */
#include "tcp/tcp_time_wait.h"

#include "base/check.h"
#include "base/counter.h"
#include "base/seq.h"
#include "tcp/tcp_challenge.h"
#include "tcp/tcp_sequence.h"

void tcp_time_wait_init(struct tcp_time_wait_ring *ring, struct tcp_time_wait *records, uint32_t capacity,
			uint32_t wait_ms)
{
	*ring = (struct tcp_time_wait_ring){.records = records, .capacity = capacity, .wait_ms = wait_ms};
}

static uint32_t slot_after(const struct tcp_time_wait_ring *ring, uint32_t slot, uint32_t steps)
{
	uint32_t sum = slot + steps;

	return sum < ring->capacity ? sum : sum - ring->capacity;
}

struct tcp_time_wait *tcp_time_wait_oldest(const struct tcp_time_wait_ring *ring)
{
	return ring->filled ? &ring->records[ring->head] : NULL;
}

bool tcp_time_wait_full(const struct tcp_time_wait_ring *ring)
{
	return ring->filled == ring->capacity;
}

uint32_t tcp_time_wait_add(struct tcp_time_wait_ring *ring, const struct tcp_time_wait *record, uint32_t now_ms)
{
	uint32_t slot = slot_after(ring, ring->head, ring->filled);

	CHECK(ring->filled < ring->capacity);
	ring->records[slot] = *record;
	ring->records[slot].flags |= TCP_TIME_WAIT_LIVE;
	ring->records[slot].expires_ms = now_ms + ring->wait_ms;
	ring->filled++;
	counter_level_up(&ring->live);
	return slot;
}

bool tcp_time_wait_extend(struct tcp_time_wait_ring *ring, uint32_t slot, uint32_t now_ms)
{
	if (slot != slot_after(ring, ring->head, ring->filled - 1))
		return false;
	ring->records[slot].expires_ms = now_ms + ring->wait_ms;
	return true;
}

void tcp_time_wait_drop(struct tcp_time_wait_ring *ring, uint32_t slot)
{
	CHECK(ring->records[slot].flags & TCP_TIME_WAIT_LIVE);
	/* The key stays: a record that moves to the tail is still read under its old slot, by other threads too. */
	ring->records[slot].flags = 0;
	counter_level_down(&ring->live);
	while (ring->filled && !(ring->records[ring->head].flags & TCP_TIME_WAIT_LIVE)) {
		ring->head = slot_after(ring, ring->head, 1);
		ring->filled--;
	}
}

struct tcp_time_wait tcp_time_wait_from(const struct tcp_conn *conn)
{
	return (struct tcp_time_wait){.key = conn->key,
				      .snd_nxt = conn->snd_end,
				      .rcv_nxt = conn->rcv_nxt,
				      .flags = (uint8_t)((conn->is_scaled ? TCP_TIME_WAIT_SCALED : 0) |
							 (conn->has_timestamps ? TCP_TIME_WAIT_TIMESTAMPS : 0)),
				      .ts_recent = conn->ts_recent,
				      .profile = conn->profile,
				      .challenge_slot = conn->challenge_slot};
}

static enum tcp_time_wait_answer acknowledge_sparingly(struct tcp_time_wait *record, uint32_t now_ms)
{
	return tcp_challenge_allowed(&record->challenge_slot, now_ms) ? TCP_TIME_WAIT_ACK : TCP_TIME_WAIT_SILENCE;
}

/* RFC 6191 2: later than whatever the old connection can still have on its way. */
static bool may_reopen(const struct tcp_time_wait *record, const struct segment *syn)
{
	bool had = record->flags & TCP_TIME_WAIT_TIMESTAMPS, has = syn->options & SEGMENT_TIMESTAMPS;

	if (syn->flags & (TCP_ACK | TCP_FIN))
		return false;
	if (had && has && syn->tsval != record->ts_recent)
		return seq_before(record->ts_recent, syn->tsval);
	return (!had && has) || seq_before_eq(record->rcv_nxt, syn->seq);
}

/* RFC 7323 3.2 and 5.3 R1. */
static enum quern_drop judge_timestamps(const struct tcp_time_wait *record, const struct segment *segment)
{
	if (!(record->flags & TCP_TIME_WAIT_TIMESTAMPS))
		return QUERN_DROP_NONE;
	if (!(segment->options & SEGMENT_TIMESTAMPS))
		return QUERN_DROP_TCP_NO_TIMESTAMP;
	return seq_before(segment->tsval, record->ts_recent) ? QUERN_DROP_TCP_PAWS : QUERN_DROP_NONE;
}

static bool repeats_the_fin(const struct tcp_time_wait *record, const struct segment *segment)
{
	return (segment->flags & (TCP_FIN | TCP_ACK)) == (TCP_FIN | TCP_ACK) &&
	       segment->seq + segment_length(segment) == record->rcv_nxt;
}

/* RFC 7323 4.3, of what is acceptable and not late: a SYN is held against the latest of the old connection. */
static void note_timestamp(struct tcp_time_wait *record, const struct segment *segment)
{
	bool is_expected = segment->ack == record->snd_nxt && seq_before_eq(segment->seq, record->rcv_nxt);

	if (record->flags & TCP_TIME_WAIT_TIMESTAMPS && (is_expected || repeats_the_fin(record, segment)))
		record->ts_recent = segment->tsval;
}

enum tcp_time_wait_answer tcp_time_wait_input(struct tcp_time_wait *record, const struct segment *segment,
					      uint32_t window, bool reset_ends, uint32_t now_ms, enum quern_drop *drop)
{
	if (segment->flags & TCP_RST) {
		*drop = QUERN_DROP_TIME_WAIT_RST;
		return reset_ends && segment->seq == record->rcv_nxt ? TCP_TIME_WAIT_END : TCP_TIME_WAIT_SILENCE;
	}
	if (segment->flags & TCP_SYN) {
		if (may_reopen(record, segment))
			return TCP_TIME_WAIT_REOPEN;
		*drop = QUERN_DROP_TIME_WAIT_SYN;
		return TCP_TIME_WAIT_SILENCE;
	}
	*drop = judge_timestamps(record, segment);
	if (*drop == QUERN_DROP_TCP_NO_TIMESTAMP)
		return TCP_TIME_WAIT_SILENCE;
	if (*drop == QUERN_DROP_TCP_PAWS)
		return acknowledge_sparingly(record, now_ms);
	*drop = QUERN_DROP_TIME_WAIT_OLD;
	if (!tcp_sequence_is_acceptable(segment, record->rcv_nxt, window) && !repeats_the_fin(record, segment))
		return acknowledge_sparingly(record, now_ms);
	if (!(segment->flags & TCP_ACK)) {
		*drop = QUERN_DROP_TCP_NO_ACK;
		return TCP_TIME_WAIT_SILENCE;
	}
	note_timestamp(record, segment);
	return repeats_the_fin(record, segment) ? TCP_TIME_WAIT_RESTART : acknowledge_sparingly(record, now_ms);
}

bool tcp_time_wait_validate(const struct tcp_time_wait_ring *ring)
{
	uint32_t live = 0, inside = 0, last = 0;

	for (uint32_t slot = 0; slot < ring->capacity; slot++)
		live += !!(ring->records[slot].flags & TCP_TIME_WAIT_LIVE);
	for (uint32_t i = 0; i < ring->filled; i++) {
		const struct tcp_time_wait *record = &ring->records[slot_after(ring, ring->head, i)];

		if (!(record->flags & TCP_TIME_WAIT_LIVE))
			continue;
		if (inside++ && seq_before(record->expires_ms, last))
			return false;
		last = record->expires_ms;
	}
	if (ring->filled && !(ring->records[ring->head].flags & TCP_TIME_WAIT_LIVE))
		return false;
	return live == ring->live && inside == ring->live && ring->filled <= ring->capacity;
}
