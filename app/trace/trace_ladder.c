/* trace_ladder.c - gives a connection's rows one after the other. */
#include "trace/trace_ladder.h"

#define LONG_PAUSE_NS UINT64_C(1000000000)

void trace_ladder_begin(struct trace_ladder *ladder, const struct trace_connection *connection, uint32_t most)
{
	*ladder = (struct trace_ladder){.connection = connection, .most = most};
	for (int end = 0; end < TRACE_ENDS; end++)
		ladder->states[end] = connection->states[end];
}

static void change(struct trace_ladder *ladder, int end, enum quern_state state)
{
	if (state != QUERN_NO_STATE)
		ladder->states[end] = state;
}

/* Arrivals of what was said before, behind the event that was given last; null where there is none left. */
static const struct trace_event *next_landing(struct trace_ladder *ladder, uint32_t *index)
{
	const struct trace_connection *connection = ladder->connection;

	while (ladder->next > 0 && ladder->landings < connection->late_count) {
		const struct trace_event *event;

		*index = connection->late[ladder->landings++];
		event = &connection->events[*index];
		if (event->lands == ladder->next - 1)
			return event;
	}
	return NULL;
}

/* Goes on to the next event, and says what it is. */
static const struct trace_event *go_on(struct trace_ladder *ladder)
{
	const struct trace_event *event = &ladder->connection->events[ladder->next];

	change(ladder, event->from, event->sender_state);
	if (event->lands == ladder->next)
		change(ladder, !event->from, event->receiver_state);
	ladder->next++;
	ladder->landings = 0;
	ladder->has_paused = false;
	return event;
}

static void skip(struct trace_ladder *ladder, struct trace_row *row)
{
	const struct trace_event *event;
	uint32_t index;

	row->kind = TRACE_ROW_SKIP;
	row->amount = ladder->connection->count - ladder->most;
	for (uint64_t i = 0; i < row->amount; i++) {
		go_on(ladder);
		while ((event = next_landing(ladder, &index)) != NULL)
			change(ladder, !event->from, event->receiver_state);
	}
	for (int end = 0; end < TRACE_ENDS; end++)
		row->states[end] = ladder->states[end];
	ladder->has_paused = true;
}

/* How long nothing was said before an event, where that is worth a row. */
static uint64_t pause_before(const struct trace_connection *connection, uint32_t index)
{
	uint64_t now = connection->events[index].at_ns, before = index > 0 ? connection->events[index - 1].at_ns : now;

	return now > before && now - before >= LONG_PAUSE_NS ? now - before : 0;
}

bool trace_ladder_next(struct trace_ladder *ladder, struct trace_row *row)
{
	const struct trace_connection *connection = ladder->connection;
	const struct trace_event *landed = next_landing(ladder, &row->index);

	row->amount = 0;
	if (landed) {
		change(ladder, !landed->from, landed->receiver_state);
		row->kind = TRACE_ROW_LANDING;
		return true;
	}
	row->index = ladder->next;
	if (ladder->next == connection->count)
		return false;
	if (ladder->most != 0 && connection->count > ladder->most && ladder->next == ladder->most / 2 &&
	    !ladder->has_paused) {
		skip(ladder, row);
		return true;
	}
	row->amount = ladder->has_paused ? 0 : pause_before(connection, ladder->next);
	if (row->amount != 0) {
		row->kind = TRACE_ROW_PAUSE;
		ladder->has_paused = true;
		return true;
	}
	row->kind = TRACE_ROW_EVENT;
	go_on(ladder);
	return true;
}
