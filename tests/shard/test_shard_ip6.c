/* test_shard_ip6.c - connections over IPv6 through the seam: their life, their aliases, and who is not taken for whom.
 */
#include <string.h>

#include <criterion/criterion.h>

#include "shard/shard_parts.h"
#include "support/shard_driver.h"
#include "wire/wire_checksum.h"

enum { PORT = 80, PEER_PORT = 40000, ISS = 100, MS = 1000000, ETHER_BYTES = 14, ECHO_BYTES = 40 + 8 + 56 };

static const struct quern_ip6 server = {0x20010db800000000, 2};
static const uint8_t their_mac[6] = {2, 0, 0, 0, 0, 9};

static struct driver driver;

static struct quern_ip6 peer(uint64_t number)
{
	return (struct quern_ip6){0x20010db800010000, number};
}

/* A shard with 2001:db8::1 to ::4 of a /32, and a listener at any of its addresses. */
static void begin(bool ethernet, enum quern_syn_cookies cookies)
{
	const struct quern_tcp_options options = {.syn_cookies = cookies};
	struct shard_config config = {.ethernet = ethernet};

	config.ip6.first = (struct quern_ip6){0x20010db800000000, 1};
	config.ip6.last = (struct quern_ip6){0x20010db800000000, 4};
	config.ip6.prefix_length = 32;
	driver_open(&driver, &config);
	cr_assert_eq(
		quern_listen(driver.shard, &(struct quern_endpoint){.port = PORT}, &options, &driver_events, &driver),
		0);
}

static uint32_t aliases_used(void)
{
	cr_assert(shard_validate(driver.shard));
	return driver.shard->ip6.aliases.used;
}

/* A segment of a peer, in a frame of its own. */
static struct rte_mbuf *make(struct quern_ip6 from, struct quern_ip6 to, uint16_t port, const struct segment *segment)
{
	const struct flow_key key = {.local_port = PEER_PORT, .remote_port = port};
	const struct wire_ip_options options = {.ttl = 60};
	const struct ip6_pair pair = {from, to};
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(driver.in_pool);
	uint8_t *frame = rte_pktmbuf_mtod(mbuf, uint8_t *);
	struct wire_link link;

	wire_link_make(&link, driver_mac, their_mac, 0, 0x86dd);
	memcpy(frame, link.header, driver.link_bytes);
	memset(frame + driver.link_bytes + wire_text_after_link6(segment), 'x', segment->text_bytes);
	rte_pktmbuf_append(mbuf,
			   (uint16_t)wire_build_tcp6_at(frame, driver.link_bytes, &pair, &key, segment, &options));
	return mbuf;
}

static void give(struct rte_mbuf *mbuf)
{
	shard_receive(driver.shard, &mbuf, 1, driver.now_ns);
}

static void say(uint64_t number, uint8_t flags, uint32_t seq, uint32_t ack, uint32_t text_bytes)
{
	const struct segment segment = {.seq = seq,
					.ack = ack,
					.wnd = 60000,
					.flags = flags,
					.text_bytes = text_bytes,
					.mss = flags & TCP_SYN ? 1400 : 0};

	give(make(peer(number), server, PORT, &segment));
}

/* The next frame that the shard sends; false where there is none. It is read as a peer would, and given back. */
static bool hear(struct packet *packet, uint8_t dest_mac[6])
{
	struct wire_expect expect = {.ethernet = driver.link_bytes > 0, .ip6 = true};
	struct rte_mbuf *mbuf;

	if (shard_transmit(driver.shard, &mbuf, 1) == 0)
		return false;
	memcpy(expect.mac, rte_pktmbuf_mtod(mbuf, uint8_t *), 6);
	memcpy(dest_mac, expect.mac, 6);
	cr_assert_eq(wire_parse(rte_pktmbuf_mtod(mbuf, uint8_t *), mbuf->data_len, &expect, packet), QUERN_DROP_NONE);
	rte_pktmbuf_free(mbuf);
	return true;
}

static struct packet hear_segment(uint64_t number, uint8_t flags, uint32_t ack, uint32_t text_bytes)
{
	struct packet packet;
	uint8_t mac[6];

