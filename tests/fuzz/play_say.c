/* play_say.c - what the player says: segments by their distance from what it has heard, old frames, ICMP errors. */
#include <string.h>

#include "base/check.h"
#include "fuzz/play.h"
#include "support/raw_icmp.h"
#include "support/raw_words.h"

enum { NEXT_ISS = 100000, PLAY_SCALE = 7, MSS = 1460, SYN_OPTIONS = 16 };

/* Distances that mean something: nothing, off by one, a segment, a window, half of all numbers. */
static uint32_t distance(uint8_t draw)
{
	static const uint32_t distances[] = {0,   1,    2,    3,    7,     16,    100,     536,
					     999, 1460, 2920, 3000, 10000, 65535, 1 << 20, 1U << 31};
	uint32_t found = distances[draw & 15];

	return draw & 16 ? 0 - found : found;
}

static uint32_t length_of(uint8_t draw)
{
	static const uint16_t lengths[] = {0, 1, 2, 7, 16, 17, 48, 100, 512, 536, 1000, 1220, 1440, 1448, 1459, 1460};

	return lengths[draw & 15];
}

static uint16_t window_of(uint8_t draw, uint16_t last)
{
	static const uint16_t windows[] = {0, 65535, 0, 1, 100, 536, 1460, 3000};

	return draw & 7 ? windows[draw & 7] : last;
}

/* An option of `bytes` bytes behind those that are there. */
static uint8_t *add_option(struct raw_segment *segment, uint8_t kind, uint8_t bytes)
{
	uint8_t *at = segment->options + segment->option_bytes;

	CHECK(segment->option_bytes + bytes <= sizeof(segment->options));
	memset(at, 0, bytes);
	at[0] = kind;
	at[1] = bytes;
	segment->option_bytes = (uint8_t)(segment->option_bytes + bytes);
	return at;
}

static void offer(struct play_flow *flow, struct raw_segment *segment, uint8_t draw)
{
	static const uint16_t sizes[] = {MSS, 0, 536, 1};

	segment->mss = sizes[draw & 3];
	if (!(draw & 4))
		add_option(segment, 3, 3)[2] = draw & 8 ? SYN_OPTIONS : PLAY_SCALE;
	if (!(draw & 16))
		add_option(segment, 4, 2);
	flow->offers_timestamps = !(draw & 32);
	if (flow->offers_timestamps)
		raw_add_timestamps(segment, flow->own_tsval, segment->flags & ACK ? flow->tsval : 0);
}

/* Timestamps as they should be, or none, old ones, or ones from far ahead. */
static void stamp(const struct play_flow *flow, struct raw_segment *segment, uint8_t draw)
{
	static const uint32_t errors[] = {0, 0, 0 - 1000U, 1U << 31};

	if (!flow->offers_timestamps || !flow->has_timestamps || (draw & 3) == 1)
		return;
	raw_add_timestamps(segment, flow->own_tsval + errors[draw & 3], flow->tsval - (draw & 4 ? 100U : 0));
}

/* One block or two of what was heard, or of anything. */
static void add_sacks(const struct play_flow *flow, struct raw_segment *segment, uint8_t draw)
{
	uint8_t *option;

	if (!(draw & 3))
		return;
	option = add_option(segment, 5, draw & 2 ? 18 : 10);
	put32(option + 2, flow->own_acked + distance(draw >> 2 & 15));
	put32(option + 6, flow->sent_end - distance(draw >> 6));
	if (draw & 2) {
		put32(option + 10, segment->ack - 100);
		put32(option + 14, segment->ack);
	}
}

static struct raw_segment begin_segment(struct play *play, struct play_flow *flow, uint8_t flags)
{
	/* The clock of the player's timestamps is a millisecond. */
	flow->own_tsval = (uint32_t)(play->now_ns / FUZZ_NS_PER_MS) + 77;
	return (struct raw_segment){.source = PLAY_REMOTE,
				    .dest = PLAY_LOCAL,
				    .source_port = flow->remote_port,
				    .dest_port = flow->local_port,
				    .fragment = 0x4000,
				    .flags = flags,
				    .window = flow->window};
}

