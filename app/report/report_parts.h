/* report_parts.h - pieces of a report that are the same for commands whose reports are not. */
#ifndef REPORT_REPORT_PARTS_H
#define REPORT_REPORT_PARTS_H

#include "report/report.h"

/* Objects of the document; the caller owns them. */
json_t *report_tool_json(const struct report_run *run);
json_t *report_machine_json(const struct report_run *run);
json_t *report_impaired_json(const struct report_run *run);
json_t *report_capture_json(const struct report_run *run);
json_t *report_ports_json(const struct cli_settings *settings);

/* What became of the connections to each target of a service, in their order. */
json_t *report_targets_json(const struct report_run *run);         /* none where it is of several services */
void report_text_targets(FILE *out, const struct report_run *run); /* nothing where there is one */

/* First and last address of a block. */
json_t *report_block_json(struct cli_block block);

/* Adds what a service says: whom it asks or where it listens, how often, for what. An end that is not here has null. */
void report_service_json(json_t *object, enum cli_command command, const struct cli_service *service);

/* Totals of connections, and latencies, of a run or of a part of one. */
json_t *report_connections_json(const struct report_run *run);
json_t *report_latency_json(const struct report_run *run);

/* Counts by reason, of those that are not 0. */
json_t *report_drops_json(const struct quern_counters *traffic);

/* "auto", "huge", "4k". */
const char *report_memory_name(enum quern_memory memory);

/* Of which service a run, or a part of one, is; null where it is of several. */
const struct cli_service *report_service_of(const struct report_run *run);

/* Whether what is asked on connections is counted: of a service, or of any. */
bool report_service_has_requests(const struct cli_settings *settings, const struct cli_service *service);
bool report_has_requests(const struct cli_settings *settings);

/* The parts of a run that are of one service each: none where there is one. */
json_t *report_services_json(const struct report_run *run);
void report_services_text(FILE *out, const struct report_run *run);

/* Percentiles of a histogram, within a line. */
void report_text_times(FILE *out, const struct quern_histogram *times);

/* Parts of the text: how many drops ends the line that has begun, the others are whole lines. */
void report_text_header(FILE *out, const struct report_run *run, bool colors);
void report_text_drops(FILE *out, const struct quern_counters *traffic);
void report_text_impaired(FILE *out, const struct report_run *run);
void report_text_capture(FILE *out, const struct report_run *run);
void report_text_machine(FILE *out, const struct report_run *run);

#endif
