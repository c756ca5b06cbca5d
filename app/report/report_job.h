/* report_job.h - what all commands that run an engine do around it: report opened, engine opened, header line, run. */
#ifndef REPORT_JOB_H
#define REPORT_JOB_H

#include <stdio.h>

#include <quern/engine.h>

#include "metrics/metrics.h"
#include "report/report_output.h"

struct report_job {
	const struct cli_settings *settings;
	void *app;
	void (*announce)(FILE *out, const struct cli_settings *settings, const struct quern_engine *engine, void *app);
	int (*run)(struct quern_engine *engine, struct report_output *output, void *app); /* the exit code */
	struct metrics_source metrics; /* what --metrics tells beside what the engine knows */
};

/* Opens report and engine, announces, runs, finishes the capture, and closes both. Returns the exit code; what could
 * not be opened is told. */
int report_job_run(const struct report_job *job, const struct quern_engine_config *config);

/* The exit code of a run whose report came to `code`: less than 0 where it could not be written, else that of its
 * verdict; where a signal has ended a run that has not failed by then, the signal's. */
int report_job_exit(const struct report_output *output, int code);

#endif
