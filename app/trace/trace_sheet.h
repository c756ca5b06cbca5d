/* trace_sheet.h - where everything in the picture of a ladder goes. */
#ifndef TRACE_SHEET_H
#define TRACE_SHEET_H

#include "trace/trace_draw.h"

/* Draws a connection that trace_follow() has been through, from y on, with at most `most` segments. Returns where the
 * next one may begin. */
int trace_sheet(const struct trace_layers *layers, const struct trace_connection *connection, uint32_t most, int y);

#endif