static void keep(struct play *play, const uint8_t *bytes, uint32_t count, uint8_t flow, bool is_reset)
{
	uint32_t place = play->said_count++ % PLAY_SAID;

	CHECK(count <= sizeof(play->said[0].bytes));
	memcpy(play->said[place].bytes, bytes, count);
	play->said[place].count = count;
	play->said[place].flow = flow;
	play->said[place].is_reset = is_reset;
}

/* On its way; it arrives with the burst that it is of. */
static void inject(struct play *play, const uint8_t *bytes, uint32_t count)
{
	play->burst[play->burst_count++] = fuzz_shard_frame(&play->opened, bytes, count, play->world & PLAY_EXACT);
	if (play->burst_count >= play->burst_most)
		play_turn(play);
}

static void note_segment(struct play_flow *flow, const struct raw_segment *segment)
{
	uint16_t *most = segment->flags & SYN ? &flow->most_syn_wnd : &flow->most_wnd;

	flow->window = segment->window;
	if (*most < segment->window)
		*most = segment->window;
	flow->has_fin |= (segment->flags & FIN) != 0;
	flow->heard++;
	flow->resets += (segment->flags & RST) != 0;
}

static void send_segment(struct play *play, uint8_t number, struct raw_segment *segment)
{
	struct play_flow *flow = &play->flows[number];
	uint8_t bytes[RAW_FRAME_MAX + 40];
	uint32_t count;

	/* Each byte is a function of its number, whatever connection it may be of. */
	segment->text_from = segment->seq + !!(segment->flags & SYN);
	count = raw_build(bytes, segment);
	note_segment(flow, segment);
	keep(play, bytes, count, number, segment->flags & RST);
	play_tell(play, "flow %u says %s seq %u (%+d) len %u ack %u (%+d) win %u", number,
		  raw_flags_text(segment->flags), segment->seq, (int)(segment->seq - flow->own_nxt),
		  segment->text_bytes, segment->ack, (int)(segment->ack - flow->sent_end), segment->window);
	inject(play, bytes, count);
}

/* A SYN that was not answered goes again; else it begins another incarnation, above the last one. */
static uint32_t own_syn(struct play_flow *flow)
{
	if (flow->has_begun && flow->acked - flow->own_iss - 1 < 1U << 30 && flow->is_known)
		flow->own_iss = flow->own_nxt + NEXT_ISS;
	flow->has_begun = true;
	flow->own_nxt = flow->own_iss + 1;
	return flow->own_iss;
}

void play_say_next(struct play *play, uint8_t number)
{
	struct play_flow *flow = &play->flows[number];
	uint8_t what = play_next(play), flags = what & (FIN | SYN | RST), more;
	struct raw_segment segment = begin_segment(play, flow, flags);

	/* The upper half of the byte: how much text, or what a SYN offers. */
	more = what >> 4;
	if (flow->is_known && !(what & PSH))
		segment.flags |= ACK;
	segment.ack = segment.flags & ACK ? flow->sent_end : 0;
	if (flags & SYN) {
		if (!flow->is_active)
			segment.flags &= (uint8_t)~ACK;
		segment.seq = own_syn(flow);
		offer(flow, &segment, (uint8_t)(more << 2));
	} else {
		segment.seq = flow->own_nxt;
		segment.text_bytes = length_of(more);
		stamp(flow, &segment, 0);
	}
	flow->own_acked = segment.flags & ACK ? segment.ack : flow->own_acked;
	if (!(flags & (SYN | RST)))
		flow->own_nxt += segment.text_bytes + !!(flags & FIN);
	send_segment(play, number, &segment);
}

static uint32_t seq_base(const struct play_flow *flow, uint8_t draw)
{
	const uint32_t bases[] = {flow->own_nxt, flow->acked, flow->edge, flow->own_iss};

	return bases[draw >> 6];
}

