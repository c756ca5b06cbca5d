/* cli_exit.h - exit codes, and how errors are printed. */
#ifndef CLI_EXIT_H
#define CLI_EXIT_H

#include <stdio.h>

enum cli_exit {
	CLI_EXIT_DONE = 0,
	CLI_EXIT_FAILED = 1,
	CLI_EXIT_USAGE = 2,
	CLI_EXIT_MACHINE = 3,
	CLI_EXIT_INVALID = 4,
	CLI_EXIT_THRESHOLD = 99, /* as k6 has it */
	CLI_EXIT_SIGNAL = 128    /* plus the signal's number */
};

/* The exit code for a -errno of the engine. */
int cli_exit_of(int rc);

/* Names who shows where in a file an error has its cause, behind the error's first line; null for nobody. */
void cli_exit_show_by(void (*show)(FILE *out, const char *text));

/* Errors are printed there; null for standard error. */
void cli_exit_print_to(FILE *out);

/* Where errors are printed. */
FILE *cli_exit_stream(void);

/* Makes dots of what a terminal would obey, controls of ASCII and of Unicode, but leaves line ends. */
void cli_exit_plain(char *text);

/* Prints "error: ..." where errors are printed and returns `code`. */
__attribute__((format(printf, 2, 3))) int cli_fail(int code, const char *format, ...);

#endif
