/* test_nic_cut.c - two shards with a guest's port between them, net_virtio_user on net_vhost, in one process: what such
 * ports say that they can do, and text that arrives whole through what they do. */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_tcp.h>

#include "nic/nic.h"
#include "shard/shard.h"
#include "support/bare_eal.h"
#include "support/raw_ip6.h"

enum { HOST, GUEST, ENDS };
enum {
	MBUFS = 8191,
	BURST = 64,
	PORT = 80,
	TEXT_BYTES = 20000000,
	PIECE = 16384,
	WINDOW = 1 << 20,
	LARGE_BYTES = 10000,
	LIMIT_S = 20,
	PREFIX = 24
};

#define FIRST_ADDRESS 0xc6120001U /* 198.18.0.1 is the host's, the next one the guest's */

/* One end of the link: a port, the shard behind it, and its application's text. */
struct end {
	struct nic nic;
	struct rte_mempool *pool;
	struct quern_shard *shard;
	void *memory;
	uint32_t to_send, sent, received;
	uint32_t large, unfinished; /* frames that came longer than a segment, and without a finished sum */
	bool is_over;
};

static struct end ends[ENDS];
static char folder[] = "/tmp/quern-cut-XXXXXX";

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void attach(unsigned int number, const char *device, bool is_impaired)
{
	const struct nic_config config = {.device = device,
					  .number = (uint16_t)number,
					  .mtu = 1500,
					  .queues = 1,
					  .hears_groups = raw_is_ip6(),
					  .impair = {{.delay_ns = is_impaired}, {.delay_ns = is_impaired}}};
	char error[QUERN_ERROR_TEXT] = "", name[16];
	struct end *end = &ends[number];

	memset(end, 0, sizeof(*end));
	snprintf(name, sizeof(name), "cut%u", number);
	end->pool = bare_eal_pool(name, MBUFS);
	cr_assert_eq(nic_attach(&end->nic, &config, NULL, error), 0, "%s", error);
	if (!is_impaired)
		cr_assert_eq(nic_start(&end->nic, &end->pool, error), 0, "%s", error);
}

/* The host's port first: the guest's talks to its socket. */
static void plug_in(const char *of_host, bool is_impaired)
{
	char host[256], guest[256];

	bare_eal_start();
	cr_assert_not_null(mkdtemp(folder));
	snprintf(host, sizeof(host), "net_vhost0,iface=%s/sock%s", folder, of_host);
	snprintf(guest, sizeof(guest), "net_virtio_user0,path=%s/sock", folder);
	attach(HOST, host, false);
	attach(GUEST, guest, is_impaired);
}

static void unplug(void)
{
	for (unsigned int number = ENDS; number-- > 0;)
		nic_close(&ends[number].nic);
	for (unsigned int number = 0; number < ENDS; number++)
		cr_assert_eq(rte_mempool_in_use_count(ends[number].pool), 0, "%u buffers of end %u are lost",
			     rte_mempool_in_use_count(ends[number].pool), number);
	cr_assert_eq(rmdir(folder), 0, "the socket is left");
}

Test(nic_cut, a_guest_cuts_where_its_host_takes_large_frames)
{
	plug_in(",tso=1", false);
	cr_expect_eq(ends[GUEST].nic.tx_cut_buffers, NIC_CUT_BUFFERS);
	/* A host of net_vhost has nothing that cuts. */
	cr_expect_eq(ends[HOST].nic.tx_cut_buffers, 0);
	for (unsigned int number = 0; number < ENDS; number++) {
		cr_expect(ends[number].nic.tx_l4_checksum && ends[number].nic.tx_multi_segs &&
			  ends[number].nic.rx_checksum);
		cr_expect_not(ends[number].nic.tx_ip_checksum, "virtio leaves that sum to us");
		cr_expect_eq(nic_queue_of(&ends[number].nic, 0).cuts, number == GUEST);
	}
	unplug();
}

Test(nic_cut, a_guest_cuts_nothing_where_its_host_takes_no_large_frames)
{
	plug_in("", false);
	cr_expect_eq(ends[GUEST].nic.tx_cut_buffers, 0);
	cr_expect(ends[GUEST].nic.tx_l4_checksum && ends[GUEST].nic.tx_multi_segs);
	unplug();
}

/* A bad line loses segments, and no frames of many. */
Test(nic_cut, an_impaired_port_cuts_nothing)
{
	plug_in(",tso=1", true);
	cr_expect_eq(ends[GUEST].nic.tx_cut_buffers, 0);
	cr_expect_not(ends[GUEST].nic.tx_multi_segs);
	cr_expect_not(ends[GUEST].nic.rx_checksum);
	unplug();
}