static uint32_t ack_base(const struct play_flow *flow, uint8_t draw)
{
	const uint32_t bases[] = {flow->sent_end, flow->own_acked, flow->iss,
				  flow->own_acked + (flow->sent_end - flow->own_acked) / 2};

	return bases[draw >> 6];
}

void play_say_any(struct play *play, uint8_t number)
{
	struct play_flow *flow = &play->flows[number];
	uint8_t flags = play_next(play), seq = play_next(play), ack = play_next(play), size = play_next(play),
		window = play_next(play), options = play_next(play);
	struct raw_segment segment = begin_segment(play, flow, flags & 0x3f);

	segment.reserved = flags >> 6;
	segment.seq = seq_base(flow, seq) + distance(seq);
	segment.ack = flags & ACK || ack & 32 ? ack_base(flow, ack) + distance(ack) : 0;
	segment.text_bytes = length_of(size);
	segment.urgent = size & 16 ? (uint16_t)(1 + (size >> 5) * 500) : 0;
	segment.window = window_of(window, flow->window);
	if (flags & SYN) {
		offer(flow, &segment, options);
	} else {
		stamp(flow, &segment, window >> 3 & 7);
		add_sacks(flow, &segment, options);
	}
	if (segment.flags & ACK && seq_before_eq(segment.ack, flow->sent_end) &&
	    seq_before(flow->own_acked, segment.ack))
		flow->own_acked = segment.ack;
	if (segment.seq == flow->own_nxt && !(flags & (SYN | RST)))
		flow->own_nxt += segment.text_bytes + !!(flags & FIN);
	send_segment(play, number, &segment);
}

void play_say_again(struct play *play, uint8_t back)
{
	uint32_t place = (play->said_count - 1 - (back & 7)) % PLAY_SAID;
	struct play_flow *flow = &play->flows[play->said[place].flow];
	uint8_t bytes[RAW_FRAME_MAX + 40];
	uint32_t count = play->said[place].count;

	if (play->said_count <= (back & 7U) || count == 0)
		return;
	memcpy(bytes, play->said[place].bytes, count);
	if (back & 16)
		bytes[play_next(play) % count] ^= 1;
	flow->heard++;
	flow->resets += play->said[place].is_reset;
	play_tell(play, "the frame of %u before comes again%s", back & 7, back & 16 ? ", broken" : "");
	inject(play, bytes, count);
}

void play_say_error(struct play *play, uint8_t number)
{
	/* Port, protocol, host unreachable; too big, of several sizes; time exceeded; a bad parameter; quench. */
	static const uint8_t kinds[][2] = {{3, 3}, {3, 2}, {3, 1}, {3, 4}, {3, 4}, {11, 0}, {12, 0}, {4, 0}};
	static const uint16_t sizes[] = {1400, 0, 600, 100, 1280, 1499, 68, 1300};
	const struct play_flow *flow = &play->flows[number];
	uint8_t kind = play_next(play), seq = play_next(play);
	const struct raw_segment quoted = {.source = PLAY_LOCAL,
					   .dest = PLAY_REMOTE,
					   .source_port = flow->local_port,
					   .dest_port = flow->remote_port,
					   .seq = ack_base(flow, seq) - distance(seq),
					   .flags = ACK,
					   .fragment = 0x4000,
					   .text_bytes = 1000};
	struct raw_icmp icmp = {.source = RAW_ROUTER,
				.dest = PLAY_LOCAL,
				.type = kinds[kind & 7][0],
				.code = kinds[kind & 7][1],
				.mtu = (kind & 7) == 3 || (kind & 7) == 4 ? sizes[kind >> 3 & 7] : 0,
				.quote_bytes = raw_quote_bytes()};
	uint8_t frame[RAW_FRAME_MAX], bytes[RAW_ICMP_MAX];
	uint32_t count;

	raw_build(frame, &quoted);
	memcpy(icmp.quote, frame, icmp.quote_bytes);
	count = raw_icmp_build(bytes, &icmp);
	play->has_error = true;
	play_tell(play, "an error %u/%u about seq %u of flow %u", icmp.type, icmp.code, quoted.seq, number);
	inject(play, bytes, count);
}
