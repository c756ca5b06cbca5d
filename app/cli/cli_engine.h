/* cli_engine.h - the part of the engine's configuration that every command fills alike. */
#ifndef CLI_ENGINE_H
#define CLI_ENGINE_H

#include "cli/cli_settings.h"

/* Ports, memory, seed and EAL arguments from the settings; shards are the command's own. */
void cli_engine_fill(struct quern_engine_config *config, const struct cli_settings *settings);

/* Adds a shard with the limits of the settings. */
struct quern_shard_config *cli_engine_add_shard(struct quern_engine_config *config, const struct cli_settings *settings,
						uint16_t port, uint16_t core, const char *role);

/* Draws a seed where none was given, so that the report can name it. */
void cli_engine_draw_seed(struct cli_settings *settings);

#endif
