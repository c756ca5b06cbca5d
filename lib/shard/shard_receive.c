/* shard_receive.c - passes over one burst: parse all, look up all, act on all. */
#include "shard/shard_fragments.h"
#include "shard/shard_group.h"
#include "shard/shard_icmp.h"
#include "shard/shard_reserve.h"

#include <string.h>

#include "base/least.h"

/* One burst between the passes. */
struct burst {
	struct packet packets[SHARD_BURST];
	struct rte_mbuf *mbufs[SHARD_BURST];
	const struct flow_key *keys[SHARD_BURST];
	uint64_t hashes[SHARD_BURST];
	uint32_t refs[SHARD_BURST];
	uint32_t count;
};

static void bury(struct quern_shard *shard, struct rte_mbuf *mbuf)
{
	shard->dead[shard->dead_count++] = mbuf;
}

/* What the port says of a frame's checksums, where it says anything. */
static enum quern_drop port_verdict(const struct quern_shard *shard, const struct rte_mbuf *mbuf,
				    struct wire_expect *expect)
{
	uint64_t ip = mbuf->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK, l4 = mbuf->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK;

	*expect = shard->expect;
	if (ip == RTE_MBUF_F_RX_IP_CKSUM_BAD)
		return QUERN_DROP_IP_CHECKSUM;
	if (l4 == RTE_MBUF_F_RX_L4_CKSUM_BAD)
		return QUERN_DROP_TCP_CHECKSUM;
	expect->ip_checksum_good = ip == RTE_MBUF_F_RX_IP_CKSUM_GOOD;
	/* NONE is a frame that never left this machine: its sum was never finished, and its bytes are good. */
	expect->l4_checksum_good = l4 == RTE_MBUF_F_RX_L4_CKSUM_GOOD || l4 == RTE_MBUF_F_RX_L4_CKSUM_NONE;
	return QUERN_DROP_NONE;
}

/* RFC 1122 3.2.1.3 and 3.3.6, RFC 9293 MUST-57: only what is sent to one of our addresses, from one host. */
static enum quern_drop judge_addresses(const struct quern_shard *shard, struct packet *packet)
{
	if (packet->version == 6)
		return shard_ip6_name_packet(shard, packet);
	if (packet->kind == WIRE_ARP)
		return QUERN_DROP_NONE;
	if ((!neigh_is_own(&shard->neigh, packet->key.local) || packet->to_group) && !shard_transit_may(shard, packet))
		return QUERN_DROP_IP_DEST;
	/* Nor do we speak to ourselves: who says that it is us is not (LAND). */
	if (packet->key.remote == shard->neigh.broadcast || neigh_is_own(&shard->neigh, packet->key.remote))
		return QUERN_DROP_IP_SOURCE;
	return QUERN_DROP_NONE;
}

void shard_set_aside(struct quern_shard *shard, struct rte_mbuf *mbuf, uint32_t owner)
{
	if (shard->foreign_count == SHARD_BURST) {
		shard_drop(shard, QUERN_DROP_LINE_FULL);
		rte_pktmbuf_free(mbuf);
		return;
	}
	mbuf->hash.usr = owner;
	shard->foreign[shard->foreign_count++] = mbuf;
	counter_add(&shard->counters.moved_out, owner != SHARD_EVERYBODY);
}

/* A SYN that asks for a connection, as far as its flags say. */
static bool is_bare_syn(const struct packet *packet)
{
	return packet->kind == WIRE_TCP && (packet->tcp.flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) == TCP_SYN;
}

/* What the owner of a flow is to have: its segments or datagrams, and the errors that quote one. Echo requests anybody
 * answers. */
static bool has_owner(const struct packet *packet)
{
	return packet->kind == WIRE_TCP || packet->kind == WIRE_UDP ||
	       (packet->kind == WIRE_ICMP && packet->icmp.quoted != 0);
}

/* True for a flow of another shard, which is set aside for the worker to move. */
static bool is_foreign(struct quern_shard *shard, const struct packet *packet, struct rte_mbuf *mbuf)
{
	const struct port_plan *plan = shard->config.plan;
	uint16_t owner;

	if (!plan || shard->is_moved || !has_owner(packet))
		return false;
	owner = packet->version == 6 ? port_plan_queue6(plan, &packet->ip6, &packet->key)
				     : port_plan_queue(plan, &packet->key);
	if (shard->forward)
		shard_transit_owner(shard, packet, &owner);
	if (owner == shard->config.queue)
		return false;
	shard->syns_of_others += is_bare_syn(packet);
	shard_set_aside(shard, mbuf, owner);
	return true;
}

