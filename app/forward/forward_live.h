/* forward_live.h - one line a second while the forwarder runs. */
#ifndef FORWARD_FORWARD_LIVE_H
#define FORWARD_FORWARD_LIVE_H

#include "forward/forward_series.h"

/* The greppable line, or on a terminal one that is drawn again and again. */
void forward_live_line(const struct report_progress *progress, const struct forward_row *row);

#endif
