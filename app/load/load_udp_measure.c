/* load_udp_measure.c - trials begun, their seconds taken, and their ends. */
#include "load/load_udp_measure.h"

#include <errno.h>
#include <stdlib.h>

#include "cli/cli_signal.h"
#include "report/report_facts.h"
#include "report/report_judged.h"

#define ROW_S 1.0
#define SEARCH_FIRST UINT64_C(10000)
#define SEARCH_MOST UINT64_C(1000000000)

int load_udp_measure_open(struct load_udp_measure *measure, const struct cli_settings *settings)
{
	*measure = (struct load_udp_measure){.settings = settings};
	measure->search.most = SEARCH_MOST;
	measure->progress = report_output_progress(settings);
	report_tally_reset(&measure->no_connections);
	measure->rtt = malloc(sizeof(*measure->rtt));
	measure->from_schedule = malloc(sizeof(*measure->from_schedule));
	measure->part = malloc(sizeof(*measure->part));
	if (measure->rtt && measure->from_schedule && measure->part && report_series_open(&measure->no_series) == 0 &&
	    report_udp_series_open(&measure->series) == 0)
		return 0;
	load_udp_measure_close(measure);
	return -ENOMEM;
}

void load_udp_measure_close(struct load_udp_measure *measure)
{
	for (uint16_t i = 0; i < measure->client_count; i++)
		load_udp_client_close(&measure->clients[i]);
	report_series_close(&measure->no_series);
	report_udp_series_close(&measure->series);
	free(measure->rtt);
	free(measure->from_schedule);
	free(measure->part);
}

/* All clients have come to `phase` of the trial, or beyond. */
static bool all_at(const struct load_udp_measure *measure, enum load_udp_phase phase)
{
	for (uint16_t i = 0; i < measure->client_count; i++) {
		const struct load_udp_client *client = &measure->clients[i];

		if (load_udp_client_phase(client) < phase &&
		    (measure->order.trial == 0 || !load_udp_client_has_finished(client, measure->order.trial)))
			return false;
	}
	return true;
}

static bool all_have_finished(const struct load_udp_measure *measure)
{
	for (uint16_t i = 0; i < measure->client_count; i++) {
		if (!load_udp_client_has_finished(&measure->clients[i], measure->order.trial))
			return false;
	}
	return true;
}

static bool any_unreachable(const struct load_udp_measure *measure)
{
	for (uint16_t i = 0; i < measure->client_count; i++) {
		if (load_udp_client_phase(&measure->clients[i]) == LOAD_UDP_UNREACHABLE)
			return true;
	}
	return false;
}

static struct report_udp_counts totals_of(const struct load_udp_measure *measure)
{
	struct report_udp_counts totals = {.sent = 0};

	for (uint16_t i = 0; i < measure->client_count; i++)
		report_udp_totals_add(&totals, measure->clients[i].tally);
	return totals;
}

static void merge_times(struct load_udp_measure *measure)
{
	quern_histogram_reset(measure->rtt);
	for (uint16_t i = 0; i < measure->client_count; i++) {
		quern_histogram_snapshot(&measure->clients[i].tally->rtt, measure->part);
		quern_histogram_merge(measure->rtt, measure->part);
	}
}

static void add_to_log(const struct load_udp_measure *measure)
{
	const struct load_hlog_room room = {measure->rtt, measure->part};

	load_hlog_udp_row(measure->hlog, measure->clients, measure->client_count, &room,
			  measure->end.at_s - measure->begin.at_s);
}

static void add_row(struct load_udp_measure *measure, const struct quern_engine *engine)
{
	struct report_udp_counts totals = totals_of(measure);
	struct report_activity activity;
	const struct report_udp_row *row;

	merge_times(measure);
	report_sample_take(&measure->end, engine, measure->shards, measure->client_count);
	activity = report_activity_between(&measure->last_row, &measure->end);
	measure->last_row = measure->end;
	row = report_udp_series_add(&measure->series, measure->end.at_s - measure->begin.at_s, &totals, measure->rtt);
	add_to_log(measure);
	if (row)
		report_udp_progress_line(&measure->progress, row, &activity, false);
}

static void begin_sending(struct load_udp_measure *measure, const struct quern_engine *engine)
{
	report_sample_take(&measure->begin, engine, measure->shards, measure->client_count);
	measure->last_row = measure->end = measure->begin;
	measure->next_row_s = measure->begin.at_s + ROW_S;
	report_udp_series_reset(&measure->series);
	measure->stage = LOAD_UDP_STAGE_SENDING;
	load_hlog_begin(measure->hlog);
}

