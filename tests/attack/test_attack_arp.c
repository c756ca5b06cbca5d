/* test_attack_arp.c - row 30: ARP from strangers, in floods and in lies, while the gateway and neighbours are in use.
 */
#include <string.h>

#include <criterion/criterion.h>

#include "attack/battery.h"
#include "base/random.h"
#include "shard/shard_parts.h"
#include "support/raw_words.h"
#include "support/script.h"

enum {
	LIVE = 32,
	FLOOD = 100000,
	A_MS_HAS = 20,
	REQUEST = 1,
	REPLY = 2,
	SECONDS = 20,
	HALF_OPEN = 4096,
	ARP_BYTES = 42
};

static const uint32_t gateway = 0xc612fffe, beyond = 0x08080808, first_neighbour = 0xc6120100;
static const uint8_t gateway_mac[6] = {2, 0, 0, 0, 1, 1}, new_gateway_mac[6] = {2, 0, 0, 0, 1, 2},
		     liar_mac[6] = {2, 0, 0, 0, 6, 6};

static struct driver driver;

/* What the shard has sent since the last look: to whom. */
struct seen {
	uint32_t to_gateway, to_new_gateway, to_liar, to_others, requests;
};

static void hear_arp(uint16_t operation, uint32_t sender, const uint8_t mac[6], uint32_t target)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(driver.in_pool);
	uint8_t *frame = rte_pktmbuf_mtod(mbuf, uint8_t *);

	rte_pktmbuf_append(mbuf, ARP_BYTES);
	memset(frame, 0xff, 6);
	memcpy(frame + 6, mac, 6);
	memcpy(frame + 12, "\x08\x06\x00\x01\x08\x00\x06\x04", 8);
	frame[20] = 0;
	frame[21] = (uint8_t)operation;
	memcpy(frame + 22, mac, 6);
	put32(frame + 28, sender);
	memset(frame + 32, 0, 6);
	put32(frame + 38, target);
	shard_receive(driver.shard, &mbuf, 1, driver.now_ns);
}

/* Looks at all that the shard sends. Its questions are answered by those that are there: the gateway as `mac`, where
 * that is not null, and the neighbours. */
static struct seen look(const uint8_t *mac)
{
	struct rte_mbuf *mbufs[SHARD_BURST];
	struct seen seen = {0};
	uint32_t asked[SHARD_BURST];
	uint16_t count;

	do {
		uint32_t questions = 0;

		count = shard_transmit(driver.shard, mbufs, SHARD_BURST);
		for (uint16_t i = 0; i < count; i++) {
			const uint8_t *frame = rte_pktmbuf_mtod(mbufs[i], const uint8_t *);
			bool is_arp = memcmp(frame + 12, "\x08\x06", 2) == 0;

			if (is_arp && frame[21] == REQUEST)
				asked[questions++] = (uint32_t)frame[38] << 24 | (uint32_t)frame[39] << 16 |
						     (uint32_t)frame[40] << 8 | frame[41];
			else if (!is_arp && memcmp(frame, gateway_mac, 6) == 0)
				seen.to_gateway++;
			else if (!is_arp && memcmp(frame, new_gateway_mac, 6) == 0)
				seen.to_new_gateway++;
			else if (!is_arp && memcmp(frame, liar_mac, 6) == 0)
				seen.to_liar++;
			else if (!is_arp)
				seen.to_others++;
		}
		rte_pktmbuf_free_bulk(mbufs, count);
		for (uint32_t i = 0; i < questions; i++) {
			uint8_t own[6] = {2, 0, 0, 1, 0, (uint8_t)asked[i]};

			seen.requests++;
			if (asked[i] == gateway && mac != NULL)
				hear_arp(REPLY, gateway, mac, DRIVER_LOCAL);
			else if (asked[i] - first_neighbour < LIVE)
				hear_arp(REPLY, asked[i], own, DRIVER_LOCAL);
		}
	} while (count == SHARD_BURST);
	return seen;
}

static uint32_t entries_in_use(void)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < driver.shard->neigh.cache.entry_count; i++)
		count += driver.shard->neigh.cache.entries[i].address != 0;
	return count;
}

static bool is_reachable(uint32_t address)
{
	return quern_reachable(driver.shard, &(struct quern_endpoint){.address = address});
}

/* A shard with a way out by its gateway, which is known, and neighbours that it has spoken to. */
static uint8_t open_network_of_friends(void)
{
	const struct shard_config config = {.max_connections = 65536,
					    .max_half_open = HALF_OPEN,
					    .ethernet = true,
					    .gateway = gateway,
					    .addresses = {.first = DRIVER_LOCAL, .last = DRIVER_LOCAL}};
	const struct quern_source source = {
		.addresses = {.first = DRIVER_LOCAL, .last = DRIVER_LOCAL}, .first_port = 0, .last_port = 0};
	const struct quern_endpoint target = {.address = beyond, .port = 80};
	uint8_t route;

	driver_open(&driver, &config);
	driver_listen(&driver, SCRIPT_PORT, NULL);
	cr_assert_eq(quern_route_add(driver.shard, &source, &target, NULL, NULL, NULL, &route), 0);
	for (int pass = 0; pass < 2; pass++) {
		for (uint32_t i = 0; i < LIVE; i++)
			is_reachable(first_neighbour + i);
		is_reachable(beyond);
		look(gateway_mac);
	}
	cr_assert(is_reachable(beyond));
	return route;
}