	cr_assert(hear(&packet, mac), "nothing is heard");
	cr_assert_eq(packet.kind, WIRE_TCP);
	cr_assert(ip6_equal(packet.ip6.local, peer(number)), "it goes to somebody else");
	cr_assert(ip6_equal(packet.ip6.remote, server), "it comes from another address");
	cr_assert_eq(packet.key.local_port, PEER_PORT);
	cr_assert_eq(packet.tcp.flags & ~TCP_PSH, flags);
	cr_assert_eq(packet.tcp.ack, ack);
	cr_assert_eq(packet.tcp.text_bytes, text_bytes);
	return packet;
}

static void hear_nothing(void)
{
	struct packet packet;
	uint8_t mac[6];

	cr_assert(!hear(&packet, mac), "something is heard");
}

/* Opens a connection; returns the shard's ISS. */
static uint32_t open_from(uint64_t number)
{
	struct packet syn_ack;

	say(number, TCP_SYN, ISS, 0, 0);
	syn_ack = hear_segment(number, TCP_SYN | TCP_ACK, ISS + 1, 0);
	cr_assert_eq(syn_ack.tcp.mss, 1440);
	say(number, TCP_ACK, ISS + 1, syn_ack.tcp.seq + 1, 0);
	return syn_ack.tcp.seq;
}

static void wait_ms(uint64_t ms)
{
	driver.now_ns += ms * MS;
	while (shard_expire(driver.shard, driver.now_ns) > 0)
		;
}

Test(shard_ip6, a_connection_lives_from_syn_to_time_wait_and_leaves_no_alias)
{
	uint32_t iss;

	begin(false, QUERN_SYN_COOKIES_NEVER);
	iss = open_from(7);
	cr_assert_eq(driver_next_told(&driver)->what, TOLD_ESTABLISHED);
	cr_assert_eq(aliases_used(), 1);
	say(7, TCP_ACK | TCP_PSH, ISS + 1, iss + 1, 500);
	hear_segment(7, TCP_ACK, ISS + 501, 0);
	cr_assert_eq(driver_send(&driver, driver.last, 1000), 1000);
	hear_segment(7, TCP_ACK, ISS + 501, 1000);
	say(7, TCP_ACK, ISS + 501, iss + 1001, 0);
	cr_assert_eq(quern_conn_close(driver.shard, driver.last), 0);
	hear_segment(7, TCP_FIN | TCP_ACK, ISS + 501, 0);
	say(7, TCP_FIN | TCP_ACK, ISS + 501, iss + 1002, 0);
	hear_segment(7, TCP_ACK, ISS + 502, 0);
	cr_assert_eq(driver.shard->conns_used, 0);
	cr_assert_eq(driver.shard->time_wait.live, 1);
	cr_assert_eq(aliases_used(), 1, "TIME-WAIT holds the alias");
	say(7, TCP_FIN | TCP_ACK, ISS + 501, iss + 1002, 0);
	hear_segment(7, TCP_ACK, ISS + 502, 0);
	wait_ms(130000);
	cr_assert_eq(driver.shard->time_wait.live, 0);
	cr_assert_eq(aliases_used(), 0);
	driver_close(&driver);
}

Test(shard_ip6, peers_with_the_same_ports_are_told_apart_by_address)
{
	begin(false, QUERN_SYN_COOKIES_NEVER);
	for (uint64_t number = 1; number <= 20; number++) {
		uint32_t iss = open_from(number);

		say(number, TCP_ACK, ISS + 1, iss + 1, 10);
		hear_segment(number, TCP_ACK, ISS + 11, 0);
	}
	cr_assert_eq(aliases_used(), 20);
	say(3, TCP_RST, ISS + 11, 0, 0);
	cr_assert_eq(aliases_used(), 19);
	say(3, TCP_ACK, ISS + 11, 77, 0);
	cr_assert_eq(hear_segment(3, TCP_RST, 0, 0).tcp.seq, 77);
	say(4, TCP_ACK, ISS + 11, 77, 0);
	cr_assert_eq(driver.shard->conns_used, 19);
	for (uint64_t number = 1; number <= 20; number++)
		say(number, TCP_RST, ISS + 11, 0, 0);
	while (hear(&(struct packet){.kind = 0}, (uint8_t[6]){0}))
		;
	cr_assert_eq(aliases_used(), 0);
	driver_close(&driver);
}

