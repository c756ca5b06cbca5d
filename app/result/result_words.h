/* result_words.h - the words behind report and merge: files to read, and forms to write. */
#ifndef RESULT_WORDS_H
#define RESULT_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

enum { RESULT_FILES = 64 };

struct result_words {
	const char *files[RESULT_FILES];
	size_t count;
	const char *json; /* file, "-" for standard output, or null; as those below */
	const char *html;
	const char *junit;
	const char *csv;
	bool wants_help;
};

/* Reads the words of a command. 0, or the exit code of an error that was printed. */
int result_words_read(struct result_words *words, const char *command, int count, char *arguments[]);

/* Writes all that was asked for, and the text where nothing else goes to standard output. Returns the exit code. */
int result_words_write(const struct result_words *words, const json_t *document);

#endif
