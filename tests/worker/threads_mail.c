/* threads_mail.c - four shards of a port on four threads, under ThreadSanitizer: frames change hands over the lines
 * while another thread reads counters. A plain program, since Criterion cannot run under it. Prints TAP. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <rte_eal.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "base/check.h"
#include "base/counter.h"
#include "base/random.h"
#include "shard/shard.h"
#include "support/bare_eal.h"
#include "worker/worker_mail.h"

enum { SERVERS = 4, CONNECTIONS = 20000, IN_FLIGHT = 128, BUFFERS = 8192, PORT = 80, LIMIT_S = 120 };

#define CLIENT 0xc6120001U
#define SERVER 0xc6130001U

/* A store of buffers that ThreadSanitizer can look into: DPDK's own is compiled without it. */
struct store {
	pthread_mutex_t mutex;
	unsigned int count;
	void *buffers[];
};

static int store_open(struct rte_mempool *pool)
{
	struct store *store = calloc(1, sizeof(*store) + pool->size * sizeof(void *));

	CHECK(store != NULL);
	pthread_mutex_init(&store->mutex, NULL);
	pool->pool_data = store;
	return 0;
}

static void store_close(struct rte_mempool *pool)
{
	free(pool->pool_data);
}

static int store_put(struct rte_mempool *pool, void *const *buffers, unsigned int count)
{
	struct store *store = pool->pool_data;

	pthread_mutex_lock(&store->mutex);
	for (unsigned int i = 0; i < count; i++)
		store->buffers[store->count++] = buffers[i];
	pthread_mutex_unlock(&store->mutex);
	return 0;
}

static int store_take(struct rte_mempool *pool, void **buffers, unsigned int count)
{
	struct store *store = pool->pool_data;
	int code = -ENOBUFS;

	pthread_mutex_lock(&store->mutex);
	if (store->count >= count) {
		for (unsigned int i = 0; i < count; i++)
			buffers[i] = store->buffers[--store->count];
		code = 0;
	}
	pthread_mutex_unlock(&store->mutex);
	return code;
}

static unsigned int store_count(const struct rte_mempool *pool)
{
	struct store *store = pool->pool_data;
	unsigned int count;

	pthread_mutex_lock(&store->mutex);
	count = store->count;
	pthread_mutex_unlock(&store->mutex);
	return count;
}

static const struct rte_mempool_ops store_ops = {.name = "visible",
						 .alloc = store_open,
						 .free = store_close,
						 .enqueue = store_put,
						 .dequeue = store_take,
						 .get_count = store_count};

static struct rte_mempool *pool;
static struct worker_mail mail;
static struct quern_shard *servers[SERVERS], *client;
static uint32_t opened, ended;
static bool is_over; /* relaxed */
static uint8_t route;

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void close_it(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	(void)app;
	CHECK(quern_conn_close(shard, conn) == 0);
}

static void accept_it(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	(void)shard;
	(void)conn;
	(void)app;
}

static void count_end(struct quern_shard *shard, struct quern_conn conn, enum quern_end how, void *app)
{
	(void)shard;
	(void)conn;
	(void)app;
	CHECK(how == QUERN_END_CLOSED);
	ended++;
}

static const struct quern_events client_events = {.on_established = close_it, .on_ended = count_end};
static const struct quern_events server_events = {.on_established = accept_it, .on_peer_closed = close_it};

static struct quern_shard *open_shard(uint32_t address, uint16_t number, const struct port_plan *plan)
{
	const struct shard_config config = {.number = number,
					    .max_connections = 4096,
					    .max_time_wait = 32768,
					    .time_wait_ms = 20,
					    .addresses = {.first = address, .last = address},
					    .prefix_length = 15,
					    .mtu = 1500,
					    .seed = 5u + number,
					    .pool = pool,
					    .plan = plan,
					    .queue = number};
	void *memory = rte_zmalloc("shard", shard_bytes(&config), 64);

	CHECK(memory != NULL);
	return shard_open(&config, memory, now_ns());
}

/* The turn of a shard that has no queue. */
static void *run_server(void *place_of_it)
{
	uint16_t place = *(const uint16_t *)place_of_it, waiting = 0;
	struct rte_mbuf *mbufs[SHARD_BURST];

	while (!__atomic_load_n(&is_over, __ATOMIC_RELAXED)) {
		uint64_t now = now_ns();
		struct rte_mbuf *moved[WORKER_MAIL_BURST];
		uint16_t count = worker_mail_take(&mail, place, moved), sent;

		if (count > 0)
			shard_receive_moved(servers[place], moved, count, now);
		shard_expire(servers[place], now);
		if (waiting == 0)
			waiting = shard_transmit(servers[place], mbufs, SHARD_BURST);
		sent = worker_mail_send(&mail, place, mbufs, waiting);
		waiting = (uint16_t)(waiting - sent);
		memmove(mbufs, mbufs + sent, waiting * sizeof(mbufs[0]));
	}
	rte_pktmbuf_free_bulk(mbufs, waiting);
	return NULL;
}

