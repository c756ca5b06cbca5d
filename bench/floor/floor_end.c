/* floor_end.c - what cannot be left out of a connection's life. */
#include "floor/floor_end.h"

#include <emmintrin.h>

#include <rte_ether.h>
#include <rte_hash_crc.h>
#include <rte_ip.h>
#include <rte_tcp.h>

enum { FIN = 1, SYN = 2, ACK = 16, RETRANSMIT_TICKS = 1000, WAIT_TICKS = 200, PORTS = 60000, SERVER_PORTS = 256 };

struct frame {
	struct rte_ether_hdr ether;
	struct rte_ipv4_hdr ip;
	struct rte_tcp_hdr tcp;
} __attribute__((packed, aligned(2)));

static inline uint32_t hash_of(uint32_t local, uint32_t remote, uint16_t local_port, uint16_t remote_port)
{
	uint32_t addresses = rte_hash_crc_8byte((uint64_t)local << 32 | remote, 0x1234567);

	return rte_hash_crc_4byte((uint32_t)local_port << 16 | remote_port, addresses);
}

static inline uint16_t tag_of(uint32_t hash)
{
	return (uint16_t)(hash >> 16 | 1);
}

static inline uint32_t ways_with(const struct floor_bucket *bucket, uint16_t tag)
{
	__m128i tags = _mm_load_si128((const __m128i *)bucket->tags);

	return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi16(tags, _mm_set1_epi16((short)tag)));
}

static inline uint32_t find(const struct floor_end *end, uint32_t hash, const struct frame *frame)
{
	const struct floor_bucket *bucket = &end->buckets[hash & end->bucket_mask];

	for (uint32_t hits = ways_with(bucket, tag_of(hash)); hits; hits &= hits - 1, hits &= hits - 1) {
		uint32_t index = bucket->indices[__builtin_ctz(hits) >> 1];
		const struct floor_record *record = &end->records[index];

		if (record->remote == frame->ip.src_addr && record->remote_port == frame->tcp.src_port &&
		    record->local == frame->ip.dst_addr && record->local_port == frame->tcp.dst_port)
			return index;
	}
	return 0;
}

static inline bool insert(struct floor_end *end, uint32_t hash, uint32_t index)
{
	struct floor_bucket *bucket = &end->buckets[hash & end->bucket_mask];
	uint32_t empty = ways_with(bucket, 0);

	if (!empty)
		return false;
	bucket->tags[__builtin_ctz(empty) >> 1] = tag_of(hash);
	bucket->indices[__builtin_ctz(empty) >> 1] = index;
	return true;
}

static inline void retire(struct floor_end *end, uint32_t index)
{
	struct floor_bucket *bucket = &end->buckets[end->records[index].hash & end->bucket_mask];

	for (int i = 0; i < 8; i++) {
		if (bucket->tags[i] && bucket->indices[i] == index) {
			bucket->tags[i] = 0;
			break;
		}
	}
	end->records[index].phase = FLOOR_FREE;
	end->free[end->free_count++] = index;
	end->closed++;
}

static inline void arm(struct floor_end *end, uint32_t index, uint32_t ticks)
{
	struct floor_record *record = &end->records[index];

	record->slot = (end->now + ticks) & (FLOOR_SLOTS - 1);
	record->next = end->wheel[record->slot];
	record->previous = 0;
	if (record->next)
		end->records[record->next].previous = index;
	end->wheel[record->slot] = index;
}

static inline void cancel(struct floor_end *end, uint32_t index)
{
	const struct floor_record *record = &end->records[index];

	if (record->previous)
		end->records[record->previous].next = record->next;
	else
		end->wheel[record->slot] = record->next;
	if (record->next)
		end->records[record->next].previous = record->previous;
}

static void lose(struct floor_end *end, struct rte_mbuf *mbuf)
{
	end->lost++;
	rte_pktmbuf_free(mbuf);
}

void floor_flush(struct floor_end *end)
{
	uint32_t sent = rte_ring_sp_enqueue_burst(end->tx, (void **)end->out, end->out_count, NULL);

	for (; sent < end->out_count; sent++)
		lose(end, end->out[sent]);
	end->out_count = 0;
}

