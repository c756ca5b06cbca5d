/* forward_command.c - the forwarder: on every core a shard for each port, until it is told to stop. */
#include "forward/forward_command.h"

#include "cli/cli_engine.h"
#include "cli/cli_exit.h"
#include "cli/cli_signal.h"
#include "forward/forward_health.h"
#include "forward/forward_hops.h"
#include "forward/forward_live.h"
#include "forward/forward_reload.h"
#include "forward/forward_report.h"
#include "report/report_job.h"
#include "report/report_links.h"

#define ROW_S 1.0

/* Nobody listens for connections, and none is opened: what a shard has at least will do. */
enum { CONNECTIONS = 64 };

struct forward_run {
	const struct cli_settings *settings;
	struct forward_reload reload;
	struct forward_hops hops[QUERN_MAX_SHARDS];
	struct report_shard shards[QUERN_MAX_SHARDS];
	struct report_tally no_connections;
	bool has_begun;
	double next_row_s;
	struct report_sample begin;
	struct report_sample last_row;
	struct report_sample end;
	struct forward_series series;
	struct report_progress progress;
	struct report_links links;
	struct forward_health health;
	struct forward_report report;
};

static void take_sample(struct forward_run *forward, const struct quern_engine *engine)
{
	report_sample_take(&forward->end, engine, forward->shards, forward->begin.shard_count);
	quern_engine_sessions(engine, &forward->report.use);
}

static void add_row(struct forward_run *forward, const struct quern_engine *engine)
{
	struct forward_row *row;

	take_sample(forward, engine);
	row = forward_series_add(&forward->series, forward->begin.at_s, &forward->last_row, &forward->end);
	if (row) {
		row->sessions = forward->report.use.sessions;
		row->busy = report_activity_between(&forward->last_row, &forward->end).busy;
		forward_live_line(&forward->progress, row);
	}
	forward->last_row = forward->end;
}

static void tick(struct quern_engine *engine, void *app)
{
	struct forward_run *forward = app;
	double now_s = report_clock_s();
	double duration_s = (double)forward->settings->duration_ns / (double)CLI_NS_PER_S;
	bool is_over;

	report_links_look(&forward->links, forward->settings, engine);
	forward_reload_look(&forward->reload, engine);
	forward_health_look(&forward->health, engine);
	if (!forward->has_begun) {
		/* All is counted from the first turn: all but the time of `begin` is zero. */
		forward->begin.at_s = now_s;
		forward->last_row = forward->begin;
		forward->next_row_s = now_s + ROW_S;
		forward->has_begun = true;
	}
	is_over = cli_signal_count() > 0 || (duration_s > 0 && now_s >= forward->begin.at_s + duration_s);
	if (now_s >= forward->next_row_s || is_over) {
		add_row(forward, engine);
		forward->next_row_s += ROW_S;
	}
	if (is_over) {
		report_progress_end(&forward->progress);
		quern_engine_stop(engine);
	}
}

/* The workers have ended: what they did after the last row is in the totals. */
static int report(struct forward_run *forward, const struct quern_engine *engine, struct report_output *output)
{
	struct forward_report *report = &forward->report;
	struct report_run *run = &report->run;
	int rc;

	*run = (struct report_run){.settings = forward->settings};
	report->series = &forward->series;
	report->reloads_taken = forward->reload.taken;
	report->reloads_refused = forward->reload.refused;
	take_sample(forward, engine);
	if (!forward_stats_take(&report->stats, engine, forward->settings->forward.rules,
				forward->settings->forward.rule_count))
		return cli_fail(CLI_EXIT_FAILED, "no memory for what the rules did");
	report_between(run, &forward->begin, &forward->end, forward->shards);
	report_describe(run, engine, forward->end.shard_count);
	for (uint16_t i = 0; i < run->worker_count; i++)
		run->workers[i].role = "forward";
	run->verdict = forward_report_adds_up(report) ? REPORT_PASS : REPORT_FAIL;
	if (cli_signal_count() > 0)
		run->verdict = REPORT_ABORTED;
	forward_report_text(output->text, report, output->colors);
	rc = report_output_write_json(output, output->json ? forward_report_json(report) : NULL);
	return report_job_exit(output, rc != 0 ? rc : run->verdict == REPORT_FAIL);
}

static int run_and_report(struct quern_engine *engine, struct report_output *output, void *app)
{
	struct forward_run *forward = app;
	char error[QUERN_ERROR_TEXT] = "";
	int rc = quern_engine_run(engine, tick, forward, error);

	return rc != 0 ? cli_fail(cli_exit_of(rc), "%s", error) : report(forward, engine, output);
}

static void announce(FILE *out, const struct cli_settings *settings, const struct quern_engine *engine, void *app)
{
	(void)engine;
	(void)app;
	fputs("quern forward", out);
	for (uint16_t i = 0; i < settings->forward.rule_count; i++) {
		const struct quern_forward_rule *rule = &settings->forward.rules[i];
		char listen[FORWARD_LISTEN_TEXT], to[QUERN_ENDPOINT_TEXT];

		fprintf(out, " · %s: udp://%s to ", settings->ports[rule->port].device,
			forward_listen_text(rule, listen));
		for (uint16_t target = 0; target < rule->target_count; target++)
			fprintf(out, "%s%s", target == 0 ? "" : ", ",
				forward_target_text(&rule->targets[target].to, to));
		if (rule->target_count > 1)
			fprintf(out, " (%s)", quern_balance_name(rule->balance));
	}
	fputc('\n', out);
	fflush(out);
}

static void add_shards(struct forward_run *forward, struct quern_engine_config *config,
		       const struct cli_workers *workers)
{
	for (uint16_t i = 0; i < workers->count; i++) {
		struct quern_shard_config *shard =
			cli_engine_add_shard(config, forward->settings, workers, i, "forward");

		forward_hops_init(&forward->hops[i], forward->settings, &forward->reload, workers->at[i].port);
		shard->max_connections = CONNECTIONS;
		shard->max_time_wait = CONNECTIONS;
		shard->on_turn = forward_hops_turn;
		shard->app = &forward->hops[i];
		forward->shards[i] = (struct report_shard){"forward", {&forward->no_connections}, 1};
	}
	forward->begin.shard_count = workers->count;
}

int forward_command(struct cli_settings *settings)
{
	static struct quern_engine_config config;
	static struct forward_run forward;
	struct cli_cores usable;
	struct cli_nodes nodes;
	struct cli_workers workers;
	const struct report_job job = {.settings = settings,
				       .app = &forward,
				       .announce = announce,
				       .run = run_and_report,
				       .metrics = {.reloads = forward_reload_counts, .app = &forward.reload}};
	char error[CLI_ERROR_TEXT];
	int code;

	cli_place_usable(&usable);
	cli_engine_nodes(settings, &usable, &nodes);
	if (cli_place_groups(settings, &usable, &nodes, &workers, error) != 0)
		return cli_fail(CLI_EXIT_USAGE, "%s", error);
	cli_engine_draw_seed(settings);
	cli_engine_fill(&config, settings);
	config.on_order = forward_reload_order;
	config.order_app = &forward.reload;
	forward.settings = settings;
	forward_reload_init(&forward.reload, settings);
	forward.progress = report_output_progress(settings);
	add_shards(&forward, &config, &workers);
	code = report_job_run(&job, &config);
	forward_series_close(&forward.series);
	forward_stats_close(&forward.report.stats);
	return code;
}
