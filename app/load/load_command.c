/* load_command.c - clients on each port, towards one target. */
#include "load/load_command.h"

#include <stdlib.h>

#include "cli/cli_engine.h"
#include "cli/cli_exit.h"
#include "cli/cli_place.h"
#include "cli/cli_signal.h"
#include "cli/cli_target.h"
#include "load/load_order.h"
#include "load/load_result.h"
#include "report/report_format.h"
#include "report/report_job.h"

/* Whose MAC address must be known. */
static struct quern_ip6 next_hop(const struct cli_settings *settings, uint16_t port, struct quern_ip6 target)
{
	const struct cli_net *net = &settings->ports[port].nets[cli_address_version(target)];

	return net->has_gateway && !cli_net_reaches(net, target) ? net->gateway : target;
}

int load_command_fail_unreachable(const struct cli_settings *settings, uint16_t port, const struct quern_endpoint *at)
{
	struct quern_ip6 target = cli_address_of(at);
	char target_text[QUERN_IP6_TEXT], hop_text[QUERN_IP6_TEXT], wait[REPORT_NUMBER_TEXT];

	return cli_fail(CLI_EXIT_FAILED,
			"target %s: no %s answer for %s within %s on port %s; is the other end up and on this network "
			"(--ip, --gateway, --vlan)?",
			cli_address_text(target, target_text), cli_address_version(target) == CLI_IP4 ? "ARP" : "ND",
			cli_address_text(next_hop(settings, port, target), hop_text),
			report_format_span(settings->wait_link_ns, wait), settings->ports[port].device);
}

static int fail_unreachable(const struct load_measure *measure)
{
	uint16_t number = 0;

	while (number + 1 < measure->client_count && load_client_phase(&measure->clients[number]) != LOAD_UNREACHABLE)
		number++;
	return load_command_fail_unreachable(
		measure->settings, measure->clients[number].port,
		&measure->clients[number].service->target[measure->clients[number].unreachable]);
}

/* Runs the opened engine and turns what happened into an exit code. */
static int run_and_report(struct quern_engine *engine, struct report_output *output, void *app)
{
	struct load_measure *measure = app;
	char error[QUERN_ERROR_TEXT] = "";
	int rc;

	measure->hlog = &output->hlog;
	rc = load_measure_run(measure, engine, error);
	if (rc != 0)
		return cli_fail(cli_exit_of(rc), "%s", error);
	if (measure->is_unreachable)
		return fail_unreachable(measure);
	return report_job_exit(output, load_result_report(measure, engine, output));
}

int load_command_run(struct load_measure *measure, const struct quern_engine_config *config,
		     void (*announce)(FILE *out, const struct cli_settings *settings, const struct quern_engine *engine,
				      void *app))
{
	const struct report_job job = {.settings = measure->settings,
				       .app = measure,
				       .announce = announce,
				       .run = run_and_report,
				       .metrics = {.setups = load_told_setups, .app = &measure->told}};

	return report_job_run(&job, config);
}

void load_command_announce(FILE *out, const struct cli_settings *settings, const struct quern_engine *engine, void *app)
{
	struct quern_machine machine;
	char target[CLI_TARGET_TEXT];

	(void)app;
	quern_engine_machine(engine, &machine);
	fputs("quern load", out);
	for (uint16_t i = 0; i < settings->service_count; i++)
		fprintf(out, " %s", cli_format_target(settings, &settings->service[i], target));
	fputs(" · ports", out);
	for (uint16_t i = 0; i < settings->port_count; i++)
		fprintf(out, " %s", settings->ports[i].device);
	fprintf(out, " · %s pages\n", machine.pages);
}

int load_command_add_clients(struct load_measure *measure, struct quern_shard_config *shard,
			     const struct cli_workers *workers, uint16_t number, uint16_t count)
{
	const struct cli_settings *settings = measure->settings;
	struct load_client *first = &measure->clients[measure->client_count];
	struct report_shard *reported = &measure->shards[measure->shard_count++];

	*reported = (struct report_shard){.role = "client"};
	for (uint16_t i = 0; i < settings->service_count; i++) {
		int rc = load_client_open(&first[i], settings, &settings->service[i], workers, number, count,
					  &measure->orders);

		if (rc != 0)
			return rc;
		measure->client_count++;
		reported->tallies[reported->tally_count++] = first[i].tally;
	}
	shard->on_start = settings->service_count > 1 ? load_client_start_all : load_client_start;
	shard->on_turn = settings->service_count > 1 ? load_client_turn_all : load_client_turn;
	shard->app = first;
	return 0;
}

int load_command(struct cli_settings *settings)
{
	static struct quern_engine_config config;
	static struct load_measure measure;
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
	config.on_order = load_order;
	config.order_app = &measure;
	if (load_measure_open(&measure, settings) != 0)
		return cli_fail(CLI_EXIT_MACHINE, "not enough memory for the histograms");
	for (uint16_t i = 0; i < workers.count; i++) {
		struct quern_shard_config *shard = cli_engine_add_shard(&config, settings, &workers, i, "client");

		if (load_command_add_clients(&measure, shard, &workers, i, workers.count) == 0)
			continue;
		load_measure_close(&measure);
		return cli_fail(CLI_EXIT_MACHINE, "not enough memory for %u connections; lower --max-connections",
				settings->max_connections);
	}
	code = load_command_run(&measure, &config, load_command_announce);
	load_measure_close(&measure);
	return code;
}
