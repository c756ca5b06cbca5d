/* trace_follow.c - the states of both ends (RFC 9293 figure 5), from what each has said and what has reached it. */
#include <stddef.h>

#include "trace/trace_connection.h"
#include "trace/trace_judge.h"
#include "trace/trace_marks.h"

/* Of a FIN whose connection was not seen to begin. */
enum known { NOT_KNOWN, NO, YES };

struct end {
	const struct trace_judged *judged;
	enum quern_state before; /* it has a connection; QUERN_NO_STATE where that is not known */
	enum quern_state state;
	bool syn_sent;
	bool syn_received;
	bool syn_acked; /* and the ACK has arrived, as that of the FIN below */
	enum known fin_sent;
	enum known fin_received;
	bool fin_acked;
	bool received_first; /* the other's FIN, before its own was sent */
	bool is_over;        /* by RST, and in state `after` since */
	enum quern_state after;
};

static enum quern_state state_of_opening(const struct end *end)
{
	if (!end->syn_sent)
		return end->syn_received ? QUERN_SYN_RCVD : end->before;
	if (!end->syn_received)
		return QUERN_SYN_SENT;
	return end->syn_acked ? QUERN_ESTABLISHED : QUERN_SYN_RCVD;
}

static enum quern_state state_of_closing(const struct end *end)
{
	if (end->fin_sent == NO)
		return QUERN_CLOSE_WAIT;
	if (end->fin_received == NO)
		return end->fin_acked ? QUERN_FIN_WAIT_2 : QUERN_FIN_WAIT_1;
	if (end->received_first)
		return end->fin_acked ? QUERN_CLOSED : QUERN_LAST_ACK;
	return end->fin_acked ? QUERN_TIME_WAIT : QUERN_CLOSING;
}

static enum quern_state state_of(const struct end *end)
{
	if (end->is_over)
		return end->after;
	if (end->fin_sent == NOT_KNOWN || end->fin_received == NOT_KNOWN)
		return QUERN_NO_STATE;
	if (end->fin_sent == NO && end->fin_received == NO)
		return state_of_opening(end);
	return state_of_closing(end);
}

/* The state from now on, or QUERN_NO_STATE where it has not changed. */
static enum quern_state change(struct end *end)
{
	enum quern_state state = state_of(end);

	if (state == end->state)
		return QUERN_NO_STATE;
	end->state = state;
	return state;
}

/* RFC 9293 3.10.7: RST ends a connection; only an end that had been listening, and has not been acknowledged yet,
 * returns to that. */
static void reset(struct end *end, bool by_other)
{
	bool returns = end->judged->is_passive && end->state == QUERN_SYN_RCVD && by_other;

	if (end->is_over)
		return;
	end->after = returns || end->state == QUERN_LISTEN ? QUERN_LISTEN : QUERN_CLOSED;
	end->is_over = true;
}

/* Who has text to send has sent no FIN: neither has the other received one. */
static void learn_from_text(struct end *end, struct end *other, const struct trace_event *event)
{
	const uint32_t not_new = TRACE_AGAIN | TRACE_PARTLY_AGAIN | TRACE_FILLS_GAP | TRACE_KEEPALIVE | TRACE_OUTSIDE;

	if (event->segment.text_bytes == 0 || event->marks & not_new || end->fin_sent != NOT_KNOWN)
		return;
	end->fin_sent = other->fin_received = NO;
}

/* What an end says about itself by what it sends. */
static void send(struct end *end, struct end *other, const struct trace_event *event, uint32_t index)
{
	const struct quern_segment *segment = &event->segment;

	if (segment->flags & QUERN_RST) {
		if (index == end->judged->resets)
			reset(end, false);
		return;
	}
	if (event->marks & (TRACE_OTHER_SYN | TRACE_OUTSIDE))
		return;
	end->syn_sent = true;
	if (!(segment->flags & QUERN_SYN)) {
		end->syn_received = true;
		/* RFC 9293 3.10.7.4: an end whose SYN has not been acknowledged says hardly anything but that. */
		end->syn_acked = true;
	}
	learn_from_text(end, other, event);
	if (segment->flags & QUERN_FIN && event->end == end->judged->fin.end && end->fin_sent != YES) {
		end->fin_sent = YES;
		end->received_first = end->fin_received == YES;
	}
}

/* The event reaches `end`. True where it starts its 2MSL again. */
static bool receive(struct end *end, const struct end *sender, const struct trace_event *event, uint32_t index)
{
	const struct trace_said *fin = &sender->judged->fin;
	bool is_fin = event->segment.flags & QUERN_FIN && event->end == fin->end;

	if (index == sender->judged->syn.taken)
		end->syn_received = true;
	if (index == end->judged->syn.accepted)
		end->syn_acked = true;
	if (index == fin->taken)
		end->fin_received = YES;
	if (index == end->judged->fin.accepted)
		end->fin_acked = true;
	if (index == end->judged->is_reset)
		reset(end, true);
	return is_fin && index > fin->taken && fin->taken != TRACE_NEVER && end->state == QUERN_TIME_WAIT &&
	       end->judged->last_word != TRACE_NEVER && end->judged->last_word > index;
}

