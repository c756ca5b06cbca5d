/* test_nic_capture.c - a captured queue's frames are copied as they pass, each once, whatever the port refuses, and
 * nobody waits for the reader. */
#include <string.h>

#include <criterion/criterion.h>

#include <rte_mbuf.h>

#include "base/random.h"
#include "nic/nic.h"
#include "nic/nic_capture.h"
#include "support/bare_eal.h"

enum { MBUFS = 16384 - 1, BURST = 64, FRAME_MIN = 60, FRAME_MAX = 1500, LINE_MBUFS = 1023, ROUND = 512 };

static struct nic ends[2];
static struct rte_mempool *pool;
static struct nic_queue near, far; /* the near end is captured */

static void plug_in(const struct quern_impair *tx, uint16_t queues)
{
	struct rte_mempool *pools[NIC_QUEUES_MAX];
	char error[QUERN_ERROR_TEXT] = "";

	bare_eal_start();
	pool = bare_eal_pool("test", MBUFS);
	for (uint16_t queue = 0; queue < queues; queue++)
		pools[queue] = pool;
	for (uint16_t end = 0; end < 2; end++) {
		struct nic_config config = {.device = "cable", .number = end, .mtu = 1500, .queues = queues, .seed = 5};

		if (end == 0 && tx != NULL)
			config.impair[QUERN_TX] = *tx;
		cr_assert_eq(nic_attach(&ends[end], &config, end == 0 ? NULL : &ends[0], error), 0, "%s", error);
		cr_assert_eq(nic_impair_open(&ends[end], LINE_MBUFS, 0, SOCKET_ID_ANY), 0);
	}
	for (uint16_t end = 0; end < 2; end++)
		cr_assert_eq(nic_start(&ends[end], pools, error), 0, "%s", error);
	cr_assert_eq(nic_capture_open(&ends[0], 0, NIC_CAPTURE_RING_MIN), 0);
	near = nic_queue_of(&ends[0], 0);
	far = nic_queue_of(&ends[1], 0);
	cr_assert(nic_detours(near));
	cr_assert_not(nic_detours(far));
}

static uint16_t drain(struct nic_queue queue)
{
	struct rte_mbuf *mbufs[BURST];
	uint16_t count, all = 0;

	while ((count = nic_receive(queue, mbufs, BURST)) > 0) {
		all = (uint16_t)(all + count);
		rte_pktmbuf_free_bulk(mbufs, count);
	}
	return all;
}

static void unplug(void)
{
	for (uint16_t queue = 0; queue < ends[1].queues; queue++)
		drain(nic_queue_of(&ends[1], queue));
	nic_close(&ends[1]);
	nic_close(&ends[0]);
	cr_assert_eq(rte_mempool_avail_count(pool), MBUFS, "a buffer was lost");
	for (int end = 0; end < 2; end++) {
		nic_impair_close(&ends[end]);
		nic_capture_close(&ends[end]);
	}
	cr_assert_null(ends[0].captures[0]);
	rte_mempool_free(pool);
}

/* A frame whose bytes tell its number; what is longer than the shortest is in a second buffer. */
static struct rte_mbuf *make_frame(uint32_t number, uint16_t bytes)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(pool), *rest;

	cr_assert_not_null(mbuf);
	memset(rte_pktmbuf_append(mbuf, FRAME_MIN), (int)(number & 0xff), FRAME_MIN);
	memcpy(rte_pktmbuf_mtod(mbuf, uint8_t *), &number, sizeof(number));
	if (bytes == FRAME_MIN)
		return mbuf;
	rest = rte_pktmbuf_alloc(pool);
	cr_assert_not_null(rest);
	memset(rte_pktmbuf_append(rest, (uint16_t)(bytes - FRAME_MIN)), (int)(number & 0xff), bytes - FRAME_MIN);
	cr_assert_eq(rte_pktmbuf_chain(mbuf, rest), 0);
	return mbuf;
}

/* Takes the next record; its number. Its bytes and time are checked. */
static uint32_t take_number(uint16_t bytes, uint64_t at_ns)
{
	const struct nic_capture_record *record = nic_capture_next(near.capture);
	const uint8_t *frame = (const uint8_t *)(record + 1);
	uint32_t number;

	cr_assert_not_null(record, "a frame is not there");
	cr_assert_eq(record->bytes, bytes);
	cr_assert_eq(record->at_ns, at_ns);
	memcpy(&number, frame, sizeof(number));
	for (uint32_t i = sizeof(number); i < bytes; i++)
		cr_assert_eq(frame[i], number & 0xff);
	nic_capture_pass(near.capture, record);
	return number;
}

