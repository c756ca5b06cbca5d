/* report_output.h - where the report goes: text and JSON. */
#ifndef REPORT_OUTPUT_H
#define REPORT_OUTPUT_H

#include "report/report.h"
#include "report/report_files.h"
#include "report/report_hlog.h"
#include "report/report_progress.h"

/* Beside text and JSON. */
enum { REPORT_FORMS = 3 };

struct report_output {
	FILE *text;            /* standard output, unless that is taken by --json - */
	FILE *json;            /* null where none was asked for */
	const char *json_path; /* null for none */
	bool json_is_new;      /* made by report_output_open() */
	bool colors;
	struct report_hlog hlog;
	struct report_file files[REPORT_FORMS];
	const char *folder;      /* of --out, or null */
	const char *failed_flag; /* what could not be opened or written, in words of the command line: "--json " and */
	const char *failed;      /* its file, or "" and a stream */
};

/* Opens the files of --json, --hlog and the other forms, before the run: better no run than one whose result is lost.
 * 0, or -errno with `failed`. */
int report_output_open(struct report_output *output, const struct cli_settings *settings);

/* How progress is shown on standard error. */
struct report_progress report_output_progress(const struct cli_settings *settings);

/* Sees to it that the text is out, writes the JSON that was asked for, and ends the log. 0 or -errno. A reader that has
 * gone away is no failure. */
int report_output_write(struct report_output *output, const struct report_run *run);

/* The same with a document that was made, or null where none was asked for. */
int report_output_write_json(struct report_output *output, json_t *document);

/* Prints why the report is not whole, by the -errno of the above, and returns the exit code. */
int report_output_fail(const struct report_output *output, int rc);

/* Closes what is open still: there is no report. What the file of --json held before stays; a new one goes again. */
void report_output_close(struct report_output *output);

#endif
