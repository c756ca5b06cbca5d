/* report_sample.h - what the engine says at one moment, and what it did between two. */
#ifndef REPORT_SAMPLE_H
#define REPORT_SAMPLE_H

#include "report/report.h"
#include "report/report_progress.h"

/* A shard as the report knows it. */
struct report_shard {
	const char *role;
	const struct report_tally *tallies[CLI_MAX_SERVICES]; /* one of each service */
	uint16_t tally_count;
};

struct report_sample {
	double at_s;
	struct quern_counters counters[QUERN_MAX_SHARDS];
	uint64_t ended[QUERN_MAX_SHARDS];
	struct quern_worker_report workers[QUERN_MAX_SHARDS];
	uint16_t worker_count;
	uint16_t worker_of[QUERN_MAX_SHARDS]; /* which of them runs a shard */
	uint16_t shard_count;
	bool is_impaired[QUERN_MAX_PORTS][QUERN_WAYS];
	struct quern_impair_counters impaired[QUERN_MAX_PORTS][QUERN_WAYS];
};

/* Seconds on a clock that never goes back. */
double report_clock_s(void);

/* Seconds since 1970. */
double report_wall_s(void);

/* Reads counters and worker reports while they run. */
void report_sample_take(struct report_sample *sample, const struct quern_engine *engine,
			const struct report_shard *shards, uint16_t shard_count);

/* Moves `begin` back by what was done between two other looks: from it to an end is what was done in both spans, and
 * nothing of what lies between them. */
void report_sample_carry(struct report_sample *begin, const struct report_sample *other_begin,
			 const struct report_sample *other_end);

/* Packets received a second, drops, and the share of busy turns of the busiest worker. */
struct report_activity report_activity_between(const struct report_sample *begin, const struct report_sample *end);

/* Fills start, duration, traffic, bad lines, workers and packets a connection from the two ends of the measured
 * time. */
void report_between(struct report_run *run, const struct report_sample *begin, const struct report_sample *end,
		    const struct report_shard *shards);

/* What the shards have reserved and use, now. */
void report_memory_read(struct report_memory *memory, const struct quern_engine *engine, uint16_t shard_count);

/* Fills memory, machine and drivers. */
void report_describe(struct report_run *run, const struct quern_engine *engine, uint16_t shard_count);

#endif
