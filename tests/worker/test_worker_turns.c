/* test_worker_turns.c - who gets on in a turn: two shards that share a queue, and a port that takes less than both say.
 */
#include <criterion/criterion.h>

#include <rte_cycles.h>
#include <rte_ip.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>
#include <rte_ring.h>
#include <rte_tcp.h>

#include "support/bare_eal.h"
#include "worker/worker.h"

enum {
	SHARDS = 2,
	MBUFS = 32767,
	TURNS = 3000,
	SETTLED = 1000,
	OPENS_A_TURN = 20,
	TAKEN_A_TURN = 16,
	PORT = 80,
	ROOM = 256
};

#define LOCAL 0xc6120001U
#define REMOTE 0xc6130001U

static struct nic cable[2];
static struct worker_mail mail;
static struct worker_clock clock_of_test;
static struct worker worker;
static struct rte_mempool *pool;
static bool halt;
static unsigned int turns, seen[SHARDS];

static uint16_t first_port(uint16_t number)
{
	return (uint16_t)(number == 0 ? 1024 : 32768);
}

static int add_route(struct quern_shard *shard, void *app)
{
	const uint16_t first = first_port(quern_shard_number(shard));
	const struct quern_source source = {.addresses = {.first = LOCAL, .last = LOCAL + 3},
					    .first_port = first,
					    .last_port = (uint16_t)(first + 30000)};
	const struct quern_endpoint target = {.address = REMOTE, .port = PORT};

	return quern_route_add(shard, &source, &target, NULL, NULL, NULL, app);
}

/* The far end's reader: it knows by the port whose frame it is. */
static void take_some(void)
{
	struct rte_mbuf *mbufs[TAKEN_A_TURN];
	unsigned int count = rte_ring_dequeue_burst(cable[0].rings[1][0], (void **)mbufs, TAKEN_A_TURN, NULL);

	for (unsigned int i = 0; i < count && turns > SETTLED; i++) {
		const struct rte_tcp_hdr *tcp =
			rte_pktmbuf_mtod_offset(mbufs[i], const struct rte_tcp_hdr *, sizeof(struct rte_ipv4_hdr));

		seen[rte_be_to_cpu_16(tcp->src_port) >= first_port(1)]++;
	}
	rte_pktmbuf_free_bulk(mbufs, count);
}

static bool open_more(struct quern_shard *shard, void *app)
{
	const uint8_t *route = app;
	struct quern_conn conn;

	for (int i = 0; i < OPENS_A_TURN; i++)
		cr_assert_eq(quern_connect(shard, *route, &conn), 0);
	if (quern_shard_number(shard) == SHARDS - 1) {
		take_some();
		halt = ++turns == TURNS;
	}
	return true;
}

static void set_up(uint8_t routes[SHARDS])
{
	char error[QUERN_ERROR_TEXT];

	bare_eal_start();
	pool = rte_pktmbuf_pool_create("test", MBUFS, 0, 0, ROOM, SOCKET_ID_ANY);
	cr_assert_not_null(pool);
	for (uint16_t end = 0; end < 2; end++) {
		const struct nic_config config = {.device = "cable", .number = end, .mtu = 1500, .queues = 1};

		cr_assert_eq(nic_attach(&cable[end], &config, end == 0 ? NULL : &cable[0], error), 0, "%s", error);
	}
	for (uint16_t end = 0; end < 2; end++)
		cr_assert_eq(nic_start(&cable[end], &pool, error), 0, "%s", error);
	cr_assert_eq(worker_mail_open(&mail, 0, SHARDS, true), 0);
	worker_clock_start(&clock_of_test, rte_rdtsc(), rte_get_tsc_hz());
	worker = (struct worker){.clock = &clock_of_test, .halt = &halt, .shard_count = SHARDS};
	for (uint16_t number = 0; number < SHARDS; number++) {
		const struct shard_config config = {.number = number,
						    .max_connections = TURNS * OPENS_A_TURN,
						    .addresses = {.first = LOCAL, .last = LOCAL + 3},
						    .prefix_length = 15,
						    .mtu = 1500,
						    .seed = 1u + number,
						    .pool = pool,
						    .pool_shards = SHARDS};
		void *memory = rte_zmalloc(NULL, shard_bytes(&config), 64);

		cr_assert_not_null(memory);
		worker.shards[number] = (struct worker_shard){.shard = shard_open(&config, memory, 0),
							      .queue = nic_queue_of(&cable[0], 0),
							      .mail = &mail,
							      .place = number,
							      .on_start = add_route,
							      .on_turn = open_more,
							      .app = &routes[number]};
	}
}

Test(worker_turns, shards_that_share_a_busy_queue_send_as_much_each)
{
	uint8_t routes[SHARDS];
	unsigned int sum;

	set_up(routes);
	cr_assert_eq(worker_run(&worker), 0);
	sum = seen[0] + seen[1];
	cr_assert_geq(sum, (TURNS - SETTLED - 1) * TAKEN_A_TURN, "the port was not busy");
	for (int number = 0; number < SHARDS; number++)
		cr_assert(seen[number] > sum / 3, "shard %d sent %u of %u frames", number, seen[number], sum);
}
