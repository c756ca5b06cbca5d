/* diff_view.c - a connection as the peer of a script sees it. */
#include "differential/diff_view.h"

#include <string.h>

#include "base/least.h"
#include "base/seq.h"

#define ISS_UNKNOWN 0x50000000U
#define UNKNOWN_WINDOW 65535U

#define LOCAL 0xc6120001U  /* 198.18.0.1 */
#define REMOTE 0xc6130001U /* 198.19.0.1 */

void diff_view_begin(struct diff_view *view, const struct diff_script *script, struct diff_trace *trace,
		     uint32_t number)
{
	*view = (struct diff_view){.script = script,
				   .trace = trace,
				   .local = LOCAL,
				   .remote = REMOTE,
				   .local_port = (uint16_t)(DIFF_LOCAL_PORT + number % (uint32_t)DIFF_PORTS),
				   .remote_port = (uint16_t)(DIFF_REMOTE_PORT + number / (uint32_t)DIFF_PORTS),
				   .iss = ISS_UNKNOWN,
				   .una = ISS_UNKNOWN,
				   .snd_nxt = ISS_UNKNOWN,
				   .rcv_nxt = DIFF_PEER_ISS,
				   .edge = DIFF_PEER_ISS + UNKNOWN_WINDOW,
				   .state = QUERN_CLOSED,
				   .is_hungry = true};
	trace->count = 0;
}

/* RFC 7323 2.2: windows are scaled where both SYNs say so. */
static bool is_scaled(const struct diff_view *view)
{
	return view->stack_scales && view->peer_scales;
}

static uint32_t seq_of(const struct diff_view *view, const struct diff_number *place)
{
	uint32_t from = DIFF_PEER_ISS;

	if (place->base == DIFF_FROM_NEXT)
		from = view->rcv_nxt;
	if (place->base == DIFF_FROM_EDGE)
		from = view->edge;
	return from + (uint32_t)place->offset;
}

static uint32_t ack_of(const struct diff_view *view, const struct diff_number *place)
{
	uint32_t from = view->iss;

	if (place->base == DIFF_FROM_NEXT)
		from = view->snd_nxt;
	if (place->base == DIFF_FROM_UNA)
		from = view->una;
	return from + (uint32_t)place->offset;
}

static uint32_t tsval_of(const struct diff_view *view, uint32_t step)
{
	const struct diff_segment *segment = &view->script->steps[step].segment;

	return segment->ts == DIFF_TS_AT ? segment->tsval : DIFF_TS_FIRST + DIFF_TS_STEP * step;
}

static bool has_timestamps(const struct diff_view *view, const struct diff_segment *segment)
{
	if (segment->ts != DIFF_TS_USUAL)
		return segment->ts == DIFF_TS_AT;
	return view->script->peer_timestamps && !segment->is_plain && !(segment->flags & RST);
}

static void add_options(const struct diff_view *view, const struct diff_segment *from, uint32_t tsval,
			struct raw_segment *segment)
{
	bool is_full = from->flags & SYN && !from->is_plain;

	if (is_full && view->script->peer_sack) {
		memcpy(segment->options, (const uint8_t[]){1, 1, 4, 2}, 4);
		segment->option_bytes = 4;
	}
	if (is_full && view->script->peer_scale != DIFF_NO_SCALE) {
		memcpy(segment->options + segment->option_bytes, (const uint8_t[]){1, 3, 3, view->script->peer_scale},
		       4);
		segment->option_bytes = (uint8_t)(segment->option_bytes + 4);
	}
	if (has_timestamps(view, from))
		raw_add_timestamps(segment, tsval, from->flags & ACK ? view->tsval : 0);
	if (from->sack_count) {
		uint8_t *at = segment->options + segment->option_bytes, bytes = (uint8_t)(2 + 8 * from->sack_count);

		memcpy(at, (const uint8_t[]){1, 1, 5, bytes}, 4);
		for (uint8_t i = 0; i < 2 * from->sack_count; i++)
			for (uint8_t j = 0; j < 4; j++)
				at[4 + 4 * i + j] = (uint8_t)((view->iss + from->sacks[i / 2][i % 2]) >> (24 - 8 * j));
		segment->option_bytes = (uint8_t)(segment->option_bytes + 2 + bytes);
	}
	memcpy(segment->options + segment->option_bytes, from->raw, from->raw_bytes);
	segment->option_bytes = (uint8_t)(segment->option_bytes + from->raw_bytes);
}

