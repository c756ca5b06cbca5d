/* cli_engine.h - the part of the engine's configuration that every command fills alike. */
#ifndef CLI_ENGINE_H
#define CLI_ENGINE_H

#include "cli/cli_place.h"

/* Asks on which NUMA nodes cores and ports are. */
void cli_engine_nodes(const struct cli_settings *settings, const struct cli_cores *usable, struct cli_nodes *nodes);

/* The rules of forward; none for other commands. */
struct quern_forward_config cli_engine_forward(const struct cli_settings *settings);

/* Ports, rules, memory, seed and EAL arguments from the settings; shards are the command's own. */
void cli_engine_fill(struct quern_engine_config *config, const struct cli_settings *settings);

/* Adds the shard of a worker with its share of the limits. */
struct quern_shard_config *cli_engine_add_shard(struct quern_engine_config *config, const struct cli_settings *settings,
						const struct cli_workers *workers, uint16_t number, const char *role);

/* Says on standard error which shards are far from their ports, where there are such. */
void cli_engine_warn_of_placement(const struct quern_engine *engine);

/* The exit code of a run that has ended with `code`: where its capture broke off, that of an error, which is printed.
 */
int cli_engine_finish_capture(const struct cli_settings *settings, const struct quern_engine *engine, int code);

/* Draws a seed where none was given, so that the report can name it. */
void cli_engine_draw_seed(struct cli_settings *settings);

#endif