static inline void answer(struct floor_end *end, struct rte_mbuf *mbuf, struct floor_record *record, uint8_t flags)
{
	struct frame *frame = rte_pktmbuf_mtod(mbuf, struct frame *);

	frame->ip.src_addr = record->local;
	frame->ip.dst_addr = record->remote;
	frame->tcp.src_port = record->local_port;
	frame->tcp.dst_port = record->remote_port;
	frame->tcp.sent_seq = rte_cpu_to_be_32(record->snd_nxt);
	frame->tcp.recv_ack = rte_cpu_to_be_32(record->rcv_nxt);
	frame->tcp.tcp_flags = flags;
	frame->ip.hdr_checksum = 0;
	frame->ip.hdr_checksum = rte_ipv4_cksum(&frame->ip);
	frame->tcp.cksum = 0;
	frame->tcp.cksum = rte_ipv4_udptcp_cksum(&frame->ip, &frame->tcp);
	record->snd_nxt += !!(flags & (SYN | FIN));
	end->out[end->out_count++] = mbuf;
	if (end->out_count == FLOOR_OUT)
		floor_flush(end);
}

static inline void say(struct floor_end *end, struct floor_record *record, uint8_t flags)
{
	static const struct frame blank = {
		.ether.ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4),
		.ip = {.version_ihl = 0x45, .total_length = RTE_BE16(40), .time_to_live = 64, .next_proto_id = 6},
		.tcp = {.data_off = 0x50, .rx_win = 0xffff}};
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(end->pool);

	if (!mbuf) {
		end->lost++;
		return;
	}
	*rte_pktmbuf_mtod(mbuf, struct frame *) = blank;
	mbuf->data_len = sizeof(blank);
	mbuf->pkt_len = sizeof(blank);
	answer(end, mbuf, record, flags);
}

static uint32_t record_new(struct floor_end *end, const struct floor_record *wanted)
{
	uint32_t index;

	if (!end->free_count)
		return 0;
	index = end->free[--end->free_count];
	end->records[index] = *wanted;
	if (insert(end, wanted->hash, index))
		return index;
	end->free[end->free_count++] = index;
	return 0;
}

static void accept_syn(struct floor_end *end, struct rte_mbuf *mbuf, uint32_t hash)
{
	const struct frame *frame = rte_pktmbuf_mtod(mbuf, const struct frame *);
	struct floor_record wanted = {.local = frame->ip.dst_addr,
				      .remote = frame->ip.src_addr,
				      .local_port = frame->tcp.dst_port,
				      .remote_port = frame->tcp.src_port,
				      .snd_nxt = hash * 2654435761u,
				      .rcv_nxt = rte_be_to_cpu_32(frame->tcp.sent_seq) + 1,
				      .hash = hash,
				      .phase = FLOOR_OPENING};
	uint32_t index = end->is_server && frame->tcp.tcp_flags == SYN ? record_new(end, &wanted) : 0;

	if (!index) {
		lose(end, mbuf);
		return;
	}
	answer(end, mbuf, &end->records[index], SYN | ACK);
	arm(end, index, RETRANSMIT_TICKS);
}

static void serve(struct floor_end *end, struct rte_mbuf *mbuf, uint32_t index, uint8_t flags, uint32_t seq)
{
	struct floor_record *record = &end->records[index];

	if (record->phase == FLOOR_OPENING) {
		cancel(end, index);
		record->phase = FLOOR_OPEN;
		rte_pktmbuf_free(mbuf);
	} else if (record->phase == FLOOR_OPEN && flags & FIN) {
		record->rcv_nxt = seq + 1;
		record->phase = FLOOR_CLOSING;
		answer(end, mbuf, record, FIN | ACK);
		arm(end, index, RETRANSMIT_TICKS);
	} else if (record->phase == FLOOR_CLOSING) {
		cancel(end, index);
		retire(end, index);
		rte_pktmbuf_free(mbuf);
	} else {
		lose(end, mbuf);
	}
}

