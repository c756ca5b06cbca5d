/* shard_forward_recent.h - flows whose datagrams came lately, found without hash and table: by the ends in their
 * frames, of which a shard remembers one flow at each of some places, with all that its next datagram asks for. A flow
 * whose place another one has taken is looked for in the table. Who makes flows share a place makes them as slow as
 * they would be without it, and no slower. */
#ifndef SHARD_SHARD_FORWARD_RECENT_H
#define SHARD_SHARD_FORWARD_RECENT_H

#include "shard/shard_forward_parts.h"
#include "wire/wire_glance.h"

enum {
	SHARD_RECENT_MS = 64, /* for which a next hop is good that was looked at */
	SHARD_RECENT_SET = 2, /* flows that share a place */
	SHARD_RECENT_BITS = 11,
	SHARD_RECENT = SHARD_RECENT_SET << SHARD_RECENT_BITS /* flows that are remembered: 256 KiB */
};

/* What a flow's next datagram asks for, while nothing changes: one line, and no other of the session. */
struct shard_recent {
	uint64_t came_addresses, goes_addresses; /* its ends, as they lie in a frame: before, and after */
	uint64_t from;                           /* shard_recent_from() of its last datagram */
	uint64_t to;                             /* shard_recent_to() */
	struct shard_tally *tally;               /* of its target; null: the flow of nobody */
	uint32_t came_ports, goes_ports;
	uint32_t heard_ms; /* its last datagram */
	uint32_t session : 31;
	uint32_t is_heard : 1;    /* its datagrams keep the session */
	uint16_t ip_sum, udp_sum; /* wire_glance_sums() */
};
static_assert(sizeof(struct shard_recent) == 64, "one cache line");

/* Where its datagrams go, in one word: the next hop's MAC, as wire_glance_mac() has it; the shard by which they leave;
 * and whether they are a target's, to a client. */
static inline uint64_t shard_recent_to(const uint8_t mac[6], uint8_t out, bool is_outer)
{
	return wire_glance_mac(mac) | (uint64_t)out << 48 | (uint64_t)is_outer << 56;
}

static inline uint8_t shard_recent_out(uint64_t to)
{
	return (uint8_t)(to >> 48);
}

static inline bool shard_recent_is_outer(uint64_t to)
{
	return to >> 56;
}

/* The first of the set that flows with these ends share. */
static inline struct shard_recent *shard_recent_set(const struct quern_shard *shard, struct wire_glance_ends came)
{
	uint64_t hash = (came.addresses ^ came.ports) * UINT64_C(0x9e3779b97f4a7c15);

	return &shard->recent[(hash >> (64 - SHARD_RECENT_BITS)) * SHARD_RECENT_SET];
}

/* Whether it is the flow of a datagram with these ends. */
static inline bool shard_recent_is(const struct shard_recent *recent, struct wire_glance_ends came)
{
	return recent->came_addresses == came.addresses && recent->came_ports == came.ports;
}

static_assert(SHARD_RECENT_SET == 2, "one and the other");

/* The flow of a datagram with these ends; null where it is not remembered. */
static inline struct shard_recent *shard_recent_find(const struct quern_shard *shard, struct wire_glance_ends came)
{
	struct shard_recent *flow = shard_recent_set(shard, came);

	if (!shard_recent_is(flow, came) && !shard_recent_is(++flow, came))
		return NULL;
	return flow->tally ? flow : NULL;
}

/* The time in which a next hop that was looked at stays good: in the place of the type in the word that says where a
 * datagram of Ethernet comes from, so that both are one comparison. It comes again after an hour, of flows that were
 * not heard for as long. */
static inline uint64_t shard_recent_time(const struct quern_shard *shard)
{
	return (uint64_t)((shard->now_ms / SHARD_RECENT_MS ^ 0x0008) & UINT16_MAX) << 48;
}

/* Where a frame comes from, and when. */
static inline uint64_t shard_recent_from(const uint8_t *frame, uint64_t time)
{
	return wire_glance_from(frame) ^ time;
}

/* A datagram of a flow is not from where the last one was, or in that time. True where it is the time alone, and the
 * next hop is still known: the flow is of this time. */
bool shard_recent_renew(const struct quern_shard *shard, struct shard_recent *flow, const uint8_t *frame);

