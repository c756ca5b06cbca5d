/* report_requests.h - what became of each of several requests, and of answers by class of status. */
#ifndef REPORT_REPORT_REQUESTS_H
#define REPORT_REPORT_REQUESTS_H

#include "report/report.h"

/* Adds what was counted by request, while no worker runs. */
void report_requests_merge(struct report_tally *sum, const struct report_tally *tally);

/* A list of all requests of a client, with what became of each; empty where there is no client that speaks HTTP. The
 * caller owns it. */
json_t *report_requests_json(const struct report_run *run);

/* Answers by class of status. The caller owns it. */
json_t *report_statuses_json(const struct report_totals *totals);

/* The list of requests as settings have it. The caller owns it. */
json_t *report_requests_config(const struct cli_requests *list);

/* Lines of the text: of all together, and of each where there are several. */
void report_requests_text(FILE *out, const struct report_run *run);

#endif
