/* test_tcp_timestamps.c - PAWS and TS.Recent as arithmetic: every combination, and a stream that goes round. */
#include <criterion/criterion.h>

#include "tcp/tcp_input.h"
#include "tcp/tcp_open.h"
#include "tcp/tcp_output.h"
#include "tcp/tcp_timestamps.h"

enum { ISS = 77, PEER_ISS = 1000, PIECE = 60000, DAY_MS = 86400000 };

static const struct tcp_profile profile = {.mss = 1460,
					   .receive_window = 65535,
					   .offers_timestamps = true,
					   .ttl = 64,
					   .connect_timeout_ms = 180000,
					   .user_timeout_ms = 120000,
					   .fin_wait_2_ms = 60000};

static void drain(struct tcp_conn *conn, uint32_t now_ms)
{
	struct segment segment;

	while (tcp_output(conn, NULL, NULL, &profile, now_ms, &segment))
		cr_assert_eq(!(segment.options & SEGMENT_TIMESTAMPS), !conn->has_timestamps);
}

static struct segment from_peer(const struct tcp_conn *conn, bool with, uint32_t tsval)
{
	return (struct segment){.seq = conn->rcv_nxt,
				.ack = conn->snd_end,
				.wnd = 1000,
				.flags = TCP_ACK,
				.options = with ? SEGMENT_TIMESTAMPS : 0,
				.tsval = tsval};
}

static struct tcp_conn half_open(bool with, uint32_t tsval)
{
	const struct segment syn = {.seq = PEER_ISS,
				    .wnd = 1000,
				    .mss = 1460,
				    .flags = TCP_SYN,
				    .options = with ? SEGMENT_TIMESTAMPS : 0,
				    .tsval = tsval};
	struct tcp_conn conn = {.key = {1, 2, 3, 4}, .generation = 1};

	tcp_open_from_syn(&conn, &syn, &profile, ISS, 0);
	drain(&conn, 0);
	return conn;
}

static struct tcp_conn established(bool with, uint32_t tsval)
{
	struct tcp_conn conn = half_open(with, tsval);
	struct segment ack = from_peer(&conn, with, tsval);

	cr_assert(tcp_input(&conn, NULL, NULL, &ack, &profile, 0).events & TCP_HAPPENED_ESTABLISHED);
	return conn;
}

/* Battery 28: 4 GiB later its number is the next one again, and only its timestamp tells that it is late. */
static enum quern_drop late_copy_of_a_wrap_ago(bool with)
{
	struct tcp_conn conn = established(with, UINT32_MAX - 20);
	const struct segment first = {.seq = PEER_ISS + 1,
				      .ack = ISS + 1,
				      .text_bytes = PIECE,
				      .wnd = 1000,
				      .flags = TCP_ACK,
				      .options = with ? SEGMENT_TIMESTAMPS : 0,
				      .tsval = UINT32_MAX - 20};
	uint64_t left = 1ULL << 32;
	uint32_t tsval = first.tsval, now_ms = 0;

	while (left > 0) {
		struct segment text = from_peer(&conn, with, tsval);

		text.text_bytes = left < PIECE ? (uint32_t)left : PIECE;
		cr_assert_eq(tcp_input(&conn, NULL, NULL, &text, &profile, ++now_ms).deliver, text.text_bytes);
		drain(&conn, now_ms);
		left -= text.text_bytes;
		tsval++;
	}
	cr_assert_eq(conn.rcv_nxt, first.seq);
	return tcp_input(&conn, NULL, NULL, &first, &profile, now_ms).drop;
}

Test(tcp_timestamps, a_copy_that_comes_a_whole_round_of_numbers_late_is_told_by_its_timestamp)
{
	cr_assert_eq(late_copy_of_a_wrap_ago(true), QUERN_DROP_TCP_PAWS);
	cr_assert_eq(late_copy_of_a_wrap_ago(false), QUERN_DROP_NONE, "without timestamps nobody can tell");
}

/* Rows 27, 101 and 104. */
Test(tcp_timestamps, a_segment_is_judged_by_its_timestamp_and_how_long_the_peer_was_silent)
{
	static const uint32_t recents[] = {0, 5, 0x7fffffff, 0x80000000, UINT32_MAX};

	for (size_t i = 0; i < sizeof recents / sizeof *recents; i++) {
		struct tcp_conn conn = established(true, recents[i]);
		struct segment segment = from_peer(&conn, true, recents[i]);

		cr_assert_eq(tcp_timestamps_judge(&conn, &segment), QUERN_DROP_NONE, "the same again");
		segment.tsval = recents[i] + 0x7fffffff;
		cr_assert_eq(tcp_timestamps_judge(&conn, &segment), QUERN_DROP_NONE);
		segment.tsval = recents[i] - 1;
		cr_assert_eq(tcp_timestamps_judge(&conn, &segment), QUERN_DROP_TCP_PAWS);
		tcp_timestamps_on_silence(&conn, 24u * DAY_MS - 1);
		cr_assert_eq(tcp_timestamps_judge(&conn, &segment), QUERN_DROP_TCP_PAWS);
		tcp_timestamps_on_silence(&conn, 24u * DAY_MS);
		cr_assert_eq(tcp_timestamps_judge(&conn, &segment), QUERN_DROP_NONE);
		tcp_timestamps_on_silence(&conn, 0);
		cr_assert_eq(tcp_timestamps_judge(&conn, &segment), QUERN_DROP_NONE, "until it is noted anew");
		segment.options = 0;
		cr_assert_eq(tcp_timestamps_judge(&conn, &segment), QUERN_DROP_TCP_NO_TIMESTAMP);
		conn.has_timestamps = false;
		cr_assert_eq(tcp_timestamps_judge(&conn, &segment), QUERN_DROP_NONE);
	}
}

