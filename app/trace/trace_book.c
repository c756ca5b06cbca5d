/* trace_book.c - finds each segment's connection by its ends, and tells one from the next between the same ends. */
#include "trace/trace_book.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_PLACES = 256, FIRST_ROOM = 16 };

void trace_book_init(struct trace_book *book, const struct trace_choice *choice)
{
	*book = (struct trace_book){.choice = *choice};
}

static bool is_same_end(const struct quern_endpoint *a, const struct quern_endpoint *b)
{
	return a->port == b->port && a->address == b->address && a->ip6.high == b->ip6.high && a->ip6.low == b->ip6.low;
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 29;
}

static uint64_t hash_end(const struct quern_endpoint *end)
{
	return mix(mix(mix(end->port, end->address), end->ip6.high), end->ip6.low);
}

/* The same in both directions. */
static uint32_t hash_ends(const struct quern_endpoint *a, const struct quern_endpoint *b, uint16_t vlan)
{
	return (uint32_t)mix(hash_end(a) + hash_end(b), vlan);
}

/* Which end of the connection says the segment, or -1 where it belongs to another one. */
static int speaker(const struct trace_connection *connection, const struct quern_segment *segment)
{
	if (connection->vlan != segment->vlan)
		return -1;
	for (int end = 0; end < TRACE_ENDS; end++)
		if (is_same_end(&connection->ends[end], &segment->source) &&
		    is_same_end(&connection->ends[!end], &segment->dest))
			return end;
	return -1;
}

/* The place of the segment's connection, or the free one where it would be. The table is never full. */
static uint32_t *find_place(const struct trace_book *book, const struct quern_segment *segment)
{
	uint32_t mask = book->place_count - 1;
	uint32_t at = hash_ends(&segment->source, &segment->dest, segment->vlan) & mask;

	while (book->places[at] != 0 && speaker(book->connections[book->places[at] - 1], segment) < 0)
		at = (at + 1) & mask;
	return &book->places[at];
}

/* Makes room for one more connection: twice as much where the table would become more than half full. */
static int grow(struct trace_book *book)
{
	uint32_t places = book->place_count ? 2 * book->place_count : FIRST_PLACES;
	uint32_t *table, *old = book->places, old_count = book->place_count;
	struct trace_connection **connections;

	if (2 * (book->count + 1) <= book->place_count)
		return 0;
	connections = realloc(book->connections, places / 2 * sizeof(connections[0]));
	if (!connections)
		return -ENOMEM;
	book->connections = connections;
	table = calloc(places, sizeof(table[0]));
	if (!table)
		return -ENOMEM;
	book->places = table;
	book->place_count = places;
	for (uint32_t i = 0; i < old_count; i++) {
		struct quern_segment ends;

		if (old[i] == 0)
			continue;
		ends.source = connections[old[i] - 1]->ends[0];
		ends.dest = connections[old[i] - 1]->ends[1];
		ends.vlan = connections[old[i] - 1]->vlan;
		*find_place(book, &ends) = old[i];
	}
	free(old);
	return 0;
}

static bool is_end_of_choice(const struct trace_choice *choice, const struct quern_endpoint *end)
{
	struct quern_endpoint same_port = *end;

	if (choice->end.port == 0)
		same_port.port = 0;
	return is_same_end(&choice->end, &same_port);
}

static bool is_chosen(const struct trace_book *book, const struct trace_connection *connection)
{
	const struct trace_choice *choice = &book->choice;

	if (choice->number != 0)
		return connection->number == choice->number;
	if (choice->has_end && !is_end_of_choice(choice, &connection->ends[0]) &&
	    !is_end_of_choice(choice, &connection->ends[1]))
		return false;
	return book->shown < choice->most;
}

/* RFC 9293 3.6.1, as far as it can be seen from outside: a SYN of another number begins the next connection where the
 * one before is over, has never been answered, or was not seen to begin. */