/* Without a warm-up the first look is taken before anything is sent: a short trial may be over at the next. */
static void begin_trial(struct load_udp_measure *measure, const struct quern_engine *engine, uint64_t pps)
{
	struct load_udp_order *order = &measure->order;

	order->pps = pps;
	order->warmup_ns = measure->settings->warmup_ns;
	order->duration_ns = measure->settings->duration_ns;
	measure->stage = LOAD_UDP_STAGE_WARMUP;
	if (order->warmup_ns == 0)
		begin_sending(measure, engine);
	__atomic_store_n(&order->trial, order->trial + 1, __ATOMIC_RELEASE);
}

static void wait_for_way(struct load_udp_measure *measure, struct quern_engine *engine)
{
	measure->is_unreachable = any_unreachable(measure);
	if (measure->is_unreachable || cli_signal_count() > 0)
		quern_engine_stop(engine);
	else if (all_at(measure, LOAD_UDP_READY))
		begin_trial(measure, engine,
			    measure->settings->judge.search_text ? SEARCH_FIRST : measure->settings->udp.pps);
}

/* How long the clients have sent: what was asked for, or until they were told to end. */
static double duration_of(const struct load_udp_measure *measure)
{
	uint64_t longest_ns = 0;

	for (uint16_t i = 0; i < measure->client_count; i++) {
		const struct load_udp_client *client = &measure->clients[i];
		uint64_t begin_ns = client->measure_begin_ns, end_ns = client->measure_end_ns;

		if (end_ns > begin_ns && end_ns - begin_ns > longest_ns)
			longest_ns = end_ns - begin_ns;
	}
	return (double)longest_ns / (double)CLI_NS_PER_S;
}

static struct report_schedule schedule_of(const struct load_udp_measure *measure)
{
	struct report_schedule schedule = {.intended = 0};

	for (uint16_t i = 0; i < measure->client_count && measure->order.pps != CLI_PPS_MAX; i++) {
		const struct report_udp_tally *tally = measure->clients[i].tally;

		schedule.intended += tally->counts.sent + tally->counts.missed;
		schedule.on_time += tally->on_schedule;
		for (int cause = 0; cause < REPORT_LATES_END; cause++)
			schedule.late[cause] += tally->late[cause];
	}
	return schedule;
}

/* What came of a trial, by the condition of the search. */
static void note_trial(struct load_udp_measure *measure, const struct report_udp_counts *totals)
{
	struct report_udp udp = {.totals = *totals,
				 .duration_s = duration_of(measure),
				 .rtt = measure->rtt,
				 .from_schedule = measure->from_schedule};
	struct report_run run = {.settings = measure->settings, .udp = &udp, .is_scheduled = true};
	struct report_trial trial = {.rate = measure->order.pps, .opened = totals->sent, .failed = totals->lost};
	struct judge_facts facts;

	merge_times(measure);
	quern_histogram_reset(measure->from_schedule);
	for (uint16_t i = 0; i < measure->client_count; i++)
		quern_histogram_merge(measure->from_schedule, &measure->clients[i].tally->from_schedule);
	run.schedule = schedule_of(measure);
	report_between(&run, &measure->begin, &measure->end, measure->shards);
	report_facts(&facts, &run);
	if (udp.duration_s > 0)
		trial.achieved = (uint64_t)((double)totals->sent / udp.duration_s + 0.5);
	trial.p50_ns = quern_histogram_percentile(measure->rtt, 50);
	trial.p99_ns = quern_histogram_percentile(measure->rtt, 99);
	trial.is_good = totals->sent > 0 && judge_holds(&measure->settings->judge.search, &facts);
	load_search_note(&measure->search, &trial);
}

/* Another trial, or the end. */
static void end_trial(struct load_udp_measure *measure, struct quern_engine *engine)
{
	struct report_udp_counts totals = totals_of(measure);
	uint64_t next = 0;

	/* Once more: what came after the sending is part of what the line and the shards have seen. */
	report_sample_take(&measure->end, engine, measure->shards, measure->client_count);
	report_udp_series_settle(&measure->series, &totals);
	add_to_log(measure);
	if (measure->settings->judge.search_text) {
		note_trial(measure, &totals);
		next = load_search_next(&measure->search, SEARCH_FIRST);
	}
	if (next > 0 && cli_signal_count() == 0)
		begin_trial(measure, engine, next);
	else
		quern_engine_stop(engine);
}

