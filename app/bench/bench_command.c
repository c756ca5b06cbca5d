/* bench_command.c - clients and servers, each a shard, at the two ends of a cable. */
#include "bench/bench_command.h"

#include <string.h>

#include "cli/cli_engine.h"
#include "cli/cli_exit.h"
#include "cli/cli_place.h"
#include "load/load_command.h"
#include "load/load_order.h"
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

/* What the servers answer with over HTTP, each service apart. */
struct bench_servers {
	struct serve_server at[QUERN_MAX_SHARDS * CLI_MAX_SERVICES];
	uint16_t count;
	struct http_site sites[CLI_MAX_SERVICES];
};

static int add_servers(struct quern_shard_config *shard, struct load_measure *measure, struct bench_servers *servers,
		       uint16_t number)
{
	struct serve_server *first = &servers->at[servers->count];
	struct report_shard *reported = &measure->shards[measure->shard_count++];
	int rc = serve_servers_open(first, shard, measure->settings, &workers, number, servers->sites, reported);

	servers->count = (uint16_t)(servers->count + reported->tally_count);
	return rc;
}

static int add_end(struct quern_engine_config *config, struct load_measure *measure, struct bench_servers *servers,
		   uint16_t number)
{
	bool is_client = workers.at[number].port == 0;
	struct quern_shard_config *shard =
		cli_engine_add_shard(config, measure->settings, &workers, number, is_client ? "client" : "server");

	return is_client ? load_command_add_clients(measure, shard, &workers, number, cli_workers_on(&workers, 0))
			 : add_servers(shard, measure, servers, number);
}

int bench_command(struct cli_settings *settings)
{
	static struct quern_engine_config config;
	static struct load_measure measure;
	static struct bench_servers servers;
	struct cli_cores usable;
	char error[CLI_ERROR_TEXT];
	int code = 0;

	cli_place_usable(&usable);
	if (cli_place_bench(settings, &usable, &workers, error) != 0)
		return cli_fail(CLI_EXIT_USAGE, "%s", error);
	cli_engine_draw_seed(settings);
	cli_engine_fill(&config, settings);
	config.on_order = load_order;
	config.order_app = &measure;
	if (serve_sites_open(servers.sites, settings, error) != 0)
		return cli_fail(CLI_EXIT_MACHINE, "%s", error);
	if (load_measure_open(&measure, settings) != 0)
		return cli_fail(CLI_EXIT_MACHINE, "not enough memory for the histograms");
	for (uint16_t i = 0; i < workers.count && code == 0; i++)
		code = add_end(&config, &measure, &servers, i);
	if (code != 0)
		code = cli_fail(CLI_EXIT_MACHINE, "not enough memory for %u connections; lower --max-connections",
				settings->max_connections);
	else
		code = load_command_run(&measure, &config, announce_bench);
	for (uint16_t i = 0; i < servers.count; i++)
		serve_server_close(&servers.at[i]);
	load_measure_close(&measure);
	serve_sites_close(servers.sites, settings);
	return code;
}
