/* test_nic_spread.c - a cable with several queues spreads frames as its plan says, and gives back what finds no room.
 */
#include <string.h>

#include <criterion/criterion.h>

#include <rte_ethdev.h>
#include <rte_ip.h>
#include <rte_mbuf.h>

#include "nic/nic.h"
#include "support/bare_eal.h"

enum { QUEUES = 4, MBUFS = 2 * NIC_CABLE_FRAMES, BURST = 64, FLOWS = 500, PORTS_AT = 34, FRAME_BYTES = 60 };

#define CLIENT 0xc6120001U
#define SERVER 0xc6130001U

struct cable {
	struct nic ends[2];
	struct rte_mempool *pool;
};

static struct cable cable;

static void plug_in(uint16_t first_queues, uint16_t second_queues)
{
	const uint16_t queues[2] = {first_queues, second_queues};
	struct rte_mempool *pools[QUEUES];
	char error[QUERN_ERROR_TEXT] = "";

	bare_eal_start();
	cable.pool = bare_eal_pool("test", MBUFS);
	for (uint16_t queue = 0; queue < QUEUES; queue++)
		pools[queue] = cable.pool;
	for (uint16_t end = 0; end < 2; end++) {
		struct nic_config config = {.device = "cable",
					    .number = end,
					    .mtu = 1500,
					    .queues = queues[end],
					    .far_queues = queues[1 - end],
					    .seed = 11};

		cr_assert_eq(nic_attach(&cable.ends[end], &config, end == 0 ? NULL : &cable.ends[0], error), 0, "%s",
			     error);
	}
	for (uint16_t end = 0; end < 2; end++) {
		cr_assert_eq(nic_start(&cable.ends[end], pools, error), 0, "%s", error);
		cr_assert_eq(cable.ends[end].queues, queues[end]);
	}
}

static void unplug(void)
{
	nic_close(&cable.ends[1]);
	nic_close(&cable.ends[0]);
	cr_assert_null(rte_ring_lookup("cable0.1.3"));
	cr_assert_eq(rte_mempool_avail_count(cable.pool), MBUFS, "a frame was lost");
	rte_mempool_free(cable.pool);
}

/* A frame from the client's `port` to the server, with a tag where `vlan` is not 0. */
static struct rte_mbuf *frame_of(uint16_t port, uint8_t protocol, uint16_t vlan)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(cable.pool);
	unsigned int tag = vlan != 0 ? 4 : 0;
	uint8_t *frame;
	struct rte_ipv4_hdr ip = {.version_ihl = 0x45,
				  .next_proto_id = protocol,
				  .src_addr = rte_cpu_to_be_32(CLIENT),
				  .dst_addr = rte_cpu_to_be_32(SERVER)};
	const uint8_t ports[4] = {(uint8_t)(port >> 8), (uint8_t)port, 0, 80};

	cr_assert_not_null(mbuf);
	frame = (uint8_t *)rte_pktmbuf_append(mbuf, (uint16_t)(FRAME_BYTES + tag));
	memset(frame, 0, FRAME_BYTES + tag);
	frame[12] = tag ? 0x81 : 0x08;
	frame[15] = (uint8_t)vlan;
	frame[12 + tag] = 0x08;
	memcpy(frame + 14 + tag, &ip, sizeof(ip));
	memcpy(frame + PORTS_AT + tag, ports, sizeof(ports));
	return mbuf;
}

