/* report_job.c - an engine between its opening and its closing. */
#include "report/report_job.h"

#include <string.h>

#include "cli/cli_engine.h"
#include "cli/cli_exit.h"
#include "cli/cli_signal.h"

int report_job_run(const struct report_job *job, const struct quern_engine_config *config)
{
	char error[QUERN_ERROR_TEXT] = "";
	struct quern_engine *engine;
	struct report_output output;
	int rc = report_output_open(&output, job->settings), code;

	if (rc != 0)
		return cli_fail(CLI_EXIT_USAGE, "%s%s: %s", output.failed_flag, output.failed, strerror(-rc));
	rc = quern_engine_open(config, &engine, error);
	if (rc != 0) {
		report_output_close(&output);
		return cli_fail(cli_exit_of(rc), "%s", error);
	}
	job->announce(output.text, job->settings, engine, job->app);
	fflush(output.text);
	cli_engine_warn_of_placement(engine);
	code = job->run(engine, &output, job->app);
	code = cli_engine_finish_capture(job->settings, engine, code);
	report_output_close(&output);
	quern_engine_close(engine);
	return code;
}

int report_job_exit(const struct report_output *output, int code)
{
	if (code < 0)
		return report_output_fail(output, code);
	if (cli_signal_count() > 0 && code != CLI_EXIT_FAILED)
		return CLI_EXIT_SIGNAL + cli_signal_first();
	return code;
}
