/* serve_command.c - servers on each port, until they are told to stop. */
#include "serve/serve_command.h"

#include <string.h>

#include "cli/cli_engine.h"
#include "cli/cli_exit.h"
#include "cli/cli_place.h"
#include "cli/cli_signal.h"
#include "report/report_links.h"
#include "report/report_job.h"
#include "report/report_sample.h"
#include "serve/serve_live.h"
#include "serve/serve_server.h"

#define ROW_S 1.0

struct serve_run {
	const struct cli_settings *settings;
	struct http_site sites[CLI_MAX_SERVICES];
	struct serve_server servers[QUERN_MAX_SHARDS * CLI_MAX_SERVICES]; /* those of one worker side by side */
	uint16_t server_count;
	struct report_shard shards[QUERN_MAX_SHARDS];
	uint16_t shard_count;
	struct report_run parts[CLI_MAX_SERVICES];
	bool has_begun;
	double next_row_s;
	struct report_sample begin;
	struct report_sample last_row;
	struct report_sample end;
	struct report_series series;
	struct report_udp_series udp_series;
	struct report_progress progress;
	struct live live;
	struct report_links links;
	struct quern_histogram no_setups;
};

/* Opened is what was established: a set-up that came to nothing is the client's to count. */
static struct report_totals totals_of(const struct serve_run *serve)
{
	struct report_totals totals = {.opened = 0};

	for (uint16_t i = 0; i < serve->server_count; i++)
		report_totals_add(&totals, serve->servers[i].tally);
	totals.opened = totals.established;
	totals.on_schedule = totals.established;
	return totals;
}

static struct report_udp_counts udp_totals_of(const struct serve_run *serve)
{
	struct report_udp_counts totals = {.sent = 0};

	for (uint16_t i = 0; i < serve->server_count; i++)
		serve_udp_totals_add(&totals, &serve->servers[i].udp);
	return totals;
}

/* The sample of the row has been taken. */
static void add_udp_row(struct serve_run *serve, const struct report_activity *activity)
{
	struct report_udp_counts totals = udp_totals_of(serve);
	const struct report_udp_row *row =
		report_udp_series_add(&serve->udp_series, serve->end.at_s - serve->begin.at_s, &totals, NULL);

	if (row)
		report_udp_progress_line(&serve->progress, row, activity, true);
}

static void show_row(struct serve_run *serve, const struct report_row *row, const struct report_totals *totals,
		     const struct report_memory *memory)
{
	static struct report_run second;

	second = (struct report_run){.settings = serve->settings};
	report_between(&second, &serve->last_row, &serve->end, serve->shards);
	serve_live_take(&serve->live, row, totals, memory, &second);
}

static void add_row(struct serve_run *serve, const struct quern_engine *engine)
{
	struct report_totals totals = totals_of(serve);
	struct report_row *row;
	struct report_activity activity;
	struct report_memory memory;

	report_sample_take(&serve->end, engine, serve->shards, serve->shard_count);
	if (serve->settings->udp.is_spoken) {
		activity = report_activity_between(&serve->last_row, &serve->end);
		serve->last_row = serve->end;
		add_udp_row(serve, &activity);
		return;
	}
	row = report_series_add(&serve->series, serve->end.at_s - serve->begin.at_s, &totals, &serve->no_setups);
	activity = report_activity_between(&serve->last_row, &serve->end);
	report_memory_read(&memory, engine, serve->shard_count);
	if (row) {
		row->records = memory.records;
		row->mbufs_used = memory.mbufs_used;
		report_progress_line(&serve->progress, row, &activity);
	}
	if (row && live_is_on(&serve->live))
		show_row(serve, row, &totals, &memory);
	serve->last_row = serve->end;
}

static void tick(struct quern_engine *engine, void *app)
{
	struct serve_run *serve = app;
	double now_s = report_clock_s();
	double duration_s = (double)serve->settings->duration_ns / (double)CLI_NS_PER_S;
	bool is_over;

	report_links_look(&serve->links, serve->settings, engine);
	if (!serve->has_begun) {
		/* Connections are counted from the first turn, so packets are too: all but the time of `begin` is zero.
		 */
		serve->begin.at_s = now_s;
		serve->last_row = serve->begin;
		serve->next_row_s = serve->begin.at_s + ROW_S;
		serve->has_begun = true;
	}
	is_over = cli_signal_count() > 0 || (duration_s > 0 && now_s >= serve->begin.at_s + duration_s);
	if (now_s >= serve->next_row_s || is_over) {
		add_row(serve, engine);
		serve->next_row_s += ROW_S;
	}
	live_turn(&serve->live, now_s - serve->begin.at_s);
	if (is_over) {
		report_progress_end(&serve->progress);
		quern_engine_stop(engine);
	}
}