Test(nic_capture, frames_of_both_ways_are_there_in_order_with_the_time_of_their_turn)
{
	struct rte_mbuf *mbuf;

	plug_in(NULL, 1);
	nic_begin_turn(near, 1000);
	mbuf = make_frame(1, 80);
	cr_assert_eq(nic_transmit(near, &mbuf, 1), 1);
	mbuf = make_frame(2, 1500);
	cr_assert_eq(nic_transmit(far, &mbuf, 1), 1);
	nic_begin_turn(near, 2000);
	cr_assert_eq(nic_capture_settled_ns(near.capture), 2000);
	cr_assert_eq(drain(near), 1);
	cr_assert_eq(take_number(80, 1000), 1);
	cr_assert_eq(take_number(1500, 2000), 2);
	cr_assert_null(nic_capture_next(near.capture));
	cr_assert_eq(drain(far), 1);
	cr_assert_null(nic_capture_next(near.capture), "what the far end receives is captured as well");
	unplug();
}

/* What the far end does to the buffer that it is given is not in the copy. */
Test(nic_capture, a_frame_that_is_sent_is_copied_before_its_receiver_has_it)
{
	struct rte_mbuf *mbuf, *received;

	plug_in(NULL, 1);
	mbuf = make_frame(7, 100);
	cr_assert_eq(nic_transmit(near, &mbuf, 1), 1);
	cr_assert_eq(nic_receive(far, &received, 1), 1);
	cr_assert_eq(received, mbuf, "a cable copies, and this test tells nothing");
	memset(rte_pktmbuf_mtod(received, uint8_t *), 0xff, 60);
	cr_assert_eq(take_number(100, 0), 7);
	rte_pktmbuf_free(received);
	unplug();
}

/* The cable is filled, offered the same again and again, and emptied. */
Test(nic_capture, what_the_port_refuses_is_there_once_it_has_been_sent_and_only_once)
{
	struct rte_mbuf *mbufs[BURST];
	uint16_t waiting = 0, count;
	uint32_t sent = 0, next = 0, made = 0, refusals = 0;

	plug_in(NULL, 1);
	for (int turn = 0; turn < 5000; turn++) {
		while (waiting < BURST)
			mbufs[waiting++] = make_frame(made++, FRAME_MIN);
		if (turn % 1000 == 999)
			drain(far);
		count = nic_transmit(near, mbufs, BURST);
		memmove(mbufs, mbufs + count, (BURST - count) * sizeof(mbufs[0]));
		waiting = (uint16_t)(BURST - count);
		sent += count;
		refusals += waiting;
		while (nic_capture_next(near.capture) != NULL)
			cr_assert_eq(take_number(FRAME_MIN, 0), next++);
		cr_assert_eq(next, sent, "turn %d: %u were sent, and %u are there", turn, sent, next);
	}
	rte_pktmbuf_free_bulk(mbufs, waiting);
	cr_assert_gt(refusals, 100000, "the cable was not full");
	cr_assert_gt(sent, 4 * NIC_CABLE_FRAMES);
	cr_assert_eq(near.capture->missing, 0, "what was refused has filled the ring");
	unplug();
}

/* Two queues, and one is full: frames that are refused stood anywhere in the burst. */
Test(nic_capture, of_a_burst_that_is_refused_in_parts_those_that_went_are_there)
{
	static bool is_refused[8 * NIC_CABLE_FRAMES];
	uint32_t made = 0, went = 0, captured = 0;

	plug_in(NULL, 2);
	while (made < 8 * NIC_CABLE_FRAMES) {
		const struct nic_capture_record *record;
		struct rte_mbuf *mbufs[BURST];
		uint32_t number;
		uint16_t count;

		for (uint16_t i = 0; i < BURST; i++, made++) {
			mbufs[i] = make_frame(made, FRAME_MIN);
			/* IPv4 from changing addresses, which name the queue. */
			memcpy(rte_pktmbuf_mtod(mbufs[i], uint8_t *) + 12, "\x08\x00\x45", 3);
			memcpy(rte_pktmbuf_mtod(mbufs[i], uint8_t *) + 26, &made, sizeof(made));
		}
		count = nic_transmit(near, mbufs, BURST);
		for (uint16_t i = count; i < BURST; i++) {
			memcpy(&number, rte_pktmbuf_mtod(mbufs[i], const uint8_t *), sizeof(number));
			is_refused[number] = true;
		}
		rte_pktmbuf_free_bulk(mbufs + count, (unsigned int)(BURST - count));
		went += count;
		while ((record = nic_capture_next(near.capture)) != NULL) {
			memcpy(&number, record + 1, sizeof(number));
			cr_assert_not(is_refused[number], "frame %u was refused, and is there", number);
			nic_capture_pass(near.capture, record);
			captured++;
		}
		drain(nic_queue_of(&ends[1], 1));
	}
	cr_assert_eq(captured, went);
	cr_assert(went < made - BURST && went > made / 3, "%u of %u", went, made);
	unplug();
}

