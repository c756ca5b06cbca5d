/* cli_help.h - the help of the program and of each command, printed from the table of flags. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include <stdio.h>

#include "cli/cli_settings.h"

enum { CLI_HELP_LINES = 24, CLI_HELP_COLUMNS = 100 };

/* Prints what `command` does, an example and its flags, what fits a screen or all of them; for CLI_NO_COMMAND the list
 * of commands. */
void cli_help(FILE *out, enum cli_command command, bool all);

/* True for --help, -h and --help-all, the words of all commands, also of those whose help fits a screen. */
bool cli_help_is_asked(const char *word);

/* True for a flag that a command has, and that what fits a screen leaves out. */
bool cli_help_leaves_out(enum cli_command command, const char *flag);

#endif
