/* sim_end.c - ends of connections, and whether they have a cause. */
#include "sim/sim_app.h"
#include "sim/sim_world.h"

enum { LEAST_PATIENCE_MS = 2400, PATIENCE_MS = 70000 };

/* Both FINs have come, and its application has let go of a connection that waited for no more than to be read. */
static bool was_left_unread(const struct sim_end *end)
{
	return sim_app_lingers(end) && (end->has_closed || end->has_aborted);
}

/* An orderly end: both FINs have come, with all that was before them. */
static void check_orderly(struct sim_world *world, const struct sim_end *end)
{
	const struct sim_end *peer = sim_app_end(world, end->peer);

	if (!end->peer || end->is_ghost)
		return;
	if (!end->has_shut || !peer->has_shut)
		sim_fail(world, SIM_RULE_ENDS, "host %u: an orderly end, but %s has not closed", end->host,
			 end->has_shut ? "its peer" : "it");
	else if (end->received != peer->sent && !was_left_unread(end))
		sim_fail(world, SIM_RULE_ENDS, "host %u: an orderly end after %u of %u bytes", end->host, end->received,
			 peer->sent);
	else if (peer->has_ended && peer->how == QUERN_END_CLOSED && peer->received != end->sent &&
		 !was_left_unread(peer))
		sim_fail(world, SIM_RULE_ENDS, "host %u: an orderly end of both, but its peer has %u of %u bytes",
			 end->host, peer->received, end->sent);
}

/* Whoever resets a connection has ended it, and not in order; or it is over there, and out of TIME-WAIT. */
static bool may_be_reset(const struct sim_world *world, const struct sim_end *end)
{
	const struct sim_end *peer = sim_app_end(world, end->peer);
	struct sim_tuple theirs = sim_wire_back(&end->tuple);

	if (end->peer == 0 || end->is_ghost || sim_app_lingers(peer))
		return true;
	/* Where no record is, what overtakes the ACK of a cookie is an ACK of nobody's. */
	if (shard_counters(world->hosts[peer->host].shard)->cookies_sent > 0)
		return true;
	return peer->has_ended && (peer->how != QUERN_END_CLOSED || !sim_host_rests(world, &theirs));
}

/* Long after the last fault, with a peer that is there; but where flights are few, or queues have all buffers that they
 * may, those of two hosts may all hold text that waits for one of the other's, until somebody gives up. */
static bool must_progress(const struct sim_world *world, const struct sim_end *end)
{
	for (uint8_t number = 0; number < world->plan->hosts; number++)
		if (world->plan->makes[number].max_flights != 0 || world->hosts[number].was_shut)
			return false;
	return world->is_healed && end->peer && !sim_app_end(world, end->peer)->has_ended &&
	       world->now_ns - world->plan->end_ns > PATIENCE_MS * SIM_NS_PER_MS;
}

/* Another end has a cause that others can see. */
static void check_cause(struct sim_world *world, const struct sim_end *end, enum quern_end how)
{
	struct sim_tuple other = sim_wire_back(&end->tuple);
	const struct sim_flow *back = sim_wire_flow(world, &other);
	/* Twins may hear it some turns apart. */
	bool has_heard_reset =
		back && (back->resets_heard != end->resets_before ||
			 (back->resets_heard > 0 && (world->plan->has_twins || back->reset_turn == world->turns)));

	if ((how == QUERN_END_RESET || how == QUERN_END_REFUSED) && !has_heard_reset)
		sim_fail(world, SIM_RULE_ENDS, "host %u: the end is told as %s, and no RST has come", end->host,
			 quern_end_name(how));
	if (how == QUERN_END_RESET && !may_be_reset(world, end))
		sim_fail(world, SIM_RULE_ENDS, "host %u: reset, and its peer is alive, or has ended in order",
			 end->host);
	if ((how == QUERN_END_TIMEOUT || how == QUERN_END_USER_TIMEOUT) && must_progress(world, end))
		sim_fail(world, SIM_RULE_LIVENESS, "host %u: %s, long after the last fault, and its peer is there",
			 end->host, quern_end_name(how));
	if (how == QUERN_END_TIMEOUT && world->now_ns - end->since_ns < LEAST_PATIENCE_MS * SIM_NS_PER_MS)
		sim_fail(world, SIM_RULE_ENDS, "host %u: given up sooner than any timer says", end->host);
	if (how == QUERN_END_ABORTED && !end->has_aborted && !end->has_closed)
		sim_fail(world, SIM_RULE_ENDS, "host %u: aborted, and its application did not ask for it", end->host);
	if (how == QUERN_END_EVICTED)
		sim_fail(world, SIM_RULE_ENDS, "host %u: evicted", end->host);
}

void sim_end_check(struct sim_world *world, const struct sim_end *end, enum quern_end how)
{
	if (how == QUERN_END_CLOSED)
		check_orderly(world, end);
	else
		check_cause(world, end, how);
}
