/* report_totals.h - the totals of a run and the check that they add up. */
#ifndef REPORT_TOTALS_H
#define REPORT_TOTALS_H

#include <stdbool.h>

#include <quern/conn.h>

#include "report/report_tally.h"

struct report_totals {
	uint64_t opened;
	uint64_t established;
	uint64_t failed[REPORT_FAILED_END];
	uint64_t closed[REPORT_CLOSED_END];
	uint64_t in_flight;
	uint64_t on_schedule;
	uint64_t late[REPORT_LATES_END];
	uint64_t cut_short;
	uint64_t ended;
	uint64_t icmp[QUERN_ICMPS_END];
	uint64_t requests[REPORT_REQUESTS_END];
	uint64_t statuses[REPORT_STATUSES_END];
	struct report_target targets[REPORT_TARGETS];
};

/* Adds a shard's tally, while its worker goes on counting. */
void report_totals_add(struct report_totals *totals, const struct report_tally *tally);

/* Adds a shard's tally, histograms too, to the sum of others. */
void report_tally_add(struct report_tally *sum, const struct report_tally *tally);

uint64_t report_failed(const struct report_totals *totals);
uint64_t report_closed(const struct report_totals *totals);

/* opened = established + failed, and established = closed + in flight, exactly. */
bool report_adds_up(const struct report_totals *totals);

/* Under which failure the end of a connection counts that was never established. */
enum report_failure report_failure_of(enum quern_end how);

/* Under which kind the end of an established connection counts. */
enum report_close report_close_of(enum quern_end how);

#endif
