/* trace_judge.c - reads a connection to its end, to tell what arrived from what was said again. An end always
 * acknowledges all it has: so what it says shows what had reached it by then. */
#include "trace/trace_judge.h"

enum {
	FAR = 1 << 30, /* numbers as far off are of another connection */
	DEAF = 2       /* so much that calls for an answer went again without one: the other end hears nothing */
};

/* What has been seen of an end so far. */
struct seen {
	uint32_t sent;  /* relative: one behind the highest number */
	uint32_t acked; /* by the other end */
	bool has_acked;
	bool goes_on;        /* it has said something that presumes the other end's SYN */
	uint32_t unanswered; /* went again since the other end's last word */
};

static const struct trace_said NOTHING_SAID = {0,           TRACE_NEVER, TRACE_NEVER, TRACE_NEVER, TRACE_NEVER,
					       TRACE_NEVER, TRACE_NEVER, TRACE_NEVER, TRACE_NEVER};

/* An end whose first word is a SYN counts from there. */
static void find_syns(const struct trace_connection *connection, struct trace_judged ends[TRACE_ENDS])
{
	bool has_spoken[TRACE_ENDS] = {false, false};

	for (uint32_t i = 0; i < connection->count && !(has_spoken[0] && has_spoken[1]); i++) {
		const struct trace_event *event = &connection->events[i];
		const struct quern_segment *segment = &event->segment;
		struct trace_judged *end = &ends[event->from];

		if (segment->flags & QUERN_RST || has_spoken[event->from])
			continue;
		has_spoken[event->from] = true;
		if (!(segment->flags & QUERN_SYN))
			continue;
		end->has_base = end->has_syn = true;
		end->base = segment->seq;
		end->is_passive = (segment->flags & QUERN_ACK) != 0;
	}
}

/* Any other counts from the first that is seen of its numbers, so that this is number 1. */
static void find_bases(const struct trace_connection *connection, struct trace_judged ends[TRACE_ENDS])
{
	find_syns(connection, ends);
	for (uint32_t i = 0; i < connection->count && !(ends[0].has_base && ends[1].has_base); i++) {
		const struct trace_event *event = &connection->events[i];
		const struct quern_segment *segment = &event->segment;
		struct trace_judged *end = &ends[event->from], *other = &ends[!event->from];
		bool is_reset = (segment->flags & QUERN_RST) != 0;

		if (!end->has_base) {
			end->has_base = true;
			end->base = is_reset ? segment->seq : segment->seq - 1;
		}
		if (!other->has_base && segment->flags & QUERN_ACK && !is_reset) {
			other->has_base = true;
			other->base = segment->ack - 1;
		}
	}
}

/* A copy of the SYN: again, or in answer to the other's. One that comes when its end has gone on is the network's. */
static void note_syn(const struct trace_event *event, uint32_t index, struct trace_judged *end, const struct seen *seen)
{
	struct trace_said *syn = &end->syn;
	bool has_ack = (event->segment.flags & QUERN_ACK) != 0;

	if (!end->has_syn || event->segment.seq != end->base || seen->goes_on)
		return;
	if (syn->first == TRACE_NEVER) {
		syn->first = syn->last = syn->wanting = index;
		syn->end = 1;
	} else if (has_ack && !end->is_passive && syn->answer == TRACE_NEVER) {
		syn->answer = index;
	} else {
		syn->last = syn->wanting = index;
	}
	/* Of two that open, the copy that the other one answers with its SYN is one that acknowledges nothing. */
	if (syn->covered == TRACE_NEVER && !has_ack)
		syn->taken = index;
}

static void note_fin(const struct trace_event *event, uint32_t index, struct trace_judged *end)
{
	uint32_t after = event->segment.seq - end->base + trace_length(&event->segment);
	struct trace_said *fin = &end->fin;

	if (fin->first == TRACE_NEVER) {
		fin->first = index;
		fin->end = after;
	}
	if (after == fin->end)
		fin->last = fin->wanting = index;
}

/* Behind the handshake: its own SYN has been acknowledged. */
static void note_going_on(struct trace_judged *end, struct seen *seen, uint32_t index)
{
	if (!seen->goes_on && end->syn.first != TRACE_NEVER)
		end->syn.shown = index;
	seen->goes_on = true;
}

