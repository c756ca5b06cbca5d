/* load_order.h - what quern ctl may order of clients that run. */
#ifndef LOAD_LOAD_ORDER_H
#define LOAD_LOAD_ORDER_H

#include <quern/engine.h>

#include "cli/cli_order.h"

/* on_order of an engine with clients: takes "rate", and what every engine takes. `app` is a struct load_measure. */
void load_order(struct quern_engine *engine, struct quern_order *order, void *app);

#endif
