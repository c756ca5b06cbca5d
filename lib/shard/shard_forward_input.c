/* shard_forward_input.c - a datagram of a session, or by a rule: other ends, another link header, and out. */
#include "shard/shard_forward_check.h"
#include "shard/shard_fragments.h"
#include "shard/shard_group.h"
#include "shard/shard_icmp.h"

#include <string.h>

#include "wire/wire_error.h"

bool shard_forward_link(struct quern_shard *out, struct shard_way *way, const struct wire_link **link)
{
	if (!shard_way_is_fresh(way, out->now_ms)) {
		way->is_known =
			shard_group_link(out, &way->to, &way->link) ||
			(quern_ip6_is_set(&way->to.ip6) ? shard_nd_link(out, way->to.ip6, false, &way->link)
							: shard_neigh_link(out, way->to.address, false, &way->link));
		way->known_ms = out->now_ms;
	}
	*link = &way->link;
	return way->is_known;
}

/* And of the way back: to where the client's datagrams came from, as every answer goes (compare shard_send.c). */
static void link_to_client(const struct quern_shard *out, const struct udp_session *session, struct wire_link *link)
{
	shard_link_to(out, session->client_mac, flow_key_is_ip6(&session->inner), link);
}

/* Puts a link header before the packet of a frame, in place of the one that it came with. */
static bool put_link(struct rte_mbuf *mbuf, uint32_t came_bytes, const struct wire_link *link)
{
	if (link->bytes > came_bytes && !rte_pktmbuf_prepend(mbuf, (uint16_t)(link->bytes - came_bytes)))
		return false;
	if (link->bytes < came_bytes)
		rte_pktmbuf_adj(mbuf, (uint16_t)(came_bytes - link->bytes));
	memcpy(rte_pktmbuf_mtod(mbuf, uint8_t *), link->header, link->bytes);
	return true;
}

struct rte_mbuf *shard_forward_take(struct quern_shard *out, struct shard_frame *frame)
{
	struct rte_mbuf *mbuf = frame->mbuf, *copy;

	if (likely(shard_send_is_ours(mbuf))) {
		frame->mbuf = NULL;
		return mbuf;
	}
	copy = rte_pktmbuf_copy(mbuf, out->pool, 0, UINT32_MAX);
	if (!copy)
		shard_drop(out, QUERN_DROP_NO_MBUF);
	return copy;
}

void shard_forward_finish(struct quern_shard *out, struct rte_mbuf *mbuf, const struct packet *packet,
			  const struct wire_link *link)
{
	uint32_t bytes = (uint32_t)(packet->frame_bytes - packet->link_bytes);
	bool is_to_be_cut = bytes > out->config.mtu ||
			    (mbuf->ol_flags & SHARD_MAY_BE_CUT && packet->version == 6 && bytes > SHARD_CUT6_MTU);

	if (mbuf->nb_segs == 1)
		mbuf->data_len = packet->frame_bytes;
	mbuf->pkt_len = packet->frame_bytes;
	mbuf->ol_flags = 0;
	if (unlikely(is_to_be_cut)) {
		shard_forward_fragment(out, mbuf, packet->link_bytes, link);
		return;
	}
	if (!put_link(mbuf, packet->link_bytes, link)) {
		shard_drop(out, QUERN_DROP_NO_MBUF);
		rte_pktmbuf_free(mbuf);
		return;
	}
	shard_send_frame(out, mbuf);
}

void shard_forward_send(struct quern_shard *out, struct rte_mbuf *mbuf, const struct packet *packet,
			const struct wire_udp_ends *goes, struct wire_udp_sums sums, const struct wire_link *link)
{
	uint8_t *bytes = rte_pktmbuf_mtod(mbuf, uint8_t *);
	bool is_to_be_finished = shard_forward_is_unfinished(mbuf);

	if (unlikely((goes->pair != NULL) != (packet->version == 6))) {
		shard_translate_send(out, mbuf, packet, goes, sums, link);
		return;
	}
	if (packet->version == 6)
		wire_udp_rewrite6(bytes, packet, goes, sums);
	else
		wire_udp_rewrite4(bytes, packet, goes->key, sums);
	if (unlikely(is_to_be_finished))
		wire_udp_finish(bytes, packet, false);
	shard_forward_finish(out, mbuf, packet, link);
}

