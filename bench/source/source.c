/* source.c - offers a server more connections than it can take: SYNs at a rate over a memif, whatever comes of them,
 *and an answer to each answer (support/bench_source.h).
 *
 *	source SOCKET TARGET PORT [-r SYNS_A_SECOND] [-d SECONDS] [-w SECONDS] [-n SYNS] [-c CPU] [-z MICROSECONDS]
 *	       [-s FIRST] [-a ADDRESSES] [-m]
 *
 * -r 0, the default, is as many as it can. After -d seconds or -n SYNs it goes on answering for -w seconds. -z lets
 * others have its CPU for so long in every two milliseconds. SOCKET is a whole path. FIRST is the first of so many
 * addresses of clients. -m says nothing after the SYNs: nobody is there. Prints one line of JSON. */
#include <arpa/inet.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include <rte_bus_vdev.h>
#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "base/check.h"
#include "support/bench_eal.h"
#include "support/bench_source.h"

enum { BURST = 32, BUFFERS = 16383, CACHE = 256, DESCRIPTORS = 1024, LINK_S = 10, LATE_MS = 1, NAPS_A_SECOND = 500 };

struct options {
	const char *socket;
	double syns_a_second, seconds, drain_seconds;
	uint64_t most_syns;
	unsigned int cpu, nap_us;
};

struct tally {
	uint64_t refused_syns; /* the ring was full */
	uint64_t late_syns;    /* due while the source was busy, or not run at all */
	uint64_t packets, busy_cycles;
	uint64_t fins_in_flood;
};

static struct bench_source source = {.mac = {2, 'q', 's', 'r', 'c', 1}};
static struct options options = {.seconds = 4, .drain_seconds = 1, .most_syns = UINT64_MAX, .cpu = 1};
static struct tally tally;
static struct rte_mempool *pool;
static uint16_t port;

static int usage(void)
{
	fprintf(stderr, "usage: source SOCKET TARGET PORT [-r SYNS_A_SECOND] [-d SECONDS] [-w SECONDS] [-n SYNS]\n"
			"              [-c CPU] [-z MICROSECONDS] [-s FIRST] [-a ADDRESSES] [-m]\n");
	return 2;
}

static uint32_t address_of(const char *text)
{
	struct in_addr address = {.s_addr = 0};

	inet_pton(AF_INET, text, &address);
	return ntohl(address.s_addr);
}

static bool read_options(int argc, char **argv)
{
	int letter;

	source.first = address_of("198.18.16.0");
	source.addresses = 2048;
	while ((letter = getopt(argc, argv, "r:d:w:n:c:z:s:a:m")) != -1) {
		switch (letter) {
		case 'r':
			options.syns_a_second = strtod(optarg, NULL);
			break;
		case 'd':
			options.seconds = strtod(optarg, NULL);
			break;
		case 'w':
			options.drain_seconds = strtod(optarg, NULL);
			break;
		case 'n':
			options.most_syns = strtoull(optarg, NULL, 10);
			break;
		case 'c':
			options.cpu = (unsigned int)strtoul(optarg, NULL, 10);
			break;
		case 'z':
			options.nap_us = (unsigned int)strtoul(optarg, NULL, 10);
			break;
		case 's':
			source.first = address_of(optarg);
			break;
		case 'a':
			source.addresses = (uint32_t)strtoul(optarg, NULL, 10);
			break;
		case 'm':
			source.is_mute = true;
			break;
		default:
			return false;
		}
	}
	if (argc - optind != 3)
		return false;
	options.socket = argv[optind];
	source.target = address_of(argv[optind + 1]);
	source.target_port = (uint16_t)strtoul(argv[optind + 2], NULL, 10);
	return source.first && source.addresses && source.target && source.target_port && options.seconds > 0;
}

/* EAL has taken a CPU of its own choice. */
static void move_to_cpu(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(options.cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) != 0)
		fprintf(stderr, "source: cannot run on CPU %u; going on where it is\n", options.cpu);
}

