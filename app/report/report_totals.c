/* report_totals.c - sums over shards, and the accounting: every connection is somewhere, and nowhere twice. */
#include "report/report_totals.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define X(name) #name,
const char *const report_failure_names[REPORT_FAILED_END] = {REPORT_FAILURES(X)};
const char *const report_close_names[REPORT_CLOSED_END] = {REPORT_CLOSES(X)};
const char *const report_request_names[REPORT_REQUESTS_END] = {REPORT_REQUESTS(X)};
const char *const report_status_names[REPORT_STATUSES_END] = {REPORT_STATUSES(X)};
const char *const report_late_names[REPORT_LATES_END] = {REPORT_LATES(X)};
#undef X

void report_tally_reset(struct report_tally *tally)
{
	memset(tally, 0, sizeof(*tally));
	quern_histogram_reset(&tally->setup);
	quern_histogram_reset(&tally->from_schedule);
	quern_histogram_reset(&tally->first_byte);
	quern_histogram_reset(&tally->life);
	quern_histogram_reset(&tally->request);
}

int report_tally_split(struct report_tally *tally, uint16_t count)
{
	tally->each = calloc(count, sizeof(*tally->each));
	if (!tally->each)
		return -ENOMEM;
	tally->each_count = count;
	for (uint16_t i = 0; i < count; i++)
		quern_histogram_reset(&tally->each[i].time);
	return 0;
}

void report_tally_renew(struct report_tally *tally)
{
	struct report_request_tally *each = tally->each;
	uint16_t each_count = tally->each_count;
	uint64_t ended = tally->ended;

	report_tally_reset(tally);
	tally->ended = ended;
	tally->each = each;
	tally->each_count = each_count;
	for (uint16_t i = 0; i < each_count; i++) {
		memset(each[i].counts, 0, sizeof(each[i].counts));
		quern_histogram_reset(&each[i].time);
	}
}

void report_totals_add(struct report_totals *totals, const struct report_tally *tally)
{
	totals->opened += report_read(&tally->opened);
	totals->established += report_read(&tally->established);
	totals->in_flight += report_read(&tally->in_flight);
	totals->on_schedule += report_read(&tally->on_schedule);
	totals->cut_short += report_read(&tally->cut_short);
	totals->ended += report_read(&tally->ended);
	for (int i = 0; i < REPORT_FAILED_END; i++)
		totals->failed[i] += report_read(&tally->failed[i]);
	for (int i = 0; i < REPORT_CLOSED_END; i++)
		totals->closed[i] += report_read(&tally->closed[i]);
	for (int i = 0; i < REPORT_LATES_END; i++)
		totals->late[i] += report_read(&tally->late[i]);
	for (int i = 0; i < QUERN_ICMPS_END; i++)
		totals->icmp[i] += report_read(&tally->icmp[i]);
	for (int i = 0; i < REPORT_REQUESTS_END; i++)
		totals->requests[i] += report_read(&tally->requests[i]);
	for (int i = 0; i < REPORT_STATUSES_END; i++)
		totals->statuses[i] += report_read(&tally->statuses[i]);
	for (int i = 0; i < REPORT_TARGETS; i++) {
		totals->targets[i].opened += report_read(&tally->targets[i].opened);
		totals->targets[i].established += report_read(&tally->targets[i].established);
		totals->targets[i].failed += report_read(&tally->targets[i].failed);
	}
}

void report_tally_add(struct report_tally *sum, const struct report_tally *tally)
{
	sum->opened += tally->opened;
	sum->established += tally->established;
	sum->in_flight += tally->in_flight;
	sum->on_schedule += tally->on_schedule;
	sum->cut_short += tally->cut_short;
	sum->ended += tally->ended;
	for (int i = 0; i < REPORT_FAILED_END; i++)
		sum->failed[i] += tally->failed[i];
	for (int i = 0; i < REPORT_CLOSED_END; i++)
		sum->closed[i] += tally->closed[i];
	for (int i = 0; i < REPORT_LATES_END; i++)
		sum->late[i] += tally->late[i];
	for (int i = 0; i < QUERN_ICMPS_END; i++)
		sum->icmp[i] += tally->icmp[i];
	for (int i = 0; i < REPORT_REQUESTS_END; i++)
		sum->requests[i] += tally->requests[i];
	for (int i = 0; i < REPORT_STATUSES_END; i++)
		sum->statuses[i] += tally->statuses[i];
	for (int i = 0; i < REPORT_TARGETS; i++) {
		sum->targets[i].opened += tally->targets[i].opened;
		sum->targets[i].established += tally->targets[i].established;
		sum->targets[i].failed += tally->targets[i].failed;
	}
	quern_histogram_merge(&sum->setup, &tally->setup);
	quern_histogram_merge(&sum->from_schedule, &tally->from_schedule);
	quern_histogram_merge(&sum->first_byte, &tally->first_byte);
	quern_histogram_merge(&sum->life, &tally->life);
	quern_histogram_merge(&sum->request, &tally->request);
}

uint64_t report_failed(const struct report_totals *totals)
{
	uint64_t sum = 0;

	for (int i = 0; i < REPORT_FAILED_END; i++)
		sum += totals->failed[i];
	return sum;
}

uint64_t report_closed(const struct report_totals *totals)
{
	uint64_t sum = 0;

	for (int i = 0; i < REPORT_CLOSED_END; i++)
		sum += totals->closed[i];
	return sum;
}

bool report_adds_up(const struct report_totals *totals)
{
	return totals->opened == totals->established + report_failed(totals) &&
	       totals->established == report_closed(totals) + totals->in_flight;
}

enum report_failure report_failure_of(enum quern_end how)
{
	switch (how) {
	case QUERN_END_REFUSED:
		return REPORT_FAILED_refused;
	case QUERN_END_RESET:
	case QUERN_END_CLOSED:
		return REPORT_FAILED_reset;
	case QUERN_END_EVICTED:
		return REPORT_FAILED_no_memory;
	case QUERN_END_TIMEOUT:
	case QUERN_END_USER_TIMEOUT:
	case QUERN_END_ABORTED: /* by ourselves, when the time for set-ups was over */
	case QUERN_END_NONE:
	case QUERN_ENDS_END:
		break;
	}
	return REPORT_FAILED_timeout;
}

enum report_close report_close_of(enum quern_end how)
{
	switch (how) {
	case QUERN_END_CLOSED:
		return REPORT_CLOSED_fin;
	case QUERN_END_TIMEOUT:
	case QUERN_END_USER_TIMEOUT:
		return REPORT_CLOSED_timeout;
	case QUERN_END_EVICTED:
		return REPORT_CLOSED_evicted;
	case QUERN_END_RESET:
	case QUERN_END_REFUSED:
	case QUERN_END_ABORTED:
	case QUERN_END_NONE:
	case QUERN_ENDS_END:
		break;
	}
	return REPORT_CLOSED_reset;
}
