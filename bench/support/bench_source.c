/* bench_source.c - clients without a state. */
#include "support/bench_source.h"

#include <string.h>

#include <rte_arp.h>
#include <rte_byteorder.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_tcp.h>

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16, FIRST_PORT = 1024, LAST_PORT = 60999, ISS_STEP = 8, OCTETS = 16 };

struct frame {
	struct rte_ether_hdr ether;
	struct rte_ipv4_hdr ip;
	struct rte_tcp_hdr tcp;
	uint8_t text[OCTETS];
} __attribute__((packed, aligned(2)));

struct arp_frame {
	struct rte_ether_hdr ether;
	struct rte_arp_hdr arp;
} __attribute__((packed, aligned(2)));

static uint64_t sum_words(const void *at, unsigned int words)
{
	uint64_t sum = 0;
	uint32_t word;

	for (unsigned int i = 0; i < words; i++) {
		memcpy(&word, (const uint8_t *)at + 4 * i, sizeof(word));
		sum += word;
	}
	return sum;
}

static uint16_t fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* Both checksums, and lengths; what follows the TCP header is in `text`, zero up to a multiple of four. */
static void finish(struct rte_mbuf *mbuf, struct frame *frame, uint16_t behind)
{
	uint16_t tcp_bytes = (uint16_t)(sizeof(frame->tcp) + behind);
	uint16_t bytes = (uint16_t)(sizeof(frame->ether) + sizeof(frame->ip) + tcp_bytes);

	frame->ip.total_length = rte_cpu_to_be_16((uint16_t)(sizeof(frame->ip) + tcp_bytes));
	frame->ip.hdr_checksum = 0;
	frame->ip.hdr_checksum = fold(sum_words(&frame->ip, 5));
	frame->tcp.cksum = 0;
	frame->tcp.cksum = fold(sum_words(&frame->ip.src_addr, 2) + RTE_BE16(6) + rte_cpu_to_be_16(tcp_bytes) +
				sum_words(&frame->tcp, 5) + sum_words(frame->text, (behind + 3u) / 4));
	mbuf->data_len = bytes;
	mbuf->pkt_len = bytes;
}

void bench_source_ask(struct bench_source *source, struct rte_mbuf *mbuf)
{
	struct arp_frame *frame = rte_pktmbuf_mtod(mbuf, struct arp_frame *);

	*frame = (struct arp_frame){.ether.ether_type = RTE_BE16(RTE_ETHER_TYPE_ARP),
				    .arp = {.arp_hardware = RTE_BE16(RTE_ARP_HRD_ETHER),
					    .arp_protocol = RTE_BE16(RTE_ETHER_TYPE_IPV4),
					    .arp_hlen = 6,
					    .arp_plen = 4,
					    .arp_opcode = RTE_BE16(RTE_ARP_OP_REQUEST)}};
	memset(&frame->ether.dst_addr, 0xff, 6);
	memcpy(&frame->ether.src_addr, source->mac, 6);
	memcpy(&frame->arp.arp_data.arp_sha, source->mac, 6);
	frame->arp.arp_data.arp_sip = rte_cpu_to_be_32(source->first);
	frame->arp.arp_data.arp_tip = rte_cpu_to_be_32(source->target);
	mbuf->data_len = sizeof(*frame);
	mbuf->pkt_len = sizeof(*frame);
}

void bench_source_syn(struct bench_source *source, struct rte_mbuf *mbuf)
{
	struct frame *frame = rte_pktmbuf_mtod(mbuf, struct frame *);
	static const struct frame blank = {.ether.ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4),
					   .ip = {.version_ihl = 0x45, .time_to_live = 64, .next_proto_id = 6},
					   .tcp = {.data_off = 0x60, .tcp_flags = SYN, .rx_win = 0xffff},
					   .text = {2, 4, 1460 >> 8, 1460 & 0xff}}; /* MSS */

	*frame = blank;
	memcpy(&frame->ether.dst_addr, source->target_mac, 6);
	memcpy(&frame->ether.src_addr, source->mac, 6);
	if (source->next_port < FIRST_PORT)
		source->next_port = FIRST_PORT;
	frame->ip.src_addr = rte_cpu_to_be_32(source->first + source->next_address);
	frame->ip.dst_addr = rte_cpu_to_be_32(source->target);
	frame->tcp.src_port = rte_cpu_to_be_16(source->next_port);
	frame->tcp.dst_port = rte_cpu_to_be_16(source->target_port);
	/* Beyond the last number of the same client's last connection, which may be in TIME-WAIT (RFC 6191). */
	frame->tcp.sent_seq = rte_cpu_to_be_32((uint32_t)source->counts.syns * ISS_STEP);
	finish(mbuf, frame, 4);
	source->counts.syns++;
	if (++source->next_address == source->addresses) {
		source->next_address = 0;
		source->next_port = (uint16_t)(source->next_port < LAST_PORT ? source->next_port + 1 : FIRST_PORT);
	}
}

