/* test_nic_impair.c - bad lines of a port lose, delay and change frames as they were asked to, no buffer of somebody
 * else, and leak none. */
#include <string.h>

#include <criterion/criterion.h>

#include <rte_mbuf.h>

#include "nic/nic.h"
#include "nic/nic_impair.h"
#include "support/bare_eal.h"

enum { MBUFS = 2048 - 1, LINE_MBUFS = 2 * NIC_IMPAIR_FRAMES - 1, BURST = 64, BYTES = 100, HEADER = 14 };

#define WHOLE QUERN_IMPAIR_WHOLE

static struct nic ends[2];
static struct rte_mempool *pool;
static struct nic_queue near, far; /* the near end is impaired */

static void plug_in(const struct quern_impair *rx, const struct quern_impair *tx)
{
	char error[QUERN_ERROR_TEXT] = "";

	bare_eal_start();
	pool = bare_eal_pool("test", MBUFS);
	for (uint16_t end = 0; end < 2; end++) {
		struct nic_config config = {.device = "cable", .number = end, .mtu = 1500, .queues = 1, .seed = 5};

		if (end == 0 && rx != NULL)
			config.impair[QUERN_RX] = *rx;
		if (end == 0 && tx != NULL)
			config.impair[QUERN_TX] = *tx;
		cr_assert_eq(nic_attach(&ends[end], &config, end == 0 ? NULL : &ends[0], error), 0, "%s", error);
		cr_assert_eq(nic_impair_open(&ends[end], LINE_MBUFS, 0, SOCKET_ID_ANY), 0);
		cr_assert_eq(nic_start(&ends[end], &pool, error), 0, "%s", error);
	}
	near = nic_queue_of(&ends[0], 0);
	far = nic_queue_of(&ends[1], 0);
}

static void unplug(void)
{
	struct rte_mbuf *mbufs[BURST];
	uint16_t count;

	while ((count = nic_receive(far, mbufs, BURST)) > 0)
		rte_pktmbuf_free_bulk(mbufs, count);
	nic_close(&ends[1]);
	nic_close(&ends[0]);
	cr_assert_eq(rte_mempool_avail_count(pool), MBUFS, "a buffer was lost");
	for (int end = 0; end < 2; end++)
		nic_impair_close(&ends[end]);
	cr_assert_null(rte_mempool_lookup("impair0.0"));
	rte_mempool_free(pool);
}

static struct rte_mbuf *make_frame(uint32_t value)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(pool);
	uint8_t *bytes;

	cr_assert_not_null(mbuf);
	bytes = (uint8_t *)rte_pktmbuf_append(mbuf, BYTES);
	for (int i = 0; i < BYTES; i++)
		bytes[i] = (uint8_t)i;
	memcpy(bytes + HEADER, &value, sizeof(value));
	return mbuf;
}

static uint32_t value_of(const struct rte_mbuf *mbuf)
{
	uint32_t value;

	memcpy(&value, rte_pktmbuf_mtod_offset(mbuf, const uint8_t *, HEADER), sizeof(value));
	return value;
}

static void send_value(struct nic_queue queue, uint32_t value)
{
	struct rte_mbuf *mbuf = make_frame(value);

	cr_assert_eq(nic_transmit(queue, &mbuf, 1), 1);
}

/* Takes all that there is, checks that each is `next`, and returns what would come next. */
static uint32_t receive_in_order(struct nic_queue queue, uint32_t next)
{
	struct rte_mbuf *mbufs[BURST];
	uint16_t count;

	while ((count = nic_receive(queue, mbufs, BURST)) > 0) {
		for (uint16_t i = 0; i < count; i++)
			cr_assert_eq(value_of(mbufs[i]), next++);
		rte_pktmbuf_free_bulk(mbufs, count);
	}
	return next;
}

static struct quern_impair_counters counters_of(enum quern_way way)
{
	struct quern_impair_counters counters;

	cr_assert(nic_impair_counters(&ends[0], way, &counters));
	return counters;
}

Test(nic_impair, a_good_port_has_no_bad_line)
{
	struct quern_impair_counters counters;

	plug_in(NULL, NULL);
	cr_assert_null(near.impair);
	cr_assert_not(nic_impair_counters(&ends[0], QUERN_TX, &counters));
	cr_assert_eq(counters.frames, 0);
	nic_begin_turn(near, 1);
	unplug();
}

