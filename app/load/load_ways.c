/* load_ways.c - routes from a client's sources to its targets. */
#include "load/load_ways.h"

#include <errno.h>

#include "cli/cli_tcp.h"

int load_ways_open(struct load_ways *ways, const struct cli_service *service)
{
	*ways = (struct load_ways){.to = {{.count = 0}}};
	return load_turns_open(&ways->turns, service->weight, service->target_count);
}

void load_ways_close(struct load_ways *ways)
{
	load_turns_close(&ways->turns);
}

/* All of a source is the port's, and of the target's version. */
static bool leads_to(const struct cli_port *port, const struct quern_range *source, enum cli_version version)
{
	struct cli_block block = cli_block_from_range(source);
	const struct cli_net *net = &port->nets[version];

	return cli_address_version(block.first) == version && net->is_spoken &&
	       cli_block_holds(&net->addresses, block.first) && cli_block_holds(&net->addresses, block.last);
}

int load_ways_start(struct load_ways *ways, struct quern_shard *shard, const struct cli_settings *settings,
		    const struct cli_service *service, uint16_t port, const struct quern_events *events, void *app)
{
	struct quern_tcp_options options = cli_tcp_options(settings);

	for (uint16_t i = 0; i < service->target_count; i++) {
		enum cli_version version = cli_address_version(cli_address_of(&service->target[i]));
		struct load_way *way = &ways->to[i];

		for (uint16_t j = 0; j < service->source_count; j++) {
			struct quern_source source = {.addresses = service->source[j]};
			int rc;

			if (!leads_to(&settings->ports[port], &service->source[j], version))
				continue;
			rc = quern_route_add(shard, &source, &service->target[i], &options, events, app,
					     &way->routes[way->count]);
			if (rc != 0)
				return rc;
			way->count++;
		}
		if (way->count == 0)
			return -EADDRNOTAVAIL;
	}
	return 0;
}
