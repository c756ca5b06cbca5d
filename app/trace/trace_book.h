/* trace_book.h - the connections of a capture, in the order of their first segments, and the segments of those that are
 * to be shown. */
#ifndef TRACE_BOOK_H
#define TRACE_BOOK_H

#include <stddef.h>

#include "trace/trace_connection.h"

/* Bounds on memory: some 40 MB of segments, and as much of connections. */
enum { TRACE_MAX_EVENTS = 200000, TRACE_MAX_CONNECTIONS = 100000 };

/* Which connections are shown: the one with this number, those with this end, or else the first `most`. */
struct trace_choice {
	uint32_t number; /* 0: not by number */
	bool has_end;
	struct quern_endpoint end; /* port 0: any */
	uint32_t most;
};

struct trace_book {
	struct trace_choice choice;
	struct trace_connection **connections; /* `count` of them */
	uint32_t count;
	uint32_t shown;
	uint32_t *places; /* hash table: index of a connection and one, 0 for none */
	uint32_t place_count;
	uint32_t events; /* kept in all */
	uint64_t segments;
	uint64_t hidden_segments; /* of connections that are not shown */
	uint64_t left_out;        /* segments beyond TRACE_MAX_EVENTS, of connections that are shown */
	uint64_t beyond;          /* segments of connections beyond TRACE_MAX_CONNECTIONS */
};

void trace_book_init(struct trace_book *book, const struct trace_choice *choice);

/* Enters a segment: it joins its connection, or begins one. 0, or -ENOMEM. */
int trace_book_add(struct trace_book *book, uint64_t at_ns, const struct quern_segment *segment);

/* True once a limit has been reached: what follows is counted only. */
bool trace_book_is_full(const struct trace_book *book);

/* Gives all memory back. */
void trace_book_free(struct trace_book *book);

#endif
