/* load_udp_measure.h - the control thread's side of datagrams: one trial, or those of a search, and the report. */
#ifndef LOAD_UDP_MEASURE_H
#define LOAD_UDP_MEASURE_H

#include "load/load_hlog.h"
#include "load/load_search.h"
#include "load/load_udp_client.h"
#include "report/report_links.h"
#include "report/report_output.h"
#include "report/report_sample.h"

enum load_udp_stage { LOAD_UDP_STAGE_WAY, LOAD_UDP_STAGE_WARMUP, LOAD_UDP_STAGE_SENDING, LOAD_UDP_STAGE_DECIDING };

struct load_udp_measure {
	const struct cli_settings *settings;
	struct load_udp_order order;
	enum load_udp_stage stage;
	bool is_unreachable;
	struct load_udp_client clients[QUERN_MAX_SHARDS];
	uint16_t client_count;
	struct report_tally no_connections;
	struct report_shard shards[QUERN_MAX_SHARDS];
	struct report_sample begin, last_row, end;
	double next_row_s;
	struct report_series no_series;
	struct report_udp_series series;
	struct report_progress progress;
	struct report_links links;
	struct load_search search;
	struct quern_histogram *rtt, *from_schedule, *part;
	struct report_hlog *hlog; /* set before the run */
};

/* Reserves what the control thread needs. 0 or -ENOMEM. */
int load_udp_measure_open(struct load_udp_measure *measure, const struct cli_settings *settings);
void load_udp_measure_close(struct load_udp_measure *measure);

/* Runs the engine from the first turn to the end of the last trial; `engine` is open. 0, or -errno with `error`. */
int load_udp_measure_run(struct load_udp_measure *measure, struct quern_engine *engine, char error[QUERN_ERROR_TEXT]);

/* Merges the clients' counts of the last trial, and writes text and JSON. 0, 1 where the run failed, or -errno. */
int load_udp_measure_report(struct load_udp_measure *measure, const struct quern_engine *engine,
			    struct report_output *output);

#endif
