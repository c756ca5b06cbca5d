/* trace_svg.h - ladders as a picture that needs nothing beside it, in light and in dark. */
#ifndef TRACE_SVG_H
#define TRACE_SVG_H

#include <stdio.h>

#include "trace/trace_connection.h"

/* Writes connections that trace_follow() has been through, one below the other; of each at most `most` segments, from
 * its beginning and its end. The same connections give the same bytes. 0, or -ENOMEM and nothing is written. */
int trace_svg(FILE *out, const struct trace_connection *const connections[], uint32_t count, uint32_t most);

#endif
