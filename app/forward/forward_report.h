/* forward_report.h - a finished run of the forwarder, and its two forms: text and JSON (quern-forward/1). */
#ifndef FORWARD_FORWARD_REPORT_H
#define FORWARD_FORWARD_REPORT_H

#include "forward/forward_series.h"
#include "forward/forward_stats.h"

struct forward_report {
	struct report_run run; /* what all reports have: traffic, workers, machine, ... */
	const struct forward_series *series;
	struct quern_forward_use use; /* at the end */
	uint64_t reloads_taken, reloads_refused;
	struct forward_stats stats; /* at the end */
};

/* Whether every session that was opened has ended or is open. */
bool forward_report_adds_up(const struct forward_report *report);

void forward_report_text(FILE *out, const struct forward_report *report, bool colors);

/* The document with every key of quern-forward/1; the caller owns it. Null where there is no memory. */
json_t *forward_report_json(const struct forward_report *report);

/* Where a rule listens as flags have it: 198.18.0.1:53, [fd00::1]:5000-5999, 198.18.0.1:*. Returns the buffer. */
enum { FORWARD_LISTEN_TEXT = QUERN_ENDPOINT_TEXT + 16 };
char *forward_listen_text(const struct quern_forward_rule *rule, char text[FORWARD_LISTEN_TEXT]);

/* A target likewise; without a port where it has none. */
char *forward_target_text(const struct quern_endpoint *to, char text[QUERN_ENDPOINT_TEXT]);

#endif
