/* test_nic.c - a cable carries frames, gives back what it cannot take, and leaves nothing behind. */
#include <string.h>

#include <criterion/criterion.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "nic/nic.h"
#include "nic/nic_keeper.h"
#include "support/bare_eal.h"

enum { QUEUES = 2, MBUFS = 3 * NIC_CABLE_FRAMES, BURST = 32 };

struct cable {
	struct nic ends[2];
	struct rte_mempool *pool;
};

static void plug_in(struct cable *cable, uint16_t queues)
{
	struct rte_mempool *pools[QUEUES];
	char error[QUERN_ERROR_TEXT] = "";

	cable->pool = bare_eal_pool("test", MBUFS);
	for (uint16_t queue = 0; queue < QUEUES; queue++)
		pools[queue] = cable->pool;
	for (uint16_t end = 0; end < 2; end++) {
		struct nic_config config = {.device = "cable", .number = end, .mtu = 1500, .queues = queues};

		cr_assert_eq(nic_attach(&cable->ends[end], &config, end == 0 ? NULL : &cable->ends[0], error), 0, "%s",
			     error);
		cr_assert_eq(nic_start(&cable->ends[end], pools, error), 0, "%s", error);
	}
}

static void unplug(struct cable *cable)
{
	nic_close(&cable->ends[1]);
	nic_close(&cable->ends[0]);
	cr_assert_eq(rte_eth_dev_count_avail(), 0);
	cr_assert_null(rte_ring_lookup("cable0.0.0"));
	rte_mempool_free(cable->pool);
}

/* Sends one frame of four bytes that say `value`. */
static void send_value(const struct cable *cable, struct nic_queue queue, uint32_t value)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(cable->pool);

	cr_assert_not_null(mbuf);
	memcpy(rte_pktmbuf_append(mbuf, sizeof(value)), &value, sizeof(value));
	cr_assert_eq(nic_transmit(queue, &mbuf, 1), 1);
}

static uint32_t receive_value(struct nic_queue queue)
{
	struct rte_mbuf *mbufs[BURST];
	uint32_t value;

	cr_assert_eq(nic_receive(queue, mbufs, BURST), 1);
	memcpy(&value, rte_pktmbuf_mtod(mbufs[0], void *), sizeof(value));
	rte_pktmbuf_free(mbufs[0]);
	return value;
}

Test(nic, a_cable_carries_frames_both_ways)
{
	struct cable cable;
	struct rte_mbuf *mbufs[BURST];

	bare_eal_start();
	plug_in(&cable, 1);
	for (int end = 0; end < 2; end++) {
		struct nic_queue here = nic_queue_of(&cable.ends[end], 0);
		struct nic_queue there = nic_queue_of(&cable.ends[1 - end], 0);
		uint32_t value = 0xABCD0000u + (uint32_t)end;

		send_value(&cable, here, value);
		cr_assert_eq(receive_value(there), value);
		cr_assert_eq(nic_receive(here, mbufs, BURST), 0, "an echo");
	}
	cr_assert_eq(rte_mempool_avail_count(cable.pool), MBUFS);
	unplug(&cable);
}

Test(nic, a_full_cable_refuses_frames_and_leaves_them_to_the_caller)
{
	struct cable cable;
	struct rte_mbuf *mbufs[BURST];
	uint32_t taken = 0;
	uint16_t sent = BURST;

	bare_eal_start();
	plug_in(&cable, 1);
	while (sent == BURST) {
		cr_assert_eq(rte_pktmbuf_alloc_bulk(cable.pool, mbufs, BURST), 0);
		sent = nic_transmit(nic_queue_of(&cable.ends[0], 0), mbufs, BURST);
		taken += sent;
	}
	cr_assert_eq(taken, NIC_CABLE_FRAMES - 1, "a ring of a power of two holds one less");
	for (uint16_t left = sent; left < BURST; left++)
		cr_assert_eq(rte_mbuf_refcnt_read(mbufs[left]), 1, "a refused frame was freed");
	rte_pktmbuf_free_bulk(mbufs + sent, (unsigned int)(BURST - sent));
	while ((sent = nic_receive(nic_queue_of(&cable.ends[1], 0), mbufs, BURST)) > 0) {
		rte_pktmbuf_free_bulk(mbufs, sent);
		taken -= sent;
	}
	cr_assert_eq(taken, 0);
	cr_assert_eq(rte_mempool_avail_count(cable.pool), MBUFS, "a frame was lost");
	unplug(&cable);
}

Test(nic, the_ends_of_a_cable_have_addresses_of_their_own_and_a_link)
{
	struct nic_keeper keeper;
	struct cable cable;
	char error[QUERN_ERROR_TEXT];

	bare_eal_start();
	plug_in(&cable, 1);
	cr_assert_eq(nic_keeper_start(&keeper, cable.ends, 2), 0);
	cr_assert_neq(memcmp(cable.ends[0].mac, cable.ends[1].mac, 6), 0);
	for (int end = 0; end < 2; end++) {
		cr_assert_eq(cable.ends[end].mac[0] & 3, 2, "local and not of a group");
		cr_assert_str_eq(cable.ends[end].driver, "net_ring");
		cr_assert_not(cable.ends[end].tx_l4_checksum, "a ring makes no checksums");
		cr_assert(nic_queue_of(&cable.ends[end], 0).sender_waits);
		cr_assert_eq(nic_wait_link(&cable.ends[end], &keeper, 1000, NULL, error), 0);
	}
	unplug(&cable);
}

/* net_memif's queues have gates; a cable stands in for it, as gates know nothing of drivers. */
Test(nic, a_closed_gate_keeps_frames_where_they_are)
{
	struct cable cable;
	struct rte_mbuf *mbufs[BURST];
	struct nic_queue sender, receiver;

	bare_eal_start();
	plug_in(&cable, 1);
	for (int end = 0; end < 2; end++) {
		cr_assert_null(nic_queue_of(&cable.ends[end], 0).gate, "a cable is not kept");
		cable.ends[end].is_kept = true;
	}
	sender = nic_queue_of(&cable.ends[0], 0);
	receiver = nic_queue_of(&cable.ends[1], 0);
	mbufs[0] = rte_pktmbuf_alloc(cable.pool);
	cr_assert_eq(nic_transmit(sender, mbufs, 1), 0, "gates are closed until the keeper opens them");
	cr_assert_eq(rte_mbuf_refcnt_read(mbufs[0]), 1, "a refused frame was freed");
	sender.gate->is_closed = false;
	cr_assert_eq(nic_transmit(sender, mbufs, 1), 1);
	cr_assert_eq(nic_receive(receiver, mbufs, BURST), 0, "a frame came through a closed gate");
	receiver.gate->is_closed = false;
	cr_assert_eq(nic_receive(receiver, mbufs, BURST), 1);
	rte_pktmbuf_free(mbufs[0]);
	cr_assert_not(sender.gate->is_inside || receiver.gate->is_inside);
	cr_assert_eq(rte_mempool_avail_count(cable.pool), MBUFS);
	unplug(&cable);
}
