/* result_command.h - quern report, and quern merge. */
#ifndef RESULT_COMMAND_H
#define RESULT_COMMAND_H

/* Each runs with the words behind its name, and returns the exit code. */
int result_report_command(int count, char *arguments[]);
int result_merge_command(int count, char *arguments[]);

#endif