bool shard_is_foreign(struct quern_shard *shard, struct shard_frame *frame)
{
	if (!is_foreign(shard, frame->packet, frame->mbuf))
		return false;
	frame->mbuf = NULL;
	return true;
}

/* What is UDP's, or speaks of it. */
static bool is_udp(const struct packet *packet)
{
	return packet->kind == WIRE_UDP || (packet->kind == WIRE_ICMP && packet->icmp.quoted == WIRE_UDP);
}

static uint64_t hash_of(const struct quern_shard *shard, const struct packet *packet)
{
	return is_udp(packet) ? table_hash_udp(&shard->table, &packet->key) : table_hash(&shard->table, &packet->key);
}

/* And what is not, but to many that are heard. */
static enum quern_drop judge(const struct quern_shard *shard, const struct rte_mbuf *mbuf, struct packet *packet)
{
	enum quern_drop reason = judge_addresses(shard, packet);

	if (reason == QUERN_DROP_IP_DEST && shard->hears_many)
		return shard_group_judge(shard, rte_pktmbuf_mtod(mbuf, const uint8_t *), packet);
	return reason;
}

static enum quern_drop read_frame(const struct quern_shard *shard, const struct rte_mbuf *mbuf, struct packet *packet)
{
	const struct wire_expect *expect = &shard->expect;
	enum quern_drop reason = QUERN_DROP_NONE;
	struct wire_expect with_verdict;

	if (mbuf->nb_segs > 1) {
		reason = shard_fragments_read(shard, mbuf, packet);
		return reason == QUERN_DROP_NONE ? judge(shard, mbuf, packet) : reason;
	}
	if (shard->config.rx_checksum) {
		reason = port_verdict(shard, mbuf, &with_verdict);
		expect = &with_verdict;
	}
	if (reason == QUERN_DROP_NONE)
		reason = wire_parse(rte_pktmbuf_mtod(mbuf, const uint8_t *), mbuf->data_len, expect, packet);
	return reason == QUERN_DROP_NONE ? judge(shard, mbuf, packet) : reason;
}

/* While SYNs are not taken, most of them go unread, which costs half as much. One that meets our own SYN, or a
 * connection that knows it already, may wait as well: its sender, or our own timer, sends again. */
static enum quern_drop refuse_or_read(const struct quern_shard *shard, const struct rte_mbuf *mbuf,
				      enum quern_drop syn_refusal, struct packet *packet)
{
	enum quern_drop reason;

	if (wire_looks_like_syn(rte_pktmbuf_mtod(mbuf, const uint8_t *), mbuf->data_len, shard->config.ethernet))
		return syn_refusal;
	reason = read_frame(shard, mbuf, packet);
	return reason == QUERN_DROP_NONE && is_bare_syn(packet) ? syn_refusal : reason;
}

/* Copies for all shards are no flow's frames, and one that is dropped was moved all the same. */
static void count_moved(struct quern_shard *shard, const struct burst *burst, uint16_t frames)
{
	uint32_t copies = 0;

	for (uint32_t i = 0; i < burst->count; i++)
		copies += burst->packets[i].kind == WIRE_ARP || burst->packets[i].kind == WIRE_ND;
	counter_add(&shard->counters.moved_in, frames - copies);
}

/* First pass: bytes to values; what is dropped or foreign leaves the burst here. */
static void parse_all(struct quern_shard *shard, struct rte_mbuf **mbufs, uint16_t count, struct burst *burst)
{
	/* Where the port spreads, what meets a connection is ours: only the rest is looked at, when it is known. */
	bool may_be_foreign = shard->config.plan && !shard->config.plan->spread_by_port;
	enum quern_drop syn_refusal = shard_reserve_syn_refusal(shard);
	uint64_t bytes = 0;

	burst->count = 0;
	for (uint16_t i = 0; i < count; i++) {
		struct packet *packet = &burst->packets[burst->count];
		enum quern_drop reason = syn_refusal ? refuse_or_read(shard, mbufs[i], syn_refusal, packet)
						     : read_frame(shard, mbufs[i], packet);

		bytes += mbufs[i]->pkt_len;
		if (reason != QUERN_DROP_NONE) {
			shard_drop(shard, reason);
			bury(shard, mbufs[i]);
			continue;
		}
		if (may_be_foreign && is_foreign(shard, packet, mbufs[i]))
			continue;
		burst->mbufs[burst->count] = mbufs[i];
		burst->keys[burst->count] = &packet->key;
		burst->hashes[burst->count] = hash_of(shard, packet);
		table_prefetch(&shard->table, burst->hashes[burst->count]);
		burst->count++;
	}
	if (shard->is_moved) {
		count_moved(shard, burst, count);
		return;
	}
	counter_add(&shard->counters.rx_packets, count);
	counter_add(&shard->counters.rx_bytes, bytes);
}

