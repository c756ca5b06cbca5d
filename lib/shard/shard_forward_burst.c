/* shard_forward_burst.c - a burst of datagrams of sessions that are known, passed on at a glance: the same that
 * shard_forward_input.c does to each, where nothing is out of the ordinary. */
#include "shard/shard_forward_parts.h"
#include "shard/shard_forward_recent.h"
#include "wire/wire_glance.h"

enum { RESTS = 63 };

/* Frames that are datagrams at a glance, and have not been passed on yet. */
struct glances {
	struct wire_glance at[SHARD_BURST];
	struct rte_mbuf *mbufs[SHARD_BURST];
	const struct flow_key *keys[SHARD_BURST];
	uint64_t hashes[SHARD_BURST];
	uint32_t refs[SHARD_BURST];
	uint32_t count;
};

/* What is asked of the group for each datagram, read once a burst: bytes of frames may be anything to the compiler. */
struct view {
	struct quern_shard *const *shards;
	const struct shard_view *rules;
	uint32_t now_ms;
};

/* Frames in line at a shard, and what has been passed on: counted at the end. */
struct passed {
	struct quern_shard *out; /* where the last ones went, */
	uint32_t out_tail;       /* what is in line there, */
	uint32_t out_first;      /* and was before them, */
	uint64_t out_bytes;      /* and how long they are */
	uint64_t to_clients, bytes;
};

/* The flags of a buffer that are looked at, and what they are beside 0 where a port has found both checksums good. */
struct plain_flags {
	uint64_t mask, good;
};

static inline struct plain_flags plain_flags_of(const struct quern_shard *shard)
{
	const uint64_t sums = RTE_MBUF_F_RX_IP_CKSUM_MASK | RTE_MBUF_F_RX_L4_CKSUM_MASK;
	uint64_t mask = RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL | (shard->config.rx_checksum ? sums : 0);

	return (struct plain_flags){mask, mask & (RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD)};
}

/* A frame in one buffer that is ours alone, whose checksums the port has not found wrong, nor left unfinished. Both
 * counts lie in one word. */
static inline bool is_plain(const struct rte_mbuf *mbuf, struct plain_flags flags)
{
	uint64_t said = mbuf->ol_flags & flags.mask;
	uint32_t counts;

	static_assert(offsetof(struct rte_mbuf, nb_segs) == offsetof(struct rte_mbuf, refcnt) + 2, "one word");
	memcpy(&counts, (const char *)mbuf + offsetof(struct rte_mbuf, refcnt), 4);
	return counts == 0x10001 && (said == 0 || said == flags.good);
}

/* Puts the last ones in line, and counts them. */
static inline void end_out(struct passed *passed)
{
	passed->out->out_tail = passed->out_tail;
	counter_add(&passed->out->counters.tx_packets, passed->out_tail - passed->out_first);
	counter_add(&passed->out->counters.tx_bytes, passed->out_bytes);
	passed->bytes += passed->out_bytes;
}

/* What comes goes out by that shard. */
static inline void begin_out(struct passed *passed, struct quern_shard *out)
{
	passed->out = out;
	passed->out_tail = out->out_tail;
	passed->out_first = out->out_tail;
	passed->out_bytes = 0;
}

static void send_at_end(struct quern_shard *out, struct rte_mbuf *mbuf, struct passed *passed)
{
	end_out(passed);
	passed->bytes += mbuf->pkt_len;
	shard_send_frame_at_end(out, mbuf);
	begin_out(passed, out);
}

/* As shard_send_frame(), whose counting is put off. */
static inline void send_frame(struct quern_shard *out, struct rte_mbuf *mbuf, uint32_t bytes, struct passed *passed)
{
	if (out != passed->out) {
		end_out(passed);
		begin_out(passed, out);
	}
	if (unlikely(mbuf->pkt_len != bytes)) {
		passed->bytes += mbuf->pkt_len - bytes;
		mbuf->data_len = (uint16_t)bytes;
		mbuf->pkt_len = bytes;
	}
	mbuf->ol_flags = 0;
	if (unlikely(passed->out_tail == SHARD_OUT_MAX)) {
		send_at_end(out, mbuf, passed);
		return;
	}
	out->out[passed->out_tail++] = mbuf;
	passed->out_bytes += bytes;
}

