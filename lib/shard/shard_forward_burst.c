/* shard_forward_burst.c - a burst of datagrams of sessions that are known, passed on at a glance: the same that
 * shard_forward_input.c does to each, where nothing is out of the ordinary. */
#include "shard/shard_forward_parts.h"
#include "wire/wire_glance.h"

/* Frames that are datagrams at a glance, by their places in the burst. */
struct glances {
	struct wire_glance at[SHARD_BURST];
	struct rte_mbuf *mbufs[SHARD_BURST];
	const struct flow_key *keys[SHARD_BURST];
	uint64_t hashes[SHARD_BURST];
	uint32_t refs[SHARD_BURST];
	uint32_t count;
};

/* A frame in one buffer that is ours alone, whose checksums the port has not found wrong, nor left unfinished. */
static inline bool is_plain(const struct quern_shard *shard, const struct rte_mbuf *mbuf)
{
	const uint64_t all = RTE_MBUF_F_RX_IP_CKSUM_MASK | RTE_MBUF_F_RX_L4_CKSUM_MASK;
	uint64_t said = shard->config.rx_checksum ? mbuf->ol_flags & all : 0;

	return shard_send_is_ours(mbuf) &&
	       (said == 0 || said == (RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD));
}

/* First pass. What is none is left in `mbufs`, in order; returns how many those are. Behind a frame that might be a
 * datagram of the same session all are left, so that none overtakes it. */
static uint16_t glance_all(const struct quern_shard *shard, struct rte_mbuf **mbufs, uint16_t count,
			   struct glances *glances)
{
	uint16_t left = 0;

	glances->count = 0;
	for (uint16_t i = 0; i < count; i++) {
		struct wire_glance *glance = &glances->at[glances->count];
		const uint8_t *frame = rte_pktmbuf_mtod(mbufs[i], const uint8_t *);

		if (left > 0 || !is_plain(shard, mbufs[i]) ||
		    !wire_glance(frame, mbufs[i]->data_len, shard->config.mac, glance)) {
			mbufs[left++] = mbufs[i];
			continue;
		}
		glances->mbufs[glances->count] = mbufs[i];
		glances->keys[glances->count] = &glance->key;
		glances->hashes[glances->count] = table_hash_udp(&shard->table, &glance->key);
		table_prefetch(&shard->table, glances->hashes[glances->count]);
		glances->count++;
	}
	return left;
}

/* Where a datagram of a session goes, and from which of our MAC addresses to which one; null where that takes more
 * than a glance. */
static inline struct quern_shard *way_of(struct quern_shard *shard, struct udp_session *session, bool to_target,
					 const uint8_t **mac)
{
	struct shard_forward *forward = shard->forward;
	const struct udp_rule *rule = shard_rule_of(forward, session);
	const struct shard_way *way;

	if (!to_target) {
		if (rule->answers_refresh)
			shard_session_heard(forward, session, shard->now_ms);
		*mac = session->client_mac;
		return forward->shards[session->inner_shard];
	}
	way = shard_way_of(forward, rule, session->target);
	if (session->next_copy || !shard_way_is_fresh(way, shard->now_ms))
		return NULL;
	*mac = way->link.header;
	return forward->shards[session->outer_shard];
}

/* Second pass, of one. False where it has to be looked at more closely. */
static inline bool pass_on(struct quern_shard *shard, struct rte_mbuf *mbuf, const struct wire_glance *glance,
			   uint32_t ref)
{
	struct udp_session *session = udp_session_at(&shard->forward->pool, table_ref_index(ref));
	bool to_target = table_ref_kind(ref) == TABLE_UDP_INNER;
	struct wire_udp_sums sums = {session->ip_sum, session->udp_sum};
	uint8_t *frame = rte_pktmbuf_mtod(mbuf, uint8_t *);
	const uint8_t *mac;
	struct quern_shard *out = way_of(shard, session, to_target, &mac);

	if (!out || session->flags & UDP_SESSION_SLOW || glance->ttl <= 1 || glance->frame_bytes > out->forward_bytes)
		return false;
	if (to_target) {
		udp_session_heard(session, shard->now_ms);
		memcpy(session->client_mac, frame + 6, 6);
	}
	wire_glance_rewrite(frame, to_target ? &session->outer : &session->inner,
			    to_target ? sums : wire_udp_sums_back(sums));
	memcpy(frame, mac, 6);
	memcpy(frame + 6, out->config.mac, 6);
	mbuf->data_len = glance->frame_bytes;
	mbuf->pkt_len = glance->frame_bytes;
	mbuf->ol_flags = 0;
	counter_add(to_target ? &shard->counters.udp_forwarded : &shard->counters.udp_returned, 1);
	shard_send_frame(out, mbuf);
	return true;
}

/* Puts a frame before those that are left, which came later. */
static uint16_t put_back(struct rte_mbuf **mbufs, uint16_t left, uint16_t at, struct rte_mbuf *mbuf)
{
	memmove(mbufs + at + 1, mbufs + at, (size_t)(left - at) * sizeof(mbufs[0]));
	mbufs[at] = mbuf;
	return (uint16_t)(left + 1);
}

uint16_t shard_forward_burst(struct quern_shard *shard, struct rte_mbuf **mbufs, uint16_t count)
{
	struct glances glances;
	uint16_t left = glance_all(shard, mbufs, count, &glances), back = 0;
	bool holds_back = false;
	uint64_t bytes = 0;

	table_find_burst(&shard->table, glances.hashes, glances.keys, glances.count, glances.refs);
	for (uint32_t i = 0; i < glances.count; i++) {
		uint32_t frame_bytes = glances.mbufs[i]->pkt_len;
		bool is_known = glances.refs[i] != 0 && !holds_back;

		if (!is_known || !pass_on(shard, glances.mbufs[i], &glances.at[i], glances.refs[i])) {
			/* What is nobody's yet has none of its session behind it that is known; of the others some may.
			 */
			holds_back |= is_known;
			left = put_back(mbufs, left, back++, glances.mbufs[i]);
			continue;
		}
		bytes += frame_bytes;
	}
	if (shard->is_moved) {
		counter_add(&shard->counters.moved_in, count - left);
		return left;
	}
	counter_add(&shard->counters.rx_packets, count - left);
	counter_add(&shard->counters.rx_bytes, bytes);
	return left;
}
