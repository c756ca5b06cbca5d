/* test_shard_ip6_routes.c - active opens over IPv6, and listeners at one address. */
#include <errno.h>
#include <string.h>

#include <criterion/criterion.h>

#include "shard/shard_parts.h"
#include "support/shard_driver.h"

enum { PORT = 80, QUEUES = 4, OURS = 2, OPENS = 300, PEER_ISS = 5000 };

static const struct quern_ip6 peer = {0x20010db800010000, 9};
static struct driver driver;
static struct port_plan plan;

static struct quern_ip6 own(uint64_t number)
{
	return (struct quern_ip6){0x20010db800000000, number};
}

/* A shard with 2001:db8::1 to ::4, without Ethernet. */
static void begin(const struct port_plan *of_port)
{
	struct shard_config config = {.max_connections = 2 * OPENS, .plan = of_port, .queue = of_port ? OURS : 0};

	config.ip6.first = own(1);
	config.ip6.last = own(4);
	config.ip6.prefix_length = 32;
	driver_open(&driver, &config);
}

static int route_add(uint64_t first, uint64_t last, struct quern_ip6 target, uint16_t target_port, uint8_t *route)
{
	const struct quern_source source = {.addresses = {.first6 = own(first), .last6 = own(last)}};
	const struct quern_endpoint to = {.ip6 = target, .port = target_port};

	return quern_route_add(driver.shard, &source, &to, NULL, &driver_events, &driver, route);
}

static int listen_at(struct quern_ip6 address, uint16_t port)
{
	const struct quern_endpoint local = {.ip6 = address, .port = port};

	return quern_listen(driver.shard, &local, NULL, &driver_events, &driver);
}

/* The next segment that the shard sends, as its receiver reads it; false where there is none. */
static bool hear(struct packet *packet)
{
	const struct wire_expect expect = {.ip6 = true};
	struct rte_mbuf *mbuf;

	if (shard_transmit(driver.shard, &mbuf, 1) == 0)
		return false;
	cr_assert_eq(wire_parse(rte_pktmbuf_mtod(mbuf, uint8_t *), mbuf->data_len, &expect, packet), QUERN_DROP_NONE);
	cr_assert_eq(packet->kind, WIRE_TCP);
	rte_pktmbuf_free(mbuf);
	return true;
}

/* A segment from the other end of a flow that was heard, or of one to `to`. */
static void say(const struct ip6_pair *pair, uint16_t from_port, uint16_t to_port, const struct segment *segment)
{
	const struct flow_key key = {.local_port = from_port, .remote_port = to_port};
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(driver.in_pool);
	uint8_t *frame = rte_pktmbuf_mtod(mbuf, uint8_t *);

	rte_pktmbuf_append(mbuf, (uint16_t)wire_build_tcp6_at(frame, 0, pair, &key, segment,
							      &(struct wire_ip_options){.ttl = 64}));
	shard_receive(driver.shard, &mbuf, 1, driver.now_ns);
}

Test(shard_ip6_routes, a_connection_is_opened_and_its_target_keeps_its_alias)
{
	struct segment segment = {.seq = PEER_ISS, .wnd = 1000, .flags = TCP_SYN | TCP_ACK, .mss = 1300};
	struct quern_conn_info info;
	struct quern_conn conn;
	struct packet syn, ack;
	uint8_t route;

	begin(NULL);
	cr_assert_eq(route_add(1, 2, peer, PORT, &route), 0);
	cr_assert_eq(quern_connect(driver.shard, route, &conn), 0);
	cr_assert(hear(&syn));
	cr_assert_eq(syn.tcp.flags, TCP_SYN);
	cr_assert_eq(syn.tcp.mss, 1440);
	cr_assert(ip6_equal(syn.ip6.local, peer) && ip6_equal(syn.ip6.remote, own(1)));
	cr_assert_eq(syn.key.local_port, PORT);
	segment.ack = syn.tcp.seq + 1;
	say(&syn.ip6, PORT, syn.key.remote_port, &segment);
	cr_assert(hear(&ack));
	cr_assert_eq(ack.tcp.flags, TCP_ACK);
	cr_assert_eq(driver_next_told(&driver)->what, TOLD_ESTABLISHED);
	cr_assert_eq(quern_conn_info(driver.shard, conn, &info), 0);
	cr_assert_eq(info.mss, 1300);
	segment = (struct segment){.seq = PEER_ISS + 1, .flags = TCP_RST};
	say(&syn.ip6, PORT, syn.key.remote_port, &segment);
	cr_assert_eq(driver.shard->conns_used, 0);
	cr_assert_eq(driver.shard->ip6.aliases.used, 1, "the route's own");
	driver_close(&driver);
}