static uint8_t byte_at(unsigned int side, uint32_t place)
{
	return (uint8_t)(place * 7 + (place >> 8) * 13 + (place >> 16) * 29 + side * 101);
}

static void send_more(struct quern_shard *shard, struct quern_conn conn, void *app)
{
	struct end *end = app;
	unsigned int side = (unsigned int)(end - ends);
	uint32_t bytes = 0, taken = 0;

	while (end->sent < end->to_send && taken == bytes) {
		uint8_t text[PIECE];

		bytes = RTE_MIN(end->to_send - end->sent, (uint32_t)PIECE);
		for (uint32_t i = 0; i < bytes; i++)
			text[i] = byte_at(side, end->sent + i);
		cr_assert_eq(quern_conn_send(shard, conn, text, bytes, &taken), 0);
		end->sent += taken;
	}
	if (end->sent == end->to_send)
		cr_assert_eq(quern_conn_shutdown(shard, conn), 0);
}

static uint32_t take(struct quern_shard *shard, struct quern_conn conn, const void *text, uint32_t bytes, void *app)
{
	struct end *end = app;
	const uint8_t *at = text;

	(void)shard;
	(void)conn;
	for (uint32_t i = 0; i < bytes; i++)
		if (at[i] != byte_at((unsigned int)(ends + GUEST - end), end->received + i))
			cr_assert_fail("byte %u is another", end->received + i);
	end->received += bytes;
	return bytes;
}

static void note_end(struct quern_shard *shard, struct quern_conn conn, enum quern_end how, void *app)
{
	struct end *end = app;

	(void)shard;
	(void)conn;
	cr_assert_eq(how, QUERN_END_CLOSED, "%s", quern_end_name(how));
	end->is_over = true;
}

static const struct quern_events events = {
	.on_established = send_more, .on_writable = send_more, .on_data = take, .on_ended = note_end};

static void open_shard(unsigned int number)
{
	const uint32_t address = FIRST_ADDRESS + number;
	struct end *end = &ends[number];
	struct shard_config config = {.max_connections = 64,
				      .max_time_wait = 64,
				      .time_wait_ms = 1,
				      .ethernet = true,
				      .addresses = {.first = address, .last = address},
				      .prefix_length = PREFIX,
				      .ip6 = raw_port_ip6(address, address, 0, PREFIX),
				      .tx_ip_checksum = end->nic.tx_ip_checksum,
				      .tx_l4_checksum = end->nic.tx_l4_checksum,
				      .tx_multi_segs = end->nic.tx_multi_segs,
				      .tx_cut_buffers = end->nic.tx_cut_buffers,
				      .rx_checksum = end->nic.rx_checksum,
				      .seed = 1 + number,
				      .pool = end->pool};
	size_t bytes;

	memcpy(config.mac, end->nic.mac, sizeof(config.mac));
	bytes = shard_bytes(&config);
	end->memory = aligned_alloc(64, (bytes + 63) & ~(size_t)63);
	cr_assert_not_null(end->memory);
	memset(end->memory, 0, bytes);
	end->shard = shard_open(&config, end->memory, now_ns());
}

/* What virtio wants in the place of a sum that is not made: that of the pseudo-header, with the length of all of it. */
static void check_unfinished(const struct rte_mbuf *mbuf)
{
	const uint8_t *ip = rte_pktmbuf_mtod_offset(mbuf, const uint8_t *, RTE_ETHER_HDR_LEN);
	const struct rte_tcp_hdr *tcp = (const void *)(ip + raw_ip_bytes());

	cr_assert_eq(tcp->cksum, raw_is_ip6() ? rte_ipv6_phdr_cksum((const void *)ip, 0)
					      : rte_ipv4_phdr_cksum((const void *)ip, 0));
}

/* Frames that came, as the port describes them. */
static void look_at(struct end *end, struct rte_mbuf *const *mbufs, uint16_t count)
{
	for (uint16_t i = 0; i < count; i++) {
		end->large += mbufs[i]->pkt_len > LARGE_BYTES;
		if ((mbufs[i]->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) != RTE_MBUF_F_RX_L4_CKSUM_NONE)
			continue;
		end->unfinished++;
		check_unfinished(mbufs[i]);
	}
}

