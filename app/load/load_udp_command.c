/* load_udp_command.c - clients of datagrams on each port, towards one target. */
#include "load/load_udp_command.h"

#include "cli/cli_engine.h"
#include "cli/cli_exit.h"
#include "load/load_command.h"
#include "load/load_udp_measure.h"
#include "report/report_job.h"

static int fail_unreachable(const struct load_udp_measure *measure)
{
	uint16_t number = 0;

	while (number + 1 < measure->client_count &&
	       load_udp_client_phase(&measure->clients[number]) != LOAD_UDP_UNREACHABLE)
		number++;
	return load_command_fail_unreachable(measure->settings, measure->clients[number].port,
					     &measure->clients[number].service->target[0]);
}

static int run_and_report(struct quern_engine *engine, struct report_output *output, void *app)
{
	struct load_udp_measure *measure = app;
	char error[QUERN_ERROR_TEXT] = "";
	int rc;

	measure->hlog = &output->hlog;
	rc = load_udp_measure_run(measure, engine, error);
	if (rc != 0)
		return cli_fail(cli_exit_of(rc), "%s", error);
	if (measure->is_unreachable)
		return fail_unreachable(measure);
	return report_job_exit(output, load_udp_measure_report(measure, engine, output));
}

int load_udp_command(struct cli_settings *settings)
{
	static struct quern_engine_config config;
	static struct load_udp_measure measure;
	struct cli_cores usable;
	struct cli_nodes nodes;
	const struct report_job job = {
		.settings = settings, .app = &measure, .announce = load_command_announce, .run = run_and_report};
	struct cli_workers workers;
	char error[CLI_ERROR_TEXT];
	int code;

	cli_place_usable(&usable);
	cli_engine_nodes(settings, &usable, &nodes);
	if (cli_place_ports(settings, &usable, &nodes, &workers, error) != 0)
		return cli_fail(CLI_EXIT_USAGE, "%s", error);
	cli_engine_draw_seed(settings);
	cli_engine_fill(&config, settings);
	if (load_udp_measure_open(&measure, settings) != 0)
		return cli_fail(CLI_EXIT_MACHINE, "not enough memory for the histograms");
	for (uint16_t i = 0; i < workers.count; i++) {
		struct quern_shard_config *shard = cli_engine_add_shard(&config, settings, &workers, i, "client");
		struct load_udp_client *client = &measure.clients[i];

		if (load_udp_client_open(client, settings, &workers, i, &measure.order) != 0) {
			load_udp_measure_close(&measure);
			return cli_fail(CLI_EXIT_MACHINE, "not enough memory to account for all datagrams; lower --pps "
							  "or --flows");
		}
		measure.shards[measure.client_count++] = (struct report_shard){"client", {&measure.no_connections}, 1};
		shard->on_start = load_udp_client_start;
		shard->on_turn = load_udp_client_turn;
		shard->app = client;
	}
	code = report_job_run(&job, &config);
	load_udp_measure_close(&measure);
	return code;
}
