/* test_worker_forward.c - a worker that forwards datagrams to a port which takes less than comes: what cannot go on is
 * not taken, so that nothing is lost between two rings; and a port that stands still is waited for by nobody. */
#include <criterion/criterion.h>

#include <rte_cycles.h>
#include <rte_ip.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>
#include <rte_ring.h>
#include <rte_udp.h>

#include "shard/shard_forward.h"
#include "support/bare_eal.h"
#include "worker/worker.h"

enum { PORTS = 2, MBUFS = 32767, TURNS = 3000, OFFERED = 64, TAKEN = 16, LISTEN = 53, ROOM = 256, STILL_MS = 300 };

#define OWN(port) (0xc6120001u + ((uint32_t)(port) << 16))
#define TARGET 0xc6130005u
#define CLIENT 0xc6120009u

struct datagram {
	struct rte_ipv4_hdr ip;
	struct rte_udp_hdr udp;
} __attribute__((packed, aligned(2)));

static struct nic cables[PORTS][2]; /* ours, and the far end */
static struct worker_clock clock_of_test;
static struct worker worker;
static struct rte_mempool *pool;
static bool halt, takes;
static unsigned int turns, offered, taken;
static uint64_t end_cycle;

/* The far end of the first cable: a client that offers again what finds no room. */
static void offer(void)
{
	struct rte_mbuf *mbufs[OFFERED];
	unsigned int sent;

	cr_assert_eq(rte_pktmbuf_alloc_bulk(pool, mbufs, OFFERED), 0);
	for (int i = 0; i < OFFERED; i++) {
		struct datagram *datagram = (struct datagram *)(void *)rte_pktmbuf_append(mbufs[i], sizeof(*datagram));

		*datagram = (struct datagram){.ip = {.version_ihl = 0x45,
						     .total_length = rte_cpu_to_be_16(sizeof(*datagram)),
						     .time_to_live = 64,
						     .next_proto_id = 17,
						     .src_addr = rte_cpu_to_be_32(CLIENT),
						     .dst_addr = rte_cpu_to_be_32(OWN(0))},
					      .udp = {.src_port = rte_cpu_to_be_16(4000),
						      .dst_port = rte_cpu_to_be_16(LISTEN),
						      .dgram_len = rte_cpu_to_be_16(sizeof(datagram->udp))}};
		datagram->ip.hdr_checksum = rte_ipv4_cksum(&datagram->ip);
	}
	sent = rte_ring_enqueue_burst(cables[0][0].rings[0][0], (void *const *)mbufs, OFFERED, NULL);
	rte_pktmbuf_free_bulk(mbufs + sent, OFFERED - sent);
	offered += sent;
}

/* The far end of the second: a target that takes some. */
static void take(void)
{
	struct rte_mbuf *mbufs[TAKEN];
	unsigned int count = rte_ring_dequeue_burst(cables[1][0].rings[1][0], (void **)mbufs, TAKEN, NULL);

	rte_pktmbuf_free_bulk(mbufs, count);
	taken += count;
}

static bool both_ends(struct quern_shard *shard, void *app)
{
	(void)shard;
	(void)app;
	offer();
	if (takes)
		take();
	turns++;
	halt = takes ? turns == TURNS : rte_rdtsc() >= end_cycle;
	return true;
}

static struct quern_shard *open_shard(uint16_t port)
{
	const struct shard_config config = {.number = port,
					    .max_connections = 64,
					    .max_time_wait = 64,
					    .max_udp_flows = 64,
					    .addresses = {.first = OWN(port), .last = OWN(port)},
					    .prefix_length = 16,
					    .mtu = 1500,
					    .seed = 1u + port,
					    .pool = pool,
					    .pool_shards = PORTS};
	void *memory = rte_zmalloc(NULL, shard_bytes(&config), 64);

	cr_assert_not_null(memory);
	return shard_open(&config, memory, 0);
}

static void open_group(void)
{
	const struct quern_forward_target target = {.to = {.address = TARGET, .port = LISTEN}};
	const struct quern_forward_rule rule = {
		.name = "one", .listen = {.address = OWN(0), .port = LISTEN}, .targets = &target, .target_count = 1};
	const struct shard_forward_config config = {.max_sessions = 64, .seed = 7};
	struct shard_forward *group =
		shard_forward_open(&config, rte_zmalloc(NULL, shard_forward_bytes(&config), 64), 0);
	void *rules = rte_zmalloc(NULL, shard_rules_bytes(&rule, 1), 64);

	for (uint16_t port = 0; port < PORTS; port++)
		shard_forward_join(group, worker.shards[port].shard, port);
	cr_assert_eq(shard_rules_build(rules, group, &rule, 1), 0);
	shard_forward_use(group, rules);
}

static void set_up(void)
{
	char error[QUERN_ERROR_TEXT];

	bare_eal_start();
	pool = rte_pktmbuf_pool_create("test", MBUFS, 0, 0, ROOM, SOCKET_ID_ANY);
	cr_assert_not_null(pool);
	worker_clock_start(&clock_of_test, rte_rdtsc(), rte_get_tsc_hz());
	worker = (struct worker){.clock = &clock_of_test, .halt = &halt, .shard_count = PORTS};
	for (uint16_t port = 0; port < PORTS; port++) {
		for (uint16_t end = 0; end < 2; end++) {
			const struct nic_config config = {
				.device = "cable", .number = (uint16_t)(2 * port + end), .mtu = 1500, .queues = 1};

			cr_assert_eq(nic_attach(&cables[port][end], &config, end == 0 ? NULL : &cables[port][0], error),
				     0, "%s", error);
		}
		for (uint16_t end = 0; end < 2; end++)
			cr_assert_eq(nic_start(&cables[port][end], &pool, error), 0, "%s", error);
		worker.shards[port] = (struct worker_shard){.shard = open_shard(port),
							    .queue = nic_queue_of(&cables[port][0], 0),
							    .on_turn = port == PORTS - 1 ? both_ends : NULL};
	}
	open_group();
}

static uint64_t drops(void)
{
	uint64_t sum = 0;

	for (uint16_t port = 0; port < PORTS; port++)
		for (int reason = 0; reason < QUERN_DROPS_END; reason++)
			sum += shard_counters(worker.shards[port].shard)->drops[reason];
	return sum;
}

Test(worker_forward, what_cannot_go_on_is_not_taken)
{
	set_up();
	takes = true;
	cr_assert_eq(worker_run(&worker), 0);
	cr_assert_gt(taken, (TURNS - 100) * TAKEN, "the target heard %u of %u turns", taken, TURNS * TAKEN);
	cr_assert_eq(drops(), 0, "%lu of %u were lost", drops(), offered);
}

Test(worker_forward, a_port_that_stands_still_is_not_waited_for)
{
	set_up();
	end_cycle = rte_rdtsc() + rte_get_tsc_hz() * STILL_MS / 1000;
	cr_assert_eq(worker_run(&worker), 0);
	cr_assert_gt(offered, 2 * (SHARD_OUT_MAX + rte_ring_get_capacity(cables[0][0].rings[0][0]) +
				   rte_ring_get_capacity(cables[1][0].rings[1][0])));
	cr_assert_gt(drops(), 0);
}
