/* test_shard_forward_workers.c - four workers forward between the same two ports: each has a group of shards, and a
 * NIC, here its Toeplitz hash alone, gives each the frames of its queue. No session is ever handled by two. */
#include <criterion/criterion.h>

#include "base/random.h"
#include "support/forward_lab.h"
#include "support/raw_frame.h"
#include "support/raw_words.h"

enum { WORKERS = 4, PORTS = 2, CLIENTS = 10000, A_HOST = 50, LISTEN = 53, TARGET = 5300, TARGETS = 3 };
enum { ICMP_HEADERS = 28, QUOTED = 28 };

static struct lab group_of[WORKERS];
static struct port_plan plans[PORTS];

/* Keys and tables differ from port to port. */
static void plan_ports(bool spread_by_port)
{
	struct random random;

	random_seed(&random, 11);
	for (uint16_t port = 0; port < PORTS; port++) {
		for (unsigned int i = 0; i < PORT_PLAN_KEY_BYTES; i++)
			plans[port].key[i] = (uint8_t)random_next(&random);
		plans[port].entries = port == 0 ? 128 : 512;
		plans[port].spread_by_port = spread_by_port;
		port_plan_share(&plans[port], WORKERS);
		port_plan_prepare(&plans[port]);
	}
}

static void close_all(void)
{
	/* They share the pools, in which nothing may be left when one closes. */
	for (uint16_t worker = 0; worker < WORKERS; worker++)
		lab_hear_nothing(&group_of[worker]);
	for (uint16_t worker = 0; worker < WORKERS; worker++)
		lab_close(&group_of[worker]);
}

/* Where a port brings a datagram. */
static uint16_t queue_of(uint16_t port, const struct lab_datagram *datagram)
{
	const struct ip6_pair pair = {datagram->dest.ip6, datagram->source.ip6};
	const struct flow_key key = {datagram->dest.address, datagram->source.address, datagram->dest.port,
				     datagram->source.port};

	return quern_ip6_is_set(&datagram->dest.ip6) ? port_plan_queue6(&plans[port], &pair, &key)
						     : port_plan_queue(&plans[port], &key);
}

static void move_to(uint32_t owner, uint16_t port, struct rte_mbuf *mbuf)
{
	shard_receive_moved(group_of[owner].ports[port].shard, &mbuf, 1, group_of[owner].now_ns);
	lab_advance(&group_of[owner], 0);
	cr_assert_eq(shard_foreign(group_of[owner].ports[port].shard, &mbuf, 1), 0, "moved twice");
}

/* What a worker has set aside goes to its owner, as workers do it. True where there was something. */
static bool move(uint16_t from, uint16_t port)
{
	struct rte_mbuf *mbufs[SHARD_BURST];
	uint16_t count = shard_foreign(group_of[from].ports[port].shard, mbufs, SHARD_BURST);

	for (uint16_t i = 0; i < count; i++) {
		uint32_t owner = mbufs[i]->hash.usr;

		cr_assert_lt(owner, WORKERS);
		cr_assert_neq(owner, from, "moved to itself");
		move_to(owner, port, mbufs[i]);
	}
	return count > 0;
}

/* What neighbours have said is for all, who have asked for themselves. */
static void forget_neighbours(struct lab *lab)
{
	struct rte_mbuf *mbufs[SHARD_BURST];

	for (uint16_t port = 0; port < PORTS; port++)
		rte_pktmbuf_free_bulk(mbufs, shard_foreign(lab->ports[port].shard, mbufs, SHARD_BURST));
}

