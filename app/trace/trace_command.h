/* trace_command.h - quern trace: draws the TCP connections of a capture as ladders. */
#ifndef TRACE_TRACE_COMMAND_H
#define TRACE_TRACE_COMMAND_H

#include "cli/cli_settings.h"

/* Runs the command and returns the exit code. Starts no engine. */
int trace_command(const struct cli_settings *settings);

#endif