static void tell_signals(struct load_udp_measure *measure)
{
	if (cli_signal_count() > 0)
		__atomic_store_n(&measure->order.ends, true, __ATOMIC_RELAXED);
	if (cli_signal_count() > 1)
		__atomic_store_n(&measure->order.quits, true, __ATOMIC_RELAXED);
}

static void tick(struct quern_engine *engine, void *app)
{
	struct load_udp_measure *measure = app;

	report_links_look(&measure->links, measure->settings, engine);
	tell_signals(measure);
	switch (measure->stage) {
	case LOAD_UDP_STAGE_WAY:
		wait_for_way(measure, engine);
		break;
	case LOAD_UDP_STAGE_WARMUP:
		if (all_at(measure, LOAD_UDP_SENDING))
			begin_sending(measure, engine);
		break;
	case LOAD_UDP_STAGE_SENDING:
		if (all_at(measure, LOAD_UDP_DRAINING)) {
			add_row(measure, engine);
			report_progress_end(&measure->progress);
			measure->stage = LOAD_UDP_STAGE_DECIDING;
		} else if (report_clock_s() >= measure->next_row_s) {
			add_row(measure, engine);
			measure->next_row_s += ROW_S;
		}
		break;
	case LOAD_UDP_STAGE_DECIDING:
		break;
	}
	if (measure->stage == LOAD_UDP_STAGE_DECIDING && all_have_finished(measure))
		end_trial(measure, engine);
}

int load_udp_measure_run(struct load_udp_measure *measure, struct quern_engine *engine, char error[QUERN_ERROR_TEXT])
{
	return quern_engine_run(engine, tick, measure, error);
}

/* The first client's histograms take in the others': the workers have ended. */
static void merge_clients(struct report_udp *udp, struct load_udp_measure *measure)
{
	struct report_udp_tally *sum = measure->clients[0].tally;

	for (uint16_t i = 1; i < measure->client_count; i++) {
		quern_histogram_merge(&sum->rtt, &measure->clients[i].tally->rtt);
		quern_histogram_merge(&sum->from_schedule, &measure->clients[i].tally->from_schedule);
	}
	udp->rtt = &sum->rtt;
	udp->from_schedule = &sum->from_schedule;
}

/* The run failed where the accounts do not add up, nothing was answered, or a search has found nothing. */
static enum report_verdict judge(const struct report_udp *udp, const struct cli_settings *settings)
{
	const struct report_udp_counts *totals = &udp->totals;

	if (cli_signal_count() > 0)
		return REPORT_ABORTED;
	if (!report_udp_adds_up(udp) || totals->sent == 0 || (!settings->udp.is_one_way && totals->answered == 0))
		return REPORT_FAIL;
	return udp->trials && udp->found == 0 ? REPORT_FAIL : REPORT_PASS;
}

int load_udp_measure_report(struct load_udp_measure *measure, const struct quern_engine *engine,
			    struct report_output *output)
{
	struct report_run run = {.settings = measure->settings, .series = &measure->no_series};
	struct report_udp udp = {.totals = totals_of(measure),
				 .duration_s = duration_of(measure),
				 .series = &measure->series,
				 .found = load_search_found(&measure->search),
				 .resolution = LOAD_SEARCH_RESOLUTION};
	int rc, code;

	if (measure->settings->judge.search_text)
		udp.trials = &measure->search.trials;
	merge_clients(&udp, measure);
	/* One way, what was sent is answered by nobody, and lost by nobody that we know of. */
	if (measure->settings->udp.is_one_way)
		udp.totals.in_flight = udp.totals.sent;
	run.udp = &udp;
	run.is_scheduled = measure->order.pps != CLI_PPS_MAX;
	run.schedule = schedule_of(measure);
	run.verdict = judge(&udp, measure->settings);
	report_schedule_judge(&run);
	report_between(&run, &measure->begin, &measure->end, measure->shards);
	run.duration_s = udp.duration_s;
	code = report_judge(&run);
	report_describe(&run, engine, measure->client_count);
	report_text(output->text, &run, output->colors);
	rc = report_output_write(output, &run);
	if (rc != 0)
		return rc;
	report_schedule_complain(&run);
	return code;
}
