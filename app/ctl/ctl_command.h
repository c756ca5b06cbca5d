/* ctl_command.h - quern ctl: asks a quern that runs, over DPDK's telemetry. */
#ifndef CTL_CTL_COMMAND_H
#define CTL_CTL_COMMAND_H

/* Runs `quern ctl` with the arguments behind that word; returns the exit code. */
int ctl_command(int count, char *const arguments[]);

#endif