static bool answer_arp(struct bench_source *source, struct rte_mbuf *mbuf)
{
	struct arp_frame *frame = rte_pktmbuf_mtod(mbuf, struct arp_frame *);
	struct rte_arp_ipv4 *data = &frame->arp.arp_data;
	uint32_t asked = data->arp_tip;

	if (mbuf->data_len < sizeof(*frame))
		return false;
	if (data->arp_sip == rte_cpu_to_be_32(source->target))
		memcpy(source->target_mac, &data->arp_sha, 6);
	if (frame->arp.arp_opcode != RTE_BE16(RTE_ARP_OP_REQUEST) ||
	    rte_be_to_cpu_32(asked) - source->first >= source->addresses)
		return false;
	frame->arp.arp_opcode = RTE_BE16(RTE_ARP_OP_REPLY);
	data->arp_tip = data->arp_sip;
	data->arp_tha = data->arp_sha;
	data->arp_sip = asked;
	memcpy(&data->arp_sha, source->mac, 6);
	frame->ether.dst_addr = frame->ether.src_addr;
	memcpy(&frame->ether.src_addr, source->mac, 6);
	source->counts.arps++;
	return true;
}

/* Back to where it came from, with the numbers that it asks for. */
static bool answer(struct rte_mbuf *mbuf, uint32_t length, uint8_t flags, uint16_t text_bytes)
{
	struct frame *frame = rte_pktmbuf_mtod(mbuf, struct frame *);
	struct rte_ether_addr mac = frame->ether.dst_addr;
	uint32_t address = frame->ip.src_addr, seq = rte_be_to_cpu_32(frame->tcp.sent_seq);
	uint16_t port = frame->tcp.src_port;

	frame->ether.dst_addr = frame->ether.src_addr;
	frame->ether.src_addr = mac;
	frame->ip.src_addr = frame->ip.dst_addr;
	frame->ip.dst_addr = address;
	frame->tcp.src_port = frame->tcp.dst_port;
	frame->tcp.dst_port = port;
	frame->tcp.sent_seq = frame->tcp.recv_ack;
	frame->tcp.recv_ack = rte_cpu_to_be_32(seq + length);
	frame->tcp.data_off = 0x50;
	frame->tcp.tcp_flags = flags;
	frame->tcp.rx_win = 0xffff;
	memset(frame->text, 0, 4);
	frame->text[0] = text_bytes ? 'q' : 0;
	finish(mbuf, frame, text_bytes);
	return true;
}

static bool ignore(uint64_t *counter)
{
	(*counter)++;
	return false;
}

bool bench_source_answer(struct bench_source *source, struct rte_mbuf *mbuf)
{
	const struct frame *frame = rte_pktmbuf_mtod(mbuf, const struct frame *);
	struct bench_source_counts *counts = &source->counts;
	uint32_t headers, text;
	uint8_t flags;

	if (frame->ether.ether_type == RTE_BE16(RTE_ETHER_TYPE_ARP))
		return answer_arp(source, mbuf);
	if (mbuf->data_len < offsetof(struct frame, text) || frame->ip.version_ihl != 0x45 ||
	    frame->ip.next_proto_id != 6)
		return ignore(&counts->ignored);
	headers = sizeof(frame->ip) + (frame->tcp.data_off >> 4) * 4u;
	text = rte_be_to_cpu_16(frame->ip.total_length) - headers;
	flags = frame->tcp.tcp_flags;
	if (flags & RST)
		return ignore(&counts->resets);
	if ((flags & (SYN | ACK)) == (SYN | ACK)) {
		counts->syn_acks++;
		return !source->is_mute && answer(mbuf, 1, PSH | ACK, 1);
	}
	if (flags & FIN) {
		counts->fins++;
		return answer(mbuf, text + 1, FIN | ACK, 0);
	}
	if (text > 0) {
		counts->texts++;
		return answer(mbuf, text, ACK, 0);
	}
	return ignore(flags == ACK ? &counts->last_acks : &counts->ignored);
}
