/* serve_live.h - what a server of connections shows on its screen. */
#ifndef SERVE_LIVE_H
#define SERVE_LIVE_H

#include "live/live.h"
#include "report/report_sample.h"

/* Takes the terminal where there is one for it, and names the counters; the title is the caller's. True where taken. */
bool serve_live_open(struct live *live, const struct cli_settings *settings, bool has_requests);

/* A second is over: its row, the totals and memory at its end, and what was done in it. */
void serve_live_take(struct live *live, const struct report_row *row, const struct report_totals *totals,
		     const struct report_memory *memory, const struct report_run *second);

#endif
