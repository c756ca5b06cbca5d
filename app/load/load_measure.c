/* load_measure.c - the stages of a run, as the control thread steps through them on its tick. */
#include "load/load_measure.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/cli_signal.h"
#include "load/load_live.h"
#include "load/load_result.h"

/* The engine ticks about every 100 ms; a moment that comes before the next tick is waited for in this one. */
#define TICK_S 0.15
/* Clients find the way, and sweep what is left, in less than that where the other end is near: no tick is spent on it.
 */
#define SOON_S 0.03
#define POLL_NS 1000000
#define ROW_S 1.0

static int open_sums(struct load_measure *measure)
{
	for (uint16_t i = 0; i < measure->settings->service_count; i++) {
		uint16_t requests = measure->settings->service[i].http.list.count;
		struct report_tally *tally = calloc(1, sizeof(*tally));

		measure->sums[i].tally = tally;
		if (!tally)
			return -ENOMEM;
		report_tally_reset(tally);
		if (requests > 1 && report_tally_split(tally, requests) != 0)
			return -ENOMEM;
	}
	return 0;
}

int load_measure_open(struct load_measure *measure, const struct cli_settings *settings)
{
	*measure = (struct load_measure){.settings = settings};
	load_steer_open(&measure->orders.steer, settings);
	load_told_begin(&measure->told, measure->clients, &measure->client_count);
	load_trials_begin(&measure->trials, settings);
	measure->orders.is_one_of_several = load_trials_are_several(&measure->trials);
	measure->stop.condition = &settings->judge.stop_if;
	measure->progress = report_output_progress(settings);
	measure->setup = malloc(sizeof(*measure->setup));
	measure->part = malloc(sizeof(*measure->part));
	measure->run_sum = malloc(sizeof(*measure->run_sum));
	if (report_series_open(&measure->series) != 0 || !measure->setup || !measure->part || !measure->run_sum ||
	    open_sums(measure) != 0) {
		load_measure_close(measure);
		return -ENOMEM;
	}
	return 0;
}

void load_measure_close(struct load_measure *measure)
{
	for (uint16_t i = 0; i < measure->client_count; i++)
		load_client_close(&measure->clients[i]);
	report_series_close(&measure->series);
	load_steer_close(&measure->orders.steer);
	free(measure->setup);
	free(measure->part);
	free(measure->run_sum);
	for (uint16_t i = 0; i < CLI_MAX_SERVICES && measure->sums[i].tally; i++) {
		free(measure->sums[i].tally->each);
		free(measure->sums[i].tally);
	}
}

static void give(struct load_measure *measure, enum load_order order)
{
	if (order > measure->orders.order)
		__atomic_store_n(&measure->orders.order, order, __ATOMIC_RELAXED);
}