/* Gives a datagram other ends, and sends it. */
static void send_on(struct quern_shard *out, struct shard_frame *frame, const struct flow_key *goes,
		    struct wire_udp_sums sums, const struct wire_link *link)
{
	struct rte_mbuf *mbuf = shard_forward_take(out, frame);
	struct wire_udp_ends ends;
	struct ip6_pair pair;

	if (!mbuf)
		return;
	ends = shard_forward_ends(out, goes, &pair);
	shard_forward_send(out, mbuf, frame->packet, &ends, sums, link);
}

void shard_forward_no_next_hop(struct quern_shard *shard, const struct udp_rule *rule, uint16_t target)
{
	const struct shard_forward *forward = shard->forward;

	shard_drop(shard, QUERN_DROP_NO_NEXT_HOP);
	/* Those of rules that a reload has put aside have been carried already. */
	if (rule->set == forward->rules->set->number)
		counter_add(&forward->rules->counts[rule->number].refused, 1);
	counter_add(&shard_way_of(forward, rule, target)->refused, 1);
}

bool shard_forward_lives(struct quern_shard *shard, const struct shard_frame *frame)
{
	if (frame->packet->ttl > 1)
		return true;
	shard_drop(shard, QUERN_DROP_UDP_TTL);
	shard_icmp_refuse(shard, frame, QUERN_ICMP_TIME_EXCEEDED, 0);
	return false;
}

uint32_t shard_forward_narrows(const struct shard_frame *frame, const struct quern_shard *out, bool is_ip6)
{
	const struct packet *packet = frame->packet;

	if (shard_translated_bytes(packet, is_ip6) <= out->config.mtu || shard_came_in_fragments(frame->mbuf) ||
	    wire_udp_may_be_fragmented(rte_pktmbuf_mtod(frame->mbuf, const uint8_t *), packet))
		return 0;
	return shard_translated_mtu(packet, is_ip6, out->config.mtu);
}

/* RFC 1812 5.3.1 and 4.3.3.3: what may not go any further goes nowhere, and its sender hears of it: false. */
static bool may_pass(struct quern_shard *shard, const struct shard_frame *frame, const struct quern_shard *out,
		     bool is_ip6)
{
	uint32_t mtu;

	if (!shard_forward_lives(shard, frame))
		return false;
	mtu = shard_forward_narrows(frame, out, is_ip6);
	if (mtu == 0)
		return true;
	shard_drop(shard, QUERN_DROP_UDP_TOO_BIG);
	shard_icmp_refuse(shard, frame, QUERN_ICMP_TOO_BIG, mtu);
	return false;
}

static void to_target(struct quern_shard *shard, struct shard_frame *frame, struct udp_session *session)
{
	struct shard_forward *forward = shard->forward;
	struct quern_shard *out = forward->shards[session->outer_shard];
	struct wire_udp_sums sums = {session->ip_sum, session->udp_sum};
	struct shard_way *way = shard_session_way(forward, session);
	const struct wire_link *link;

	udp_session_heard(session, shard->now_ms);
	if (shard->config.ethernet)
		shard_session_came_from(forward, session, rte_pktmbuf_mtod(frame->mbuf, const uint8_t *) + 6);
	if (!may_pass(shard, frame, out, flow_key_is_ip6(&session->outer)))
		return;
	if (!shard_forward_link(out, way, &link)) {
		shard_forward_no_next_hop(shard, shard_rule_of(forward, session), session->target);
		return;
	}
	counter_add(&shard->counters.udp_forwarded, 1);
	shard_forward_count_out(way, shard_forward_bytes_of(frame->packet));
	send_on(out, frame, &session->outer, sums, link);
}

/* A datagram of a client: to its target, or to all of them. */
static void from_client(struct quern_shard *shard, struct shard_frame *frame, struct udp_session *session)
{
	if (unlikely(session->flags & UDP_SESSION_LACKING))
		shard_ring_fill(shard, frame, session);
	if (session->next_copy)
		shard_forward_copies(shard, frame, session);
	else
		to_target(shard, frame, session);
}