Test(shard_ip6_routes, what_makes_no_route_is_refused_and_holds_nothing)
{
	const struct quern_ip6 group = {0xff02000000000000, 1}, nobody = {0, 0};
	const struct quern_source ours = {.addresses = {.first6 = own(1), .last6 = own(1)}};
	const struct quern_source of_both = {.addresses = {DRIVER_LOCAL, DRIVER_LOCAL, own(1), own(1)}};
	const struct quern_endpoint other = {.address = DRIVER_REMOTE, .port = PORT};
	const struct quern_endpoint both = {.address = DRIVER_REMOTE, .port = PORT, .ip6 = peer};
	uint8_t route;

	begin(NULL);
	cr_assert_eq(route_add(1, 5, peer, PORT, &route), -EADDRNOTAVAIL);
	cr_assert_eq(route_add(2, 1, peer, PORT, &route), -EINVAL);
	cr_assert_eq(route_add(1, 1, peer, 0, &route), -EINVAL);
	cr_assert_eq(route_add(1, 1, group, PORT, &route), -EINVAL);
	cr_assert_eq(route_add(1, 1, nobody, PORT, &route), -EINVAL);
	cr_assert_eq(quern_route_add(driver.shard, &ours, &other, NULL, NULL, NULL, &route), -EINVAL,
		     "from IPv6 to IPv4");
	cr_assert_eq(quern_route_add(driver.shard, &of_both, &both, NULL, NULL, NULL, &route), -EINVAL);
	cr_assert_eq(driver.shard->ip6.aliases.used, 0);
	driver_close(&driver);
	driver_open(&driver, NULL);
	cr_assert_eq(route_add(1, 1, peer, PORT, &route), -EADDRNOTAVAIL, "IPv6 is not spoken");
	driver_close(&driver);
}

Test(shard_ip6_routes, a_listener_at_one_address_does_not_answer_at_another)
{
	const struct segment syn = {.seq = PEER_ISS, .wnd = 1000, .flags = TCP_SYN};
	struct packet packet;

	begin(NULL);
	cr_assert_eq(listen_at(own(2), PORT), 0);
	cr_assert_eq(listen_at(own(2), PORT), -EADDRINUSE);
	cr_assert_eq(listen_at(own(5), PORT), -EADDRNOTAVAIL);
	cr_assert_eq(listen_at(own(3), 0), -EINVAL);
	for (uint64_t number = 1; number <= 4; number++) {
		say(&(struct ip6_pair){peer, own(number)}, 4000, PORT, &syn);
		cr_assert(hear(&packet));
		cr_assert_eq(packet.tcp.flags, number == 2 ? TCP_SYN | TCP_ACK : TCP_RST | TCP_ACK);
		cr_assert(ip6_equal(packet.ip6.remote, own(number)));
	}
	driver_close(&driver);
}

