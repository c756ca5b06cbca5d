/* floor_udp.c - a datagram in, the same datagram out. */
#include "floor/floor_udp.h"

#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_prefetch.h>
#include <rte_udp.h>

enum { BURST = 64 };

struct datagram {
	struct rte_ether_hdr ether;
	struct rte_ipv4_hdr ip;
	struct rte_udp_hdr udp;
} __attribute__((packed, aligned(2)));

/* RFC 1624, equation 3, of 16-bit words in network byte order. */
static inline uint16_t patched(uint16_t sum, uint32_t old, uint32_t new)
{
	uint32_t more = (uint16_t)~sum + (~old & 0xffff) + (~old >> 16) + (new & 0xffff) + (new >> 16);

	more = (more & 0xffff) + (more >> 16);
	return (uint16_t) ~((more & 0xffff) + (more >> 16));
}

static inline void forward(struct datagram *frame, uint32_t target)
{
	struct rte_ether_addr mac = frame->ether.dst_addr;
	uint32_t source = frame->ip.src_addr, dest = frame->ip.dst_addr;
	uint16_t port = frame->udp.src_port, life = (uint16_t)(frame->ip.next_proto_id << 8 | frame->ip.time_to_live);

	frame->ether.dst_addr = frame->ether.src_addr;
	frame->ether.src_addr = mac;
	frame->ip.time_to_live--;
	frame->ip.hdr_checksum = patched(patched(frame->ip.hdr_checksum, source, target), life, life - 1u);
	frame->ip.src_addr = dest;
	frame->ip.dst_addr = target;
	frame->udp.dgram_cksum = patched(frame->udp.dgram_cksum, source, target);
	frame->udp.src_port = frame->udp.dst_port;
	frame->udp.dst_port = port;
}

uint32_t floor_udp_turn(struct rte_ring *rx, struct rte_ring *tx, uint32_t target)
{
	struct rte_mbuf *mbufs[BURST];
	uint32_t count = rte_ring_dequeue_burst(rx, (void **)mbufs, BURST, NULL);

	for (uint32_t i = 0; i < count; i++)
		rte_prefetch0(rte_pktmbuf_mtod(mbufs[i], void *));
	for (uint32_t i = 0; i < count; i++)
		forward(rte_pktmbuf_mtod(mbufs[i], struct datagram *), target);
	rte_ring_enqueue_burst(tx, (void *const *)mbufs, count, NULL);
	return count;
}
