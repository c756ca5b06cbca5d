/* doctor_command.h - quern doctor: looks at this machine and says what it is ready for. */
#ifndef DOCTOR_DOCTOR_COMMAND_H
#define DOCTOR_DOCTOR_COMMAND_H

#include "cli/cli_settings.h"

/* Runs the command; the exit code, CLI_EXIT_MACHINE where the machine is not ready for bench. */
int doctor_command(struct cli_settings *settings);

#endif
