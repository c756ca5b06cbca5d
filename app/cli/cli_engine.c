/* cli_engine.c - from settings to the engine's configuration. */
#include "cli/cli_engine.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include <quern/stall.h>

#include "cli/cli_capture.h"
#include "cli/cli_exit.h"
#include "cli/cli_haste.h"
#include "cli/cli_order.h"
#include "cli/cli_signal.h"

/* JSON readers keep 53 bits of a number. */
#define SEED_MASK ((UINT64_C(1) << 53) - 1)

/* On a terminal the line of progress is wiped first; it comes again. */
static void warn_of_stall(struct quern_engine *engine, const struct quern_stall *stall, void *app)
{
	char text[QUERN_STALL_TEXT];

	(void)app;
	fprintf(stderr, "%swarning: %s\n", isatty(STDERR_FILENO) ? "\r\033[K" : "",
		quern_stall_text(engine, stall, text));
}

/* Of a version that the port does not speak all stays zero. */
static void fill_addresses(struct quern_port_config *config, const struct cli_port *port)
{
	const struct cli_net *ip4 = &port->nets[CLI_IP4], *ip6 = &port->nets[CLI_IP6];

	if (ip4->is_spoken) {
		config->addresses = cli_block_to_range(ip4->addresses);
		config->prefix_length = (uint8_t)(ip4->prefix_length - CLI_IP4_BITS);
		config->gateway = ip4->has_gateway ? cli_address_to_ip4(ip4->gateway) : 0;
	}
	if (ip6->is_spoken)
		config->ip6 = (struct quern_port_ip6){.first = ip6->addresses.first,
						      .last = ip6->addresses.last,
						      .gateway = ip6->gateway,
						      .prefix_length = ip6->prefix_length};
}

struct quern_forward_config cli_engine_forward(const struct cli_settings *settings)
{
	return (struct quern_forward_config){.rules = settings->forward.rules,
					     .rule_count = settings->forward.rule_count,
					     .max_sessions = settings->forward.max_sessions};
}

void cli_engine_fill(struct quern_engine_config *config, const struct cli_settings *settings)
{
	*config = (struct quern_engine_config){
		.port_count = settings->port_count,
		.memory = settings->memory,
		.seed = settings->seed,
		.wait_link_ms = (int)(settings->wait_link_ns / CLI_NS_PER_MS),
		.eal_arguments = settings->eal_arguments,
		.verbose = settings->verbose,
		.on_stall = warn_of_stall,
		.on_eal = cli_haste_on_eal,
		.gives_up = cli_signal_came,
		.on_order = cli_order,
		.capture = cli_capture_config(settings),
		.forward = cli_engine_forward(settings),
	};
	for (uint16_t i = 0; i < settings->port_count; i++) {
		const struct cli_port *port = &settings->ports[i];

		config->ports[i] = (struct quern_port_config){
			.device = port->device,
			.mtu = port->mtu,
			.vlan = port->vlan,
		};
		fill_addresses(&config->ports[i], port);
		memcpy(config->ports[i].impair, port->impair, sizeof(port->impair));
	}
}

void cli_engine_nodes(const struct cli_settings *settings, const struct cli_cores *usable, struct cli_nodes *nodes)
{
	for (uint16_t i = 0; i < usable->count; i++)
		nodes->core[i] = quern_core_node(usable->cpu[i]);
	for (uint16_t i = 0; i < settings->port_count; i++)
		nodes->port[i] = quern_device_node(settings->ports[i].device);
}

struct quern_shard_config *cli_engine_add_shard(struct quern_engine_config *config, const struct cli_settings *settings,
						const struct cli_workers *workers, uint16_t number, const char *role)
{
	const struct cli_worker *worker = &workers->at[number];
	struct quern_shard_config *shard = &config->shards[config->shard_count++];

	*shard = (struct quern_shard_config){
		.port = worker->port,
		.core = worker->core,
		.lane = worker->lane,
		.role = role,
		.max_connections = cli_workers_share(workers, worker->port, settings->max_connections),
		.max_time_wait = cli_workers_share(workers, worker->port, settings->max_time_wait),
		.time_wait_ms = (uint32_t)(settings->time_wait_ns / CLI_NS_PER_MS),
	};
	return shard;
}

void cli_engine_warn_of_placement(const struct quern_engine *engine)
{
	char text[4096];

	if (quern_engine_placement(engine, text, sizeof(text)))
		fprintf(stderr, "warning: memory is remote; choose cores with --cores\n%s", text);
}

void cli_engine_draw_seed(struct cli_settings *settings)
{
	while (settings->seed == 0) {
		if (getrandom(&settings->seed, sizeof(settings->seed), 0) != sizeof(settings->seed))
			settings->seed = 1;
		settings->seed &= SEED_MASK;
	}
}

int cli_engine_finish_capture(const struct cli_settings *settings, const struct quern_engine *engine, int code)
{
	struct quern_capture_report report;

	if (!quern_engine_captured(engine, &report) || report.code == 0)
		return code;
	return cli_fail(CLI_EXIT_FAILED, "--pcap %s: %s; it holds the first %llu frames, whole", settings->pcap,
			strerror(-report.code), (unsigned long long)report.frames);
}