/* The same over IPv6, without a tag. */
static struct rte_mbuf *frame_of_ip6(uint16_t port, uint8_t protocol)
{
	static const uint8_t client[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9};
	static const uint8_t server[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(cable.pool);
	const uint8_t ports[4] = {(uint8_t)(port >> 8), (uint8_t)port, 0, 80};
	uint8_t *frame;

	cr_assert_not_null(mbuf);
	cr_assert_not_null(rte_pktmbuf_append(mbuf, FRAME_BYTES));
	frame = rte_pktmbuf_mtod(mbuf, uint8_t *);
	memset(frame, 0, FRAME_BYTES);
	memcpy(frame + 12, "\x86\xdd\x60", 3);
	frame[20] = protocol;
	memcpy(frame + 22, client, sizeof(client));
	memcpy(frame + 38, server, sizeof(server));
	memcpy(frame + 54, ports, sizeof(ports));
	return mbuf;
}

/* Sends a frame from one end's queue and says which queue of the other end has it. */
static uint16_t lands_on(int end, uint16_t queue, struct rte_mbuf *mbuf)
{
	uint16_t found = QUEUES;

	cr_assert_eq(nic_transmit(nic_queue_of(&cable.ends[end], queue), &mbuf, 1), 1);
	for (uint16_t other = 0; other < cable.ends[1 - end].queues; other++) {
		struct rte_mbuf *mbufs[BURST];
		uint16_t count = nic_receive(nic_queue_of(&cable.ends[1 - end], other), mbufs, BURST);

		if (count == 0)
			continue;
		cr_assert(count == 1 && found == QUEUES && mbufs[0] == mbuf);
		found = other;
		rte_pktmbuf_free(mbuf);
	}
	cr_assert_lt(found, QUEUES, "the frame is nowhere");
	return found;
}

Test(nic_spread, frames_of_a_flow_land_where_the_plan_of_the_receiving_end_says)
{
	const struct port_plan *plan = &cable.ends[1].plan;
	unsigned int share[QUEUES] = {0};

	plug_in(2, QUEUES);
	cr_assert(plan->spread_by_port);
	for (uint16_t port = 1; port <= FLOWS; port++) {
		const struct flow_key key = {SERVER, CLIENT, 80, port};
		uint16_t queue = lands_on(0, port % 2, frame_of(port, IPPROTO_TCP, 0));

		cr_assert_eq(queue, port_plan_queue(plan, &key), "port %u", port);
		cr_assert_eq(lands_on(0, 0, frame_of(port, IPPROTO_UDP, 0)), queue);
		cr_assert_eq(lands_on(0, 1, frame_of(port, IPPROTO_TCP, 5)), queue, "a tag changes nothing");
		share[queue]++;
	}
	for (int queue = 0; queue < QUEUES; queue++)
		cr_assert_gt(share[queue], FLOWS / QUEUES / 2);
	unplug();
}

Test(nic_spread, flows_of_ipv6_land_where_the_plan_says_and_what_is_no_flow_has_one_place)
{
	const struct ip6_pair pair = {{0x20010db800000000, 1}, {0x20010db800010000, 9}};
	unsigned int share[QUEUES] = {0};
	struct rte_mbuf *mbuf;
	uint16_t elsewhere;

	plug_in(2, QUEUES);
	elsewhere = lands_on(0, 0, frame_of_ip6(1, IPPROTO_ICMPV6));
	for (uint16_t port = 1; port <= FLOWS; port++) {
		const struct flow_key key = {.local_port = 80, .remote_port = port};
		uint16_t queue = lands_on(0, port % 2, frame_of_ip6(port, IPPROTO_TCP));

		cr_assert_eq(queue, port_plan_queue6(&cable.ends[1].plan, &pair, &key), "port %u", port);
		cr_assert_eq(lands_on(0, 0, frame_of_ip6(port, IPPROTO_ICMPV6)), elsewhere);
		share[queue]++;
	}
	for (int queue = 0; queue < QUEUES; queue++)
		cr_assert_gt(share[queue], FLOWS / QUEUES / 2);
	for (uint16_t bytes = 1; bytes < FRAME_BYTES; bytes++) {
		mbuf = frame_of_ip6(7, IPPROTO_TCP);
		rte_pktmbuf_trim(mbuf, bytes);
		lands_on(0, 0, mbuf);
	}
	unplug();
}

Test(nic_spread, what_is_no_flow_has_one_place_and_short_frames_are_survived)
{
	struct rte_mbuf *mbuf;
	uint16_t queue;

	plug_in(QUEUES, QUEUES);
	queue = lands_on(1, 3, frame_of(7, IPPROTO_ICMP, 0));
	cr_assert_eq(lands_on(1, 0, frame_of(8, IPPROTO_ICMP, 0)), queue, "ports say nothing of ICMP");
	for (uint16_t bytes = 1; bytes < FRAME_BYTES; bytes++) {
		mbuf = frame_of(7, IPPROTO_TCP, bytes % 2 ? 5 : 0);
		rte_pktmbuf_trim(mbuf, (uint16_t)(mbuf->data_len - bytes));
		lands_on(1, 2, mbuf);
	}
	unplug();
}

Test(nic_spread, a_full_queue_refuses_its_frames_in_order_and_no_others)
{
	struct rte_mbuf *mbufs[BURST];
	uint16_t ports[2] = {1, 2}, sent;

	plug_in(2, 2);
	while (lands_on(0, 0, frame_of(ports[1], IPPROTO_TCP, 0)) == lands_on(0, 0, frame_of(ports[0], IPPROTO_TCP, 0)))
		ports[1]++;
	for (unsigned int i = 0; i < NIC_CABLE_FRAMES - 1; i++) {
		mbufs[0] = frame_of(ports[0], IPPROTO_TCP, 0);
		cr_assert_eq(nic_transmit(nic_queue_of(&cable.ends[0], 0), mbufs, 1), 1);
	}
	for (uint16_t i = 0; i < 8; i++) {
		mbufs[i] = frame_of(ports[i % 2], IPPROTO_TCP, 0);
		mbufs[i]->hash.usr = i;
	}
	sent = nic_transmit(nic_queue_of(&cable.ends[0], 0), mbufs, 8);
	cr_assert_eq(sent, 4, "those of the other queue");
	for (uint16_t i = sent; i < 8; i++)
		cr_assert_eq(mbufs[i]->hash.usr, 2u * (i - sent), "the refused are in order");
	rte_pktmbuf_free_bulk(mbufs + sent, (unsigned int)(8 - sent));
	for (uint16_t queue = 0; queue < 2; queue++)
		while ((sent = nic_receive(nic_queue_of(&cable.ends[1], queue), mbufs, BURST)) > 0)
			rte_pktmbuf_free_bulk(mbufs, sent);
	unplug();
}
