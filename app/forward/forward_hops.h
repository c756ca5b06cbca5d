/* forward_hops.h - MAC addresses of the ways to targets, asked for before their first datagrams come and kept known. */
#ifndef FORWARD_FORWARD_HOPS_H
#define FORWARD_FORWARD_HOPS_H

#include <quern/calls.h>

#include "cli/cli_settings.h"
#include "forward/forward_reload.h"

/* The targets that a shard's port leads to, gone through one after the other. */
struct forward_hops {
	const struct cli_settings *settings;
	const struct forward_reload *reload; /* has the rules that are in use */
	uint16_t port;
	uint16_t rule, target; /* the next one to ask for */
	uint64_t next_ns;
};

/* Begins with the first target. */
void forward_hops_init(struct forward_hops *hops, const struct cli_settings *settings,
		       const struct forward_reload *reload, uint16_t port);

/* on_turn of the shard; `app` is the hops. */
bool forward_hops_turn(struct quern_shard *shard, void *app);

#endif
