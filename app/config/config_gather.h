/* config_gather.h - all that a run is told: by its file, by the environment, by the command line. */
#ifndef CONFIG_GATHER_H
#define CONFIG_GATHER_H

#include <stdio.h>

#include "cli/cli_flags.h"

/* Fills in settings: those of a file of kind of its own, or with null for a path, those of a command that
 * cli_settings_init() has begun; then from the environment, then from the arguments, and checks them. What is wrong is
 * printed, with its place where a file has one. enum cli_parsed, or -EINVAL. Settings point to what
 * this keeps, until it is called again. */
int config_gather(struct cli_settings *settings, const char *path, int count, char *const arguments[]);

/* Reads the file of the run once more, which is of that kind, and fills in other settings as config_gather() did. From
 * then on, until config_again_end(), errors are printed to `out` and show places of what was read. 0, or -EINVAL with
 * what is wrong printed: mistakes of the file, that there is none, or what needs a restart: all but the rules. */
int config_again_begin(struct cli_settings *settings, enum cli_command kind, FILE *out);

/* What was read is used from now on, and stays until two more were; or it is not, and nothing has happened. */
void config_again_end(bool is_taken);

#endif
