/* test_attack_full_port.c - row 21: a port that takes few frames, or none, behind the worker's own loop. */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include <rte_cycles.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_ring.h>

#include "attack/battery.h"
#include "support/bare_eal.h"
#include "worker/worker.h"

enum { SIDES = 2, BUFFERS = 8191, RING = 16, CONNECTIONS = 2000, BATCH = 50, PORT = 80, STALL_MS = 1000, TEXT = 3000 };

/* Two ends on ports whose rings hold fifteen frames; what one sends waits in `out` until the test carries it on. */
struct bench {
	struct rte_mempool *pool;
	struct rte_ring *out[SIDES], *in[SIDES];
	struct quern_shard *ends[SIDES];
	void *memory[SIDES];
	struct worker worker;
	struct worker_clock clock;
	bool halt;
	uint8_t route;
	uint32_t opened, ended, short_bursts;
	uint64_t stall_until_ns, limit_ns;
	bool has_stalled;
};

static struct bench bench;

/* As far as buffers reach; the rest when there are more. */
static void send_rest(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	static const uint8_t text[TEXT];
	uint32_t *sent = quern_conn_user(shard, conn), taken = 0;

	(void)app;
	cr_assert_eq(quern_conn_send(shard, conn, text, TEXT - *sent, &taken), 0);
	*sent += taken;
	if (*sent == TEXT)
		cr_assert_eq(quern_conn_close(shard, conn), 0);
}

static void note_end(struct quern_shard *shard, struct quern_conn conn, enum quern_end how, void *app)
{
	(void)shard;
	(void)conn;
	(void)app;
	cr_assert_eq(how, QUERN_END_CLOSED);
	bench.ended++;
}

static const struct quern_events client_events = {.on_established = send_rest,
						  .on_writable = send_rest,
						  .on_ended = note_end},
				 server_events = {.on_established = battery_ignore,
						  .on_data = battery_take,
						  .on_peer_closed = battery_close};

static struct rte_ring *make_ring(const char *name, unsigned int side)
{
	char text[RTE_RING_NAMESIZE];
	struct rte_ring *ring;

	snprintf(text, sizeof(text), "%s%u", name, side);
	ring = rte_ring_create(text, RING, 0, RING_F_SP_ENQ | RING_F_SC_DEQ);
	cr_assert_not_null(ring);
	return ring;
}

static uint16_t make_port(unsigned int side)
{
	const struct rte_eth_conf conf = {0};
	char name[16];
	int port;

	bench.out[side] = make_ring("out", side);
	bench.in[side] = make_ring("in", side);
	snprintf(name, sizeof(name), "full%u", side);
	port = rte_eth_from_rings(name, &bench.in[side], 1, &bench.out[side], 1, 0);
	cr_assert_geq(port, 0);
	cr_assert_eq(rte_eth_dev_configure((uint16_t)port, 1, 1, &conf), 0);
	cr_assert_eq(rte_eth_rx_queue_setup((uint16_t)port, 0, RING, 0, NULL, bench.pool), 0);
	cr_assert_eq(rte_eth_tx_queue_setup((uint16_t)port, 0, RING, 0, NULL), 0);
	cr_assert_eq(rte_eth_dev_start((uint16_t)port), 0);
	return (uint16_t)port;
}

/* Carries frames from end to end, a few at a time; none during the stall. */
static void carry(uint64_t now_ns)
{
	struct rte_mbuf *mbuf;

	if (now_ns < bench.stall_until_ns)
		return;
	for (unsigned int side = 0; side < SIDES; side++) {
		bench.short_bursts += rte_ring_full(bench.out[side]) ? 1 : 0;
		for (int i = 0; i < 7 && !rte_ring_full(bench.in[1 - side]); i++)
			if (rte_ring_dequeue(bench.out[side], (void **)&mbuf) == 0)
				rte_ring_enqueue(bench.in[1 - side], mbuf);
	}
}