/* One SYN by way of the gateway. */
static void speak(uint8_t route)
{
	struct quern_conn conn;

	cr_assert_eq(quern_connect(driver.shard, route, &conn), 0);
}

static void pass_ms(void)
{
	driver.now_ns += 1000000;
	shard_expire(driver.shard, driver.now_ns);
}

static uint32_t neighbours_known(void)
{
	uint32_t known = 0;

	for (uint32_t i = 0; i < LIVE; i++)
		known += is_reachable(first_neighbour + i);
	return known;
}

static void add(struct seen *sum, struct seen seen)
{
	sum->to_gateway += seen.to_gateway;
	sum->to_new_gateway += seen.to_new_gateway;
	sum->to_liar += seen.to_liar;
	sum->to_others += seen.to_others;
	sum->requests += seen.requests;
}

Test(attack_arp, strangers_who_ask_and_announce_fill_no_more_than_the_cache_and_push_nobody_out)
{
	uint8_t route = open_network_of_friends();
	struct seen sum = {0};
	struct random random;
	uint64_t drops = battery_drops(driver.shard), replies = driver_counters(&driver)->arp_replies;
	uint32_t asks = 0;

	random_seed(&random, 30);
	for (uint32_t i = 0; i < FLOOD; i++) {
		uint8_t mac[6] = {2, 9, (uint8_t)random_next(&random), 0, 0, (uint8_t)i};
		uint32_t stranger = 0xc6130000 + random_below(&random, 65000), kind = random_below(&random, 3);

		hear_arp(kind == 2 ? REPLY : REQUEST, stranger, mac, kind ? stranger : DRIVER_LOCAL);
		asks += kind == 0;
		if (i % A_MS_HAS)
			continue;
		pass_ms();
		if (i % (A_MS_HAS * 10) == 0)
			speak(route);
		add(&sum, look(gateway_mac));
	}
	add(&sum, look(gateway_mac));
	cr_assert_leq(entries_in_use(), SHARD_NEIGHBOURS);
	cr_assert_eq(neighbours_known(), LIVE);
	cr_assert_geq(sum.to_gateway, FLOOD / A_MS_HAS / 10, "%u SYNs went by the gateway", sum.to_gateway);
	cr_assert_eq(sum.to_others + sum.to_liar, 0);
	cr_assert_eq(driver_counters(&driver)->arp_replies - replies, asks, "who asks is answered");
	cr_assert_leq(battery_drops(driver.shard) - drops, FLOOD - asks);
	battery_figure(30,
		       "%d ARP packets of strangers in %d ms: %u entries in use of %d, gateway and %d neighbours known "
		       "throughout",
		       FLOOD, FLOOD / A_MS_HAS, entries_in_use(), SHARD_NEIGHBOURS, LIVE);
	look(gateway_mac);
	driver_close(&driver);
}

/* A connection that the liar opens in the gateway's name: we answer to where it came from. */
static void handshake_as_gateway(uint16_t port)
{
	struct script script = script_new(&driver);
	struct raw_segment segment;
	struct rte_mbuf *mbuf;

	script.remote = gateway;
	script.remote_port = port;
	for (int step = 0; step < 2; step++) {
		uint8_t *frame;

		segment = script_segment(&script, step ? ACK : SYN, (uint32_t)step, 1);
		mbuf = rte_pktmbuf_alloc(driver.in_pool);
		frame = rte_pktmbuf_mtod(mbuf, uint8_t *);
		memcpy(frame, driver_mac, 6);
		memcpy(frame + 6, liar_mac, 6);
		memcpy(frame + 12, "\x08\x00", 2);
		rte_pktmbuf_append(mbuf, (uint16_t)(14 + raw_build(frame + 14, &segment)));
		shard_receive(driver.shard, &mbuf, 1, driver.now_ns);
		if (step == 1)
			continue;
		cr_assert_eq(shard_transmit(driver.shard, &mbuf, 1), 1);
		cr_assert_null(
			raw_read(rte_pktmbuf_mtod_offset(mbuf, const uint8_t *, 14), mbuf->data_len - 14, &segment));
		script.iss = segment.seq;
		rte_pktmbuf_free(mbuf);
	}
}

