/* report_job.c - an engine between its opening and its closing. */
#include "report/report_job.h"

#include <string.h>

#include "cli/cli_engine.h"
#include "cli/cli_exit.h"
#include "cli/cli_metrics.h"
#include "cli/cli_signal.h"

static void announce(const struct report_job *job, const struct quern_engine *engine, FILE *out)
{
	const char *metrics = job->settings->metrics, *path = metrics ? cli_metrics_path(metrics) : NULL;

	job->announce(out, job->settings, engine, job->app);
	if (path)
		fprintf(out, "metrics: curl --unix-socket %s http://quern/metrics\n", path);
	else if (metrics)
		fprintf(out, "metrics: http://%s/metrics\n", metrics);
	fflush(out);
	cli_engine_warn_of_placement(engine);
}

/* With all that the run needs, but the engine. */
static int run_engine(const struct report_job *job, const struct quern_engine_config *config,
		      struct report_output *output, struct metrics *metrics)
{
	char error[QUERN_ERROR_TEXT] = "";
	struct quern_engine *engine;
	int rc = quern_engine_open(config, &engine, error), code;

	if (rc != 0) {
		metrics_close(metrics);
		report_output_close(output);
		return cli_fail(cli_exit_of(rc), "%s", error);
	}
	rc = metrics_start(metrics, engine, config, &job->metrics, error);
	if (rc == 0) {
		announce(job, engine, output->text);
		code = job->run(engine, output, job->app);
		code = cli_engine_finish_capture(job->settings, engine, code);
	} else {
		code = cli_fail(CLI_EXIT_MACHINE, "%s", error);
	}
	metrics_close(metrics);
	report_output_close(output);
	quern_engine_close(engine);
	return code;
}

int report_job_run(const struct report_job *job, const struct quern_engine_config *config)
{
	char error[CLI_ERROR_TEXT] = "";
	struct report_output output;
	struct metrics *metrics;
	int rc = report_output_open(&output, job->settings);

	if (rc != 0)
		return cli_fail(CLI_EXIT_USAGE, "%s%s: %s", output.failed_flag, output.failed, strerror(-rc));
	rc = metrics_open(&metrics, job->settings, error);
	if (rc == 0)
		return run_engine(job, config, &output, metrics);
	report_output_close(&output);
	return cli_fail(CLI_EXIT_MACHINE, "%s", error);
}

int report_job_exit(const struct report_output *output, int code)
{
	if (code < 0)
		return report_output_fail(output, code);
	if (cli_signal_count() > 0 && code != CLI_EXIT_FAILED)
		return CLI_EXIT_SIGNAL + cli_signal_first();
	return code;
}