/* A frame that may leave by that shard, with a hop less to live. */
static inline bool may_leave(const struct quern_shard *out, const struct wire_glance *glance)
{
	return glance->ttl > 1 && glance->frame_bytes <= out->forward_bytes;
}

/* A client's datagram. False where it has to be looked at more closely. */
static inline bool pass_to_target(struct view view, struct rte_mbuf *mbuf, const struct wire_glance *glance,
				  struct udp_session *session, struct passed *passed)
{
	struct shard_way *way = &view.rules[session->set].ways[session->place];
	struct quern_shard *out = view.shards[session->outer_shard];
	uint8_t *frame = rte_pktmbuf_mtod(mbuf, uint8_t *);

	if (session->next_copy || !shard_way_is_fresh(way, view.now_ms) || !may_leave(out, glance))
		return false;
	udp_session_heard(session, view.now_ms);
	shard_forward_count_out(way, wire_glance_ip_bytes(glance));
	memcpy(session->client_mac, frame + 6, 6);
	memcpy(frame, way->link.header, 12);
	wire_glance_rewrite(frame, &session->outer, (struct wire_udp_sums){session->ip_sum, session->udp_sum});
	send_frame(out, mbuf, glance->frame_bytes, passed);
	return true;
}

/* A target's answer, likewise. */
static inline bool pass_to_client(struct view view, struct rte_mbuf *mbuf, const struct wire_glance *glance,
				  struct udp_session *session, struct passed *passed)
{
	struct quern_shard *out = view.shards[session->inner_shard];
	const struct wire_udp_sums there = {session->ip_sum, session->udp_sum};
	uint8_t *frame = rte_pktmbuf_mtod(mbuf, uint8_t *);

	if (!may_leave(out, glance))
		return false;
	if (session->flags & UDP_SESSION_ANSWERS)
		shard_session_heard(out->forward, session, view.now_ms);
	memcpy(frame, session->client_mac, 6);
	memcpy(frame + 6, out->config.mac, 6);
	wire_glance_rewrite(frame, &session->inner, wire_udp_sums_back(there));
	shard_forward_count_back(&view.rules[session->set].ways[session->place], wire_glance_ip_bytes(glance));
	passed->to_clients++;
	send_frame(out, mbuf, glance->frame_bytes, passed);
	return true;
}

static inline bool pass_on(struct view view, struct rte_mbuf *mbuf, const struct wire_glance *glance,
			   const struct flow_key *key, struct passed *passed)
{
	bool is_inner;
	struct udp_session *session = shard_recent_session(key, &is_inner);

	if (session->flags & UDP_SESSION_SLOW)
		return false;
	return is_inner ? pass_to_target(view, mbuf, glance, session, passed)
			: pass_to_client(view, mbuf, glance, session, passed);
}

/* The key of a flow in its session. */
static inline const struct flow_key *key_of(const struct shard_forward *forward, uint32_t ref)
{
	const struct udp_session *session = udp_session_at(&forward->pool, table_ref_index(ref));

	return table_ref_kind(ref) == TABLE_UDP_INNER ? &session->inner : &session->outer;
}

/* Where most flows have not been remembered, there are too many of them: the next bursts do without, since a guess that
 * is often wrong costs more than the table. */
static inline void look_back(struct quern_shard *shard, uint32_t gathered, uint32_t seen)
{
	if (shard->recent_rests > 0)
		shard->recent_rests--;
	else if (2 * gathered > seen)
		shard->recent_rests = RESTS;
}

