/* test_shard_cut.c - a port that cuts segments (TSO): what it is given, and what it is not. */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "support/raw_icmp.h"
#include "support/raw_port.h"
#include "support/sack_script.h"

enum { IW_SEGMENTS = 10, FEW_BUFFERS = 6 };

static struct driver driver;

/* The shard of a port that cuts frames of so many buffers; its application reads. */
static struct script listening(struct shard_config config, const struct quern_tcp_options *options)
{
	config.tx_multi_segs = config.tx_l4_checksum = true;
	driver_open(&driver, &config);
	driver.reader = (struct driver_reader){.reads = true, .appetite = UINT32_MAX};
	driver_listen(&driver, SCRIPT_PORT, options);
	return script_new(&driver);
}

static struct script established(uint16_t buffers)
{
	struct script script = listening((struct shard_config){.tx_cut_buffers = buffers}, NULL);

	establish_passive(&script);
	return script;
}

/* So many frames have been cut, the last of so many segments of `size` bytes. */
static void check_cut(unsigned int frames, unsigned int segments, uint32_t size)
{
	cr_assert_eq(raw_port_seen()->cut, frames, "%u frames", raw_port_seen()->cut);
	cr_assert_eq(raw_port_seen()->text_bytes, segments * size, "%u bytes", raw_port_seen()->text_bytes);
	cr_assert_eq(raw_port_seen()->size, size, "segments of %u bytes", raw_port_seen()->size);
}

/* The next `count` full segments, from the octet `seq` on. */
static void hear_full(struct script *script, uint32_t seq, unsigned int count, int last_flags)
{
	for (unsigned int i = 0; i < count; i++)
		hear_text(script, i + 1 < count ? ACK : last_flags, seq + i * DRIVER_MSS, 1, DRIVER_MSS);
}

/* raw_port.c checks what the mbuf says, and raw_frame.c each segment with its sums. */
Test(shard_cut, text_goes_as_one_frame_of_full_segments_and_the_rest_by_itself)
{
	struct script script = established(RAW_PORT_BUFFERS);

	app_send(&script, 4 * DRIVER_MSS + 100);
	hear_full(&script, 1, 4, ACK);
	hear_text(&script, PSH | ACK, 1 + 4 * DRIVER_MSS, 1, 100);
	hear_nothing(&script);
	check_cut(1, 4, DRIVER_MSS);
	driver_close(&driver);
}

Test(shard_cut, push_and_fin_are_of_the_last_segment)
{
	struct script script = established(RAW_PORT_BUFFERS);

	app_send(&script, 3 * DRIVER_MSS);
	hear_full(&script, 1, 3, PSH | ACK);
	say(&script, ACK, 1, 1 + 3 * DRIVER_MSS);
	driver_send(&driver, script.conn, 2 * DRIVER_MSS);
	app_close(&script);
	hear_full(&script, 1 + 3 * DRIVER_MSS, 2, FIN | PSH | ACK);
	check_cut(2, 2, DRIVER_MSS);
	say(&script, FIN | ACK, 1, 2 + 5 * DRIVER_MSS);
	hear(&script, ACK, 2 + 5 * DRIVER_MSS, 2);
	driver_close(&driver);
}

/* One segment, or less, is no business of the port's. */
Test(shard_cut, a_single_segment_is_not_cut)
{
	struct script script = established(RAW_PORT_BUFFERS);

	app_send(&script, DRIVER_MSS + 1);
	hear_text(&script, ACK, 1, 1, DRIVER_MSS);
	hear_text(&script, PSH | ACK, 1 + DRIVER_MSS, 1, 1);
	cr_assert_eq(raw_port_seen()->cut, 0);
	driver_close(&driver);
}

Test(shard_cut, the_congestion_window_bounds_a_frame)
{
	struct script script = established(RAW_PORT_BUFFERS);

	app_send(&script, 20 * DRIVER_MSS);
	hear_full(&script, 1, IW_SEGMENTS, ACK);
	hear_nothing(&script);
	check_cut(1, IW_SEGMENTS, DRIVER_MSS);
	/* Slow start: each ACK of a segment lets two go, and one frame they are. */
	say(&script, ACK, 1, 1 + DRIVER_MSS);
	hear_full(&script, 1 + IW_SEGMENTS * DRIVER_MSS, 2, ACK);
	hear_nothing(&script);
	check_cut(2, 2, DRIVER_MSS);
	driver_close(&driver);
}

