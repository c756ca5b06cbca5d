/* tcp_scoreboard.c - ranges of octets that the peer has, in order of their numbers. */
#include "tcp/tcp_scoreboard.h"

#include <string.h>

#include "base/seq.h"

void tcp_scoreboard_clear(struct tcp_scoreboard *scoreboard, uint32_t snd_una)
{
	scoreboard->count = 0;
	scoreboard->sacked_bytes = 0;
	scoreboard->high_rxt = snd_una;
	scoreboard->rescue_rxt = snd_una;
	scoreboard->again_nxt = snd_una;
	scoreboard->may_go_bytes = 0;
}

bool tcp_scoreboard_is_plausible(const struct segment_sack *block, uint32_t ack, uint32_t snd_nxt)
{
	uint32_t left = block->left - ack, right = block->right - ack;

	return left > 0 && left < right && right <= snd_nxt - ack;
}

bool tcp_scoreboard_tells_repeat(const struct segment *segment)
{
	const struct segment_sack *first = &segment->sacks[0], *second = &segment->sacks[1];

	if (segment->sack_count == 0)
		return false;
	if (seq_before(first->left, first->right) && seq_before_eq(first->right, segment->ack))
		return true;
	return segment->sack_count > 1 && seq_before_eq(second->left, first->left) &&
	       seq_before_eq(first->right, second->right);
}

/* Puts `count` ranges from `from` on at `to`. */
static void move(struct tcp_scoreboard *scoreboard, uint32_t to, uint32_t from, uint32_t count)
{
	memmove(&scoreboard->ranges[to], &scoreboard->ranges[from], count * sizeof(scoreboard->ranges[0]));
}

static uint32_t bytes_of(const struct segment_sack *range)
{
	return range->right - range->left;
}

/* Ranges that begin at or below `ack` go. One that reaches beyond it names as missing what it said was there: the peer
 * has thrown it away, and the whole range is doubtful. */
static void forget_below(struct tcp_scoreboard *scoreboard, uint32_t ack)
{
	uint32_t gone = 0;

	while (gone < scoreboard->count && seq_before_eq(scoreboard->ranges[gone].left, ack))
		scoreboard->sacked_bytes -= bytes_of(&scoreboard->ranges[gone++]);
	scoreboard->count = (uint8_t)(scoreboard->count - gone);
	move(scoreboard, 0, gone, scoreboard->count);
	if (seq_before(scoreboard->high_rxt, ack))
		scoreboard->high_rxt = ack;
}

/* A range that touches no other one, before that of number `at`. Returns its octets; 0 where it is the highest and
 * finds no place. */
static uint32_t insert(struct tcp_scoreboard *scoreboard, uint32_t at, const struct segment_sack *block)
{
	if (at == TCP_SCOREBOARD_RANGES)
		return 0;
	if (scoreboard->count == TCP_SCOREBOARD_RANGES)
		scoreboard->sacked_bytes -= bytes_of(&scoreboard->ranges[--scoreboard->count]);
	move(scoreboard, at + 1, at, scoreboard->count - at);
	scoreboard->ranges[at] = *block;
	scoreboard->count++;
	scoreboard->sacked_bytes += bytes_of(block);
	return bytes_of(block);
}

/* Returns how many octets of the block are new. */
static uint32_t add(struct tcp_scoreboard *scoreboard, const struct segment_sack *block)
{
	struct segment_sack all = *block;
	uint32_t first = 0, end, known = 0;

	while (first < scoreboard->count && seq_before(scoreboard->ranges[first].right, block->left))
		first++;
	for (end = first; end < scoreboard->count && seq_before_eq(scoreboard->ranges[end].left, block->right); end++)
		known += bytes_of(&scoreboard->ranges[end]);
	if (first == end)
		return insert(scoreboard, first, block);
	if (seq_before(scoreboard->ranges[first].left, all.left))
		all.left = scoreboard->ranges[first].left;
	if (seq_before(all.right, scoreboard->ranges[end - 1].right))
		all.right = scoreboard->ranges[end - 1].right;
	scoreboard->ranges[first] = all;
	move(scoreboard, first + 1, end, scoreboard->count - end);
	scoreboard->count = (uint8_t)(scoreboard->count - (end - first - 1));
	scoreboard->sacked_bytes += bytes_of(&all) - known;
	return bytes_of(&all) - known;
}

uint32_t tcp_scoreboard_update(struct tcp_scoreboard *scoreboard, const struct segment *segment, uint32_t snd_nxt)
{
	uint32_t fresh = 0;

	forget_below(scoreboard, segment->ack);
	for (uint32_t i = 0; i < segment->sack_count; i++) {
		if (tcp_scoreboard_is_plausible(&segment->sacks[i], segment->ack, snd_nxt))
			fresh += add(scoreboard, &segment->sacks[i]);
	}
	return fresh;
}

uint32_t tcp_scoreboard_lost(const struct tcp_scoreboard *scoreboard, uint32_t snd_una, uint32_t mss)
{
	uint32_t bytes = 0;

	for (uint32_t at = scoreboard->count; at > 0; at--) {
		bytes += bytes_of(&scoreboard->ranges[at - 1]);
		if (scoreboard->count - at + 1 >= TCP_DUP_THRESH || bytes > (TCP_DUP_THRESH - 1) * mss)
			return scoreboard->ranges[at - 1].left;
	}
	return snd_una;
}

uint32_t tcp_scoreboard_unsacked(const struct tcp_scoreboard *scoreboard, uint32_t from, uint32_t to)
{
	uint32_t bytes = seq_before(from, to) ? to - from : 0;

	for (uint32_t i = 0; i < scoreboard->count && bytes > 0; i++) {
		struct segment_sack range = scoreboard->ranges[i];

		if (seq_before(range.left, from))
			range.left = from;
		if (seq_before(to, range.right))
			range.right = to;
		if (seq_before(range.left, range.right))
			bytes -= bytes_of(&range);
	}
	return bytes;
}

bool tcp_scoreboard_hole(const struct tcp_scoreboard *scoreboard, uint32_t from, uint32_t to, struct segment_sack *hole)
{
	uint32_t next = 0, right = to;

	while (next < scoreboard->count && seq_before_eq(scoreboard->ranges[next].right, from))
		next++;
	if (next < scoreboard->count && seq_before_eq(scoreboard->ranges[next].left, from))
		from = scoreboard->ranges[next++].right;
	if (next < scoreboard->count && seq_before(scoreboard->ranges[next].left, to))
		right = scoreboard->ranges[next].left;
	if (!seq_before(from, to))
		return false;
	*hole = (struct segment_sack){from, right};
	return true;
}

bool tcp_scoreboard_last_hole(const struct tcp_scoreboard *scoreboard, uint32_t from, uint32_t to,
			      struct segment_sack *hole)
{
	uint32_t next = scoreboard->count, left = from;

	while (next > 0 && seq_before_eq(to, scoreboard->ranges[next - 1].left))
		next--;
	if (next > 0 && seq_before_eq(to, scoreboard->ranges[next - 1].right))
		to = scoreboard->ranges[--next].left;
	if (next > 0 && seq_before(from, scoreboard->ranges[next - 1].right))
		left = scoreboard->ranges[next - 1].right;
	if (!seq_before(from, to))
		return false;
	*hole = (struct segment_sack){left, to};
	return true;
}
