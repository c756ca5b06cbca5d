/* load_measure.h - the control thread's side of measured runs: begins each, takes its seconds, and ends it. */
#ifndef LOAD_MEASURE_H
#define LOAD_MEASURE_H

#include "live/live.h"
#include "load/load_client.h"
#include "load/load_hlog.h"
#include "load/load_stop.h"
#include "load/load_told.h"
#include "load/load_trials.h"
#include "report/report_links.h"
#include "report/report_output.h"
#include "report/report_sample.h"

enum load_stage { LOAD_STAGE_WAITING, LOAD_STAGE_WARMUP, LOAD_STAGE_MEASURING, LOAD_STAGE_DRAINING, LOAD_STAGE_OVER };

/* What one service has come to, in all runs that are reported as one. */
struct load_sum {
	struct report_tally *tally;
	struct report_schedule schedule;
};

struct load_measure {
	const struct cli_settings *settings;
	struct load_orders orders;
	enum load_stage stage;
	bool is_unreachable;
	struct load_client clients[QUERN_MAX_SHARDS * CLI_MAX_SERVICES]; /* those of one worker side by side */
	uint16_t client_count;
	struct report_shard shards[QUERN_MAX_SHARDS];
	uint16_t shard_count;
	struct load_trials trials;
	struct load_stop stop;
	double past_s;  /* of runs before, whose rows stand before those of this one */
	double begin_s; /* of measuring, on the control thread's clock */
	double next_row_s;
	struct report_sample run_begin;
	struct report_sample begin; /* of all runs that are reported as one, as if nothing lay between them */
	struct report_sample end;
	struct report_sample last_row;
	struct report_series series;
	struct report_progress progress;
	struct live live;
	struct load_told told;
	struct report_links links;
	struct quern_histogram *setup; /* of all clients, for a row */
	struct quern_histogram *part;
	struct report_tally *run_sum; /* of all clients, once a run has ended */
	struct load_sum sums[CLI_MAX_SERVICES];
	uint64_t silence_ns;      /* of the target, the longest */
	struct report_hlog *hlog; /* set before the run */
};

/* Reserves what the control thread needs. 0 or -ENOMEM. */
int load_measure_open(struct load_measure *measure, const struct cli_settings *settings);
void load_measure_close(struct load_measure *measure);

/* Seconds of the measured time that goes on, behind all that is reported with it; 0 before. */
double load_measure_now_s(const struct load_measure *measure);

/* Runs the engine from the first turn to the last report; `engine` is open. 0, or -errno with `error`. */
int load_measure_run(struct load_measure *measure, struct quern_engine *engine, char error[QUERN_ERROR_TEXT]);

#endif
