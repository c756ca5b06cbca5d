/* config_gather.h - all that a run is told: by its file, by the environment, by the command line. */
#ifndef CONFIG_GATHER_H
#define CONFIG_GATHER_H

#include "cli/cli_flags.h"

/* Fills in settings: those of a file of kind of its own, or with null for a path, those of a command that
 * cli_settings_init() has begun; then from the environment, then from the arguments, and checks them. What is wrong is
 * printed, with its place where a file has one. enum cli_parsed, or -EINVAL. Settings point to what
 * this keeps, until it is called again. */
int config_gather(struct cli_settings *settings, const char *path, int count, char *const arguments[]);

#endif