Test(shard_ip6, what_meets_nobody_is_answered_without_an_alias)
{
	const struct segment syn = {.seq = ISS, .wnd = 1, .flags = TCP_SYN};

	begin(false, QUERN_SYN_COOKIES_NEVER);
	give(make(peer(5), server, PORT + 1, &syn));
	hear_segment(5, TCP_RST | TCP_ACK, ISS + 1, 0);
	give(make(peer(5), (struct quern_ip6){0x20010db800000000, 5}, PORT, &syn));
	hear_nothing();
	cr_assert_eq(driver_counters(&driver)->drops[QUERN_DROP_IP_DEST], 1);
	cr_assert_eq(aliases_used(), 0);
	driver_close(&driver);
}

/* The second of the two was looked up while its sender had no alias. */
Test(shard_ip6, a_peer_that_gets_its_alias_within_a_burst_is_known_in_the_rest_of_it)
{
	const struct segment syn = {.seq = ISS, .wnd = 1, .flags = TCP_SYN}, reset = {.seq = ISS + 1, .flags = TCP_RST};
	struct rte_mbuf *mbufs[2];

	begin(false, QUERN_SYN_COOKIES_NEVER);
	mbufs[0] = make(peer(5), server, PORT, &syn);
	mbufs[1] = make(peer(5), server, PORT, &reset);
	shard_receive(driver.shard, mbufs, 2, driver.now_ns);
	hear_segment(5, TCP_SYN | TCP_ACK, ISS + 1, 0);
	cr_assert_eq(driver.shard->half_open, 0);
	cr_assert_eq(aliases_used(), 0);
	driver_close(&driver);
}

Test(shard_ip6, a_peer_whose_alias_is_given_up_and_taken_anew_within_a_burst_makes_one_connection)
{
	const struct quern_ip6 other = {server.high, server.low + 1};
	const struct segment reset = {.seq = ISS + 1, .flags = TCP_RST}, syn = {.seq = 500, .wnd = 1, .flags = TCP_SYN};
	struct rte_mbuf *mbufs[3];

	begin(false, QUERN_SYN_COOKIES_NEVER);
	open_from(5);
	mbufs[0] = make(peer(5), server, PORT, &reset);
	mbufs[1] = make(peer(5), other, PORT, &syn);
	mbufs[2] = make(peer(5), other, PORT, &syn);
	shard_receive(driver.shard, mbufs, 3, driver.now_ns);
	cr_assert_eq(driver.shard->half_open, 1);
	cr_assert_eq(driver.shard->counters.opened_passive, 2);
	cr_assert_eq(aliases_used(), 1);
	driver_close(&driver);
}

Test(shard_ip6, a_cookie_is_good_from_the_address_that_it_was_sent_to_alone)
{
	uint32_t cookie;

	begin(false, QUERN_SYN_COOKIES_ALWAYS);
	say(1, TCP_SYN, ISS, 0, 0);
	cookie = hear_segment(1, TCP_SYN | TCP_ACK, ISS + 1, 0).tcp.seq;
	cr_assert_eq(aliases_used(), 0);
	for (uint64_t number = 2; number < 200; number++) {
		say(number, TCP_ACK, ISS + 1, cookie + 1, 0);
		hear_segment(number, TCP_RST, 0, 0);
	}
	cr_assert_eq(aliases_used(), 0);
	say(1, TCP_ACK, ISS + 1, cookie + 1, 0);
	cr_assert_eq(driver_next_told(&driver)->what, TOLD_ESTABLISHED);
	cr_assert_eq(aliases_used(), 1);
	driver_close(&driver);
}

/* RFC 6528: numbers are made of the addresses, so that a new connection of the same pair is ahead of the old one. */
Test(shard_ip6, the_isn_follows_from_the_address_and_not_from_its_alias)
{
	uint32_t first, alias;

	begin(false, QUERN_SYN_COOKIES_NEVER);
	first = open_from(5);
	alias = alias_find(&driver.shard->ip6.aliases, peer(5));
	say(5, TCP_RST, ISS + 1, 0, 0);
	cr_assert_neq(open_from(6), first);
	cr_assert_eq(open_from(5), first, "the clock stands still");
	cr_assert_neq(alias_find(&driver.shard->ip6.aliases, peer(5)), alias);
	driver_close(&driver);
}

