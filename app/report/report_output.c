/* report_output.c - opens and writes the files of the report. */
#include "report/report_output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli_exit.h"
#include "cli/cli_output.h"
#include "report/report_parts.h"

static void fails(struct report_output *output, const char *flag, const char *what)
{
	output->failed_flag = flag;
	output->failed = what;
}

int report_output_open(struct report_output *output, const struct cli_settings *settings)
{
	int rc;

	*output = (struct report_output){.text = stdout};
	if (settings->json && strcmp(settings->json, "-") == 0) {
		output->text = stderr;
		output->json = stdout;
	} else if (settings->json) {
		output->json_path = settings->json;
		output->json_is_new = access(settings->json, F_OK) != 0;
		output->json = fopen(settings->json, "a");
		if (!output->json) {
			rc = -errno;
			fails(output, "--json ", output->json_path);
			return rc;
		}
	}
	output->colors = !settings->no_color && !getenv("NO_COLOR") && isatty(fileno(output->text));
	rc = report_hlog_open(&output->hlog, settings->hlog);
	if (rc != 0) {
		report_output_close(output);
		fails(output, "--hlog ", settings->hlog);
	}
	return rc;
}

struct report_progress report_output_progress(const struct cli_settings *settings)
{
	return (struct report_progress){
		.out = stderr,
		.is_quiet = settings->quiet,
		.redraws = isatty(STDERR_FILENO),
		.has_setups = settings->command != CLI_SERVE,
		.has_requests = report_has_requests(settings),
		.total_s = (double)settings->duration_ns / (double)CLI_NS_PER_S,
	};
}

int report_output_write(struct report_output *output, const struct report_run *run)
{
	const char *path = output->hlog.path;
	int rc = report_output_write_json(output, output->json ? report_json(run) : NULL);
	int log = report_hlog_close(&output->hlog);

	if (log != 0 && rc == 0)
		fails(output, "--hlog ", path);
	return rc != 0 ? rc : log;
}

int report_output_write_json(struct report_output *output, json_t *document)
{
	int text = cli_flush(output->text);
	int rc = 0;

	if (text != 0)
		fails(output, "", output->text == stdout ? "standard output" : "standard error");
	if (!output->json)
		return text;
	/* A device has no end to cut off. */
	if (output->json_path && ftruncate(fileno(output->json), 0) != 0 && errno != EINVAL)
		rc = -errno;
	if (rc == 0)
		rc = cli_write_json(output->json, document);
	else
		json_decref(document);
	if (output->json != stdout && fclose(output->json) != 0 && rc == 0)
		rc = -errno;
	output->json = NULL;
	if (rc != 0)
		fails(output, output->json_path ? "--json " : "",
		      output->json_path ? output->json_path : "standard output");
	return rc != 0 ? rc : text;
}

int report_output_fail(const struct report_output *output, int rc)
{
	return cli_fail(CLI_EXIT_FAILED, "%s%s: %s; the report is not whole", output->failed_flag, output->failed,
			strerror(-rc));
}

void report_output_close(struct report_output *output)
{
	report_hlog_close(&output->hlog);
	if (!output->json || output->json == stdout)
		return;
	fclose(output->json);
	if (output->json_is_new)
		unlink(output->json_path);
	output->json = NULL;
}