/* What the shards still hold of what they established: their own count, which the servers' must agree with. */
static uint64_t count_in_flight(const struct serve_run *serve, const struct quern_engine *engine)
{
	struct quern_counters counters;
	uint64_t in_flight = 0;

	for (uint16_t i = 0; i < serve->shard_count; i++) {
		quern_engine_counters(engine, i, &counters);
		in_flight += counters.established;
		for (int how = 0; how < QUERN_ENDS_END; how++)
			in_flight -= counters.ended[how];
	}
	return in_flight;
}

/* What each of several services has come to. */
static void add_parts(struct serve_run *serve, struct report_run *run)
{
	uint16_t count = serve->settings->service_count;

	for (uint16_t i = 0; i < count; i++)
		serve->parts[i] = (struct report_run){.settings = serve->settings,
						      .service = &serve->settings->service[i],
						      .duration_s = run->duration_s};
	for (uint16_t i = 0; i < serve->server_count; i++) {
		struct report_totals *totals = &serve->parts[i % count].totals;

		report_totals_add(totals, serve->servers[i].tally);
		totals->opened = totals->on_schedule = totals->established;
		totals->in_flight = totals->established - report_closed(totals);
		totals->requests[REPORT_REQUESTS_in_flight] += http_server_unanswered(&serve->servers[i].http);
	}
	if (count > 1)
		run->parts = serve->parts;
}

/* The workers have ended. */
static int report(struct serve_run *serve, const struct quern_engine *engine, struct report_output *output)
{
	struct report_run run = {.settings = serve->settings, .series = &serve->series};
	struct report_udp udp = {.is_server = true, .series = &serve->udp_series};
	int rc;

	run.totals = totals_of(serve);
	run.totals.in_flight = count_in_flight(serve, engine);
	for (uint16_t i = 0; i < serve->server_count; i++)
		run.totals.requests[REPORT_REQUESTS_in_flight] += http_server_unanswered(&serve->servers[i].http);
	if (serve->settings->udp.is_spoken) {
		udp.totals = udp_totals_of(serve);
		udp.duration_s = serve->end.at_s - serve->begin.at_s;
		run.udp = &udp;
	}
	/* A server's ordinary end is a signal, which hides no fault. */
	run.verdict = cli_signal_count() > 0 ? REPORT_ABORTED : REPORT_PASS;
	if (!report_accounts(&run) || run.totals.requests[REPORT_REQUESTS_corrupt] > 0)
		run.verdict = REPORT_FAIL;
	report_between(&run, &serve->begin, &serve->end, serve->shards);
	add_parts(serve, &run);
	report_describe(&run, engine, serve->shard_count);
	report_text(output->text, &run, output->colors);
	rc = report_output_write(output, &run);
	if (rc != 0)
		return rc;
	return run.verdict == REPORT_FAIL ? 1 : 0;
}

/* A listener at any address is where the port's first ones are, of each version. */
static void announce_listener(FILE *out, const struct serve_server *server, const struct quern_endpoint *at)
{
	const char *scheme = server->service->http.is_spoken ? "http" : server->settings->udp.is_spoken ? "udp" : "tcp";
	char text[QUERN_ENDPOINT_TEXT];

	if (!cli_address_is_any(at)) {
		fprintf(out, " %s://%s", scheme, quern_format_endpoint(at, text));
		return;
	}
	for (enum cli_version version = CLI_IP4; version < CLI_VERSIONS; version++) {
		const struct cli_net *net = &server->settings->ports[server->port].nets[version];
		struct quern_range first = cli_block_to_range(net->addresses);
		struct quern_endpoint here = {.address = first.first, .port = at->port, .ip6 = first.first6};

		if (net->is_spoken)
			fprintf(out, " %s://%s", scheme, quern_format_endpoint(&here, text));
	}
}

