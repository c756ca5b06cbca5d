/* serve_command.c - servers on each port, until they are told to stop. */
#include "serve/serve_command.h"

#include "cli/cli_engine.h"
#include "cli/cli_exit.h"
#include "cli/cli_place.h"
#include "cli/cli_signal.h"
#include "report/report_links.h"
#include "report/report_job.h"
#include "report/report_sample.h"
#include "serve/serve_server.h"

#define ROW_S 1.0

struct serve_run {
	const struct cli_settings *settings;
	struct http_site site;
	struct serve_server servers[QUERN_MAX_SHARDS];
	struct report_shard shards[QUERN_MAX_SHARDS];
	uint16_t server_count;
	bool has_begun;
	double next_row_s;
	struct report_sample begin;
	struct report_sample last_row;
	struct report_sample end;
	struct report_series series;
	struct report_udp_series udp_series;
	struct report_progress progress;
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

static void add_row(struct serve_run *serve, const struct quern_engine *engine)
{
	struct report_totals totals = totals_of(serve);
	struct report_row *row;
	struct report_activity activity;
	struct report_memory memory;

	report_sample_take(&serve->end, engine, serve->shards, serve->server_count);
	if (serve->settings->udp.is_spoken) {
		activity = report_activity_between(&serve->last_row, &serve->end);
		serve->last_row = serve->end;
		add_udp_row(serve, &activity);
		return;
	}
	row = report_series_add(&serve->series, serve->end.at_s - serve->begin.at_s, &totals, &serve->no_setups);
	activity = report_activity_between(&serve->last_row, &serve->end);
	serve->last_row = serve->end;
	if (!row)
		return;
	report_memory_read(&memory, engine, serve->server_count);
	row->records = memory.records;
	row->mbufs_used = memory.mbufs_used;
	report_progress_line(&serve->progress, row, &activity);
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

	for (uint16_t i = 0; i < serve->server_count; i++) {
		quern_engine_counters(engine, i, &counters);
		in_flight += counters.established;
		for (int how = 0; how < QUERN_ENDS_END; how++)
			in_flight -= counters.ended[how];
	}
	return in_flight;
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
	run.verdict =
		report_accounts(&run) && run.totals.requests[REPORT_REQUESTS_corrupt] == 0 ? REPORT_PASS : REPORT_FAIL;
	if (cli_signal_count() > 0)
		run.verdict = REPORT_ABORTED;
	report_between(&run, &serve->begin, &serve->end, serve->shards);
	report_describe(&run, engine, serve->server_count);
	report_text(output->text, &run, output->colors);
	rc = report_output_write(output, &run);
	if (rc != 0)
		return rc;
	return run.verdict == REPORT_FAIL ? 1 : 0;
}

static int run_and_report(struct quern_engine *engine, struct report_output *output, void *app)
{
	struct serve_run *serve = app;
	char error[QUERN_ERROR_TEXT] = "";
	int rc = quern_engine_run(engine, tick, serve, error);

	if (rc != 0)
		return cli_fail(cli_exit_of(rc), "%s", error);
	return report_job_exit(output, report(serve, engine, output));
}

/* A listener at any address is where the port's first ones are, of each version. */
static void announce_listener(FILE *out, const struct serve_run *serve, uint16_t port, const struct quern_endpoint *at)
{
	const char *scheme = serve->settings->service[0].http.is_spoken ? "http"
			     : serve->settings->udp.is_spoken           ? "udp"
									: "tcp";
	char text[QUERN_ENDPOINT_TEXT];

	if (!cli_address_is_any(at)) {
		fprintf(out, " %s://%s", scheme, quern_format_endpoint(at, text));
		return;
	}
	for (enum cli_version version = CLI_IP4; version < CLI_VERSIONS; version++) {
		const struct cli_net *net = &serve->settings->ports[port].nets[version];
		struct quern_range first = cli_block_to_range(net->addresses);
		struct quern_endpoint here = {.address = first.first, .port = at->port, .ip6 = first.first6};

		if (net->is_spoken)
			fprintf(out, " %s://%s", scheme, quern_format_endpoint(&here, text));
	}
}

static void announce(FILE *out, const struct cli_settings *settings, const struct quern_engine *engine, void *app)
{
	const struct serve_run *serve = app;

	(void)settings;
	(void)engine;
	fputs("quern serve · ", out);
	/* The first servers are one a port. */
	for (uint16_t i = 0; i < serve->settings->port_count; i++) {
		const struct serve_server *server = &serve->servers[i];

		fprintf(out, "%s%s:", i == 0 ? "" : " · ", serve->settings->ports[i].device);
		for (uint16_t j = 0; j < server->listen_count; j++)
			announce_listener(out, serve, i, &server->listen[j]);
	}
	if (serve->site.has_root)
		fprintf(out, " · %u files, %llu bytes of %s", serve->site.page_count,
			(unsigned long long)serve->site.page_bytes, serve->settings->service[0].http.root);
	if (serve->site.left_out > 0)
		fprintf(out, " (%u left out: no plain files, or links out of it)", serve->site.left_out);
	fputc('\n', out);
	fflush(out);
}

int serve_command(struct cli_settings *settings)
{
	static struct quern_engine_config config;
	static struct serve_run serve;
	struct cli_cores usable;
	struct cli_nodes nodes;
	struct cli_workers workers;
	char error[CLI_ERROR_TEXT];
	int code = CLI_EXIT_DONE;

	cli_place_usable(&usable);
	cli_engine_nodes(settings, &usable, &nodes);
	if (cli_place_ports(settings, &usable, &nodes, &workers, error) != 0)
		return cli_fail(CLI_EXIT_USAGE, "%s", error);
	if (settings->service[0].http.is_spoken && http_site_open(&serve.site, settings->service[0].http.root,
								  settings->service[0].http.body_bytes, error) != 0)
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
		struct serve_server *server = &serve.servers[i];

		if (serve_server_open(server, settings, &settings->service[0], &workers, i,
				      settings->service[0].http.is_spoken ? &serve.site : NULL) != 0) {
			code = cli_fail(CLI_EXIT_MACHINE,
					"not enough memory for %u connections; lower --max-connections",
					settings->max_connections);
			break;
		}
		shard->on_start = serve_server_start;
		shard->on_turn = serve_server_turn;
		shard->app = server;
		serve.shards[serve.server_count++] = (struct report_shard){"server", server->tally};
	}
	if (code == CLI_EXIT_DONE)
		code = report_job_run(&(struct report_job){settings, &serve, announce, run_and_report}, &config);
	for (uint16_t i = 0; i < serve.server_count; i++)
		serve_server_close(&serve.servers[i]);
	report_series_close(&serve.series);
	report_udp_series_close(&serve.udp_series);
	http_site_close(&serve.site);
	return code;
}
