/* load_live_lines.h - what a screen says about connections below its table. */
#ifndef LOAD_LIVE_LINES_H
#define LOAD_LIVE_LINES_H

#include "load/load_measure.h"

/* Writes the lines of a look at the end of a second. */
void load_live_lines(struct live_look *look, struct load_measure *measure, const struct quern_engine *engine,
		     const struct report_row *row, const struct report_totals *totals);

#endif
