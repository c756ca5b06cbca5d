/* load_measure.c - the stages of a run, as the control thread steps through them on its tick. */
#include "load/load_measure.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "cli/cli_signal.h"
#include "report/report_requests.h"

/* The engine ticks about every 100 ms; a moment that comes before the next tick is waited for in this one. */
#define TICK_S 0.15
/* Clients find the way, and sweep what is left, in less than that where the other end is near: no tick is spent on it.
 */
#define SOON_S 0.03
#define POLL_NS 1000000
#define ROW_S 1.0

int load_measure_open(struct load_measure *measure, const struct cli_settings *settings)
{
	*measure = (struct load_measure){.settings = settings, .order = LOAD_ORDER_WAIT};
	measure->progress = report_output_progress(settings);
	measure->setup = malloc(sizeof(*measure->setup));
	measure->part = malloc(sizeof(*measure->part));
	if (report_series_open(&measure->series) == 0 && measure->setup && measure->part)
		return 0;
	load_measure_close(measure);
	return -ENOMEM;
}

void load_measure_close(struct load_measure *measure)
{
	for (uint16_t i = 0; i < measure->client_count; i++)
		load_client_close(&measure->clients[i]);
	report_series_close(&measure->series);
	free(measure->setup);
	free(measure->part);
}

static void give(struct load_measure *measure, enum load_order order)
{
	if (order > measure->order)
		__atomic_store_n(&measure->order, order, __ATOMIC_RELAXED);
}

/* All clients have come to `phase` or beyond. */
static bool all_at(const struct load_measure *measure, enum load_phase phase)
{
	for (uint16_t i = 0; i < measure->client_count; i++) {
		if (load_client_phase(&measure->clients[i]) < phase)
			return false;
	}
	return true;
}

static bool any_unreachable(const struct load_measure *measure)
{
	for (uint16_t i = 0; i < measure->client_count; i++) {
		if (load_client_phase(&measure->clients[i]) == LOAD_UNREACHABLE)
			return true;
	}
	return false;
}

static void pause_shortly(void)
{
	struct timespec pause = {.tv_nsec = POLL_NS};

	nanosleep(&pause, NULL);
}

/* Waits for all clients to come to `phase`, no longer than `wait_s`. */
static bool await(const struct load_measure *measure, enum load_phase phase, double wait_s)
{
	double until_s = report_clock_s() + wait_s;

	while (!all_at(measure, phase)) {
		if (report_clock_s() > until_s)
			return false;
		pause_shortly();
	}
	return true;
}

static void merge_setups(struct load_measure *measure)
{
	quern_histogram_reset(measure->setup);
	for (uint16_t i = 0; i < measure->client_count; i++) {
		quern_histogram_snapshot(&measure->clients[i].tally->setup, measure->part);
		quern_histogram_merge(measure->setup, measure->part);
	}
}

static void add_to_log(const struct load_measure *measure, double now_s)
{
	const struct load_hlog_room room = {measure->setup, measure->part};

	load_hlog_row(measure->hlog, measure->clients, measure->client_count, &room, now_s - measure->begin_s);
}

static void add_row(struct load_measure *measure, const struct quern_engine *engine, double now_s)
{
	struct report_totals totals = {.opened = 0};
	struct report_activity activity;
	const struct report_row *row;

	for (uint16_t i = 0; i < measure->client_count; i++)
		report_totals_add(&totals, measure->clients[i].tally);
	merge_setups(measure);
	row = report_series_add(&measure->series, now_s - measure->begin_s, &totals, measure->setup);
	report_sample_take(&measure->end, engine, measure->shards, measure->shard_count);
	activity = report_activity_between(&measure->last_row, &measure->end);
	measure->last_row = measure->end;
	add_to_log(measure, now_s);
	if (row)
		report_progress_line(&measure->progress, row, &activity);
}

static void begin_measuring(struct load_measure *measure, const struct quern_engine *engine)
{
	report_sample_take(&measure->begin, engine, measure->shards, measure->shard_count);
	measure->last_row = measure->begin;
	measure->end = measure->begin;
	measure->begin_s = measure->begin.at_s;
	measure->next_row_s = measure->begin_s + ROW_S;
	measure->stage = LOAD_STAGE_MEASURING;
	load_hlog_begin(measure->hlog);
}

static void wait_for_way(struct load_measure *measure, struct quern_engine *engine)
{
	await(measure, LOAD_READY, SOON_S);
	measure->is_unreachable = any_unreachable(measure);
	if (measure->is_unreachable || cli_signal_count() > 0) {
		measure->stage = LOAD_STAGE_OVER;
		quern_engine_stop(engine);
		return;
	}
	if (!all_at(measure, LOAD_READY))
		return;
	measure->stage = LOAD_STAGE_WARMUP;
	/* Without a warm-up the first look is taken before anything is sent: a short run may be over at the next. */
	if (measure->settings->warmup_ns == 0)
		begin_measuring(measure, engine);
	give(measure, LOAD_ORDER_BEGIN);
}

/* The measured time is over: by the clock, when the clients stop opening; by count, when the last of the connections
 * has had its life. The counts are final once a client drains. */
static bool has_stopped(const struct load_measure *measure)
{
	uint64_t opened = 0;

	if (!all_at(measure, LOAD_DRAINING))
		return false;
	for (uint16_t i = 0; i < measure->client_count; i++)
		opened += report_read(&measure->clients[i].tally->opened);
	return measure->settings->connections == 0 || opened < measure->settings->connections ||
	       all_at(measure, LOAD_DECIDED);
}

