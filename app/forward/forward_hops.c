/* forward_hops.c - one target at a time is asked for, now and then. */
#include "forward/forward_hops.h"

#define EACH_NS (10 * CLI_NS_PER_MS)

void forward_hops_init(struct forward_hops *hops, const struct cli_settings *settings, uint16_t port)
{
	*hops = (struct forward_hops){.settings = settings, .port = port};
}

static void go_on(struct forward_hops *hops)
{
	const struct cli_forward *forward = &hops->settings->forward;

	if (++hops->target < forward->rules[hops->rule].target_count)
		return;
	hops->target = 0;
	if (++hops->rule == forward->rule_count)
		hops->rule = 0;
}

/* What it costs is no work of forwarding: the turn counts as idle. */
bool forward_hops_turn(struct quern_shard *shard, void *app)
{
	struct forward_hops *hops = app;
	const struct quern_endpoint *to = &hops->settings->forward.rules[hops->rule].targets[hops->target].to;

	if (quern_now(shard) < hops->next_ns)
		return false;
	hops->next_ns = quern_now(shard) + EACH_NS;
	if (cli_port_towards(hops->settings, cli_address_of(to)) == hops->port)
		quern_reachable(shard, to);
	go_on(hops);
	return false;
}
