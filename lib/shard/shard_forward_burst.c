/* shard_forward_burst.c - a burst of datagrams of sessions that are known, passed on at a glance: the same that
 * shard_forward_input.c does to each, where nothing is out of the ordinary. */
#include "shard/shard_forward_recent.h"

enum { RESTS = 63 };

/* Frames that are datagrams at a glance, and have not been passed on yet. */
struct glances {
	struct flow_key at[SHARD_BURST];
	struct rte_mbuf *mbufs[SHARD_BURST];
	uint32_t bytes[SHARD_BURST]; /* of the frame */
	const struct flow_key *keys[SHARD_BURST];
	uint64_t hashes[SHARD_BURST];
	uint32_t refs[SHARD_BURST];
	uint32_t count;
	bool held_back; /* behind one of a flow that is remembered */
};

/* What has been passed on: the last ones, which go out together, and what is counted at the end. */
struct passed {
	struct quern_shard *out; /* where they go, */
	uint64_t out_from;       /* from which address, */
	uint32_t out_number;     /* the number of that shard, */
	uint32_t out_most;       /* and the longest frame that may leave it */
	struct rte_mbuf **first; /* of those that are not in line there yet, */
	uint64_t first_bytes;    /* and how long they are */
	uint64_t bytes;          /* of all, as they came */
	uint64_t to_clients;
};

/* What is looked for in frames: our MAC address (wire_glance_mac()), and the time (shard_recent_time()). */
struct here_and_now {
	uint64_t mac, time;
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

/* What comes next goes out by that shard. */
static inline void begin_out(struct passed *passed, struct quern_shard *out, struct rte_mbuf **first)
{
	passed->out = out;
	passed->out_from = wire_glance_from_mac(out->config.mac);
	passed->out_number = out->forward_number;
	passed->out_most = out->forward_bytes;
	passed->first = first;
	passed->first_bytes = 0;
}

/* Puts the last ones in line, as shard_send_frame() does to one: those before `end`. */
static __rte_noinline void end_out(struct passed *passed, struct rte_mbuf **end)
{
	struct quern_shard *out = passed->out;
	uint32_t count = (uint32_t)(end - passed->first);

	passed->bytes += passed->first_bytes;
	if (likely(count <= SHARD_OUT_MAX - out->out_tail)) {
		memcpy(out->out + out->out_tail, passed->first, count * sizeof(*end));
		out->out_tail += count;
		counter_add(&out->counters.tx_packets, count);
		counter_add(&out->counters.tx_bytes, passed->first_bytes);
	} else {
		while (passed->first < end)
			shard_send_frame(out, *passed->first++);
	}
	passed->first = end;
	passed->first_bytes = 0;
}

/* The next ones, from that on, go out by another shard. */
static __rte_noinline void turn_to(struct quern_shard *out, struct rte_mbuf **mbuf, struct passed *passed)
{
	end_out(passed, mbuf);
	begin_out(passed, out, mbuf);
}

/* The frame at that place is not passed on. */
static inline void leave_out(struct rte_mbuf **mbuf, struct passed *passed)
{
	if (passed->first != mbuf)
		end_out(passed, mbuf);
	passed->first = mbuf + 1;
}

/* A datagram of a flow, whose frame has `bytes` bytes. False where it has to be looked at more closely. */
static __rte_always_inline bool pass_on(const struct quern_shard *shard, struct rte_mbuf **place, uint32_t bytes,
					struct shard_recent *flow, struct passed *passed)
{
	struct rte_mbuf *mbuf = *place;
	uint8_t *frame = rte_pktmbuf_mtod(mbuf, uint8_t *);
	const uint64_t to = flow->to;