Test(shard_cut, the_peers_window_bounds_a_frame)
{
	struct script script = established(RAW_PORT_BUFFERS);

	script.window = 3 * DRIVER_MSS + 700;
	say(&script, ACK, 1, 1);
	app_send(&script, 8 * DRIVER_MSS);
	hear_full(&script, 1, 3, ACK);
	hear_nothing(&script);
	check_cut(1, 3, DRIVER_MSS);
	driver_close(&driver);
}

/* A header, and one buffer more than segments, since text begins anywhere in its first. */
Test(shard_cut, the_buffers_that_the_port_gathers_bound_a_frame)
{
	struct script script = established(FEW_BUFFERS);

	app_send(&script, 8 * DRIVER_MSS);
	hear_full(&script, 1, 8, PSH | ACK);
	check_cut(2, FEW_BUFFERS - 2, DRIVER_MSS);
	driver_close(&driver);
}

/* Sixteen bits count the bytes of an IP packet, and those of an mbuf. */
Test(shard_cut, a_frame_is_never_longer_than_its_length_can_say)
{
	const struct quern_tcp_options options = {.send_queue = 1 << 20};
	struct script script = listening((struct shard_config){.tx_cut_buffers = RAW_PORT_BUFFERS}, &options);
	uint32_t mss = raw_mss_of(1500), sent = 1, next;
	struct raw_segment syn;

	script.mss = (uint16_t)mss;
	syn = script_segment(&script, SYN, 0, 0);
	syn.option_bytes = 4;
	memcpy(syn.options, "\x03\x03\x04\x01", 4);
	driver_inject(&driver, &syn);
	hear(&script, SYN | ACK, 0, 1);
	say(&script, ACK, 1, 1);
	told(&script, TOLD_ESTABLISHED);
	for (unsigned int round = 0; round < 80; round++) {
		driver_send(&driver, script.conn, 100 * mss);
		driver_collect(&driver);
		for (next = sent; driver.heard_next < driver.heard_count; next += mss)
			hear_text(&script, driver.heard[driver.heard_next].segment.flags, next, 1, mss);
		sent = next;
		say(&script, ACK, 1, sent);
	}
	cr_assert_eq(raw_port_seen()->most_bytes, 65413 / mss * mss, "%u bytes", raw_port_seen()->most_bytes);
	say(&script, RST, 1, 0);
	driver_close(&driver);
}

/* Behind an Ethernet header, in the frame that came in. */
Test(shard_cut, an_answer_goes_the_way_that_the_question_came)
{
	struct script script =
		listening((struct shard_config){.tx_cut_buffers = RAW_PORT_BUFFERS, .ethernet = true}, NULL);

	establish_passive(&script);
	driver.reader.answers = 5 * DRIVER_MSS;
	say_text(&script, ACK, 1, 1, 10);
	told_text(&script, 10);
	for (unsigned int i = 0; i < 5; i++)
		hear_text(&script, i < 4 ? ACK : PSH | ACK, 1 + i * DRIVER_MSS, 11, DRIVER_MSS);
	check_cut(1, 5, DRIVER_MSS);
	driver_close(&driver);
}

Test(shard_cut, the_counters_say_what_the_wire_carries)
{
	struct script script = established(RAW_PORT_BUFFERS);
	const uint64_t packets = driver_counters(&driver)->tx_packets, bytes = driver_counters(&driver)->tx_bytes;

	app_send(&script, 7 * DRIVER_MSS);
	hear_full(&script, 1, 7, PSH | ACK);
	check_cut(1, 7, DRIVER_MSS);
	cr_assert_eq(driver_counters(&driver)->tx_packets - packets, 7);
	cr_assert_eq(driver_counters(&driver)->tx_bytes - bytes, 7 * (raw_ip_bytes() + 20 + DRIVER_MSS));
	cr_assert_eq(driver_counters(&driver)->text_bytes_sent, 7 * DRIVER_MSS);
	cr_assert_eq(driver_counters(&driver)->retransmits, 0);
	driver_close(&driver);
}

