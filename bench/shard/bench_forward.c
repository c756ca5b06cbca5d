/* bench_forward.c - datagrams through a group of two shards, beside the floor of forwarding (bench/floor/floor_udp.h):
 * cycles a datagram, of the forwarder alone, by the number of sessions. Both take their bursts from a ring and put them
 * into another; what brings the frames back to the beginning is not counted.
 *
 *	bench_forward [--small]     prints one line of JSON a number of sessions, and one of a fan-out to four targets
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>
#include <rte_ring.h>
#include <rte_udp.h>

#include "base/check.h"
#include "base/random.h"
#include "floor/floor_udp.h"
#include "shard/shard.h"
#include "shard/shard_forward.h"
#include "support/bench.h"
#include "support/bench_eal.h"

enum {
	BURST = 64,
	FRAMES = 4096,
	RING = 8192,
	ROUNDS = 31,
	ROUND_BURSTS = 4096,
	FRAME_BYTES = 60,
	FAN_OUT = 4,
	CLIENT_PORTS = 50000
};

#define CLIENT 0x0a020100u /* 10.2.1.0 and on */
#define LISTEN 0x0a020001u
#define LOCAL 0x0a030001u
#define TARGET 0x0a03ff05u

struct frame {
	struct rte_ether_hdr ether;
	struct rte_ipv4_hdr ip;
	struct rte_udp_hdr udp;
	uint8_t text[FRAME_BYTES - 42];
} __attribute__((packed, aligned(2)));

struct forwarder {
	struct shard_forward *group;
	struct quern_shard *shards[2];
	struct rte_ring *rx, *tx;
	struct rte_mempool *pool;
	uint64_t now_ns;
	struct random random;
	uint32_t sessions; /* of clients */
	uint16_t targets;  /* that get a copy each, 1 for one alone */
};

static void *zeroed(size_t bytes)
{
	void *memory = rte_zmalloc(NULL, bytes, 64);

	CHECK(bytes > 0 && memory != NULL);
	return memory;
}

static struct quern_shard *shard_new(struct forwarder *forwarder, uint16_t number, uint32_t address, uint32_t last)
{
	const struct shard_config config = {.number = number,
					    .max_connections = 64,
					    .max_time_wait = 64,
					    .max_udp_flows = forwarder->sessions * forwarder->targets,
					    .ethernet = true,
					    .mac = {2, 0, 0, 0, 0, (uint8_t)number},
					    .addresses = {.first = address, .last = last},
					    .prefix_length = 16,
					    .seed = 7,
					    .pool = forwarder->pool};

	return shard_open(&config, zeroed(shard_bytes(&config)), forwarder->now_ns);
}

/* As many addresses towards the target as so many sessions need. */
static void open_group(struct forwarder *forwarder)
{
	struct quern_forward_target targets[FAN_OUT];
	struct quern_forward_rule rule = {.name = "one",
					  .listen = {.address = LISTEN, .port = 53},
					  .targets = targets,
					  .target_count = forwarder->targets,
					  .balance = forwarder->targets > 1 ? QUERN_BALANCE_ALL : QUERN_BALANCE_MAGLEV};
	const struct shard_forward_config config = {.max_sessions = forwarder->sessions * forwarder->targets,
						    .seed = 7};
	void *rules = zeroed(shard_rules_bytes(&rule, 1));

	for (uint16_t i = 0; i < FAN_OUT; i++)
		targets[i] = (struct quern_forward_target){.to = {.address = TARGET, .port = (uint16_t)(5300 + i)}};

	forwarder->group = shard_forward_open(&config, zeroed(shard_forward_bytes(&config)), forwarder->now_ns);
	forwarder->shards[0] = shard_new(forwarder, 0, LISTEN, LISTEN);
	forwarder->shards[1] = shard_new(forwarder, 1, LOCAL, LOCAL + forwarder->sessions / CLIENT_PORTS);
	shard_forward_join(forwarder->group, forwarder->shards[0], 0);
	shard_forward_join(forwarder->group, forwarder->shards[1], 1);
	CHECK(shard_rules_build(rules, forwarder->group, &rule, 1) == 0);
	shard_forward_use(forwarder->group, rules);
	shard_forward_expire(forwarder->group);
}

