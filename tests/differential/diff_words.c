/* diff_words.c - what a step was to a connection, and what came of it, in words that are the same for any stack. */
#include <stdarg.h>
#include <stdlib.h>

#include "base/seq.h"
#include "differential/diff_view.h"

enum { PLACE_BYTES = 16 };

/* Where SEQ lies: before what is expected, just there, within the window, at its edge, or beyond. */
static const char *seq_words(const struct diff_view *view, uint32_t seq)
{
	if (!view->is_synchronized)
		return "any";
	if (seq == view->rcv_nxt)
		return "next";
	if (seq == view->rcv_nxt - 1)
		return "last";
	if (seq_before(seq, view->rcv_nxt))
		return "old";
	if (seq == view->edge)
		return "edge";
	return seq_before(seq, view->edge) ? "within" : "over";
}

static const char *end_words(const struct diff_view *view, const struct raw_segment *segment)
{
	uint32_t bytes = segment->text_bytes + !!(segment->flags & SYN) + !!(segment->flags & FIN);
	uint32_t end = segment->seq + bytes;

	if (bytes == 0)
		return "empty";
	if (!view->is_synchronized)
		return "full";
	if (end == view->rcv_nxt)
		return "next";
	if (seq_before(end, view->rcv_nxt))
		return "old";
	return seq_before_eq(end, view->edge) ? "within" : "over";
}

static const char *ack_words(const struct diff_view *view, const struct raw_segment *segment)
{
	if (!(segment->flags & ACK))
		return "none";
	if (segment->ack == view->una)
		return "una";
	if (seq_before(view->snd_nxt, segment->ack))
		return "unsent";
	if (seq_before(view->una, segment->ack))
		return "new";
	if (view->una - segment->ack > view->max_wnd)
		return "old";
	return seq_before(view->iss, segment->ack) ? "past" : "below";
}

static const char *ts_words(const struct diff_view *view, const struct diff_segment *from,
			    const struct raw_segment *segment, uint32_t step)
{
	bool has = from->ts == DIFF_TS_AT || (segment->option_bytes > 0 && view->script->peer_timestamps &&
					      from->ts == DIFF_TS_USUAL && !from->is_plain && !(from->flags & RST));
	uint32_t tsval = from->ts == DIFF_TS_AT ? from->tsval : DIFF_TS_FIRST + DIFF_TS_STEP * step;

	if (!has)
		return view->script->peer_timestamps && !(from->flags & RST) ? " ts=none" : "";
	if (seq_before(tsval, view->ts_recent))
		return " ts=old";
	return from->ts == DIFF_TS_AT ? " ts=new" : "";
}

/* What the application does not do. */
static const char *app_words(const struct diff_view *view)
{
	if (view->is_closed)
		return " closed";
	return view->is_hungry ? "" : " held";
}

static const char *window_words(const struct diff_view *view)
{
	return view->has_shrunk ? " small" : "";
}

/* "ESTABLISHED in FIN,ACK seq=next end=within ack=una". */
void diff_view_step(struct diff_view *view, uint32_t number)
{
	struct diff_moment *moment = &view->trace->moments[view->trace->count++];
	const struct diff_step *step = &view->script->steps[number];
	const struct diff_segment *from = &step->segment;
	struct diff_view copy = *view; /* which may be told of the segment before it is sent */
	struct raw_segment segment;
	const char *state = quern_state_name(view->state);

	moment->count = 0;
	view->is_closed |= step->call == DIFF_CLOSE;
	if (step->call != DIFF_IN) {
		snprintf(moment->facts, sizeof(moment->facts), "%s %s%s%s", state, diff_call_text(step->call),
			 view->is_shut ? " shut" : window_words(view), app_words(view));
		return;
	}
	segment = diff_view_segment(&copy, number);
	snprintf(moment->facts, sizeof(moment->facts), "%s in %s seq=%s end=%s ack=%s%s%s%s%s%s", state,
		 raw_flags_text(from->flags & (uint8_t)~PSH), seq_words(view, segment.seq), end_words(view, &segment),
		 ack_words(view, &segment), from->text_bytes ? " text" : "", ts_words(view, from, &segment, number),
		 from->window == 0 ? " shut" : window_words(&copy), from->sack_count ? " sack" : "", app_words(view));
}

void diff_words_add(struct diff_moment *moment, const char *words)
{
	if (moment->count == DIFF_LINES_MAX) {
		snprintf(moment->lines[DIFF_LINES_MAX - 2], DIFF_WORDS_BYTES, "and more");
		moment->count--;
	}
	snprintf(moment->lines[moment->count++], DIFF_WORDS_BYTES, "%s", words);
}

/* A number of the peer's: relative to its ISN, or, where that is nearer, to the edge that the script was about, which
 * need not be the same for two stacks. */
static const char *place_words(const struct diff_view *view, uint32_t place, char words[PLACE_BYTES])
{
	int32_t to_edge = (int32_t)(DIFF_PEER_ISS + place - view->used_edge);

	if (view->has_used_edge && (int32_t)place > abs(to_edge))
		snprintf(words, PLACE_BYTES, "edge%+d", to_edge);
	else
		snprintf(words, PLACE_BYTES, "%d", (int32_t)place);
	return words;
}

__attribute__((format(printf, 2, 3))) static void add(struct diff_moment *moment, const char *format, ...)
{
	char words[DIFF_WORDS_BYTES];
	va_list list;

	va_start(list, format);
	vsnprintf(words, sizeof(words), format, list);
	va_end(list);
	diff_words_add(moment, words);
}

/* A line for the segment, and one for each thing that may differ without the rest being different. */
static void add_heard(const struct diff_view *view, const struct diff_heard *heard, struct diff_moment *moment)
{
	char seq[PLACE_BYTES] = "no place", bytes[PLACE_BYTES] = "", left[PLACE_BYTES], right[PLACE_BYTES];
	bool is_reset = heard->flags & RST;

	if (!heard->has_no_place)
		snprintf(seq, sizeof(seq), "%d", (int32_t)heard->seq);
	if (heard->text_bytes)
		snprintf(bytes, sizeof(bytes), "+%u", heard->text_bytes);
	if (is_reset || !(heard->flags & ACK))
		add(moment, "%s seq %s%s", raw_flags_text(heard->flags & (uint8_t) ~(is_reset ? ACK : 0)), seq, bytes);
	else
		add(moment, "%s seq %s%s ack %s", raw_flags_text(heard->flags), seq, bytes,
		    place_words(view, heard->ack, left));
	if (is_reset && heard->flags & ACK)
		add(moment, "  with ACK %s", place_words(view, heard->ack, left));
	if (heard->options[0])
		add(moment, "  with%s", heard->options);
	for (uint8_t i = 0; i < heard->sack_count; i++)
		add(moment, "  sack %s..%s", place_words(view, heard->sacks[i][0], left),
		    place_words(view, heard->sacks[i][1], right));
	if (heard->window == 0 && !is_reset)
		add(moment, "  window 0");
	if (heard->is_wrong)
		add(moment, "  with other text than was sent");
	if (view->script->peer_timestamps && !heard->has_timestamps && !is_reset && !(heard->flags & SYN))
		add(moment, "  without timestamps");
}

void diff_words_of_heard(const struct diff_view *view, struct diff_moment *moment)
{
	for (uint32_t i = 0; i < view->heard_count; i++)
		add_heard(view, &view->heard[i], moment);
}