Test(shard_cut, what_a_timer_sends_again_is_one_segment)
{
	struct script script = established(RAW_PORT_BUFFERS);

	mark(&script);
	app_send(&script, 4 * DRIVER_MSS);
	hear_full(&script, 1, 4, PSH | ACK);
	advance(&script, 1000);
	hear_text_at(&script, 1000, ACK, 1, 1, DRIVER_MSS);
	hear_nothing(&script);
	/* The first was lost alone; with it all of the frame is there. */
	say(&script, ACK, 1, 1 + 4 * DRIVER_MSS);
	hear_nothing(&script);
	check_cut(1, 4, DRIVER_MSS);
	driver_close(&driver);
}

/* Segments 2 and 5 of ten that were one frame; the scripts of test_tcp_sack with a port that cuts have more. */
Test(shard_cut, holes_in_a_frame_are_filled_by_single_segments)
{
	static const uint32_t blocks[][2] = {{1 + 6 * SEGMENT, 1 + 10 * SEGMENT}, {1 + 3 * SEGMENT, 1 + 5 * SEGMENT}};
	struct script script;

	setenv("QUERN_TEST_CUT", "1", 1);
	script = sack_established(&driver);
	app_send(&script, 10 * SEGMENT);
	hear_last_segments(&script, 0, 9);
	check_cut(1, 10, SEGMENT);
	sack_octets(&script, 1 + 2 * SEGMENT, 2, blocks);
	hear_text(&script, ACK, 1 + 2 * SEGMENT, 1, SEGMENT);
	hear_segments(&script, 5, 5);
	acknowledge(&script, 10);
	hear_nothing(&script);
	check_cut(1, 10, SEGMENT);
	driver_close(&driver);
}

/* Half of a segment's text came twice, and its ACK lets new text go: a block in each segment would tell of as many. */
Test(shard_cut, what_came_twice_is_told_by_one_segment)
{
	struct script script;

	setenv("QUERN_TEST_CUT", "1", 1);
	script = sack_established(&driver);
	say_text(&script, ACK, 1, 1, 100);
	told_text(&script, 100);
	hear(&script, ACK, 1, 101);
	app_send(&script, 20 * SEGMENT);
	for (uint32_t i = 0; i < IW_SEGMENTS; i++)
		hear_text(&script, ACK, 1 + i * SEGMENT, 101, SEGMENT);
	check_cut(1, IW_SEGMENTS, SEGMENT);
	say_text(&script, ACK, 51, 1 + 2 * SEGMENT, 100);
	told_text(&script, 50);
	hear_text(&script, ACK, 1 + IW_SEGMENTS * SEGMENT, 151, SEGMENT - 12);
	cr_assert_eq(script.heard.sack_count, 1);
	for (uint32_t i = 1; i < 3; i++) {
		hear_text(&script, ACK, 1 + (IW_SEGMENTS + i) * SEGMENT - 12, 151, SEGMENT);
		cr_assert_eq(script.heard.sack_count, 0);
	}
	hear_nothing(&script);
	check_cut(2, 2, SEGMENT);
	driver_close(&driver);
}

/* What was sent goes again in segments that fit, one by one; new text is cut into such, out of larger buffers. */
Test(shard_cut, a_narrower_path_is_what_text_is_cut_for)
{
	enum { NARROW = 1240, SENT = IW_SEGMENTS * DRIVER_MSS, QUEUED = SENT + 4 * DRIVER_MSS };
	struct script script = established(RAW_PORT_BUFFERS);
	struct raw_icmp icmp;
	uint32_t at = 0;

	app_send(&script, QUEUED);
	hear_full(&script, 1, IW_SEGMENTS, ACK);
	icmp = raw_icmp_about(&script, 3, 4, 1, DRIVER_MSS);
	icmp.mtu = raw_mtu_of(NARROW);
	raw_icmp_inject(&driver, &icmp);
	for (; at + NARROW <= SENT; at += NARROW)
		hear_text(&script, ACK, 1 + at, 1, NARROW);
	hear_text(&script, ACK, 1 + at, 1, SENT - at);
	hear_nothing(&script);
	check_cut(1, IW_SEGMENTS, DRIVER_MSS);
	say(&script, ACK, 1, 1 + SENT);
	for (at = SENT; at + NARROW <= QUEUED; at += NARROW)
		hear_text(&script, ACK, 1 + at, 1, NARROW);
	hear_text(&script, PSH | ACK, 1 + at, 1, QUEUED - at);
	hear_nothing(&script);
	check_cut(2, 4, NARROW);
	driver_close(&driver);
}

