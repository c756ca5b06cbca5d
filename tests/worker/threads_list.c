/* threads_list.c - connections are listed in a loop while another thread opens and closes as fast as it can, under
 * ThreadSanitizer. A plain program, since Criterion cannot run under it. Prints TAP.
 *
 * Every part of a tuple says which route it is of, so a row that is made of two connections is seen. */
#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include <rte_eal.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "base/check.h"
#include "shard/shard.h"
#include "support/bare_eal.h"

enum {
	ROUTES = 64,
	PORTS = 512, /* of a route, from FIRST_PORT on */
	FIRST_PORT = 1024,
	LISTEN_PORT = 100, /* of the first route */
	CONNECTIONS = 100000,
	IN_FLIGHT = 256,
	BUFFERS = 8192,
	PAGE = 50,
	LIMIT_S = 150
};

#define CLIENT 0xc6120001U
#define SERVER 0xc6130001U

/* Over IPv6 they stand for 2001:db8::a.b.c.d. */
#define NETWORK_IP6 UINT64_C(0x20010db800000000)

static struct rte_mempool *pool;
static bool is_ip6;
static struct quern_shard *client, *server;
static uint8_t routes[ROUTES];
static uint32_t opened, ended;
static bool is_over; /* relaxed */

/* What the reader has found. */
static uint64_t rows_read, rows_torn, skipped, laps, seen[QUERN_STATES_END];

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

/* Some bytes both ways give connections flights, which are copied too. */
static void greet(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	static const char text[200];
	uint32_t taken;

	if (conn.index % 4 == 0)
		CHECK(quern_conn_send(shard, conn, text, sizeof(text), &taken) == 0);
	close_it(shard, conn, app);
}

static void accept_it(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	(void)shard;
	(void)conn;
	(void)app;
}

static uint32_t take_it(struct quern_shard *shard, struct quern_conn conn, const void *text, uint32_t bytes, void *app)
{
	(void)shard;
	(void)conn;
	(void)text;
	(void)app;
	return bytes;
}

static void count_end(struct quern_shard *shard, struct quern_conn conn, enum quern_end how, void *app)
{
	(void)shard;
	(void)conn;
	(void)app;
	CHECK(how == QUERN_END_CLOSED);
	ended++;
}

static const struct quern_events client_events = {.on_established = greet, .on_ended = count_end};
static const struct quern_events server_events = {
	.on_established = accept_it, .on_data = take_it, .on_peer_closed = close_it};

static struct quern_endpoint end_at(uint32_t address, uint32_t port)
{
	if (is_ip6)
		return (struct quern_endpoint){.ip6 = {NETWORK_IP6, address}, .port = (uint16_t)port};
	return (struct quern_endpoint){.address = address, .port = (uint16_t)port};
}

static uint32_t address_of(const struct quern_endpoint *end)
{
	return is_ip6 && end->ip6.high == NETWORK_IP6 ? (uint32_t)end->ip6.low : end->address;
}

static struct quern_shard *open_shard(uint32_t address, uint16_t number)
{
	struct shard_config config = {.number = number,
				      .max_connections = 1024,
				      .max_time_wait = 4096,
				      .time_wait_ms = 20,
				      .addresses = {.first = address, .last = address + ROUTES - 1},
				      .prefix_length = 15,
				      .mtu = 1500,
				      .seed = 7u + number,
				      .pool = pool};
	void *memory;

	if (is_ip6) {
		config.ip6.first = end_at(address, 0).ip6;
		config.ip6.last = end_at(address + ROUTES - 1, 0).ip6;
		config.ip6.prefix_length = 111;
	}
	memory = rte_zmalloc("shard", shard_bytes(&config), 64);
	CHECK(memory != NULL);
	return shard_open(&config, memory, now_ns());
}

static void open_all(void)
{
	client = open_shard(CLIENT, 0);
	server = open_shard(SERVER, 1);
	for (uint16_t route = 0; route < ROUTES; route++) {
		const struct quern_endpoint target = end_at(SERVER + route, LISTEN_PORT + route);
		const struct quern_endpoint own = end_at(CLIENT + route, 0);
		const uint16_t first = (uint16_t)(FIRST_PORT + route * PORTS);
		const struct quern_source source = {.addresses = {own.address, own.address, own.ip6, own.ip6},
						    .first_port = first,
						    .last_port = (uint16_t)(first + PORTS - 1)};

		CHECK(quern_listen(server, &target, NULL, &server_events, NULL) == 0);
		CHECK(quern_route_add(client, &source, &target, NULL, &client_events, NULL, &routes[route]) == 0);
	}
}