/* One switch on what the packet is. */
static void dispatch(struct quern_shard *shard, struct shard_frame *frame, uint32_t ref)
{
	switch ((enum wire_kind)frame->packet->kind) {
	case WIRE_TCP:
		if (ref != 0 || !shard_is_foreign(shard, frame))
			shard_tcp_input(shard, frame, ref);
		break;
	case WIRE_ARP:
		shard_neigh_input(shard, frame);
		break;
	case WIRE_ICMP:
		if (ref != 0 || !shard_is_foreign(shard, frame))
			shard_icmp_input(shard, frame, ref);
		break;
	case WIRE_ND:
		shard_nd_input(shard, frame);
		break;
	case WIRE_GROUP:
		shard_group_input(shard, frame);
		break;
	case WIRE_UDP:
		shard_udp_input(shard, frame, ref);
		break;
	case WIRE_FRAGMENT:
		shard_fragment_input(shard, frame);
		break;
	}
}

/* What was looked up before the burst began may have changed within it: a record freed or moved, a flow that is new.
 * The key in the record tells; but a connection that is over keeps its key while its text is read. */
static uint32_t still_true(const struct quern_shard *shard, const struct burst *burst, uint32_t i)
{
	uint32_t ref = burst->refs[i];
	const struct table_records *records = &shard->table.records[table_ref_kind(ref)];
	const char *record;

	if (ref == 0)
		return shard->insertions ? table_find(&shard->table, burst->hashes[i], burst->keys[i]) : 0;
	/* Sessions of UDP end between bursts only. */
	if (table_ref_kind(ref) >= TABLE_UDP_INNER)
		return ref;
	record = (const char *)records->base + table_ref_index(ref) * records->stride;
	/* A TIME-WAIT record keeps its key when a SYN of this burst has parked it: only the table knows. */
	if (table_ref_kind(ref) == TABLE_CONN &&
	    flow_key_equal((const struct flow_key *)(const void *)record, burst->keys[i]) &&
	    !(shard->conns[table_ref_index(ref)].flags & TCP_LINGERS))
		return ref;
	return table_find(&shard->table, burst->hashes[i], burst->keys[i]);
}

static void take_burst(struct quern_shard *shard, struct rte_mbuf **mbufs, uint16_t count, uint64_t now_ns)
{
	struct burst burst;

	shard_set_time(shard, now_ns);
	if (count == 0)
		return;
#pragma GCC unroll 4
	for (uint16_t i = 0; i < count; i++)
		rte_prefetch0(rte_pktmbuf_mtod(mbufs[i], const void *));
	if (shard->glances) {
		count = shard_forward_burst(shard, mbufs, count);
		if (count == 0)
			return;
	}
	parse_all(shard, mbufs, count, &burst);
	table_find_burst(&shard->table, burst.hashes, burst.keys, burst.count, burst.refs);
	shard->insertions = 0;
	for (uint32_t i = 0; i < burst.count; i++) {
		if (shard->insertions && shard_ip6_name_again(shard, &burst.packets[i]))
			burst.hashes[i] = hash_of(shard, &burst.packets[i]);
		struct shard_frame frame = {burst.mbufs[i], &burst.packets[i], burst.hashes[i]};

		dispatch(shard, &frame, still_true(shard, &burst, i));
		if (frame.mbuf)
			bury(shard, frame.mbuf);
	}
	rte_pktmbuf_free_bulk(shard->dead, shard->dead_count);
	shard->dead_count = 0;
}

void shard_receive(struct quern_shard *shard, struct rte_mbuf **mbufs, uint16_t count, uint64_t now_ns)
{
	take_burst(shard, mbufs, count, now_ns);
}

void shard_receive_moved(struct quern_shard *shard, struct rte_mbuf **mbufs, uint16_t count, uint64_t now_ns)
{
	shard->is_moved = true;
	take_burst(shard, mbufs, count, now_ns);
	shard->is_moved = false;
}

uint16_t shard_foreign(struct quern_shard *shard, struct rte_mbuf **mbufs, uint16_t max)
{
	uint16_t count = (uint16_t)least(shard->foreign_count, max);

	shard->foreign_count -= count;
	memcpy(mbufs, shard->foreign + shard->foreign_count, count * sizeof(mbufs[0]));
	return count;
}
