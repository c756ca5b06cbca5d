/* load_ways.h - a client's ways to its targets: a route for each of its sources, of the target's version of IP. */
#ifndef LOAD_WAYS_H
#define LOAD_WAYS_H

#include <quern/calls.h>

#include "load/load_turns.h"

/* To one target. Its sources take turns. */
struct load_way {
	uint8_t routes[CLI_MAX_ADDRESSES];
	uint8_t count;
	uint8_t next;
};

struct load_ways {
	struct load_turns turns; /* of the targets */
	struct load_way to[CLI_MAX_TARGETS];
};

/* Reserves what the targets' weights need. 0 or -ENOMEM. */
int load_ways_open(struct load_ways *ways, const struct cli_service *service);
void load_ways_close(struct load_ways *ways);

/* Prepares the routes from the sources of a service that are on a port; `app` is that of their connections. 0, an error
 * of quern_route_add(), or -EADDRNOTAVAIL where a target has none. */
int load_ways_start(struct load_ways *ways, struct quern_shard *shard, const struct cli_settings *settings,
		    const struct cli_service *service, uint16_t port, const struct quern_events *events, void *app);

/* The route of the next connection, and the number of its target. */
static inline uint8_t load_ways_take(struct load_ways *ways, uint8_t *target)
{
	struct load_way *way;
	uint8_t route;

	*target = load_turns_take(&ways->turns);
	way = &ways->to[*target];
	route = way->routes[way->next];
	if (++way->next == way->count)
		way->next = 0;
	return route;
}

#endif