static void announce_site(FILE *out, const struct http_site *site, const char *root)
{
	if (site->has_root)
		fprintf(out, " · %u files, %llu bytes of %s", site->page_count, (unsigned long long)site->page_bytes,
			root);
	if (site->left_out > 0)
		fprintf(out, " (%u left out: no plain files, or links out of it)", site->left_out);
}

static void announce(FILE *out, const struct cli_settings *settings, const struct quern_engine *engine, void *app)
{
	const struct serve_run *serve = app;

	(void)engine;
	fputs("quern serve · ", out);
	/* The first workers are one a port. */
	for (uint16_t i = 0; i < settings->port_count; i++) {
		fprintf(out, "%s%s:", i == 0 ? "" : " · ", settings->ports[i].device);
		for (uint16_t j = 0; j < settings->service_count; j++) {
			const struct serve_server *server = &serve->servers[i * settings->service_count + j];

			for (uint16_t k = 0; k < server->listen_count; k++)
				announce_listener(out, server, &server->listen[k]);
		}
	}
	for (uint16_t i = 0; i < settings->service_count; i++)
		announce_site(out, &serve->sites[i], settings->service[i].http.root);
	fputc('\n', out);
	fflush(out);
}

/* What is announced is the title. Datagrams have lines only. */
static void begin_screen(struct serve_run *serve, const struct quern_engine *engine)
{
	struct live_model *model = &serve->live.model;
	FILE *out;

	if (serve->settings->udp.is_spoken ||
	    !serve_live_open(&serve->live, serve->settings, serve->progress.has_requests))
		return;
	serve->progress.is_quiet = true;
	out = fmemopen(model->title, sizeof(model->title), "w");
	if (!out)
		return;
	announce(out, serve->settings, engine, serve);
	fclose(out);
	model->title[strcspn(model->title, "\n")] = '\0';
}

static int run_and_report(struct quern_engine *engine, struct report_output *output, void *app)
{
	struct serve_run *serve = app;
	char error[QUERN_ERROR_TEXT] = "";
	int rc;

	begin_screen(serve, engine);
	rc = quern_engine_run(engine, tick, serve, error);
	live_close(&serve->live);
	if (rc != 0)
		return cli_fail(cli_exit_of(rc), "%s", error);
	return report_job_exit(output, report(serve, engine, output));
}

int serve_command(struct cli_settings *settings)
{
	static struct quern_engine_config config;
	static struct serve_run serve;
	struct cli_cores usable;
	struct cli_nodes nodes;
	struct cli_workers workers;
	const struct report_job job = {
		.settings = settings, .app = &serve, .announce = announce, .run = run_and_report};
	char error[CLI_ERROR_TEXT];
	int code = CLI_EXIT_DONE;

	cli_place_usable(&usable);
	cli_engine_nodes(settings, &usable, &nodes);
	if (cli_place_ports(settings, &usable, &nodes, &workers, error) != 0)
		return cli_fail(CLI_EXIT_USAGE, "%s", error);
	if (serve_sites_open(serve.sites, settings, error) != 0)
		return cli_fail(CLI_EXIT_USAGE, "%s", error);
	cli_engine_draw_seed(settings);
	cli_engine_fill(&config, settings);
	serve.settings = settings;
	serve.progress = report_output_progress(settings);
	quern_histogram_reset(&serve.no_setups);
	if (report_series_open(&serve.series) != 0 || report_udp_series_open(&serve.udp_series) != 0)
		return cli_fail(CLI_EXIT_MACHINE, "not enough memory for the histograms");
	for (uint16_t i = 0; i < workers.count && code == CLI_EXIT_DONE; i++) {
		struct quern_shard_config *shard = cli_engine_add_shard(&config, settings, &workers, i, "server");
		struct report_shard *reported = &serve.shards[serve.shard_count++];

		if (serve_servers_open(&serve.servers[serve.server_count], shard, settings, &workers, i, serve.sites,
				       reported) != 0)
			code = cli_fail(CLI_EXIT_MACHINE,
					"not enough memory for %u connections; lower --max-connections",
					settings->max_connections);
		serve.server_count = (uint16_t)(serve.server_count + reported->tally_count);
	}
	if (code == CLI_EXIT_DONE)
		code = report_job_run(&job, &config);
	for (uint16_t i = 0; i < serve.server_count; i++)
		serve_server_close(&serve.servers[i]);
	report_series_close(&serve.series);
	report_udp_series_close(&serve.udp_series);
	serve_sites_close(serve.sites, settings);
	return code;
}