static struct rte_mbuf *make_echo(uint64_t number)
{
	const struct quern_ip6 from = peer(number);
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(driver.in_pool);
	uint8_t *ip = rte_pktmbuf_mtod(mbuf, uint8_t *);
	uint16_t sum;

	rte_pktmbuf_append(mbuf, ECHO_BYTES);
	memset(ip, 0, ECHO_BYTES);
	ip[0] = 0x60;
	ip[5] = ECHO_BYTES - 40;
	ip[6] = 58;
	ip[7] = 64;
	for (int i = 0; i < 8; i++) {
		ip[8 + i] = (uint8_t)(from.high >> (56 - 8 * i));
		ip[16 + i] = (uint8_t)(from.low >> (56 - 8 * i));
		ip[24 + i] = (uint8_t)(server.high >> (56 - 8 * i));
		ip[32 + i] = (uint8_t)(server.low >> (56 - 8 * i));
	}
	ip[40] = 128;
	sum = wire_sum_finish(wire_sum(__builtin_bswap16(ECHO_BYTES - 40) + (58 << 8), ip + 8, ECHO_BYTES - 8));
	memcpy(ip + 42, &sum, 2);
	return mbuf;
}

Test(shard_ip6, an_echo_request_is_answered)
{
	struct packet packet;
	uint8_t mac[6];

	begin(false, QUERN_SYN_COOKIES_NEVER);
	give(make_echo(9));
	cr_assert(hear(&packet, mac));
	cr_assert_eq(packet.kind, WIRE_ICMP);
	cr_assert_eq(packet.icmp.type, 129);
	cr_assert(ip6_equal(packet.ip6.local, peer(9)));
	cr_assert_eq(driver_counters(&driver)->echo_replies, 1);
	driver_close(&driver);
}

static void give_nd(const struct neigh_nd_packet *nd)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(driver.in_pool);
	struct wire_link link;

	wire_link_make(&link, driver_mac, their_mac, 0, 0x86dd);
	rte_pktmbuf_append(mbuf, (uint16_t)wire_build_nd(rte_pktmbuf_mtod(mbuf, uint8_t *), &link, &nd->ip6, &nd->nd));
	give(mbuf);
}

Test(shard_ip6, answers_who_asks_for_its_address_and_asks_for_the_mac_of_whom_it_has_to_reach)
{
	struct neigh_nd_packet question = {.ip6 = {peer(5), server}, .nd = {.target = server, .has_mac = true}};
	struct neigh_nd_packet answer = {.ip6 = {peer(6), server}, .nd = {.target = peer(6), .has_mac = true}};
	const uint8_t known_mac[6] = {2, 0, 0, 0, 0, 66};
	struct packet packet;
	uint8_t mac[6];

	begin(true, QUERN_SYN_COOKIES_NEVER);
	memcpy(question.nd.mac, known_mac, 6);
	give_nd(&question);
	cr_assert(hear(&packet, mac));
	cr_assert_arr_eq(mac, known_mac, 6);
	cr_assert(packet.kind == WIRE_ND && packet.nd.is_advertisement && packet.nd.is_solicited);
	cr_assert_arr_eq(packet.nd.mac, driver_mac, 6);
	cr_assert_eq(driver_counters(&driver)->nd_replies, 1);
	/* The way back of an answer is known; to say it again, a second later, the MAC address is needed. */
	say(6, TCP_SYN, ISS, 0, 0);
	hear_segment(6, TCP_SYN | TCP_ACK, ISS + 1, 0);
	wait_ms(1100);
	cr_assert(hear(&packet, mac));
	cr_assert(packet.kind == WIRE_ND && !packet.nd.is_advertisement);
	cr_assert(ip6_equal(packet.nd.target, peer(6)));
	cr_assert_arr_eq(mac, ((uint8_t[6]){0x33, 0x33, 0xff, 0, 0, 6}), 6);
	answer.nd.is_advertisement = answer.nd.is_solicited = answer.nd.is_override = true;
	memcpy(answer.nd.mac, known_mac, 6);
	give_nd(&answer);
	wait_ms(2100);
	/* A stranger's way is asked for each time. */
	do
		cr_assert(hear(&packet, mac));
	while (packet.kind == WIRE_ND);
	cr_assert_eq(packet.kind, WIRE_TCP);
	cr_assert_arr_eq(mac, known_mac, 6);
	driver_close(&driver);
}
