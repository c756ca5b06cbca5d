/* shard_forward_recent.c - what is remembered of a flow, from its session and back. */
#include "shard/shard_forward_recent.h"

/* Where a shard remembers the flow with this key of a session; null where it does not. */
static struct shard_recent *find(const struct shard_forward *forward, const struct quern_shard *shard,
				 const struct udp_session *session, const struct flow_key *key)
{
	struct shard_recent *flow = shard_recent_find(shard, wire_glance_ends_from(key));

	return flow && flow->session == udp_session_index(&forward->pool, session) ? flow : NULL;
}

static void forget(const struct shard_forward *forward, const struct quern_shard *shard,
		   const struct udp_session *session, const struct flow_key *key)
{
	struct shard_recent *flow = find(forward, shard, session, key);

	if (!flow)
		return;
	shard_recent_note(forward, flow);
	flow->tally = NULL;
	flow->came_ports = 0;
	flow->came_addresses = 0;
}

void shard_session_forget(const struct shard_forward *forward, const struct udp_session *session)
{
	forget(forward, forward->shards[session->inner_shard], session, &session->inner);
	forget(forward, forward->shards[session->outer_shard], session, &session->outer);
}

void shard_session_recall(const struct shard_forward *forward, const struct udp_session *session)
{
	struct shard_recent *inner, *outer;

	inner = find(forward, forward->shards[session->inner_shard], session, &session->inner);
	outer = find(forward, forward->shards[session->outer_shard], session, &session->outer);
	if (inner)
		shard_recent_note(forward, inner);
	if (outer)
		shard_recent_note(forward, outer);
	/* No flow's time is ever so old that it looks like one to come. */
	if (inner)
		inner->heard_ms = session->heard_ms;
	if (outer)
		outer->heard_ms = session->heard_ms;
}

void shard_session_came_from(const struct shard_forward *forward, struct udp_session *session, const uint8_t mac[6])
{
	if (memcmp(session->client_mac, mac, sizeof(session->client_mac)) == 0)
		return;
	memcpy(session->client_mac, mac, sizeof(session->client_mac));
	shard_session_forget(forward, session);
}

bool shard_recent_renew(const struct quern_shard *shard, struct shard_recent *flow, const uint8_t *frame)
{
	const struct shard_forward *forward = shard->forward;
	const struct udp_session *session = udp_session_at(&forward->pool, flow->session);
	const struct shard_way *way = shard_session_way(forward, session);
	uint64_t from = shard_recent_from(frame, shard_recent_time(shard));

	if ((flow->from ^ from) << 16 != 0 || !wire_glance_is_ipv4(frame))
		return false;
	if (!shard_recent_is_outer(flow->to)) {
		if (!shard_way_is_fresh(way, shard->now_ms))
			return false;
		flow->to = shard_recent_to(way->link.header, session->outer_shard, false);
	}
	flow->from = from;
	return true;
}