Test(nic_capture, a_full_ring_makes_nobody_wait_and_counts_what_is_missing)
{
	struct random random;
	uint32_t made = 0;

	plug_in(NULL, 1);
	random_seed(&random, 3);
	for (int round = 0; round < 20; round++) {
		uint16_t sizes[ROUND];
		uint32_t first = made, next = made, there = 0;
		uint64_t missing = near.capture->missing;

		for (int i = 0; i < ROUND; i++, made++) {
			struct rte_mbuf *mbuf;

			sizes[i] = (uint16_t)(FRAME_MIN + random_below(&random, FRAME_MAX - FRAME_MIN));
			mbuf = make_frame(made, sizes[i]);
			cr_assert_eq(nic_transmit(near, &mbuf, 1), 1, "the sender has to wait");
		}
		cr_assert_eq(drain(far), ROUND);
		for (const struct nic_capture_record *record; (record = nic_capture_next(near.capture)) != NULL;
		     there++) {
			uint32_t number;

			memcpy(&number, record + 1, sizeof(number));
			cr_assert(number >= next && number < made);
			next = number + 1;
			cr_assert_eq(take_number(sizes[number - first], 0), number);
		}
		missing = near.capture->missing - missing;
		cr_assert_eq(there + missing, ROUND, "%u there, %u missing", there, (unsigned int)missing);
		cr_assert(missing > 0 && there > 200, "%u there", there);
	}
	unplug();
}

static void send_frames(uint32_t first, uint32_t count, uint16_t bytes)
{
	for (uint32_t i = 0; i < count; i++) {
		struct rte_mbuf *mbuf = make_frame(first + i, bytes);

		cr_assert_eq(nic_transmit(near, &mbuf, 1), 1);
	}
	cr_assert_eq(drain(far), count);
}

/* Records of 80 and of 1,520 bytes: what is left at the ring's end is too little for a long one, and with that lost, so
 * is what is free at its beginning. */
Test(nic_capture, a_frame_that_begins_the_ring_anew_overwrites_none_that_was_not_read)
{
	const uint32_t read = 17, long_ones = (NIC_CAPTURE_RING_MIN - 17 * 80) / 1520, short_ones = 8;

	plug_in(NULL, 1);
	send_frames(0, read, FRAME_MIN);
	for (uint32_t i = 0; i < read; i++)
		cr_assert_eq(take_number(FRAME_MIN, 0), i);
	send_frames(100, long_ones, FRAME_MAX);
	send_frames(500, short_ones, FRAME_MIN);
	cr_assert_eq(near.capture->missing, 0);
	send_frames(600, 1, FRAME_MAX);
	cr_assert_eq(near.capture->missing, 1);
	for (uint32_t i = 0; i < long_ones; i++)
		cr_assert_eq(take_number(FRAME_MAX, 0), 100 + i);
	for (uint32_t i = 0; i < short_ones; i++)
		cr_assert_eq(take_number(FRAME_MIN, 0), 500 + i);
	cr_assert_null(nic_capture_next(near.capture));
	send_frames(700, 1, FRAME_MAX);
	cr_assert_eq(take_number(FRAME_MAX, 0), 700);
	unplug();
}

Test(nic_capture, once_it_is_over_frames_pass_and_are_not_copied)
{
	struct rte_mbuf *mbuf;

	plug_in(NULL, 1);
	near.capture->is_over = true;
	for (int i = 0; i < 2; i++) {
		struct nic_queue from = i == 0 ? near : far, to = i == 0 ? far : near;

		mbuf = make_frame(1, 80);
		cr_assert_eq(nic_transmit(from, &mbuf, 1), 1);
		cr_assert_eq(drain(to), 1);
	}
	cr_assert_null(nic_capture_next(near.capture));
	cr_assert_eq(near.capture->missing, 0);
	unplug();
}

Test(nic_capture, what_a_bad_line_loses_on_the_way_was_sent_and_is_there)
{
	const struct quern_impair lossy = {.loss_share = QUERN_IMPAIR_WHOLE};
	struct rte_mbuf *mbuf;

	plug_in(&lossy, 1);
	nic_begin_turn(near, 500);
	mbuf = make_frame(1, 80);
	cr_assert_eq(nic_transmit(near, &mbuf, 1), 1);
	cr_assert_eq(drain(far), 0);
	cr_assert_eq(take_number(80, 500), 1);
	unplug();
}