/* All clients have come to `phase` of the run that goes on, or beyond. */
static bool all_at(const struct load_measure *measure, enum load_phase phase)
{
	for (uint16_t i = 0; i < measure->client_count; i++) {
		const struct load_client *client = &measure->clients[i];

		if (!load_client_is_of_run(client, measure->orders.run) || load_client_phase(client) < phase)
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

static void add_to_log(const struct load_measure *measure, double t_s)
{
	const struct load_hlog_room room = {measure->setup, measure->part};

	load_hlog_row(measure->hlog, measure->clients, measure->client_count, &room, t_s);
}

static void add_row(struct load_measure *measure, const struct quern_engine *engine, double now_s)
{
	struct report_totals totals = {.opened = 0};
	struct report_activity activity;
	const struct report_row *row;

	for (uint16_t i = 0; i < measure->client_count; i++)
		report_totals_add(&totals, measure->clients[i].tally);
	merge_setups(measure);
	row = report_series_add(&measure->series, measure->past_s + now_s - measure->begin_s, &totals, measure->setup);
	report_sample_take(&measure->end, engine, measure->shards, measure->shard_count);
	activity = report_activity_between(&measure->last_row, &measure->end);
	if (row)
		load_live_take(measure, engine, row, &totals);
	measure->last_row = measure->end;
	add_to_log(measure, row ? row->t_s : measure->past_s + now_s - measure->begin_s);
	if (!row)
		return;
	report_progress_line(&measure->progress, row, &activity);
	if (load_stop_look(&measure->stop, row->t_s, row->span_s, &totals, measure->series.difference))
		give(measure, LOAD_ORDER_END);
}

static void begin_measuring(struct load_measure *measure, const struct quern_engine *engine)
{
	const struct report_sample before = measure->begin;

	report_sample_take(&measure->run_begin, engine, measure->shards, measure->shard_count);
	measure->begin = measure->run_begin;
	measure->begin_s = measure->begin.at_s;
	if (measure->series.count > 0)
		report_sample_carry(&measure->begin, &before, &measure->end);
	measure->last_row = measure->end = measure->run_begin;
	measure->next_row_s = measure->begin_s + ROW_S;
	measure->stage = LOAD_STAGE_MEASURING;
	if (measure->series.count > 0)
		report_hlog_restart(measure->hlog, measure->past_s);
	else
		load_hlog_begin(measure->hlog);
}

/* Without a ramp and a warm-up the first look is taken before anything is sent: a short run may be over at the next. */
static void begin_run(struct load_measure *measure, const struct quern_engine *engine, uint64_t cps)
{
	struct load_orders *orders = &measure->orders;
	bool are_one = !load_trials_are_searched(&measure->trials);

	report_series_restart(&measure->series, are_one);
	load_stop_restart(&measure->stop);
	measure->past_s = measure->series.count > 0 ? measure->series.rows[measure->series.count - 1].t_s : 0;
	measure->stage = LOAD_STAGE_WARMUP;
	orders->order = LOAD_ORDER_GO;
	orders->cps = cps;
	if (cli_ramp_ns(measure->settings) + measure->settings->warmup_ns == 0)
		begin_measuring(measure, engine);
	__atomic_store_n(&orders->run, orders->run + 1, __ATOMIC_RELEASE);
}

static void wait_for_way(struct load_measure *measure, struct quern_engine *engine)
{
	await(measure, LOAD_READY, SOON_S);
	measure->is_unreachable = any_unreachable(measure);
	if (measure->is_unreachable || cli_signal_count() > 0) {
		measure->stage = LOAD_STAGE_OVER;
		quern_engine_stop(engine);
	} else if (all_at(measure, LOAD_READY)) {
		begin_run(measure, engine, load_trials_first(&measure->trials));
	}
}

/* Another run, or the end. */
static void end_run(struct load_measure *measure, struct quern_engine *engine)
{
	uint64_t next;

	/* What was decided since the last row. */
	if (measure->series.count > 0)
		add_to_log(measure, measure->orders.is_one_of_several
					    ? measure->series.rows[measure->series.count - 1].t_s
					    : report_clock_s() - measure->begin_s);
	if (load_result_end_run(measure, &next)) {
		load_told_carry(&measure->told, measure->orders.run);
		begin_run(measure, engine, next);
		return;
	}
	measure->stage = LOAD_STAGE_OVER;
	quern_engine_stop(engine);
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

	/* Until then it is the counts of the run before that stand there. */
	if (!all_at(measure, LOAD_WARMUP))
		return;
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

static void step(struct load_measure *measure, struct quern_engine *engine)
{
	if (measure->stage == LOAD_STAGE_WAITING)
		wait_for_way(measure, engine);
	if (measure->stage == LOAD_STAGE_WARMUP && await(measure, LOAD_MEASURING, TICK_S))
		begin_measuring(measure, engine);
	if (measure->stage == LOAD_STAGE_MEASURING)
		measure_on(measure, engine);
	if (measure->stage == LOAD_STAGE_DRAINING && await(measure, LOAD_DONE, SOON_S))
		end_run(measure, engine);
}

static void tick(struct quern_engine *engine, void *app)
{
	struct load_measure *measure = app;
	uint32_t run = measure->orders.run;

	report_links_look(&measure->links, measure->settings, engine);
	if (cli_signal_count() > 0 && measure->stage > LOAD_STAGE_WAITING)
		give(measure, cli_signal_count() > 1 ? LOAD_ORDER_QUIT : LOAD_ORDER_END);
	step(measure, engine);
	/* Another run has begun, and a short one may be over at the next tick. */
	if (run > 0 && measure->orders.run > run)
		step(measure, engine);
	load_live_turn(measure);
}

double load_measure_now_s(const struct load_measure *measure)
{
	return measure->stage == LOAD_STAGE_MEASURING ? measure->past_s + report_clock_s() - measure->begin_s : 0;
}

int load_measure_run(struct load_measure *measure, struct quern_engine *engine, char error[QUERN_ERROR_TEXT])
{
	int rc;

	load_live_open(measure, engine);
	rc = quern_engine_run(engine, tick, measure, error);
	live_close(&measure->live);
	return rc;
}
