/* load_live.c - rows, samples and clients as the lines of a screen. */
#include "load/load_live.h"

#include <stdio.h>

#include "cli/cli_signal.h"
#include "cli/cli_target.h"
#include "load/load_live_lines.h"
#include "report/report_format.h"

enum { COUNTER_OPENED, COUNTER_ESTABLISHED, COUNTER_FAILED, COUNTER_REQUESTS };

/* What a change of the rate has come to. */
static void note_level(struct load_measure *measure, char note[LIVE_TEXT])
{
	uint64_t cps = 0, cc = 0;
	bool is_paused = false;
	char text[REPORT_NUMBER_TEXT];

	for (uint16_t i = 0; i < measure->settings->service_count; i++) {
		struct load_level level = load_steer_level(&measure->orders.steer, i, &is_paused);

		cps += level.cps;
		cc += level.cps == 0 ? level.cc : 0;
	}
	snprintf(note, LIVE_TEXT, cps > 0 ? "rate now %s/s" : "held now %s",
		 report_format_count(cps > 0 ? cps : cc, text));
}

static void scale(void *app, double factor, char note[LIVE_TEXT])
{
	struct load_measure *measure = app;

	if (load_steer_scale(&measure->orders.steer, factor, load_measure_now_s(measure)) == 0)
		note_level(measure, note);
	else
		snprintf(note, LIVE_TEXT, "no rate to change: it is max, or that of a profile or a search");
}

static void pause_or_go_on(void *app, char note[LIVE_TEXT])
{
	struct load_measure *measure = app;
	bool is_paused;
	int rc;

	load_steer_level(&measure->orders.steer, 0, &is_paused);
	rc = load_steer_pause(&measure->orders.steer, !is_paused, load_measure_now_s(measure));
	snprintf(note, LIVE_TEXT,
		 rc != 0     ? "a profile, or a search, cannot be paused"
		 : is_paused ? "goes on"
			     : "paused");
}

/* quern load tcp://198.18.0.1:80 · tap:q0 · cores 2, 3 */
static void write_title(struct live_model *model, const struct cli_settings *settings,
			const struct quern_engine *engine)
{
	struct quern_worker_report worker;
	char target[CLI_TARGET_TEXT];
	FILE *out = fmemopen(model->title, sizeof(model->title), "w");

	if (!out)
		return;
	fprintf(out, "quern %s", cli_command_name(settings->command));
	for (uint16_t i = 0; i < settings->service_count && settings->command != CLI_BENCH; i++)
		fprintf(out, " %s", cli_format_target(settings, &settings->service[i], target));
	for (uint16_t i = 0; i < settings->port_count && settings->command != CLI_BENCH; i++)
		fprintf(out, " · %s", settings->ports[i].device);
	fputs(settings->command == CLI_BENCH ? " · over a cable · cores" : " · cores", out);
	for (uint16_t i = 0; quern_engine_worker(engine, i, &worker) == 0; i++)
		fprintf(out, "%s %u", i > 0 ? "," : "", worker.core);
	fclose(out);
}

void load_live_open(struct load_measure *measure, const struct quern_engine *engine)
{
	static const char *const names[] = {"opened/s", "established/s", "failed/s", "requests/s"};
	const struct cli_judge *judge = &measure->settings->judge;
	struct live_model *model = &measure->live.model;

	if (!live_open(&measure->live, measure->settings))
		return;
	measure->progress.is_quiet = true;
	measure->live.actions = (struct live_actions){.pause = pause_or_go_on, .scale = scale, .app = measure};
	model->can_steer = true;
	model->counter_count = measure->progress.has_requests ? COUNTER_REQUESTS + 1 : COUNTER_REQUESTS;
	for (uint16_t i = 0; i < model->counter_count; i++)
		model->counters[i].name = names[i];
	model->charted = "CPS";
	model->charted_counter = COUNTER_ESTABLISHED;
	if (!judge->search_text && measure->settings->connections == 0)
		model->total_s = measure->progress.total_s * (judge->repeats > 1 ? judge->repeats : 1);
	write_title(model, measure->settings, engine);
}

void load_live_take(struct load_measure *measure, const struct quern_engine *engine, const struct report_row *row,
		    const struct report_totals *totals)
{
	static struct live_look look;
	uint64_t wanted = measure->settings->connections;

	if (!live_is_on(&measure->live))
		return;
	look.span_s = row->span_s;
	look.totals[COUNTER_OPENED] = totals->opened;
	look.totals[COUNTER_ESTABLISHED] = totals->established;
	look.totals[COUNTER_FAILED] = report_failed(totals);
	look.totals[COUNTER_REQUESTS] = totals->requests[REPORT_REQUESTS_ok];
	load_live_lines(&look, measure, engine, row, totals);
	live_model_take(&measure->live.model, &look);
	if (wanted > 0)
		measure->live.model.done = (double)totals->opened / (double)wanted;
}

/* Null where it does what it is there for. */
static const char *stage_of(struct load_measure *measure)
{
	bool is_paused;

	load_steer_level(&measure->orders.steer, 0, &is_paused);
	if (cli_signal_count() > 0)
		return "ending: what is being set up is waited for; once more to leave at once";
	switch (measure->stage) {
	case LOAD_STAGE_WAITING:
		return "looking for the way to the target";
	case LOAD_STAGE_WARMUP:
		return "ramp and warm-up: nothing is counted yet";
	case LOAD_STAGE_MEASURING:
		return is_paused ? "paused: nothing is opened; p to go on" : NULL;
	case LOAD_STAGE_DRAINING:
		return "ending: what is being set up is waited for";
	case LOAD_STAGE_OVER:
		break;
	}
	return NULL;
}

void load_live_turn(struct load_measure *measure)
{
	double now_s = measure->live.model.t_s;

	if (!live_is_on(&measure->live))
		return;
	if (measure->stage == LOAD_STAGE_MEASURING)
		now_s = load_measure_now_s(measure);
	measure->live.stage = stage_of(measure);
	live_turn(&measure->live, now_s);
}