/* Something is said again, or asks for an answer. Text shows by that what had not been acknowledged yet; an octet in
 * the place of the FIN is a probe. */
static void note_again(const struct trace_event *event, uint32_t index, struct trace_judged *end, struct seen *seen)
{
	struct trace_said *fin = &end->fin;

	seen->unanswered++;
	if (fin->first != TRACE_NEVER && event->segment.text_bytes > 0 &&
	    trace_before(event->segment.seq - end->base, fin->end - 1))
		fin->wanting = index;
}

/* True where a segment acknowledges so much of what the other end has sent. */
static bool covers(const struct quern_segment *segment, uint32_t base, uint32_t end)
{
	return segment->flags & QUERN_ACK && !(segment->flags & QUERN_RST) && segment->ack - base - end < FAR;
}

/* The event may be the first that acknowledges what the other end has said. */
static void note_cover(const struct trace_event *event, uint32_t index, uint32_t base, struct trace_said *said)
{
	if (said->first == TRACE_NEVER || said->covered != TRACE_NEVER || !covers(&event->segment, base, said->end))
		return;
	said->covered = index;
	if (!(event->segment.flags & QUERN_SYN) || said->taken == TRACE_NEVER)
		said->taken = said->answer != TRACE_NEVER && said->answer > said->last ? said->answer : said->last;
}

/* What an end says last shows that no RST has ended it before. */
static void note_reset(const struct trace_event *event, uint32_t index, struct trace_judged ends[TRACE_ENDS],
		       const struct seen seen[TRACE_ENDS])
{
	struct trace_judged *end = &ends[event->from], *other = &ends[!event->from];
	const struct seen *own = &seen[event->from];
	uint32_t seq = event->segment.seq - end->base;

	if (end->resets == TRACE_NEVER)
		end->resets = index;
	/* RFC 5961 3.2: one beside the point only draws an ACK. */
	if (own->has_acked && (trace_before(seq, own->acked) || trace_before(own->sent, seq)))
		return;
	if (other->is_reset == TRACE_NEVER && own->unanswered < DEAF)
		other->is_reset = index;
}

static void note_word(const struct trace_event *event, uint32_t index, struct trace_judged ends[TRACE_ENDS],
		      struct seen seen[TRACE_ENDS])
{
	struct trace_judged *end = &ends[event->from], *other = &ends[!event->from];
	struct seen *own = &seen[event->from], *theirs = &seen[!event->from];
	const struct quern_segment *segment = &event->segment;
	uint32_t seq = segment->seq - end->base, after = seq + trace_length(segment), ack = segment->ack - other->base;

	end->last_word = index;
	end->resets = end->is_reset = TRACE_NEVER;
	theirs->unanswered = 0;
	if (segment->flags & QUERN_SYN)
		note_syn(event, index, end, own);
	else if (segment->flags & QUERN_ACK)
		note_going_on(end, own, index);
	if (segment->flags & QUERN_FIN)
		note_fin(event, index, end);
	if (own->sent != 0 && !trace_before(own->sent, after) && (after != seq || seq == own->sent - 1))
		note_again(event, index, end, own);
	if (trace_before(own->sent, after) && after - own->sent < FAR)
		own->sent = after;
	if (!(segment->flags & QUERN_ACK))
		return;
	note_cover(event, index, other->base, &other->syn);
	note_cover(event, index, other->base, &other->fin);
	if (!theirs->has_acked || (trace_before(theirs->acked, ack) && ack - theirs->acked < FAR))
		theirs->acked = ack;
	theirs->has_acked = true;
}

/* The event at `index` arrives behind the later one. */
static void land_behind(struct trace_connection *connection, uint32_t index, uint32_t later)
{
	bool is_late = connection->events[index].lands != index;

	connection->events[index].lands = later;
	if (!is_late)
		connection->late[connection->late_count++] = index;
}

/* It was under way while the other end said what does not acknowledge it; or it waited behind a hole, until text that
 * was said behind it had filled that. */
