/* cli_suggest.h - the word that was probably meant. */
#ifndef CLI_SUGGEST_H
#define CLI_SUGGEST_H

#include <stddef.h>

enum { CLI_MAX_SUGGESTIONS = 64 };

/* How many letters must be put in, left out or changed to turn one word into the other; words above 31 letters
 * are far from everything: 32. */
unsigned int cli_edit_distance(const char *a, const char *b);

/* The nearest of `words` where it is near enough to be meant, else null. */
const char *cli_suggest(const char *word, const char *const words[], size_t count);

#endif