/* Row 102. */
Test(tcp_timestamps, what_is_echoed_is_the_first_of_what_an_ack_is_due_for)
{
	struct tcp_conn conn = established(true, 100);
	struct segment segment = from_peer(&conn, true, 110);

	segment.seq += 1;
	tcp_timestamps_note(&conn, &segment);
	cr_assert_eq(conn.ts_recent, 100, "beyond a hole");
	segment = from_peer(&conn, true, 110);
	segment.seq -= 1;
	tcp_timestamps_note(&conn, &segment);
	cr_assert_eq(conn.ts_recent, 110, "a keepalive probe");
	segment = from_peer(&conn, true, 120);
	segment.text_bytes = 10;
	tcp_input(&conn, NULL, NULL, &segment, &profile, 1);
	cr_assert_eq(conn.ts_recent, 120);
	segment = from_peer(&conn, true, 130);
	segment.text_bytes = 10;
	tcp_input(&conn, NULL, NULL, &segment, &profile, 1);
	cr_assert_eq(conn.ts_recent, 120, "no ACK has gone since");
	drain(&conn, 1);
	segment = from_peer(&conn, true, 140);
	tcp_input(&conn, NULL, NULL, &segment, &profile, 1);
	cr_assert_eq(conn.ts_recent, 140);
}

/* Row 103. */
Test(tcp_timestamps, a_reset_is_taken_whatever_its_timestamp_and_moves_nothing)
{
	static const uint32_t tsvals[] = {0, 99, 100, 101, 0x90000000};

	for (size_t i = 0; i < sizeof tsvals / sizeof *tsvals; i++) {
		struct tcp_conn conn = established(true, 100);
		struct segment reset = from_peer(&conn, true, tsvals[i]);
		struct tcp_verdict verdict;

		reset.flags = TCP_RST;
		reset.seq += 5;
		tcp_input(&conn, NULL, NULL, &reset, &profile, 1);
		cr_assert_eq(conn.state, QUERN_ESTABLISHED);
		cr_assert_eq(conn.ts_recent, 100);
		reset.seq = conn.rcv_nxt;
		verdict = tcp_input(&conn, NULL, NULL, &reset, &profile, 1);
		cr_assert_eq(verdict.drop, QUERN_DROP_NONE);
		cr_assert_eq(verdict.end, QUERN_END_RESET);
	}
}

/* RFC 7323 5.3 R1 comes before what RFC 9293 3.10.7.4 says of SYN: only a SYN that is not late gives up the open. */
Test(tcp_timestamps, a_late_syn_in_the_window_takes_no_half_open_connection_away)
{
	for (uint32_t late = 0; late <= 1; late++) {
		struct tcp_conn conn = half_open(true, 1000);
		struct segment syn = from_peer(&conn, true, 1000 - late);
		struct tcp_verdict verdict;

		syn.flags = TCP_SYN;
		syn.seq += 5;
		verdict = tcp_input(&conn, NULL, NULL, &syn, &profile, 600);
		cr_assert_eq(!!(verdict.events & TCP_HAPPENED_RETURNED), !late);
		cr_assert_eq(conn.state, late ? QUERN_SYN_RCVD : QUERN_LISTEN);
		cr_assert_eq(!!(conn.flags & TCP_OWES_ACK), late);
	}
}

Test(tcp_timestamps, offsets_depend_on_the_flow_and_the_secret)
{
	const struct hash_secret secret = {{0x0123456789abcdef, 0xfedcba9876543210}};
	const struct hash_secret other = {{0x0123456789abcdef, 0xfedcba9876543211}};
	const struct flow_key key = {0xc6120001, 0xc6130001, 1024, 80};
	uint32_t first = tcp_timestamps_offset(&secret, &key), step = 0;

	cr_assert_eq(tcp_timestamps_offset(&secret, &key), first);
	cr_assert_neq(tcp_timestamps_offset(&other, &key), first);
	for (uint16_t i = 1; i < 60000; i++) {
		struct flow_key next = key;
		uint32_t offset;

		next.local_port = (uint16_t)(key.local_port + i);
		offset = tcp_timestamps_offset(&secret, &next);
		cr_assert_neq(offset, first);
		cr_assert_neq(offset - first, step, "the next port's does not follow");
		step = offset - first;
		first = offset;
	}
}

/* What is not true of a connection that begins must not be left of the one that had its record before. */
Test(tcp_timestamps, a_record_forgets_that_its_last_connection_was_silent)
{
	const struct segment syn = {
		.seq = PEER_ISS, .wnd = 1000, .mss = 1460, .flags = TCP_SYN, .options = SEGMENT_TIMESTAMPS, .tsval = 7};
	struct tcp_conn conn = {.key = {1, 2, 3, 4}, .generation = 1, .ts_is_void = 1};

	tcp_open_from_syn(&conn, &syn, &profile, ISS, 0);
	cr_assert_not(conn.ts_is_void);
}
