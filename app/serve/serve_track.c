/* serve_track.c - flows in a table of open addressing, with a window of bits each. */
#include "serve/serve_track.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { PROBES_MAX = 32 };

int serve_track_open(struct serve_track *track)
{
	*track = (struct serve_track){.flows = calloc(SERVE_TRACK_FLOWS, sizeof(*track->flows))};
	return track->flows ? 0 : -ENOMEM;
}

void serve_track_close(struct serve_track *track)
{
	free(track->flows);
	track->flows = NULL;
}

/* One writer, read meanwhile by the control thread. */
static void add(uint64_t *counter, uint64_t amount)
{
	__atomic_store_n(counter, *counter + amount, __ATOMIC_RELAXED);
}

static struct serve_flow *flow_of(struct serve_track *track, const struct payload_stamp *stamp)
{
	uint64_t name = ((uint64_t)stamp->run << 24 | stamp->flow) + 1;
	uint64_t at = name * UINT64_C(0x9e3779b97f4a7c15) >> 32;

	for (uint32_t probe = 0; probe < PROBES_MAX; probe++) {
		struct serve_flow *flow = &track->flows[(at + probe) % SERVE_TRACK_FLOWS];

		if (flow->name == name)
			return flow;
		if (flow->name != 0)
			continue;
		flow->name = name;
		/* Who has not been there from the beginning has missed nothing. */
		flow->first = flow->next = stamp->sequence < SERVE_TRACK_WINDOW ? 0 : stamp->sequence;
		add(&track->counts.flows, 1);
		return flow;
	}
	return NULL;
}

static uint64_t *word_of(struct serve_flow *flow, uint32_t sequence)
{
	return &flow->seen[sequence % SERVE_TRACK_WINDOW / 64];
}

static uint64_t bit_of(uint32_t sequence)
{
	return UINT64_C(1) << sequence % 64;
}

/* The window goes on to `next`: what it comes to hold has not been seen. */
static void move_window(struct serve_flow *flow, uint32_t next)
{
	if (next - flow->next >= SERVE_TRACK_WINDOW)
		memset(flow->seen, 0, sizeof(flow->seen));
	else
		for (uint32_t sequence = flow->next; sequence != next; sequence++)
			*word_of(flow, sequence) &= ~bit_of(sequence);
	flow->next = next;
	if (next - flow->first > SERVE_TRACK_WINDOW)
		flow->first = next - SERVE_TRACK_WINDOW;
}

static void note_old(struct serve_track *track, struct serve_flow *flow, uint32_t sequence)
{
	struct serve_track_counts *counts = &track->counts;
	uint64_t *word = word_of(flow, sequence);

	if ((int32_t)(sequence - flow->first) < 0) {
		add(&counts->stale, 1);
		return;
	}
	if (*word & bit_of(sequence)) {
		add(&counts->duplicated, 1);
		return;
	}
	*word |= bit_of(sequence);
	add(&counts->received, 1);
	add(&counts->reordered, 1);
	add(&counts->lost, UINT64_MAX);
}

static void note_measured(struct serve_track *track, struct serve_flow *flow, uint32_t sequence)
{
	uint32_t left_out = sequence - flow->next;

	if ((int32_t)left_out < 0) {
		note_old(track, flow, sequence);
		return;
	}
	move_window(flow, sequence + 1);
	*word_of(flow, sequence) |= bit_of(sequence);
	add(&track->counts.received, 1);
	add(&track->counts.lost, left_out);
}

/* What was sent behind the last that came is lost, or comes yet: then it fills its gap. */
static void note_end(struct serve_track *track, struct serve_flow *flow, uint32_t sent)
{
	uint32_t left_out = sent - flow->next;

	if ((int32_t)left_out <= 0)
		return;
	move_window(flow, sent);
	add(&track->counts.lost, left_out);
}

enum serve_datagram serve_track_note(struct serve_track *track, const uint8_t *text, uint32_t bytes)
{
	struct payload_stamp stamp;
	struct serve_flow *flow;

	if (!payload_stamp_read(text, bytes, &stamp)) {
		add(&track->counts.unknown, 1);
		return SERVE_COUNTS;
	}
	if (stamp.kind == PAYLOAD_STAMP_WARMUP)
		return SERVE_WARMS_UP;
	flow = flow_of(track, &stamp);
	if (flow && stamp.kind == PAYLOAD_STAMP_END)
		note_end(track, flow, stamp.sequence);
	else if (flow)
		note_measured(track, flow, stamp.sequence);
	else
		add(&track->counts.untracked, stamp.kind == PAYLOAD_STAMP_MEASURED);
	return stamp.kind == PAYLOAD_STAMP_END ? SERVE_ENDS_A_FLOW : SERVE_COUNTS;
}
