/* cli_place.h - which core runs which end. */
#ifndef CLI_PLACE_H
#define CLI_PLACE_H

#include "cli/cli_settings.h"

/* A worker of a port: one shard. Those of one core and lane are one thread. */
struct cli_worker {
	uint16_t port;
	uint16_t core;
	uint16_t lane;
};

struct cli_workers {
	struct cli_worker at[QUERN_MAX_SHARDS];
	uint16_t count;
};

/* The cores that this process may use, lowest first. */
void cli_place_usable(struct cli_cores *usable);

/* Which NUMA nodes they, in their order, and the ports are on; -1 for none. */
struct cli_nodes {
	int core[CLI_MAX_CORES];
	int port[QUERN_MAX_PORTS];
};

/* bench: the workers of the client, on port 0, then those of the server. 0, or -EINVAL with one line in `error`. */
int cli_place_bench(const struct cli_settings *settings, const struct cli_cores *usable, struct cli_workers *workers,
		    char error[CLI_ERROR_TEXT]);

/* serve and load: a worker for each core that is named, and at least one for each port, in turn; with none named one
 * for each port, near to it as long as there are cores. 0, or -EINVAL with one line in `error`. */
int cli_place_ports(const struct cli_settings *settings, const struct cli_cores *usable, const struct cli_nodes *nodes,
		    struct cli_workers *workers, char error[CLI_ERROR_TEXT]);

/* forward: for each core that is named, or for one, a shard on every port: one thread, which forwards between them. 0,
 * or -EINVAL with one line in `error`. */
int cli_place_groups(const struct cli_settings *settings, const struct cli_cores *usable, const struct cli_nodes *nodes,
		     struct cli_workers *workers, char error[CLI_ERROR_TEXT]);

/* How many workers a port has. */
uint16_t cli_workers_on(const struct cli_workers *workers, uint16_t port);

/* What each of them may have of a limit that is given for the port. */
uint32_t cli_workers_share(const struct cli_workers *workers, uint16_t port, uint32_t limit);

#endif
