/* report.h - a finished run as plain values, and its two forms: JSON (quern-run/1) and text. */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>
#include <quern/engine.h>

#include "cli/cli_settings.h"
#include "report/report_schedule.h"
#include "report/report_series.h"
#include "report/report_steered.h"
#include "report/report_totals.h"
#include "report/report_trial.h"
#include "report/report_udp.h"

enum report_verdict { REPORT_PASS, REPORT_FAIL, REPORT_ABORTED, REPORT_INVALID };

struct report_worker {
	uint16_t core;
	const char *role;
	bool is_client; /* it makes load */
	double busy;
	uint64_t cycles;
	uint64_t turns;
	uint64_t connections; /* ended on this core; one whose two ends are on it counts once */
	uint64_t packets;     /* likewise */
	uint64_t moved_in;    /* frames that another worker received for this one */
	uint64_t moved_out;   /* and the other way round */
	uint64_t gaps;        /* turns that others had the core for */
	uint64_t gap_ns;
	uint64_t longest_gap_ns;
	uint64_t stalls;
	uint64_t longest_stall_ms;
};

struct report_memory {
	double bytes_established;
	double bytes_time_wait;
	double bytes_half_open;
	uint64_t table_capacity;
	uint64_t table_used;
	uint64_t reserved_bytes;
	uint64_t time_wait;
	uint64_t records; /* of connections, in use */
	uint64_t mbufs;
	uint64_t mbufs_used;
};

/* What the bad lines of a port did to the frames of one way. */
struct report_impaired {
	uint16_t port;
	enum quern_way way;
	struct quern_impair_counters counters;
};

struct report_run {
	const struct cli_settings *settings;
	const struct cli_service *service; /* which this is a part of a run of; null for a whole run */
	const struct report_run *parts;    /* of each service, where there are several; else null */
	enum report_verdict verdict;
	double started_at; /* the measured time, in seconds since 1970 */
	double duration_s;
	struct report_totals totals;
	struct quern_counters traffic;                                 /* of all shards, in the measured time */
	struct report_impaired impaired[QUERN_MAX_PORTS * QUERN_WAYS]; /* likewise; only ways that are */
	uint16_t impaired_count;
	bool is_captured;
	struct quern_capture_report capture;
	double packets_per_connection;
	bool is_scheduled; /* opens had intended starts */
	struct report_schedule schedule;
	uint64_t silence_ns;                         /* the longest in which set-ups waited, and none was answered */
	const struct quern_histogram *setup;         /* null where not measured */
	const struct quern_histogram *from_schedule; /* likewise */
	const struct quern_histogram *first_byte;    /* from the SYN on, likewise */
	const struct quern_histogram *life;          /* likewise */
	const struct quern_histogram *request;       /* likewise */
	const struct report_request_tally *each;     /* by request; null where there is one */
	const struct report_series *series;
	const struct report_search *search;   /* null but for --search of connections */
	const struct report_trials *repeats;  /* null but for --repeat: then all else is of all of them */
	const struct report_stop *stop;       /* null where nothing could have stopped it */
	const struct report_steered *steered; /* null where nothing can be changed by hand */
	const struct report_udp *udp;         /* null but for datagrams: then what is said of connections is all 0 */
	struct report_worker workers[QUERN_MAX_SHARDS];
	uint16_t worker_count;
	struct report_memory memory;
	struct quern_machine machine;
	const char *drivers[QUERN_MAX_PORTS];
};

const char *report_verdict_name(enum report_verdict verdict);

/* The document with every key of quern-run/1; the caller owns it. Null where there is no memory. */
json_t *report_json(const struct report_run *run);

/* Count, percentiles and the whole of a histogram, or of `nothing` where it is null. */
json_t *report_times_json(const struct quern_histogram *histogram, const struct quern_histogram *nothing);

/* Whether all that was opened, or sent, is accounted for. */
bool report_accounts(const struct report_run *run);

/* The flags as they took effect. */
json_t *report_config(const struct cli_settings *settings);

/* The short block that bench begins with. */
void report_text_short(FILE *out, const struct report_run *run);

/* The whole report. */
void report_text(FILE *out, const struct report_run *run, bool colors);

#endif
