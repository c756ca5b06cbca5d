/* compare_command.h - quern compare A.json B.json [C…]: what has changed between results, and how sure that is. */
#ifndef COMPARE_COMMAND_H
#define COMPARE_COMMAND_H

/* Runs what the words behind "quern compare" say, and returns the exit code. */
int compare_command(int count, char *arguments[]);

#endif