Test(attack_arp, a_liar_does_not_become_the_gateway_while_the_gateway_answers)
{
	uint8_t route = open_network_of_friends();
	uint64_t before;
	struct seen sum = {0};
	uint32_t lies = 0;

	/* The first second belongs to the first answers. */
	for (int ms = 0; ms < NEIGH_REQUEST_MS; ms++)
		pass_ms();
	before = driver_counters(&driver)->drops[QUERN_DROP_ARP_DOUBT];
	for (uint32_t ms = 0; ms < SECONDS * 1000; ms++) {
		hear_arp(REPLY, gateway, liar_mac, DRIVER_LOCAL);
		hear_arp(REPLY, gateway, liar_mac, gateway);
		hear_arp(REQUEST, gateway, liar_mac, gateway);
		lies += 3;
		if (ms % 1000 == 500)
			handshake_as_gateway((uint16_t)(10000 + ms / 1000));
		if (ms % 100 == 0)
			speak(route);
		pass_ms();
		add(&sum, look(gateway_mac));
	}
	cr_assert_eq(sum.to_liar, 0, "%u frames to the liar", sum.to_liar);
	cr_assert_geq(sum.to_gateway, SECONDS * 10);
	cr_assert_leq(sum.requests, SECONDS + 1);
	cr_assert_eq(driver_counters(&driver)->drops[QUERN_DROP_ARP_DOUBT] - before, lies, "each lie is counted");
	battery_figure(
		30,
		"%u false announcements and %d handshakes in the gateway's name in %d s: 0 of %u frames went to the "
		"liar; the gateway was asked %u times",
		lies, SECONDS, SECONDS, sum.to_gateway, sum.requests);
	driver_close(&driver);
}

Test(attack_arp, a_gateway_that_has_moved_is_found_again_within_two_seconds)
{
	uint8_t route = open_network_of_friends();
	uint32_t ms = 0;

	for (int i = 0; i < 5000; i++)
		pass_ms();
	hear_arp(REQUEST, gateway, new_gateway_mac, gateway);
	for (; ms < 5000; ms++) {
		if (ms % 10 == 0)
			speak(route);
		if (look(new_gateway_mac).to_new_gateway > 0)
			break;
		pass_ms();
	}
	cr_assert_leq(ms, 2000);
	battery_figure(30, "a gateway that has moved, and says so: followed after %u ms", ms);
	look(new_gateway_mac);
	driver_close(&driver);
}

Test(attack_arp, what_has_no_way_yet_is_counted_and_not_queued_and_asked_for_once_a_second)
{
	enum { HOP = 0x55 };
	const struct quern_source source = {
		.addresses = {.first = DRIVER_LOCAL, .last = DRIVER_LOCAL}, .first_port = 0, .last_port = 0};
	const struct quern_endpoint target = {.address = first_neighbour + LIVE + HOP, .port = 80};
	struct seen sum = {0};
	uint64_t lost;
	uint8_t route;

	open_network_of_friends();
	cr_assert_eq(quern_route_add(driver.shard, &source, &target, NULL, NULL, NULL, &route), 0);
	lost = driver_counters(&driver)->drops[QUERN_DROP_NO_NEXT_HOP];
	for (uint32_t ms = 0; ms < 5000; ms++) {
		speak(route);
		add(&sum, look(gateway_mac));
		cr_assert_eq(rte_mempool_in_use_count(driver.out_pool), 0, "a frame waits for its next hop");
		pass_ms();
	}
	lost = driver_counters(&driver)->drops[QUERN_DROP_NO_NEXT_HOP] - lost;
	cr_assert_geq(lost, 5000);
	cr_assert_leq(sum.requests, 6);
	battery_figure(30, "%lu frames to a hop that is silent, in 5 s: 0 queued, all counted, %u requests", lost,
		       sum.requests);
	driver_close(&driver);
}

/* SYNs in the names of neighbours that nobody is: what we say to them again has no way, and must cost others none. */
Test(attack_arp, syns_in_the_names_of_nobody_push_no_neighbour_out)
{
	uint8_t route = open_network_of_friends();
	struct random random;
	struct seen sum = {0};

	random_seed(&random, 31);
	for (uint32_t ms = 0; ms < SECONDS * 1000; ms++) {
		for (int i = 0; i < 4; i++) {
			struct script script = script_new(&driver);

			script.remote = 0xc6130000 + random_below(&random, 65000);
			script.remote_port = (uint16_t)(1024 + random_below(&random, 60000));
			driver_inject(&driver, &(struct raw_segment){.source = script.remote,
								     .dest = DRIVER_LOCAL,
								     .source_port = script.remote_port,
								     .dest_port = SCRIPT_PORT,
								     .seq = 1,
								     .flags = SYN});
		}
		driver.heard_next = driver.heard_count;
		if (ms % 100 == 0)
			speak(route);
		pass_ms();
		add(&sum, look(gateway_mac));
	}
	cr_assert_eq(neighbours_known(), LIVE, "%u of %d neighbours are known", neighbours_known(), LIVE);
	cr_assert_geq(sum.to_gateway, SECONDS * 10);
	battery_figure(
		30, "%d SYNs in the names of nobody: %u questions asked, gateway and %d neighbours known all the while",
		SECONDS * 4000, sum.requests, LIVE);
	look(gateway_mac);
	driver_close(&driver);
}
