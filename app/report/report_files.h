/* report_files.h - the files that a report goes to, beside text and JSON: opened before the run, written behind it. */
#ifndef REPORT_REPORT_FILES_H
#define REPORT_REPORT_FILES_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

#include "cli/cli_settings.h"

/* A form that a document may have: who writes it, by which flag. 0 or -errno. */
struct report_form {
	const char *flag;
	int (*write)(FILE *out, const json_t *document);
};

/* What was asked for of one form; all zero: nothing. */
struct report_file {
	const struct report_form *form;
	const char *path;
	FILE *out;
	bool is_new; /* made by report_file_open() */
};

/* Opens a file for a form, null for none, without changing what it holds. 0 or -errno. */
int report_file_open(struct report_file *file, const struct report_form *form, const char *path);

/* Writes the document in that form, in place of what the file held. 0 or -errno; nothing where none was asked for. */
int report_file_write(struct report_file *file, const json_t *document);

/* Closes what is open still; a file that is new goes again. */
void report_file_close(struct report_file *file);

/* Makes the folder of --out; one that holds other things than a result is refused. 0 or -errno. */
int report_folder_make(const char *path);

#endif
