/* bench_command.h - quern bench: both ends in one process. */
#ifndef BENCH_COMMAND_H
#define BENCH_COMMAND_H

#include "cli/cli_settings.h"

/* Runs the command with complete settings; returns the exit code. */
int bench_command(struct cli_settings *settings);

#endif