/* A datagram of client number `client`. */
static void write_frame(struct frame *frame, uint32_t client)
{
	memset(frame, 0, sizeof(*frame));
	memcpy(&frame->ether, (uint8_t[]){2, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 9, 8, 0}, sizeof(frame->ether));
	frame->ip = (struct rte_ipv4_hdr){.version_ihl = 0x45,
					  .total_length = rte_cpu_to_be_16(FRAME_BYTES - 14),
					  .time_to_live = 64,
					  .next_proto_id = 17,
					  .src_addr = rte_cpu_to_be_32(CLIENT + client / CLIENT_PORTS),
					  .dst_addr = rte_cpu_to_be_32(LISTEN)};
	frame->ip.hdr_checksum = rte_ipv4_cksum(&frame->ip);
	frame->udp = (struct rte_udp_hdr){.src_port = rte_cpu_to_be_16((uint16_t)(1024 + client % CLIENT_PORTS)),
					  .dst_port = rte_cpu_to_be_16(53),
					  .dgram_len = rte_cpu_to_be_16(FRAME_BYTES - 34)};
	frame->udp.dgram_cksum = rte_ipv4_udptcp_cksum(&frame->ip, &frame->udp);
}

/* Fills the ring with a burst of datagrams: of clients from `first` on, or of any where it is UINT32_MAX. */
static void fill(struct forwarder *forwarder, struct rte_mbuf **spare, uint32_t first)
{
	for (uint32_t i = 0; i < BURST; i++) {
		uint32_t client =
			first == UINT32_MAX ? random_below(&forwarder->random, forwarder->sessions) : first + i;

		struct frame *frame;

		rte_pktmbuf_reset(spare[i]);
		frame = (struct frame *)(void *)rte_pktmbuf_append(spare[i], FRAME_BYTES);
		CHECK(frame != NULL);
		write_frame(frame, client % forwarder->sessions);
	}
	CHECK(rte_ring_enqueue_bulk(forwarder->rx, (void *const *)spare, BURST, NULL) == BURST);
}

/* One turn of a worker, as far as these two shards go: `most` frames go out. */
static uint32_t forward_turn(struct forwarder *forwarder, uint32_t most)
{
	struct rte_mbuf *mbufs[FAN_OUT * BURST];
	uint32_t count = rte_ring_dequeue_burst(forwarder->rx, (void **)mbufs, BURST, NULL);

	shard_receive(forwarder->shards[0], mbufs, (uint16_t)count, forwarder->now_ns);
	shard_expire(forwarder->shards[0], forwarder->now_ns);
	shard_expire(forwarder->shards[1], forwarder->now_ns);
	count = shard_transmit(forwarder->shards[1], mbufs, (uint16_t)most);
	rte_ring_enqueue_burst(forwarder->tx, (void *const *)mbufs, count, NULL);
	return count;
}

/* The target answers for its address: the second shard has asked for it. */
static void answer_arp(struct forwarder *forwarder)
{
	static const uint8_t reply[] = {2, 0, 0, 0, 0, 1, 2,    0,    0,    0, 0, 8, 8, 6, /* Ethernet */
					0, 1, 8, 0, 6, 4, 0,    2,                         /* ARP reply */
					2, 0, 0, 0, 0, 8, 0x0a, 0x03, 0xff, 5,             /* of the target */
					2, 0, 0, 0, 0, 1, 0x0a, 0x03, 0,    1};            /* to the shard */
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(forwarder->pool);
	char *frame = mbuf ? rte_pktmbuf_append(mbuf, sizeof(reply)) : NULL;

	CHECK(frame != NULL);
	memcpy(frame, reply, sizeof(reply));
	shard_receive(forwarder->shards[1], &mbuf, 1, forwarder->now_ns);
}

/* Gives back what has come out, and takes new buffers for a burst. */
static void renew(struct forwarder *forwarder, struct rte_mbuf **spare)
{
	struct rte_mbuf *mbufs[FAN_OUT * BURST];

	rte_pktmbuf_free_bulk(mbufs, rte_ring_dequeue_burst(forwarder->tx, (void **)mbufs, FAN_OUT * BURST, NULL));
	CHECK(rte_pktmbuf_alloc_bulk(forwarder->pool, spare, BURST) == 0);
}

/* Opens the session of every client, or those towards all targets. */
static void open_sessions(struct forwarder *forwarder, struct rte_mbuf **spare)
{
	for (uint32_t first = 0; first < forwarder->sessions + BURST; first += BURST) {
		fill(forwarder, spare, first);
		forward_turn(forwarder, FAN_OUT * BURST);
		answer_arp(forwarder);
		renew(forwarder, spare);
		forwarder->now_ns += first == 0 ? 200000000 : 0;
	}
	CHECK(shard_forward_sessions(forwarder->group) == forwarder->sessions * forwarder->targets);
}