/* The client's turn: a batch of opens each time, whether or not the port can take them. */
static bool on_turn(struct quern_shard *shard, void *app)
{
	uint64_t now_ns = quern_now(shard);
	struct quern_conn conn;

	(void)app;
	if (bench.opened == CONNECTIONS / 2 && !bench.has_stalled) {
		bench.has_stalled = true;
		bench.stall_until_ns = now_ns + STALL_MS * UINT64_C(1000000);
	}
	for (int i = 0; i < BATCH && bench.opened < CONNECTIONS; i++, bench.opened++)
		cr_assert_eq(quern_connect(shard, bench.route, &conn), 0);
	carry(now_ns);
	if (bench.limit_ns == 0)
		bench.limit_ns = now_ns + UINT64_C(60000000000);
	if (bench.ended == CONNECTIONS || now_ns > bench.limit_ns)
		__atomic_store_n(&bench.halt, true, __ATOMIC_RELAXED);
	return true;
}

static void open_end(unsigned int side)
{
	const struct shard_config config = {.number = (uint16_t)side,
					    .max_connections = 2 * CONNECTIONS,
					    .max_time_wait = 2 * CONNECTIONS,
					    .addresses = {.first = 0xc6120001 + side, .last = 0xc6120001 + side},
					    .prefix_length = 15,
					    .seed = 21 + side,
					    .pool = bench.pool};
	size_t bytes = shard_bytes(&config);

	bench.memory[side] = aligned_alloc(64, (bytes + 63) & ~(size_t)63);
	memset(bench.memory[side], 0, bytes);
	bench.ends[side] = shard_open(&config, bench.memory[side], 0);
	bench.worker.shards[side] = (struct worker_shard){
		.shard = bench.ends[side], .queue = {.port = make_port(side)}, .on_turn = side == 0 ? on_turn : NULL};
}

static void close_all(void)
{
	struct rte_mbuf *mbuf;

	for (unsigned int side = 0; side < SIDES; side++) {
		while (rte_ring_dequeue(bench.out[side], (void **)&mbuf) == 0)
			rte_pktmbuf_free(mbuf);
		while (rte_ring_dequeue(bench.in[side], (void **)&mbuf) == 0)
			rte_pktmbuf_free(mbuf);
		cr_assert(shard_validate(bench.ends[side]));
		shard_close(bench.ends[side]);
		free(bench.memory[side]);
	}
	battery_expect_whole(bench.pool);
}

Test(attack_full_port, frames_that_a_port_refuses_are_freed_once_and_said_again)
{
	const struct quern_endpoint target = {.address = 0xc6120002, .port = PORT};
	const struct quern_source source = {
		.addresses = {.first = 0xc6120001, .last = 0xc6120001}, .first_port = 0, .last_port = 0};
	uint64_t refused = 0, again = 0;

	bare_eal_start();
	bench.pool = bare_eal_pool("full", BUFFERS);
	bench.worker = (struct worker){.clock = &bench.clock, .halt = &bench.halt, .shard_count = SIDES};
	worker_clock_start(&bench.clock, rte_rdtsc(), rte_get_tsc_hz());
	for (unsigned int side = 0; side < SIDES; side++)
		open_end(side);
	cr_assert_eq(quern_listen(bench.ends[1], &target, NULL, &server_events, NULL), 0);
	cr_assert_eq(quern_route_add(bench.ends[0], &source, &target, NULL, &client_events, NULL, &bench.route), 0);
	cr_assert_eq(worker_run(&bench.worker), 0);
	for (unsigned int side = 0; side < SIDES; side++) {
		refused += shard_counters(bench.ends[side])->drops[QUERN_DROP_PORT_REFUSED];
		again += shard_counters(bench.ends[side])->retransmits;
	}
	cr_assert_eq(bench.ended, CONNECTIONS, "%u of %u ended in order", bench.ended, CONNECTIONS);
	cr_assert_gt(refused, 0, "the stall was too short to refuse anything");
	cr_assert_gt(again, 0);
	cr_assert_gt(bench.short_bursts, 100);
	close_all();
	battery_figure(
		21,
		"rings of %d frames, full %u times, and no frame taken for %d ms: %lu frames refused, counted and "
		"freed once; %lu segments said again; all %u connections end in order",
		RING - 1, bench.short_bursts, STALL_MS, refused, again, CONNECTIONS);
}
