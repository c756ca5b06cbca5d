/* config_command.h - quern run, check and init: what they are given, and what check and init print. */
#ifndef CONFIG_COMMAND_H
#define CONFIG_COMMAND_H

#include <stdio.h>

#include "cli/cli_settings.h"

/* The file that run or check is given: its first argument. Null where there is none, with the exit code in `code`:
 * help was printed that was asked for, or an error. */
const char *config_command_file(const char *command, int count, char *const arguments[], int *code);

/* Prints on standard output what complete settings would start. Returns the exit code; says on standard error what
 * would keep them from it. */
int config_check(const struct cli_settings *settings);

/* Prints an example of a kind, or which kinds there are; returns the exit code. */
int config_init(int count, char *const arguments[]);

/* The example of a kind; null for none. */
const char *config_example(enum cli_command kind);

#endif