/* Cycles a datagram of `bursts` bursts. */
static double measure(struct forwarder *forwarder, struct rte_mbuf **spare, uint32_t bursts, bool is_floor)
{
	uint64_t cycles = 0, done = 0;

	for (uint32_t i = 0; i < bursts; i++) {
		uint64_t start;

		fill(forwarder, spare, UINT32_MAX);
		start = rte_rdtsc();
		done += is_floor ? floor_udp_turn(forwarder->rx, forwarder->tx, rte_cpu_to_be_32(TARGET))
				 : forward_turn(forwarder, BURST);
		cycles += rte_rdtsc() - start;
		CHECK(rte_ring_dequeue_bulk(forwarder->tx, (void **)spare, BURST, NULL) == BURST);
		forwarder->now_ns += 10000;
	}
	CHECK(done == (uint64_t)bursts * BURST);
	return (double)cycles / (double)done;
}

static int by_value(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

/* Floor and forwarder in turn, round by round. */
static void compare(struct forwarder *forwarder, struct rte_mbuf **spare, uint32_t rounds, uint32_t bursts)
{
	double floor[ROUNDS], forward[ROUNDS], ratio[ROUNDS];

	for (uint32_t i = 0; i < rounds; i++) {
		floor[i] = measure(forwarder, spare, bursts, true);
		forward[i] = measure(forwarder, spare, bursts, false);
		ratio[i] = forward[i] / floor[i];
	}
	qsort(floor, rounds, sizeof(floor[0]), by_value);
	qsort(forward, rounds, sizeof(forward[0]), by_value);
	qsort(ratio, rounds, sizeof(ratio[0]), by_value);
	printf("{\"sessions\": %u, \"floor_cycles\": %.1f, \"forward_cycles\": %.1f, \"ratio\": %.2f, "
	       "\"ratio_least\": %.2f, \"ratio_most\": %.2f}\n",
	       forwarder->sessions, floor[rounds / 2], forward[rounds / 2], ratio[rounds / 2], ratio[0],
	       ratio[rounds - 1]);
}

/* Each datagram of a thousand clients to four targets: cycles a packet that is sent. */
static void fan_out(struct forwarder *forwarder, struct rte_mbuf **spare, uint32_t rounds, uint32_t bursts)
{
	double cycles[ROUNDS];

	for (uint32_t i = 0; i < rounds; i++) {
		uint64_t spent = 0, sent = 0;

		for (uint32_t j = 0; j < bursts; j++) {
			uint64_t start;

			fill(forwarder, spare, UINT32_MAX);
			start = rte_rdtsc();
			sent += forward_turn(forwarder, FAN_OUT * BURST);
			spent += rte_rdtsc() - start;
			renew(forwarder, spare);
			forwarder->now_ns += 10000;
		}
		CHECK(sent == (uint64_t)bursts * BURST * FAN_OUT);
		cycles[i] = (double)spent / (double)sent;
	}
	qsort(cycles, rounds, sizeof(cycles[0]), by_value);
	printf("{\"targets\": %d, \"cycles_a_packet_sent\": %.1f, \"least\": %.1f, \"most\": %.1f}\n", FAN_OUT,
	       cycles[rounds / 2], cycles[0], cycles[rounds - 1]);
}

int main(int argc, char **argv)
{
	static const uint32_t sessions[] = {1, 1000, 10000, 1000000};
	bool is_small = bench_is_small(argc, argv);
	struct rte_mbuf *spare[BURST];
	struct forwarder forwarder = {.now_ns = 1000000000, .targets = 1};

	bench_eal_open("1024");
	random_seed(&forwarder.random, 7);
	forwarder.pool = rte_pktmbuf_pool_create("frames", FRAMES - 1, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	forwarder.rx = rte_ring_create("rx", RING, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	forwarder.tx = rte_ring_create("tx", RING, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	CHECK(forwarder.pool && forwarder.rx && forwarder.tx);
	CHECK(rte_pktmbuf_alloc_bulk(forwarder.pool, spare, BURST) == 0);
	for (size_t i = 0; i < (is_small ? 2 : sizeof(sessions) / sizeof(sessions[0])); i++) {
		forwarder.sessions = sessions[i];
		open_group(&forwarder);
		open_sessions(&forwarder, spare);
		compare(&forwarder, spare, is_small ? 3 : ROUNDS, is_small ? 16 : ROUND_BURSTS);
	}
	forwarder.sessions = 1000;
	forwarder.targets = FAN_OUT;
	open_group(&forwarder);
	open_sessions(&forwarder, spare);
	fan_out(&forwarder, spare, is_small ? 3 : ROUNDS, is_small ? 16 : ROUND_BURSTS / FAN_OUT);
	bench_eal_close();
	return 0;
}