/* All but `left` buffers of the shard's pool. */
static unsigned int take_buffers(struct rte_mbuf **mbufs, unsigned int left)
{
	unsigned int count = rte_mempool_avail_count(driver.out_pool) - left;

	cr_assert_eq(rte_pktmbuf_alloc_bulk(driver.out_pool, mbufs, count), 0);
	return count;
}

Test(shard_cut, a_frame_that_finds_too_few_buffers_goes_later_and_whole)
{
	static struct rte_mbuf *mbufs[4096];
	struct script script = established(RAW_PORT_BUFFERS);
	unsigned int count;

	script.window = 0;
	say(&script, ACK, 1, 1);
	app_send(&script, 6 * DRIVER_MSS);
	hear_nothing(&script);
	count = take_buffers(mbufs, 3);
	script.window = DRIVER_WINDOW;
	say(&script, ACK, 1, 1);
	hear_nothing(&script);
	cr_assert_eq(driver_counters(&driver)->drops[QUERN_DROP_NO_MBUF], 1);
	cr_assert_eq(driver_counters(&driver)->text_bytes_sent, 0);
	cr_assert_eq(rte_mempool_avail_count(driver.out_pool), 3);
	/* Short of buffers, a segment goes in the frame that came in, and no more than one. */
	say(&script, ACK, 1, 1);
	hear_text(&script, ACK, 1, 1, DRIVER_MSS);
	hear_nothing(&script);
	cr_assert_eq(raw_port_seen()->cut, 0);
	rte_pktmbuf_free_bulk(mbufs, count);
	driver_collect(&driver);
	hear_full(&script, 1 + DRIVER_MSS, 5, PSH | ACK);
	check_cut(1, 5, DRIVER_MSS);
	say(&script, ACK, 1, 1 + 6 * DRIVER_MSS);
	driver_close(&driver);
}

/* Where the port makes no sums, cutting is of no use. */
Test(shard_cut, a_port_that_makes_no_sums_is_given_single_segments)
{
	const struct shard_config config = {.tx_multi_segs = true, .tx_cut_buffers = RAW_PORT_BUFFERS};
	struct script script;

	driver_open(&driver, &config);
	driver.reader = (struct driver_reader){.reads = true, .appetite = UINT32_MAX};
	driver_listen(&driver, SCRIPT_PORT, NULL);
	script = script_new(&driver);
	establish_passive(&script);
	app_send(&script, 4 * DRIVER_MSS);
	hear_full(&script, 1, 4, PSH | ACK);
	cr_assert_eq(raw_port_seen()->cut, 0);
	driver_close(&driver);
}

/* Some refuse less than 256 bytes, and with that whatever comes behind. */
Test(shard_cut, segments_too_small_for_drivers_to_cut_go_one_by_one)
{
	enum { SMALL = 200 };
	const struct quern_tcp_options options = {.mss = SMALL};
	struct script script = listening((struct shard_config){.tx_cut_buffers = RAW_PORT_BUFFERS}, &options);

	establish_passive(&script);
	app_send(&script, 3 * SMALL);
	for (uint32_t i = 0; i < 3; i++)
		hear_text(&script, i < 2 ? ACK : PSH | ACK, 1 + i * SMALL, 1, SMALL);
	hear_nothing(&script);
	cr_assert_eq(raw_port_seen()->cut, 0);
	driver_close(&driver);
}
