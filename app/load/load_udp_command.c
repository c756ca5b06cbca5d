/* load_udp_command.c - clients of datagrams on each port, towards one target. */
#include "load/load_udp_command.h"

#include <string.h>

#include "cli/cli_engine.h"
#include "cli/cli_exit.h"
#include "cli/cli_signal.h"
#include "load/load_command.h"
#include "load/load_udp_measure.h"

static int fail_unreachable(const struct load_udp_measure *measure)
{
	uint16_t number = 0;

	while (number + 1 < measure->client_count &&
	       load_udp_client_phase(&measure->clients[number]) != LOAD_UDP_UNREACHABLE)
		number++;
	return load_command_fail_unreachable(measure->settings, measure->clients[number].port);
}

static int run_and_report(struct load_udp_measure *measure, struct quern_engine *engine, struct report_output *output)
{
	char error[QUERN_ERROR_TEXT] = "";
	int rc = load_udp_measure_run(measure, engine, error), code;

	if (rc != 0)
		return cli_fail(cli_exit_of(rc), "%s", error);
	if (measure->is_unreachable)
		return fail_unreachable(measure);
	code = load_udp_measure_report(measure, engine, output);
	if (code < 0)
		return report_output_fail(output, code);
	if (cli_signal_count() > 0)
		return CLI_EXIT_SIGNAL + cli_signal_first();
	return code == 0 ? CLI_EXIT_DONE : CLI_EXIT_FAILED;
}

static int open_and_run(struct load_udp_measure *measure, const struct quern_engine_config *config)
{
	char error[QUERN_ERROR_TEXT] = "";
	struct quern_engine *engine;
	struct report_output output;
	int rc = report_output_open(&output, measure->settings), code;

	if (rc != 0)
		return cli_fail(CLI_EXIT_USAGE, "--json %s: %s", measure->settings->json, strerror(-rc));
	rc = quern_engine_open(config, &engine, error);
	if (rc != 0) {
		report_output_close(&output);
		return cli_fail(cli_exit_of(rc), "%s", error);
	}
	load_command_announce(output.text, measure->settings, engine);
	fflush(output.text);
	code = run_and_report(measure, engine, &output);
	code = cli_engine_finish_capture(measure->settings, engine, code);
	report_output_close(&output);
	quern_engine_close(engine);
	return code;
}

int load_udp_command(struct cli_settings *settings)
{
	static struct quern_engine_config config;
	static struct load_udp_measure measure;
	struct cli_cores usable;
	struct cli_nodes nodes;
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
		measure.shards[measure.client_count++] = (struct report_shard){"client", &measure.no_connections};
		shard->on_start = load_udp_client_start;
		shard->on_turn = load_udp_client_turn;
		shard->app = client;
	}
	code = open_and_run(&measure, &config);
	load_udp_measure_close(&measure);
	return code;
}
