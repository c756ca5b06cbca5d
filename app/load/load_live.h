/* load_live.h - what a run of connections shows on its screen, and what keys do to it. */
#ifndef LOAD_LIVE_H
#define LOAD_LIVE_H

#include "load/load_measure.h"

/* Takes the terminal where there is one for it; then lines of progress are not written. */
void load_live_open(struct load_measure *measure, const struct quern_engine *engine);

/* A second is over: `row`, with the totals so far; the samples of its ends have been taken. */
void load_live_take(struct load_measure *measure, const struct quern_engine *engine, const struct report_row *row,
		    const struct report_totals *totals);

/* Once a tick: keys, and a page where one is due. */
void load_live_turn(struct load_measure *measure);

#endif