Test(nic_impair, delayed_frames_come_when_they_are_due_and_the_senders_buffers_go_back_at_once)
{
	const struct quern_impair line = {.delay_ns = 1000};

	plug_in(&line, &line);
	cr_assert_null(far.impair, "the other end is impaired as well");
	nic_begin_turn(near, 5000);
	for (uint32_t i = 0; i < 10; i++) {
		send_value(near, i);
		send_value(far, i);
	}
	cr_assert_eq(rte_mempool_avail_count(pool), MBUFS - 10, "a frame on its way has the sender's buffer");
	cr_assert_eq(receive_in_order(far, 0), 0);
	cr_assert_eq(receive_in_order(near, 0), 0);
	cr_assert_eq(rte_mempool_avail_count(pool), MBUFS);
	nic_begin_turn(near, 5999);
	cr_assert_eq(receive_in_order(far, 0), 0, "a frame was early");
	cr_assert_eq(receive_in_order(near, 0), 0, "a frame was early");
	nic_begin_turn(near, 6000);
	cr_assert_eq(receive_in_order(far, 0), 10);
	cr_assert_eq(receive_in_order(near, 0), 10);
	for (enum quern_way way = QUERN_RX; way < QUERN_WAYS; way++) {
		cr_assert_eq(counters_of(way).frames, 10);
		cr_assert_eq(counters_of(way).delayed, 10);
		cr_assert_eq(counters_of(way).handed_on, 10);
	}
	unplug();
}

Test(nic_impair, impairs_only_the_way_that_was_asked_for)
{
	const struct quern_impair line = {.loss_share = WHOLE};

	plug_in(&line, NULL);
	nic_begin_turn(near, 1);
	send_value(near, 0);
	send_value(far, 0);
	cr_assert_eq(receive_in_order(far, 0), 1);
	cr_assert_eq(receive_in_order(near, 0), 0);
	cr_assert_eq(counters_of(QUERN_RX).lost, 1);
	unplug();
	plug_in(NULL, &line);
	nic_begin_turn(near, 1);
	send_value(near, 0);
	send_value(far, 0);
	cr_assert_eq(receive_in_order(far, 0), 0);
	cr_assert_eq(receive_in_order(near, 0), 1);
	cr_assert_eq(counters_of(QUERN_TX).lost, 1);
	unplug();
}

Test(nic_impair, turns_one_bit_behind_the_header_and_never_in_a_buffer_that_somebody_else_holds)
{
	const struct quern_impair line = {.corrupt_share = WHOLE};

	plug_in(NULL, &line);
	nic_begin_turn(near, 1);
	for (uint32_t i = 0; i < 1000; i++) {
		struct rte_mbuf *held = make_frame(i), *mbuf = held, *whole = make_frame(i);
		const uint8_t *sent = rte_pktmbuf_mtod(whole, const uint8_t *), *came;
		int differing = 0;

		rte_mbuf_refcnt_update(held, 1);
		cr_assert_eq(nic_transmit(near, &mbuf, 1), 1);
		cr_assert_eq(memcmp(rte_pktmbuf_mtod(held, void *), sent, BYTES), 0, "the sender's bytes changed");
		cr_assert_eq(rte_mbuf_refcnt_read(held), 1);
		cr_assert_eq(nic_receive(far, &mbuf, 1), 1);
		came = rte_pktmbuf_mtod(mbuf, const uint8_t *);
		for (int at = 0; at < BYTES; at++)
			differing += __builtin_popcount((unsigned int)(came[at] ^ sent[at]));
		cr_assert_eq(differing, 1);
		cr_assert_eq(memcmp(came, sent, HEADER), 0, "the Ethernet header changed");
		rte_pktmbuf_free(mbuf);
		rte_pktmbuf_free(held);
		rte_pktmbuf_free(whole);
	}
	cr_assert_eq(counters_of(QUERN_TX).corrupted, 1000);
	unplug();
}

Test(nic_impair, a_doubled_frame_comes_twice_in_two_buffers)
{
	const struct quern_impair line = {.dup_share = WHOLE};
	struct rte_mbuf *mbufs[3];

	plug_in(&line, NULL);
	nic_begin_turn(near, 1);
	send_value(far, 7);
	cr_assert_eq(nic_receive(near, mbufs, 3), 2);
	cr_assert_neq(mbufs[0], mbufs[1]);
	for (int i = 0; i < 2; i++)
		cr_assert(value_of(mbufs[i]) == 7 && rte_mbuf_refcnt_read(mbufs[i]) == 1);
	rte_pktmbuf_free_bulk(mbufs, 2);
	/* Where there is room for one, the other waits for the next call. */
	send_value(far, 8);
	for (int i = 0; i < 2; i++) {
		cr_assert_eq(nic_receive(near, mbufs, 1), 1);
		cr_assert_eq(value_of(mbufs[0]), 8);
		rte_pktmbuf_free(mbufs[0]);
	}
	cr_assert_eq(nic_receive(near, mbufs, 1), 0);
	cr_assert_eq(counters_of(QUERN_RX).duplicated, 2);
	cr_assert_eq(counters_of(QUERN_RX).handed_on, 4);
	unplug();
}