/* What the peer knows once it has said a segment. */
static void note_said(struct diff_view *view, const struct diff_segment *from, const struct raw_segment *segment,
		      uint32_t tsval)
{
	uint8_t scale = is_scaled(view) && !(from->flags & SYN) ? view->script->peer_scale : 0;

	if (from->flags & SYN && !view->is_synchronized)
		view->peer_scales = view->script->peer_scale != DIFF_NO_SCALE && !from->is_plain;
	if (from->flags & ACK && seq_before(view->una, segment->ack) && seq_before_eq(segment->ack, view->snd_nxt))
		view->una = segment->ack;
	if (!(from->flags & RST) && from->flags & (view->is_synchronized ? ACK : ACK | SYN))
		view->is_shut = from->window == 0;
	view->has_shrunk |= from->flags & ACK && (uint32_t)from->window << scale < view->max_wnd;
	if (view->max_wnd < (uint32_t)from->window << scale)
		view->max_wnd = (uint32_t)from->window << scale;
	if (has_timestamps(view, from) && seq_before(view->ts_recent, tsval))
		view->ts_recent = tsval;
}

static void use_edge(struct diff_view *view)
{
	view->used_edge = view->edge;
	view->has_used_edge = true;
}

struct raw_segment diff_view_segment(struct diff_view *view, uint32_t step)
{
	const struct diff_segment *from = &view->script->steps[step].segment;
	uint32_t seq = seq_of(view, &from->seq), tsval = tsval_of(view, step);
	struct raw_segment segment = {.source = view->remote,
				      .dest = view->local,
				      .source_port = view->remote_port,
				      .dest_port = view->local_port,
				      .flags = from->flags,
				      .seq = seq,
				      .ack = from->flags & ACK ? ack_of(view, &from->ack) : 0,
				      .text_bytes = from->text_bytes,
				      .text_from = seq + !!(from->flags & SYN) - (DIFF_PEER_ISS + 1),
				      .window = from->window,
				      .urgent = from->urgent,
				      .mss = from->flags & SYN && !from->is_plain ? DIFF_MSS : 0};

	if (from->seq.base == DIFF_FROM_EDGE)
		use_edge(view);
	add_options(view, from, tsval, &segment);
	note_said(view, from, &segment, tsval);
	return segment;
}

bool diff_view_fill(struct diff_view *view, uint32_t step, struct raw_segment *segment)
{
	uint32_t room = view->edge - view->rcv_nxt;

	if (room == 0 || room > INT32_MAX)
		return false;
	use_edge(view);
	view->has_filled = true;
	*segment = diff_view_segment(view, step);
	segment->flags = ACK;
	segment->seq = view->rcv_nxt;
	segment->ack = view->snd_nxt;
	segment->text_from = segment->seq - (DIFF_PEER_ISS + 1);
	segment->text_bytes = least(room, DIFF_MSS);
	return true;
}

/* The right edge of its window never moves back, but for the units that scaled windows are told in. */
static void note_window(struct diff_view *view, const struct raw_segment *segment)
{
	bool is_syn = segment->flags & SYN;
	uint32_t window = (uint32_t)segment->window << (is_scaled(view) && !is_syn ? view->scale : 0);

	if (!view->is_synchronized && is_scaled(view))
		window = most(window, view->syn_wnd);
	if (is_syn || !view->is_synchronized || seq_before(view->edge, segment->ack + window))
		view->edge = segment->ack + window;
	view->rcv_nxt = segment->ack;
	view->is_synchronized = true;
}

/* What the stack has said of itself. */
static void note_heard(struct diff_view *view, const struct raw_segment *segment)
{
	uint32_t end = segment->seq + segment->text_bytes + !!(segment->flags & SYN) + !!(segment->flags & FIN);

	if (segment->flags & RST)
		return;
	if (segment->flags & SYN) {
		view->una = segment->seq;
		view->iss = segment->seq;
		view->snd_nxt = end;
		view->syn_wnd = segment->window;
		view->is_closed = false;
		view->scale = segment->scale;
		view->stack_scales = segment->has_scale;
	} else if (seq_before(view->snd_nxt, end)) {
		view->snd_nxt = end;
	}
	if (segment->flags & ACK)
		note_window(view, segment);
	if (segment->has_timestamps)
		view->tsval = segment->tsval;
}

