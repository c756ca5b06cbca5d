/* trace_marks.c - what is odd about a segment, from what both ends have sent and acknowledged before it. */
#include "trace/trace_marks.h"

enum { FAR = 1 << 30, PROBES = TRACE_KEEPALIVE | TRACE_WINDOW_PROBE };

void trace_marks_init(struct trace_space spaces[TRACE_ENDS], const struct trace_judged ends[TRACE_ENDS])
{
	for (int end = 0; end < TRACE_ENDS; end++)
		spaces[end] = (struct trace_space){.base = ends[end].base, .has_syn = ends[end].has_syn};
}

static void add_hole(struct trace_space *space, uint32_t from, uint32_t to)
{
	if (space->hole_count < TRACE_HOLES && from != to)
		space->holes[space->hole_count++] = (struct trace_hole){from, to};
}

/* Takes a piece out of the holes; how much of it lay in one. */
static uint32_t fill_holes(struct trace_space *space, uint32_t from, uint32_t to)
{
	uint32_t count = space->hole_count, filled = 0;
	struct trace_hole holes[TRACE_HOLES];

	for (uint32_t i = 0; i < count; i++)
		holes[i] = space->holes[i];
	space->hole_count = 0;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t left = trace_before(holes[i].from, from) ? from : holes[i].from;
		uint32_t right = trace_before(to, holes[i].to) ? to : holes[i].to;

		if (!trace_before(left, right)) {
			add_hole(space, holes[i].from, holes[i].to);
			continue;
		}
		filled += right - left;
		add_hole(space, holes[i].from, left);
		add_hole(space, right, holes[i].to);
	}
	return filled;
}

/* One number that has been acknowledged, or one that a window of zero has no room for: to draw an answer. */
static bool is_probe(const struct trace_space *own, const struct trace_space *other, const struct trace_event *event)
{
	uint32_t length = event->end - event->seq;
	bool is_shut = other->has_acked && other->window == 0;

	if (event->segment.flags & (QUERN_SYN | QUERN_FIN) || length > 1 || !own->has_sent)
		return false;
	if (event->seq == own->sent - 1)
		return is_shut || own->acked == own->sent;
	return is_shut && length == 1 && event->seq == own->sent;
}

/* How its text, SYN and FIN lie to those before. */
static uint32_t place(struct trace_space *own, const struct trace_event *event)
{
	uint32_t within, filled, below = trace_before(event->end, own->sent) ? event->end : own->sent;

	if (!trace_before(event->seq, own->sent))
		return event->seq != own->sent ? TRACE_GAP : 0;
	if (event->seq == event->end)
		return 0;
	within = below - event->seq;
	filled = fill_holes(own, event->seq, below);
	if (filled == within)
		return TRACE_FILLS_GAP;
	return filled == 0 && event->end == below ? TRACE_AGAIN : TRACE_PARTLY_AGAIN;
}

static void mark_sent(struct trace_space *own, const struct trace_space *other, struct trace_event *event)
{
	bool is_shut = other->has_acked && other->window == 0;

	if (!own->has_sent) {
		own->has_sent = true;
		own->sent = own->acked = event->seq;
	}
	/* Of two that open, each says its SYN again to answer the other's. */
	if (event->segment.flags & QUERN_SYN && event->segment.flags & QUERN_ACK && !own->has_acked)
		own->sent = event->end;
	else if (is_probe(own, other, event))
		event->marks |= is_shut ? TRACE_WINDOW_PROBE : TRACE_KEEPALIVE;
	else
		event->marks |= place(own, event);
	if (event->marks & TRACE_GAP)
		add_hole(own, own->sent, event->seq);
	if (trace_before(own->sent, event->end))
		own->sent = event->end;
}

/* An ACK that acknowledges no more than the one before. */
static void mark_same_ack(struct trace_space *own, const struct trace_space *other, struct trace_event *event)
{
	if (own->was_probed) {
		event->marks |= TRACE_PROBE_ANSWER;
	} else if (event->window != own->window) {
		event->marks |= TRACE_WINDOW_UPDATE;
	} else if (trace_before(event->ack, other->sent)) {
		event->marks |= TRACE_DUPLICATE_ACK;
		event->nth = ++own->duplicates;
	}
}

static void mark_ack(struct trace_space *own, struct trace_space *other, struct trace_event *event)
{
	bool is_pure = event->seq == event->end && !(event->marks & PROBES);

	if (other->has_sent && trace_before(other->sent, event->ack)) {
		event->marks |= TRACE_UNSEEN_ACK;
		add_hole(other, other->sent, event->ack);
		other->sent = event->ack;
	}
	if (own->has_acked && is_pure && event->ack == own->ack)
		mark_same_ack(own, other, event);
	else if (!own->has_acked || event->ack != own->ack)
		own->duplicates = 0;
	if (event->window == 0)
		event->marks |= TRACE_ZERO_WINDOW;
	if (trace_before(other->acked, event->ack))
		other->acked = event->ack;
	own->has_acked = true;
	own->ack = event->ack;
	own->window = event->window;
}

static bool is_far(uint32_t number, uint32_t from)
{
	return number - from + FAR > 2u * FAR;
}

/* Whether it belongs to the numbers of the connection. */
static bool is_inside(const struct trace_space *own, const struct trace_space *other, const struct trace_event *event)
{
	bool has_ack = (event->segment.flags & QUERN_ACK) != 0;

	if (event->segment.flags & QUERN_RST)
		return !own->was_acked ||
		       !(trace_before(event->seq, own->acked) || trace_before(own->sent, event->seq));
	return !(own->has_sent && is_far(event->seq, own->sent)) &&
	       !(has_ack && other->has_sent && is_far(event->ack, other->sent));
}

/* RFC 7323 2.2: a window is scaled where both SYNs say by how much, and not in a SYN. */
static uint32_t scaled_window(const struct trace_space *own, const struct trace_space *other,
			      const struct quern_segment *segment)
{
	if (segment->flags & QUERN_SYN)
		return segment->window;
	return own->has_scale && other->has_scale ? (uint32_t)segment->window << own->scale : segment->window;
}

void trace_marks_apply(struct trace_space spaces[TRACE_ENDS], struct trace_event *event)
{
	struct trace_space *own = &spaces[event->from], *other = &spaces[!event->from];
	const struct quern_segment *segment = &event->segment;

	event->seq = segment->seq - own->base;
	event->end = event->seq + trace_length(segment);
	event->ack = segment->ack - other->base;
	event->window = scaled_window(own, other, segment);
	event->nth = 0;
	if (segment->checksum == QUERN_CHECKSUM_WRONG)
		event->marks |= TRACE_WRONG_CHECKSUM;
	if (segment->flags & QUERN_SYN && (!own->has_syn || event->seq != 0)) {
		event->marks |= TRACE_OTHER_SYN;
		return;
	}
	if (!is_inside(own, other, event)) {
		event->marks |= TRACE_OUTSIDE;
		return;
	}
	if (segment->flags & QUERN_RST)
		return;
	if (segment->flags & QUERN_SYN) {
		own->has_scale = segment->has_scale;
		own->scale = segment->scale;
	}
	mark_sent(own, other, event);
	if (segment->flags & QUERN_ACK) {
		mark_ack(own, other, event);
		other->was_acked = true;
	}
	own->was_probed = false;
	other->was_probed = (event->marks & PROBES) != 0;
}
