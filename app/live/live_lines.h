/* live_lines.h - lines that the screens of all commands have. */
#ifndef LIVE_LINES_H
#define LIVE_LINES_H

#include "live/live_model.h"
#include "report/report.h"
#include "report/report_format.h"

/* Packets and bits both ways, and drops by their reasons, of the second that `second` is about. */
void live_lines_packets(struct live_look *look, const struct report_run *second, unsigned int rank);

/* How busy each worker was in it, and how many connections it ended. */
void live_lines_workers(struct live_look *look, const struct report_run *second, unsigned int rank);

#endif