static void *read_counters(void *nothing)
{
	uint64_t before = 0;

	while (!__atomic_load_n(&is_over, __ATOMIC_RELAXED)) {
		struct quern_shard_memory memory;
		uint64_t sum = 0;

		for (uint16_t place = 0; place < SERVERS; place++) {
			sum += counter_read(&shard_counters(servers[place])->established);
			shard_memory(servers[place], &memory);
		}
		CHECK(sum >= before);
		before = sum;
	}
	return nothing;
}

/* The client and the shard that has the queue, back to back; what comes back from the others goes to the client. */
static void turn(uint16_t *next)
{
	struct rte_mbuf *mbufs[SHARD_BURST];
	uint64_t now = now_ns();
	struct quern_conn conn;
	uint16_t count;

	shard_expire(client, now);
	while (opened < CONNECTIONS && opened - ended < IN_FLIGHT && quern_connect(client, route, &conn) == 0)
		opened++;
	while ((count = shard_transmit(client, mbufs, SHARD_BURST)) > 0) {
		shard_receive(servers[0], mbufs, count, now);
		worker_mail_move(&mail, 0, servers[0]);
	}
	shard_expire(servers[0], now);
	while ((count = shard_transmit(servers[0], mbufs, SHARD_BURST)) > 0)
		shard_receive(client, mbufs, count, now);
	while ((count = worker_mail_collect(&mail, next, mbufs, SHARD_BURST)) > 0)
		shard_receive(client, mbufs, count, now);
}

static void open_all(void)
{
	static struct port_plan plan;
	const struct quern_endpoint target = {.address = SERVER, .port = PORT};
	const struct quern_source source = {
		.addresses = {.first = CLIENT, .last = CLIENT}, .first_port = 0, .last_port = 0};
	struct random random;

	random_seed(&random, 9);
	for (unsigned int i = 0; i < PORT_PLAN_KEY_BYTES; i++)
		plan.key[i] = (uint8_t)random_next(&random);
	plan.entries = 128;
	port_plan_share(&plan, SERVERS);
	port_plan_prepare(&plan);
	CHECK(worker_mail_open(&mail, 0, SERVERS, true) == 0);
	client = open_shard(CLIENT, 0, NULL);
	CHECK(quern_route_add(client, &source, &target, NULL, &client_events, NULL, &route) == 0);
	for (uint16_t place = 0; place < SERVERS; place++) {
		servers[place] = open_shard(SERVER, place, &plan);
		CHECK(quern_listen(servers[place], &target, NULL, &server_events, NULL) == 0);
	}
}

static void run_all(void)
{
	static const uint16_t places[SERVERS] = {0, 1, 2, 3};
	pthread_t threads[SERVERS];
	uint64_t end_ns = now_ns() + LIMIT_S * UINT64_C(1000000000);
	uint16_t next = 0;

	CHECK(pthread_create(&threads[0], NULL, read_counters, NULL) == 0);
	for (uint16_t place = 1; place < SERVERS; place++)
		CHECK(pthread_create(&threads[place], NULL, run_server, (void *)(uintptr_t)&places[place]) == 0);
	while (ended < CONNECTIONS && now_ns() < end_ns)
		turn(&next);
	__atomic_store_n(&is_over, true, __ATOMIC_RELAXED);
	for (uint16_t place = 0; place < SERVERS; place++)
		pthread_join(threads[place], NULL);
}

/* Every connection was one server's, and every buffer is back. */
static bool all_is_well(void)
{
	uint64_t established = 0, moved_out = shard_counters(servers[0])->moved_out, moved_in = 0;

	worker_mail_close(&mail);
	for (uint16_t place = 0; place < SERVERS; place++) {
		const struct quern_counters *counters = shard_counters(servers[place]);

		printf("# shard %u: %llu established, %llu frames moved to it\n", place,
		       (unsigned long long)counters->established, (unsigned long long)counters->moved_in);
		established += counters->established;
		moved_in += counters->moved_in;
		shard_close(servers[place]);
	}
	shard_close(client);
	return ended == CONNECTIONS && established == CONNECTIONS && moved_in <= moved_out &&
	       rte_mempool_in_use_count(pool) == 0;
}

int main(void)
{
	bool is_well;

	bare_eal_start();
	CHECK(rte_mempool_register_ops(&store_ops) >= 0);
	pool = rte_pktmbuf_pool_create_by_ops("visible", BUFFERS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY,
					      "visible");
	CHECK(pool != NULL);
	printf("1..1\n");
	open_all();
	run_all();
	is_well = all_is_well();
	printf("%s 1 - four threads share a port, and each connection is one shard's\n", is_well ? "ok" : "not ok");
	rte_eal_cleanup();
	return is_well ? 0 : 1;
}