static void find_landing(struct trace_connection *connection, const struct trace_judged *end, struct trace_said *said)
{
	if (said->covered == TRACE_NEVER) {
		said->taken = TRACE_NEVER;
		return;
	}
	for (uint32_t i = said->covered; i-- > said->taken + 1;) {
		const struct trace_event *event = &connection->events[i];
		bool is_own = event->from == connection->events[said->taken].from;
		bool fills = event->segment.text_bytes > 0 && trace_before(event->segment.seq - end->base, said->end);

		if (event->segment.flags & QUERN_RST || (is_own && !fills))
			continue;
		land_behind(connection, said->taken, i);
		return;
	}
}

/* The first acknowledgment behind what was said for want of one, or one that is known to have come by what it said
 * besides; those before were lost or late. The last of these came late where its end goes on without another one. */
static uint32_t choose_accepted(struct trace_connection *connection, const struct trace_judged *end,
				const struct trace_said *said, const struct trace_judged *other)
{
	uint32_t late = TRACE_NEVER;

	for (uint32_t i = said->covered; i < connection->count; i++) {
		struct trace_event *event = &connection->events[i];

		if (i == said->shown && late != TRACE_NEVER) {
			connection->events[late].marks &= ~(uint32_t)TRACE_NOT_TAKEN;
			land_behind(connection, late, said->wanting);
			return late;
		}
		if (event->from == connection->events[said->first].from ||
		    !covers(&event->segment, end->base, said->end))
			continue;
		if (i > said->wanting || i == other->syn.taken || i == other->fin.taken)
			return i;
		event->marks |= TRACE_NOT_TAKEN;
		late = i;
	}
	return TRACE_NEVER;
}

static void find_accepted(struct trace_connection *connection, const struct trace_judged *end, struct trace_said *said,
			  const struct trace_judged *other)
{
	if (said->covered == TRACE_NEVER)
		return;
	said->accepted = choose_accepted(connection, end, said, other);
	/* An answer to the other's SYN shows what had not come by then, and was not said for want of it. */
	if (said->accepted != TRACE_NEVER && said->answer != TRACE_NEVER && said->accepted < said->answer &&
	    connection->events[said->accepted].lands < said->answer)
		land_behind(connection, said->accepted, said->answer);
}

/* RFC 9293 3.10.7.4, eighth step: a FIN is acknowledged as it comes. So whoever acknowledges a FIN behind one of its
 * own is heard only once that has been acknowledged: of two FINs that cross, the acknowledgments cross as well. But a
 * FIN that waited behind a hole was acknowledged late, once what is said again had filled it. */
static void find_crossing(struct trace_connection *connection, const struct trace_said *fin,
			  const struct trace_said *other)
{
	const struct trace_event *events = connection->events;

	if (fin->accepted == TRACE_NEVER || other->covered == TRACE_NEVER || fin->accepted <= other->taken ||
	    events[fin->accepted].lands >= other->covered)
		return;
	for (uint32_t i = fin->accepted + 1; i < other->covered; i++) {
		if (events[i].from == events[fin->accepted].from)
			return;
	}
	land_behind(connection, fin->accepted, other->covered);
}

void trace_judge(struct trace_connection *connection, struct trace_judged ends[TRACE_ENDS])
{
	struct seen seen[TRACE_ENDS] = {0};

	for (int end = 0; end < TRACE_ENDS; end++)
		ends[end] = (struct trace_judged){.syn = NOTHING_SAID,
						  .fin = NOTHING_SAID,
						  .last_word = TRACE_NEVER,
						  .resets = TRACE_NEVER,
						  .is_reset = TRACE_NEVER};
	find_bases(connection, ends);
	connection->late_count = 0;
	for (uint32_t i = 0; i < connection->count; i++) {
		struct trace_event *event = &connection->events[i];

		event->lands = i;
		event->marks = 0;
		if (event->segment.flags & QUERN_RST)
			note_reset(event, i, ends, seen);
		else
			note_word(event, i, ends, seen);
	}
	for (int end = 0; end < TRACE_ENDS; end++) {
		find_landing(connection, &ends[end], &ends[end].syn);
		find_landing(connection, &ends[end], &ends[end].fin);
	}
	for (int end = 0; end < TRACE_ENDS; end++) {
		find_accepted(connection, &ends[end], &ends[end].syn, &ends[!end]);
		find_accepted(connection, &ends[end], &ends[end].fin, &ends[!end]);
	}
	for (int end = 0; end < TRACE_ENDS; end++)
		find_crossing(connection, &ends[end].fin, &ends[!end].fin);
}
