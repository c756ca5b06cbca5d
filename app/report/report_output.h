/* report_output.h - where the report goes: text and JSON. */
#ifndef REPORT_OUTPUT_H
#define REPORT_OUTPUT_H

#include "report/report.h"
#include "report/report_progress.h"

struct report_output {
	FILE *text; /* standard output, unless that is taken by --json - */
	FILE *json; /* null where none was asked for */
	bool colors;
};

/* Opens the file of --json, before the run: better no run than one whose result is lost. 0 or -errno. */
int report_output_open(struct report_output *output, const struct cli_settings *settings);

/* How progress is shown on standard error. */
struct report_progress report_output_progress(const struct cli_settings *settings);

/* Writes the JSON that was asked for. 0 or -errno. */
int report_output_write(struct report_output *output, const struct report_run *run);

#endif
