/* tcp_reassembly.c - islands of text behind holes, in order of their numbers. */
#include "tcp/tcp_reassembly.h"

#include <string.h>

#include "base/check.h"
#include "base/least.h"
#include "base/seq.h"

bool tcp_reassembly_find(const struct tcp_reassembly *reassembly, uint32_t seq, uint32_t end, struct tcp_piece *piece)
{
	const struct segment_sack *islands = reassembly->islands;
	uint32_t next = 0, limit;
	bool is_behind, is_before;

	while (next < reassembly->count && seq_before_eq(islands[next].right, seq))
		next++;
	if (next < reassembly->count && seq_before_eq(islands[next].left, seq))
		seq = islands[next++].right;
	if (!seq_before(seq, end))
		return false;
	is_behind = next > 0 && islands[next - 1].right == seq;
	is_before = next < reassembly->count && seq_before_eq(islands[next].left, end);
	limit = is_before ? islands[next].left : end;
	if (!is_behind && !is_before && reassembly->count == TCP_ISLANDS)
		return false;
	*piece = (struct tcp_piece){
		.seq = seq,
		.bytes = limit - seq,
		.island = (uint8_t)(is_behind ? next - 1 : next),
		.place = is_behind ? (is_before ? TCP_PIECE_JOIN : TCP_PIECE_APPEND)
				   : (is_before ? TCP_PIECE_PREPEND : TCP_PIECE_NEW),
	};
	return true;
}

/* Moves islands from `from` on to `to` and behind. */
static void move(struct tcp_reassembly *reassembly, uint32_t to, uint32_t from)
{
	uint32_t count = reassembly->count - from;

	memmove(&reassembly->islands[to], &reassembly->islands[from], count * sizeof(reassembly->islands[0]));
	memmove(&reassembly->touched[to], &reassembly->touched[from], count * sizeof(reassembly->touched[0]));
	reassembly->count = (uint8_t)(reassembly->count + to - from);
}

void tcp_reassembly_add(struct tcp_reassembly *reassembly, const struct tcp_piece *piece)
{
	uint32_t at = piece->island, end = piece->seq + piece->bytes;

	switch ((enum tcp_piece_place)piece->place) {
	case TCP_PIECE_NEW:
		CHECK(reassembly->count < TCP_ISLANDS);
		move(reassembly, at + 1, at);
		reassembly->islands[at] = (struct segment_sack){piece->seq, end};
		break;
	case TCP_PIECE_APPEND:
		reassembly->islands[at].right = end;
		break;
	case TCP_PIECE_PREPEND:
		reassembly->islands[at].left = piece->seq;
		break;
	case TCP_PIECE_JOIN:
		reassembly->islands[at].right = reassembly->islands[at + 1].right;
		move(reassembly, at + 1, at + 2);
		break;
	}
	reassembly->touched[at] = ++reassembly->clock;
}

void tcp_reassembly_touch(struct tcp_reassembly *reassembly, uint32_t seq)
{
	for (uint32_t i = 0; i < reassembly->count; i++) {
		if (seq_before_eq(reassembly->islands[i].left, seq) && seq_before(seq, reassembly->islands[i].right))
			reassembly->touched[i] = ++reassembly->clock;
	}
}

bool tcp_reassembly_reach(struct tcp_reassembly *reassembly, struct tcp_conn *conn, struct tcp_flight *flight,
			  struct tcp_reached *reached)
{
	struct segment_sack first = reassembly->islands[0];

	if (reassembly->count == 0 || seq_before(conn->rcv_nxt, first.left))
		return false;
	*reached = (struct tcp_reached){.old = first.right - first.left};
	if (seq_before(conn->rcv_nxt, first.right)) {
		reached->old = conn->rcv_nxt - first.left;
		reached->fresh = first.right - conn->rcv_nxt;
		tcp_text_came(conn, flight, reached->fresh);
	}
	move(reassembly, 0, 1);
	return true;
}

/* How many touches ago. */
static uint16_t age(const struct tcp_reassembly *reassembly, uint32_t island)
{
	return (uint16_t)(reassembly->clock - reassembly->touched[island]);
}

uint32_t tcp_reassembly_blocks(const struct tcp_reassembly *reassembly, struct segment_sack *blocks, uint32_t max)
{
	uint32_t count = least(reassembly->count, max), told = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t latest = TCP_ISLANDS;

		for (uint32_t at = 0; at < reassembly->count; at++) {
			if (!(told >> at & 1) &&
			    (latest == TCP_ISLANDS || age(reassembly, at) < age(reassembly, latest)))
				latest = at;
		}
		told |= 1u << latest;
		blocks[i] = reassembly->islands[latest];
	}
	return count;
}