	if (unlikely(shard_recent_out(to) != passed->out_number))
		turn_to(shard->forward->shards[shard_recent_out(to)], place, passed);
	if (wire_glance_ttl(frame) <= 1 || bytes > passed->out_most)
		return false;
	flow->heard_ms = shard->now_ms;
	shard_tally_add(flow->tally, wire_glance_ip_bytes(bytes));
	wire_glance_link(frame, to, passed->out_from);
	wire_glance_rewrite(frame, (struct wire_glance_ends){flow->goes_addresses, flow->goes_ports},
			    (struct wire_udp_sums){flow->ip_sum, flow->udp_sum});
	if (unlikely(mbuf->data_len != bytes)) {
		passed->bytes += mbuf->pkt_len - bytes;
		mbuf->data_len = (uint16_t)bytes;
		mbuf->pkt_len = bytes;
	}
	mbuf->ol_flags = 0;
	passed->to_clients += shard_recent_is_outer(to);
	passed->first_bytes += bytes;
	return true;
}

/* The same of one that is remembered: what has not been the same in all its datagrams is looked at. */
static __rte_always_inline bool pass_again(const struct quern_shard *shard, struct rte_mbuf **place,
					   struct here_and_now here, struct shard_recent *flow, struct passed *passed)
{
	const uint8_t *frame = rte_pktmbuf_mtod(*place, const uint8_t *);
	uint32_t bytes;

	if (!wire_glance_is_to(frame, here.mac) || !shard_recent_is_good(shard, flow, frame, here.time))
		return false;
	bytes = wire_glance_packet(frame, (*place)->data_len);
	return bytes != 0 && pass_on(shard, place, bytes, flow, passed);
}

/* Puts a frame with those that are looked for in the table. */
static __rte_always_inline void gather(const struct quern_shard *shard, struct rte_mbuf *mbuf, uint32_t bytes,
				       struct glances *glances)
{
	struct flow_key *key = &glances->at[glances->count];

	wire_glance_key(rte_pktmbuf_mtod(mbuf, const uint8_t *), key);
	glances->mbufs[glances->count] = mbuf;
	glances->bytes[glances->count] = bytes;
	glances->keys[glances->count] = key;
	glances->hashes[glances->count] = table_hash_udp(&shard->table, key);
	table_prefetch(&shard->table, glances->hashes[glances->count++]);
}

/* The same of one among those that go on at once. */
static __rte_noinline void gather_aside(const struct quern_shard *shard, struct rte_mbuf *mbuf, uint32_t bytes,
					struct glances *glances)
{
	gather(shard, mbuf, bytes, glances);
}

/* First pass where nothing is remembered: all are gathered. */
static uint16_t gather_all(const struct quern_shard *shard, struct rte_mbuf **mbufs, uint16_t count,
			   struct glances *glances)
{
	const struct plain_flags flags = plain_flags_of(shard);
	const uint64_t mac = wire_glance_mac(shard->config.mac);

	for (uint16_t i = 0; i < count; i++) {
		const struct rte_mbuf *mbuf = mbufs[i];
		uint32_t bytes;

		if (!is_plain(mbuf, flags) || mbuf->data_len < WIRE_GLANCE_BYTES)
			return i;
		bytes = wire_glance(rte_pktmbuf_mtod(mbuf, const uint8_t *), mbuf->data_len, mac);
		if (bytes == 0)
			return i;
		gather(shard, mbufs[i], bytes, glances);
	}
	return count;
}

/* First pass: datagrams whose session is remembered go on at once, the others are gathered. Once one of a session that
 * is remembered does not, all are gathered, so that none overtakes it; what is remembered stays as it is meanwhile, so
 * that a flow's datagrams go one way. Returns how many frames have been looked at: behind one that is no datagram at a
 * glance, and might be of any session, none is. */
static uint16_t glance_all(struct quern_shard *shard, struct rte_mbuf **mbufs, uint16_t count, struct glances *glances,
			   struct passed *passed)
{
	const struct plain_flags flags = plain_flags_of(shard);
	const struct here_and_now here = {wire_glance_mac(shard->config.mac), shard_recent_time(shard)};
	bool goes_on = true;