/* Both ends, back to back. */
static void turn(void)
{
	struct rte_mbuf *mbufs[SHARD_BURST];
	uint64_t now = now_ns();
	struct quern_conn conn;
	uint16_t count;

	shard_expire(client, now);
	shard_expire(server, now);
	while (opened < CONNECTIONS && opened - ended < IN_FLIGHT &&
	       quern_connect(client, routes[opened % ROUTES], &conn) == 0)
		opened++;
	while ((count = shard_transmit(client, mbufs, SHARD_BURST)) > 0)
		shard_receive(server, mbufs, count, now);
	while ((count = shard_transmit(server, mbufs, SHARD_BURST)) > 0)
		shard_receive(client, mbufs, count, now);
}

static bool is_torn(const struct quern_endpoint *near, const struct quern_endpoint *far)
{
	uint32_t route = address_of(near) - CLIENT;

	return route >= ROUTES || (near->port - FIRST_PORT) / PORTS != (int)route ||
	       address_of(far) != SERVER + route || far->port != LISTEN_PORT + route;
}

static void list_shard(const struct quern_shard *shard, bool is_client)
{
	struct quern_conn_info rows[PAGE];
	struct quern_conn_cursor cursor = {0};

	while (cursor.at != QUERN_CONNS_END) {
		uint32_t count = shard_read_conns(shard, &cursor, NULL, rows, PAGE);

		for (uint32_t i = 0; i < count; i++) {
			const struct quern_conn_info *row = &rows[i];

			CHECK(row->state >= QUERN_SYN_SENT && row->state <= QUERN_TIME_WAIT);
			seen[row->state]++;
			rows_torn +=
				is_client ? is_torn(&row->local, &row->remote) : is_torn(&row->remote, &row->local);
		}
		rows_read += count;
	}
	skipped += cursor.skipped;
}

static void *list_all(void *nothing)
{
	uint32_t counts[QUERN_STATES_END];

	while (!__atomic_load_n(&is_over, __ATOMIC_RELAXED)) {
		list_shard(client, true);
		list_shard(server, false);
		shard_read_states(client, counts);
		laps++;
	}
	return nothing;
}

static bool all_is_well(uint64_t took_ns)
{
	printf("# %u connections in %.1f s; %llu laps, %llu rows, %llu places skipped, %llu torn\n", ended,
	       (double)took_ns / 1e9, (unsigned long long)laps, (unsigned long long)rows_read,
	       (unsigned long long)skipped, (unsigned long long)rows_torn);
	for (int state = 0; state < QUERN_STATES_END; state++) {
		if (seen[state] > 0)
			printf("# %s: %llu\n", quern_state_name((enum quern_state)state),
			       (unsigned long long)seen[state]);
	}
	shard_close(client);
	shard_close(server);
	return ended == CONNECTIONS && rows_torn == 0 && rows_read > 1000 && seen[QUERN_TIME_WAIT] > 0 &&
	       rte_mempool_in_use_count(pool) == 0;
}

/* The one argument is the version of IP. */
int main(int argc, char **argv)
{
	uint64_t begin_ns;
	pthread_t reader;
	bool is_well;

	is_ip6 = argc > 1 && argv[1][0] == '6';
	bare_eal_start();
	pool = rte_pktmbuf_pool_create("list", BUFFERS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	CHECK(pool != NULL);
	printf("1..1\n");
	open_all();
	begin_ns = now_ns();
	CHECK(pthread_create(&reader, NULL, list_all, NULL) == 0);
	while (ended < CONNECTIONS && now_ns() - begin_ns < LIMIT_S * UINT64_C(1000000000))
		turn();
	__atomic_store_n(&is_over, true, __ATOMIC_RELAXED);
	pthread_join(reader, NULL);
	is_well = all_is_well(now_ns() - begin_ns);
	printf("%s 1 - connections are listed whole while others come and go\n", is_well ? "ok" : "not ok");
	rte_eal_cleanup();
	return is_well ? 0 : 1;
}