static void open_port(void)
{
	struct rte_eth_conf conf = {.rxmode.mtu = RTE_ETHER_MTU};
	struct rte_eth_link link = {.link_status = 0};
	char arguments[256];

	snprintf(arguments, sizeof(arguments), "role=client,socket=%s,socket-abstract=no,rsize=11,bsize=1536",
		 options.socket);
	pool = rte_pktmbuf_pool_create("source", BUFFERS, CACHE, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	CHECK(pool != NULL);
	CHECK(rte_vdev_init("net_memif0", arguments) == 0);
	CHECK(rte_eth_dev_get_port_by_name("net_memif0", &port) == 0);
	CHECK(rte_eth_dev_configure(port, 1, 1, &conf) == 0);
	CHECK(rte_eth_rx_queue_setup(port, 0, DESCRIPTORS, 0, NULL, pool) == 0);
	CHECK(rte_eth_tx_queue_setup(port, 0, DESCRIPTORS, 0, NULL) == 0);
	CHECK(rte_eth_dev_start(port) == 0);
	for (int i = 0; i < LINK_S * 100 && !link.link_status; i++) {
		rte_delay_us_sleep(10000);
		CHECK(rte_eth_link_get_nowait(port, &link) == 0);
	}
	CHECK(link.link_status);
}

/* Answers are never lost: the port is asked until it takes them, as a client's own interface would hold them. */
static void send_answers(struct rte_mbuf **mbufs, uint16_t count, uint64_t give_up)
{
	uint16_t sent = 0;

	while (sent < count && rte_rdtsc() < give_up)
		sent = (uint16_t)(sent + rte_eth_tx_burst(port, 0, mbufs + sent, (uint16_t)(count - sent)));
	rte_pktmbuf_free_bulk(mbufs + sent, count - sent);
}

/* One burst from the server; how many frames it had. */
static uint16_t answer_burst(uint64_t give_up)
{
	struct rte_mbuf *mbufs[BURST];
	uint16_t count = rte_eth_rx_burst(port, 0, mbufs, BURST), kept = 0;

	for (uint16_t i = 0; i < count; i++)
		rte_prefetch0(rte_pktmbuf_mtod(mbufs[i], void *));
	for (uint16_t i = 0; i < count; i++) {
		struct rte_mbuf *mbuf = mbufs[i];

		if (bench_source_answer(&source, mbuf))
			mbufs[kept++] = mbuf;
		else
			rte_pktmbuf_free(mbuf);
	}
	tally.packets += count + kept;
	send_answers(mbufs, kept, give_up);
	return count;
}

/* SYNs that find the ring full are not offered: nobody but the server counts what was. */
static void send_syns(uint16_t count)
{
	struct rte_mbuf *mbufs[BURST];
	uint16_t sent;

	if (rte_pktmbuf_alloc_bulk(pool, mbufs, count) != 0)
		return;
	for (uint16_t i = 0; i < count; i++)
		bench_source_syn(&source, mbufs[i]);
	sent = rte_eth_tx_burst(port, 0, mbufs, count);
	rte_pktmbuf_free_bulk(mbufs + sent, count - sent);
	tally.refused_syns += count - sent;
	tally.packets += sent;
}

/* How many are due by the clock; what a pause has left undone for long is given up, or it would come in one burst. */
static uint16_t syns_due(uint64_t elapsed, double syns_a_cycle)
{
	uint64_t done = source.counts.syns + tally.late_syns, due, late;

	if (source.counts.syns >= options.most_syns)
		return 0;
	if (syns_a_cycle <= 0)
		return BURST;
	due = (uint64_t)((double)elapsed * syns_a_cycle);
	if (due <= done)
		return 0;
	late = (uint64_t)((double)rte_get_tsc_hz() / 1000 * LATE_MS * syns_a_cycle) + BURST;
	if (due - done > late) {
		tally.late_syns += due - done - late;
		return BURST;
	}
	return (uint16_t)RTE_MIN(due - done, (uint64_t)BURST);
}

static void find_target(uint64_t hz)
{
	static const uint8_t nobody[6];
	uint64_t give_up = rte_rdtsc() + LINK_S * hz;

	while (memcmp(source.target_mac, nobody, 6) == 0) {
		struct rte_mbuf *mbuf = rte_pktmbuf_alloc(pool);

		CHECK(mbuf != NULL && rte_rdtsc() < give_up);
		bench_source_ask(&source, mbuf);
		send_answers(&mbuf, 1, give_up);
		rte_delay_us_sleep(10000);
		answer_burst(give_up);
	}
}

/* Answers until `end`, and offers SYNs where it may. */
static void run_until(uint64_t end, double syns_a_cycle, bool offers)
{
	const struct timespec nap = {.tv_nsec = options.nap_us * 1000L};
	uint64_t start = rte_rdtsc(), now = start, nap_due = start + rte_get_tsc_hz() / NAPS_A_SECOND;

	while (now < end) {
		uint16_t due = offers ? syns_due(now - start, syns_a_cycle) : 0, found = answer_burst(end);
		uint64_t after;

		if (due > 0)
			send_syns(due);
		after = rte_rdtsc();
		if (found + due > 0)
			tally.busy_cycles += after - now;
		now = after;
		if (options.nap_us == 0 || now < nap_due)
			continue;
		nanosleep(&nap, NULL);
		now = rte_rdtsc();
		nap_due = now + rte_get_tsc_hz() / NAPS_A_SECOND;
	}
}

/* The flood, and what comes behind it; both ends of it are told to whoever times this. */
static void run(double hz)
{
	uint64_t stop = rte_rdtsc() + (uint64_t)(options.seconds * hz);

	fprintf(stderr, "flood begins\n");
	run_until(stop, options.syns_a_second / hz, true);
	fprintf(stderr, "flood ends\n");
	tally.fins_in_flood = source.counts.fins;
	run_until(stop + (uint64_t)(options.drain_seconds * hz), 0, false);
}

static void print(void)
{
	double seconds = options.seconds;
	const struct bench_source_counts *counts = &source.counts;
	uint64_t answered = counts->fins ? counts->fins : 1, packets = tally.packets ? tally.packets : 1;

	printf("{\"seconds\": %.3f, \"syns\": %lu, \"syns_per_s\": %.0f, \"refused_syns\": %lu, \"late_syns\": %lu, "
	       "\"syn_acks\": %lu, \"fins\": %lu, \"fins_in_flood\": %lu, \"last_acks\": %lu, \"texts\": %lu, "
	       "\"resets\": %lu, \"arps\": %lu, "
	       "\"ignored\": %lu, \"cycles_per_packet\": %.1f, \"cycles_per_connection\": %.1f, \"lost_buffers\": "
	       "%u}\n",
	       seconds, counts->syns - tally.refused_syns, (double)(counts->syns - tally.refused_syns) / seconds,
	       tally.refused_syns, tally.late_syns, counts->syn_acks, counts->fins, tally.fins_in_flood,
	       counts->last_acks, counts->texts, counts->resets, counts->arps, counts->ignored,
	       (double)tally.busy_cycles / (double)packets, (double)tally.busy_cycles / (double)answered,
	       rte_mempool_in_use_count(pool));
}

int main(int argc, char **argv)
{
	if (!read_options(argc, argv))
		return usage();
	prctl(PR_SET_TIMERSLACK, 1UL); /* ns: naps are as long as they are meant to be */
	bench_eal_open("256");
	open_port();
	move_to_cpu();
	find_target(rte_get_tsc_hz());
	run((double)rte_get_tsc_hz());
	print();
	fflush(stdout);
	rte_eth_dev_stop(port);
	bench_eal_close();
	return 0;
}