static bool is_next(const struct trace_connection *connection, const struct quern_segment *segment, int from)
{
	bool is_over = connection->has_reset || (connection->has_fin[0] && connection->has_fin[1]);

	if ((segment->flags & (QUERN_SYN | QUERN_ACK | QUERN_RST)) != QUERN_SYN)
		return false;
	if (connection->has_syn[from] && connection->iss[from] == segment->seq)
		return false;
	if (!connection->has_syn[from])
		return is_over || connection->has_spoken[from] || !connection->has_syn[!from];
	return is_over || !connection->has_spoken[!from];
}

/* A connection that begins with the segment, entered at `place`. An end that answers a SYN is on the right. */
static struct trace_connection *begin(struct trace_book *book, const struct quern_segment *segment, uint32_t *place)
{
	struct trace_connection *connection = calloc(1, sizeof(*connection));
	bool is_answer = (segment->flags & (QUERN_SYN | QUERN_ACK)) == (QUERN_SYN | QUERN_ACK);

	if (!connection)
		return NULL;
	connection->number = book->count + 1;
	connection->vlan = segment->vlan;
	connection->ends[is_answer] = segment->source;
	connection->ends[!is_answer] = segment->dest;
	connection->is_shown = is_chosen(book, connection);
	book->shown += connection->is_shown;
	book->connections[book->count++] = connection;
	*place = book->count;
	return connection;
}

/* What tells later whether a SYN begins another one. */
static void note(struct trace_connection *connection, uint64_t at_ns, const struct quern_segment *segment, int from)
{
	if (connection->segments++ == 0)
		connection->first_ns = at_ns;
	connection->last_ns = at_ns;
	connection->text_bytes[from] += segment->text_bytes;
	if (segment->flags & QUERN_SYN && !connection->has_spoken[from]) {
		connection->has_syn[from] = true;
		connection->iss[from] = segment->seq;
	}
	connection->has_spoken[from] = true;
	connection->has_fin[from] |= (segment->flags & QUERN_FIN) != 0;
	connection->has_reset |= (segment->flags & QUERN_RST) != 0;
}

static int keep(struct trace_book *book, struct trace_connection *connection, const struct trace_event *event)
{
	if (book->events == TRACE_MAX_EVENTS) {
		book->left_out++;
		return 0;
	}
	if (connection->count == connection->room) {
		uint32_t room = connection->room ? 2 * connection->room : FIRST_ROOM;
		struct trace_event *events = realloc(connection->events, room * sizeof(events[0]));

		if (!events)
			return -ENOMEM;
		connection->events = events;
		connection->room = room;
	}
	connection->events[connection->count++] = *event;
	book->events++;
	return 0;
}

int trace_book_add(struct trace_book *book, uint64_t at_ns, const struct quern_segment *segment)
{
	struct trace_event event = {.at_ns = at_ns, .segment = *segment};
	struct trace_connection *connection = NULL;
	uint32_t *place;
	int from = -1;

	book->segments++;
	if (grow(book) != 0)
		return -ENOMEM;
	place = find_place(book, segment);
	if (*place != 0) {
		connection = book->connections[*place - 1];
		from = speaker(connection, segment);
	}
	if (!connection || is_next(connection, segment, from)) {
		if (book->count == TRACE_MAX_CONNECTIONS) {
			book->beyond++;
			return 0;
		}
		connection = begin(book, segment, place);
		if (!connection)
			return -ENOMEM;
		from = speaker(connection, segment);
	}
	note(connection, at_ns, segment, from);
	event.from = (uint8_t)from;
	if (connection->is_shown)
		return keep(book, connection, &event);
	book->hidden_segments++;
	return 0;
}

bool trace_book_is_full(const struct trace_book *book)
{
	return book->left_out > 0 || book->beyond > 0;
}

void trace_book_free(struct trace_book *book)
{
	for (uint32_t i = 0; i < book->count; i++) {
		free(book->connections[i]->events);
		free(book->connections[i]);
	}
	free(book->connections);
	free(book->places);
	*book = (struct trace_book){0};
}
