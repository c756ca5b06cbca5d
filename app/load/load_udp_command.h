/* load_udp_command.h - quern load udp://ADDR:PORT. */
#ifndef LOAD_UDP_COMMAND_H
#define LOAD_UDP_COMMAND_H

#include "cli/cli_settings.h"

/* Runs the command with complete settings; returns the exit code. */
int load_udp_command(struct cli_settings *settings);

#endif