static void to_client(struct quern_shard *shard, struct shard_frame *frame, struct udp_session *session)
{
	struct shard_forward *forward = shard->forward;
	struct quern_shard *out = forward->shards[session->inner_shard];
	struct wire_udp_sums sums = wire_udp_sums_back((struct wire_udp_sums){session->ip_sum, session->udp_sum});
	struct wire_link link;

	if (session->flags & UDP_SESSION_ANSWERS)
		shard_session_heard(forward, session, shard->now_ms);
	if (!may_pass(shard, frame, out, flow_key_is_ip6(&session->inner)))
		return;
	link_to_client(out, session, &link);
	counter_add(&shard->counters.udp_returned, 1);
	shard_forward_count_back(shard_session_way(forward, session), shard_forward_bytes_of(frame->packet));
	send_on(out, frame, &session->inner, sums, &link);
}

void shard_forward_input(struct quern_shard *shard, struct shard_frame *frame, uint32_t ref)
{
	struct udp_session *session = udp_session_at(&shard->forward->pool, table_ref_index(ref));

	if (table_ref_kind(ref) == TABLE_UDP_OUTER)
		to_client(shard, frame, session);
	else
		from_client(shard, frame, session);
}

/* The link header of a session's way to one of its ends. */
static bool find_link(struct quern_shard *out, const struct udp_session *session, bool to_client,
		      struct wire_link *link)
{
	const struct wire_link *known;

	if (to_client) {
		link_to_client(out, session, link);
		return true;
	}
	if (!shard_forward_link(out, shard_session_way(out->forward, session), &known))
		return false;
	*link = *known;
	return true;
}

void shard_forward_turn(struct quern_shard *shard, struct shard_frame *frame, struct quern_shard *out,
			const struct wire_udp_ends *came, const struct wire_link *link)
{
	struct rte_mbuf *mbuf = shard_forward_take(out, frame);

	if (!mbuf)
		return;
	wire_error_turn(rte_pktmbuf_mtod(mbuf, uint8_t *), frame->packet, came, out->reply_options.ttl);
	counter_add(&shard->counters.udp_errors_passed, 1);
	shard_forward_finish(out, mbuf, frame->packet, link);
}

void shard_forward_error(struct quern_shard *shard, struct shard_frame *frame, uint32_t ref)
{
	struct shard_forward *forward = shard->forward;
	const struct udp_session *session = udp_session_at(&forward->pool, table_ref_index(ref));
	bool to_client = table_ref_kind(ref) == TABLE_UDP_OUTER;
	struct quern_shard *out = forward->shards[to_client ? session->inner_shard : session->outer_shard];
	const struct flow_key *came = to_client ? &session->inner : &session->outer;
	struct wire_udp_ends ends;
	struct wire_link link;
	struct ip6_pair pair;

	if (!find_link(out, session, to_client, &link)) {
		shard_drop(shard, QUERN_DROP_NO_NEXT_HOP);
		return;
	}
	ends = shard_forward_ends(out, came, &pair);
	if ((ends.pair != NULL) != (frame->packet->version == 6)) {
		shard_translate_error(out, frame, &ends, &link);
		return;
	}
	shard_forward_turn(shard, frame, out, &ends, &link);
}

bool shard_forward_first(struct quern_shard *shard, struct shard_frame *frame)
{
	const struct shard_rules *rules = shard->forward->rules;
	const struct flow_key *key = &frame->packet->key;
	const struct udp_rule *rule = rules ? udp_rules_find(rules->set, shard->forward_port,
							     shard_group_listen(shard, frame->packet), key->local_port)
					    : NULL;
	struct udp_session *session;

	if (shard_forward_answered(shard, frame))
		return true;
	if (!rule)
		return false;
	if (!shard_client_may(shard, frame->packet, rule)) {
		shard_drop(shard, QUERN_DROP_IP_SOURCE);
		return true;
	}
	/* Nobody gets a session by what goes no further. */
	if (!shard_forward_lives(shard, frame))
		return true;
	if (rule->one_way) {
		shard_forward_one_way(shard, frame, rule);
		return true;
	}
	session = shard_session_open(shard, frame, rule);
	if (session)
		from_client(shard, frame, session);
	return true;
}