static void open_with_mtu(bool is_ip6, bool spread_by_port, uint16_t mtu)
{
	static struct quern_forward_target targets[TARGETS];
	static struct quern_forward_rule rules[1];

	for (uint16_t i = 0; i < TARGETS; i++)
		targets[i].to = is_ip6 ? lab_end6(1, 100 + i, TARGET) : lab_end(1, 100 + i, TARGET);
	rules[0] = (struct quern_forward_rule){.name = "dns",
					       .listen = is_ip6 ? lab_end6(0, 1, LISTEN) : lab_end(0, 1, LISTEN),
					       .targets = targets,
					       .target_count = TARGETS};
	plan_ports(spread_by_port);
	for (uint16_t worker = 0; worker < WORKERS; worker++) {
		const struct lab_plan plan = {.max_sessions = CLIENTS,
					      .mtu = mtu,
					      .port_plans = plans,
					      .queue = worker,
					      .groups = WORKERS,
					      .rules = rules,
					      .rule_count = 1};

		lab_open(&group_of[worker], &plan);
		forget_neighbours(&group_of[worker]);
	}
}

static void open_all(bool is_ip6, bool spread_by_port)
{
	open_with_mtu(is_ip6, spread_by_port, 0);
}

/* A datagram in at a port, by the queue that its NIC chooses, or by the first of all where it has one alone. */
static void say(uint16_t port, const struct lab_datagram *datagram)
{
	uint16_t owner = queue_of(port, datagram), first = plans[port].spread_by_port ? owner : 0;

	lab_say(&group_of[first], port, datagram);
	cr_assert_eq(move(first, port), first != owner, "worker %u, at port %u, has what is of %u", first, port, owner);
}

/* There and back: both ways by one worker, and nothing at the others. */
static void goes_by_one_worker(struct quern_endpoint client, struct quern_endpoint listen)
{
	struct lab_datagram asked = lab_from_to(client, listen, 1), heard, answer, back;
	uint16_t worker = queue_of(0, &asked);

	say(0, &asked);
	heard = lab_hear_same(&group_of[worker], 1, &asked);
	answer = lab_from_to(heard.dest, heard.source, 500);
	cr_assert_eq(queue_of(1, &answer), worker, "the answer would come to another worker");
	say(1, &answer);
	back = lab_hear_same(&group_of[worker], 0, &answer);
	lab_expect_end(&back.source, &listen);
	lab_expect_end(&back.dest, &client);
	for (uint16_t other = 0; other < WORKERS; other++)
		lab_hear_nothing(&group_of[other]);
}

static struct quern_endpoint client_at(bool is_ip6, uint16_t number)
{
	uint16_t host = (uint16_t)(300 + number / A_HOST), port = (uint16_t)(1024 + 37 * (number % A_HOST));

	return is_ip6 ? lab_end6(0, host, port) : lab_end(0, host, port);
}

/* Each has its share, each session is of one, and each datagram was counted by who forwarded it. */
static void expect_shares(uint16_t rounds, bool spread_by_port)
{
	uint32_t sessions = 0;

	for (uint16_t worker = 0; worker < WORKERS; worker++) {
		const struct quern_counters *in = lab_counters(&group_of[worker], 0),
					    *out = lab_counters(&group_of[worker], 1);
		uint32_t share = shard_forward_sessions(group_of[worker].forward);
		uint64_t moved_in = spread_by_port || worker == 0 ? 0 : (uint64_t)rounds * share;

		cr_assert(share > CLIENTS / WORKERS / 2 && share < CLIENTS / WORKERS * 2, "worker %u has %u", worker,
			  share);
		cr_assert_eq(in->udp_sessions_opened, share);
		cr_assert_eq(in->udp_forwarded, (uint64_t)rounds * share);
		cr_assert_eq(out->udp_returned, (uint64_t)rounds * share);
		cr_assert_eq(in->moved_in, moved_in);
		cr_assert_eq(out->moved_in, moved_in);
		cr_assert(spread_by_port || worker == 0 ? in->rx_packets >= in->udp_forwarded : in->rx_packets < 10);
		sessions += share;
	}
	cr_assert_eq(sessions, CLIENTS, "one session each");
	cr_assert_eq(lab_counters(&group_of[0], 0)->moved_out,
		     spread_by_port ? 0 : rounds * (CLIENTS - shard_forward_sessions(group_of[0].forward)));
}

