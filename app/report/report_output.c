/* report_output.c - opens and writes the files of the report. */
#include "report/report_output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int report_output_open(struct report_output *output, const struct cli_settings *settings)
{
	*output = (struct report_output){.text = stdout};
	if (settings->json && strcmp(settings->json, "-") == 0) {
		output->text = stderr;
		output->json = stdout;
	} else if (settings->json) {
		output->json = fopen(settings->json, "w");
		if (!output->json)
			return -errno;
	}
	output->colors = !settings->no_color && !getenv("NO_COLOR") && isatty(fileno(output->text));
	return 0;
}

struct report_progress report_output_progress(const struct cli_settings *settings)
{
	return (struct report_progress){
		.out = stderr,
		.is_quiet = settings->quiet,
		.redraws = isatty(STDERR_FILENO),
		.has_setups = settings->command != CLI_SERVE,
		.has_requests = settings->http.is_spoken,
		.total_s = (double)settings->duration_ns / (double)CLI_NS_PER_S,
	};
}

int report_output_write(struct report_output *output, const struct report_run *run)
{
	json_t *document;
	int rc = 0;

	if (!output->json)
		return 0;
	document = report_json(run);
	if (!document)
		return -ENOMEM;
	if (json_dumpf(document, output->json, JSON_INDENT(2) | JSON_REAL_PRECISION(15)) != 0 ||
	    fputc('\n', output->json) == EOF || fflush(output->json) == EOF)
		rc = errno ? -errno : -EIO;
	json_decref(document);
	if (output->json != stdout)
		fclose(output->json);
	output->json = NULL;
	return rc;
}
