/* forward_command.h - quern forward: UDP to targets, and their answers back. */
#ifndef FORWARD_FORWARD_COMMAND_H
#define FORWARD_FORWARD_COMMAND_H

#include "cli/cli_settings.h"

/* Runs the command and returns the exit code. */
int forward_command(struct cli_settings *settings);

#endif