/* The event at `index` reaches the other end. */
static void land(struct trace_connection *connection, struct end ends[TRACE_ENDS], uint32_t index)
{
	struct trace_event *event = &connection->events[index];
	struct end *to = &ends[!event->from];

	if (receive(to, &ends[event->from], event, index)) {
		event->marks |= TRACE_TIME_WAIT_AGAIN;
		event->receiver_state = QUERN_TIME_WAIT;
		return;
	}
	event->receiver_state = change(to);
}

/* All that arrives once the event at `index` has been sent: itself, and what was under way. */
static void land_all(struct trace_connection *connection, struct end ends[TRACE_ENDS], uint32_t index)
{
	if (connection->events[index].lands == index)
		land(connection, ends, index);
	for (uint32_t i = 0; i < connection->late_count; i++)
		if (connection->events[connection->late[i]].lands == index)
			land(connection, ends, connection->late[i]);
}

/* What both ends are before the first event. */
static void begin(struct trace_connection *connection, const struct trace_judged judged[TRACE_ENDS],
		  struct end ends[TRACE_ENDS])
{
	bool has_beginning = judged[0].has_syn || judged[1].has_syn;

	for (int i = 0; i < TRACE_ENDS; i++) {
		struct end *end = &ends[i];
		const struct trace_judged *other = &judged[!i];

		*end = (struct end){.judged = &judged[i]};
		if (!has_beginning) {
			end->syn_sent = end->syn_received = end->syn_acked = true;
			continue;
		}
		end->fin_sent = end->fin_received = NO;
		if (judged[i].has_syn)
			end->before = judged[i].is_passive ? QUERN_LISTEN : QUERN_CLOSED;
		else if (judged[i].last_word == TRACE_NEVER && judged[i].resets != TRACE_NEVER)
			end->before = QUERN_CLOSED;
		/* A SYN that answers another one shows that this was sent, and acknowledges it. */
		end->syn_acked = end->syn_sent = !judged[i].has_syn && other->has_syn && other->is_passive;
		end->syn_received = judged[i].has_syn && judged[i].is_passive && !other->has_syn;
	}
	for (int i = 0; i < TRACE_ENDS; i++) {
		connection->bases[i] = judged[i].base;
		connection->states[i] = ends[i].state = state_of(&ends[i]);
	}
	connection->has_beginning = has_beginning;
	connection->has_scales = judged[0].has_syn && judged[1].has_syn;
	for (int i = 0; i < TRACE_ENDS; i++)
		connection->has_scales |= has_beginning && judged[i].last_word == TRACE_NEVER;
}

/* RFC 7323 3.2: what is echoed says where a clock stood before its end was seen to speak. */
static void find_clocks(struct trace_connection *connection)
{
	bool has_first[TRACE_ENDS] = {false, false};

	for (uint32_t i = 0; i < connection->count && !(has_first[0] && has_first[1]); i++) {
		const struct trace_event *event = &connection->events[i];
		const struct quern_segment *segment = &event->segment;

		if (!segment->has_timestamps)
			continue;
		if (!has_first[event->from])
			connection->first_tsval[event->from] = segment->tsval;
		has_first[event->from] = true;
		if (!has_first[!event->from] && segment->flags & QUERN_ACK && segment->tsecr != 0) {
			connection->first_tsval[!event->from] = segment->tsecr;
			has_first[!event->from] = true;
		}
	}
}

/* Probes behind which their own end is the next to speak. */
static void find_unanswered(struct trace_connection *connection)
{
	for (uint32_t i = 0; i + 1 < connection->count; i++) {
		struct trace_event *event = &connection->events[i];

		if (event->marks & (TRACE_KEEPALIVE | TRACE_WINDOW_PROBE) && event[1].from == event->from)
			event->marks |= TRACE_UNANSWERED;
	}
}

void trace_follow(struct trace_connection *connection)
{
	struct trace_judged judged[TRACE_ENDS];
	struct trace_space spaces[TRACE_ENDS];
	struct end ends[TRACE_ENDS];

	trace_judge(connection, judged);
	trace_marks_init(spaces, judged);
	begin(connection, judged, ends);
	find_clocks(connection);
	connection->unfinished_sums = 0;
	for (uint32_t i = 0; i < connection->count; i++) {
		struct trace_event *event = &connection->events[i];

		event->sender_state = event->receiver_state = QUERN_NO_STATE;
		connection->unfinished_sums += event->segment.checksum == QUERN_CHECKSUM_UNFINISHED;
		trace_marks_apply(spaces, event);
		send(&ends[event->from], &ends[!event->from], event, i);
		event->sender_state = change(&ends[event->from]);
		land_all(connection, ends, i);
	}
	find_unanswered(connection);
}

const char *trace_mark_text(enum trace_mark_place place)
{
	static const char *const texts[TRACE_PLACES_END] = {
#define X(name, text) [TRACE_PLACE_##name] = text,
		TRACE_MARKS(X)
#undef X
	};

	return texts[place];
}
