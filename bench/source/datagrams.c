/* datagrams.c - gives a forwarder as many datagrams over a memif as it takes, and counts those that come back.
 *
 *	datagrams SOCKET [-d SECONDS] [-w SECONDS] [-c CPU] [-f FLOWS] [-m]
 *
 * It is the clients at 198.18.0.9 that send to 198.18.0.1:7000, and the target at 198.18.0.5:7000 to which they are
 *forwarded, and answers ARP for both. -m: the other end is a mirror, which sends frames back as they are but for their
 *MAC addresses. It sends -w seconds before it counts. SOCKET is a whole path. Prints one line of JSON. */
#include <arpa/inet.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_arp.h>
#include <rte_bus_vdev.h>
#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_udp.h>

#include "base/check.h"
#include "support/bench_eal.h"

enum { BURST = 32, BUFFERS = 16383, CACHE = 256, DESCRIPTORS = 1024, LINK_S = 10, FLOWS_MAX = 65536, TEXT = 18 };
enum { PORT = 7000, FIRST_PORT = 1024, TTL = 64 };

#define FORWARDER 0xc6120001U
#define CLIENT 0xc6120009U
#define TARGET 0xc6120005U

struct frame {
	struct rte_ether_hdr ether;
	struct rte_ipv4_hdr ip;
	struct rte_udp_hdr udp;
	uint8_t text[TEXT];
} __attribute__((packed, aligned(2)));

struct question {
	struct rte_ether_hdr ether;
	struct rte_arp_hdr arp;
} __attribute__((packed, aligned(2)));

struct tally {
	uint64_t sent, refused, came, others;
};

static const struct rte_ether_addr own = {{2, 'q', 'd', 'g', 'm', 1}};
static struct frame *frames; /* one a flow */
static const char *socket_path;
static double seconds = 4, warm_up = 1;
static unsigned int cpu = 1, flows = 64;
static bool is_mirror;
static struct rte_ether_addr peer = {{2, 0, 0, 0, 0, 1}};
static bool knows_peer;
static struct rte_mempool *pool;
static uint16_t nic;
static struct question owed; /* an answer that the ring has no room for yet: who asks waits a second with the next */
static bool owes;

static bool read_options(int argc, char **argv)
{
	int letter;

	while ((letter = getopt(argc, argv, "d:w:c:f:m")) != -1) {
		switch (letter) {
		case 'd':
			seconds = strtod(optarg, NULL);
			break;
		case 'w':
			warm_up = strtod(optarg, NULL);
			break;
		case 'c':
			cpu = (unsigned int)strtoul(optarg, NULL, 10);
			break;
		case 'f':
			flows = (unsigned int)strtoul(optarg, NULL, 10);
			break;
		case 'm':
			is_mirror = true;
			break;
		default:
			return false;
		}
	}
	socket_path = argv[optind];
	return argc - optind == 1 && seconds > 0 && flows > 0 && flows <= FLOWS_MAX - FIRST_PORT;
}

/* EAL has taken a CPU of its own choice. */
static void move_to_cpu(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) != 0)
		fprintf(stderr, "datagrams: cannot run on CPU %u; going on where it is\n", cpu);
}

static void open_port(void)
{
	struct rte_eth_conf conf = {.rxmode.mtu = RTE_ETHER_MTU};
	struct rte_eth_link link = {.link_status = 0};
	char arguments[256];

	snprintf(arguments, sizeof(arguments), "role=client,socket=%s,socket-abstract=no,rsize=11,bsize=1536",
		 socket_path);
	pool = rte_pktmbuf_pool_create("datagrams", BUFFERS, CACHE, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	CHECK(pool != NULL);
	CHECK(rte_vdev_init("net_memif0", arguments) == 0);
	CHECK(rte_eth_dev_get_port_by_name("net_memif0", &nic) == 0);
	CHECK(rte_eth_dev_configure(nic, 1, 1, &conf) == 0);
	CHECK(rte_eth_rx_queue_setup(nic, 0, DESCRIPTORS, 0, NULL, pool) == 0);
	CHECK(rte_eth_tx_queue_setup(nic, 0, DESCRIPTORS, 0, NULL) == 0);
	CHECK(rte_eth_dev_start(nic) == 0);
	for (int i = 0; i < LINK_S * 100 && !link.link_status; i++) {
		rte_delay_us_sleep(10000);
		CHECK(rte_eth_link_get_nowait(nic, &link) == 0);
	}
	CHECK(link.link_status);
}

/* What is made of a frame that is wanted: its first bytes, and a buffer of that length. False where the ring is full.
 */
static bool send_one(const void *bytes, uint16_t count)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(pool);

	CHECK(mbuf != NULL);
	memcpy(rte_pktmbuf_append(mbuf, count), bytes, count);
	if (rte_eth_tx_burst(nic, 0, &mbuf, 1) == 1)
		return true;
	rte_pktmbuf_free(mbuf);
	return false;
}

static void ask(void)
{
	struct question question = {.ether = {.src_addr = own, .ether_type = htons(RTE_ETHER_TYPE_ARP)},
				    .arp = {.arp_hardware = htons(RTE_ARP_HRD_ETHER),
					    .arp_protocol = htons(RTE_ETHER_TYPE_IPV4),
					    .arp_hlen = 6,
					    .arp_plen = 4,
					    .arp_opcode = htons(RTE_ARP_OP_REQUEST)}};

	memset(&question.ether.dst_addr, 0xff, 6);
	question.arp.arp_data =
		(struct rte_arp_ipv4){.arp_sha = own, .arp_sip = htonl(CLIENT), .arp_tip = htonl(FORWARDER)};
	send_one(&question, sizeof(question));
}

