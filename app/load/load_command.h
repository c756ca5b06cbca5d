/* load_command.h - quern load TARGET. */
#ifndef LOAD_COMMAND_H
#define LOAD_COMMAND_H

#include "load/load_measure.h"

/* Runs the command with complete settings; returns the exit code. */
int load_command(struct cli_settings *settings);

/* Opens the engine, runs `measure` on it, and reports: what bench and load share. `announce` prints the header line.
 * Returns the exit code. */
int load_command_run(struct load_measure *measure, const struct quern_engine_config *config,
		     void (*announce)(FILE *out, const struct cli_settings *settings, const struct quern_engine *engine,
				      void *app));

/* Opens the clients of all services on the worker of that number, one of `count`, and gives them to its shard. 0 or
 * -ENOMEM. */
int load_command_add_clients(struct load_measure *measure, struct quern_shard_config *shard,
			     const struct cli_workers *workers, uint16_t number, uint16_t count);

/* The header line. */
void load_command_announce(FILE *out, const struct cli_settings *settings, const struct quern_engine *engine,
			   void *app);

/* Says that nobody tells the way to a target, on a port, and returns the exit code. */
int load_command_fail_unreachable(const struct cli_settings *settings, uint16_t port, const struct quern_endpoint *at);

#endif
