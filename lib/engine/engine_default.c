/* engine_default.c - the configuration that a small program begins with. */
#include "engine/engine_parts.h"

#include <errno.h>
#include <string.h>

enum { LINK_WAIT_MS = 5000 };

static uint16_t last_core(void)
{
	uint16_t last = 0;
	cpu_set_t cores;

	if (sched_getaffinity(0, sizeof(cores), &cores) != 0)
		return 0;
	for (uint16_t core = 0; core < CPU_SETSIZE; core++) {
		if (CPU_ISSET(core, &cores))
			last = core;
	}
	return last;
}

int quern_engine_default(struct quern_engine_config *config, const char *device, const char *address)
{
	struct quern_prefix ip;
	int code = quern_parse_prefix(address, &ip);

	if (code != 0)
		return code;
	memset(config, 0, sizeof(*config));
	config->port_count = 1;
	config->ports[0].device = device;
	if (quern_ip6_is_set(&ip.ip6)) {
		config->ports[0].ip6 =
			(struct quern_port_ip6){.first = ip.ip6, .last = ip.ip6, .prefix_length = ip.length};
	} else {
		config->ports[0].addresses = (struct quern_range){.first = ip.address, .last = ip.address};
		config->ports[0].prefix_length = ip.length;
	}
	config->shard_count = 1;
	config->shards[0] = (struct quern_shard_config){.core = last_core()};
	config->wait_link_ms = LINK_WAIT_MS;
	return 0;
}
