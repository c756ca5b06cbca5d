/* report_facts.c - totals and histograms under the names of metrics. */
#include "report/report_facts.h"

#include <string.h>

static void know(struct judge_facts *facts, enum judge_number number, uint64_t value)
{
	judge_know(facts, number, (double)value);
}

static void know_rate(struct judge_facts *facts, enum judge_number number, uint64_t count, double span_s)
{
	judge_know_share(facts, number, (double)count, span_s);
}

static void know_totals(struct judge_facts *facts, const struct report_totals *totals)
{
	const uint64_t *requests = totals->requests;

	know(facts, JUDGE_OPENED, totals->opened);
	know(facts, JUDGE_ESTABLISHED, totals->established);
	know(facts, JUDGE_CLOSED, report_closed(totals));
	know(facts, JUDGE_IN_FLIGHT, totals->in_flight);
	know(facts, JUDGE_FAILED, report_failed(totals));
	know(facts, JUDGE_FAILED_TIMEOUT, totals->failed[REPORT_FAILED_timeout]);
	know(facts, JUDGE_FAILED_RESET, totals->failed[REPORT_FAILED_reset]);
	know(facts, JUDGE_FAILED_REFUSED, totals->failed[REPORT_FAILED_refused]);
	know(facts, JUDGE_FAILED_NO_PORT, totals->failed[REPORT_FAILED_no_port]);
	know(facts, JUDGE_FAILED_NO_MEMORY, totals->failed[REPORT_FAILED_no_memory]);
	judge_know_share(facts, JUDGE_FAILED_RATIO, (double)report_failed(totals), (double)totals->opened);
	know(facts, JUDGE_CUT_SHORT, totals->cut_short);
	know(facts, JUDGE_REQUESTS, requests[REPORT_REQUESTS_sent]);
	know(facts, JUDGE_REQUESTS_OK, requests[REPORT_REQUESTS_ok]);
	know(facts, JUDGE_REQUESTS_BAD,
	     requests[REPORT_REQUESTS_bad_status] + requests[REPORT_REQUESTS_bad_body] +
		     requests[REPORT_REQUESTS_malformed] + requests[REPORT_REQUESTS_corrupt] +
		     requests[REPORT_REQUESTS_cut_short]);
}

/* A percentile without a name is the honest one: where all starts have a schedule, from there. Of several services some
 * may have none. */
static void know_plain_times(struct judge_facts *facts, const struct report_run *run, enum judge_times from_send)
{
	const struct quern_histogram *late = facts->times[JUDGE_TIMES_FROM_SCHEDULE], *sent = facts->times[from_send];
	bool has_all = run->is_scheduled && late && sent && late->count >= sent->count;

	facts->plain_times = has_all ? late : sent;
}

static void know_datagrams(struct judge_facts *facts, const struct report_run *run)
{
	const struct report_udp *udp = run->udp;
	const struct report_udp_counts *counts = &udp->totals;

	know(facts, JUDGE_SENT, counts->sent);
	know_rate(facts, JUDGE_PPS, counts->sent, udp->duration_s);
	/* What nobody answers may be lost, or not. */
	if (run->settings->udp.is_one_way)
		return;
	know(facts, JUDGE_ANSWERED, counts->answered);
	know(facts, JUDGE_LOST, counts->lost);
	judge_know_share(facts, JUDGE_LOSS, (double)counts->lost, (double)counts->sent);
	know(facts, JUDGE_LATE, counts->late);
	know(facts, JUDGE_DUPLICATED, counts->duplicated);
	know(facts, JUDGE_REORDERED, counts->reordered);
	know(facts, JUDGE_CORRUPTED, counts->corrupted);
	facts->times[JUDGE_TIMES_RTT] = udp->rtt;
	facts->times[JUDGE_TIMES_FROM_SCHEDULE] = udp->from_schedule;
	know_plain_times(facts, run, JUDGE_TIMES_RTT);
}

static void know_connections(struct judge_facts *facts, const struct report_run *run)
{
	know_totals(facts, &run->totals);
	judge_know(facts, JUDGE_CPS, report_series_rate(run->series).mean);
	judge_know(facts, JUDGE_RPS, report_series_requests_mean(run->series));
	know(facts, JUDGE_RETRANSMITS, run->traffic.retransmits);
	facts->times[JUDGE_TIMES_SETUP] = run->setup;
	facts->times[JUDGE_TIMES_FROM_SCHEDULE] = run->from_schedule;
	know_plain_times(facts, run, JUDGE_TIMES_SETUP);
	facts->times[JUDGE_TIMES_FIRST_BYTE] = run->first_byte;
	facts->times[JUDGE_TIMES_LIFE] = run->life;
	facts->times[JUDGE_TIMES_REQUEST] = run->request;
}

void report_facts(struct judge_facts *facts, const struct report_run *run)
{
	uint64_t drops = 0;

	memset(facts, 0, sizeof(*facts));
	if (run->udp)
		know_datagrams(facts, run);
	else
		know_connections(facts, run);
	for (int i = QUERN_DROP_NONE + 1; i < QUERN_DROPS_END; i++)
		drops += run->traffic.drops[i];
	know(facts, JUDGE_DROPS, drops);
	judge_know(facts, JUDGE_SCHEDULE_KEPT, report_schedule_kept(&run->schedule));
}

/* What came since; less than nothing, of counters that are read one after the other, is nothing. */
static uint64_t since(uint64_t now, uint64_t before)
{
	return now > before ? now - before : 0;
}

void report_facts_of_second(struct judge_facts *facts, const struct report_totals *now,
			    const struct report_totals *before, double span_s, const struct quern_histogram *setup)
{
	struct report_totals second = {.opened = since(now->opened, before->opened),
				       .established = since(now->established, before->established),
				       .cut_short = since(now->cut_short, before->cut_short)};

	for (int i = 0; i < REPORT_FAILED_END; i++)
		second.failed[i] = since(now->failed[i], before->failed[i]);
	for (int i = 0; i < REPORT_CLOSED_END; i++)
		second.closed[i] = since(now->closed[i], before->closed[i]);
	for (int i = 0; i < REPORT_REQUESTS_END; i++)
		second.requests[i] = since(now->requests[i], before->requests[i]);
	memset(facts, 0, sizeof(*facts));
	know_totals(facts, &second);
	know(facts, JUDGE_IN_FLIGHT, since(now->established, report_closed(now)));
	know_rate(facts, JUDGE_CPS, second.established, span_s);
	know_rate(facts, JUDGE_RPS, second.requests[REPORT_REQUESTS_ok], span_s);
	facts->times[JUDGE_TIMES_SETUP] = facts->plain_times = setup;
}
