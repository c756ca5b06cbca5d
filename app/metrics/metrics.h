/* metrics.h - --metrics: an HTTP server on a thread of its own, which tells Prometheus what the engine does. It looks
 * at the engine by calls that never make a worker wait. */
#ifndef METRICS_METRICS_H
#define METRICS_METRICS_H

#include <quern/engine.h>

#include "cli/cli_settings.h"
#include "metrics/metrics_setups.h"

/* What a command knows and the engine does not. Members may be null; they are called on the thread of the server. */
struct metrics_source {
	void (*setups)(void *app, struct metrics_setups *sum); /* adds up all set-ups since the start */
	void (*reloads)(void *app, uint64_t *taken, uint64_t *refused);
	void *app;
};

struct metrics;

/* Listens where --metrics says, before the engine is opened: null where that is off. 0; or -errno with one line in
 * `error`, and nothing is left behind. */
int metrics_open(struct metrics **metrics, const struct cli_settings *settings, char error[CLI_ERROR_TEXT]);

/* Begins to answer. What is given stays until metrics_close(). 0, or -errno with one line in `error`. */
int metrics_start(struct metrics *metrics, const struct quern_engine *engine, const struct quern_engine_config *config,
		  const struct metrics_source *source, char error[CLI_ERROR_TEXT]);

/* Answers no more and goes away; before the engine is closed. Null is nothing. */
void metrics_close(struct metrics *metrics);

#endif