	for (struct rte_mbuf **mbuf = mbufs; mbuf < mbufs + count; mbuf++) {
		const uint8_t *frame = rte_pktmbuf_mtod(*mbuf, const uint8_t *);
		struct shard_recent *flow;
		uint32_t bytes;

		if (!is_plain(*mbuf, flags) || (*mbuf)->data_len < WIRE_GLANCE_BYTES)
			return (uint16_t)(mbuf - mbufs);
		flow = goes_on ? shard_recent_find(shard, wire_glance_ends(frame)) : NULL;
		if (flow) {
			if (likely(pass_again(shard, mbuf, here, flow, passed)))
				continue;
			glances->held_back = true;
			goes_on = false;
		}
		bytes = wire_glance(frame, (*mbuf)->data_len, here.mac);
		if (bytes == 0)
			return (uint16_t)(mbuf - mbufs);
		leave_out(mbuf, passed);
		gather_aside(shard, *mbuf, bytes, glances);
	}
	return count;
}

/* One that is known goes on, and its flow is remembered or not: where it is not, most of what describes it is never
 * written, since the caller says so in a constant. */
static __rte_always_inline bool pass_known(struct quern_shard *shard, struct glances *glances, uint32_t i,
					   bool is_remembered, struct passed *passed)
{
	struct rte_mbuf **mbuf = &glances->mbufs[i];
	const uint8_t *frame = rte_pktmbuf_mtod(*mbuf, const uint8_t *);
	struct shard_recent flow;

	if (!shard_recent_learn(shard, glances->refs[i], frame, &flow) ||
	    !pass_on(shard, mbuf, glances->bytes[i], &flow, passed))
		return false;
	if (is_remembered)
		shard_recent_add(shard, &flow);
	else
		shard_recent_note(shard->forward, &flow);
	return true;
}

static __rte_noinline bool pass_and_remember(struct quern_shard *shard, struct glances *glances, uint32_t i,
					     struct passed *passed)
{
	return pass_known(shard, glances, i, true, passed);
}

/* Second pass: what was gathered and is known goes on. What does not is left in `mbufs`, in order; returns how many
 * those are. */
static uint16_t pass_gathered(struct quern_shard *shard, struct glances *glances, struct passed *passed,
			      struct rte_mbuf **mbufs)
{
	bool holds_back = false;
	uint16_t left = 0;

	table_find_burst(&shard->table, glances->hashes, glances->keys, glances->count, glances->refs);
	passed->first = glances->mbufs;
	for (uint32_t i = 0; i < glances->count; i++) {
		bool is_known = glances->refs[i] != 0 && !holds_back;

		if (is_known && (shard->recent_rests > 0 ? pass_known(shard, glances, i, false, passed)
							 : pass_and_remember(shard, glances, i, passed)))
			continue;
		/* What is nobody's yet has none of its session behind it that is known; of the others some may. */
		holds_back |= is_known;
		leave_out(&glances->mbufs[i], passed);
		mbufs[left++] = glances->mbufs[i];
	}
	end_out(passed, glances->mbufs + glances->count);
	return left;
}

/* Where most flows have not been remembered, there are too many of them: the next bursts do without, since a guess that
 * is often wrong costs more than the table. */
static inline void look_back(struct quern_shard *shard, const struct glances *glances, uint32_t seen)
{
	if (shard->recent_rests > 0)
		shard->recent_rests--;
	else if (2 * glances->count > seen && !glances->held_back)
		shard->recent_rests = RESTS;
}

/* Counts `count` frames that have been passed on. */
static void count_passed(struct quern_shard *shard, struct passed *passed, uint64_t count)
{
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

	glances.count = 0;
	glances.held_back = false;
	begin_out(&passed, shard, mbufs);
	if (shard->recent_rests > 0) {
		seen = gather_all(shard, mbufs, count, &glances);
	} else {
		seen = glance_all(shard, mbufs, count, &glances, &passed);
		end_out(&passed, mbufs + seen);
	}
	if (glances.count > 0)
		left = pass_gathered(shard, &glances, &passed, mbufs);
	look_back(shard, &glances, seen);
	count_passed(shard, &passed, seen - left);
	if (seen < count)
		memmove(mbufs + left, mbufs + seen, (size_t)(count - seen) * sizeof(mbufs[0]));
	return (uint16_t)(left + count - seen);
}
