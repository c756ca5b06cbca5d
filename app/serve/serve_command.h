/* serve_command.h - quern serve --discard. */
#ifndef SERVE_COMMAND_H
#define SERVE_COMMAND_H

#include "cli/cli_settings.h"

/* Runs the command with complete settings; returns the exit code. */
int serve_command(struct cli_settings *settings);

#endif