/* Says where the forwarder is, or asks where we are. */
static void hear_arp(const struct question *heard)
{
	struct question answer = *heard;

	if (heard->arp.arp_opcode == htons(RTE_ARP_OP_REPLY)) {
		peer = heard->arp.arp_data.arp_sha;
		knows_peer = true;
		return;
	}
	answer.ether.dst_addr = heard->ether.src_addr;
	answer.ether.src_addr = own;
	answer.arp.arp_opcode = htons(RTE_ARP_OP_REPLY);
	answer.arp.arp_data = (struct rte_arp_ipv4){.arp_sha = own,
						    .arp_sip = heard->arp.arp_data.arp_tip,
						    .arp_tha = heard->arp.arp_data.arp_sha,
						    .arp_tip = heard->arp.arp_data.arp_sip};
	owed = answer;
	owes = true;
}

/* One burst that has come back. */
static void hear(struct tally *tally)
{
	const uint32_t expected = htonl(is_mirror ? FORWARDER : TARGET);
	struct rte_mbuf *mbufs[BURST];
	uint16_t count = rte_eth_rx_burst(nic, 0, mbufs, BURST);

	for (uint16_t i = 0; i < count; i++) {
		const struct frame *frame = rte_pktmbuf_mtod(mbufs[i], const struct frame *);

		if (frame->ether.ether_type == htons(RTE_ETHER_TYPE_ARP))
			hear_arp(rte_pktmbuf_mtod(mbufs[i], const struct question *));
		else if (frame->ip.dst_addr == expected && frame->ip.next_proto_id == IPPROTO_UDP)
			tally->came++;
		else
			tally->others++;
	}
	rte_pktmbuf_free_bulk(mbufs, count);
}

/* One burst, of so many flows in turn; of what the ring has no room for nothing is said again. */
static void say(struct tally *tally)
{
	static unsigned int next;
	struct rte_mbuf *mbufs[BURST];
	uint16_t sent;

	if (rte_pktmbuf_alloc_bulk(pool, mbufs, BURST) != 0)
		return;
	for (uint16_t i = 0; i < BURST; i++) {
		memcpy(rte_pktmbuf_append(mbufs[i], sizeof(struct frame)), &frames[next], sizeof(struct frame));
		next = next + 1 < flows ? next + 1 : 0;
	}
	sent = rte_eth_tx_burst(nic, 0, mbufs, BURST);
	rte_pktmbuf_free_bulk(mbufs + sent, (unsigned int)(BURST - sent));
	tally->sent += sent;
	tally->refused += (uint64_t)(BURST - sent);
}

static void find_peer(void)
{
	uint64_t give_up = rte_rdtsc() + LINK_S * rte_get_tsc_hz();
	struct tally tally = {.sent = 0};

	while (!is_mirror && !knows_peer) {
		CHECK(rte_rdtsc() < give_up);
		ask();
		rte_delay_us_sleep(10000);
		hear(&tally);
	}
}

static void make_frames(void)
{
	frames = calloc(flows, sizeof(*frames));
	CHECK(frames != NULL);
	for (unsigned int i = 0; i < flows; i++) {
		struct frame *frame = &frames[i];

		frame->ether = (struct rte_ether_hdr){
			.dst_addr = peer, .src_addr = own, .ether_type = htons(RTE_ETHER_TYPE_IPV4)};
		frame->ip = (struct rte_ipv4_hdr){.version_ihl = 0x45,
						  .total_length = htons(sizeof(*frame) - sizeof(frame->ether)),
						  .time_to_live = TTL,
						  .next_proto_id = IPPROTO_UDP,
						  .src_addr = htonl(CLIENT),
						  .dst_addr = htonl(FORWARDER)};
		frame->udp = (struct rte_udp_hdr){.src_port = htons((uint16_t)(FIRST_PORT + i)),
						  .dst_port = htons(PORT),
						  .dgram_len = htons(sizeof(frame->udp) + TEXT)};
		frame->ip.hdr_checksum = rte_ipv4_cksum(&frame->ip);
		frame->udp.dgram_cksum = rte_ipv4_udptcp_cksum(&frame->ip, &frame->udp);
	}
}

static double run(double length, struct tally *tally)
{
	uint64_t start = rte_rdtsc(), end = start + (uint64_t)(length * (double)rte_get_tsc_hz()), now = start;

	*tally = (struct tally){.sent = 0};
	for (; now < end; now = rte_rdtsc()) {
		hear(tally);
		if (owes)
			owes = !send_one(&owed, sizeof(owed));
		say(tally);
	}
	return (double)(now - start) / (double)rte_get_tsc_hz();
}

int main(int argc, char **argv)
{
	struct tally tally;
	double took;

	if (!read_options(argc, argv)) {
		fprintf(stderr, "usage: datagrams SOCKET [-d SECONDS] [-w SECONDS] [-c CPU] [-f FLOWS] [-m]\n");
		return 2;
	}
	bench_eal_open("256");
	open_port();
	move_to_cpu();
	find_peer();
	make_frames();
	run(warm_up, &tally);
	took = run(seconds, &tally);
	printf("{\"seconds\": %.3f, \"sent\": %lu, \"refused\": %lu, \"came\": %lu, \"others\": %lu, \"pps\": %.0f}\n",
	       took, tally.sent, tally.refused, tally.came, tally.others, (double)tally.came / took);
	fflush(stdout);
	rte_eth_dev_stop(nic);
	bench_eal_close();
	return 0;
}
