/* trace_text.h - a ladder as text. */
#ifndef TRACE_TEXT_H
#define TRACE_TEXT_H

#include <stdio.h>

#include "trace/trace_connection.h"

enum { TRACE_TEXT_COLUMNS = 80, TRACE_TEXT_COLUMNS_MOST = 140 };

struct trace_text_style {
	uint32_t columns; /* of a line, TRACE_TEXT_COLUMNS at least */
	uint32_t most;    /* segments of a connection, at its beginning and its end; 0 for all */
	bool colors;
};

/* Prints a connection that trace_follow() has been through. */
void trace_text(FILE *out, const struct trace_connection *connection, const struct trace_text_style *style);

#endif
