/* trace_ladder.h - a connection as rows, from top to bottom: the same for text and for pictures. */
#ifndef TRACE_LADDER_H
#define TRACE_LADDER_H

#include "trace/trace_connection.h"

enum trace_row_kind {
	TRACE_ROW_EVENT,   /* the event at `index` */
	TRACE_ROW_LANDING, /* what was said at `index`, before others, arrives */
	TRACE_ROW_PAUSE,   /* nothing was said for `amount` ns */
	TRACE_ROW_SKIP     /* `amount` segments are left out; `states` are those behind them */
};

struct trace_row {
	enum trace_row_kind kind;
	uint32_t index;
	uint64_t amount;
	enum quern_state states[TRACE_ENDS];
};

struct trace_ladder {
	const struct trace_connection *connection;
	uint32_t most;
	uint32_t next;     /* event */
	uint32_t landings; /* of those behind the event before, so many have been given */
	bool has_paused;   /* the pause before the next event has been given */
	enum quern_state states[TRACE_ENDS];
};

/* From the top of a connection that trace_follow() has been through; of more than `most` segments those in the middle
 * are left out, unless it is 0. */
void trace_ladder_begin(struct trace_ladder *ladder, const struct trace_connection *connection, uint32_t most);

/* The next row; false at the bottom. */
bool trace_ladder_next(struct trace_ladder *ladder, struct trace_row *row);

#endif