/* Rows at whole seconds; the last one when the clients stop, so that it ends with the measured time. */
static void measure_on(struct load_measure *measure, const struct quern_engine *engine)
{
	double duration_s = (double)measure->settings->duration_ns / (double)CLI_NS_PER_S;
	double end_s = duration_s > 0 ? measure->begin_s + duration_s : measure->next_row_s + 2 * ROW_S;
	bool row_is_next = measure->next_row_s + ROW_S / 10 < end_s;
	double moment_s = row_is_next ? measure->next_row_s : end_s;

	/* A run that ends by count may end at any moment; else only the moment of the next row is worth waiting for. */
	if (measure->settings->connections > 0 || moment_s - report_clock_s() < TICK_S) {
		double until_s = report_clock_s() + TICK_S;

		while (report_clock_s() < until_s && moment_s > report_clock_s() && !has_stopped(measure))
			pause_shortly();
	}
	if (moment_s > report_clock_s() && !has_stopped(measure))
		return;
	if (has_stopped(measure) || (!row_is_next && await(measure, LOAD_DRAINING, TICK_S) && has_stopped(measure))) {
		add_row(measure, engine, report_clock_s());
		report_progress_end(&measure->progress);
		give(measure, LOAD_ORDER_SWEEP);
		measure->stage = LOAD_STAGE_DRAINING;
	} else if (row_is_next) {
		add_row(measure, engine, report_clock_s());
		measure->next_row_s += ROW_S;
	}
}

static void tick(struct quern_engine *engine, void *app)
{
	struct load_measure *measure = app;

	report_links_look(&measure->links, measure->settings, engine);
	if (cli_signal_count() > 0 && measure->stage > LOAD_STAGE_WAITING)
		give(measure, cli_signal_count() > 1 ? LOAD_ORDER_QUIT : LOAD_ORDER_END);
	if (measure->stage == LOAD_STAGE_WAITING)
		wait_for_way(measure, engine);
	if (measure->stage == LOAD_STAGE_WARMUP && await(measure, LOAD_MEASURING, TICK_S))
		begin_measuring(measure, engine);
	if (measure->stage == LOAD_STAGE_MEASURING)
		measure_on(measure, engine);
	if (measure->stage == LOAD_STAGE_DRAINING && await(measure, LOAD_DONE, SOON_S)) {
		measure->stage = LOAD_STAGE_OVER;
		quern_engine_stop(engine);
	}
}

int load_measure_run(struct load_measure *measure, struct quern_engine *engine, char error[QUERN_ERROR_TEXT])
{
	return quern_engine_run(engine, tick, measure, error);
}

/* The share of intended starts that were kept to 5 us; those never reached were not. */
static double schedule_kept(const struct load_measure *measure, const struct report_totals *totals)
{
	uint64_t missed = 0;

	for (uint16_t i = 0; i < measure->client_count; i++)
		missed += measure->clients[i].missed;
	if (totals->opened + missed == 0)
		return 1;
	return (double)totals->on_schedule / (double)(totals->opened + missed);
}

/* The run failed where the accounts do not add up, or where not one connection came about or one request was answered.
 */
static enum report_verdict judge(const struct report_totals *totals)
{
	if (cli_signal_count() > 0)
		return REPORT_ABORTED;
	if (totals->requests[REPORT_REQUESTS_corrupt] > 0 || !report_adds_up(totals) ||
	    (totals->opened > 0 && totals->established == 0))
		return REPORT_FAIL;
	if (totals->requests[REPORT_REQUESTS_sent] > 0 && totals->requests[REPORT_REQUESTS_ok] == 0)
		return REPORT_FAIL;
	return REPORT_PASS;
}

/* The first client's histograms take in the others': the workers have ended. */
static void merge_clients(struct report_run *run, struct load_measure *measure)
{
	struct report_tally *sum = measure->clients[0].tally;

	for (uint16_t i = 0; i < measure->client_count; i++) {
		const struct report_tally *tally = measure->clients[i].tally;

		report_totals_add(&run->totals, tally);
		if (i == 0)
			continue;
		quern_histogram_merge(&sum->setup, &tally->setup);
		quern_histogram_merge(&sum->from_schedule, &tally->from_schedule);
		quern_histogram_merge(&sum->first_byte, &tally->first_byte);
		quern_histogram_merge(&sum->life, &tally->life);
		quern_histogram_merge(&sum->request, &tally->request);
		report_requests_merge(sum, tally);
	}
	run->is_scheduled = measure->clients[0].is_scheduled;
	run->setup = &sum->setup;
	run->from_schedule = run->is_scheduled ? &sum->from_schedule : &sum->setup;
	run->first_byte = &sum->first_byte;
	run->life = &sum->life;
	run->request = &sum->request;
	run->each = sum->each;
}

int load_measure_report(struct load_measure *measure, const struct quern_engine *engine, struct report_output *output)
{
	struct report_run run = {.settings = measure->settings, .series = &measure->series};
	int rc;

	add_to_log(measure, report_clock_s()); /* what was decided since the last row */
	merge_clients(&run, measure);
	/* What bench's servers were sent, and was not what it should have been, is the run's too. */
	for (uint16_t i = measure->client_count; i < measure->shard_count; i++)
		run.totals.requests[REPORT_REQUESTS_corrupt] +=
			report_read(&measure->shards[i].tally->requests[REPORT_REQUESTS_corrupt]);
	report_series_settle(&measure->series, &run.totals);
	run.verdict = judge(&run.totals);
	run.schedule_kept = schedule_kept(measure, &run.totals);
	report_between(&run, &measure->begin, &measure->end, measure->shards);
	report_describe(&run, engine, measure->shard_count);
	if (measure->settings->command == CLI_BENCH) {
		report_text_short(output->text, &run);
		fputc('\n', output->text);
	}
	report_text(output->text, &run, output->colors);
	rc = report_output_write(output, &run);
	if (rc != 0)
		return rc;
	return run.verdict == REPORT_FAIL ? 1 : 0;
}
