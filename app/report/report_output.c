/* report_output.c - opens and writes the files of the report. */
#include "report/report_output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli_exit.h"
#include "cli/cli_output.h"
#include "page/page.h"
#include "report/report_parts.h"
#include "result/result.h"

static void fails(struct report_output *output, const char *flag, const char *what)
{
	output->failed_flag = flag;
	output->failed = what;
}

static const struct report_form forms[REPORT_FORMS] = {
	{"--html ", page_write}, {"--junit ", result_junit}, {"--csv ", result_csv}};

static int open_json(struct report_output *output, const struct cli_settings *settings)
{
	int rc;

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
	return 0;
}

static int open_forms(struct report_output *output, const struct cli_settings *settings)
{
	const char *const paths[REPORT_FORMS] = {settings->html, settings->junit, settings->csv};

	for (int i = 0; i < REPORT_FORMS; i++) {
		int rc = report_file_open(&output->files[i], &forms[i], paths[i]);

		if (rc == 0)
			continue;
		fails(output, forms[i].flag, paths[i]);
		return rc;
	}
	return 0;
}

int report_output_open(struct report_output *output, const struct cli_settings *settings)
{
	int rc = 0;

	*output = (struct report_output){.text = stdout, .folder = settings->out};
	if (settings->out) {
		rc = report_folder_make(settings->out);
		fails(output, "--out ", settings->out);
	}
	if (rc == 0)
		rc = open_json(output, settings);
	output->colors = !settings->no_color && !getenv("NO_COLOR") && isatty(fileno(output->text));
	if (rc == 0)
		rc = open_forms(output, settings);
	if (rc == 0) {
		rc = report_hlog_open(&output->hlog, settings->hlog);
		if (rc != 0)
			fails(output, "--hlog ", settings->hlog);
	}
	if (rc != 0)
		report_output_close(output);
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

static bool wants_document(const struct report_output *output)
{
	bool wants = output->json != NULL;

	for (int i = 0; i < REPORT_FORMS; i++)
		wants |= output->files[i].out != NULL;
	return wants;
}

static int write_forms(struct report_output *output, const json_t *document)
{
	int worst = 0;

	for (int i = 0; i < REPORT_FORMS; i++) {
		int rc = report_file_write(&output->files[i], document);

		if (rc == 0)
			continue;
		fails(output, forms[i].flag, output->files[i].path);
		worst = rc;
	}
	return worst;
}

int report_output_write(struct report_output *output, const struct report_run *run)
{
	const char *path = output->hlog.path;
	json_t *document = wants_document(output) ? report_json(run) : NULL;
	int forms_rc = write_forms(output, document);
	int rc = report_output_write_json(output, output->json ? json_incref(document) : NULL);
	int log;

	/* Ended before anything was measured: a log without a row, in place of what the file held. */
	if (!output->hlog.has_begun)
		report_hlog_begin(&output->hlog, (double)time(NULL));
	log = report_hlog_close(&output->hlog);
	json_decref(document);
	if (rc == 0)
		rc = forms_rc;
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
	for (int i = 0; i < REPORT_FORMS; i++)
		report_file_close(&output->files[i]);
	if (!output->json || output->json == stdout)
		return;
	fclose(output->json);
	if (output->json_is_new)
		unlink(output->json_path);
	output->json = NULL;
}
