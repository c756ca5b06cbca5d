/* bench_command.c - a client and a server, each a shard, at the two ends of a cable. */
#include "bench/bench_command.h"

#include <string.h>

#include "cli/cli_engine.h"
#include "cli/cli_exit.h"
#include "cli/cli_place.h"
#include "load/load_command.h"
#include "serve/serve_server.h"

static void announce_bench(FILE *out, const struct cli_settings *settings, const struct quern_engine *engine)
{
	struct quern_machine machine;
	struct quern_worker_report second;

	quern_engine_machine(engine, &machine);
	fprintf(out, "quern bench · client and server over a cable · %s · ",
		quern_engine_worker(engine, 1, &second) == 0 ? "1 worker each" : "both on one worker");
	if (strcmp(machine.pages, "4K") != 0)
		fprintf(out, "%s hugepages\n", strcmp(machine.pages, "1G") == 0 ? "1 GiB" : "2 MiB");
	else
		fprintf(out, "4 KiB pages%s\n",
			settings->memory == QUERN_MEMORY_AUTO ? " (no hugepages reserved)" : "");
}

static void add_shards(struct quern_engine_config *config, struct load_measure *measure,
		       const struct cli_settings *settings, struct serve_server *server, uint16_t client_core,
		       uint16_t server_core)
{
	struct quern_shard_config *shard = cli_engine_add_shard(config, settings, 0, client_core, "client");

	shard->on_start = load_client_start;
	shard->on_turn = load_client_turn;
	shard->app = &measure->clients[0];
	shard = cli_engine_add_shard(config, settings, 1, server_core, "server");
	shard->on_start = serve_server_start;
	shard->on_turn = serve_server_turn;
	shard->app = server;
	measure->client_count = 1;
	measure->shard_count = 2;
	measure->shards[0] = (struct report_shard){client_core, "client", measure->clients[0].tally};
	measure->shards[1] = (struct report_shard){server_core, "server", server->tally};
}

int bench_command(struct cli_settings *settings)
{
	static struct quern_engine_config config;
	static struct load_measure measure;
	static struct serve_server server;
	struct cli_cores usable;
	uint16_t client_core, server_core;
	char error[CLI_ERROR_TEXT];
	int code;

	cli_place_usable(&usable);
	if (cli_place_bench(settings, &usable, &client_core, &server_core, error) != 0)
		return cli_fail(CLI_EXIT_USAGE, "%s", error);
	cli_engine_draw_seed(settings);
	cli_engine_fill(&config, settings);
	if (load_measure_open(&measure, settings) != 0)
		return cli_fail(CLI_EXIT_MACHINE, "not enough memory for the histograms");
	if (load_client_open(&measure.clients[0], settings, 0, 0, 1, &measure.order) != 0 ||
	    serve_server_open(&server, settings, 1) != 0) {
		load_client_close(&measure.clients[0]);
		load_measure_close(&measure);
		return cli_fail(CLI_EXIT_MACHINE, "not enough memory for %u connections; lower --max-connections",
				settings->max_connections);
	}
	add_shards(&config, &measure, settings, &server, client_core, server_core);
	code = load_command_run(&measure, &config, announce_bench);
	serve_server_close(&server);
	load_measure_close(&measure);
	return code;
}
