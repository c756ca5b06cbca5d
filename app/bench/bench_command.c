/* bench_command.c - clients and servers, each a shard, at the two ends of a cable. */
#include "bench/bench_command.h"

#include <string.h>

#include "cli/cli_engine.h"
#include "cli/cli_exit.h"
#include "cli/cli_place.h"
#include "load/load_command.h"
#include "serve/serve_server.h"

static struct cli_workers workers;

static const char *workers_text(char *text, size_t size)
{
	uint16_t clients = cli_workers_on(&workers, 0), servers = cli_workers_on(&workers, 1);

	if (clients == servers)
		snprintf(text, size, "%u worker%s each", clients, clients == 1 ? "" : "s");
	else
		snprintf(text, size, "%u and %u workers", clients, servers);
	return text;
}

static void announce_bench(FILE *out, const struct cli_settings *settings, const struct quern_engine *engine, void *app)
{
	struct quern_machine machine;
	struct quern_worker_report second;
	char text[64];

	(void)app;
	quern_engine_machine(engine, &machine);
	fprintf(out, "quern bench · client and server over %s cable%s · %s · ",
		settings->ports[0].impair_count > 0 ? "an impaired" : "a",
		settings->ports[0].nets[CLI_IP6].is_spoken ? ", IPv6" : "",
		quern_engine_worker(engine, 1, &second) == 0 ? workers_text(text, sizeof(text)) : "both on one worker");
	if (strcmp(machine.pages, "4K") != 0)
		fprintf(out, "%s hugepages\n", strcmp(machine.pages, "1G") == 0 ? "1 GiB" : "2 MiB");
	else
		fprintf(out, "4 KiB pages%s\n",
			settings->memory == QUERN_MEMORY_AUTO ? " (no hugepages reserved)" : "");
}

static int add_client(struct quern_engine_config *config, struct load_measure *measure,
		      const struct cli_settings *settings, uint16_t number)
{
	struct quern_shard_config *shard = cli_engine_add_shard(config, settings, &workers, number, "client");
	struct load_client *client = &measure->clients[number];
	int rc = load_client_open(client, settings, &settings->service[0], &workers, number,
				  cli_workers_on(&workers, 0), &measure->orders);

	if (rc != 0)
		return rc;
	measure->client_count++;
	shard->on_start = load_client_start;
	shard->on_turn = load_client_turn;
	shard->app = client;
	measure->shards[measure->shard_count++] = (struct report_shard){"client", client->tally};
	return 0;
}

static int add_server(struct quern_engine_config *config, struct load_measure *measure,
		      const struct cli_settings *settings, uint16_t number, struct serve_server *server,
		      const struct http_site *site)
{
	struct quern_shard_config *shard = cli_engine_add_shard(config, settings, &workers, number, "server");
	int rc = serve_server_open(server, settings, &settings->service[0], &workers, number, site);

	if (rc != 0)
		return rc;
	shard->on_start = serve_server_start;
	shard->on_turn = serve_server_turn;
	shard->app = server;
	measure->shards[measure->shard_count++] = (struct report_shard){"server", server->tally};
	return 0;
}

int bench_command(struct cli_settings *settings)
{
	static struct quern_engine_config config;
	static struct load_measure measure;
	static struct serve_server servers[QUERN_MAX_SHARDS];
	static struct http_site site;
	struct cli_cores usable;
	char error[CLI_ERROR_TEXT];
	int code = 0;

	cli_place_usable(&usable);
	if (cli_place_bench(settings, &usable, &workers, error) != 0)
		return cli_fail(CLI_EXIT_USAGE, "%s", error);
	cli_engine_draw_seed(settings);
	cli_engine_fill(&config, settings);
	if (settings->service[0].http.is_spoken &&
	    http_site_open(&site, NULL, settings->service[0].http.body_bytes, error) != 0)
		return cli_fail(CLI_EXIT_MACHINE, "%s", error);
	if (load_measure_open(&measure, settings) != 0)
		return cli_fail(CLI_EXIT_MACHINE, "not enough memory for the histograms");
	for (uint16_t i = 0; i < workers.count && code == 0; i++)
		code = workers.at[i].port == 0 ? add_client(&config, &measure, settings, i)
					       : add_server(&config, &measure, settings, i, &servers[i],
							    settings->service[0].http.is_spoken ? &site : NULL);
	if (code != 0)
		code = cli_fail(CLI_EXIT_MACHINE, "not enough memory for %u connections; lower --max-connections",
				settings->max_connections);
	else
		code = load_command_run(&measure, &config, announce_bench);
	for (uint16_t i = 0; i < workers.count; i++)
		serve_server_close(&servers[i]);
	load_measure_close(&measure);
	http_site_close(&site);
	return code;
}