/* Whether a datagram of the flow came from where the last one did, and its next hop is still good. */
static inline bool shard_recent_is_good(const struct quern_shard *shard, struct shard_recent *flow,
					const uint8_t *frame, uint64_t time)
{
	return likely(flow->from == shard_recent_from(frame, time)) || shard_recent_renew(shard, flow, frame);
}

static __rte_always_inline void shard_recent_learn_inner(const struct shard_forward *forward,
							 struct udp_session *session, const uint8_t *frame,
							 struct shard_way *way, struct shard_recent *flow)
{
	const struct wire_udp_sums sums = wire_glance_sums((struct wire_udp_sums){session->ip_sum, session->udp_sum});

	if (unlikely(memcmp(session->client_mac, frame + 6, sizeof(session->client_mac)) != 0))
		shard_session_came_from(forward, session, frame + 6);
	flow->goes_addresses = wire_glance_ends_to(&session->outer).addresses;
	flow->goes_ports = wire_glance_ends_to(&session->outer).ports;
	flow->tally = &way->forwarded;
	flow->ip_sum = sums.ip;
	flow->udp_sum = sums.udp;
	flow->to = shard_recent_to(way->link.header, session->outer_shard, false);
	flow->is_heard = true;
}

static __rte_always_inline void shard_recent_learn_outer(const struct udp_session *session, struct shard_way *way,
							 struct shard_recent *flow)
{
	const struct wire_udp_sums sums =
		wire_glance_sums(wire_udp_sums_back((struct wire_udp_sums){session->ip_sum, session->udp_sum}));

	flow->goes_addresses = wire_glance_ends_to(&session->inner).addresses;
	flow->goes_ports = wire_glance_ends_to(&session->inner).ports;
	flow->tally = &way->returned;
	flow->ip_sum = sums.ip;
	flow->udp_sum = sums.udp;
	flow->to = shard_recent_to(session->client_mac, session->inner_shard, true);
	flow->is_heard = (session->flags & UDP_SESSION_ANSWERS) != 0;
}

/* The flow of a session that has this reference in the table, as its datagram in `frame` shows it. False where it needs
 * more than other ends and another link header. */
static __rte_always_inline bool shard_recent_learn(const struct quern_shard *shard, uint32_t ref, const uint8_t *frame,
						   struct shard_recent *flow)
{
	const struct shard_forward *forward = shard->forward;
	struct udp_session *session = udp_session_at(&forward->pool, table_ref_index(ref));
	struct shard_way *way = shard_session_way(forward, session);
	const struct wire_glance_ends came = wire_glance_ends(frame);
	bool is_inner = table_ref_kind(ref) == TABLE_UDP_INNER;

	if (session->flags & UDP_SESSION_SLOW)
		return false;
	if (is_inner ? session->next_copy || !shard_way_is_fresh(way, shard->now_ms)
		     : session->next_copy && session->flags & UDP_SESSION_ANSWERS)
		return false;
	if (is_inner)
		shard_recent_learn_inner(forward, session, frame, way, flow);
	else
		shard_recent_learn_outer(session, way, flow);
	flow->came_addresses = came.addresses;
	flow->came_ports = came.ports;
	flow->from = shard_recent_from(frame, shard_recent_time(shard));
	flow->heard_ms = shard->now_ms;
	flow->session = table_ref_index(ref) & INT32_MAX;
	return true;
}

/* A datagram of a flow that is not remembered has gone on. */
static inline void shard_recent_note(const struct shard_forward *forward, const struct shard_recent *flow)
{
	struct udp_session *session = udp_session_at(&forward->pool, flow->session);

	if (flow->is_heard && seq_before(session->heard_ms, flow->heard_ms))
		udp_session_heard(session, flow->heard_ms);
}

/* Remembers a flow, where nobody is or in the place of the one of its set that was heard longer ago. */
static inline void shard_recent_add(struct quern_shard *shard, const struct shard_recent *flow)
{
	const struct wire_glance_ends came = {flow->came_addresses, flow->came_ports};
	struct shard_recent *set = shard_recent_set(shard, came), *place = shard_recent_find(shard, came);

	if (!place)
		place = !set[0].tally ? &set[0] : &set[!set[1].tally || seq_before(set[1].heard_ms, set[0].heard_ms)];
	if (place->tally)
		shard_recent_note(shard->forward, place);
	*place = *flow;
}

#endif