/* First pass: datagrams whose session is remembered go on at once, the others are gathered. Once one of a session that
 * is remembered does not, all are gathered, so that none overtakes it; what is remembered stays as it is meanwhile, so
 * that a flow's datagrams go one way. Returns how many frames have been looked at: behind one that is no datagram at a
 * glance, and might be of any session, none is. */
static uint16_t glance_all(struct quern_shard *shard, struct rte_mbuf **mbufs, uint16_t count, struct glances *glances,
			   struct passed *passed)
{
	const struct view view = {shard->forward->shards, shard->forward->views, shard->now_ms};
	const struct plain_flags flags = plain_flags_of(shard);
	uint64_t mac = wire_glance_mac(shard->config.mac);
	bool goes_on = shard->recent_rests == 0;

	glances->count = 0;
	for (uint16_t i = 0; i < count; i++) {
		struct wire_glance glance;
		const struct flow_key *key;

		if (!is_plain(mbufs[i], flags) ||
		    !wire_glance(rte_pktmbuf_mtod(mbufs[i], const uint8_t *), mbufs[i]->data_len, mac, &glance))
			return i;
		if (goes_on && (key = shard_recent_find(shard, &glance.key))) {
			if (pass_on(view, mbufs[i], &glance, key, passed))
				continue;
			goes_on = false;
		}
		glances->at[glances->count] = glance;
		glances->mbufs[glances->count] = mbufs[i];
		glances->keys[glances->count] = &glances->at[glances->count].key;
		glances->hashes[glances->count] = table_hash_udp(&shard->table, &glance.key);
		table_prefetch(&shard->table, glances->hashes[glances->count++]);
	}
	return count;
}

/* Second pass: what was gathered and is known goes on. What does not is left in `mbufs`, in order; returns how many
 * those are. */
static uint16_t pass_gathered(struct quern_shard *shard, struct glances *glances, struct passed *passed,
			      struct rte_mbuf **mbufs)
{
	const struct view view = {shard->forward->shards, shard->forward->views, shard->now_ms};
	bool holds_back = false;
	uint16_t left = 0;

	table_find_burst(&shard->table, glances->hashes, glances->keys, glances->count, glances->refs);
	for (uint32_t i = 0; i < glances->count; i++) {
		bool is_known = glances->refs[i] != 0 && !holds_back;
		const struct flow_key *key = is_known ? key_of(shard->forward, glances->refs[i]) : NULL;

		if (key && pass_on(view, glances->mbufs[i], &glances->at[i], key, passed)) {
			shard_recent_add(shard, key);
			continue;
		}
		/* What is nobody's yet has none of its session behind it that is known; of the others some may. */
		holds_back |= is_known;
		mbufs[left++] = glances->mbufs[i];
	}
	return left;
}

/* Counts `count` frames that have been passed on. */
static void count_passed(struct quern_shard *shard, struct passed *passed, uint64_t count)
{
	end_out(passed);
	counter_add(&shard->counters.udp_forwarded, count - passed->to_clients);
	counter_add(&shard->counters.udp_returned, passed->to_clients);
	if (shard->is_moved) {
		counter_add(&shard->counters.moved_in, count);
		return;
	}
	counter_add(&shard->counters.rx_packets, count);
	counter_add(&shard->counters.rx_bytes, passed->bytes);
}

uint16_t shard_forward_burst(struct quern_shard *shard, struct rte_mbuf **mbufs, uint16_t count)
{
	struct passed passed = {.to_clients = 0};
	struct glances glances;
	uint16_t seen, left = 0;

	begin_out(&passed, shard);
	seen = glance_all(shard, mbufs, count, &glances, &passed);

	look_back(shard, glances.count, seen);
	if (glances.count > 0)
		left = pass_gathered(shard, &glances, &passed, mbufs);
	count_passed(shard, &passed, seen - left);
	if (seen < count)
		memmove(mbufs + left, mbufs + seen, (size_t)(count - seen) * sizeof(mbufs[0]));
	return (uint16_t)(left + count - seen);
}