Test(shard_ip6_routes, a_listener_without_an_address_answers_over_both_versions)
{
	const struct segment syn = {.seq = PEER_ISS, .wnd = 1000, .flags = TCP_SYN};
	const struct quern_endpoint any = {.port = PORT}, both = {.address = DRIVER_LOCAL, .port = 81, .ip6 = own(1)};
	const struct raw_segment of_ip4 = {.source = DRIVER_REMOTE,
					   .dest = DRIVER_LOCAL,
					   .source_port = 4000,
					   .dest_port = PORT,
					   .flags = SYN,
					   .window = 1000,
					   .mss = 1400};
	struct packet packet;

	begin(NULL);
	cr_assert_eq(quern_listen(driver.shard, &both, NULL, &driver_events, &driver), -EINVAL);
	cr_assert_eq(quern_listen(driver.shard, &any, NULL, &driver_events, &driver), 0);
	cr_assert_eq(quern_listen(driver.shard, &any, NULL, &driver_events, &driver), -EADDRINUSE);
	say(&(struct ip6_pair){peer, own(4)}, 4000, PORT, &syn);
	cr_assert(hear(&packet));
	cr_assert_eq(packet.tcp.flags, TCP_SYN | TCP_ACK);
	driver_inject(&driver, &of_ip4);
	cr_assert_eq(driver_next_heard(&driver)->segment.flags, SYN | ACK);
	driver_close(&driver);
}

/* Neighbours of IPv6 are asked for as those of IPv4 are, and the gateway for what lies beyond. */
Test(shard_ip6_routes, what_is_not_known_yet_is_not_reachable_and_is_asked_for)
{
	const struct quern_endpoint beyond = {.ip6 = peer}, other = {.address = DRIVER_REMOTE};
	struct shard_config config = {.ethernet = true};
	struct rte_mbuf *mbuf;

	driver_open(&driver, &config);
	cr_assert(!quern_reachable(driver.shard, &beyond), "IPv6 is not spoken");
	cr_assert_eq(driver_counters(&driver)->nd_requests, 0);
	driver_close(&driver);
	config.ip6.first = own(1);
	config.ip6.last = own(4);
	config.ip6.prefix_length = 64;
	config.ip6.gateway = own(9);
	driver_open(&driver, &config);
	cr_assert(!quern_reachable(driver.shard, &beyond));
	cr_assert_eq(driver_counters(&driver)->nd_requests, 1);
	cr_assert(!quern_reachable(driver.shard, &other));
	cr_assert_eq(driver_counters(&driver)->arp_requests, 1);
	/* The driver does not read neighbour discovery. */
	while (shard_transmit(driver.shard, &mbuf, 1) == 1)
		rte_pktmbuf_free(mbuf);
	driver_close(&driver);
}

/* A key under which each entry has the same number of ports, as a port draws it. */
static void draw_plan(void)
{
	struct random random;

	random_seed(&random, 3);
	plan.entries = 128;
	do {
		for (int i = 0; i < PORT_PLAN_KEY_BYTES; i++)
			plan.key[i] = (uint8_t)random_next(&random);
		port_plan_prepare(&plan);
	} while (port_plan_ports6(&plan) * plan.entries != UINT16_MAX + 1u);
	port_plan_share(&plan, QUEUES);
}

Test(shard_ip6_routes, answers_to_active_opens_come_back_to_their_own_shard)
{
	static bool seen[4][UINT16_MAX + 1];
	uint8_t route;

	draw_plan();
	begin(&plan);
	cr_assert_eq(route_add(1, 4, peer, PORT, &route), 0);
	for (int i = 0; i < OPENS; i++) {
		struct quern_conn conn;
		struct packet syn;

		cr_assert_eq(quern_connect(driver.shard, route, &conn), 0);
		cr_assert(hear(&syn));
		const struct ip6_pair flow = {syn.ip6.remote, syn.ip6.local};
		const struct flow_key ports = {.local_port = syn.key.remote_port, .remote_port = PORT};

		cr_assert_eq(port_plan_queue6(&plan, &flow, &ports), OURS, "open %d", i);
		cr_assert(!seen[flow.local.low - 1][ports.local_port], "a pair comes twice");
		seen[flow.local.low - 1][ports.local_port] = true;
	}
	/* A quarter of them, but for what the lowest 1,024 ports of each address make of it. */
	cr_assert_gt(driver.shard->services[route].route.pairs, 60000);
	cr_assert_lt(driver.shard->services[route].route.pairs, 66000);
	driver_close(&driver);
}