static void turn(struct end *end)
{
	struct nic_queue queue = nic_queue_of(&end->nic, 0);
	struct rte_mbuf *mbufs[BURST];
	uint16_t count = nic_receive(queue, mbufs, BURST), sent;

	look_at(end, mbufs, count);
	shard_receive(end->shard, mbufs, count, now_ns());
	shard_expire(end->shard, now_ns());
	count = shard_transmit(end->shard, mbufs, BURST);
	for (sent = 0; sent < count;) {
		sent = (uint16_t)(sent + nic_transmit(queue, mbufs + sent, (uint16_t)(count - sent)));
		/* The ring is full: the other end makes room. */
		if (sent < count)
			turn(&ends[1 - (end - ends)]);
	}
}

/* The guest connects to the host, and so many bytes go each way. */
static void transfer(uint32_t from_host, uint32_t from_guest)
{
	const struct quern_tcp_options options = {.receive_window = WINDOW, .send_queue = WINDOW};
	const struct quern_endpoint target = raw_endpoint(FIRST_ADDRESS + HOST, PORT);
	const struct quern_source source = {.addresses = raw_range(FIRST_ADDRESS + GUEST, FIRST_ADDRESS + GUEST)};
	uint64_t end_ns = now_ns() + LIMIT_S * UINT64_C(1000000000);
	struct quern_conn conn;
	uint8_t route;

	ends[HOST].to_send = from_host;
	ends[GUEST].to_send = from_guest;
	for (unsigned int number = 0; number < ENDS; number++)
		open_shard(number);
	cr_assert_eq(quern_listen(ends[HOST].shard, &target, &options, &events, &ends[HOST]), 0);
	cr_assert_eq(quern_route_add(ends[GUEST].shard, &source, &target, &options, &events, &ends[GUEST], &route), 0);
	while (!quern_reachable(ends[GUEST].shard, &target) && now_ns() < end_ns)
		for (unsigned int number = 0; number < ENDS; number++)
			turn(&ends[number]);
	cr_assert_eq(quern_connect(ends[GUEST].shard, route, &conn), 0);
	while (!(ends[HOST].is_over && ends[GUEST].is_over) && now_ns() < end_ns)
		for (unsigned int number = 0; number < ENDS; number++)
			turn(&ends[number]);
	cr_expect_eq(ends[GUEST].received, from_host, "%u of %u bytes", ends[GUEST].received, from_host);
	cr_expect_eq(ends[HOST].received, from_guest, "%u of %u bytes", ends[HOST].received, from_guest);
	for (unsigned int number = 0; number < ENDS; number++) {
		cr_expect_eq(shard_counters(ends[number].shard)->drops[QUERN_DROP_TCP_CHECKSUM], 0);
		cr_expect_eq(shard_counters(ends[number].shard)->drops[QUERN_DROP_IP_CHECKSUM], 0);
		cr_assert(shard_validate(ends[number].shard));
	}
}

static void close_shards(void)
{
	for (unsigned int number = 0; number < ENDS; number++) {
		shard_close(ends[number].shard);
		free(ends[number].memory);
	}
}

/* The host keeps a large frame in one buffer of its own: what comes in a chain of them is dropped. */
Test(nic_cut, what_a_guest_has_cut_arrives_whole)
{
	plug_in(",tso=1,linear-buffer=1,ext-buffer=1", false);
	transfer(0, TEXT_BYTES);
	cr_expect_gt(ends[HOST].large, TEXT_BYTES / 65536 / 2, "%u large frames", ends[HOST].large);
	cr_expect_geq(ends[HOST].unfinished, ends[HOST].large);
	/* As many segments as a wire would have carried. */
	cr_expect_geq(shard_counters(ends[GUEST].shard)->tx_packets, TEXT_BYTES / 1460);
	close_shards();
	unplug();
}

Test(nic_cut, what_a_guest_cannot_have_cut_arrives_whole)
{
	plug_in("", false);
	transfer(0, TEXT_BYTES);
	cr_expect_eq(ends[HOST].large, 0);
	close_shards();
	unplug();
}

/* Each leaves sums to the other, which takes what never left the machine for right. */
Test(nic_cut, text_arrives_whole_both_ways_with_sums_that_nobody_makes)
{
	plug_in(",tso=1,linear-buffer=1,ext-buffer=1", false);
	transfer(TEXT_BYTES / 2, TEXT_BYTES / 2);
	cr_expect_gt(ends[HOST].unfinished, 0);
	cr_expect_gt(ends[GUEST].unfinished, TEXT_BYTES / 2 / 1460);
	close_shards();
	unplug();
}