static void ask(struct floor_end *end, struct rte_mbuf *mbuf, uint32_t index, uint8_t flags, uint32_t seq)
{
	struct floor_record *record = &end->records[index];

	if (record->phase == FLOOR_OPENING && flags == (SYN | ACK)) {
		cancel(end, index);
		record->rcv_nxt = seq + 1;
		answer(end, mbuf, record, ACK);
		say(end, record, FIN | ACK);
		record->phase = FLOOR_CLOSING;
		arm(end, index, RETRANSMIT_TICKS);
	} else if (record->phase == FLOOR_CLOSING && flags & FIN) {
		cancel(end, index);
		record->rcv_nxt = seq + 1;
		answer(end, mbuf, record, ACK);
		record->phase = FLOOR_WAITING;
		arm(end, index, WAIT_TICKS);
	} else {
		lose(end, mbuf);
	}
}

static void meet(struct floor_end *end, struct rte_mbuf *mbuf, uint32_t hash)
{
	const struct frame *frame = rte_pktmbuf_mtod(mbuf, const struct frame *);
	uint32_t seq = rte_be_to_cpu_32(frame->tcp.sent_seq), index;
	uint8_t flags = frame->tcp.tcp_flags;

	if (rte_ipv4_udptcp_cksum_verify(&frame->ip, &frame->tcp) != 0) {
		lose(end, mbuf);
		return;
	}
	index = find(end, hash, frame);
	if (!index)
		accept_syn(end, mbuf, hash);
	else if (end->is_server)
		serve(end, mbuf, index, flags, seq);
	else
		ask(end, mbuf, index, flags, seq);
}

void floor_receive(struct floor_end *end)
{
	struct rte_mbuf *mbufs[FLOOR_BURST];
	uint32_t hashes[FLOOR_BURST];
	uint32_t count = rte_ring_sc_dequeue_burst(end->rx, (void **)mbufs, FLOOR_BURST, NULL);

	for (uint32_t i = 0; i < count; i++)
		rte_prefetch0(rte_pktmbuf_mtod(mbufs[i], void *));
	for (uint32_t i = 0; i < count; i++) {
		const struct frame *frame = rte_pktmbuf_mtod(mbufs[i], const struct frame *);

		hashes[i] = hash_of(frame->ip.dst_addr, frame->ip.src_addr, frame->tcp.dst_port, frame->tcp.src_port);
		rte_prefetch0(&end->buckets[hashes[i] & end->bucket_mask]);
	}
	for (uint32_t i = 0; i < count; i++) {
		const struct floor_bucket *bucket = &end->buckets[hashes[i] & end->bucket_mask];
		uint32_t hits = ways_with(bucket, tag_of(hashes[i]));

		if (hits)
			rte_prefetch0(&end->records[bucket->indices[__builtin_ctz(hits) >> 1]]);
	}
	for (uint32_t i = 0; i < count; i++)
		meet(end, mbufs[i], hashes[i]);
	floor_flush(end);
}

void floor_tick(struct floor_end *end)
{
	uint32_t index;

	end->now = (end->now + 1) & (FLOOR_SLOTS - 1);
	index = end->wheel[end->now];
	end->wheel[end->now] = 0;
	while (index) {
		uint32_t next = end->records[index].next;

		if (end->records[index].phase == FLOOR_WAITING)
			retire(end, index);
		else
			end->lost++;
		index = next;
	}
}

uint32_t floor_open(struct floor_end *end, uint32_t number)
{
	struct floor_record wanted = {.local = RTE_BE32(0xc6120000 + number / PORTS),
				      .remote = RTE_BE32(0xc6130001),
				      .local_port = (uint16_t)(1024 + number % PORTS),
				      .remote_port = (uint16_t)(80 + (number / (PORTS * SERVER_PORTS)) % SERVER_PORTS),
				      .phase = FLOOR_OPENING};
	uint32_t index;

	wanted.hash = hash_of(wanted.local, wanted.remote, wanted.local_port, wanted.remote_port);
	wanted.snd_nxt = wanted.hash * 77u;
	index = record_new(end, &wanted);
	if (!index)
		return 0;
	say(end, &end->records[index], SYN);
	arm(end, index, RETRANSMIT_TICKS);
	return 1;
}
