/* forward_hops.c - one target at a time is asked for, now and then. */
#include "forward/forward_hops.h"

#define EACH_NS (10 * CLI_NS_PER_MS)

void forward_hops_init(struct forward_hops *hops, const struct cli_settings *settings,
		       const struct forward_reload *reload, uint16_t port)
{
	*hops = (struct forward_hops){.settings = settings, .reload = reload, .port = port};
}

/* The next target. The rules may be others than at the last turn. */
static const struct quern_endpoint *next(struct forward_hops *hops, const struct cli_forward *forward)
{
	if (hops->rule >= forward->rule_count || hops->target >= forward->rules[hops->rule].target_count) {
		hops->target = 0;
		hops->rule = (uint16_t)(hops->rule + 1) < forward->rule_count ? (uint16_t)(hops->rule + 1) : 0;
	}
	return &forward->rules[hops->rule].targets[hops->target++].to;
}

/* What it costs is no work of forwarding: the turn counts as idle. */
bool forward_hops_turn(struct quern_shard *shard, void *app)
{
	struct forward_hops *hops = app;
	const struct quern_endpoint *to;

	if (quern_now(shard) < hops->next_ns)
		return false;
	hops->next_ns = quern_now(shard) + EACH_NS;
	to = next(hops, forward_reload_rules(hops->reload));
	if (cli_port_towards(hops->settings, cli_address_of(to)) == hops->port)
		quern_reachable(shard, to);
	return false;
}
