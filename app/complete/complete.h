/* complete.h - quern completion: what a shell offers behind the words of quern, from the table of flags. */
#ifndef COMPLETE_COMPLETE_H
#define COMPLETE_COMPLETE_H

#include <stdbool.h>
#include <stdio.h>

enum { COMPLETE_WORDS_TEXT = 256 };

/* The words that a flag takes, with blanks between, from its `accepts`: "cubic newreno". False where that is no closed
 * list of words. */
bool complete_closed_list(const char *accepts, char words[COMPLETE_WORDS_TEXT]);

/* Prints functions of bash or zsh, by that name, which complete quern. False for another shell. */
bool complete_print(FILE *out, const char *shell);

/* Runs `quern completion` with the arguments behind that word; returns the exit code. */
int complete_command(int count, char *arguments[]);

#endif