static struct diff_heard relative(const struct diff_view *view, const struct raw_segment *segment)
{
	struct diff_heard heard = {.flags = segment->flags & (FIN | SYN | RST | ACK | URG),
				   .has_no_place = segment->flags & RST && segment->seq == 0,
				   .has_timestamps = segment->has_timestamps,
				   .seq = segment->seq - view->iss,
				   .ack = segment->ack - DIFF_PEER_ISS,
				   .text_bytes = segment->text_bytes,
				   .window = segment->window,
				   .sack_count = segment->sack_count};

	heard.is_wrong = heard.text_bytes && raw_text_sum(heard.seq - 1, heard.text_bytes) != segment->text_sum;
	for (uint8_t i = 0; i < 2 * heard.sack_count; i++)
		heard.sacks[i / 2][i % 2] = segment->sacks[i / 2][i % 2] - DIFF_PEER_ISS;
	if (segment->flags & SYN && !(segment->flags & RST))
		snprintf(heard.options, sizeof(heard.options), "%s%s%s%s", segment->mss ? " mss" : "",
			 segment->sack_permitted ? " sack" : "", segment->has_timestamps ? " ts" : "",
			 segment->has_scale ? " scale" : "");
	return heard;
}

static bool is_bare(const struct diff_heard *heard)
{
	return (heard->flags & (FIN | SYN | RST | ACK)) == ACK && heard->text_bytes == 0;
}

/* Whether `next` says all that `last` did, within one step: an ACK that another one, or text, overtakes; or text whose
 * continuation it is. */
static bool joins(struct diff_heard *last, const struct diff_heard *next)
{
	if (next->flags & (RST | SYN) || last->flags & (RST | SYN | FIN))
		return false;
	if (is_bare(last) && next->flags & ACK && last->seq == next->seq && seq_before_eq(last->ack, next->ack)) {
		*last = *next;
		return true;
	}
	if (last->text_bytes == 0 || last->seq + last->text_bytes != next->seq || is_bare(next) ||
	    last->ack != next->ack)
		return false;
	last->text_bytes += next->text_bytes;
	last->flags |= next->flags;
	last->is_wrong |= next->is_wrong;
	return true;
}

void diff_view_hear(struct diff_view *view, const struct raw_segment *segment)
{
	struct diff_heard heard;

	note_heard(view, segment);
	heard = relative(view, segment);
	if (view->heard_count && joins(&view->heard[view->heard_count - 1], &heard))
		return;
	if (view->heard_count < DIFF_HEARD_MAX)
		view->heard[view->heard_count++] = heard;
}

void diff_view_text(struct diff_view *view, uint8_t *text, uint32_t bytes)
{
	for (uint32_t i = 0; i < bytes; i++)
		text[i] = raw_text_byte(view->sent++);
}

void diff_view_read(struct diff_view *view, const uint8_t *text, uint32_t bytes)
{
	for (uint32_t i = 0; i < bytes; i++)
		view->read_sum = (view->read_sum ^ text[i]) * 16777619U;
	view->read_bytes += bytes;
}

void diff_view_settle(struct diff_view *view, enum quern_state state)
{
	struct diff_moment *moment = &view->trace->moments[view->trace->count - 1];
	char words[DIFF_WORDS_BYTES];

	diff_words_of_heard(view, moment);
	if (view->call_failed)
		diff_words_add(moment, "the call fails");
	if (view->read_bytes) {
		if (view->has_filled && view->read_bytes > DIFF_MSS)
			snprintf(words, sizeof(words), "reads a window");
		else
			snprintf(words, sizeof(words), "reads %u (%04x)", view->read_bytes, view->read_sum & 0xffff);
		diff_words_add(moment, words);
	}
	if (view->met_end)
		diff_words_add(moment, "reads the end");
	if (view->fails) {
		snprintf(words, sizeof(words), "is told: %s", view->fails);
		diff_words_add(moment, words);
	}
	snprintf(words, sizeof(words), "%s", quern_state_name(state));
	diff_words_add(moment, words);
	view->state = state;
	view->is_closed &= state != QUERN_CLOSED && state != QUERN_LISTEN;
	view->heard_count = view->read_bytes = view->read_sum = 0;
	view->met_end = view->call_failed = false;
	view->fails = NULL;
}