/* A frame whose text lies in another mbuf, as the shard's gathered ones do. */
Test(nic_impair, a_frame_in_pieces_is_delayed_and_corrupted_whole)
{
	const struct quern_impair line = {.delay_ns = 10, .corrupt_share = WHOLE};
	struct rte_mbuf *text, *header, *piece, *came;

	plug_in(NULL, &line);
	text = make_frame(1);
	header = make_frame(2);
	piece = rte_pktmbuf_alloc(pool);
	cr_assert(text != NULL && header != NULL && piece != NULL);
	rte_pktmbuf_attach(piece, text);
	cr_assert_eq(rte_pktmbuf_chain(header, piece), 0);
	nic_begin_turn(near, 1);
	cr_assert_eq(nic_transmit(near, &header, 1), 1);
	cr_assert_eq(rte_mbuf_refcnt_read(text), 1, "the piece is still held");
	cr_assert_eq(value_of(text), 1);
	nic_begin_turn(near, 11);
	cr_assert_eq(nic_receive(far, &came, 1), 1);
	cr_assert_eq(came->pkt_len, 2 * BYTES);
	cr_assert_eq(came->nb_segs, 1);
	rte_pktmbuf_free(came);
	rte_pktmbuf_free(text);
	unplug();
}

Test(nic_impair, drops_and_counts_what_it_has_no_room_for_and_frees_the_rest_at_the_end)
{
	const struct quern_impair line = {.delay_ns = 1000000};
	enum { MORE = 100 };

	plug_in(NULL, &line);
	nic_begin_turn(near, 1);
	for (uint32_t i = 0; i < NIC_IMPAIR_FRAMES + MORE; i++)
		send_value(near, i);
	cr_assert_eq(counters_of(QUERN_TX).no_room, MORE);
	cr_assert_eq(counters_of(QUERN_TX).frames, NIC_IMPAIR_FRAMES + MORE);
	cr_assert_eq(rte_mempool_avail_count(pool), MBUFS, "a dropped frame was kept");
	unplug();
}

Test(nic_impair, a_port_that_takes_nothing_makes_its_sender_wait_and_nothing_is_lost)
{
	const struct quern_impair line = {.delay_ns = 1};
	uint64_t now_ns = 1;
	uint32_t sent = 0, received = 0;

	plug_in(NULL, &line);
	for (int round = 0; round < 3; round++) {
		for (;;) {
			struct rte_mbuf *mbuf = make_frame(sent);
			uint16_t taken;

			nic_begin_turn(near, now_ns++);
			taken = nic_transmit(near, &mbuf, 1);
			sent += taken;
			if (taken == 1)
				continue;
			rte_pktmbuf_free(mbuf);
			break;
		}
		cr_assert_leq(sent - received, NIC_CABLE_FRAMES + NIC_IMPAIR_BURST, "the line takes what cannot go");
		received = receive_in_order(far, received);
	}
	nic_begin_turn(near, now_ns);
	cr_assert_eq(receive_in_order(far, received), sent);
	cr_assert_eq(counters_of(QUERN_TX).no_room, 0);
	unplug();
}

Test(nic_impair, accounts_for_every_frame_under_all_faults_at_once)
{
	const struct quern_impair line = {.loss_share = WHOLE / 20,
					  .burst = 3,
					  .dup_share = WHOLE / 20,
					  .rate = 1000000000,
					  .queue_ns = 20000,
					  .delay_ns = 50000,
					  .jitter_ns = 20000,
					  .reorder_share = WHOLE / 20,
					  .gap_ns = 5000,
					  .corrupt_share = WHOLE / 20};
	struct quern_impair_counters counters;
	struct rte_mbuf *mbufs[BURST];
	uint64_t received = 0, now_ns = 0;
	uint16_t count;

	plug_in(&line, &line);
	for (uint32_t i = 0; i < 20000; i++) {
		/* Somewhat slower than the rate, and now and then faster than it for a while. */
		now_ns += i % 500 < 400 ? 900 : 400;
		nic_begin_turn(near, now_ns);
		send_value(near, i);
		count = nic_receive(far, mbufs, BURST);
		rte_pktmbuf_free_bulk(mbufs, count);
		received += count;
	}
	nic_begin_turn(near, now_ns + 1000000);
	while ((count = nic_receive(far, mbufs, BURST)) > 0) {
		rte_pktmbuf_free_bulk(mbufs, count);
		received += count;
	}
	counters = counters_of(QUERN_TX);
	cr_assert_eq(counters.handed_on, received);
	cr_assert_eq(counters.frames, 20000);
	cr_assert_eq(counters.frames + counters.duplicated,
		     counters.handed_on + counters.lost + counters.queue_full + counters.no_room);
	cr_assert(counters.lost > 500 && counters.duplicated > 500 && counters.corrupted > 500);
	cr_assert(counters.reordered > 500 && counters.queue_full > 500 && counters.delayed == received);
	unplug();
}