static void no_session_has_two_workers(bool is_ip6, bool spread_by_port)
{
	const struct quern_endpoint listen = is_ip6 ? lab_end6(0, 1, LISTEN) : lab_end(0, 1, LISTEN);
	enum { ROUNDS = 3 };

	open_all(is_ip6, spread_by_port);
	for (uint16_t round = 0; round < ROUNDS; round++)
		for (uint16_t number = 0; number < CLIENTS; number++)
			goes_by_one_worker(client_at(is_ip6, number), listen);
	expect_shares(ROUNDS, spread_by_port);
	close_all();
}

Test(shard_forward_workers, answers_come_to_the_worker_whose_session_it_is)
{
	no_session_has_two_workers(false, true);
}

Test(shard_forward_workers, and_so_over_ip6)
{
	lab_only_without_ethernet("its hosts do not speak neighbour discovery");
	no_session_has_two_workers(true, true);
}

Test(shard_forward_workers, of_a_port_with_one_queue_each_has_what_is_moved_to_it)
{
	no_session_has_two_workers(false, false);
}

Test(shard_forward_workers, and_so_over_ip6_with_one_queue)
{
	lab_only_without_ethernet("its hosts do not speak neighbour discovery");
	no_session_has_two_workers(true, false);
}

/* "Port unreachable" about a packet, by the host that it was for. */
static uint32_t build_error(uint8_t *error, const struct lab_packet *about)
{
	memset(error, 0, ICMP_HEADERS);
	error[0] = 0x45;
	error[3] = ICMP_HEADERS + QUOTED;
	error[8] = LAB_TTL;
	error[9] = 1;
	memcpy(error + 12, about->frame + 16, 4);
	memcpy(error + 16, about->frame + 12, 4);
	error[20] = 3;
	error[21] = 3;
	memcpy(error + ICMP_HEADERS, about->frame, QUOTED);
	put16(error + 10, ~ones_sum(0, error, 20) & 0xffff);
	put16(error + 22, ~ones_sum(0, error + 20, 8 + QUOTED) & 0xffff);
	return ICMP_HEADERS + QUOTED;
}

/* A NIC spreads what has no ports by addresses: errors come to anybody, and are passed on by who has the session. */
Test(shard_forward_workers, errors_find_the_worker_whose_session_they_are_about)
{
	open_all(false, true);
	for (uint16_t number = 0; number < 400; number++) {
		struct lab_datagram asked = lab_from_to(client_at(false, number), lab_end(0, 1, LISTEN), 1);
		uint16_t worker = queue_of(0, &asked), hearer = number % WORKERS;
		const struct lab_packet *passed;
		uint8_t error[ICMP_HEADERS + QUOTED];
		uint32_t bytes;

		say(0, &asked);
		bytes = build_error(error, lab_next(&group_of[worker], 1));
		lab_say_bytes(&group_of[hearer], 1, error, bytes);
		cr_assert_eq(move(hearer, 1), hearer != worker);
		passed = lab_next(&group_of[worker], 0);
		cr_assert_not_null(passed, "an error about a session of worker %u, heard by %u", worker, hearer);
		cr_assert_eq(get32(passed->frame + 16), asked.source.address);
		cr_assert_eq(get16(passed->frame + ICMP_HEADERS + 20), asked.source.port);
	}
	close_all();
}

/* RFC 6864 4.3: their datagrams leave from one address, and who puts them together must not mix them. */
Test(shard_forward_workers, fragments_of_two_never_have_the_same_identification)
{
	enum { NARROW = 1280, LONG = 1400, DATAGRAMS = 400 };
	static bool is_used[UINT16_MAX + 1];

	open_with_mtu(false, true, NARROW);
	for (uint16_t number = 0; number < DATAGRAMS; number++) {
		struct lab_datagram asked = lab_from_to(client_at(false, number), lab_end(0, 1, LISTEN), 1);
		struct lab *lab = &group_of[queue_of(0, &asked)];
		uint32_t id;

		asked.text_bytes = LONG;
		say(0, &asked);
		id = get16(lab_next(lab, 1)->frame + 4);
		cr_assert(!is_used[id], "%u is that of another datagram", id);
		is_used[id] = true;
		cr_assert_eq(get16(lab_next(lab, 1)->frame + 4), id);
	}
	close_all();
}
